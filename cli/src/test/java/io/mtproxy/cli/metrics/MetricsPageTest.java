// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mtproxy.cli.view.ProcessView;
import io.mtproxy.cli.view.ProxyView;
import io.mtproxy.engine.ConfigState;
import io.mtproxy.engine.status.ProxyCounter;
import io.mtproxy.engine.status.StatusFile;
import java.util.ArrayList;
import java.util.EnumMap;
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

    /** Must-hold 2: the totals of a worker that died stay in the sum, its gauges do not. */
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

    @Test
    void shouldWriteBothForms()
    {
        file("engine");
        MetricsPage.Page text = MetricsPage.of(view(true), "text/plain");
        MetricsPage.Page open = MetricsPage.of(view(true), OPEN);

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

    /** Must-hold 6, without the time. */
    @Test
    void shouldBeSmallWithMostSecrets()
    {
        StatusFile file = file("engine");
        file.configuration(new ConfigState(NOW_MS, 98, "0123abcd", 20, 40, 128).toText());
        for (int secret = 0; secret < 128; secret++)
        {
            file.secretGauges(0).set(secret, 1_000_000 + secret, 2_000_000 + secret);
        }
        String text = page(view(true), OPEN);

        assertTrue(text.length() < 1_000_000, () -> text.length() + " bytes");
        List<OpenMetricsParser.Sample> addresses =
            OpenMetricsParser.parse(text).get("mtproxy_secret_client_addresses").samples;
        assertEquals(128, addresses.size());
        assertEquals(1_000_127, addresses.getLast().value());
        assertEquals(Map.of("secret", "128"), addresses.getLast().labels());
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
        return MetricsPage.of(view, accept).text();
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
