// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.status;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mtproxy.engine.status.api.Histogram;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class LatencyRecorderTest
{
    @Test
    void shouldPutEachValueBetweenTheEndsOfItsBucket()
    {
        for (int bits = 0; bits < 40; bits++)
        {
            for (long value : new long[]{(1L << bits) - 1, 1L << bits, (1L << bits) + 1, (3L << bits) / 2})
            {
                LatencyRecorder recorder = LatencyRecorder.inMemory();
                recorder.record(value);
                Histogram histogram = recorder.snapshot();
                int bucket = onlyBucket(histogram);
                assertTrue(histogram.lowest(bucket) <= value && value < histogram.end(bucket), "value " + value);
                assertTrue(histogram.end(bucket) - histogram.lowest(bucket) <= Math.max(1, value / 8),
                    "precision at " + value);
            }
        }
    }

    @Test
    void shouldKeepWhatIsTooLongInTheLastBucket()
    {
        LatencyRecorder recorder = LatencyRecorder.inMemory();
        recorder.record(Long.MAX_VALUE);
        Histogram histogram = recorder.snapshot();
        assertEquals(histogram.bucketCount() - 1, onlyBucket(histogram));
        assertEquals(Long.MAX_VALUE, histogram.end(histogram.bucketCount() - 1));
        assertEquals(Long.MAX_VALUE, histogram.quantile(0.5));
    }

    @Test
    void shouldTakeNegativeForNothing()
    {
        LatencyRecorder recorder = LatencyRecorder.inMemory();
        recorder.record(-5);
        assertEquals(0, recorder.snapshot().sum());
        assertEquals(1, recorder.snapshot().countAt(0));
    }

    @Test
    void shouldAnswerQuantilesWithinAnEighth()
    {
        LatencyRecorder recorder = LatencyRecorder.inMemory();
        Random random = new Random(7);
        long[] values = new long[10_000];
        for (int i = 0; i < values.length; i++)
        {
            values[i] = (long)Math.exp(random.nextDouble() * 20);
            recorder.record(values[i]);
        }
        Arrays.sort(values);
        Histogram histogram = recorder.snapshot();
        for (double quantile : new double[]{0, 0.01, 0.5, 0.9, 0.99, 0.999, 1})
        {
            long exact = values[(int)Math.max(0, Math.ceil(quantile * values.length) - 1)];
            long answer = histogram.quantile(quantile);
            assertTrue(answer >= exact && answer <= exact + exact / 8 + 1, quantile + ": " + answer + " for " + exact);
        }
        assertEquals(values.length, histogram.count());
        assertEquals(Arrays.stream(values).sum(), histogram.sum());
        assertEquals(values[values.length - 1], histogram.max());
        assertEquals(values[values.length - 1], histogram.quantile(1));
    }

    @Test
    void shouldCountBelowPowersOfTwoExactly()
    {
        LatencyRecorder recorder = LatencyRecorder.inMemory();
        for (long value : new long[]{0, 7, 8, 1023, 1024, 1025})
        {
            recorder.record(value);
        }
        Histogram histogram = recorder.snapshot();
        assertEquals(2, histogram.countBelow(8));
        assertEquals(4, histogram.countBelow(1024));
        assertEquals(6, histogram.countBelow(2048));
    }

    @Test
    void shouldAddUp()
    {
        LatencyRecorder first = LatencyRecorder.inMemory();
        LatencyRecorder second = LatencyRecorder.inMemory();
        first.record(10);
        second.record(10);
        second.record(1_000_000);
        Histogram both = first.snapshot().plus(second.snapshot()).plus(Histogram.empty());
        assertEquals(3, both.count());
        assertEquals(1_000_020, both.sum());
        assertEquals(1_000_000, both.max());
        assertEquals(333_340, both.mean());
        assertEquals(3, Histogram.empty().plus(both).count());
        Histogram other = new Histogram(new long[16], 4, 0, 0);
        assertThrows(IllegalArgumentException.class, () -> both.plus(other));
    }

    @Test
    void shouldHaveNoValuesWhenEmpty()
    {
        Histogram empty = Histogram.empty();
        assertEquals(0, empty.count() + empty.quantile(0.99) + empty.mean() + empty.countBelow(Long.MAX_VALUE));
    }

    private static int onlyBucket(Histogram histogram)
    {
        int found = -1;
        for (int bucket = 0; bucket < histogram.bucketCount(); bucket++)
        {
            if (histogram.countAt(bucket) > 0)
            {
                assertEquals(-1, found);
                found = bucket;
            }
        }
        return found;
    }
}
