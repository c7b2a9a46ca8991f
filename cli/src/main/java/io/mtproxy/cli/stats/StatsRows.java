// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.stats;

import static io.mtproxy.engine.status.ProxyCounter.ACCEPT_CALLS_FAILED;
import static io.mtproxy.engine.status.ProxyCounter.ACCEPT_INIT_FAILED;
import static io.mtproxy.engine.status.ProxyCounter.ACCEPT_TOKENS_LEFT;
import static io.mtproxy.engine.status.ProxyCounter.ACTIVE_CONNECTIONS;
import static io.mtproxy.engine.status.ProxyCounter.ACTIVE_INBOUND_CONNECTIONS;
import static io.mtproxy.engine.status.ProxyCounter.ACTIVE_OUTBOUND_CONNECTIONS;
import static io.mtproxy.engine.status.ProxyCounter.ACTIVE_TARGETS;
import static io.mtproxy.engine.status.ProxyCounter.ALLOCATED_TARGETS;
import static io.mtproxy.engine.status.ProxyCounter.ANSWERS_DROPPED;
import static io.mtproxy.engine.status.ProxyCounter.ANSWERS_TO_CLIENT;
import static io.mtproxy.engine.status.ProxyCounter.BUFFERS_ALLOCATED_BYTES;
import static io.mtproxy.engine.status.ProxyCounter.BUFFERS_USED;
import static io.mtproxy.engine.status.ProxyCounter.BUFFERS_USED_BYTES;
import static io.mtproxy.engine.status.ProxyCounter.BUFFER_BLOCKS;
import static io.mtproxy.engine.status.ProxyCounter.BUFFER_BLOCKS_PEAK;
import static io.mtproxy.engine.status.ProxyCounter.BUFFER_BLOCK_ALLOCATIONS;
import static io.mtproxy.engine.status.ProxyCounter.CLOSED_CONNECTION_LIMIT;
import static io.mtproxy.engine.status.ProxyCounter.CLOSED_LRU;
import static io.mtproxy.engine.status.ProxyCounter.CLOSED_RATE_LIMIT;
import static io.mtproxy.engine.status.ProxyCounter.CLOSED_SLOW_CLIENT;
import static io.mtproxy.engine.status.ProxyCounter.CONNECT_FAILURES;
import static io.mtproxy.engine.status.ProxyCounter.ENCRYPTED_CONNECTIONS;
import static io.mtproxy.engine.status.ProxyCounter.EXT_CONNECTIONS;
import static io.mtproxy.engine.status.ProxyCounter.EXT_CONNECTIONS_CREATED;
import static io.mtproxy.engine.status.ProxyCounter.FRAMES_DROPPED_NO_TARGET;
import static io.mtproxy.engine.status.ProxyCounter.FRAMES_TO_DATACENTER;
import static io.mtproxy.engine.status.ProxyCounter.FREE_TARGETS;
import static io.mtproxy.engine.status.ProxyCounter.INACTIVE_TARGETS;
import static io.mtproxy.engine.status.ProxyCounter.INBOUND_CONNECTIONS;
import static io.mtproxy.engine.status.ProxyCounter.INBOUND_CONNECTIONS_ACCEPTED;
import static io.mtproxy.engine.status.ProxyCounter.KEY_EXCHANGES;
import static io.mtproxy.engine.status.ProxyCounter.LINK_CLOSED_SERVER_REMOVED;
import static io.mtproxy.engine.status.ProxyCounter.LISTENING_CONNECTIONS;
import static io.mtproxy.engine.status.ProxyCounter.OUTBOUND_CONNECTIONS;
import static io.mtproxy.engine.status.ProxyCounter.OUTBOUND_CONNECTIONS_CREATED;
import static io.mtproxy.engine.status.ProxyCounter.POLLS;
import static io.mtproxy.engine.status.ProxyCounter.READY_OUTBOUND_CONNECTIONS;
import static io.mtproxy.engine.status.ProxyCounter.READY_TARGETS;
import static io.mtproxy.engine.status.ProxyCounter.SIMPLE_ACKS_DROPPED;
import static io.mtproxy.engine.status.ProxyCounter.SIMPLE_ACKS_TO_CLIENT;
import static io.mtproxy.engine.status.ProxyCounter.SPECIAL_CONNECTIONS;
import static io.mtproxy.engine.status.ProxyCounter.TCP_READ_BYTES;
import static io.mtproxy.engine.status.ProxyCounter.TCP_READ_CALLS;
import static io.mtproxy.engine.status.ProxyCounter.TCP_WRITE_BYTES;
import static io.mtproxy.engine.status.ProxyCounter.TCP_WRITE_CALLS;

