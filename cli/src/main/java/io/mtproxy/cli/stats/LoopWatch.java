// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.stats;

import io.mtproxy.cli.view.ProcessView;
import io.mtproxy.cli.view.ProxyView;
import io.mtproxy.engine.status.ProxyCounter;
import io.mtproxy.engine.status.StatusFileReader;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * Knows of every loop of a proxy when it was last seen to turn. A loop polls several times a second even when it is idle,
 * so one whose count of polls stays the same hangs. Asked by many threads, therefore synchronized.
 */
final class LoopWatch
{
    /** Longer than any turn that ends. */
    static final long STILL_NS_MAX = TimeUnit.SECONDS.toNanos(10);

    private final Map<Loop, Seen> seen = new HashMap<>();

    private record Loop(long pid, long startEpochMs, int agentIndex)
    {
    }

    private record Seen(long polls, long sinceNs)
    {
    }

    /**
     * Looks at every loop.
     *
     * @param nowNs of the moment.
     * @return what is wrong with one of them; empty when nothing is.
     */
    synchronized String look(ProxyView view, long nowNs)
    {
        String problem = "";
        Set<Loop> present = new HashSet<>();
        for (ProcessView process : view.processes())
        {
            StatusFileReader reader = process.reader();
            for (int agent = 0; process.isAlive() && agent < reader.agentCount(); agent++)
            {
                long polls = reader.get(agent, ProxyCounter.POLLS);
                Loop loop = new Loop(reader.pid(), reader.startEpochMs(), agent);
                present.add(loop);
                Seen before = seen.get(loop);
                if (before == null || before.polls != polls)
                {
                    seen.put(loop, new Seen(polls, nowNs));
                }
                else if (polls > 0 && nowNs - before.sinceNs > STILL_NS_MAX)
                {
                    // an agent without polls of its own shares the thread of another
                    problem = "loop " + reader.agentName(agent) + " of process " + reader.pid() +
                        " has not turned for " + TimeUnit.NANOSECONDS.toMillis(nowNs - before.sinceNs) + " ms";
                }
            }
        }
        seen.keySet().retainAll(present);
        return problem;
    }
}
