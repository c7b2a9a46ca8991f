// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.status;

import io.mtproxy.engine.status.api.DcState;
import java.nio.ByteBuffer;
import org.agrona.BitUtil;
import org.agrona.collections.Int2ObjectHashMap;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * One agent's numbers by DC in the status file. A DC gets its row when it is first configured and keeps it; when all are
 * taken, the DCs that follow share the last one.
 *
 * <pre>
 *   0     8          16         256
 *   +-----+----------+----------+----------------------------+
 *   | key | word of each DcCounter | LatencyRecorder, round trip |
 *   +-----+----------+----------+----------------------------+
 * </pre>
 */
public final class DcRows
{
    static final int ROW_COUNT = 48;
    /** Room for 31 counters. */
    static final int HISTOGRAM_OFFSET = 256;
    static final int ROW_LENGTH = BitUtil.align(HISTOGRAM_OFFSET + LatencyRecorder.LENGTH, BitUtil.CACHE_LINE_LENGTH);
    /** Makes a key of an id, which may be 0. */
    private static final long KEY_FLAG = 1L << 32;

    private final StatusTable table;
    private final int owner;
    private final Int2ObjectHashMap<DcRow> rows = new Int2ObjectHashMap<>();

    DcRows(StatusTable table, int owner)
    {
        this.table = table;
        this.owner = owner;
    }

    /** @return rows in private memory, for tests. */
    public static DcRows inMemory()
    {
        UnsafeBuffer section =
            new UnsafeBuffer(ByteBuffer.allocateDirect(StatusTable.length(1, ROW_COUNT, ROW_LENGTH)));
        StatusTable.format(section, 0, 1, ROW_COUNT, ROW_LENGTH);
        return new DcRows(new StatusTable(section), 0);
    }

    /** @return the row of a DC; not for each packet. */
    public DcRow row(int dcId)
    {
        DcRow known = rows.get(dcId);
        if (known != null)
        {
            return known;
        }
        DcRow row = find(dcId);
        rows.put(dcId, row);
        return row;
    }

    /** One of the owner's rows has it already when another process has counted before. */
    private DcRow find(int dcId)
    {
        for (int i = 0; i < ROW_COUNT - 1; i++)
        {
            int offset = table.offset(owner, i);
            long key = table.key(offset);
            if (key == StatusTable.UNUSED)
            {
                return begin(offset, dcId);
            }
            if (key == keyOf(dcId))
            {
                return new DcRow(table.section, offset, dcId);
            }
        }
        DcRow others = rows.get(DcState.OTHERS);
        if (others == null)
        {
            others = begin(table.offset(owner, ROW_COUNT - 1), DcState.OTHERS);
            rows.put(DcState.OTHERS, others);
        }
        return others;
    }

    private DcRow begin(int offset, int dcId)
    {
        DcRow row = new DcRow(table.section, offset, dcId);
        table.key(offset, keyOf(dcId));
        return row;
    }

    static long keyOf(int dcId)
    {
        return KEY_FLAG | dcId & 0xffffffffL;
    }

    static int dcOf(long key)
    {
        return (int)key;
    }
}
