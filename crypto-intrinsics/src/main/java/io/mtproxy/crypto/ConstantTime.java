// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.crypto;

import org.agrona.DirectBuffer;

/** Comparisons that take the same time wherever the first difference lies: for secrets and what is made from them. */
public final class ConstantTime
{
    private ConstantTime()
    {
    }

    /** Whether two ranges hold the same bytes; the time depends on {@code length} only. */
    public static boolean equals(byte[] a, int aOffset, byte[] b, int bOffset, int length)
    {
        int difference = 0;
        for (int i = 0; i < length; i++)
        {
            difference |= a[aOffset + i] ^ b[bOffset + i];
        }
        return difference == 0;
    }

    /** Whether two ranges hold the same bytes; the time depends on {@code length} only. */
    public static boolean equals(DirectBuffer a, int aOffset, byte[] b, int bOffset, int length)
    {
        int difference = 0;
        for (int i = 0; i < length; i++)
        {
            difference |= a.getByte(aOffset + i) ^ b[bOffset + i];
        }
        return difference == 0;
    }

    /** Whether two ranges hold the same bytes; the time depends on {@code length} only. */
    public static boolean equals(DirectBuffer a, int aOffset, DirectBuffer b, int bOffset, int length)
    {
        int difference = 0;
        for (int i = 0; i < length; i++)
        {
            difference |= a.getByte(aOffset + i) ^ b.getByte(bOffset + i);
        }
        return difference == 0;
    }
}
