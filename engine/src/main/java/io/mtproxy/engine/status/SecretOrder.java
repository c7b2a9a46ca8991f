// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.status;

import org.agrona.concurrent.UnsafeBuffer;

/**
 * Which secrets are configured, by their keyed hashes in load order: written by the conductor, read whole or not at all.
 *
 * <pre>
 *   0          8       64
 *   +----------+-------+---------+---------+----
 *   | sequence | count | hash 1  | hash 2  |  ..     the sequence is odd while it is written
 *   +----------+-------+---------+---------+----
 * </pre>
 */
final class SecretOrder
{
    static final int LENGTH = 64 + StatusLayout.SECRET_COUNT_MAX * Long.BYTES;

    private static final int SEQUENCE_OFFSET = 0;
    private static final int COUNT_OFFSET = 8;
    private static final int HASHES_OFFSET = 64;
    private static final int ATTEMPTS = 1000;

    private final UnsafeBuffer memory;

    SecretOrder(UnsafeBuffer memory)
    {
        this.memory = memory;
    }

    /** Replaces the list; what is beyond the last place is not shown. [C-LIM-04] */
    void write(long[] hashes)
    {
        long sequence = memory.getLong(SEQUENCE_OFFSET);
        memory.putLongVolatile(SEQUENCE_OFFSET, sequence + 1);
        int count = Math.min(hashes.length, StatusLayout.SECRET_COUNT_MAX);
        for (int i = 0; i < count; i++)
        {
            memory.putLongRelease(HASHES_OFFSET + i * Long.BYTES, hashes[i]);
        }
        memory.putLongRelease(COUNT_OFFSET, count);
        memory.putLongRelease(SEQUENCE_OFFSET, sequence + 2);
    }

    /** @return the list of one moment; a writer that died in the middle of one leaves none. */
    long[] read()
    {
        for (int i = 0; i < ATTEMPTS; i++)
        {
            long sequence = memory.getLongVolatile(SEQUENCE_OFFSET);
            long count = memory.getLongVolatile(COUNT_OFFSET);
            if ((sequence & 1) == 0 && count >= 0 && count <= (memory.capacity() - HASHES_OFFSET) / Long.BYTES)
            {
                long[] hashes = new long[(int)count];
                for (int at = 0; at < hashes.length; at++)
                {
                    hashes[at] = memory.getLongVolatile(HASHES_OFFSET + at * Long.BYTES);
                }
                if (memory.getLongVolatile(SEQUENCE_OFFSET) == sequence)
                {
                    return hashes;
                }
            }
            Thread.onSpinWait();
        }
        return new long[0];
    }
}
