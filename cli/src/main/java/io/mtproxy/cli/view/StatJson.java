// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.view;

import io.mtproxy.engine.ConfigState;
import io.mtproxy.engine.status.ProxyCounter;
import io.mtproxy.engine.status.api.DcState;
import io.mtproxy.engine.status.api.Histogram;
import io.mtproxy.engine.status.api.LinkState;
import io.mtproxy.engine.status.api.SecretUsage;
import io.mtproxy.engine.status.api.StallExample;
import java.util.Locale;
import java.util.Map;

/** What {@code stat --json} prints: a snapshot as one object on one line. Names stay, members may be added. */
public final class StatJson
{
    private static final double P50 = 0.5;
    private static final double P90 = 0.9;
    private static final double P99 = 0.99;

    private StatJson()
    {
    }

    /** @return the object. */
    public static String text(Snapshot now)
    {
        ConfigState config = now.config();
        JsonText latencies = new JsonText();
        now.latencies().forEach((metric, histogram) -> latencies.put(name(metric), histogram(histogram)));
        return new JsonText()
            .put("proxy", now.name())
            .put("state", name(now.life()))
            .put("time_ms", now.epochMs())
            .put("start_ms", now.startEpochMs())
            .put("last_seen_ms", now.lastSeenEpochMs())
            .put("version", now.version())
            .put("config", new JsonText()
                .put("loaded_ms", config.loadedAtEpochMs())
                .put("length", config.length())
                .put("md5", config.md5Hex())
                .put("datacenters", config.clusterCount())
                .put("middle_proxies", config.targetCount())
                .put("secrets", config.secretCount()))
            .put("counters", counters(now.counters()))
            .put("latencies", latencies)
            .putAll("processes", now.processes(), StatJson::process)
            .putAll("datacenters", now.dcs(), StatJson::dc)
            .putAll("secrets", now.secrets(), StatJson::secret)
            .putAll("links", now.links(), StatJson::link)
            .putAll("stalls", now.stalls(), StatJson::stall)
            .putAll("errors", now.errors(), (object, error) -> object
                .put("count", error.count())
                .put("first_ms", error.firstEpochMs())
                .put("last_ms", error.lastEpochMs())
                .put("title", error.title()))
            .toString();
    }

    private static void process(JsonText object, Snapshot.ProcessSample process)
    {
        object.put("name", process.name())
            .put("pid", process.pid())
            .put("alive", process.isAlive())
            .put("state", name(process.state()))
            .put("start_ms", process.startEpochMs())
            .put("heartbeat_ms", process.heartbeatEpochMs())
            .put("counters", counters(process.counters()));
    }

    private static void dc(JsonText object, DcState dc)
    {
        JsonText stalls = new JsonText();
        dc.stalls().forEach((leg, count) -> stalls.put(name(leg), count));
        object.put("dc", StatTables.dcName(dc.dcId()))
            .put("servers", dc.servers())
            .put("ready_servers", dc.readyServers())
            .put("connections", dc.connections())
            .put("handshakes", dc.handshakes())
            .put("packets_to_datacenter", dc.packetsToDatacenter())
            .put("bytes_to_datacenter", dc.bytesToDatacenter())
            .put("packets_to_client", dc.packetsToClient())
            .put("bytes_to_client", dc.bytesToClient())
            .put("dropped", dc.dropped())
            .put("stalls", stalls)
            .put("round_trip", histogram(dc.roundTrip()));
    }

    private static void secret(JsonText object, SecretUsage secret)
    {
        object.put("secret", StatTables.secretName(secret))
            .put("position", secret.position())
            .put("id", secret.id())
            .put("connections", secret.connections())
            .put("handshakes", secret.handshakes())
            .put("refusals", secret.refusals())
            .put("packets_to_datacenter", secret.packetsToDatacenter())
            .put("bytes_to_datacenter", secret.bytesToDatacenter())
            .put("packets_to_client", secret.packetsToClient())
            .put("bytes_to_client", secret.bytesToClient())
            .put("addresses", secret.addresses())
            .put("auth_keys", secret.authKeys())
            .put("inexact", secret.inexact());
    }

    private static void link(JsonText object, LinkState link)
    {
        ProxyCounter lastClose = link.lastClose();
        object.put("server", link.server())
            .put("link", link.linkIndex())
            .put("agent", link.agentName())
            .put("stage", name(link.stage()))
            .put("since_ms", link.sinceEpochMs())
            .put("opened", link.opened())
            .put("last_close", lastClose == null ? "" : name(lastClose))
            .put("clients", link.clients())
            .put("waiting_bytes", link.waitingBytes())
            .put("congested", link.isCongested())
            .put("bytes_sent", link.bytesSent())
            .put("bytes_received", link.bytesReceived())
            .put("packets_sent", link.packetsSent())
            .put("answers", link.answers());
    }

    private static void stall(JsonText object, StallExample stall)
    {
        object.put("time_ms", stall.epochMs())
            .put("leg", name(stall.leg()))
            .put("dc", StatTables.dcName(stall.dcId()))
            .put("duration_ns", stall.durationNs())
            .put("waiting_bytes", stall.waitingBytes())
            .put("bytes_to_datacenter", stall.bytesToDatacenter())
            .put("bytes_to_client", stall.bytesToClient());
    }

    private static JsonText histogram(Histogram histogram)
    {
        return new JsonText()
            .put("count", histogram.count())
            .put("sum_ns", histogram.sum())
            .put("p50_ns", histogram.quantile(P50))
            .put("p90_ns", histogram.quantile(P90))
            .put("p99_ns", histogram.quantile(P99))
            .put("max_ns", histogram.max());
    }

    private static JsonText counters(Map<ProxyCounter, Long> counters)
    {
        JsonText object = new JsonText();
        counters.forEach((counter, value) -> object.put(name(counter), value));
        return object;
    }

    private static String name(Enum<?> value)
    {
        return value.name().toLowerCase(Locale.ROOT);
    }
}
