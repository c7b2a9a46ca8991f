// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.crypto;

/** Where an agent takes its random numbers from; a seeded one in tests, {@link SecureRandomSource} everywhere else. */
public interface RandomSource
{
    /** Fills a range with random bytes. */
    void nextBytes(byte[] out, int offset, int length);

    /** A number drawn uniformly from 0 (inclusive) to {@code bound} (exclusive), which is positive. */
    int nextInt(int bound);

    /** A number drawn uniformly from all of them. */
    long nextLong();
}
