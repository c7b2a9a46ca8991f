// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.view;

import static io.mtproxy.engine.status.ProxyCounter.*;

import io.mtproxy.engine.status.ProxyCounter;
import io.mtproxy.engine.status.api.DcState;
import io.mtproxy.engine.status.api.Histogram;
import io.mtproxy.engine.status.api.LatencyMetric;
import io.mtproxy.engine.status.api.LinkState;
import io.mtproxy.engine.status.api.SecretUsage;
import io.mtproxy.engine.status.api.StallExample;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The tables of {@code stat} and {@code top}. Rates are those of the change, totals those of its end. */
public final class StatTables
{
    private static final double P50 = 0.5;
    private static final double P90 = 0.9;
    private static final double P99 = 0.99;
    private static final String NOTHING = "-";

    private StatTables()
    {
    }

    /** How long things take: over the change, or since the start when there is none. */
    public static TextTable latencies(Change change)
    {
        TextTable table = new TextTable("latency", "count", "p50", "p90", "p99", "max");
        for (LatencyMetric metric : LatencyMetric.values())
        {
            row(table, metric.label(), change.latency(metric));
        }
        return table;
    }

    private static void row(TextTable table, String label, Histogram histogram)
    {
        boolean isEmpty = histogram.count() == 0;
        table.row(label, Texts.count(histogram.count()), isEmpty ? NOTHING : Texts.nanos(histogram.quantile(P50)),
            isEmpty ? NOTHING : Texts.nanos(histogram.quantile(P90)),
            isEmpty ? NOTHING : Texts.nanos(histogram.quantile(P99)), isEmpty ? NOTHING : Texts.nanos(histogram.max()));
    }

    /** One row a datacenter. */
    public static TextTable dcs(Change change, List<DcState> dcs)
    {
        TextTable table = new TextTable("dc", "ready", "clients", "to dc", "to client", "?bytes to dc",
            "?bytes to client",
            "?dropped", "stalls", "rtt p50", "rtt p99");
        for (DcState dc : dcs)
        {
            Histogram roundTrip = change.roundTrip(dc);
            boolean isEmpty = roundTrip.count() == 0;
            table.row(dcName(dc.dcId()), dc.readyServers() + "/" + dc.servers(), Texts.count(dc.connections()),
                perSecond(change, change.perSecond(dc, DcState::bytesToDatacenter)),
                perSecond(change, change.perSecond(dc, DcState::bytesToClient)), Texts.bytes(dc.bytesToDatacenter()),
                Texts.bytes(dc.bytesToClient()), Texts.count(dc.dropped()), Texts.count(stalls(dc)),
                isEmpty ? NOTHING : Texts.nanos(roundTrip.quantile(P50)),
                isEmpty ? NOTHING : Texts.nanos(roundTrip.quantile(P99)));
        }
        return table;
    }

    /** One row a secret. */
    public static TextTable secrets(Change change, List<SecretUsage> secrets)
    {
        TextTable table = new TextTable("secret", "clients", "addresses", "keys", "to dc", "to client", "?bytes to dc",
            "?bytes to client", "?handshakes", "refused");
        for (SecretUsage secret : secrets)
        {
            table.row(secretName(secret), Texts.count(secret.connections()), Texts.count(secret.addresses()),
                Texts.count(secret.authKeys()), perSecond(change, change.perSecond(secret,
                    SecretUsage::bytesToDatacenter)),
                perSecond(change, change.perSecond(secret, SecretUsage::bytesToClient)),
                Texts.bytes(secret.bytesToDatacenter()), Texts.bytes(secret.bytesToClient()),
                Texts.count(secret.handshakes()), Texts.count(secret.refusals()));
        }
        return table;
    }

