// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.metrics;

import io.mtproxy.cli.view.StatTables;
import io.mtproxy.engine.status.api.DcState;
import io.mtproxy.engine.status.api.StallLeg;
import java.util.List;
import java.util.Locale;
import java.util.function.ToLongFunction;

/** What is counted by datacenter: at most as many as have a place in the status file. */
final class DcMetrics
{
    private static final MetricFamily SERVERS = MetricFamily.gauge("dc_servers",
        "Middle proxies that the configuration has for the DC.");
    private static final MetricFamily SERVERS_READY = MetricFamily.gauge("dc_servers_ready",
        "Middle proxies of the DC with at least one ready link, the fewest that any process has.");
    private static final MetricFamily CONNECTIONS = MetricFamily.gauge("dc_connections",
        "Clients of the DC, handshake done.");
    private static final MetricFamily HANDSHAKES = MetricFamily.counter("dc_handshakes",
        "Handshakes of clients of the DC that were accepted.");
    private static final MetricFamily FRAMES = MetricFamily.counter("dc_relayed_frames",
        "Packets of the DC's clients that were handed on, and answers to them.");
    private static final MetricFamily BYTES = MetricFamily.counter("dc_relayed_bytes",
        "Bytes of relayed frames of the DC, without headers.");
    private static final MetricFamily DROPPED = MetricFamily.counter("dc_dropped_frames",
        "Client packets for which no link of the DC was ready.");
    private static final MetricFamily STALLS = MetricFamily.counter("dc_stalls",
        "Times data of the DC's clients stopped on its way, by where it stopped.");
    private static final MetricFamily ROUND_TRIP = LatencyMetrics.histogram("dc_round_trip_seconds",
        "From a client's packet that is handed on to the first answer for that client.");

    private final MetricWriter out;
    private final List<DcState> dcs;
    private final List<String> labels;

    private DcMetrics(MetricWriter out, List<DcState> dcs)
    {
        this.out = out;
        this.dcs = dcs;
        this.labels = dcs.stream().map(DcMetrics::labels).toList();
    }

    static void write(MetricWriter out, List<DcState> dcs)
    {
        new DcMetrics(out, dcs).write();
    }

    private void write()
    {
        each(SERVERS, DcState::servers);
        each(SERVERS_READY, DcState::readyServers);
        each(CONNECTIONS, DcState::connections);
        each(HANDSHAKES, DcState::handshakes);
        both(FRAMES, DcState::packetsToDatacenter, DcState::packetsToClient);
        both(BYTES, DcState::bytesToDatacenter, DcState::bytesToClient);
        each(DROPPED, DcState::dropped);
        out.family(STALLS);
        for (DcState dc : dcs)
        {
            for (StallLeg leg : StallLeg.values())
            {
                out.sample(MetricWriter.labels("dc", StatTables.dcName(dc.dcId()), "leg",
                    leg.name().toLowerCase(Locale.ROOT)), dc.stalls().getOrDefault(leg, 0L));
            }
        }
        out.family(ROUND_TRIP);
        dcs.forEach(dc -> LatencyMetrics.roundTrip(out, labels(dc), dc.roundTrip()));
    }

    private void each(MetricFamily family, ToLongFunction<DcState> value)
    {
        out.family(family);
        for (int i = 0; i < dcs.size(); i++)
        {
            out.sample(labels.get(i), value.applyAsLong(dcs.get(i)));
        }
    }

    private void both(MetricFamily family, ToLongFunction<DcState> toDatacenter, ToLongFunction<DcState> toClient)
    {
        out.family(family);
        for (int i = 0; i < dcs.size(); i++)
        {
            out.sample(labels.get(i) + MetricsPage.TO_DATACENTER, toDatacenter.applyAsLong(dcs.get(i)));
            out.sample(labels.get(i) + MetricsPage.TO_CLIENT, toClient.applyAsLong(dcs.get(i)));
        }
    }

    private static String labels(DcState dc)
    {
        return MetricWriter.labels("dc", StatTables.dcName(dc.dcId()));
    }
}
