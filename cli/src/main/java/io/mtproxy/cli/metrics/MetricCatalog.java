// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.metrics;

import static io.mtproxy.engine.status.ProxyCounter.*;

import io.mtproxy.engine.status.ProxyCounter;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Which sample each {@link ProxyCounter} is. A counter that is not named here gets its name from its label, so that a new
 * one needs no second line; reasons of ends always do.
 */
final class MetricCatalog
{
    /** Families with the counters that are their samples, in the order of the enum. */
    static final List<Group> GROUPS;

    private static final String CLOSED = "closed: ";
    private static final String LINK_CLOSED = "link closed: ";

    private static final MetricFamily RELAYED_FRAMES = MetricFamily.counter("relayed_frames",
        "Packets of clients written towards middle proxies, and answers put into clients' streams.");
    private static final MetricFamily RELAYED_BYTES = MetricFamily.counter("relayed_bytes",
        "Bytes of relayed frames, without headers.");
    private static final MetricFamily DROPPED_FRAMES = MetricFamily.counter("dropped_frames",
        "Packets and answers that were not passed on.");
    private static final MetricFamily SIMPLE_ACKS = MetricFamily.counter("simple_acks",
        "Quick acks of middle proxies, passed on or dropped because their client is gone.");
    private static final MetricFamily RING_FULL = MetricFamily.counter("ring_full",
        "Times a full ring between agents stopped one of them from reading.");
    private static final MetricFamily CONFIG_RELOADS_FAMILY = MetricFamily.counter("config_reloads",
        "Configurations put into use after the first, and configurations refused.");
    private static final MetricFamily HANDSHAKES = MetricFamily.counter("handshakes",
        "Client headers that matched a secret, and those that matched none.");
    private static final MetricFamily FAKE_TLS_HELLOS = MetricFamily.counter("fake_tls_hellos",
        "Client hellos by what became of them.");
    private static final MetricFamily CLIENT_TRANSPORTS = MetricFamily.counter("client_transports",
        "Handshakes by the framing that they chose.");
    private static final MetricFamily CLIENT_CLOSES = MetricFamily.counter("client_closes",
        "Client connections that ended, by reason.");
    private static final MetricFamily LINK_CLOSES = MetricFamily.counter("link_closes",
        "Links to middle proxies that ended, by reason.");

    private static final Map<ProxyCounter, Place> NAMED = new EnumMap<>(ProxyCounter.class);

