// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.stats;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mtproxy.engine.config.ProxySecretFile;
import io.mtproxy.engine.status.ProxyCounter;
import io.mtproxy.engine.status.StatusFile;
import io.mtproxy.engine.status.StatusFileReader;
import java.io.IOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.io.TempDir;

/**
 * The rows of {@code docs/spec/stats-keys.tsv} that the stats port counts itself, those of clocks and of the process, and
 * those that never change: see {@link StatsKeysTest}. [C-STAT-04] [C-STAT-10] [C-STAT-11] [C-STAT-12]
 */
class StatsOwnKeysTest
{
    private static final int NOW = (int)(StatsFixture.NOW_MS / 1000);
    private static final long SECOND_NS = 1_000_000_000L;
    private static final String ZEROS = "0 0 0 0  0 0 0 0  0 0 0 0  0 0 0 0";

    private final StatsFixture stats = new StatsFixture();
    private final ProvedKeys keys = new ProvedKeys();

    @TempDir private Path folder;

    @AfterEach
    void end(TestInfo test)
    {
        stats.close();
        keys.verify(test);
    }

    /** As the stats port takes note of a connection a moment after it came. */
    private Map<String, String> await(Predicate<Map<String, String>> condition) throws IOException
    {
        Map<String, String> report = stats.report();
        for (int i = 0; i < 10_000 && !condition.test(report); i++)
        {
            report = stats.report();
        }
        assertTrue(condition.test(report), report::toString);
        return report;
    }

    @Test
    @Proves({"http_connections", "http_queries", "http_bad_headers", "http_qps"})
    void shouldCountHttp() throws IOException
    {
        stats.start();
        Map<String, String> alone = await(report -> report.get("http_connections").equals("1"));
        try (Socket half = StatsFixture.connect(stats.port(), "127.0.0.1"))
        {
            half.getOutputStream().write("GET /st".getBytes(US_ASCII));
            keys.between(alone, await(report -> report.get("http_connections").equals("2"))).moved(1,
                "http_connections");
        }
        await(report -> report.get("http_connections").equals("1"));

        Map<String, String> before = stats.report();
        stats.send("GET / HTTP/1.0\r\n\r\n");
        stats.send("HEAD /stats HTTP/1.0\r\n\r\n");
        stats.send("GET / HTTP/4.0\r\n\r\n");
        stats.epochMs.addAndGet(10_000);
        Map<String, String> after = stats.report();
        // those between, and the report before
        keys.between(before, after).moved(3, "http_queries").moved(1, "http_bad_headers")
            .became("http_qps", perSecond(after.get("http_queries"), 10));
    }

    private static String perSecond(String count, int seconds)
    {
        return String.format(Locale.ROOT, "%.6f", Double.parseDouble(count) / seconds);
    }

    @Test
    @Proves({"active_dh_connections", "total_dh_connections", "tot_dh_rounds", "total_dh_rounds",
        "allocated_aes_crypto_temp", "total_rpc_targets", "total_connections_in_rpc_targets", "rpc_queries_received",
        "rpc_sent_answers", "rpc_sent_errors", "rpc_qps"})
    void shouldCountRpc() throws IOException
    {
        stats.start();
        Map<String, String> before = stats.report();
        try (RpcTestClient client = RpcTestClient.connect(stats.port(), stats.secret);
            RpcTestClient half = RpcTestClient.connect(stats.port(), stats.secret))
        {
            client.handshake(NOW, 0x800);
            half.sendRaw(new byte[]{4, 0, 0, 0});
            client.ask(query(1, 0xefb3c36b));
            client.ask(query(2, 0x12345678));
            client.ask(query(3));
            stats.epochMs.addAndGet(10_000);
            keys.between(before, await(report -> report.get("allocated_aes_crypto_temp").equals("1")))
                .moved(1, "active_dh_connections", "total_dh_connections", "allocated_aes_crypto_temp",
                    "total_rpc_targets", "total_connections_in_rpc_targets", "rpc_sent_answers")
                // one of the three names no function, which makes it none
                .moved(2, "rpc_sent_errors", "rpc_queries_received")
                .became("rpc_qps", "0.200000")
                .became("tot_dh_rounds", "0 1 0")
                .became("total_dh_rounds", "0 1 0");
        }
    }

