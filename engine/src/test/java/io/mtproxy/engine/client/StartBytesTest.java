// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.client;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mtproxy.engine.memory.Chunk;
import io.mtproxy.engine.memory.ChunkChain;
import io.mtproxy.engine.memory.ChunkPool;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

/** A little waits in no chunk, more in chunks, all of it in its order. [C-LIM-10] */
final class StartBytesTest
{
    private static final int SMALL = StartBytes.SMALL_LENGTH_MAX;

    private final ChunkPool pool = new ChunkPool(16L * ChunkPool.CHUNK_LENGTH);
    private final StartBytes start = new StartBytes(new ChunkChain(pool));
    private final UnsafeBuffer out = new UnsafeBuffer(new byte[64 * 1024]);

    @Test
    void shouldGiveBackWhatItGotInPiecesOfAnyLength()
    {
        for (int seed = 0; seed < 200; seed++)
        {
            SplittableRandom random = new SplittableRandom(seed);
            byte[] bytes = new byte[random.nextInt(3 * SMALL)];
            random.nextBytes(bytes);
            for (int at = 0; at < bytes.length;)
            {
                int run = Math.min(bytes.length - at, random.nextInt(SMALL));
                assertTrue(start.append(new UnsafeBuffer(bytes), at, run));
                at += run;
                assertEquals(at, start.length());
                assertEquals(at <= SMALL ? 0 : 1, pool.usedCount(), "seed " + seed + ", " + at + " bytes");
                assertEquals(pool.usedCount() * ChunkPool.CHUNK_LENGTH, start.heldLength());
            }

            assertEquals(bytes.length, start.takeAll(out));
            byte[] taken = new byte[bytes.length];
            out.getBytes(0, taken);
            assertArrayEquals(bytes, taken, "seed " + seed);
            assertEquals(0, start.length());
            assertEquals(0, pool.usedCount());
        }
    }

    @Test
    void shouldLeaveChunksAloneThatAreTakenElsewhere()
    {
        byte[] bytes = new byte[SMALL + 1];
        assertTrue(start.append(new UnsafeBuffer(bytes), 0, bytes.length));

        assertEquals(0, start.takeSmall(out));
        assertEquals(bytes.length, start.length());
        start.clear();
        assertEquals(0, start.length());
        assertEquals(0, pool.usedCount());
    }

    @Test
    void shouldSayThatThePoolIsUsedUp()
    {
        Chunk[] others = new Chunk[pool.chunkCountMax()];
        Arrays.setAll(others, i -> pool.take());

        assertTrue(start.append(new UnsafeBuffer(new byte[SMALL]), 0, SMALL));
        assertFalse(start.append(new UnsafeBuffer(new byte[1]), 0, 1));
        start.clear();
        assertEquals(others.length, pool.usedCount());
    }
}
