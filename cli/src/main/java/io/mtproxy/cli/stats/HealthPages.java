// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.stats;

import io.mtproxy.engine.status.ProxyCounter;
import io.mtproxy.engine.status.StatusFileReader;
import io.mtproxy.engine.status.StatusState;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.agrona.concurrent.EpochClock;

/**
 * {@code /healthz}: every process has said within the last seconds that it lives. {@code /readyz}: it also serves, and
 * has a middle proxy to send packets to. [C-BUG-17]
 */
final class HealthPages
{
    private static final long HEARTBEAT_AGE_MS_MAX = 10_000;

    private final Supplier<StatsSources> sources;
    private final EpochClock clock;

    HealthPages(Supplier<StatsSources> sources, EpochClock clock)
    {
        this.sources = sources;
        this.clock = clock;
    }

    StatsPage health()
    {
        return page(false);
    }

    StatsPage ready()
    {
        return page(true);
    }

    private StatsPage page(boolean isReadyAsked)
    {
        StatsSources now = sources.get();
        List<StatusFileReader> readers = new ArrayList<>(now.workers());
        StatusFileReader self = now.self();
        if (self != null)
        {
            readers.add(self);
        }
        String problem = readers.isEmpty() ? "no process serves" : "";
        for (StatusFileReader reader : readers)
        {
            problem = problem.isEmpty() ? problem(reader, isReadyAsked) : problem;
        }
        return new StatsPage(problem.isEmpty(), StatsPage.PLAIN, problem.isEmpty() ? "ok\n" : problem + "\n");
    }

    private String problem(StatusFileReader reader, boolean isReadyAsked)
    {
        String process = "process " + reader.pid();
        long ageMs = clock.time() - reader.heartbeatEpochMs();
        if (reader.state() == StatusState.ENDED)
        {
            return process + " has ended";
        }
        if (ageMs > HEARTBEAT_AGE_MS_MAX)
        {
            return process + " has said nothing for " + ageMs + " ms";
        }
        if (!isReadyAsked)
        {
            return "";
        }
        if (reader.state() != StatusState.SERVING)
        {
            return process + " is not serving";
        }
        return reader.get(ProxyCounter.READY_TARGETS) == 0 ? process + " has no link to a middle proxy" : "";
    }
}