    private static byte[] query(long id, int... words)
    {
        ByteBuffer query = RpcTestClient.buffer(12 + 4 * words.length).putInt(0x2374df3d).putLong(id);
        for (int word : words)
        {
            query.putInt(word);
        }
        return query.array();
    }

    @Test
    @Proves({"pid", "start_time", "current_time", "uptime", "PID", "time_after_epoll", "stats_generate_time",
        "workers"})
    void shouldShowProcessAndClocks() throws IOException
    {
        stats.start();
        Map<String, String> early = stats.report();
        stats.epochMs.addAndGet(13_700);
        keys.between(early, stats.report()).moved(13, "current_time", "uptime");
        assertEquals(Long.toString(ProcessHandle.current().pid()), early.get("pid"));
        assertEquals(Long.toString(StatsFixture.NOW_MS / 1000), early.get("start_time"));

        // another process, started later, whose report takes time: a microsecond for each look at the clock
        try (StatsFixture later = new StatsFixture())
        {
            later.epochMs.addAndGet(70_000);
            later.workers(3);
            later.context.processTuple(() -> "[192.0.2.9:0:78:1795599070]");
            later.context.nanoClock(() -> later.nanos.addAndGet(1000));
            later.start();
            Map<String, String> now = later.report();
            keys.between(early, now)
                .moved(70, "start_time")
                .became("PID", "[192.0.2.9:0:78:1795599070]")
                .became("workers", "3")
                .grew(1e-6, "time_after_epoll", "stats_generate_time");
            assertTrue(Double.parseDouble(now.get("stats_generate_time")) > Double.parseDouble(now.get(
                "time_after_epoll")), "up to its line");
        }
        try (StatsFixture foreign = new StatsFixture())
        {
            StatusFileReader other = fileOfProcess(4242);
            foreign.context.sources(() -> StatsSources.single(other, List.of()));
            foreign.start();
            keys.between(early, foreign.report()).became("pid", "4242");
        }
    }