import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;

/**
 * The rows of C's report up to its secrets, in its order: key, form, value. The page is made from this table and a test
 * holds it against {@code docs/spec/stats-keys.tsv}. [C-STAT-02] [C-STAT-05] [C-STAT-10] [C-STAT-11] [C-STAT-12]
 */
final class StatsRows
{
    /** A chunk of C, which {@code --msg-buffers-size} is made of there. */
    private static final long C_CHUNK_LENGTH = 2 * 1024 * 1024 - 64;
    private static final long FLAGS = 2048;
    private static final long FLAGS_WITH_DH_SKIP = FLAGS + 8;
    private static final long PROXY_MODE = 2;
    private static final double MILLION = 1e6;
    private static final long MS_PER_SECOND = 1000;

    static final List<Row> ALL = List.of(
        integer("pid", ReportValues::pid),
        integer("start_time", ReportValues::startSeconds),
        integer("current_time", ReportValues::currentSeconds),
        integer("uptime", ReportValues::uptimeSeconds),
        fixed3("tot_idle_time", v -> v.idleSeconds),
        fixed3("average_idle_percent", v -> v.average.idle()),
        fixed3("recent_idle_percent", v -> v.recent.idle()),
        integer("active_network_events", StatsRows::zero),
        fixed6("time_after_epoll", ReportValues::generateSeconds),
        integer("epoll_calls", v -> v.self(POLLS)),
        integer("epoll_intr", StatsRows::zero),
        text("PID", ReportValues::processTuple),
        begin("connections"),
        integer("active_connections", v -> v.self(ACTIVE_CONNECTIONS) + v.counts.open.get()),
        integer("active_dh_connections", v -> v.counts.rpcDh.get()),
        integer("outbound_connections", v -> v.self(OUTBOUND_CONNECTIONS)),
        integer("ready_outbound_connections", v -> v.self(READY_OUTBOUND_CONNECTIONS)),
        integer("active_outbound_connections", v -> v.self(ACTIVE_OUTBOUND_CONNECTIONS)),
        integer("outbound_connections_created", v -> v.self(OUTBOUND_CONNECTIONS_CREATED)),
        integer("total_connect_failures", v -> v.self(CONNECT_FAILURES)),
        integer("inbound_connections", v -> v.self(INBOUND_CONNECTIONS) + v.counts.open.get()),
        integer("active_inbound_connections", v -> v.self(ACTIVE_INBOUND_CONNECTIONS) + v.counts.open.get()),
        integer("inbound_connections_accepted", v -> v.self(INBOUND_CONNECTIONS_ACCEPTED) + v.counts.accepted.get()),
        integer("listening_connections", v -> v.self(LISTENING_CONNECTIONS) + 1),
        integer("unused_connections_closed", v -> v.self(LINK_CLOSED_SERVER_REMOVED)),
        integer("ready_targets", v -> v.self(READY_TARGETS)),
        integer("allocated_targets", v -> v.self(ALLOCATED_TARGETS)),
        integer("active_targets", v -> v.self(ACTIVE_TARGETS)),
        integer("inactive_targets", v -> v.self(INACTIVE_TARGETS)),
        integer("free_targets", v -> v.self(FREE_TARGETS)),
        integer("max_connections", v -> v.settings.connectionCountMax()),
        integer("active_special_connections", v -> v.self(SPECIAL_CONNECTIONS)),
        integer("max_special_connections", v -> v.settings.clientCountMax()),
        integer("max_accept_rate", v -> v.settings.acceptRateMax()),
        fixed6("cur_accept_rate_remaining", v -> v.self(ACCEPT_TOKENS_LEFT) / MILLION),
        integer("max_connection", StatsRows::openSockets),
        integer("conn_generation", v -> v.self(INBOUND_CONNECTIONS_ACCEPTED) +
            v.self(OUTBOUND_CONNECTIONS_CREATED) + v.counts.accepted.get()),
        integer("allocated_connections", StatsRows::openSockets),
        integer("allocated_outbound_connections", v -> v.self(OUTBOUND_CONNECTIONS)),
        integer("allocated_inbound_connections", v -> v.self(INBOUND_CONNECTIONS) + v.counts.open.get()),
        integer("allocated_socket_connections", StatsRows::openSockets),
        integer("tcp_readv_calls", v -> v.self(TCP_READ_CALLS) + v.counts.reads.get()),
        integer("tcp_readv_intr", StatsRows::zero),
        integer("tcp_readv_bytes", v -> v.self(TCP_READ_BYTES) + v.counts.readBytes.get()),
        integer("tcp_writev_calls", v -> v.self(TCP_WRITE_CALLS) + v.counts.writes.get()),
        integer("tcp_writev_intr", StatsRows::zero),
        integer("tcp_writev_bytes", v -> v.self(TCP_WRITE_BYTES) + v.counts.writtenBytes.get()),
        integer("free_later_size", StatsRows::zero),
        integer("free_later_total", StatsRows::zero),
        integer("accept_calls_failed", v -> v.self(ACCEPT_CALLS_FAILED) + v.counts.acceptsFailed.get()),
        integer("accept_nonblock_set_failed", StatsRows::zero),
        integer("accept_connection_limit_failed", v -> v.self(CLOSED_CONNECTION_LIMIT)),
        integer("accept_rate_limit_failed", v -> v.self(CLOSED_RATE_LIMIT)),
        integer("accept_init_accepted_failed", v -> v.self(ACCEPT_INIT_FAILED)),
        end("connections"),
        begin("raw_msg"),
        integer("rwm_total_msgs", v -> v.self(BUFFERS_USED)),
        integer("rwm_total_msg_parts", v -> v.self(BUFFERS_USED)),
        end("raw_msg"),
        begin("raw_msg_buffer"),
        integer("total_used_buffers_size", v -> v.self(BUFFERS_USED_BYTES)),
        integer("total_used_buffers", v -> v.self(BUFFERS_USED)),
        integer("allocated_buffer_bytes", v -> v.self(BUFFERS_ALLOCATED_BYTES)),
        integer("buffer_chunk_alloc_ops", v -> v.self(BUFFER_BLOCK_ALLOCATIONS)),
        integer("allocated_buffer_chunks", v -> v.self(BUFFER_BLOCKS)),
        integer("max_allocated_buffer_chunks", v -> v.self(BUFFER_BLOCKS_PEAK)),
        integer("max_buffer_chunks", v -> v.settings.messageBuffersLength() / C_CHUNK_LENGTH),
        integer("max_allocated_buffer_bytes", v -> v.settings.messageBuffersLength()),
        end("raw_msg_buffer"),
        begin("tl_parse"),
        integer("rpc_queries_received", v -> v.counts.rpcQueries.get()),
        integer("rpc_answers_error", StatsRows::zero),
        integer("rpc_answers_received", StatsRows::zero),
        integer("rpc_sent_errors", v -> v.counts.rpcErrors.get()),
        integer("rpc_sent_answers", v -> v.counts.rpcAnswers.get()),
        integer("rpc_sent_queries", StatsRows::zero),
        integer("tl_in_allocated", StatsRows::zero),
        integer("tl_out_allocated", StatsRows::zero),
        fixed6("rpc_qps", v -> v.perSecond(v.counts.rpcQueries.get())),
        integer("default_rpc_flags", v -> v.isDhSkipAllowed ? FLAGS_WITH_DH_SKIP : FLAGS),
        end("tl_parse"),
        begin("crypto_aes"),
        integer("allocated_aes_crypto", v -> v.self(ENCRYPTED_CONNECTIONS) + v.counts.rpcEncrypted.get()),
        integer("allocated_aes_crypto_temp", v -> v.self(KEY_EXCHANGES) + v.counts.rpcExchanges.get()),
        text("aes_pwd_hash", v -> v.rpcSecretMd5Hex),
        end("crypto_aes"),
        begin("crypto_dh"),
        integers("tot_dh_rounds", StatsRows::dhRounds),
        end("crypto_dh"),
        begin("jobs"),
        fixed3s("thread_average_idle_percent", v -> main(v.average.idle())),
        fixed3s("thread_recent_idle_percent", v -> main(v.recent.idle())),
        integers("tot_threads", v -> v.threads.counts()),
        fixed3s("thread_load_average_user", v -> v.averageOfThreads.user()),
        fixed3s("thread_load_average_sys", v -> v.averageOfThreads.system()),
        fixed3s("thread_load_average", v -> v.averageOfThreads.total()),
        fixed3s("thread_load_recent_user", v -> v.recentOfThreads.user()),
        fixed3s("thread_load_recent_sys", v -> v.recentOfThreads.system()),
        fixed3s("thread_load_recent", v -> v.recentOfThreads.total()),
        fixed3("load_average_user", v -> v.average.user()),
        fixed3("load_average_sys", v -> v.average.system()),
        fixed3("load_average_total", v -> v.average.total()),
        fixed3("load_recent_user", v -> v.recent.user()),
        fixed3("load_recent_sys", v -> v.recent.system()),
        fixed3("load_recent_total", v -> v.recent.total()),
        fixed3("max_average_user", v -> largest(v.averageOfThreads.user())),
        fixed3("max_average_sys", v -> largest(v.averageOfThreads.system())),
        fixed3("max_average_total", v -> largest(v.averageOfThreads.total())),
        fixed3("max_recent_user", v -> largest(v.recentOfThreads.user())),
        fixed3("max_recent_sys", v -> largest(v.recentOfThreads.system())),
        fixed3("max_recent_total", v -> largest(v.recentOfThreads.total())),
        integer("job_timers_allocated", StatsRows::zero),
        integer("jobs_created", v -> v.agentThreadCount),
        integer("jobs_active", v -> v.agentThreadCount),
        integers("jobs_running", v -> new long[ThreadTimes.CLASS_COUNT]),
        integer("jobs_allocated_memory", StatsRows::zero),
        integer("timer_ops", StatsRows::zero),
        integer("timer_ops_scheduler", StatsRows::zero),
        end("jobs"),
        begin("mp_queue"),
        integer("mpq_blocks_allocated", StatsRows::zero),
        integer("mpq_blocks_allocated_max", StatsRows::zero),
        integer("mpq_blocks_allocations", StatsRows::zero),
        integer("mpq_blocks_true_allocations", StatsRows::zero),
        integer("mpq_blocks_wasted", StatsRows::zero),
        integer("mpq_blocks_prepared", StatsRows::zero),
        integer("mpq_small_blocks_allocated", StatsRows::zero),
        integer("mpq_small_blocks_allocated_max", StatsRows::zero),
        integer("mpq_active", StatsRows::zero),
        integer("mpq_allocated", StatsRows::zero),
        end("mp_queue"),
        begin("timers"),
        integer("event_timer_insert_ops", StatsRows::zero),
        integer("event_timer_remove_ops", StatsRows::zero),
        integer("event_timer_alarms", StatsRows::zero),
        integer("total_timers", StatsRows::zero),
        end("timers"),
        begin("rpc_targets"),
        integer("total_rpc_targets", v -> v.counts.rpcReady.get()),
        integer("total_connections_in_rpc_targets", v -> v.counts.rpcReady.get()),
        end("rpc_targets"),
        fixed6("stats_generate_time", ReportValues::generateSeconds),
        memory("vmsize_bytes", v -> v.sizes.virtualBytes()),
        memory("vmrss_bytes", v -> v.sizes.residentBytes()),
        memory("vmdata_bytes", v -> v.sizes.dataBytes()),
        text("config_filename", v -> v.settings.configFileName()),
        integer("config_loaded_at", v -> v.config.loadedAtEpochMs() / MS_PER_SECOND),
        integer("config_size", v -> v.config.length()),
        text("config_md5", v -> v.config.md5Hex()),
        integer("config_auth_clusters", v -> v.config.clusterCount()),
        integer("workers", v -> v.settings.workerCount()),
        integer("queries_get", StatsRows::zero),
        fixed3("qps_get", v -> 0),
        integer("tot_forwarded_queries", v -> v.all(FRAMES_TO_DATACENTER)),
        integer("expired_forwarded_queries", StatsRows::zero),
        integer("dropped_queries", v -> v.all(FRAMES_DROPPED_NO_TARGET)),
        integer("tot_forwarded_responses", v -> v.all(ANSWERS_TO_CLIENT)),
        integer("dropped_responses", v -> v.all(ANSWERS_DROPPED)),
        integer("tot_forwarded_simple_acks", v -> v.all(SIMPLE_ACKS_TO_CLIENT)),
        integer("dropped_simple_acks", v -> v.all(SIMPLE_ACKS_DROPPED)),
        integer("active_rpcs_created", StatsRows::zero),
        integer("active_rpcs", StatsRows::zero),
        integer("rpc_dropped_answers", StatsRows::zero),
        integer("rpc_dropped_running", StatsRows::zero),
        integer("window_clamp", v -> v.settings.windowClamp()),
        integer("total_ready_targets", v -> v.workersOrSelf(READY_TARGETS)),
        integer("total_allocated_targets", v -> v.workersOrSelf(ALLOCATED_TARGETS)),
        integer("total_declared_targets", v -> v.workersOrSelf(ACTIVE_TARGETS)),
        integer("total_inactive_targets", v -> v.workersOrSelf(INACTIVE_TARGETS)),
        integer("total_connections", v -> v.all(ACTIVE_CONNECTIONS) + v.counts.open.get()),
        integer("total_encrypted_connections", v -> v.all(ENCRYPTED_CONNECTIONS) + v.counts.rpcEncrypted.get()),
        integer("total_allocated_connections", StatsRows::allSockets),
        integer("total_allocated_outbound_connections", v -> v.all(OUTBOUND_CONNECTIONS)),
        integer("total_allocated_inbound_connections", v -> v.all(INBOUND_CONNECTIONS) + v.counts.open.get()),
        integer("total_allocated_socket_connections", StatsRows::allSockets),
        integer("total_dh_connections", v -> v.counts.rpcDh.get()),
        integers("total_dh_rounds", StatsRows::dhRounds),
        integer("total_special_connections", v -> v.workersOrSelf(SPECIAL_CONNECTIONS)),
        integer("total_max_special_connections",
            v -> (long)v.settings.clientCountMax() * Math.max(1, v.settings.workerCount())),
        integers("total_accept_connections_failed", StatsRows::acceptsFailed),
        integer("ext_connections", v -> v.all(EXT_CONNECTIONS)),
        integer("ext_connections_created", v -> v.all(EXT_CONNECTIONS_CREATED)),
        integer("total_active_network_events", StatsRows::zero),
        integer("total_network_buffers_used_size", v -> v.workersOrSelf(BUFFERS_USED_BYTES)),
        integer("total_network_buffers_allocated_bytes", v -> v.workersOrSelf(BUFFERS_ALLOCATED_BYTES)),
        integer("total_network_buffers_used", v -> v.workersOrSelf(BUFFERS_USED)),
        integer("total_network_buffer_chunks_allocated", v -> v.workersOrSelf(BUFFER_BLOCKS)),
        integer("total_network_buffer_chunks_allocated_max", v -> v.workersOrSelf(BUFFER_BLOCKS_PEAK)),
        integer("mtproto_proxy_errors", StatsRows::zero),
        integer("connections_failed_lru", v -> v.all(CLOSED_LRU)),
        integer("connections_failed_flood", v -> v.all(CLOSED_SLOW_CLIENT)),
        integer("http_connections", v -> v.counts.httpConnections.get()),
        integer("pending_http_queries", StatsRows::zero),
        integer("http_queries", v -> v.counts.httpQueries.get()),
        integer("http_bad_headers", v -> v.counts.httpBadHeads.get()),
        fixed6("http_qps", v -> v.perSecond(v.counts.httpQueries.get())),
        integer("proxy_mode", v -> PROXY_MODE),
        integer("proxy_tag_set", v -> v.settings.isProxyTagSet() ? 1 : 0),
        text("version", v -> v.version));

