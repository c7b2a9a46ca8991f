// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.mtproxy.engine.io.linux.LinuxSignals;
import io.mtproxy.soak.FreePorts;
import io.mtproxy.soak.SoakReport;
import java.io.InputStream;
import java.net.URI;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/**
 * Totals, and those of each secret, go on in the same status directory: after a stop, after a kill, and from one process to
 * workers and back. Seen by every view. (architecture A9)
 */
@EnabledOnOs(OS.LINUX)
class RestartIT extends WorkerProcesses
{
    private static final int CLIENTS = 8;
    private static final int ANSWERS = 40;
    private static final int SIGKILL = 9;
    /** More than the second between two heartbeats, as a busy machine may be late. */
    private static final long HEARTBEAT_MS_MAX = 10_000;

    private int statsPort;
    /** Of all runs together. */
    private long answered;
    private long sent;

    /** [C-STAT-06] */
    @Test
    void shouldGoOnCountingOverRestarts() throws Exception
    {
        statsPort = FreePorts.next();
        long countedSinceMs;
        try (DistRun proxy = startRun(0))
        {
            talk(proxy);
            assertEquals(1, metric("mtproxy_worker_starts_total"));
            countedSinceMs = (long)(1000 * metric("mtproxy_counted_since_timestamp_seconds"));
            long beforeMs = System.currentTimeMillis();
            proxy.signal(SIGKILL);
            assertEquals(128 + SIGKILL, proxy.exitCode());
            JsonNode dead = stat();
            assertEquals("died", dead.get("state").asText());
            assertTrue(dead.get("last_seen_ms").asLong() >= beforeMs - HEARTBEAT_MS_MAX &&
                dead.get("last_seen_ms").asLong() <= System.currentTimeMillis(), "the time of death");
            assertShownByStat(dead);
        }
        try (DistRun proxy = startRun(0))
        {
            assertShown(proxy);
            assertEquals(2, metric("mtproxy_worker_starts_total"), "the restart");
            assertEquals(countedSinceMs, (long)(1000 * metric("mtproxy_counted_since_timestamp_seconds")));
            assertEquals(0, shown(statsPort, "ext_connections"), "what there is now begins anew");
            talk(proxy);
            stop(proxy);
            assertEquals("ended", stat().get("state").asText());
            assertShownByStat(stat());
        }
        for (int workers : new int[]{2, 0})
        {
            try (DistRun proxy = startRun(workers))
            {
                assertShown(proxy);
                assertEquals(countedSinceMs, (long)(1000 * metric("mtproxy_counted_since_timestamp_seconds")));
                talk(proxy);
                stop(proxy);
            }
        }
        assertShownByStat(stat());
    }

    private DistRun startRun(int workers) throws Exception
    {
        DistRun proxy = DistRun.start(folder,
            arguments(workers, "-u", "root", "-p", String.valueOf(statsPort), "--http-stats"));
        ProcessFacts.await(proxy, READY, () -> proxy.err().lines().anyMatch(
            line -> line.startsWith("[" + proxy.pid() + "]") && line.endsWith(READY)));
        ProcessFacts.await(proxy, "links",
            () -> datacenter.snapshot().linksReady() == (long)Math.max(1, workers) * LINKS_PER_WORKER);
        assertEquals(proxy.pid(), shown(statsPort, "pid"), "it answers itself, and does so for its workers");
        assertEquals(workers, shown(statsPort, "workers"));
        return proxy;
    }

    private void stop(DistRun proxy) throws Exception
    {
        proxy.signal(LinuxSignals.SIGTERM);
        assertEquals(0, proxy.exitCode());
    }

    private void talk(DistRun proxy) throws Exception
    {
        SoakReport report = exchange(proxy, CLIENTS, ANSWERS);
        answered += report.messagesAnswered();
        sent += report.messagesSent();
        ProcessFacts.await(proxy, "nobody left", () -> shown(statsPort, "total_special_connections") == 0);
        assertShown(proxy);
    }

    /** [C-STAT-05] Exactly what all clients of all runs have seen. */
    private void assertShown(DistRun proxy) throws Exception
    {
        assertEquals(answered, shown(statsPort, "tot_forwarded_responses"), proxy::toString);
        assertEquals(sent, shown(statsPort, "tot_forwarded_queries"), proxy::toString);
        // a page may be half a second old
        ProcessFacts.await(proxy, answered + " answers in /metrics",
            () -> metric("mtproxy_relayed_frames_total{direction=\"to_client\"}") == answered);
        assertEquals(answered, (long)metric(
            "mtproxy_secret_relayed_frames_total{secret=\"1\",direction=\"to_client\"}"));
        assertShownByStat(stat());
    }

    private void assertShownByStat(JsonNode stat)
    {
        assertEquals(answered, stat.get("counters").get("answers_to_client").asLong(), stat::toString);
        assertEquals(answered, stat.get("secrets").get(0).get("packets_to_client").asLong(), stat::toString);
        assertEquals(sent, stat.get("secrets").get(0).get("packets_to_datacenter").asLong(), stat::toString);
    }

    /** @return the sum of the samples that begin so; labels of more than that may follow. */
    private double metric(String begin) throws Exception
    {
        String page;
        try (InputStream in = URI.create("http://127.0.0.1:" + statsPort + "/metrics").toURL().openStream())
        {
            page = new String(in.readAllBytes(), UTF_8);
        }
        List<String> samples = page.lines().filter(line -> !line.startsWith("#") && isSample(line, begin)).toList();
        assertTrue(!samples.isEmpty(), () -> begin + " in " + page);
        return samples.stream().mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
            .sum();
    }

    private static boolean isSample(String line, String begin)
    {
        int labels = begin.indexOf('{');
        if (labels < 0)
        {
            return line.startsWith(begin + " ") || line.startsWith(begin + "{");
        }
        return line.startsWith(begin.substring(0, labels + 1)) &&
            List.of(begin.substring(labels + 1, begin.length() - 1).split(",", -1)).stream().allMatch(line::contains);
    }

    private JsonNode stat() throws Exception
    {
        ProcessBuilder builder = new ProcessBuilder(DistRun.home().resolve("bin/mtproto-proxy").toString(), "stat",
            "--json", "--status-dir", folder.resolve("status").toString());
        builder.environment().put("MTPROXY_JAVA_HOME", System.getProperty("java.home"));
        Process process = builder.start();
        process.getOutputStream().close();
        String text = new String(process.getInputStream().readAllBytes(), UTF_8);
        process.waitFor();
        return new ObjectMapper().readTree(text);
    }
}
