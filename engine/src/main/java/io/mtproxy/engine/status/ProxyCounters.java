// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.status;

import java.nio.ByteBuffer;
import org.agrona.concurrent.AtomicBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.status.CountersReader;

/**
 * The counters of one agent, written by that agent alone. An update is a plain read and a release store: readers, also
 * in other processes, see whole values that never go back.
 *
 * <pre>
 *   0         128       256
 *   +---------+---------+----   one record for each ProxyCounter, in the order of the enum,
 *   | value.. | value.. |  ..   laid out as {@link org.agrona.concurrent.status.CountersManager} does
 *   +---------+---------+----
 * </pre>
 */
public final class ProxyCounters
{
    /** Bytes of values that one agent's set takes. */
    static final int VALUES_LENGTH = ProxyCounter.count() * CountersReader.COUNTER_LENGTH;

    private static final int RECORD_SHIFT = Integer.numberOfTrailingZeros(CountersReader.COUNTER_LENGTH);

    private final AtomicBuffer values;
    private final int firstOffset;

    /**
     * @param values      records of all agents.
     * @param firstOffset of the record of this agent's first counter.
     */
    ProxyCounters(AtomicBuffer values, int firstOffset)
    {
        this.values = values;
        this.firstOffset = firstOffset;
    }

    /** @return a set of its own in private memory, for tests and for an engine without a status file. */
    public static ProxyCounters inMemory()
    {
        return new ProxyCounters(new UnsafeBuffer(ByteBuffer.allocateDirect(VALUES_LENGTH)), 0);
    }

    /** Adds one. */
    public void increment(ProxyCounter counter)
    {
        add(counter, 1);
    }

    /** Adds a delta, which may be negative for a gauge. */
    public void add(ProxyCounter counter, long delta)
    {
        int offset = offset(counter);
        values.putLongRelease(offset, values.getLong(offset) + delta);
    }

    /** Replaces the value. */
    public void set(ProxyCounter counter, long value)
    {
        values.putLongRelease(offset(counter), value);
    }

    /** Replaces the value by a larger one, keeps it otherwise. */
    public void proposeMax(ProxyCounter counter, long value)
    {
        int offset = offset(counter);
        if (value > values.getLong(offset))
        {
            values.putLongRelease(offset, value);
        }
    }

    /** @return the value; exact for the writing agent, for others a moment old at most. */
    public long get(ProxyCounter counter)
    {
        return values.getLongVolatile(offset(counter));
    }

    private int offset(ProxyCounter counter)
    {
        return firstOffset + (counter.index() << RECORD_SHIFT);
    }
}
