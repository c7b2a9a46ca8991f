// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.stats;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mtproxy.cli.view.ProcessView;
import io.mtproxy.cli.view.ProxyView;
import io.mtproxy.engine.ConfigState;
import io.mtproxy.engine.status.ProxyCounter;
import io.mtproxy.engine.status.StatusFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The report against the table of the contract, row by row. */
class LegacyStatsPageTest
{
    private static final int SECRETS = 2;

    private final StatsFixture stats = new StatsFixture();

    @TempDir private Path folder;

    @AfterEach
    void stop()
    {
        stats.close();
        assertEquals(List.of(), stats.log);
    }

    static Stream<Map<String, String>> specification() throws IOException
    {
        return StatsFixture.specification().stream();
    }

    /** [C-STAT-02] [C-STAT-03] Ours come after the last, never between. [C-STAT-10] */
    @Test
    void shouldHaveKeysInOrderOfContract() throws IOException
    {
        stats.start();
        List<String> expected = new ArrayList<>();
        for (Map<String, String> row : StatsFixture.specification())
        {
            if (!row.get("key").startsWith("secret_"))
            {
                expected.add(row.get("key"));
            }
        }
        for (int secret = 1; secret <= SECRETS; secret++)
        {
            expected.add("secret_" + secret + "_active_connections");
            expected.add("secret_" + secret + "_active_auth_keys");
        }
        List<String> keys = List.copyOf(stats.report().keySet());

        assertEquals(String.join("\n", expected), String.join("\n", keys.subList(0, expected.size())));
        assertTrue(keys.subList(expected.size(), keys.size()).contains("payload_bytes_to_datacenter"));
    }

    /** [C-STAT-02] The same order as a report that C made. */
    @Test
    void shouldHaveKeysOfCapturedReport() throws IOException
    {
        stats.start();
        List<String> captured = List.copyOf(StatsFixture
            .rows(Files.readString(StatsFixture.root().resolve("docs/spec/stats-sample-c-fork.txt"))).keySet());

        assertEquals(captured, List.copyOf(stats.report().keySet()).subList(0, captured.size()));
    }

    /** [C-STAT-01] [C-STAT-10] Every row has the form that its type has in C. */
    @ParameterizedTest
    @MethodSource("specification")
    void shouldHaveTypeOfContract(Map<String, String> row) throws IOException
    {
        stats.start();
        String key = row.get("key").replace("<N>", "1");
        String number = "-?\\d+";
        String vector = "(E E E E)  (E E E E)  (E E E E)  (E E E E)";
        String form = switch (row.get("type"))
        {
            case "int", "int64" -> number;
            case "uint" -> "\\d+";
            case "float.3" -> "\\d+\\.\\d{3}";
            case "float.6" -> "\\d+\\.\\d{6}";
            case "string" -> "[ -~]+";
            case "marker" -> row.get("key").startsWith(">") ? "start" : "end";
            case "3 x int64" -> "\\d+ \\d+ \\d+";
            case "5 x int64" -> "\\d+ \\d+ \\d+ \\d+ \\d+";
            case "16 x int" -> vector.replace("E", "\\d+");
            case "16 x float.3" -> vector.replace("E", "\\d+\\.\\d{3}");
            default -> throw new AssertionError(row);
        };

        String value = stats.report().get(key);
        assertTrue(value != null && value.matches(form), key + " is \"" + value + "\", not " + row.get("type"));
    }

    /** [C-STAT-01] LF ends every line, the last one too. */
    @Test
    void shouldEndEachLineOnce() throws IOException
    {
        stats.start();
        String report = stats.send("GET /stats HTTP/1.1\r\n\r\n").body();

        assertTrue(report.endsWith("\n"));
        assertFalse(report.contains("\n\n"));
        assertFalse(report.contains("\r"));
        assertTrue(report.chars().allMatch(c -> c == '\n' || c == '\t' || c >= ' ' && c < 0x7f));
    }

