// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.memory;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * The chunks of one agent: made in blocks when first needed, never given back to the system, never more than the
 * agent's share of {@code --msg-buffers-size}. [C-LIM-10] [P-CON-50]
 */
public final class ChunkPool
{
    /** Bytes in one chunk. */
    public static final int CHUNK_LENGTH = 16 * 1024;
    /** Chunks allocated at once. */
    private static final int BLOCK_CHUNK_COUNT = 16;

    private final int chunkCountMax;
    private final ArrayDeque<Chunk> free = new ArrayDeque<>(BLOCK_CHUNK_COUNT * 2);
    private int allocatedCount;
    private int usedCount;
    private int usedCountMax;

    /**
     * @param lengthMax most bytes this pool may hold; rounded down to whole chunks, at least one block of them.
     */
    public ChunkPool(long lengthMax)
    {
        this.chunkCountMax = (int)Math.max(BLOCK_CHUNK_COUNT, Math.min(Integer.MAX_VALUE, lengthMax / CHUNK_LENGTH));
    }

    /** @return an empty chunk, now the caller's, or null when the pool is used up. */
    public @Nullable Chunk take()
    {
        Chunk chunk = free.pollLast();
        if (chunk == null)
        {
            if (allocatedCount == chunkCountMax)
            {
                return null;
            }
            allocateBlock();
            chunk = free.pollLast();
        }
        usedCount++;
        usedCountMax = Math.max(usedCountMax, usedCount);
        return chunk;
    }

    /** Takes a chunk back from its owner. */
    public void giveBack(Chunk chunk)
    {
        assert usedCount > 0 : "more chunks given back than taken";
        chunk.next = null;
        chunk.readOffset = 0;
        chunk.writeOffset = 0;
        usedCount--;
        free.addLast(chunk);
    }

    /** @return chunks that have an owner now. */
    public int usedCount()
    {
        return usedCount;
    }

    /** @return most chunks that ever had an owner at once. */
    public int usedCountMax()
    {
        return usedCountMax;
    }

    /** @return chunks made so far. */
    public int allocatedCount()
    {
        return allocatedCount;
    }

    /** @return most chunks this pool can ever make. */
    public int chunkCountMax()
    {
        return chunkCountMax;
    }

    private void allocateBlock()
    {
        int count = Math.min(BLOCK_CHUNK_COUNT, chunkCountMax - allocatedCount);
        ByteBuffer block = ByteBuffer.allocateDirect(count * CHUNK_LENGTH);
        for (int i = 0; i < count; i++)
        {
            free.addLast(new Chunk(block.slice(i * CHUNK_LENGTH, CHUNK_LENGTH)));
        }
        allocatedCount += count;
    }
}
