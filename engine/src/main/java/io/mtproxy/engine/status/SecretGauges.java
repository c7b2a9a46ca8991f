// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.status;

import org.agrona.BitUtil;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * What one agent shows of its secrets: distinct client addresses and distinct keys, two numbers of 32 bits in one word,
 * so that a reader never sees one without the other. Written by that agent only. [C-STAT-08]
 */
public final class SecretGauges
{
    /** How many secrets have a place; what is beyond is not shown. [C-LIM-04] */
    public static final int SECRET_COUNT_MAX = StatusLayout.SECRET_COUNT_MAX;

    private final UnsafeBuffer words;
    private final int offset;

    SecretGauges(UnsafeBuffer words, int offset)
    {
        this.words = words;
        this.offset = offset;
    }

    /** Shows the counts of one secret, which comes in load order. */
    public void set(int secretIndex, int addressCount, int keyCount)
    {
        if (secretIndex >= 0 && secretIndex < SECRET_COUNT_MAX)
        {
            words.putLongRelease(offset + secretIndex * BitUtil.SIZE_OF_LONG,
                (long)addressCount << Integer.SIZE | keyCount & 0xffffffffL);
        }
    }
}
