// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.transport;

import org.agrona.BitUtil;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.AtomicBuffer;

/**
 * Remembers the Randoms of accepted hellos for two days, so that none is answered twice. [P-TLS-20] [C-BUG-20] [C-BUG-21]
 * <p>
 * Only hellos whose digest matched come here, so a Random's bytes are those of a MAC: some choose the bucket, some are the
 * tag, and no hash is needed. A full bucket loses its oldest entry; the newest loss is the floor, up to which nobody can
 * say what has been seen.
 *
 * <pre>
 *   0        8                64             128            192
 *   +--------+---- ... -------+--------------+--------------+----
 *   | floor  | room           | bucket 0     | bucket 1     | ...      bucket: 8 words
 *   +--------+---- ... -------+--------------+--------------+----      word: seconds << 32 | tag, 0 is empty
 * </pre>
 *
 * Each entry is one word and a word only ever grows, so the memory may be a file mapped by several processes, and one that
 * is killed leaves nothing to mend. Any thread may call.
 */
public final class ReplayFilter
{
    /** Bytes of a Random that count. */
    public static final int KEY_LENGTH = 16;
    /** Seconds that an entry lives. */
    public static final long LIFE_SECONDS = 172_800;
    /** Room for 600 s of 400 good hellos a second, half full. */
    public static final int BUFFER_LENGTH_DEFAULT = ReplayFilter.bufferLength(1 << 16);

    private static final int FLOOR_OFFSET = 0;
    private static final int BUCKETS_OFFSET = BitUtil.CACHE_LINE_LENGTH;
    private static final int WORDS_PER_BUCKET = 8;
    private static final int BUCKET_LENGTH = WORDS_PER_BUCKET * Long.BYTES;
    private static final int TAG_OFFSET = 0;
    private static final int BUCKET_HASH_OFFSET = Integer.BYTES;
    private static final long TAG_MASK = 0xffff_ffffL;

    private final AtomicBuffer table;
    private final int bucketMask;

    /** @param table of a length from {@link #bufferLength}; all zero, or as an earlier filter has left it. */
    public ReplayFilter(AtomicBuffer table)
    {
        int bucketCount = (table.capacity() - BUCKETS_OFFSET) / BUCKET_LENGTH;
        if (bucketCount < 1 || !BitUtil.isPowerOfTwo(bucketCount) || table.capacity() != bufferLength(bucketCount))
        {
            throw new IllegalArgumentException("replay table of " + table.capacity() + " bytes");
        }
        this.table = table;
        this.bucketMask = bucketCount - 1;
    }

    /** @return bytes for so many buckets, a power of two. */
    public static int bufferLength(int bucketCount)
    {
        return BUCKETS_OFFSET + bucketCount * BUCKET_LENGTH;
    }

    /** @return whether this Random is known and not yet too old. */
    public boolean contains(DirectBuffer random, int offset, long nowSeconds)
    {
        int bucket = bucket(random, offset);
        long tag = tag(random, offset);
        for (int i = 0; i < WORDS_PER_BUCKET; i++)
        {
            if (isSeen(table.getLongVolatile(bucket + i * Long.BYTES), tag, nowSeconds))
            {
                return true;
            }
        }
        return false;
    }

    /**
     * Remembers a Random.
     *
     * @return false when it is known already: of several who try at once only one gets true.
     */
    public boolean add(DirectBuffer random, int offset, long nowSeconds)
    {
        int bucket = bucket(random, offset);
        long tag = tag(random, offset);
        while (true)
        {
            long lowest = -1;
            int slot = 0;
            for (int i = 0; i < WORDS_PER_BUCKET; i++)
            {
                long word = table.getLongVolatile(bucket + i * Long.BYTES);
                if (isSeen(word, tag, nowSeconds))
                {
                    return false;
                }
                if (Long.compareUnsigned(word, lowest) < 0)
                {
                    lowest = word;
                    slot = i;
                }
            }
            if (lowest != 0 && isAlive(lowest, nowSeconds))
            {
                raiseFloor(seconds(lowest));
            }
            long atSeconds = lowest == 0 ? nowSeconds : Math.max(nowSeconds, seconds(lowest) + 1);
            if (table.compareAndSetLong(bucket + slot * Long.BYTES, lowest, atSeconds << Integer.SIZE | tag))
            {
                return true;
            }
        }
    }

    /**
     * The time from which on every accepted hello is known: the arrival of the oldest entry alive, or the newest loss if
     * that is later. Reads the whole table: asked only for a good hello with an old stamp. [P-TLS-17]
     *
     * @return seconds; {@code nowSeconds} when nothing is remembered.
     */
    public long firstSeconds(long nowSeconds)
    {
        long first = nowSeconds;
        for (int offset = BUCKETS_OFFSET; offset < table.capacity(); offset += Long.BYTES)
        {
            long word = table.getLong(offset);
            if (word != 0 && isAlive(word, nowSeconds))
            {
                first = Math.min(first, seconds(word));
            }
        }
        return Math.max(first, table.getLongVolatile(FLOOR_OFFSET));
    }

    private void raiseFloor(long lostSeconds)
    {
        long floor = table.getLongVolatile(FLOOR_OFFSET);
        while (floor < lostSeconds && !table.compareAndSetLong(FLOOR_OFFSET, floor, lostSeconds))
        {
            floor = table.getLongVolatile(FLOOR_OFFSET);
        }
    }

    private int bucket(DirectBuffer random, int offset)
    {
        return BUCKETS_OFFSET + (random.getInt(offset + BUCKET_HASH_OFFSET) & bucketMask) * BUCKET_LENGTH;
    }

    private static long tag(DirectBuffer random, int offset)
    {
        return random.getInt(offset + TAG_OFFSET) & TAG_MASK;
    }

    private static boolean isSeen(long word, long tag, long nowSeconds)
    {
        return word != 0 && (word & TAG_MASK) == tag && isAlive(word, nowSeconds);
    }

    private static boolean isAlive(long word, long nowSeconds)
    {
        return seconds(word) + LIFE_SECONDS > nowSeconds;
    }

    private static long seconds(long word)
    {
        return word >>> Integer.SIZE;
    }
}