    /** [C-STAT-03] */
    @Test
    void shouldHaveNoRowsOfSecretsWithoutSecrets() throws IOException
    {
        stats.context.configState(() -> new ConfigState(1, 2, "m", 3, 4, 0));
        stats.start();

        assertFalse(stats.report().keySet().stream().anyMatch(key -> key.startsWith("secret_")));
    }

    /** Each counter that C has is a row of its own, with the value of all agents. [C-STAT-04] */
    @Test
    void shouldShowEachCounterUnderItsName() throws IOException
    {
        stats.start();
        stats.report();
        long value = 1000;
        List<String> wrong = new ArrayList<>();
        for (ProxyCounter counter : ProxyCounter.values())
        {
            stats.status.counters(0).set(counter, value);
            stats.status.counters(1).set(counter, 5);
            value += 10;
        }
        Map<String, String> after = stats.report();
        value = 1000;
        for (ProxyCounter counter : ProxyCounter.values())
        {
            String key = counter.legacyName();
            if (!key.isEmpty() && !key.matches("max_(connections|special_connections|accept_rate|buffer_chunks)|" +
                "max_allocated_buffer_bytes|tcp_.*"))
            {
                // a report is itself a connection of the stats port
                long expected = value + 5 + own(key);
                if (!after.get(key).equals(Long.toString(expected)))
                {
                    wrong.add(key + " is " + after.get(key) + ", not " + expected);
                }
            }
            value += 10;
        }

        assertEquals(List.of(), wrong);
    }

    private static long own(String key)
    {
        return switch (key)
        {
            case "inbound_connections_accepted" -> 2;
            case "active_connections", "inbound_connections", "active_inbound_connections", "listening_connections" ->
                1;
            default -> 0;
        };
    }

    /** [C-STAT-05] [C-STAT-06] [C-STAT-07] [C-STAT-08] [C-BUG-11] Three ways of adding up, a master having no engine. [C-STAT-04] */
    @Test
    void shouldAddUpWorkers() throws IOException
    {
        List<StatusFile> workers = stats.workers(3);
        for (int i = 0; i < 3; i++)
        {
            for (ProxyCounter counter : ProxyCounter.values())
            {
                workers.get(i).counters(0).set(counter, 10 * (i + 1));
                workers.get(i).counters(1).set(counter, 1);
            }
            StatsFixture.showDistinct(workers.get(i), 1, 2 + i, 7);
        }
        stats.start();
        Map<String, String> report = stats.report();
        for (String key : List.of("tot_forwarded_queries", "dropped_queries", "tot_forwarded_responses",
            "dropped_responses", "tot_forwarded_simple_acks", "dropped_simple_acks", "ext_connections",
            "ext_connections_created", "total_ready_targets", "total_allocated_targets", "total_declared_targets",
            "total_inactive_targets", "total_special_connections", "total_encrypted_connections",
            "total_allocated_outbound_connections", "connections_failed_lru", "connections_failed_flood",
            "total_network_buffers_used", "payload_bytes_to_clients"))
        {
            assertEquals("63", report.get(key), key);
        }
        for (String key : List.of("active_special_connections", "ready_targets", "outbound_connections",
            "tot_idle_time", "epoll_calls", "total_used_buffers", "accept_connection_limit_failed"))
        {
            assertEquals(0, Double.parseDouble(report.get(key)), key);
        }
        assertEquals("64", report.get("total_connections"));
        assertEquals("64", report.get("total_allocated_inbound_connections"));
        assertEquals("127", report.get("total_allocated_connections"));
        assertEquals("1", report.get("inbound_connections"));
        assertEquals("1800", report.get("total_max_special_connections"));
        assertEquals("3", report.get("workers"));
        assertEquals("4", report.get("secret_2_active_connections"), "the same ones at several workers count once");
        assertEquals("7", report.get("secret_2_active_auth_keys"));
        assertEquals("0", report.get("secret_1_active_connections"));
    }

