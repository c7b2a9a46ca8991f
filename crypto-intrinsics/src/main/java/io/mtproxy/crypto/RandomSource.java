// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.crypto;

/** Where random bytes and numbers come from; tests give a seeded one. Used by one thread. */
public interface RandomSource
{
    /** Fills a range of an array with random bytes. */
    void nextBytes(byte[] out, int offset, int length);

    /** Draws a number from 0 to {@code bound - 1}, each equally likely. */
    int nextInt(int bound);

    /** Draws 64 random bits. */
    long nextLong();
}
