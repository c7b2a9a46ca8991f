// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.status;

import io.mtproxy.engine.status.api.Histogram;
import java.nio.ByteBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A histogram in the status file, written by one thread: two additions and a comparison for each value, no allocation, no
 * clock. Readers copy the buckets; see {@link Histogram} for their widths.
 *
 * <pre>
 *   0     8     16                24             32
 *   +-----+-----+-----------------+--------------+----------+----------+----
 *   | sum | max | sub-bucket bits | bucket count | bucket 0 | bucket 1 |  ..
 *   +-----+-----+-----------------+--------------+----------+----------+----
 * </pre>
 */
public final class LatencyRecorder
{
    /** log2 of the buckets to a doubling: a value is known to an eighth. */
    static final int SUB_BUCKET_BITS = 3;
    /** Values from 2 to this power on, 18 minutes, all go into the last bucket. */
    private static final int BITS_MAX = 40;
    static final int BUCKET_COUNT = (BITS_MAX - SUB_BUCKET_BITS + 1) << SUB_BUCKET_BITS;

    private static final int SUM_OFFSET = 0;
    private static final int MAX_OFFSET = SUM_OFFSET + Long.BYTES;
    private static final int BITS_OFFSET = MAX_OFFSET + Long.BYTES;
    private static final int COUNT_OFFSET = BITS_OFFSET + Long.BYTES;
    private static final int BUCKETS_OFFSET = COUNT_OFFSET + Long.BYTES;
    /** Bytes of a histogram. */
    static final int LENGTH = BUCKETS_OFFSET + BUCKET_COUNT * Long.BYTES;
    private static final int BITS_SANE_MAX = 16;

    private final UnsafeBuffer memory;
    private final int offset;

    /** Takes a place that is all zeros, or one that a recorder has had before, whose values stay. */
    LatencyRecorder(UnsafeBuffer memory, int offset)
    {
        this.memory = memory;
        this.offset = offset;
        memory.putLong(offset + BITS_OFFSET, SUB_BUCKET_BITS);
        memory.putLongRelease(offset + COUNT_OFFSET, BUCKET_COUNT);
    }

    /** @return one in private memory, for tests. */
    public static LatencyRecorder inMemory()
    {
        return new LatencyRecorder(new UnsafeBuffer(ByteBuffer.allocateDirect(LENGTH)), 0);
    }

    /** @param ns length of time; below 0, which a clock that steps may give, counts as 0. */
    public void record(long ns)
    {
        long value = Math.max(0, ns);
        int bucket = offset + BUCKETS_OFFSET + (bucketOf(value) << 3);
        memory.putLongRelease(bucket, memory.getLong(bucket) + 1);
        memory.putLongRelease(offset + SUM_OFFSET, memory.getLong(offset + SUM_OFFSET) + value);
        if (value > memory.getLong(offset + MAX_OFFSET))
        {
            memory.putLongRelease(offset + MAX_OFFSET, value);
        }
    }

    /** Adds what another has recorded; its largest value is its own affair. Buckets must be as wide as ours. */
    void add(Histogram other)
    {
        for (int bucket = 0; bucket < Math.min(other.bucketCount(), BUCKET_COUNT); bucket++)
        {
            int at = offset + BUCKETS_OFFSET + bucket * Long.BYTES;
            memory.putLongRelease(at, memory.getLong(at) + other.countAt(bucket));
        }
        memory.putLongRelease(offset + SUM_OFFSET, memory.getLong(offset + SUM_OFFSET) + other.sum());
    }

    /** @return a copy of what is recorded now. */
    public Histogram snapshot()
    {
        return read(memory, offset, LENGTH);
    }

    /** @return a copy of the histogram at a place of so many bytes; empty where none can be. */
    static Histogram read(UnsafeBuffer memory, int offset, int lengthMax)
    {
        if (lengthMax < BUCKETS_OFFSET)
        {
            return Histogram.empty();
        }
        long count = memory.getLongVolatile(offset + COUNT_OFFSET);
        long bits = memory.getLong(offset + BITS_OFFSET);
        if (count <= 0 || count > (lengthMax - BUCKETS_OFFSET) / Long.BYTES || bits < 0 || bits > BITS_SANE_MAX)
        {
            return Histogram.empty();
        }
        long[] counts = new long[(int)count];
        for (int bucket = 0; bucket < counts.length; bucket++)
        {
            counts[bucket] = memory.getLongVolatile(offset + BUCKETS_OFFSET + bucket * Long.BYTES);
        }
        return new Histogram(counts, (int)bits, memory.getLongVolatile(offset + SUM_OFFSET),
            memory.getLongVolatile(offset + MAX_OFFSET));
    }

    /** @return the bucket of a value that is not negative. */
    static int bucketOf(long value)
    {
        int bits = Long.SIZE - Long.numberOfLeadingZeros(value | 1);
        if (bits <= SUB_BUCKET_BITS)
        {
            return (int)value;
        }
        if (bits > BITS_MAX)
        {
            return BUCKET_COUNT - 1;
        }
        int shift = bits - SUB_BUCKET_BITS - 1;
        return (shift << SUB_BUCKET_BITS) + (int)(value >>> shift);
    }
}
