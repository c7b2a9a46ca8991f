// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mtproxy.cli.view.FullStatus;
import io.mtproxy.cli.view.ProcessView;
import io.mtproxy.cli.view.ProxyView;
import io.mtproxy.engine.ConfigState;
import io.mtproxy.engine.status.ProxyCounter;
import io.mtproxy.engine.status.StatusFile;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** {@code /metrics} over status files in memory. */
class MetricsPageTest
{
    private static final long NOW_MS = 1_795_600_000_123L;
    private static final String OPEN = "application/openmetrics-text";

    private final List<StatusFile> files = new ArrayList<>();

    @Test
    void shouldGiveEveryCounterOneSample()
    {
        Map<ProxyCounter, Integer> places = new EnumMap<>(ProxyCounter.class);
        Set<String> samples = new HashSet<>();
        for (MetricCatalog.Group group : MetricCatalog.GROUPS)
        {
            for (MetricCatalog.Series series : group.series())
            {
                places.merge(series.counter(), 1, Integer::sum);
                assertTrue(samples.add(group.family().name() + series.labels()), series::toString);
            }
        }
        for (ProxyCounter counter : ProxyCounter.values())
        {
            assertEquals(1, places.getOrDefault(counter, 0), counter.name());
        }
    }

    @Test
    void shouldNameByConvention()
    {
        for (MetricCatalog.Group group : MetricCatalog.GROUPS)
        {
            MetricFamily family = group.family();
            assertTrue(family.name().matches("mtproxy_[a-z]+(_[a-z0-9]+)*"), family::name);
            assertTrue(family.help().matches("[A-Z].*\\."), family::help);
            // units are base units and stand at the end; suffixes belong to samples
            assertFalse(family.name().matches(
                ".*_(ns|ms|us|nanos|millis|kb|total|count|sum|bucket|info|created)(_.*)?"),
                family::name);
            assertFalse(family.name().matches(".*_(bytes|seconds)_.*"), family::name);
            Set<ProxyCounter.Kind> kinds = new HashSet<>(group.series().stream().map(series -> series.counter().kind())
                .toList());
            assertEquals(1, kinds.size(), family::name);
            assertEquals(kinds.contains(ProxyCounter.Kind.TOTAL), family.type() == MetricFamily.Type.COUNTER,
                family::name);
        }
    }

    @Test
    void shouldShowSumsOfAllWorkers()
    {
        StatusFile first = file("worker-0");
        StatusFile second = file("worker-1");
        long value = 1;
        for (ProxyCounter counter : ProxyCounter.values())
        {
            first.counters(0).set(counter, value);
            first.counters(1).set(counter, 2 * value);
            second.counters(1).set(counter, 4 * value);
            value += 1_000_000_007L;
        }
        Map<String, OpenMetricsParser.Family> families = OpenMetricsParser.parse(page(view(true, true), OPEN));

        for (MetricCatalog.Group group : MetricCatalog.GROUPS)
        {
            List<OpenMetricsParser.Sample> samples = families.get(group.family().name()).samples;
            assertEquals(group.series().size(), samples.size());
            for (int i = 0; i < samples.size(); i++)
            {
                ProxyCounter counter = group.series().get(i).counter();
                long base = first.counters(0).get(counter);
                double expected = counter.kind() == ProxyCounter.Kind.MAXIMUM ? 4 * base : 7 * base;
                double scale = group.family().unit().equals("seconds") ? 1e-9 : 1;
                assertEquals(expected * scale, samples.get(i).value(), 1e-3, counter.name());
            }
        }
    }

    /** [C-STAT-05] The totals of a worker that died stay in the sum, its gauges do not. */
    @Test
    void shouldKeepTotalsOfDeadWorker()
    {
        StatusFile dead = file("worker-0");
        StatusFile living = file("worker-1");
        dead.counters(0).set(ProxyCounter.FRAMES_TO_DATACENTER, 5);
        dead.counters(0).set(ProxyCounter.INBOUND_CONNECTIONS, 3);
        living.counters(0).set(ProxyCounter.FRAMES_TO_DATACENTER, 7);
        living.counters(0).set(ProxyCounter.INBOUND_CONNECTIONS, 2);

        String text = page(view(false, true), "");

        assertLine(text, "mtproxy_relayed_frames_total{direction=\"to_datacenter\"} 12");
        assertLine(text, "mtproxy_client_connections 2");
        assertLine(text, "mtproxy_worker_up{worker=\"worker-0\"} 0");
        assertLine(text, "mtproxy_worker_up{worker=\"worker-1\"} 1");
        assertLine(text, "mtproxy_up 1");
    }

