// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.status;

import io.mtproxy.engine.status.api.DcState;
import io.mtproxy.engine.status.api.Histogram;
import io.mtproxy.engine.status.api.LatencyMetric;
import io.mtproxy.engine.status.api.LinkState;
import io.mtproxy.engine.status.api.SecretUsage;
import io.mtproxy.engine.status.api.StallExample;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Everything but plain counters that the status files of a proxy's processes say, put together. Totals and histograms are
 * those of all processes; gauges, distinct values, servers and links those of the processes that live, or of those that
 * were there at the end.
 * <p>
 * Reads at each call, and never writes or waits for a writer: every number is one that was there, and a row is shown in one
 * piece or not at all. Numbers of different rows may be of slightly different moments. For one thread.
 */
public final class StatusReport
{
    private final List<StatusFileReader> processes;
    private final List<StatusFileReader> current;

    /**
     * @param processes all whose totals count.
     * @param current   of these, whose gauges count.
     */
    public StatusReport(List<StatusFileReader> processes, List<StatusFileReader> current)
    {
        this.processes = List.copyOf(processes);
        this.current = List.copyOf(current);
    }

    /** @return a report over processes that all live, or one after the end of all. */
    public static StatusReport of(List<StatusFileReader> processes)
    {
        return new StatusReport(processes, processes);
    }

    /** @return how often which lengths of time occurred, over all agents; those by DC together. */
    public Histogram latency(LatencyMetric metric)
    {
        Histogram sum = Histogram.empty();
        for (StatusFileReader process : processes)
        {
            sum = sum.plus(process.tables().latency(metric));
        }
        return sum;
    }

    /**
     * @return each configured secret in load order, then those that are configured no more and still have a place, and
     *         connections without a secret. Distinct values are united over all agents and processes. [C-STAT-08]
     */
    public List<SecretUsage> secrets()
    {
        SecretUnion union = new SecretUnion();
        long[] order = new long[0];
        for (StatusFileReader process : processes)
        {
            boolean isCurrent = current.contains(process);
            process.tables().collect(union, isCurrent);
            if (isCurrent)
            {
                long[] found = process.secretOrder();
                order = found.length >= order.length ? found : order;
            }
        }
        return union.usages(order);
    }

    /** @return each DC that is or was configured, by id. */
    public List<DcState> dcs()
    {
        DcUnion union = new DcUnion();
        for (StatusFileReader process : processes)
        {
            process.tables().collect(union, current.contains(process));
            union.endProcess();
        }
        return union.states();
    }

    /** @return each place for a link, by server. */
    public List<LinkState> links()
    {
        List<LinkState> states = new ArrayList<>();
        for (StatusFileReader process : current)
        {
            process.tables().collectLinks(process::agentName, states);
        }
        states.sort(Comparator.comparing(LinkState::server).thenComparingInt(LinkState::linkIndex));
        return states;
    }

    /** @return the last stalls that were seen, the latest first: up to 32 of each agent. */
    public List<StallExample> stalls()
    {
        List<StallExample> examples = new ArrayList<>();
        for (StatusFileReader process : processes)
        {
            process.tables().collectStalls(examples);
        }
        examples.sort(Comparator.comparingLong(StallExample::epochMs).reversed());
        return examples;
    }
}
