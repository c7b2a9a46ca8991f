// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.view;

import io.mtproxy.engine.ConfigState;
import io.mtproxy.engine.status.ProxyCounter;
import io.mtproxy.engine.status.StatusFileReader;
import io.mtproxy.engine.status.StatusReport;
import io.mtproxy.engine.status.StatusState;
import io.mtproxy.engine.status.api.DcState;
import io.mtproxy.engine.status.api.Histogram;
import io.mtproxy.engine.status.api.LatencyMetric;
import io.mtproxy.engine.status.api.LinkState;
import io.mtproxy.engine.status.api.SecretUsage;
import io.mtproxy.engine.status.api.StallExample;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * All numbers of a proxy at one moment, copied: what tables are printed from, and rates are the difference of.
 *
 * @param epochMs         of the moment, ms since 1970.
 * @param name            of the proxy.
 * @param life            whether it runs.
 * @param startEpochMs    when the oldest current process began.
 * @param lastSeenEpochMs when a process last said that it lives.
 * @param version         of the program, empty when it does not say.
 * @param config          in use.
 * @param counters        each of them, over all processes.
 * @param processes       that are current, by name.
 * @param secrets         in load order, then those no longer configured.
 * @param dcs             by id.
 * @param links           by server.
 * @param latencies       each of them.
 * @param stalls          last examples.
 * @param errors          distinct errors of ours.
 * @param problems        lines about files that could not be read.
 */
public record Snapshot(long epochMs, String name, Life life, long startEpochMs, long lastSeenEpochMs, String version,
    ConfigState config, Map<ProxyCounter, Long> counters, List<ProcessSample> processes, List<SecretUsage> secrets,
    List<DcState> dcs, List<LinkState> links, Map<LatencyMetric, Histogram> latencies, List<StallExample> stalls,
    List<ErrorView> errors, List<String> problems)
{
    /** Whether a proxy runs. */
    public enum Life
    {
        /** At least one process lives. */
        RUNS,
        /** Ended in good order. */
        ENDED,
        /** Gone without a word: killed, or crashed. */
        DIED
    }

    /** One process at that moment. */
    public record ProcessSample(String name, long pid, boolean isAlive, StatusState state, long startEpochMs,
        long heartbeatEpochMs, Map<ProxyCounter, Long> counters, List<AgentSample> agents)
    {
        /** @return the value, 0 when there is none. */
        public long get(ProxyCounter counter)
        {
            return counters.getOrDefault(counter, 0L);
        }
    }

    /** One agent at that moment. */
    public record AgentSample(String name, Map<ProxyCounter, Long> counters)
    {
        /** @return the value, 0 when there is none. */
        public long get(ProxyCounter counter)
        {
            return counters.getOrDefault(counter, 0L);
        }
    }

    /** Copies a view. */
    public static Snapshot of(ProxyView view, long nowEpochMs)
    {
        StatusReport report = view.report();
        Map<LatencyMetric, Histogram> latencies = new EnumMap<>(LatencyMetric.class);
        for (LatencyMetric metric : LatencyMetric.values())
        {
            latencies.put(metric, report.latency(metric));
        }
        Map<ProxyCounter, Long> counters = new EnumMap<>(ProxyCounter.class);
        for (ProxyCounter counter : ProxyCounter.values())
        {
            counters.put(counter, view.get(counter));
        }
        return new Snapshot(nowEpochMs, view.name(), life(view), view.startEpochMs(), view.lastSeenEpochMs(),
            view.description("version"), view.configState(), counters,
            view.current().stream().map(Snapshot::sample).toList(), report.secrets(), report.dcs(), report.links(),
            latencies, report.stalls(), view.errors(), view.problems());
    }

    /** @return the value, 0 when there is none. */
    public long get(ProxyCounter counter)
    {
        return counters.getOrDefault(counter, 0L);
    }

    /** @return the histogram, an empty one when there is none. */
    public Histogram latency(LatencyMetric metric)
    {
        return latencies.getOrDefault(metric, Histogram.empty());
    }

    /** @return whether it runs, and since when or until when, in words. */
    public String lifeText()
    {
        return switch (life)
        {
            case RUNS -> "running for " + Texts.age(epochMs - startEpochMs);
            case ENDED -> "ended at " + Texts.time(lastSeenEpochMs) + ", " + Texts.age(epochMs - lastSeenEpochMs) +
                " ago";
            case DIED -> "dead: killed or crashed at " + Texts.time(lastSeenEpochMs) + " or within a second after, " +
                Texts.age(epochMs - lastSeenEpochMs) + " ago";
        };
    }

    private static Life life(ProxyView view)
    {
        if (view.isAlive())
        {
            return Life.RUNS;
        }
        boolean hasEnded = view.current().stream()
            .allMatch(process -> process.reader().state() == StatusState.ENDED);
        return hasEnded ? Life.ENDED : Life.DIED;
    }

    private static ProcessSample sample(ProcessView process)
    {
        StatusFileReader reader = process.reader();
        Map<ProxyCounter, Long> counters = new EnumMap<>(ProxyCounter.class);
        List<Map<ProxyCounter, Long>> byAgent = new ArrayList<>();
        for (int agent = 0; agent < reader.agentCount(); agent++)
        {
            byAgent.add(new EnumMap<>(ProxyCounter.class));
        }
        for (ProxyCounter counter : ProxyCounter.values())
        {
            counters.put(counter, reader.get(counter));
            for (int agent = 0; agent < byAgent.size(); agent++)
            {
                byAgent.get(agent).put(counter, reader.get(agent, counter));
            }
        }
        List<AgentSample> agents = new ArrayList<>();
        for (int agent = 0; agent < byAgent.size(); agent++)
        {
            agents.add(new AgentSample(reader.agentName(agent), byAgent.get(agent)));
        }
        return new ProcessSample(process.name(), reader.pid(), process.isAlive(), reader.state(),
            reader.startEpochMs(), reader.heartbeatEpochMs(), counters, agents);
    }
}