    /** [C-STAT-06] A single process where there were workers before: their totals are the proxy's, their gauges nobody's. */
    @Test
    void shouldAddWhatWorkersLeftToASingleProcess() throws IOException
    {
        StatusFile worker = stats.workers(1).getFirst();
        for (StatusFile process : List.of(worker, stats.status))
        {
            process.counters(0).set(ProxyCounter.ANSWERS_TO_CLIENT, 7);
            process.counters(0).set(ProxyCounter.EXT_CONNECTIONS, 3);
        }
        ProxyView view = new ProxyView("443", List.of(new ProcessView("engine", stats.status.reader(), true),
            new ProcessView("worker-0", worker.reader(), false)), List.of());
        for (StatsSources sources : List.of(StatsSources.of(view),
            StatsSources.single(stats.status.reader(), List.of(worker.reader()))))
        {
            try (StatsFixture page = new StatsFixture())
            {
                page.context.sources(() -> sources);
                page.start();
                Map<String, String> report = page.report();
                assertEquals("14", report.get("tot_forwarded_responses"));
                assertEquals("3", report.get("ext_connections"));
                assertEquals("0", report.get("workers"));
            }
        }
    }

    /** [C-STAT-11] The third number has the workers' share, the second and fourth too. */
    @Test
    void shouldAddUpRefusedConnectionsOfWorkers() throws IOException
    {
        List<StatusFile> workers = stats.workers(2);
        for (StatusFile worker : workers)
        {
            worker.counters(0).set(ProxyCounter.ACCEPT_INIT_FAILED, 1);
            worker.counters(0).set(ProxyCounter.ACCEPT_CALLS_FAILED, 2);
            worker.counters(0).set(ProxyCounter.CLOSED_CONNECTION_LIMIT, 3);
            worker.counters(0).set(ProxyCounter.CLOSED_RATE_LIMIT, 4);
        }
        stats.start();

        assertEquals("2 4 6 8 0", stats.report().get("total_accept_connections_failed"));
    }

    /** [C-STAT-11] */
    @Test
    void shouldNeverShowMoreIdleTimeThanThereIs() throws IOException
    {
        stats.start();
        stats.report();
        stats.status.counters(0).set(ProxyCounter.POLLS, 3);
        stats.status.counters(0).set(ProxyCounter.POLL_WAIT_NS, 1_500_000_000L);
        stats.nanos.addAndGet(1_000_000_000L);
        assertEquals("100.000", stats.report().get("average_idle_percent"));
        assertEquals("1.500", stats.report().get("tot_idle_time"));

        stats.nanos.addAndGet(2_000_000_000L);
        assertEquals("50.000", stats.report().get("average_idle_percent"));
        assertEquals("0.000 0.000 0.000 50.000  0.000 0.000 0.000 0.000  0.000 0.000 0.000 0.000  " +
            "0.000 0.000 0.000 0.000", stats.report().get("thread_average_idle_percent"));
    }

    /** [C-STAT-11] Once each, the reports' own connections included. */
    @Test
    void shouldCountAcceptedConnectionsOnce() throws IOException
    {
        stats.start();
        stats.report();
        stats.status.counters(0).set(ProxyCounter.INBOUND_CONNECTIONS_ACCEPTED, 5);

        assertEquals("7", stats.report().get("inbound_connections_accepted"));
    }

    /** [C-STAT-12] */
    @Test
    void shouldShowZeroWhereCNeverHasAnythingElse() throws IOException
    {
        for (ProxyCounter counter : ProxyCounter.values())
        {
            stats.status.counters(0).set(counter, 9);
        }
        stats.start();
        Map<String, String> report = stats.report();
        for (String key : List.of("queries_get", "expired_forwarded_queries", "active_rpcs_created", "active_rpcs",
            "rpc_dropped_answers", "rpc_dropped_running", "mtproto_proxy_errors", "pending_http_queries"))
        {
            assertEquals("0", report.get(key), key);
        }
        assertEquals("0.000", report.get("qps_get"));
    }

