// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.view;

import static io.mtproxy.engine.status.ProxyCounter.*;

import io.mtproxy.engine.status.ProxyCounter;
import java.util.ArrayList;
import java.util.List;

/** What {@code stat} prints: a few lines about the whole, then tables. */
public final class StatReport
{
    private static final int STALLS_SHOWN_MAX = 10;

    private StatReport()
    {
    }

    /** @param change from the report before; from a snapshot to itself for the first one, which then has no rates. */
    public static List<String> lines(Change change)
    {
        Snapshot now = change.now();
        List<String> lines = new ArrayList<>(head(change));
        add(lines, StatTables.latencies(change));
        add(lines, StatTables.processes(change, now.processes()));
        add(lines, StatTables.dcs(change, now.dcs()));
        add(lines, StatTables.secrets(change, now.secrets()));
        add(lines, StatTables.links(change, now.links()));
        add(lines, StatTables.closes(change));
        add(lines, StatTables.stalls(now.stalls().subList(0, Math.min(STALLS_SHOWN_MAX, now.stalls().size()))));
        return lines;
    }

    /** @return the lines about the whole. */
    public static List<String> head(Change change)
    {
        Snapshot now = change.now();
        List<String> lines = new ArrayList<>();
        lines.add("proxy " + now.name() + ": " + now.lifeText() + (now.version().isEmpty() ?
            "" :
            ", version " +
                now.version()));
        lines.add("configuration: " + (now.config().loadedAtEpochMs() == 0 ?
            "not known" :
            now.config().clusterCount() + " DCs, " + now.config().targetCount() + " middle proxies, " +
                now.config().secretCount() + " secrets, applied " + Texts.time(now.config().loadedAtEpochMs())) +
            refused(now));
        lines.add("clients: " + Texts.count(now.get(INBOUND_CONNECTIONS)) + " open, " +
            Texts.count(now.get(INBOUND_CONNECTIONS_ACCEPTED)) + " accepted" + rate(change,
                INBOUND_CONNECTIONS_ACCEPTED) + ", handshakes " + Texts.count(now.get(HANDSHAKES_ACCEPTED)) +
            " good, " +
            Texts.count(now.get(HANDSHAKES_REJECTED)) + " bad");
        lines.add("links: " + now.get(READY_OUTBOUND_CONNECTIONS) + " of " + now.get(OUTBOUND_CONNECTIONS) +
            " ready, to " + now.get(READY_TARGETS) + " of " + now.get(ACTIVE_TARGETS) + " middle proxies");
        lines.add("to datacenter: " + traffic(change, FRAMES_TO_DATACENTER, PAYLOAD_BYTES_TO_DATACENTER) +
            ", dropped " +
            Texts.count(now.get(FRAMES_DROPPED_NO_TARGET) + now.get(PAYLOADS_DROPPED_BY_FILTER)));
        lines.add("to clients: " + traffic(change, ANSWERS_TO_CLIENT, PAYLOAD_BYTES_TO_CLIENT) + ", dropped " +
            Texts.count(now.get(ANSWERS_DROPPED)));
        lines.add("errors of ours: " + Texts.count(now.get(ERRORS)) + (now.errors().isEmpty() ?
            "" :
            ", " + now.errors()
                .size() + " kinds, see errors"));
        return lines;
    }

    private static String refused(Snapshot now)
    {
        long refused = now.get(CONFIG_RELOADS_FAILED);
        return refused == 0 ? "" : ", " + refused + " reloads refused";
    }

    private static String traffic(Change change, ProxyCounter frames, ProxyCounter bytes)
    {
        Snapshot now = change.now();
        String total = Texts.bytes(now.get(bytes)) + " in " + Texts.count(now.get(frames)) + " frames";
        return change.seconds() == 0 ?
            total :
            Texts.bytes(change.perSecond(bytes)) + "/s, " + Texts.rate(change.perSecond(frames)) + " frames/s, " +
                total;
    }

    private static String rate(Change change, ProxyCounter counter)
    {
        return change.seconds() == 0 ? "" : " (" + Texts.rate(change.perSecond(counter)) + "/s)";
    }

    private static void add(List<String> lines, TextTable table)
    {
        if (table.rowCount() > 0)
        {
            lines.add("");
            lines.addAll(table.lines());
        }
    }
}
