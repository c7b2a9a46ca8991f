// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.status;

import java.lang.invoke.VarHandle;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Rows of fixed length in a section: the same number for each of its owners, which are agents in a row. The header says
 * how many and how long, so that readers find their way in files of other versions.
 *
 * <pre>
 *   0        4            8            12            16           20
 *   +--------+------------+------------+-------------+------------+
 *   | owners | rows of an | row length | first owner | rows ever  |  ..128
 *   |        | owner      |            | agent index | used, or 0 |
 *   +--------+------------+------------+-------------+------------+
 *  128        + row length
 *   +----------+----------+----
 *   | key, ... | key, ... |  ..   all rows of the first owner, then those of the next
 *   +----------+----------+----
 * </pre>
 *
 * A row's first word is its key: 0 while it is unused, and otherwise what no other row of that owner has had before. It is
 * written last. So who has found it unchanged behind what was read has read one row and not half of another.
 * <p>
 * A table of many rows says how many of them, from the first one on, an owner has ever used; readers look no further. It is
 * 0 where it is not said.
 */
final class StatusTable
{
    static final int HEADER_LENGTH = 128;
    static final int KEY_OFFSET = 0;
    static final long UNUSED = 0;

    private static final int OWNER_COUNT_OFFSET = 0;
    private static final int ROW_COUNT_OFFSET = OWNER_COUNT_OFFSET + Integer.BYTES;
    private static final int ROW_LENGTH_OFFSET = ROW_COUNT_OFFSET + Integer.BYTES;
    private static final int FIRST_OWNER_OFFSET = ROW_LENGTH_OFFSET + Integer.BYTES;
    private static final int ROWS_USED_OFFSET = FIRST_OWNER_OFFSET + Integer.BYTES;

    final UnsafeBuffer section;
    private final int ownerCount;
    private final int rowCount;
    private final int rowLength;
    private final int firstOwner;

    /** @param section whose header is there already. */
    StatusTable(UnsafeBuffer section)
    {
        this.section = section;
        this.ownerCount = section.getInt(OWNER_COUNT_OFFSET);
        this.rowCount = section.getInt(ROW_COUNT_OFFSET);
        this.rowLength = section.getInt(ROW_LENGTH_OFFSET);
        this.firstOwner = section.getInt(FIRST_OWNER_OFFSET);
    }

    /** @return a table without rows, for agents that have none. */
    static StatusTable empty()
    {
        return new StatusTable(new UnsafeBuffer(new byte[HEADER_LENGTH]));
    }

    /** @return bytes of such a section. */
    static int length(int ownerCount, int rowCount, int rowLength)
    {
        return HEADER_LENGTH + ownerCount * rowCount * rowLength;
    }

    /** Writes the header of a section that is all zeros. */
    static void format(UnsafeBuffer section, int firstOwner, int ownerCount, int rowCount, int rowLength)
    {
        section.putInt(OWNER_COUNT_OFFSET, ownerCount);
        section.putInt(ROW_COUNT_OFFSET, rowCount);
        section.putInt(ROW_LENGTH_OFFSET, rowLength);
        section.putInt(FIRST_OWNER_OFFSET, firstOwner);
    }

    /** @return whether what the header says fits into the section, for one that comes from a file. */
    static boolean isSound(UnsafeBuffer section)
    {
        if (section.capacity() < HEADER_LENGTH)
        {
            return false;
        }
        long owners = section.getInt(OWNER_COUNT_OFFSET);
        long rows = section.getInt(ROW_COUNT_OFFSET);
        long length = section.getInt(ROW_LENGTH_OFFSET);
        return owners >= 0 && rows >= 0 && length >= Long.BYTES && length % Long.BYTES == 0 &&
            section.getInt(FIRST_OWNER_OFFSET) >= 0 && rows <= Integer.MAX_VALUE / length &&
            owners * (rows * length) <= section.capacity() - HEADER_LENGTH;
    }

    int ownerCount()
    {
        return ownerCount;
    }

    int rowCount()
    {
        return rowCount;
    }

    /** @return how many rows of an owner can have been used at most; those that follow are {@link #UNUSED}. */
    int usedRowCount()
    {
        int said = section.getIntVolatile(ROWS_USED_OFFSET);
        return said <= 0 || said > rowCount ? rowCount : said;
    }

    /** Says that an owner uses no more than its first rows: before it uses the last of them. For any thread. */
    void usedRowCount(int count)
    {
        int said = section.getIntVolatile(ROWS_USED_OFFSET);
        while (said < count && !section.compareAndSetInt(ROWS_USED_OFFSET, said, count))
        {
            said = section.getIntVolatile(ROWS_USED_OFFSET);
        }
    }

    int rowLength()
    {
        return rowLength;
    }

    /** @return index of the agent that an owner is. */
    int agentOf(int owner)
    {
        return firstOwner + owner;
    }

    /** @return which owner an agent is; below 0 or from {@link #ownerCount} on when it has no rows here. */
    int ownerOf(int agentIndex)
    {
        return agentIndex - firstOwner;
    }

    /** @return where a row begins in the section. */
    int offset(int owner, int row)
    {
        return HEADER_LENGTH + (owner * rowCount + row) * rowLength;
    }

    /** @return the key of the row at an offset; what is read afterwards is not older. */
    long key(int rowOffset)
    {
        return section.getLongVolatile(rowOffset + KEY_OFFSET);
    }

    /** @return whether the row still has that key, so that what was read before belongs to it. */
    boolean isStill(int rowOffset, long key)
    {
        VarHandle.acquireFence();
        return section.getLongVolatile(rowOffset + KEY_OFFSET) == key;
    }

    /** Gives a row away that is filled, or {@link #UNUSED}. */
    void key(int rowOffset, long key)
    {
        section.putLongRelease(rowOffset + KEY_OFFSET, key);
    }

    /** @return a word of a row; 0 where this file's rows are too short to have it. */
    long word(int rowOffset, int offset)
    {
        return offset + Long.BYTES <= rowLength ? section.getLongVolatile(rowOffset + offset) : 0;
    }
}
