// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.client;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * How many clients one process may have, shared by its client agents; asked at accept only. [P-CON-60] [C-LIM-01]
 * [C-LIM-02] [C-CLI-46]
 */
public final class AcceptGate
{
    private static final long NS_PER_SECOND = 1_000_000_000L;
    private static final double MILLION = 1e6;

    private final int connectionCountMax;
    private final int clientCountMax;
    private final int acceptRateMax;
    private final AtomicInteger clientCount = new AtomicInteger();
    private volatile boolean isHeld;
    private double tokens;
    private long filledNs;

    /**
     * @param connectionCountMax {@code -c}: above it a connection is accepted and closed at once.
     * @param clientCountMax     {@code -C}: at it nothing more is accepted; 0 is no limit.
     * @param acceptRateMax      {@code --max-accept-rate}: a second, and at once; 0 is no limit.
     * @param nowNs              time of the start.
     */
    public AcceptGate(int connectionCountMax, int clientCountMax, int acceptRateMax, long nowNs)
    {
        this.connectionCountMax = connectionCountMax;
        this.clientCountMax = clientCountMax;
        this.acceptRateMax = acceptRateMax;
        this.tokens = acceptRateMax;
        this.filledNs = nowNs;
    }

    /** Lets nobody in until {@link #release}: who comes waits with the system. Before the agents start. */
    public void hold()
    {
        isHeld = true;
    }

    /** Ends {@link #hold}; agents see it at their next tick. For any thread. */
    public void release()
    {
        isHeld = false;
    }

    /** @return whether a place is free under {@code -C}. */
    boolean isOpen()
    {
        return !isHeld && (clientCountMax == 0 || clientCount.get() < clientCountMax);
    }

    /**
     * Takes a place before a connection is accepted.
     *
     * @return false when {@code -C} are taken: what comes next waits with the system. [C-LIM-02]
     */
    boolean tryEnter()
    {
        int count = clientCount.incrementAndGet();
        if (clientCountMax != 0 && count > clientCountMax)
        {
            clientCount.decrementAndGet();
            return false;
        }
        return true;
    }

    /** Gives a place back. */
    void leave()
    {
        clientCount.decrementAndGet();
    }

    /** @return whether the places taken are more than {@code -c} allows: the connection is to be closed. [C-LIM-01] */
    boolean isOverConnectionLimit()
    {
        return clientCount.get() > connectionCountMax;
    }

    /** @return whether the rate allows one more; if so it is used up. [C-CLI-46] */
    boolean tryTakeToken(long nowNs)
    {
        return acceptRateMax == 0 || tryTakeLimited(nowNs);
    }

    /** @return tokens left now, in millionths; 0 without a limit. */
    public long tokensLeft(long nowNs)
    {
        return acceptRateMax == 0 ? 0 : tokensFilled(nowNs);
    }

    private synchronized long tokensFilled(long nowNs)
    {
        fill(nowNs);
        return (long)(tokens * MILLION);
    }

    private void fill(long nowNs)
    {
        // several agents tell the time, and the latest counts
        if (nowNs - filledNs > 0)
        {
            tokens = Math.min(acceptRateMax, tokens + (double)(nowNs - filledNs) * acceptRateMax / NS_PER_SECOND);
            filledNs = nowNs;
        }
    }

    private synchronized boolean tryTakeLimited(long nowNs)
    {
        fill(nowNs);
        if (tokens < 1)
        {
            return false;
        }
        tokens--;
        return true;
    }
}
