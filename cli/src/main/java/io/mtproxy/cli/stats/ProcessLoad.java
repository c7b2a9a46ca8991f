// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.stats;

/**
 * How much of one core the process uses: since the port opened, and between the last two samples, ten seconds apart.
 * Asked by many threads, therefore synchronized.
 */
final class ProcessLoad
{
    /** Time between two samples. */
    static final long PERIOD_NS = 10_000_000_000L;

    private static final double NS_PER_SECOND = 1e9;
    private static final int PERCENT = 100;

    private final Sample first;
    private Sample previous;
    private Sample last;

    ProcessLoad(Sample first)
    {
        this.first = first;
        this.previous = first;
        this.last = first;
    }

    /**
     * Measured at one moment.
     *
     * @param nowNs   when.
     * @param cpu     time of all threads.
     * @param threads their time by class.
     * @param waitSeconds time that the threads of agents have waited, one thread's on average.
     */
    record Sample(long nowNs, ProcessStats.CpuTime cpu, ThreadTimes threads, double waitSeconds)
    {
    }

    /**
     * Shares of one core, in percent.
     *
     * @param user   in own code.
     * @param system in the kernel.
     * @param idle   waiting, never above 100. [C-STAT-11]
     */
    record Shares(double user, double system, double idle)
    {
        double total()
        {
            return user + system;
        }
    }

    /** @return whether a sample would be taken now: to make one costs more than a page. */
    synchronized boolean isDue(long nowNs)
    {
        return nowNs - last.nowNs >= PERIOD_NS;
    }

    /** Takes a sample; one that comes before the period is over changes nothing. */
    synchronized void sample(Sample now)
    {
        if (isDue(now.nowNs))
        {
            previous = last;
            last = now;
        }
    }

    /** @return shares since the start. */
    synchronized Shares average(Sample now)
    {
        return shares(first, now);
    }

    /** @return shares between the last two samples, since the start while there are none. */
    synchronized Shares recent(Sample now)
    {
        return last == first ? shares(first, now) : shares(previous, last);
    }

    /** @return shares of each class of threads since the start. */
    synchronized ThreadTimes.Shares averageOfThreads(Sample now)
    {
        return threadShares(first, now);
    }

    /** @return as {@link #recent} for each class of threads. */
    synchronized ThreadTimes.Shares recentOfThreads(Sample now)
    {
        return last == first ? threadShares(first, now) : threadShares(previous, last);
    }

    private static ThreadTimes.Shares threadShares(Sample from, Sample to)
    {
        return to.threads.since(from.threads, (to.nowNs - from.nowNs) / NS_PER_SECOND);
    }

    private static Shares shares(Sample from, Sample to)
    {
        double seconds = (to.nowNs - from.nowNs) / NS_PER_SECOND;
        if (seconds <= 0)
        {
            return new Shares(0, 0, 0);
        }
        return new Shares(
            share(to.cpu.userSeconds() - from.cpu.userSeconds(), seconds),
            share(to.cpu.systemSeconds() - from.cpu.systemSeconds(), seconds),
            Math.min(PERCENT, share(to.waitSeconds - from.waitSeconds, seconds)));
    }

    private static double share(double part, double whole)
    {
        return Math.max(0, part) / whole * PERCENT;
    }
}
