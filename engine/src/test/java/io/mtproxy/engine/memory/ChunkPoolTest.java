// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class ChunkPoolTest
{
    @Test
    @DisplayName("[C-LIM-10] never makes more chunks than its share of the buffers allows")
    void shouldGiveNothingWhenUsedUp()
    {
        ChunkPool pool = new ChunkPool(20L * ChunkPool.CHUNK_LENGTH + 5);
        List<Chunk> taken = new ArrayList<>();
        Set<Long> addresses = new HashSet<>();
        for (int i = 0; i < 20; i++)
        {
            Chunk chunk = pool.take();
            assertNotNull(chunk);
            assertTrue(addresses.add(chunk.buffer().addressOffset()), "memory of its own");
            assertEquals(ChunkPool.CHUNK_LENGTH, chunk.room());
            taken.add(chunk);
        }
        assertNull(pool.take());
        assertEquals(20, pool.usedCount());
        assertEquals(20, pool.allocatedCount());
        assertEquals(20, pool.chunkCountMax());
        assertEquals(2, pool.blockCount());

        taken.forEach(pool::giveBack);
        assertEquals(0, pool.usedCount());
        assertEquals(20, pool.usedCountMax());
        assertNotNull(pool.take());
    }

    @Test
    void shouldMakeChunksWhenFirstNeeded()
    {
        ChunkPool pool = new ChunkPool(1L << 40);
        assertEquals(0, pool.allocatedCount());
        pool.giveBack(pool.take());
        assertEquals(16, pool.allocatedCount());
        assertEquals(1, pool.blockCount());
    }

    @Test
    void shouldGiveSameChunkAgainClean()
    {
        ChunkPool pool = new ChunkPool(0);
        Chunk chunk = pool.take();
        chunk.writeOffset = 100;
        chunk.readOffset = 50;
        chunk.next = chunk;
        pool.giveBack(chunk);
        assertSame(chunk, pool.take());
        assertEquals(0, chunk.length());
        assertEquals(0, chunk.readOffset());
        assertNull(chunk.next());
    }

    @Test
    void shouldNoticeChunkGivenBackTwice()
    {
        ChunkPool pool = new ChunkPool(0);
        Chunk chunk = pool.take();
        pool.giveBack(chunk);
        assertThrows(IllegalStateException.class, () -> pool.giveBack(chunk));
    }
}
