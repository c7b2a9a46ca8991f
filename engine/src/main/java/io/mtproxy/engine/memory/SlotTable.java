// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.memory;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Numbers for things that come and go, such as connections: a slot is taken, given back and taken again, and a
 * generation tells its users apart. Made in blocks when first needed, never more than the capacity. For one agent.
 *
 * <pre>
 *   slot        0     1     2     3        live, in no order:  [ 3 | 0 | 2 ]   free: 1
 *   generation  1     2     1     5
 * </pre>
 *
 * @param <T> what the user keeps at a slot.
 */
public final class SlotTable<T>
{
    /** Answer of {@link #allocate} when every slot is taken. */
    public static final int NO_SLOT = -1;

    private static final int BLOCK_SHIFT = 10;
    private static final int BLOCK_LENGTH = 1 << BLOCK_SHIFT;
    private static final int BLOCK_MASK = BLOCK_LENGTH - 1;
    private static final int FREE = -1;

    private final int capacity;
    private final Block[] blocks;
    /** Slots ever taken; those beyond have never been used. */
    private int touchedCount;
    private int liveCount;
    private int freeCount;

    /** @param capacity most slots taken at once, 1 or more. */
    public SlotTable(int capacity)
    {
        if (capacity < 1)
        {
            throw new IllegalArgumentException("slot table of " + capacity + " slots");
        }
        this.capacity = capacity;
        this.blocks = new Block[(int)(((long)capacity + BLOCK_MASK) >>> BLOCK_SHIFT)];
    }

    /** @return a slot, now the caller's, or {@link #NO_SLOT} when every one is taken. */
    public int allocate()
    {
        int slot;
        if (freeCount > 0)
        {
            freeCount--;
            slot = block(freeCount).free[freeCount & BLOCK_MASK];
        }
        else if (touchedCount < capacity)
        {
            slot = touchedCount++;
            if ((slot & BLOCK_MASK) == 0)
            {
                blocks[slot >>> BLOCK_SHIFT] = new Block();
            }
        }
        else
        {
            return NO_SLOT;
        }
        putLive(liveCount++, slot);
        return slot;
    }

    /**
     * Takes a slot back; whoever still holds its generation can tell, and what was kept there is forgotten.
     *
     * @throws IllegalStateException when nobody has the slot.
     */
    public void free(int slot)
    {
        Block block = liveBlock(slot);
        int position = block.position[slot & BLOCK_MASK];
        int last = liveAt(--liveCount);
        putLive(position, last);
        block.position[slot & BLOCK_MASK] = FREE;
        block.content[slot & BLOCK_MASK] = null;
        int generation = block.generation[slot & BLOCK_MASK];
        block.generation[slot & BLOCK_MASK] = generation == Integer.MAX_VALUE ? 1 : generation + 1;
        block(freeCount).free[freeCount & BLOCK_MASK] = slot;
        freeCount++;
    }

    /** @return generation of a slot's present user, or of its next when it is free; 1 or more. */
    public int generation(int slot)
    {
        return slot < touchedCount ? block(slot).generation[slot & BLOCK_MASK] : 1;
    }

    /** @return whether that user of the slot is still there; false for any slot that does not exist. */
    public boolean isCurrent(int slot, int generation)
    {
        if (slot < 0 || slot >= touchedCount)
        {
            return false;
        }
        Block block = block(slot);
        int index = slot & BLOCK_MASK;
        return block.position[index] != FREE && block.generation[index] == generation;
    }

    /** @return what is kept at a slot; null when nothing is, or when the slot is free. */
    @SuppressWarnings("unchecked")
    public @Nullable T get(int slot)
    {
        return slot >= 0 && slot < touchedCount ? (T)block(slot).content[slot & BLOCK_MASK] : null;
    }

    /**
     * Keeps something at a slot until it is freed.
     *
     * @throws IllegalStateException when nobody has the slot.
     */
    public void set(int slot, T content)
    {
        liveBlock(slot).content[slot & BLOCK_MASK] = content;
    }

    /** @return slots taken now. */
    public int liveCount()
    {
        return liveCount;
    }

    /** @return most slots that can be taken at once. */
    public int capacity()
    {
        return capacity;
    }

    /**
     * Gives the taken slots one by one, in no order. Who frees some on the way counts downwards:
     * {@code for (int i = table.liveCount() - 1; i >= 0; i--)}; freeing the slot at {@code i} moves only later ones.
     *
     * @param position 0 to below {@link #liveCount}.
     */
    public int liveAt(int position)
    {
        return block(position).live[position & BLOCK_MASK];
    }

    /** @return most bytes a table of that capacity takes, without what is kept in it. */
    public static long bytesMax(int capacity)
    {
        long blockCount = ((long)capacity + BLOCK_MASK) >>> BLOCK_SHIFT;
        return blockCount * BLOCK_LENGTH * (4 * Integer.BYTES + Long.BYTES);
    }

    private void putLive(int position, int slot)
    {
        block(position).live[position & BLOCK_MASK] = slot;
        block(slot).position[slot & BLOCK_MASK] = position;
    }

    private Block block(int index)
    {
        return blocks[index >>> BLOCK_SHIFT];
    }

    private Block liveBlock(int slot)
    {
        if (slot < 0 || slot >= touchedCount || block(slot).position[slot & BLOCK_MASK] == FREE)
        {
            throw new IllegalStateException("slot " + slot + " is not taken");
        }
        return block(slot);
    }

    /** Four tables of 1024 lines each: two by slot, and two lists of slots that happen to be as long. */
    private static final class Block
    {
        final int[] generation = new int[BLOCK_LENGTH];
        final @Nullable Object[] content = new Object[BLOCK_LENGTH];
        /** By slot: where it stands in the list of live ones, or {@link #FREE}. */
        final int[] position = new int[BLOCK_LENGTH];
        /** Part of the list of live slots. */
        final int[] live = new int[BLOCK_LENGTH];
        /** Part of the stack of free slots. */
        final int[] free = new int[BLOCK_LENGTH];

        Block()
        {
            Arrays.fill(generation, 1);
            Arrays.fill(position, FREE);
        }
    }
}
