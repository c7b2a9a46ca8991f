// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.metrics;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.mtproxy.cli.view.FullStatus;
import io.mtproxy.cli.view.ProcessView;
import io.mtproxy.cli.view.ProxyView;
import io.mtproxy.engine.status.StatusFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The dashboard and the alert rules of {@code docker/observability}, held against the metrics that there are. */
class ObservabilityFilesTest
{
    private static final Pattern NAME = Pattern.compile("\\bmtproxy_[a-z0-9_]+");
    private static final Pattern SELECTOR = Pattern.compile("(mtproxy_[a-z0-9_]+)\\{([^}]*)}");
    private static final Pattern MATCHER = Pattern.compile("([a-z_]+)(=~|!~|!=|=)\"([^\"]*)\"");
    private static final Pattern GROUPING = Pattern.compile("\\b(?:by|on|without) \\(([^)]*)\\)");
    /** Labels that Prometheus adds. */
    private static final Set<String> OF_SCRAPE = Set.of("instance", "job", "le");

    @TempDir private Path folder;
    private final String metrics = metrics();
    /** Values of the labels of each sample name. */
    private final Map<String, Map<String, Set<String>>> samples = samples(metrics);

    @Test
    void shouldShowOnlyMetricsThatExist() throws IOException
    {
        JsonNode dashboard = new ObjectMapper().readTree(file("grafana-dashboard.json").toFile());
        List<String> expressions = new ArrayList<>();
        Set<Integer> ids = new HashSet<>();
        for (JsonNode panel : dashboard.get("panels"))
        {
            assertTrue(ids.add(panel.get("id").asInt()), "a panel id twice");
            for (JsonNode target : panel.path("targets"))
            {
                expressions.add(target.get("expr").asText());
            }
        }
        dashboard.get("annotations").get("list").forEach(each -> expressions.add(each.get("expr").asText()));
        dashboard.get("templating").get("list").forEach(each -> expressions.add(each.path("definition").asText()));

        assertTrue(expressions.size() > 50);
        expressions.forEach(this::check);
    }

    @Test
    void shouldAlertOnMetricsThatExist() throws IOException
    {
        String rules = Files.readString(file("alerts.yml"));
        List<String> expressions = rules.lines().map(String::strip)
            .filter(line -> line.startsWith("expr:") || line.startsWith("sum ") || line.startsWith("> "))
            .toList();

        assertEquals(rules.split("- alert: ", -1).length - 1, rules.split("expr: ", -1).length - 1);
        assertTrue(expressions.size() > 10);
        expressions.forEach(this::check);
        for (String alert : List.of("MtproxyStalls", "MtproxyNoReadyLinks", "MtproxyConfigStale",
            "MtproxyWorkerReplacedRepeatedly", "MtproxyAcceptFailures"))
        {
            assertTrue(rules.contains("- alert: " + alert + "\n"), alert);
        }
        // what a text says must exist, too
        NAME.matcher(rules).results().forEach(name -> assertTrue(samples.containsKey(name.group()), name.group()));
    }

    /** Prometheus' own opinion, where it is installed. */
    @Test
    void shouldPleasePromtool() throws Exception
    {
        Path promtool = findOnPath("promtool");
        assumeTrue(promtool != null, "promtool is not installed: left out (Debian package prometheus)");

        run(List.of(promtool.toString(), "check", "rules", file("alerts.yml").toString()), null);
        run(List.of(promtool.toString(), "check", "metrics"), Files.writeString(folder.resolve("metrics"), metrics));
    }

    private void check(String expression)
    {
        Matcher name = NAME.matcher(expression);
        while (name.find())
        {
            assertTrue(samples.containsKey(name.group()), () -> name.group() + " does not exist: " + expression);
        }
        SELECTOR.matcher(expression).results().forEach(selector -> MATCHER.matcher(selector.group(2)).results()
            .forEach(matcher -> checkLabel(selector.group(1), matcher.group(1), matcher.group(2), matcher.group(3))));
        Set<String> known = new HashSet<>(OF_SCRAPE);
        samples.values().forEach(labels -> known.addAll(labels.keySet()));
        GROUPING.matcher(expression).results().forEach(group ->
        {
            for (String label : group.group(1).split(",", -1))
            {
                assertTrue(known.contains(label.strip()), () -> label + " is no label: " + expression);
            }
        });
    }

    private void checkLabel(String metric, String label, String operator, String value)
    {
        if (OF_SCRAPE.contains(label))
        {
            return;
        }
        Set<String> values = samples.get(metric).getOrDefault(label, Set.of());
        assertTrue(!values.isEmpty(), () -> metric + " has no label " + label);
        for (String each : operator.endsWith("~") ? value.split("\\|", -1) : new String[]{value})
        {
            assertTrue(values.contains(each), () -> metric + " never has " + label + "=" + each + ", but " + values);
        }
    }

    private static String metrics()
    {
        StatusFile file = StatusFile.inMemory(List.of("client-0", "datacenter-0"), "version=1.2.3\n", () -> 1000);
        FullStatus.fill(file, 2, 2);
        ProxyView view =
            new ProxyView("443", List.of(new ProcessView("engine", file.reader(), true)), List.of());
        return MetricsPage.of(view, view.configState(), "").text();
    }

    private static Map<String, Map<String, Set<String>>> samples(String text)
    {
        Map<String, Map<String, Set<String>>> samples = new HashMap<>();
        text.lines().filter(line -> !line.startsWith("#")).forEach(line ->
        {
            String name = line.split("[{ ]", 2)[0];
            Map<String, Set<String>> labels = samples.computeIfAbsent(name, key -> new HashMap<>());
            MATCHER.matcher(line).results().forEach(label -> labels.computeIfAbsent(label.group(1),
                key -> new HashSet<>()).add(label.group(3)));
        });
        return samples;
    }

    private static Path file(String name)
    {
        return Path.of(System.getProperty("mtproxy.root", ".."), "docker", "observability", name).toAbsolutePath();
    }

    private static Path findOnPath(String program)
    {
        for (String part : System.getenv().getOrDefault("PATH", "").split(":", -1))
        {
            Path candidate = Path.of(part, program);
            if (Files.isExecutable(candidate))
            {
                return candidate;
            }
        }
        return null;
    }

    private static void run(List<String> command, Path input) throws Exception
    {
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        if (input != null)
        {
            builder.redirectInput(input.toFile());
        }
        Process process = builder.start();
        String output = new String(process.getInputStream().readAllBytes(), UTF_8);
        assertTrue(process.waitFor(60, TimeUnit.SECONDS));
        assertEquals(0, process.exitValue(), output);
        assertEquals("", command.contains("metrics") ? output : "", output);
    }
}