    private StatsRows()
    {
    }

    /**
     * One line.
     *
     * @param key   C's.
     * @param value writes it.
     */
    record Row(String key, Value value)
    {
        /** Writes {@code key TAB value LF}; a value that is not known leaves no line. [C-STAT-01] */
        void appendTo(StringBuilder out, ReportValues values)
        {
            int begin = out.length();
            out.append(key).append('\t');
            if (value.appendTo(out, values))
            {
                out.append('\n');
            }
            else
            {
                out.setLength(begin);
            }
        }
    }

    /** Writes a value. */
    @FunctionalInterface
    interface Value
    {
        /** @return false when it is not known. */
        boolean appendTo(StringBuilder out, ReportValues values);
    }

    private static Row begin(String module)
    {
        return new Row(">>>>>>" + module + ">>>>>>", (out, values) -> append(out, "start"));
    }

    private static Row end(String module)
    {
        return new Row("<<<<<<" + module + "<<<<<<", (out, values) -> append(out, "end"));
    }

    private static Row integer(String key, ToLongFunction<ReportValues> value)
    {
        return new Row(key, (out, values) ->
        {
            out.append(value.applyAsLong(values));
            return true;
        });
    }

    /** A size of the process; the three of them are left out together. */
    private static Row memory(String key, ToLongFunction<ReportValues> value)
    {
        return new Row(key, (out, values) ->
        {
            out.append(value.applyAsLong(values));
            return values.sizes.isKnown();
        });
    }