    /** One row a process. */
    public static TextTable processes(Change change, List<Snapshot.ProcessSample> processes)
    {
        TextTable table = new TextTable("process", "?pid", "<state", "?age", "clients", "links", "to dc", "to client",
            "loop max", "?over 10 ms");
        for (Snapshot.ProcessSample process : processes)
        {
            long end = process.isAlive() ? change.now().epochMs() : process.heartbeatEpochMs();
            table.row(process.name(), Long.toString(process.pid()), state(process),
                Texts.age(end - process.startEpochMs()), Texts.count(process.get(INBOUND_CONNECTIONS)),
                process.get(READY_OUTBOUND_CONNECTIONS) + "/" + process.get(OUTBOUND_CONNECTIONS),
                perSecond(change, change.perSecond(process, PAYLOAD_BYTES_TO_DATACENTER)),
                perSecond(change, change.perSecond(process, PAYLOAD_BYTES_TO_CLIENT)),
                Texts.nanos(process.get(DUTY_CYCLE_NS_MAX)), Texts.count(process.get(DUTY_CYCLES_OVER_THRESHOLD)));
        }
        return table;
    }

    /** One row a place for a link. */
    public static TextTable links(Change change, List<LinkState> links)
    {
        TextTable table = new TextTable("middle proxy", "link", "?<agent", "<stage", "for", "clients", "waiting",
            "?bytes sent", "?bytes received", "?opened", "?<last end");
        for (LinkState link : links)
        {
            ProxyCounter lastClose = link.lastClose();
            table.row(link.server(), Integer.toString(link.linkIndex()), link.agentName(),
                link.stage().name().toLowerCase(Locale.ROOT) + (link.isCongested() ? ", congested" : ""),
                Texts.age(change.now().epochMs() - link.sinceEpochMs()), Texts.count(link.clients()),
                Texts.bytes(link.waitingBytes()), Texts.bytes(link.bytesSent()), Texts.bytes(link.bytesReceived()),
                Texts.count(link.opened()),
                lastClose == null ? NOTHING : lastClose.label().replaceFirst("^link closed: ", ""));
        }
        return table;
    }

    /** Reasons for which clients and links ended, those that happened. */
    public static TextTable closes(Change change)
    {
        TextTable table = new TextTable("ends", "count", "a second");
        for (Map.Entry<ProxyCounter, Long> entry : change.now().counters().entrySet())
        {
            ProxyCounter counter = entry.getKey();
            if (entry.getValue() != 0 && counter.label().matches("(link )?closed: .*"))
            {
                table.row(counter.label().startsWith("link") ? counter.label() : "client " + counter.label(),
                    Texts.count(entry.getValue()), Texts.rate(change.perSecond(counter)));
            }
        }
        return table;
    }

    /** The last stalls that were seen. */
    public static TextTable stalls(List<StallExample> stalls)
    {
        TextTable table = new TextTable("stall seen", "<where", "dc", "for", "waiting", "?to dc before",
            "?to client before");
        for (StallExample stall : stalls)
        {
            table.row(Texts.time(stall.epochMs()), stall.leg().label(), dcName(stall.dcId()),
                Texts.nanos(stall.durationNs()), Texts.bytes(stall.waitingBytes()),
                Texts.bytes(stall.bytesToDatacenter()), Texts.bytes(stall.bytesToClient()));
        }
        return table;
    }

    /** @return how a DC is called in tables and labels. */
    public static String dcName(int dcId)
    {
        return dcId == DcState.OTHERS ? "others" : Integer.toString(dcId);
    }

    /** @return how a secret is called in tables and labels: by its position, else by its keyed hash. */
    public static String secretName(SecretUsage secret)
    {
        if (secret.isNoSecret())
        {
            return "none";
        }
        return secret.position() > 0 ? Integer.toString(secret.position()) : "removed-" + secret.id();
    }

    private static long stalls(DcState dc)
    {
        return dc.stalls().values().stream().mapToLong(Long::longValue).sum();
    }

    private static String state(Snapshot.ProcessSample process)
    {
        return process.isAlive() ? process.state().name().toLowerCase(Locale.ROOT) : "gone";
    }

    /** Of the first snapshot there is no rate yet. */
    private static String perSecond(Change change, double bytes)
    {
        return change.seconds() == 0 ? NOTHING : Texts.bytes(bytes) + "/s";
    }
}
