// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.status;

import org.agrona.concurrent.NanoClock;

/**
 * Decides which packets are timed on their way through the proxy: the first one that a read completes, after each 16 reads.
 * For these the clock is asked; for all others the cost is an addition and a comparison. The time travels with the packet as
 * a stamp of 30 bits, in steps of 256 ns, which comes round after 4.5 minutes; 0 says that the packet is not timed.
 */
public final class PacketSampler
{
    /** Bits of a stamp. */
    public static final int STAMP_BITS = 30;

    private static final int READS_BETWEEN = 16;
    private static final int STEP_SHIFT = 8;
    private static final int STAMP_MASK = (1 << STAMP_BITS) - 1;
    private static final int NONE = 0;

    private final NanoClock clock;
    /** Since the last packet that was timed. */
    private int reads = READS_BETWEEN - 1;
    private int stamp;
    private long readNs;

    /** @param clock also of the {@link PacketLatency} at the other end. */
    public PacketSampler(NanoClock clock)
    {
        this.clock = clock;
    }

    /** A socket has been read; what was not stamped of the read before is stamped no more. */
    public void onRead()
    {
        stamp = NONE;
        // until a packet takes the stamp, so that reads in a rhythm are not missed for ever
        if (++reads >= READS_BETWEEN)
        {
            readNs = clock.nanoTime();
            stamp = stampOf(readNs);
        }
    }

    /** What is handled from now on has not come just now. */
    public void endRead()
    {
        stamp = NONE;
    }

    /** @return when the last packet that was timed was read, by the clock. */
    public long readNs()
    {
        return readNs;
    }

    /** @return stamp of the packet that goes on now, 0 mostly. */
    public int takeStamp()
    {
        int taken = stamp;
        stamp = NONE;
        if (taken != NONE)
        {
            reads = 0;
        }
        return taken;
    }

    private static int stampOf(long ns)
    {
        int stamp = (int)(ns >>> STEP_SHIFT) & STAMP_MASK;
        return stamp == NONE ? 1 : stamp;
    }

    /** @return time since a stamp was made, ns. */
    static long since(int stamp, long nowNs)
    {
        return (long)((int)(nowNs >>> STEP_SHIFT) - stamp & STAMP_MASK) << STEP_SHIFT;
    }
}
