// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.status;

import org.agrona.concurrent.UnsafeBuffer;

/** What one client agent counts for one secret, see {@link SecretRows}. Written by that agent alone. */
public final class SecretRow
{
    /** Stands for a row that is not in the status file. */
    static final int NO_INDEX = -1;

    private final UnsafeBuffer memory;
    private final int offset;
    private final int index;
    /** Whether an account writes here, so that nobody else may get the row. */
    boolean isHeld;

    /** @param index of the row among its owner's, or {@link #NO_INDEX}. */
    SecretRow(UnsafeBuffer memory, int offset, int index)
    {
        this.memory = memory;
        this.offset = offset;
        this.index = index;
    }

    /** @return a row in private memory, for a secret that found no place. */
    static SecretRow outside()
    {
        return new SecretRow(new UnsafeBuffer(new byte[SecretRows.ROW_LENGTH]), 0, NO_INDEX);
    }

    int index()
    {
        return index;
    }

    /** Adds a delta, which may be negative for a gauge. */
    public void add(SecretCounter counter, long delta)
    {
        int at = offset + counter.offset();
        memory.putLongRelease(at, memory.getLong(at) + delta);
    }

    /** @return the value, for the writer and for tests. */
    public long get(SecretCounter counter)
    {
        return memory.getLongVolatile(offset + counter.offset());
    }

    void clear()
    {
        for (SecretCounter counter : SecretCounter.values())
        {
            memory.putLongRelease(offset + counter.offset(), 0);
        }
    }
}