    @Test
    void shouldShowLastStateOfDeadProxy()
    {
        file("engine").counters(0).set(ProxyCounter.INBOUND_CONNECTIONS, 3);

        String text = page(view(false), "");

        assertLine(text, "mtproxy_up 0");
        assertLine(text, "mtproxy_client_connections 3");
    }

    /** Somebody who asks in a row does not make the proxy write pages in a row. */
    @Test
    void shouldGiveLastPageAgainForHalfSecond()
    {
        StatusFile file = file("engine");
        RecentMetrics recent = new RecentMetrics(() -> view(true), () -> view(true).configState());
        long nowNs = Long.MAX_VALUE - 1000;
        file.counters(0).set(ProxyCounter.INBOUND_CONNECTIONS, 1);
        MetricsPage.Page first = recent.page("", nowNs);
        file.counters(0).set(ProxyCounter.INBOUND_CONNECTIONS, 2);

        assertSame(first, recent.page("text/plain", nowNs + RecentMetrics.AGE_NS_MAX - 1));
        assertLine(recent.page(OPEN, nowNs + 1).text(), "mtproxy_client_connections 2");
        MetricsPage.Page next = recent.page("", nowNs + RecentMetrics.AGE_NS_MAX);
        assertLine(next.text(), "mtproxy_client_connections 2");
        assertSame(next, recent.page("", nowNs + RecentMetrics.AGE_NS_MAX + 1));
    }

    @Test
    void shouldWriteBothForms()
    {
        file("engine");
        MetricsPage.Page text = MetricsPage.of(view(true), view(true).configState(), "text/plain");
        MetricsPage.Page open = MetricsPage.of(view(true), view(true).configState(), OPEN);

        assertEquals("text/plain; version=0.0.4; charset=utf-8", text.contentType());
        assertEquals("application/openmetrics-text; version=1.0.0; charset=utf-8", open.contentType());
        assertLine(text.text(), "# TYPE mtproxy_relayed_bytes_total counter");
        assertLine(text.text(), "# TYPE mtproxy_build_info gauge");
        assertFalse(text.text().contains("# UNIT") || text.text().contains("# EOF"));
        assertLine(open.text(), "# TYPE mtproxy_relayed_bytes counter");
        assertLine(open.text(), "# UNIT mtproxy_relayed_bytes bytes");
        assertLine(open.text(), "# TYPE mtproxy_build info");
        assertLine(open.text(), "mtproxy_build_info{version=\"1.2\\\"3\"} 1");
        assertLine(open.text(), "mtproxy_worker_start_time_seconds{worker=\"engine\"} 1795600000.123");
        assertEquals(samples(text.text()), samples(open.text()));
        OpenMetricsParser.parse(open.text());
    }

    @Test
    void shouldStayReadableWithoutAnyProcess()
    {
        assertEquals(0, OpenMetricsParser.parse(page(view(), OPEN)).get("mtproxy_up").samples.getFirst().value());
    }

    /** A page of the most secrets and DCs stays small. */
    @Test
    void shouldBeSmallWithMostSecrets()
    {
        StatusFile file = file("engine");
        FullStatus.fill(file, 128, 20);
        String text = page(view(true), OPEN);
        Map<String, OpenMetricsParser.Family> families = OpenMetricsParser.parse(text);

        assertTrue(text.length() < 1_000_000, () -> text.length() + " bytes");
        List<OpenMetricsParser.Sample> connections = families.get("mtproxy_secret_connections").samples;
        assertEquals(128, connections.size());
        assertEquals(128_011, connections.getLast().value());
        assertEquals("128", connections.getLast().labels().get("secret"));
        assertEquals(256, families.get("mtproxy_secret_relayed_bytes").samples.size());
        assertEquals(20, families.get("mtproxy_dc_servers_ready").samples.size());
        assertEquals(100, families.get("mtproxy_dc_stalls").samples.size());
    }

