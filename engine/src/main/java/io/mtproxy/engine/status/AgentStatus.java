// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.status;

import io.mtproxy.engine.status.api.LatencyMetric;

/**
 * Everything that one agent writes in the status file: each part exists for those agents that have something to say there.
 * The objects are that agent's alone.
 */
public final class AgentStatus
{
    private final ProxyCounters counters;
    private final LatencyRecorder[] latencies;
    private final SecretRows secrets;
    private final DistinctValues distinct;
    private final DcRows dcs;
    private final LinkRows links;
    private final StallLog stalls;
    private final StatusHash hash;

    AgentStatus(ProxyCounters counters, LatencyRecorder[] latencies, SecretRows secrets, DistinctValues distinct,
        DcRows dcs, LinkRows links, StallLog stalls, StatusHash hash)
    {
        this.counters = counters;
        this.latencies = latencies;
        this.secrets = secrets;
        this.distinct = distinct;
        this.dcs = dcs;
        this.links = links;
        this.stalls = stalls;
        this.hash = hash;
    }

    /** @return one in private memory, for tests. */
    public static AgentStatus inMemory()
    {
        LatencyRecorder[] latencies = new LatencyRecorder[LatencyMetric.values().length];
        for (int i = 0; i < latencies.length; i++)
        {
            latencies[i] = LatencyRecorder.inMemory();
        }
        return new AgentStatus(ProxyCounters.inMemory(), latencies, SecretRows.inMemory(),
            DistinctValues.inMemory(DistinctValues.PLACE_COUNT), DcRows.inMemory(), LinkRows.inMemory(),
            StallLog.inMemory(), StatusHash.drawn());
    }

    /** @return of this agent. */
    public ProxyCounters counters()
    {
        return counters;
    }

    /** @return where a length of time is recorded; {@link LatencyMetric#LINK_ROUND_TRIP} is in the {@link #dcs}. */
    @SuppressWarnings("EnumOrdinal")
    public LatencyRecorder latency(LatencyMetric metric)
    {
        return latencies[metric.ordinal()];
    }

    /** @return by which values of clients are shown. */
    public StatusHash hash()
    {
        return hash;
    }

    /** @return of a client agent. */
    public SecretRows secrets()
    {
        return secrets;
    }

    /** @return of a client agent. */
    public DistinctValues distinct()
    {
        return distinct;
    }

    /** @return of a client or datacenter agent. */
    public DcRows dcs()
    {
        return dcs;
    }

    /** @return of a datacenter agent. */
    public LinkRows links()
    {
        return links;
    }

    /** @return of a client or datacenter agent. */
    public StallLog stalls()
    {
        return stalls;
    }
}
