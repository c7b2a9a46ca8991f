// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.status.api;

import java.util.Arrays;

/**
 * How often which lengths of time occurred: a copy of the buckets at one moment. Buckets are the same number to each
 * doubling, so that every value is known to the same relative precision: with {@link #subBucketBits} of 3, a bucket is an
 * eighth of its doubling wide.
 * <p>
 * The count is that of the buckets, so that the two never disagree; the sum may be ahead of it or behind by what was
 * recorded while the copy was made.
 */
public final class Histogram
{
    private static final Histogram NONE = new Histogram(new long[0], 0, 0, 0);

    private final long[] counts;
    private final int subBucketBits;
    private final long sum;
    private final long max;

    /**
     * @param counts        of each bucket; kept, not copied.
     * @param subBucketBits log2 of the buckets to a doubling.
     * @param sum           of all values, ns.
     * @param max           largest value, ns.
     */
    public Histogram(long[] counts, int subBucketBits, long sum, long max)
    {
        this.counts = counts;
        this.subBucketBits = subBucketBits;
        this.sum = sum;
        this.max = max;
    }

    /** @return one without values. */
    public static Histogram empty()
    {
        return NONE;
    }

    /** @return values recorded. */
    public long count()
    {
        return Arrays.stream(counts).sum();
    }

    /** @return sum of all values, ns. */
    public long sum()
    {
        return sum;
    }

    /** @return largest value, ns. */
    public long max()
    {
        return max;
    }

    /** @return number of buckets; the last one also has what is longer than it reaches. */
    public int bucketCount()
    {
        return counts.length;
    }

    /** @return log2 of the buckets to a doubling. */
    public int subBucketBits()
    {
        return subBucketBits;
    }

    /** @return values in a bucket. */
    public long countAt(int bucket)
    {
        return counts[bucket];
    }

    /** @return smallest value of a bucket, ns. */
    public long lowest(int bucket)
    {
        int perDoubling = 1 << subBucketBits;
        if (bucket < perDoubling)
        {
            return bucket;
        }
        int shift = (bucket >>> subBucketBits) - 1;
        return (long)(perDoubling + (bucket & perDoubling - 1)) << shift;
    }

    /** @return first value above a bucket, ns; {@link Long#MAX_VALUE} for the last one. */
    public long end(int bucket)
    {
        return bucket == counts.length - 1 ? Long.MAX_VALUE : lowest(bucket + 1);
    }

    /**
     * @param boundNs a power of two gives an exact answer, as buckets end there; otherwise the bucket that the bound lies in
     *                is left out.
     * @return values below the bound.
     */
    public long countBelow(long boundNs)
    {
        long count = 0;
        for (int bucket = 0; bucket < counts.length && end(bucket) <= boundNs; bucket++)
        {
            count += counts[bucket];
        }
        return count;
    }

    /**
     * @param quantile 0 to 1, as 0.99.
     * @return the upper end of the bucket in which that value lies, ns, never above {@link #max}; 0 without values.
     */
    public long quantile(double quantile)
    {
        long rank = Math.max(1, (long)Math.ceil(Math.clamp(quantile, 0, 1) * count()));
        long seen = 0;
        for (int bucket = 0; bucket < counts.length; bucket++)
        {
            seen += counts[bucket];
            if (seen >= rank)
            {
                return bucket == counts.length - 1 ? max : Math.min(end(bucket) - 1, max);
            }
        }
        return 0;
    }

    /** @return the mean, ns; 0 without values. */
    public long mean()
    {
        long count = count();
        return count == 0 ? 0 : sum / count;
    }

    /**
     * @return both together.
     * @throws IllegalArgumentException when their buckets are of different widths.
     */
    public Histogram plus(Histogram other)
    {
        if (counts.length == 0 || other.counts.length == 0)
        {
            return counts.length == 0 ? other : this;
        }
        if (subBucketBits != other.subBucketBits)
        {
            throw new IllegalArgumentException("buckets of different widths");
        }
        long[] both = Arrays.copyOf(counts, Math.max(counts.length, other.counts.length));
        for (int bucket = 0; bucket < other.counts.length; bucket++)
        {
            both[bucket] += other.counts[bucket];
        }
        return new Histogram(both, subBucketBits, sum + other.sum, Math.max(max, other.max));
    }

    @Override
    public String toString()
    {
        return "Histogram{count=" + count() + ", sum=" + sum + ", max=" + max + '}';
    }
}
