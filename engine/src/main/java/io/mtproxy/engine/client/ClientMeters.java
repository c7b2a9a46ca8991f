// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.client;

import io.mtproxy.engine.relay.RoutingTable;
import io.mtproxy.engine.relay.ServerEntry;
import io.mtproxy.engine.status.AgentStatus;
import io.mtproxy.engine.status.DcCounter;
import io.mtproxy.engine.status.DcRow;
import io.mtproxy.engine.status.LatencyRecorder;
import io.mtproxy.engine.status.PacketLatency;
import io.mtproxy.engine.status.PacketSampler;
import io.mtproxy.engine.status.ProxyEvents;
import io.mtproxy.engine.status.ProxyCounters;
import io.mtproxy.engine.status.api.LatencyMetric;
import java.util.ArrayList;
import java.util.List;
import org.agrona.concurrent.NanoClock;
import org.jspecify.annotations.Nullable;

/** What the clients of one agent measure together: the DCs of the configuration, and where lengths of time go. */
final class ClientMeters
{
    final ProxyCounters counters;
    /** Times packets that clients send, from here on. */
    final PacketSampler received;
    /** Times packets that clients get, up to here. */
    final PacketLatency answered;

    private final AgentStatus status;
    private final NanoClock clock;
    private final LatencyRecorder handshakes;
    private final LatencyRecorder firstPackets;
    private final List<Cluster> clusters = new ArrayList<>();
    private RoutingTable routing = RoutingTable.EMPTY;
    private long turnNs;

    ClientMeters(AgentStatus status, NanoClock clock)
    {
        this.status = status;
        this.clock = clock;
        this.counters = status.counters();
        this.received = new PacketSampler(clock);
        this.answered = new PacketLatency(status.latency(LatencyMetric.TO_CLIENT), clock);
        this.handshakes = status.latency(LatencyMetric.HANDSHAKE);
        this.firstPackets = status.latency(LatencyMetric.FIRST_BYTE);
        this.turnNs = clock.nanoTime();
    }

    /** A DC of the configuration. */
    private record Cluster(DcRow row, ServerEntry[] servers)
    {
    }

    /** Another configuration: DCs that are gone have no servers. */
    void routing(RoutingTable newRouting)
    {
        clusters.forEach(cluster -> cluster.row.set(DcCounter.SERVERS, 0));
        clusters.forEach(cluster -> cluster.row.set(DcCounter.READY_SERVERS, 0));
        clusters.clear();
        routing = newRouting;
        for (int dcId : newRouting.clusterIds())
        {
            clusters.add(new Cluster(status.dcs().row(dcId), newRouting.lookup(dcId)));
        }
        showServers();
    }

    /** Shows which servers have links now; each 0.1 s. */
    void showServers()
    {
        for (int i = 0; i < clusters.size(); i++)
        {
            Cluster cluster = clusters.get(i);
            int ready = 0;
            for (ServerEntry server : cluster.servers)
            {
                ready += server.marks().readyLinkCount() > 0 ? 1 : 0;
            }
            cluster.row.set(DcCounter.SERVERS, cluster.servers.length);
            cluster.row.set(DcCounter.READY_SERVERS, ready);
        }
    }

    /** @return the row of the cluster that serves a client's DC. */
    DcRow rowOf(int dcId)
    {
        return status.dcs().row(routing.clusterIdOf(dcId));
    }

    /** Sets the time of this turn. */
    void startTurn(long nowNs)
    {
        turnNs = nowNs;
    }

    /** @return time of this turn; in the poller, that of the turn before. */
    long turnNs()
    {
        return turnNs;
    }

    void onHandshake(DcRow dc, long acceptedNs)
    {
        long lengthNs = clock.nanoTime() - acceptedNs;
        handshakes.record(lengthNs);
        ProxyEvents.handshake(dc.dcId(), lengthNs);
    }

    /** A connection ends, with what it has counted if it got so far. */
    void onClosed(CloseReason reason, long acceptedNs, @Nullable ClientTraffic traffic)
    {
        ProxyEvents.closed(reason.name(), turnNs - acceptedNs, traffic == null ? 0 : traffic.bytesToDatacenter(),
            traffic == null ? 0 : traffic.bytesToClient());
    }

    void onFirstPacket(long acceptedNs)
    {
        firstPackets.record(clock.nanoTime() - acceptedNs);
    }
}
