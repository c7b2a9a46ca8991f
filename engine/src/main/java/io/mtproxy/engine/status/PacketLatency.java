// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.status;

import org.agrona.concurrent.NanoClock;

/** The other end of {@link PacketSampler}: records timed packets when they have been written. */
public final class PacketLatency
{
    /** Timed packets of a turn; there are few, and what is beyond is not recorded. */
    private static final int PENDING_MAX = 64;

    private final LatencyRecorder recorder;
    private final NanoClock clock;
    private final int[] pending = new int[PENDING_MAX];
    private int count;

    /** @param recorder written here only. */
    public PacketLatency(LatencyRecorder recorder, NanoClock clock)
    {
        this.recorder = recorder;
        this.clock = clock;
    }

    /** A packet will be written in this turn. */
    public void onPacket(int stamp)
    {
        if (stamp != 0 && count < PENDING_MAX)
        {
            pending[count++] = stamp;
        }
    }

    /** What the turn has brought so far is written, as far as sockets take it. */
    public void onWritten()
    {
        if (count > 0)
        {
            long nowNs = clock.nanoTime();
            for (int i = 0; i < count; i++)
            {
                recorder.record(PacketSampler.since(pending[i], nowNs));
            }
            count = 0;
        }
    }
}
