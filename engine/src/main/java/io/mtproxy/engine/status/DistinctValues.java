// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.status;

import java.nio.ByteBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The distinct addresses and keys of one client agent's connections, one word for each, so that a reader can unite those
 * of several agents and processes. Sets that shrink need no more than that: a place is taken and given back, and nothing
 * moves. What finds no place is counted only, and may then be counted by several. [C-STAT-08] [C-BUG-11]
 *
 * <pre>
 *   63         56     55     54                        0
 *   +------------+----------+--------------------------+
 *   | secret row | is a key | keyed hash of the value  |   a word of 0 is a free place
 *   +------------+----------+--------------------------+
 * </pre>
 *
 * With 55 bits, 65,536 values are one too few with a chance of 1 in 16 million.
 */
public final class DistinctValues
{
    /** Returned when there is no place left. */
    public static final int NO_PLACE = -1;
    /** Places of all client agents of a process together. */
    static final int PLACE_COUNT = 65_536;

    static final int ROW_SHIFT = 56;
    static final long KEY_FLAG = 1L << 55;
    static final long HASH_MASK = KEY_FLAG - 1;

    /** Places are said to be used in such steps, as several agents say so in one word. */
    private static final int USED_STEP = 64;

    private final StatusTable table;
    private final UnsafeBuffer words;
    private final int offset;
    /** Places given back, then those never used, the first on top. */
    private final int[] free;
    private int freeCount;
    /** Places that the table is said to use. */
    private int usedCount;

    DistinctValues(StatusTable table, int owner)
    {
        this.table = table;
        words = table.section;
        offset = table.offset(owner, 0);
        free = new int[table.rowCount()];
        freeCount = free.length;
        for (int i = 0; i < free.length; i++)
        {
            free[i] = free.length - 1 - i;
        }
        showUsed(0);
    }

    /** @param placeCount how many values have a place. @return one in private memory, for tests. */
    public static DistinctValues inMemory(int placeCount)
    {
        UnsafeBuffer section =
            new UnsafeBuffer(ByteBuffer.allocateDirect(StatusTable.length(1, placeCount, Long.BYTES)));
        StatusTable.format(section, 0, 1, placeCount, Long.BYTES);
        return new DistinctValues(new StatusTable(section), 0);
    }

    /**
     * Shows an address of a secret's connections that was not there before.
     *
     * @return its place, for {@link #remove}, or {@link #NO_PLACE}; the caller counts those.
     */
    public int addAddress(SecretRow secret, long hash)
    {
        return add(secret, hash & HASH_MASK);
    }

    /** As {@link #addAddress} for a key. */
    public int addKey(SecretRow secret, long hash)
    {
        return add(secret, hash & HASH_MASK | KEY_FLAG);
    }

    private int add(SecretRow secret, long word)
    {
        if (freeCount == 0 || secret.index() == SecretRow.NO_INDEX)
        {
            return NO_PLACE;
        }
        int place = free[--freeCount];
        if (place >= usedCount)
        {
            showUsed(place);
        }
        long shown = (long)secret.index() << ROW_SHIFT | word;
        words.putLongRelease(offset + place * Long.BYTES, shown == 0 ? 1 : shown);
        return place;
    }

    private void showUsed(int place)
    {
        usedCount = Math.min(free.length, (place / USED_STEP + 1) * USED_STEP);
        table.usedRowCount(usedCount);
    }

    /** Takes back what has been added. */
    public void remove(int place)
    {
        words.putLongRelease(offset + place * Long.BYTES, 0);
        free[freeCount++] = place;
    }

    /** @return values that have a place now. */
    public int count()
    {
        return free.length - freeCount;
    }
}
