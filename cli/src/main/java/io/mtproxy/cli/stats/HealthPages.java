// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.stats;

import io.mtproxy.cli.view.ProcessView;
import io.mtproxy.cli.view.ProxyView;
import io.mtproxy.cli.view.Texts;
import io.mtproxy.engine.ConfigState;
import io.mtproxy.engine.status.ProxyCounter;
import io.mtproxy.engine.status.StatusFileReader;
import io.mtproxy.engine.status.StatusState;
import io.mtproxy.engine.status.api.DcState;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.agrona.concurrent.EpochClock;
import org.agrona.concurrent.NanoClock;

/**
 * {@code /healthz}: every process has said within the last seconds that it lives, and its loops turn. {@code /readyz}:
 * they also serve, each that does has a middle proxy to send packets to, half of the datacenters can be reached, and the
 * configuration is fresh. [C-BUG-17]
 */
final class HealthPages
{
    private static final long HEARTBEAT_AGE_MS_MAX = 10_000;
    private static final long CONFIG_AGE_MS_MAX = TimeUnit.DAYS.toMillis(1);
    private static final String NO_PROBLEM = "";

    private final Supplier<ProxyView> view;
    private final Supplier<ConfigState> config;
    private final LoopWatch loops;
    private final EpochClock clock;
    private final NanoClock nanoClock;

    /**
     * @param view   of the proxy.
     * @param config in use.
     * @param loops  that are watched.
     * @param clock  that heartbeats are compared with.
     */
    HealthPages(Supplier<ProxyView> view, Supplier<ConfigState> config, LoopWatch loops, EpochClock clock,
        NanoClock nanoClock)
    {
        this.view = view;
        this.config = config;
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
        problem = problem.isEmpty() ? serviceProblem(now) : problem;
        return page(problem.isEmpty() ? configProblem(config.get(), clock.time()) : problem);
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
        return linkProblem(now.report().dcs());
    }

    /** Enough is half of the datacenters that the configuration has. */
    private static String linkProblem(List<DcState> dcs)
    {
        List<DcState> configured = dcs.stream().filter(dc -> dc.servers() > 0).toList();
        long ready = configured.stream().filter(dc -> dc.readyServers() > 0).count();
        return 2 * ready >= configured.size() ?
            NO_PROBLEM :
            "only " + ready + " of " + configured.size() + " datacenters can be reached";
    }

    /** Stale is what could not be renewed for a day; one that nobody renews is not. */
    private static String configProblem(ConfigState state, long nowMs)
    {
        boolean isRefused = state.refusedAtEpochMs() > state.loadedAtEpochMs();
        return isRefused && nowMs - state.loadedAtEpochMs() > CONFIG_AGE_MS_MAX ?
            "the configuration of " + Texts.time(state.loadedAtEpochMs()) + " is stale: a newer one was refused at " +
                Texts.time(state.refusedAtEpochMs()) :
            NO_PROBLEM;
    }

    private static String name(ProcessView process)
    {
        return "process " + process.reader().pid();
    }
}
