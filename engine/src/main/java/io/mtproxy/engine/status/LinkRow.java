// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.status;

import org.agrona.concurrent.UnsafeBuffer;

/** What is shown of one place for a link, see {@link LinkRows}. Written by its datacenter agent alone. */
public final class LinkRow
{
    private final UnsafeBuffer memory;
    final int offset;

    LinkRow(UnsafeBuffer memory, int offset)
    {
        this.memory = memory;
        this.offset = offset;
    }

    /** @return a row in private memory, for a link that found no place. */
    static LinkRow outside()
    {
        return new LinkRow(new UnsafeBuffer(new byte[LinkRows.ROW_LENGTH]), 0);
    }

    /** Adds a delta. */
    public void add(LinkCounter counter, long delta)
    {
        int at = offset + counter.offset();
        memory.putLongRelease(at, memory.getLong(at) + delta);
    }

    /** Replaces the value. */
    public void set(LinkCounter counter, long value)
    {
        memory.putLongRelease(offset + counter.offset(), value);
    }
}
