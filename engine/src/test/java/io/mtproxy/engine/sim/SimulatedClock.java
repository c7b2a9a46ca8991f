// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.sim;

import org.agrona.concurrent.EpochClock;
import org.agrona.concurrent.NanoClock;

/** Time that only moves when it is told to; both clocks of the engine follow it. */
public final class SimulatedClock implements NanoClock, EpochClock
{
    private static final long START_EPOCH_MS = 1_750_000_000_000L;
    private static final long NS_PER_MS = 1_000_000L;

    private long nowNs = 1_000_000_000L;

    /** Moves time on. */
    public void advance(long ns)
    {
        nowNs += ns;
    }

    @Override
    public long nanoTime()
    {
        return nowNs;
    }

    @Override
    public long time()
    {
        return START_EPOCH_MS + nowNs / NS_PER_MS;
    }
}
