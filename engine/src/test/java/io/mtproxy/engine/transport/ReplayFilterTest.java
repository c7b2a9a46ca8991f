// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

/** What is remembered, for how long, and what is known of what is not. */
class ReplayFilterTest
{
    private static final long NOW = 1_800_000_000L;

    private final SplittableRandom random = new SplittableRandom(3);
    private final UnsafeBuffer table = new UnsafeBuffer(ByteBuffer.allocateDirect(ReplayFilter.bufferLength(64)));
    private final ReplayFilter filter = new ReplayFilter(table);

    /** [P-TLS-20] Exactly two days. */
    @Test
    void shouldRememberForTwoDays()
    {
        UnsafeBuffer key = drawKey();
        assertFalse(filter.contains(key, 0, NOW));
        assertTrue(filter.add(key, 0, NOW));
        assertFalse(filter.add(key, 0, NOW));
        assertTrue(filter.contains(key, 0, NOW + 172_799));
        assertFalse(filter.contains(key, 0, NOW + 172_800));
        assertTrue(filter.add(key, 0, NOW + 172_800));
    }

    /** [P-TLS-17] */
    @Test
    void shouldKnowItsOldestEntry()
    {
        assertEquals(NOW, filter.firstSeconds(NOW));
        filter.add(drawKey(), 0, NOW - 7200);
        filter.add(drawKey(), 0, NOW - 100);
        assertEquals(NOW - 7200, filter.firstSeconds(NOW));
        assertEquals(NOW - 100, filter.firstSeconds(NOW - 7200 + 172_800));
    }

    /** [P-TLS-20] [P-TLS-17] [C-BUG-21] Bounded: the oldest go, and the newest of those is known. */
    @Test
    void shouldLoseTheOldestAndKnowSo()
    {
        ReplayFilter small = new ReplayFilter(new UnsafeBuffer(new byte[ReplayFilter.bufferLength(1)]));
        UnsafeBuffer[] keys = new UnsafeBuffer[20];
        for (int i = 0; i < keys.length; i++)
        {
            keys[i] = drawKey();
            assertTrue(small.add(keys[i], 0, NOW + i));
        }
        for (int i = 0; i < keys.length; i++)
        {
            assertEquals(i >= 12, small.contains(keys[i], 0, NOW + 20));
        }
        assertEquals(NOW + 12, small.firstSeconds(NOW + 20));
    }

    /** Entries of one second stay apart: a word only ever grows. */
    @Test
    void shouldReplaceWithinOneSecond()
    {
        ReplayFilter small = new ReplayFilter(new UnsafeBuffer(new byte[ReplayFilter.bufferLength(1)]));
        for (int i = 0; i < 1000; i++)
        {
            UnsafeBuffer key = drawKey();
            assertTrue(small.add(key, 0, NOW));
            assertTrue(small.contains(key, 0, NOW));
        }
        assertTrue(small.firstSeconds(NOW) >= NOW);
    }

    /** What a filter has left is what the next one finds, as after a restart. */
    @Test
    void shouldGoOnWithAnEarlierTable()
    {
        UnsafeBuffer key = drawKey();
        filter.add(key, 0, NOW);
        assertTrue(new ReplayFilter(table).contains(key, 0, NOW + 5));
        assertThrows(IllegalArgumentException.class, () -> new ReplayFilter(new UnsafeBuffer(new byte[100])));
        assertThrows(IllegalArgumentException.class,
            () -> new ReplayFilter(new UnsafeBuffer(new byte[ReplayFilter.bufferLength(3)])));
    }

    /** Of several workers that see the same hello at once, one answers it. */
    @Test
    void shouldLetOnlyOneOfManyThreadsAdd() throws InterruptedException
    {
        UnsafeBuffer[] keys = new UnsafeBuffer[400];
        for (int i = 0; i < keys.length; i++)
        {
            keys[i] = drawKey();
        }
        UnsafeBuffer shared = new UnsafeBuffer(ByteBuffer.allocateDirect(ReplayFilter.bufferLength(1024)));
        AtomicInteger added = new AtomicInteger();
        Thread[] threads = new Thread[4];
        for (int t = 0; t < threads.length; t++)
        {
            threads[t] = new Thread(() ->
            {
                ReplayFilter own = new ReplayFilter(shared);
                for (UnsafeBuffer key : keys)
                {
                    added.addAndGet(own.add(key, 0, NOW) ? 1 : 0);
                }
            });
            threads[t].start();
        }
        for (Thread thread : threads)
        {
            thread.join();
        }
        assertEquals(keys.length, added.get());
    }

    private UnsafeBuffer drawKey()
    {
        byte[] key = new byte[ReplayFilter.KEY_LENGTH];
        random.nextBytes(key);
        return new UnsafeBuffer(key);
    }
}