    /** @return a status file that another process has left. */
    private StatusFileReader fileOfProcess(long pid) throws IOException
    {
        Path path = folder.resolve("engine.status");
        StatusFile.create(path, List.of("client-0"), "", () -> StatsFixture.NOW_MS).close();
        byte[] bytes = Files.readAllBytes(path);
        ByteBuffer header = ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder());
        int at = 0;
        while (header.getLong(at) != ProcessHandle.current().pid())
        {
            at += Long.BYTES;
        }
        header.putLong(at, pid);
        return StatusFileReader.open(Files.write(path, bytes));
    }

    @Test
    @Proves({"average_idle_percent", "recent_idle_percent", "thread_average_idle_percent",
        "thread_recent_idle_percent", "tot_threads", "thread_load_average_user", "thread_load_average_sys",
        "thread_load_average", "thread_load_recent_user", "thread_load_recent_sys", "thread_load_recent",
        "load_average_user", "load_average_sys", "load_average_total", "load_recent_user", "load_recent_sys",
        "load_recent_total", "max_average_user", "max_average_sys", "max_average_total", "max_recent_user",
        "max_recent_sys", "max_recent_total", "vmsize_bytes", "vmrss_bytes", "vmdata_bytes"})
    void shouldShowLoadOfProcess() throws IOException
    {
        writeProcess(0, 1);
        stats.context.processStats(new ProcessStats(folder));
        stats.status.counters(0).set(ProxyCounter.POLLS, 1);
        stats.start();
        Map<String, String> before = stats.report();
        // 5 s later, which is less than a sample of 10 s; two threads of agents, each half a second in its own code
        writeProcess(50, 2);
        stats.status.counters(0).set(ProxyCounter.POLL_WAIT_NS, 4 * SECOND_NS);
        stats.nanos.addAndGet(5 * SECOND_NS);
        Map<String, String> after = stats.report();
        keys.between(before, after);
        for (String span : new String[]{"average", "recent"})
        {
            keys.became(span + "_idle_percent", "80.000")
                .became("thread_" + span + "_idle_percent", ofClasses("0.000", "80.000", "0.000"))
                .became("thread_load_" + span + "_user", ofClasses("20.000", "5.000", "10.000"))
                .became("thread_load_" + span + "_sys", ofClasses("4.000", "1.000", "2.000"))
                .became("load_" + span + "_user", "50.000")
                .became("load_" + span + "_sys", "10.000")
                .became("load_" + span + "_total", "60.000")
                .became("max_" + span + "_user", "20.000")
                .became("max_" + span + "_sys", "4.000")
                .became("max_" + span + "_total", "24.000");
        }
        keys.became("thread_load_average", ofClasses("24.000", "6.000", "12.000"))
            .became("thread_load_recent", ofClasses("24.000", "6.000", "12.000"))
            .became("tot_threads", "0 1 0 1  0 0 0 0  2 0 0 0  0 0 0 0")
            .became("vmsize_bytes", "40960").became("vmrss_bytes", "20480").became("vmdata_bytes", "10240");
    }

    /** @return values of the classes 1, 3 and 8, all others 0. */
    private static String ofClasses(String io, String main, String engine)
    {
        String zero = "0.000";
        return String.join(" ", zero, io, zero, main) + "  " + String.join(" ", zero, zero, zero, zero) + "  " +
            String.join(" ", engine, zero, zero, zero) + "  " + String.join(" ", zero, zero, zero, zero);
    }

    /** A process in procfs, with so many ticks of 10 ms in its own code and a fifth of that in the kernel. */
    private void writeProcess(int ticks, int times) throws IOException
    {
        Files.writeString(folder.resolve("status"), "Name:\tx\nVmSize:\t" + 20 * times + " kB\nVmRSS:\t" + 10 * times +
            " kB\nVmData:\t" + 5 * times + " kB\nThreads:\t4\n");
        Files.writeString(folder.resolve("stat"), stat(1, "x", 5 * ticks, ticks));
        writeThread(1, "java", ticks / 2, ticks / 10);
        writeThread(2, "VM Thread", 2 * ticks, 2 * ticks / 5);
        writeThread(3, "client-0", ticks, ticks / 5);
        if (times > 1)
        {
            writeThread(4, "datacenter-0", ticks, ticks / 5);
        }
    }

    private void writeThread(int id, String name, int user, int system) throws IOException
    {
        Path thread = Files.createDirectories(folder.resolve("task/" + id));
        Files.writeString(thread.resolve("stat"), stat(id, name, user, system));
    }

    private static String stat(int id, String name, int user, int system)
    {
        return id + " (" + name + ") S 1 2 3 4 5 6 7 8 9 10 " + user + " " + system + " 0 0 20\n";
    }

    /** What is never anything else in C, and what it counts of mechanisms that there are none of here. */
    @Test
    @Proves({">>>>>>connections>>>>>>", ">>>>>>raw_msg>>>>>>", ">>>>>>raw_msg_buffer>>>>>>", ">>>>>>tl_parse>>>>>>",
        ">>>>>>crypto_aes>>>>>>", ">>>>>>crypto_dh>>>>>>", ">>>>>>jobs>>>>>>", ">>>>>>mp_queue>>>>>>",
        ">>>>>>timers>>>>>>", ">>>>>>rpc_targets>>>>>>", "<<<<<<connections<<<<<<", "<<<<<<raw_msg<<<<<<",
        "<<<<<<raw_msg_buffer<<<<<<", "<<<<<<tl_parse<<<<<<", "<<<<<<crypto_aes<<<<<<", "<<<<<<crypto_dh<<<<<<",
        "<<<<<<jobs<<<<<<", "<<<<<<mp_queue<<<<<<", "<<<<<<timers<<<<<<", "<<<<<<rpc_targets<<<<<<",
        "active_network_events", "epoll_intr", "tcp_readv_intr", "tcp_writev_intr", "free_later_size",
        "free_later_total", "accept_nonblock_set_failed", "rpc_answers_error", "rpc_answers_received",
        "rpc_sent_queries", "tl_in_allocated", "tl_out_allocated", "job_timers_allocated",
        "jobs_allocated_memory", "timer_ops", "timer_ops_scheduler", "mpq_blocks_allocated",
        "mpq_blocks_allocated_max", "mpq_blocks_allocations", "mpq_blocks_true_allocations", "mpq_blocks_wasted",
        "mpq_blocks_prepared", "mpq_small_blocks_allocated", "mpq_small_blocks_allocated_max", "mpq_active",
        "mpq_allocated", "event_timer_insert_ops", "event_timer_remove_ops", "event_timer_alarms",
        "total_timers", "queries_get", "expired_forwarded_queries", "active_rpcs_created", "active_rpcs",
        "rpc_dropped_answers", "rpc_dropped_running", "total_active_network_events", "mtproto_proxy_errors",
        "pending_http_queries", "qps_get", "jobs_running", "proxy_mode"})
    void shouldNeverChange() throws IOException
    {
        stats.start();
        Map<String, String> before = stats.report();
        for (ProxyCounter counter : ProxyCounter.values())
        {
            stats.status.counters(0).set(counter, 9);
        }
        stats.context.rpcAccess(new RpcAccess(ProxySecretFile.of(stats.secret), true, 0))
            .settings(new ProxySettings("other", 1, 1, 1, 1 << 20, 1, 1, false));
        stats.epochMs.addAndGet(10_000);
        stats.nanos.addAndGet(10 * SECOND_NS);
        try (RpcTestClient client = RpcTestClient.connect(stats.port(), stats.secret))
        {
            client.handshake(NOW + 10, 0x800);
            client.ask(query(1, 0xefb3c36b));
            client.ask(query(2, 0x12345678));
            stats.send("GET / HTTP/4.0\r\n\r\n");
            keys.between(before, stats.report())
                .stayed("start",
                    ">>>>>>connections>>>>>>", ">>>>>>raw_msg>>>>>>", ">>>>>>raw_msg_buffer>>>>>>",
                    ">>>>>>tl_parse>>>>>>", ">>>>>>crypto_aes>>>>>>", ">>>>>>crypto_dh>>>>>>",
                    ">>>>>>jobs>>>>>>", ">>>>>>mp_queue>>>>>>", ">>>>>>timers>>>>>>", ">>>>>>rpc_targets>>>>>>")
                .stayed("end",
                    "<<<<<<connections<<<<<<", "<<<<<<raw_msg<<<<<<", "<<<<<<raw_msg_buffer<<<<<<",
                    "<<<<<<tl_parse<<<<<<", "<<<<<<crypto_aes<<<<<<", "<<<<<<crypto_dh<<<<<<",
                    "<<<<<<jobs<<<<<<", "<<<<<<mp_queue<<<<<<", "<<<<<<timers<<<<<<", "<<<<<<rpc_targets<<<<<<")
                .stayed("0",
                    "active_network_events", "epoll_intr", "tcp_readv_intr", "tcp_writev_intr",
                    "free_later_size", "free_later_total", "accept_nonblock_set_failed", "rpc_answers_error",
                    "rpc_answers_received", "rpc_sent_queries", "tl_in_allocated", "tl_out_allocated",
                    "job_timers_allocated", "jobs_allocated_memory", "timer_ops", "timer_ops_scheduler",
                    "mpq_blocks_allocated", "mpq_blocks_allocated_max", "mpq_blocks_allocations",
                    "mpq_blocks_true_allocations", "mpq_blocks_wasted", "mpq_blocks_prepared",
                    "mpq_small_blocks_allocated", "mpq_small_blocks_allocated_max", "mpq_active",
                    "mpq_allocated", "event_timer_insert_ops", "event_timer_remove_ops", "event_timer_alarms",
                    "total_timers", "queries_get", "expired_forwarded_queries", "active_rpcs_created",
                    "active_rpcs", "rpc_dropped_answers", "rpc_dropped_running", "total_active_network_events",
                    "mtproto_proxy_errors", "pending_http_queries")
                .stayed("0.000", "qps_get")
                .stayed(ZEROS, "jobs_running")
                .stayed("2", "proxy_mode");
        }
    }
}
