// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.memory;

import java.nio.ByteBuffer;
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

    private int chunkCountMax;
    /** Linked by {@link Chunk#next}; the one given back last is taken first, as it may still be in the cache. */
    private @Nullable Chunk free;
    private int allocatedCount;
    private int blockCount;
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
        if (free == null)
        {
            allocateBlock();
        }
        Chunk chunk = free;
        if (chunk == null)
        {
            return null;
        }
        free = chunk.next;
        chunk.next = null;
        chunk.isTaken = true;
        usedCount++;
        usedCountMax = Math.max(usedCountMax, usedCount);
        return chunk;
    }

    /** Takes a chunk back from its owner. */
    public void giveBack(Chunk chunk)
    {
        if (!chunk.isTaken)
        {
            throw new IllegalStateException("chunk given back twice");
        }
        chunk.isTaken = false;
        chunk.next = free;
        chunk.readOffset = 0;
        chunk.writeOffset = 0;
        usedCount--;
        free = chunk;
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

    /** @return how often memory was asked of the system. */
    public int blockCount()
    {
        return blockCount;
    }

    /** @return most blocks this pool can ever make. */
    public int blockCountMax()
    {
        return (chunkCountMax + BLOCK_CHUNK_COUNT - 1) / BLOCK_CHUNK_COUNT;
    }

    /** @return most chunks this pool can ever make. */
    public int chunkCountMax()
    {
        return chunkCountMax;
    }

    private void allocateBlock()
    {
        int count = Math.min(BLOCK_CHUNK_COUNT, chunkCountMax - allocatedCount);
        if (count == 0)
        {
            return;
        }
        ByteBuffer block;
        try
        {
            block = ByteBuffer.allocateDirect(count * CHUNK_LENGTH);
        }
        catch (OutOfMemoryError e)
        {
            // the budget promised more than the JVM has: go on with what there is, and do not ask again, as asking
            // in vain makes the JVM collect garbage for a second
            chunkCountMax = allocatedCount;
            return;
        }
        for (int i = count - 1; i >= 0; i--)
        {
            Chunk chunk = new Chunk(block.slice(i * CHUNK_LENGTH, CHUNK_LENGTH));
            chunk.next = free;
            free = chunk;
        }
        allocatedCount += count;
        blockCount++;
    }
}