    private static Row fixed3(String key, ToDoubleFunction<ReportValues> value)
    {
        return new Row(key, (out, values) -> StatsText.appendFixed(out, value.applyAsDouble(values), 3));
    }

    private static Row fixed6(String key, ToDoubleFunction<ReportValues> value)
    {
        return new Row(key, (out, values) -> StatsText.appendFixed(out, value.applyAsDouble(values), 6));
    }

    private static Row text(String key, Function<ReportValues, String> value)
    {
        return new Row(key, (out, values) -> append(out, StatsText.oneLine(value.apply(values))));
    }

    private static Row integers(String key, Function<ReportValues, long[]> value)
    {
        return new Row(key, (out, values) ->
        {
            long[] numbers = value.apply(values);
            for (int i = 0; i < numbers.length; i++)
            {
                out.append(StatsText.separator(i, numbers.length)).append(numbers[i]);
            }
            return true;
        });
    }

    private static Row fixed3s(String key, Function<ReportValues, double[]> value)
    {
        return new Row(key, (out, values) ->
        {
            double[] numbers = value.apply(values);
            for (int i = 0; i < numbers.length; i++)
            {
                StatsText.appendFixed(out.append(StatsText.separator(i, numbers.length)), numbers[i], 3);
            }
            return true;
        });
    }