    /** [C-STAT-08] [C-STAT-09] What an agent has published of its secrets; the sources' tests show what that counts. */
    @Test
    void shouldShowDistinctAddressesAndKeysOfSecrets() throws IOException
    {
        StatsFixture.showDistinct(stats.status, 0, 2, 3);
        StatsFixture.showDistinct(stats.status, 1, 1, 0);
        stats.start();
        Map<String, String> report = stats.report();

        assertEquals("2", report.get("secret_1_active_connections"));
        assertEquals("3", report.get("secret_1_active_auth_keys"));
        assertEquals("1", report.get("secret_2_active_connections"));
        assertEquals("0", report.get("secret_2_active_auth_keys"));
    }

    @Test
    void shouldShowConfigurationAndProcess() throws IOException
    {
        stats.start();
        stats.epochMs.addAndGet(13_700);
        Map<String, String> report = stats.report();

        assertEquals(Long.toString(ProcessHandle.current().pid()), report.get("pid"));
        assertEquals("1795600000", report.get("start_time"));
        assertEquals("1795600013", report.get("current_time"));
        assertEquals("13", report.get("uptime"));
        assertEquals("[192.0.2.2:-25536:77:1795599000]", report.get("PID"));
        assertEquals("proxy-multi.conf", report.get("config_filename"));
        assertEquals("1795599001", report.get("config_loaded_at"));
        assertEquals("98", report.get("config_size"));
        assertEquals("0123abcd", report.get("config_md5"));
        assertEquals("3", report.get("config_auth_clusters"));
        assertEquals("0", report.get("workers"));
        assertEquals("131072", report.get("window_clamp"));
        assertEquals("4000", report.get("max_connections"));
        assertEquals("600", report.get("max_special_connections"));
        assertEquals("600", report.get("total_max_special_connections"));
        assertEquals("268435456", report.get("max_allocated_buffer_bytes"));
        assertEquals("128", report.get("max_buffer_chunks"));
        assertEquals("2", report.get("proxy_mode"));
        assertEquals("1", report.get("proxy_tag_set"));
        assertEquals(StatsFixture.VERSION, report.get("version"));
        assertEquals("2048", report.get("default_rpc_flags"));
        assertTrue(Long.parseLong(report.get("vmrss_bytes")) > 1_000_000);
        assertTrue(Long.parseLong(report.get("vmsize_bytes")) > Long.parseLong(report.get("vmrss_bytes")));
    }

    /** The three lines of memory go together; names with controls in them do not break lines. [C-STAT-01] */
    @Test
    void shouldLeaveOutMemoryThatIsNotKnown() throws IOException
    {
        stats.context.processStats(new ProcessStats(folder.resolve("none")))
            .settings(new ProxySettings("a\tb\nc", 1, 1, 0, 1, 1, 0, false));
        stats.start();
        Map<String, String> report = stats.report();

        assertFalse(report.keySet().stream().anyMatch(key -> key.startsWith("vm")));
        assertEquals("a?b?c", report.get("config_filename"));
    }

