// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.stats;

import io.mtproxy.cli.view.ProcessView;
import io.mtproxy.cli.view.ProxyView;
import io.mtproxy.engine.status.ProxyCounter;
import io.mtproxy.engine.status.StatusFileReader;
import io.mtproxy.engine.status.StatusState;
import java.util.List;
import java.util.function.Supplier;
import org.agrona.concurrent.EpochClock;
import org.agrona.concurrent.NanoClock;

/**
 * {@code /healthz}: every process has said within the last seconds that it lives, and its loops turn. {@code /readyz}:
 * they also serve, and each that does has a middle proxy to send packets to. [C-BUG-17]
 */
final class HealthPages
{
    private static final long HEARTBEAT_AGE_MS_MAX = 10_000;
    private static final String NO_PROBLEM = "";

    private final Supplier<ProxyView> view;
    private final LoopWatch loops;
    private final EpochClock clock;
    private final NanoClock nanoClock;

    /**
     * @param view  of the proxy.
     * @param loops that are watched.
     * @param clock that heartbeats are compared with.
     */
    HealthPages(Supplier<ProxyView> view, LoopWatch loops, EpochClock clock, NanoClock nanoClock)
    {
        this.view = view;
        this.loops = loops;
        this.clock = clock;
        this.nanoClock = nanoClock;
    }

    StatsPage health()
    {
        return page(lifeProblem(view.get()));
    }

    StatsPage ready()
    {
        ProxyView now = view.get();
        String problem = lifeProblem(now);
        return page(problem.isEmpty() ? serviceProblem(now) : problem);
    }

    private static StatsPage page(String problem)
    {
        return new StatsPage(problem.isEmpty(), StatsPage.PLAIN, problem.isEmpty() ? "ok\n" : problem + "\n");
    }

    private String lifeProblem(ProxyView now)
    {
        List<ProcessView> living = now.processes().stream().filter(ProcessView::isAlive).toList();
        if (living.isEmpty())
        {
            return now.processes().isEmpty() ? "no process serves" : "the proxy has ended";
        }
        for (ProcessView process : living)
        {
            long ageMs = clock.time() - process.reader().heartbeatEpochMs();
            if (ageMs > HEARTBEAT_AGE_MS_MAX)
            {
                return name(process) + " has said nothing for " + ageMs + " ms";
            }
        }
        return loops.look(now, nanoClock.nanoTime());
    }

    private static String serviceProblem(ProxyView now)
    {
        List<StatusFileReader> serving = now.current().stream().map(ProcessView::reader)
            .filter(reader -> reader.state() == StatusState.SERVING).toList();
        if (serving.isEmpty())
        {
            return "no process is serving";
        }
        for (StatusFileReader reader : serving)
        {
            if (reader.get(ProxyCounter.READY_TARGETS) == 0)
            {
                return "process " + reader.pid() + " has no link to a middle proxy";
            }
        }
        return NO_PROBLEM;
    }

    private static String name(ProcessView process)
    {
        return "process " + process.reader().pid();
    }
}
