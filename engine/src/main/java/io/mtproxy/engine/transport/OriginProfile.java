// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.transport;

import io.mtproxy.crypto.RandomSource;

/**
 * What our answer to a hello takes over from a domain. [P-TLS-24] [P-TLS-52]
 *
 * @param reversed   supported_versions stands before key_share.
 * @param size       length of the encrypted record of the first flight.
 * @param randomSize that length varies by one up or down.
 */
public record OriginProfile(boolean reversed, int size, boolean randomSize)
{
    /** Longest record that an answer may end with: TLS allows no more. */
    public static final int SIZE_MAX = 16 * 1024 + 256;

    private static final int DEFAULT_SIZE_MIN = 2500;
    private static final int DEFAULT_SIZE_SPREAD = 1120;

    public OriginProfile
    {
        if (size < 1 || size > SIZE_MAX)
        {
            throw new IllegalArgumentException("encrypted record of " + size + " bytes");
        }
    }

    /** What serves until a domain has been looked at, or where that fails. [P-TLS-53] */
    public static OriginProfile drawDefault(RandomSource random)
    {
        return new OriginProfile(false, DEFAULT_SIZE_MIN + random.nextInt(DEFAULT_SIZE_SPREAD), true);
    }

    /** Makes a profile of the record lengths that a domain has sent. [P-TLS-52] */
    public static OriginProfile ofLengths(boolean reversed, int[] lengths)
    {
        int min = Integer.MAX_VALUE;
        int max = 0;
        long sum = 0;
        for (int length : lengths)
        {
            min = Math.min(min, length);
            max = Math.max(max, length);
            sum += length;
        }
        if (min == max)
        {
            return new OriginProfile(reversed, min, false);
        }
        int size = max - min <= 3 ? max - 1 : (int)Math.round(sum / (double)lengths.length);
        return new OriginProfile(reversed, size, true);
    }

    /** Draws the length of the record of one flight. [P-TLS-24] */
    public int drawLength(RandomSource random)
    {
        // two coins: -1, 0, 0, +1
        return randomSize ? Math.clamp(size + random.nextInt(2) - random.nextInt(2), 1, SIZE_MAX) : size;
    }
}