    /** The parser has looked at each histogram by itself; here they are held against what was recorded. */
    @Test
    void shouldAddUpInHistograms()
    {
        FullStatus.fill(file("worker-0"), 2, 3);
        FullStatus.fill(file("worker-1"), 2, 3);
        Map<String, OpenMetricsParser.Family> families = OpenMetricsParser.parse(page(view(true, true), OPEN));

        // 10 us to 1 ms in steps of 10 us, in each of two workers
        Map<String, Double> handshakes = values(families.get("mtproxy_client_handshake_seconds"), Map.of());
        assertEquals(200, handshakes.get("_count"));
        assertEquals(2 * 5050 * 10e-6, handshakes.get("_sum"), 1e-9);
        assertEquals(2 * 6, handshakes.get("0.000065536"));
        assertEquals(2 * 52, handshakes.get("0.000524288"));
        assertEquals(200, handshakes.get("0.001048576"));

        Map<String, Double> roundTrips = values(families.get("mtproxy_dc_round_trip_seconds"), Map.of("dc", "2"));
        assertEquals(4, roundTrips.get("_count"));
        assertEquals(2 * 0.22, roundTrips.get("_sum"), 1e-9);
        assertEquals(0, roundTrips.get("0.016777216"));
        assertEquals(2, roundTrips.get("0.033554432"));
        assertEquals(4, roundTrips.get("0.268435456"));

        for (String direction : List.of("to_datacenter", "to_client"))
        {
            assertEquals(200, values(families.get("mtproxy_transit_seconds"), Map.of("direction", direction)).get(
                "_count"));
        }
    }

    @Test
    void shouldShowWhatIsCountedByDatacenterAndLink()
    {
        FullStatus.fill(file("engine"), 1, 2);
        String text = page(view(true), "");

        assertLine(text, "mtproxy_dc_servers{dc=\"2\"} 2");
        assertLine(text, "mtproxy_dc_servers_ready{dc=\"2\"} 2");
        assertLine(text, "mtproxy_dc_dropped_frames_total{dc=\"2\"} 2");
        assertLine(text, "mtproxy_dc_relayed_bytes_total{dc=\"2\",direction=\"to_datacenter\"} 2000");
        assertLine(text, "mtproxy_dc_stalls_total{dc=\"2\",leg=\"middle_proxy_silent\"} 1");
        assertLine(text, "mtproxy_dc_stalls_total{dc=\"2\",leg=\"link_congested\"} 0");
        assertLine(text, "mtproxy_server_links_ready{server=\"192.0.2.2:8888\"} 1");
        assertLine(text, "mtproxy_server_clients{server=\"192.0.2.2:8888\"} 20");
        assertLine(text, "mtproxy_secret_client_addresses{secret=\"1\",id=\"1234000000000000\"} 1");
        assertLine(text, "mtproxy_worker_starts_total{worker=\"engine\"} 1");
    }

    /** @return values of one histogram, by bound or suffix. */
    private static Map<String, Double> values(OpenMetricsParser.Family family, Map<String, String> labels)
    {
        Map<String, Double> values = new HashMap<>();
        for (OpenMetricsParser.Sample sample : family.samples)
        {
            if (sample.labels().entrySet().containsAll(labels.entrySet()))
            {
                String key = sample.labels().getOrDefault("le", sample.name().substring(family.name.length()));
                assertEquals(null, values.put(key, sample.value()), key);
            }
        }
        return values;
    }

    private StatusFile file(String name)
    {
        StatusFile file =
            StatusFile.inMemory(List.of("client-0", "datacenter-0"), "version=1.2\"3\nname=" + name + "\n",
                () -> NOW_MS);
        file.configuration(new ConfigState(NOW_MS, 98, "0123abcd", 3, 4, 2).toText());
        files.add(file);
        return file;
    }

    /** @param living whether each of the files is that of a living process. */
    private ProxyView view(boolean... living)
    {
        List<ProcessView> processes = new ArrayList<>();
        for (int i = 0; i < living.length; i++)
        {
            processes.add(new ProcessView(files.get(i).reader().description().getOrDefault("name", ""),
                files.get(i).reader(), living[i]));
        }
        return new ProxyView("443", processes, List.of());
    }

    private static String page(ProxyView view, String accept)
    {
        return MetricsPage.of(view, view.configState(), accept).text();
    }

    private static List<String> samples(String text)
    {
        return text.lines().filter(line -> !line.startsWith("#")).toList();
    }

    private static void assertLine(String text, String line)
    {
        assertTrue(text.lines().anyMatch(line::equals), () -> line + " is not in\n" + text);
    }
}