    private static boolean append(StringBuilder out, String text)
    {
        out.append(text);
        return true;
    }

    /** C's main thread is the one that waits for sockets, as our agents do. */
    private static double[] main(double value)
    {
        double[] classes = new double[ThreadTimes.CLASS_COUNT];
        classes[ThreadTimes.CLASS_MAIN] = value;
        return classes;
    }

    private static double largest(double[] values)
    {
        return Arrays.stream(values).max().orElse(0);
    }

    /** C is the second of the three parties to a round: it answers. */
    private static long[] dhRounds(ReportValues values)
    {
        return new long[]{0, values.counts.dhRounds.get(), 0};
    }

    /** Set up, called, connection limit, rate limit, made non-blocking; with the workers, also the third. [C-STAT-11] */
    private static long[] acceptsFailed(ReportValues values)
    {
        return new long[]{values.all(ACCEPT_INIT_FAILED),
            values.all(ACCEPT_CALLS_FAILED) + values.counts.acceptsFailed.get(),
            values.all(CLOSED_CONNECTION_LIMIT), values.all(CLOSED_RATE_LIMIT), 0};
    }

    private static long openSockets(ReportValues values)
    {
        return values.self(OUTBOUND_CONNECTIONS) + values.self(INBOUND_CONNECTIONS) + values.counts.open.get();
    }

    /** What C counts and we have nothing like, or what is never anything else in C. */
    private static long zero(ReportValues ignored)
    {
        return 0;
    }

    private static long allSockets(ReportValues values)
    {
        return values.all(OUTBOUND_CONNECTIONS) + values.all(INBOUND_CONNECTIONS) + values.counts.open.get();
    }
}