    @Test
    void shouldMeasureLoadOverTenSeconds() throws IOException
    {
        Files.writeString(folder.resolve("status"), "Name:\tx y\nVmSize:\t  20 kB\nVmRSS:\t 10 kB\nVmData:\t 5 kB\n" +
            "Threads:\t7\n");
        ProcessStats process = new ProcessStats(folder);
        writeCpu(100, 50);
        ProcessLoad load = new ProcessLoad(new ProcessLoad.Sample(0, process.cpuTime(), process.threadTimes(), 0));
        writeCpu(300, 100);
        assertFalse(load.isDue(9_999_999_999L));
        assertTrue(load.isDue(10_000_000_000L));
        ProcessLoad.Sample second = new ProcessLoad.Sample(10_000_000_000L, process.cpuTime(), process.threadTimes(),
            5);
        assertEquals(new ProcessLoad.Shares(20, 5, 50), load.recent(second));
        load.sample(second);
        writeCpu(1300, 100);
        ProcessLoad.Sample third = new ProcessLoad.Sample(20_000_000_000L, process.cpuTime(), process.threadTimes(), 6);
        load.sample(third);

        assertEquals(new ProcessLoad.Shares(100, 0, 10), load.recent(third));
        assertEquals(60, load.average(third).user());
        assertEquals(new ProcessStats.Sizes(20480, 10240, 5120, 7), process.sizes());
    }

    /** Threads of agents are C's engine, the one that started them its main thread, the JVM's own its I/O. */
    @Test
    void shouldMeasureLoadOfThreadsByClass() throws IOException
    {
        ProcessStats process = new ProcessStats(folder);
        writeThreads(0);
        ProcessLoad load = new ProcessLoad(new ProcessLoad.Sample(0, process.cpuTime(), process.threadTimes(), 0));
        writeThreads(100);
        ProcessLoad.Sample now =
            new ProcessLoad.Sample(10_000_000_000L, process.cpuTime(), process.threadTimes(), 0);
        ThreadTimes.Shares shares = load.averageOfThreads(now);

        assertEquals("[0, 1, 0, 1, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0]", Arrays.toString(now.threads().counts()));
        assertEquals("[0.0, 40.0, 0.0, 10.0, 0.0, 0.0, 0.0, 0.0, 25.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]",
            Arrays.toString(shares.user()), "one thread's, where a class has two");
        assertEquals(25 + 1, shares.total()[8]);
        assertEquals(25, load.recentOfThreads(now).user()[8]);
    }

    private void writeThreads(int ticks) throws IOException
    {
        writeThread(1, "java", ticks, 0);
        writeThread(2, "client-0", 2 * ticks, ticks / 10);
        writeThread(3, "datacenter-0", 3 * ticks, ticks / 10);
        writeThread(4, "VM Thread", 4 * ticks, 0);
    }

    private void writeThread(int id, String name, int user, int system) throws IOException
    {
        Path thread = Files.createDirectories(folder.resolve("task/" + id));
        Files.writeString(thread.resolve("stat"), id + " (" + name + ") S 1 2 3 4 5 6 7 8 9 10 " + user + " " + system +
            " 0 0 20\n");
    }

    private void writeCpu(int user, int system) throws IOException
    {
        Files.writeString(folder.resolve("stat"), "12 (a) (b) S 1 2 3 4 5 6 7 8 9 10 " + user + " " + system +
            " 0 0 20\n");
    }

    /** A page without a source fails alone: the port goes on, and the operator is told. */
    @Test
    void shouldSurviveFailingSource() throws IOException
    {
        stats.start();
        try (StatsFixture broken = new StatsFixture())
        {
            broken.start();
            broken.context.settings(new ProxySettings("c", 1, 1, 0, 1, 1, 0, false)).configState(() ->
            {
                throw new IllegalStateException("gone");
            });
            assertEquals("nothing end", broken.send("GET /stats HTTP/1.1\r\n\r\n").summary());
            assertEquals("404 close end", broken.send("GET /x HTTP/1.1\r\n\r\n").summary());
            assertTrue(broken.log.getLast().contains("gone"), broken.log.toString());
        }
    }

    /** What {@code --allow-skip-dh} changes. */
    @Test
    void shouldShowRpcSecretAndFlags() throws IOException
    {
        stats.context.rpcAccess(new RpcAccess(null, true, 0));
        stats.start();
        assertEquals("none", stats.report().get("aes_pwd_hash"));
        assertEquals("2056", stats.report().get("default_rpc_flags"));
    }
}
