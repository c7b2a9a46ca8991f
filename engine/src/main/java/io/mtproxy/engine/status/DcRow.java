// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.status;

import io.mtproxy.engine.status.api.StallLeg;
import org.agrona.concurrent.UnsafeBuffer;

/** What one agent counts for one DC, see {@link DcRows}. Written by that agent alone. */
public final class DcRow
{
    private final UnsafeBuffer memory;
    private final int offset;
    private final int dcId;
    private final LatencyRecorder roundTrip;

    DcRow(UnsafeBuffer memory, int offset, int dcId)
    {
        this.memory = memory;
        this.offset = offset;
        this.dcId = dcId;
        this.roundTrip = new LatencyRecorder(memory, offset + DcRows.HISTOGRAM_OFFSET);
    }

    /** @return the DC's id, as configured. */
    public int dcId()
    {
        return dcId;
    }

    /** Adds a delta, which may be negative for a gauge. */
    public void add(DcCounter counter, long delta)
    {
        int at = offset + counter.offset();
        memory.putLongRelease(at, memory.getLong(at) + delta);
    }

    /** Replaces the value. */
    public void set(DcCounter counter, long value)
    {
        memory.putLongRelease(offset + counter.offset(), value);
    }

    /** @return the value, for the writer and for tests. */
    public long get(DcCounter counter)
    {
        return memory.getLongVolatile(offset + counter.offset());
    }

    /** Counts one more stall. */
    public void countStall(StallLeg leg)
    {
        add(DcCounter.ofStalls(leg), 1);
    }

    /** @return from a client's packet to the first answer, see {@link io.mtproxy.engine.status.api.LatencyMetric}. */
    public LatencyRecorder roundTrip()
    {
        return roundTrip;
    }
}