    static
    {
        String toDatacenter = MetricWriter.labels("direction", "to_datacenter");
        String toClient = MetricWriter.labels("direction", "to_client");
        put(FRAMES_TO_DATACENTER, RELAYED_FRAMES, toDatacenter);
        put(ANSWERS_TO_CLIENT, RELAYED_FRAMES, toClient);
        put(PAYLOAD_BYTES_TO_DATACENTER, RELAYED_BYTES, toDatacenter);
        put(PAYLOAD_BYTES_TO_CLIENT, RELAYED_BYTES, toClient);
        put(FRAMES_DROPPED_NO_TARGET, DROPPED_FRAMES, toDatacenter + ",reason=\"no_target\"");
        put(PAYLOADS_DROPPED_BY_FILTER, DROPPED_FRAMES, toDatacenter + ",reason=\"filter\"");
        put(ANSWERS_DROPPED, DROPPED_FRAMES, toClient + ",reason=\"no_client\"");
        put(SIMPLE_ACKS_TO_CLIENT, SIMPLE_ACKS, MetricWriter.labels("result", "sent"));
        put(SIMPLE_ACKS_DROPPED, SIMPLE_ACKS, MetricWriter.labels("result", "dropped"));
        put(TO_DATACENTER_RING_FULL, RING_FULL, toDatacenter);
        put(TO_CLIENT_RING_FULL, RING_FULL, toClient);
        put(CONFIG_RELOADS, CONFIG_RELOADS_FAMILY, MetricWriter.labels("result", "applied"));
        put(CONFIG_RELOADS_FAILED, CONFIG_RELOADS_FAMILY, MetricWriter.labels("result", "refused"));
        put(HANDSHAKES_ACCEPTED, HANDSHAKES, MetricWriter.labels("result", "accepted"));
        put(HANDSHAKES_REJECTED, HANDSHAKES, MetricWriter.labels("result", "rejected"));
        put(FAKE_TLS_HELLOS_ACCEPTED, FAKE_TLS_HELLOS, MetricWriter.labels("result", "accepted"));
        put(FAKE_TLS_HELLOS_REJECTED, FAKE_TLS_HELLOS, MetricWriter.labels("result", "rejected"));
        put(FAKE_TLS_HELLOS_REPLAYED, FAKE_TLS_HELLOS, MetricWriter.labels("result", "replayed"));
        put(FAKE_TLS_HELLOS_OUT_OF_TIME, FAKE_TLS_HELLOS, MetricWriter.labels("result", "out_of_time"));
        put(CONNECTIONS_ABRIDGED, CLIENT_TRANSPORTS, MetricWriter.labels("framing", "abridged"));
        put(CONNECTIONS_INTERMEDIATE, CLIENT_TRANSPORTS, MetricWriter.labels("framing", "intermediate"));
        put(CONNECTIONS_PADDED, CLIENT_TRANSPORTS, MetricWriter.labels("framing", "padded_intermediate"));

        alone(EXT_CONNECTIONS_CREATED, "ext_connections_opened", "Client connections ever bound to a link.");
        alone(OUTBOUND_CONNECTIONS, "links", "Links to middle proxies in any state, connecting ones included.");
        alone(ACTIVE_OUTBOUND_CONNECTIONS, "links_connected", "Links whose TCP connection stands.");
        alone(READY_OUTBOUND_CONNECTIONS, "links_ready", "Links that have completed the RPC handshake.");
        alone(OUTBOUND_CONNECTIONS_CREATED, "links_opened", "Links ever started.");
        alone(CONNECT_FAILURES, "link_connect_failures", "Links that failed before their TCP connection stood.");
        alone(INBOUND_CONNECTIONS, "client_connections", "Open client connections.");
        alone(ACTIVE_INBOUND_CONNECTIONS, "client_connections_active",
            "Open client connections that are not being closed.");
        alone(INBOUND_CONNECTIONS_ACCEPTED, "client_connections_accepted", "Client connections ever accepted.");
        alone(READY_TARGETS, "middle_proxies_ready", "Middle proxies with at least one ready link.");
        alone(ALLOCATED_TARGETS, "middle_proxies", "Middle proxies known, those of an older configuration included.");
        alone(ACTIVE_TARGETS, "middle_proxies_configured", "Middle proxies of the current configuration.");
        alone(INACTIVE_TARGETS, "middle_proxies_draining",
            "Middle proxies no longer configured whose links still drain.");
        alone(FREE_TARGETS, "middle_proxies_given_up", "Middle proxies given up since the start.");
        alone(ACCEPT_CALLS_FAILED, "accept_failures",
            "Accepts that failed for another reason than that nothing waits.");
        alone(ACCEPT_INIT_FAILED, "accept_setup_failures", "Accepted sockets that could not be watched.");
        alone(POLL_WAIT_NS, "poll_wait_seconds", "Time that threads of agents waited in their poller.");
        alone(DUTY_CYCLE_NS_MAX, "duty_cycle_max_seconds",
            "Longest turn of an agent since the start, waiting not included.");

        Map<MetricFamily, List<Series>> groups = new LinkedHashMap<>();
        for (ProxyCounter counter : ProxyCounter.values())
        {
            Place place = place(counter);
            groups.computeIfAbsent(place.family, family -> new ArrayList<>()).add(new Series(counter, place.labels));
        }
        List<Group> all = new ArrayList<>();
        groups.forEach((family, series) -> all.add(new Group(family, List.copyOf(series))));
        GROUPS = List.copyOf(all);
    }

    private MetricCatalog()
    {
    }

    /** A family and its samples. */
    record Group(MetricFamily family, List<Series> series)
    {
    }

    /**
     * A sample.
     *
     * @param counter that it shows.
     * @param labels  as they are written.
     */
    record Series(ProxyCounter counter, String labels)
    {
    }

    private record Place(MetricFamily family, String labels)
    {
    }

    private static void put(ProxyCounter counter, MetricFamily family, String labels)
    {
        NAMED.put(counter, new Place(family, labels));
    }

    private static void alone(ProxyCounter counter, String name, String help)
    {
        put(counter, MetricFamily.of(type(counter), name, help), "");
    }

    private static Place place(ProxyCounter counter)
    {
        Place named = NAMED.get(counter);
        String label = counter.label();
        if (named != null)
        {
            return named;
        }
        if (label.startsWith(CLOSED))
        {
            return new Place(CLIENT_CLOSES, reason(label, CLOSED));
        }
        if (label.startsWith(LINK_CLOSED))
        {
            return new Place(LINK_CLOSES, reason(label, LINK_CLOSED));
        }
        String help = label.substring(0, 1).toUpperCase(Locale.ROOT) + label.substring(1) + ".";
        return new Place(MetricFamily.of(type(counter), snake(label), help), "");
    }

    private static String reason(String label, String prefix)
    {
        return MetricWriter.labels("reason", snake(label.substring(prefix.length())));
    }

    private static MetricFamily.Type type(ProxyCounter counter)
    {
        return counter.kind() == Kind.TOTAL ? MetricFamily.Type.COUNTER : MetricFamily.Type.GAUGE;
    }

    /** @return lower case words with underlines between them. */
    static String snake(String label)
    {
        return label.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "_");
    }
}
