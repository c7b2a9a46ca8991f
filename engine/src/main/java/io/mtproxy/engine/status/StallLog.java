// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.status;

import io.mtproxy.engine.status.api.StallExample;
import io.mtproxy.engine.status.api.StallLeg;
import java.nio.ByteBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The last stalls that one agent has seen, each with sizes and times: the oldest is written over. Written by that agent
 * alone. The key of a row is the number of the stall, from 1.
 */
public final class StallLog
{
    static final int ROW_COUNT = 32;
    static final int EPOCH_MS_OFFSET = 8;
    /** Two numbers of 32 bits in one word: id of the leg above, DC below. */
    static final int LEG_AND_DC_OFFSET = 16;
    static final int DURATION_OFFSET = 24;
    static final int WAITING_OFFSET = 32;
    static final int TO_DATACENTER_OFFSET = 40;
    static final int TO_CLIENT_OFFSET = 48;
    static final int ROW_LENGTH = 64;

    private final StatusTable table;
    private final int owner;
    private long count;

    StallLog(StatusTable table, int owner)
    {
        this.table = table;
        this.owner = owner;
    }

    /** @return one in private memory, for tests. */
    public static StallLog inMemory()
    {
        UnsafeBuffer section =
            new UnsafeBuffer(ByteBuffer.allocateDirect(StatusTable.length(1, ROW_COUNT, ROW_LENGTH)));
        StatusTable.format(section, 0, 1, ROW_COUNT, ROW_LENGTH);
        return new StallLog(new StatusTable(section), 0);
    }

    /** Notes a stall; see {@link StallExample} for what the numbers mean. */
    public void add(long epochMs, StallLeg leg, int dcId, long durationNs, long waitingBytes, long bytesToDatacenter,
        long bytesToClient)
    {
        int offset = table.offset(owner, (int)(count % ROW_COUNT));
        UnsafeBuffer rows = table.section;
        table.key(offset, StatusTable.UNUSED);
        rows.putLongRelease(offset + EPOCH_MS_OFFSET, epochMs);
        rows.putLongRelease(offset + LEG_AND_DC_OFFSET, (long)leg.id() << Integer.SIZE | dcId & 0xffffffffL);
        rows.putLongRelease(offset + DURATION_OFFSET, durationNs);
        rows.putLongRelease(offset + WAITING_OFFSET, waitingBytes);
        rows.putLongRelease(offset + TO_DATACENTER_OFFSET, bytesToDatacenter);
        rows.putLongRelease(offset + TO_CLIENT_OFFSET, bytesToClient);
        table.key(offset, ++count);
    }

    /** @return stalls noted. */
    public long count()
    {
        return count;
    }
}
