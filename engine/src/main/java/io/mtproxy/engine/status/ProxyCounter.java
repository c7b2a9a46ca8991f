// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.status;

import static io.mtproxy.engine.status.ProxyCounter.Kind.GAUGE;
import static io.mtproxy.engine.status.ProxyCounter.Kind.MAXIMUM;
import static io.mtproxy.engine.status.ProxyCounter.Kind.TOTAL;
import static io.mtproxy.engine.status.ProxyCounter.Unit.BYTES;
import static io.mtproxy.engine.status.ProxyCounter.Unit.COUNT;
import static io.mtproxy.engine.status.ProxyCounter.Unit.NANOSECONDS;

import java.util.EnumSet;
import java.util.Set;
import org.agrona.collections.Int2ObjectHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Everything the engine counts: one line each, from which labels, reports and tables are made. Ids are never reused.
 * Each is counted once, by the agent that sees it happen; a report adds up what all agents have.
 * <p>
 * Ids: 101..199 what C counts too, 201..299 our own, 301..399 one for each {@code CloseReason}, 401..449 one for each
 * {@code LinkCloseReason}.
 */
public enum ProxyCounter
{
    // What the proxy does

    /** Client packets written towards a middle proxy. [P-PAY-06] */
    FRAMES_TO_DATACENTER(101, TOTAL, "frames to datacenter", "tot_forwarded_queries"),
    /** Client packets dropped because no link was ready. [P-PAY-05] */
    FRAMES_DROPPED_NO_TARGET(102, TOTAL, "frames dropped, no target", "dropped_queries"),
    /** Client connections bound to a link now. [P-PAY-06] */
    EXT_CONNECTIONS(103, GAUGE, "ext connections", "ext_connections"),
    /** Client connections ever bound to a link. [P-PAY-06] */
    EXT_CONNECTIONS_CREATED(104, TOTAL, "ext connections created", "ext_connections_created"),
    /** Answers put into a client's stream. [P-PAY-06] */
    ANSWERS_TO_CLIENT(105, TOTAL, "answers to clients", "tot_forwarded_responses"),
    /** Answers for an unknown or closed client. [P-PAY-06] */
    ANSWERS_DROPPED(106, TOTAL, "answers dropped, no client", "dropped_responses"),
    /** Quick acks put into a client's stream. [P-PAY-06] */
    SIMPLE_ACKS_TO_CLIENT(107, TOTAL, "simple acks to clients", "tot_forwarded_simple_acks"),
    /** Quick acks for an unknown or closed client. [P-PAY-06] */
    SIMPLE_ACKS_DROPPED(108, TOTAL, "simple acks dropped, no client", "dropped_simple_acks"),
    /** Client packets that failed a check of the payload filter. [P-PAY-01] */
    PAYLOADS_DROPPED_BY_FILTER(109, TOTAL, "payloads dropped by filter", Legacy.NO_NAME),
    /** Pings of a client that the proxy answered itself. [P-PAY-01] */
    CLIENT_PINGS_ANSWERED(110, TOTAL, "client pings answered", Legacy.NO_NAME),
    /** Bytes of the packets in {@link #FRAMES_TO_DATACENTER}, without headers. */
    PAYLOAD_BYTES_TO_DATACENTER(111, TOTAL, BYTES, "payload bytes to datacenter", Legacy.NO_NAME),
    /** Bytes of the answers in {@link #ANSWERS_TO_CLIENT}, without headers. */
    PAYLOAD_BYTES_TO_CLIENT(112, TOTAL, BYTES, "payload bytes to clients", Legacy.NO_NAME),

    // Connections

    /** Connections that stand, of any kind. */
    ACTIVE_CONNECTIONS(120, GAUGE, "active connections", "active_connections"),
    /** Links in any state, connecting ones included. */
    OUTBOUND_CONNECTIONS(121, GAUGE, "outbound connections", "outbound_connections"),
    /** Links that have completed the RPC handshake. */
    READY_OUTBOUND_CONNECTIONS(122, GAUGE, "ready outbound connections", "ready_outbound_connections"),
    /** Links whose TCP connection stands. */
    ACTIVE_OUTBOUND_CONNECTIONS(123, GAUGE, "active outbound connections", "active_outbound_connections"),
    /** Links ever started. */
    OUTBOUND_CONNECTIONS_CREATED(124, TOTAL, "outbound connections created", "outbound_connections_created"),
    /** Links that failed before their TCP connection stood. */
    CONNECT_FAILURES(125, TOTAL, "connect failures", "total_connect_failures"),
    /** Open client connections. */
    INBOUND_CONNECTIONS(126, GAUGE, "inbound connections", "inbound_connections"),
    /** Open client connections that are not being closed. */
    ACTIVE_INBOUND_CONNECTIONS(127, GAUGE, "active inbound connections", "active_inbound_connections"),
    /** Client connections ever accepted. */
    INBOUND_CONNECTIONS_ACCEPTED(128, TOTAL, "inbound connections accepted", "inbound_connections_accepted"),
    /** Sockets that listen for clients. */
    LISTENING_CONNECTIONS(129, GAUGE, "listening sockets", "listening_connections"),
    /** Middle proxies with at least one ready link. */
    READY_TARGETS(130, GAUGE, "ready targets", "ready_targets"),
    /** Middle proxies known, those of an older configuration included. */
    ALLOCATED_TARGETS(131, GAUGE, "allocated targets", "allocated_targets"),
    /** Middle proxies of the current configuration. */
    ACTIVE_TARGETS(132, GAUGE, "active targets", "active_targets"),
    /** Middle proxies no longer configured whose links still drain. */
    INACTIVE_TARGETS(133, GAUGE, "inactive targets", "inactive_targets"),
    /** Middle proxies given up since start. */
    FREE_TARGETS(134, TOTAL, "free targets", "free_targets"),
    /** The limit of {@code -c}; set by one agent only. [C-LIM-01] */
    MAX_CONNECTIONS(135, GAUGE, "connection limit", "max_connections"),
    /** Client connections counted against {@code -C}. [C-LIM-02] */
    SPECIAL_CONNECTIONS(136, GAUGE, "special connections", "active_special_connections"),
    /** The limit of {@code -C}; set by one agent only. [C-LIM-02] */
    MAX_SPECIAL_CONNECTIONS(137, GAUGE, "special connection limit", "max_special_connections"),
    /** The limit of {@code --max-accept-rate}, 0 for none; set by one agent only. [P-CON-60] */
    MAX_ACCEPT_RATE(138, GAUGE, "accept rate limit", "max_accept_rate"),
    /** Tokens left of {@code --max-accept-rate}, of which C shows whole ones; set by one agent only. [P-CON-60] */
    ACCEPT_TOKENS_LEFT(141, GAUGE, "accept tokens left, millionths", Legacy.NO_NAME),
    /** Connections of both sides that have their ciphers. */
    ENCRYPTED_CONNECTIONS(139, GAUGE, "encrypted connections", "allocated_aes_crypto"),
    /** Links in the middle of their key exchange. */
    KEY_EXCHANGES(140, GAUGE, "key exchanges", "allocated_aes_crypto_temp"),

    // System calls

    /** Socket reads. */
    TCP_READ_CALLS(150, TOTAL, "tcp read calls", "tcp_readv_calls"),
    /** Bytes read from sockets. */
    TCP_READ_BYTES(151, TOTAL, BYTES, "tcp read bytes", "tcp_readv_bytes"),
    /** Socket writes. */
    TCP_WRITE_CALLS(152, TOTAL, "tcp write calls", "tcp_writev_calls"),
    /** Bytes that sockets took. */
    TCP_WRITE_BYTES(153, TOTAL, BYTES, "tcp write bytes", "tcp_writev_bytes"),
    /** Accepts that failed for another reason than that nothing waits. */
    ACCEPT_CALLS_FAILED(154, TOTAL, "accept calls failed", "accept_calls_failed"),
    /** Accepted sockets that could not be watched. */
    ACCEPT_INIT_FAILED(155, TOTAL, "accepted but not set up", "accept_init_accepted_failed"),
    /** Accepts that found nothing: another process or agent was faster. */
    ACCEPTS_EMPTY(156, TOTAL, "accepts without a connection", Legacy.NO_NAME),
    /** Times accepting paused because descriptors ran out. */
    ACCEPT_PAUSES(157, TOTAL, "accept pauses", Legacy.NO_NAME),
    /** Calls of the poller; counted once a thread. */
    POLLS(158, TOTAL, "polls", "epoll_calls"),
    /** Time in the poller in ns, the basis of {@code tot_idle_time}; counted once a thread. */
    POLL_WAIT_NS(159, TOTAL, NANOSECONDS, "poll wait ns", Legacy.NO_NAME),

    // Buffers

    /** Bytes of chunks that have an owner. [C-LIM-10] */
    BUFFERS_USED_BYTES(170, GAUGE, BYTES, "buffers used bytes", "total_used_buffers_size"),
    /** Chunks that have an owner. [C-LIM-10] */
    BUFFERS_USED(171, GAUGE, "buffers used", "total_used_buffers"),
    /** Bytes of all chunks made. [C-LIM-10] */
    BUFFERS_ALLOCATED_BYTES(172, GAUGE, BYTES, "buffers allocated bytes", "allocated_buffer_bytes"),
    /** Blocks of chunks ever made. */
    BUFFER_BLOCK_ALLOCATIONS(173, TOTAL, "buffer block allocations", "buffer_chunk_alloc_ops"),
    /** Blocks of chunks that exist. */
    BUFFER_BLOCKS(174, GAUGE, "buffer blocks", "allocated_buffer_chunks"),
    /** Most blocks of chunks that existed at once. */
    BUFFER_BLOCKS_PEAK(175, GAUGE, "buffer blocks, peak", "max_allocated_buffer_chunks"),
    /** Most blocks of chunks that may exist. */
    BUFFER_BLOCKS_LIMIT(176, GAUGE, "buffer blocks, limit", "max_buffer_chunks"),
    /** The agent's share of {@code --msg-buffers-size}. [C-LIM-10] */
    BUFFERS_LIMIT_BYTES(177, GAUGE, BYTES, "buffers limit bytes", "max_allocated_buffer_bytes"),
    /** Most chunks that had an owner at once. */
    BUFFERS_USED_PEAK(178, GAUGE, "buffers used, peak", Legacy.NO_NAME),
    /** Times a pool had no chunk left. */
    BUFFERS_EXHAUSTED(179, TOTAL, "buffers exhausted", Legacy.NO_NAME),

    // Rings, links and duty cycles

    /** Times a full to-datacenter ring stopped an agent from reading clients. */
    TO_DATACENTER_RING_FULL(201, TOTAL, "to-datacenter ring full", Legacy.NO_NAME),
    /** Times a full to-client ring stopped an agent from reading links. */
    TO_CLIENT_RING_FULL(202, TOTAL, "to-client ring full", Legacy.NO_NAME),
    /** Times the bytes waiting for a link passed {@code --link-buffer}. */
    LINK_CONGESTED(203, TOTAL, "link congested", Legacy.NO_NAME),
    /** Times reading from a client paused, for a ring, a link or its own bound. */
    CLIENT_PAUSES(204, TOTAL, "client pauses", Legacy.NO_NAME),
    /** Times another agent thread had to be woken. */
    WAKE_UPS(205, TOTAL, "wake-ups", Legacy.NO_NAME),
    /** Turns of the agent. */
    DUTY_CYCLES(206, TOTAL, "duty cycles", Legacy.NO_NAME),
    /** Longest turn of the agent in ns, waiting not included. */
    DUTY_CYCLE_NS_MAX(207, MAXIMUM, NANOSECONDS, "duty cycle ns, longest", Legacy.NO_NAME),
    /** Turns of the agent that took longer than its threshold. */
    DUTY_CYCLES_OVER_THRESHOLD(208, TOTAL, "duty cycles over threshold", Legacy.NO_NAME),
    /** Commands taken from the agent's queue. */
    COMMANDS_HANDLED(209, TOTAL, "commands handled", Legacy.NO_NAME),
    /** Errors of our own, each kept in the distinct error log. */
    ERRORS(210, TOTAL, "errors", Legacy.NO_NAME),
    /** Configurations put into use after the first. [C-REL-10] */
    CONFIG_RELOADS(211, TOTAL, "configuration reloads", Legacy.NO_NAME),
    /** Configurations refused while an older one stayed in use. [C-REL-10] */
    CONFIG_RELOADS_FAILED(212, TOTAL, "configuration reloads failed", Legacy.NO_NAME),

    // Handshakes

    /** Client headers that matched a secret. [P-OBF-15] */
    HANDSHAKES_ACCEPTED(221, TOTAL, "handshakes accepted", Legacy.NO_NAME),
    /** Client headers that matched no secret. [P-OBF-17] */
    HANDSHAKES_REJECTED(222, TOTAL, "handshakes rejected", Legacy.NO_NAME),
    /** Client hellos that were answered. [P-TLS-15] */
    FAKE_TLS_HELLOS_ACCEPTED(223, TOTAL, "fake-TLS hellos accepted", Legacy.NO_NAME),
    /** Client hellos that were not ours. [P-TLS-15] */
    FAKE_TLS_HELLOS_REJECTED(224, TOTAL, "fake-TLS hellos rejected", Legacy.NO_NAME),
    /** Client hellos seen before. [P-TLS-17] */
    FAKE_TLS_HELLOS_REPLAYED(225, TOTAL, "fake-TLS hellos replayed", Legacy.NO_NAME),
    /** Client hellos with a stamp outside the window. [P-TLS-17] */
    FAKE_TLS_HELLOS_OUT_OF_TIME(226, TOTAL, "fake-TLS hellos out of time", Legacy.NO_NAME),
    /** Connections relayed to the fronting domain. */
    FRONTED_CONNECTIONS(227, TOTAL, "fronted connections", Legacy.NO_NAME),
    /** Handshakes that chose abridged framing. */
    CONNECTIONS_ABRIDGED(228, TOTAL, "connections abridged", Legacy.NO_NAME),
    /** Handshakes that chose intermediate framing. */
    CONNECTIONS_INTERMEDIATE(229, TOTAL, "connections intermediate", Legacy.NO_NAME),
    /** Handshakes that chose padded intermediate framing. */
    CONNECTIONS_PADDED(230, TOTAL, "connections padded intermediate", Legacy.NO_NAME),
    /** Links that became ready. */
    LINK_HANDSHAKES_ACCEPTED(231, TOTAL, "link handshakes accepted", Legacy.NO_NAME),
    /** Pings of a middle proxy that were answered. */
    LINK_PINGS_ANSWERED(232, TOTAL, "link pings answered", Legacy.NO_NAME),
    /** Client connections ended by a middle proxy. [P-RPC-67] */
    CLOSE_EXT_RECEIVED(233, TOTAL, "close-ext received", Legacy.NO_NAME),
    /** Ends of client connections told to a middle proxy. [P-RPC-43] */
    CLOSE_CONN_SENT(234, TOTAL, "close-conn sent", Legacy.NO_NAME),
    /** Frames of a middle proxy of a type that means nothing to us. */
    LINK_FRAMES_IGNORED(235, TOTAL, "link frames ignored", Legacy.NO_NAME),

    // Why client connections ended: one for each CloseReason

    /** The client ended its stream. */
    CLOSED_PEER_END(301, TOTAL, "closed: peer ended", Legacy.NO_NAME),
    /** The connection to the client was lost. */
    CLOSED_PEER_RESET(302, TOTAL, "closed: peer reset", Legacy.NO_NAME),
    /** The client broke the framing. */
    CLOSED_MALFORMED_FRAME(303, TOTAL, "closed: malformed frame", Legacy.NO_NAME),
    /** The client did not authenticate in time. [C-CLT-03] */
    CLOSED_HANDSHAKE_TIMEOUT(304, TOTAL, "closed: handshake timeout", Legacy.NO_NAME),
    /** More than {@code --client-buffer} waited for or from the client. [C-LIM-11] */
    CLOSED_SLOW_CLIENT(305, TOTAL, "closed: slow client", "connections_failed_flood"),
    /** No chunk was left for the client's bytes. [C-LIM-10] */
    CLOSED_BUFFERS_EXHAUSTED(306, TOTAL, "closed: buffers exhausted", Legacy.NO_NAME),
    /** Closed to free buffers under memory pressure. [C-LIM-10] */
    CLOSED_LRU(307, TOTAL, "closed: least recently used", "connections_failed_lru"),
    /** The middle proxy asked for it. [P-RPC-67] */
    CLOSED_CLOSE_EXT(308, TOTAL, "closed: by middle proxy", Legacy.NO_NAME),
    /** The link the client was bound to is lost. [P-CON-22] */
    CLOSED_LINK_LOST(309, TOTAL, "closed: link lost", Legacy.NO_NAME),
    /** Its first packet found no ready link. [P-PAY-05] */
    CLOSED_DROPPED_QUERY(310, TOTAL, "closed: no target", Legacy.NO_NAME),
    /** No binding was left. [C-LIM-12] */
    CLOSED_TABLE_FULL(311, TOTAL, "closed: binding table full", Legacy.NO_NAME),
    /** The proxy ended. */
    CLOSED_SHUTDOWN(312, TOTAL, "closed: shutdown", Legacy.NO_NAME),
    /** Accepted beyond {@code -c} and closed at once. [C-LIM-01] */
    CLOSED_CONNECTION_LIMIT(313, TOTAL, "closed: connection limit", "accept_connection_limit_failed"),
    /** Accepted beyond {@code --max-accept-rate} and closed at once. [P-CON-60] */
    CLOSED_RATE_LIMIT(314, TOTAL, "closed: accept rate limit", "accept_rate_limit_failed"),
    /** Its middle proxy left the configuration and the drain time is over. */
    CLOSED_SERVER_REMOVED(315, TOTAL, "closed: server removed", Legacy.NO_NAME),
    /** An error of our own, see the error log. */
    CLOSED_INTERNAL_ERROR(316, TOTAL, "closed: internal error", Legacy.NO_NAME),
    /** Its secret left the configuration and the drain time is over. [C-CLI-74] */
    CLOSED_SECRET_REMOVED(317, TOTAL, "closed: secret removed", Legacy.NO_NAME),

    /** A fake-TLS client broke the record layer. [P-TLS-31] [P-TLS-34] */
    CLOSED_MALFORMED_RECORD(318, TOTAL, "closed: malformed record", Legacy.NO_NAME),
    /** The fronting domain ended the stream that was passed on to it. [P-TLS-60] */
    CLOSED_FRONT_END(319, TOTAL, "closed: fronting domain ended", Legacy.NO_NAME),
    /** The connection to the fronting domain was lost. [P-TLS-60] */
    CLOSED_FRONT_RESET(320, TOTAL, "closed: fronting domain reset", Legacy.NO_NAME),
    /** The fronting domain could not be reached. [P-TLS-60] */
    CLOSED_FRONT_UNREACHABLE(321, TOTAL, "closed: fronting domain unreachable", Legacy.NO_NAME),
    /** The fronting domain has no address. [C-CLT-22] */
    CLOSED_FRONT_UNRESOLVED(322, TOTAL, "closed: fronting domain unresolved", Legacy.NO_NAME),
    /** The fronting domain is this proxy: passing on would never end. [P-TLS-60] */
    CLOSED_FRONT_IS_PROXY(323, TOTAL, "closed: fronting domain is this proxy", Legacy.NO_NAME),
    /** None of ours, and by {@code --front-policy} closed or alerted. */
    CLOSED_FRONT_POLICY(324, TOTAL, "closed: by front policy", Legacy.NO_NAME),

    // Why links ended: one for each LinkCloseReason

    /** The middle proxy ended its stream. */
    LINK_CLOSED_PEER_END(401, TOTAL, "link closed: peer ended", Legacy.NO_NAME),
    /** The connection to the middle proxy was lost. */
    LINK_CLOSED_PEER_RESET(402, TOTAL, "link closed: peer reset", Legacy.NO_NAME),
    /** The TCP connection was refused or unreachable. [C-MID-02] */
    LINK_CLOSED_CONNECT_FAILED(403, TOTAL, "link closed: connect failed", Legacy.NO_NAME),
    /** The TCP connection did not stand in time. [C-MID-03] */
    LINK_CLOSED_CONNECT_TIMEOUT(404, TOTAL, "link closed: connect timeout", Legacy.NO_NAME),
    /** The RPC handshake did not end in time. [C-MID-03] */
    LINK_CLOSED_HANDSHAKE_TIMEOUT(405, TOTAL, "link closed: handshake timeout", Legacy.NO_NAME),
    /** The nonce packet was wrong. */
    LINK_CLOSED_NONCE_REJECTED(406, TOTAL, "link closed: nonce rejected", Legacy.NO_NAME),
    /** The handshake packet was wrong or an error. */
    LINK_CLOSED_HANDSHAKE_REJECTED(407, TOTAL, "link closed: handshake rejected", Legacy.NO_NAME),
    /** A frame length or type was wrong. */
    LINK_CLOSED_BAD_FRAME(408, TOTAL, "link closed: bad frame", Legacy.NO_NAME),
    /** A frame's sequence number was wrong. */
    LINK_CLOSED_BAD_SEQUENCE(409, TOTAL, "link closed: bad sequence number", Legacy.NO_NAME),
    /** A frame's CRC was wrong. */
    LINK_CLOSED_BAD_CRC(410, TOTAL, "link closed: bad CRC", Legacy.NO_NAME),
    /** No chunk was left for the link's bytes. */
    LINK_CLOSED_BUFFERS_EXHAUSTED(411, TOTAL, "link closed: buffers exhausted", Legacy.NO_NAME),
    /** The proxy ended. */
    LINK_CLOSED_SHUTDOWN(412, TOTAL, "link closed: shutdown", Legacy.NO_NAME),
    /** The server left the configuration. */
    LINK_CLOSED_SERVER_REMOVED(413, TOTAL, "link closed: server removed", "unused_connections_closed"),
    /** An error of our own, see the error log. */
    LINK_CLOSED_INTERNAL_ERROR(414, TOTAL, "link closed: internal error", Legacy.NO_NAME),
    /** No proxy-secret is loaded, so no handshake can begin. [C-EXIT-09] */
    LINK_CLOSED_NO_SECRET(415, TOTAL, "link closed: no secret", Legacy.NO_NAME);

    /** Name for counters that the C program does not have. */
    public static final String NO_LEGACY_NAME = Legacy.NO_NAME;

    private static final ProxyCounter[] VALUES = values();
    private static final Int2ObjectHashMap<ProxyCounter> BY_ID = byId();
    /** Totals that are held against the time since this process started. */
    private static final Set<ProxyCounter> OF_ONE_PROCESS = EnumSet.of(POLLS, POLL_WAIT_NS, DUTY_CYCLES);

    private final int id;
    private final Kind kind;
    private final Unit unit;
    private final String label;
    private final String legacyName;

    ProxyCounter(int id, Kind kind, String label, String legacyName)
    {
        this(id, kind, COUNT, label, legacyName);
    }

    ProxyCounter(int id, Kind kind, Unit unit, String label, String legacyName)
    {
        this.id = id;
        this.kind = kind;
        this.unit = unit;
        this.label = label;
        this.legacyName = legacyName;
    }

    /** @return number that stands for the counter in status files of all versions. */
    public int id()
    {
        return id;
    }

    public Kind kind()
    {
        return kind;
    }

    public Unit unit()
    {
        return unit;
    }

    public String label()
    {
        return label;
    }

    /** @return key in the C program's report, or {@link #NO_LEGACY_NAME}. */
    public String legacyName()
    {
        return legacyName;
    }

    /** @return whether the next process in the same place goes on with it, so that it never gets less. */
    boolean isContinued()
    {
        return kind == Kind.TOTAL && !OF_ONE_PROCESS.contains(this);
    }

    /** @return its place in a set of counters of this version: 0 to below {@link #count}. */
    @SuppressWarnings("EnumOrdinal")
    int index()
    {
        return ordinal();
    }

    /** @return how many counters there are. */
    public static int count()
    {
        return VALUES.length;
    }

    /** @return the counter with that id, or null when this version has none. */
    public static @Nullable ProxyCounter ofId(int id)
    {
        return BY_ID.get(id);
    }

    private static Int2ObjectHashMap<ProxyCounter> byId()
    {
        Int2ObjectHashMap<ProxyCounter> counters = new Int2ObjectHashMap<>();
        for (ProxyCounter counter : VALUES)
        {
            counters.put(counter.id, counter);
        }
        return counters;
    }

    /** How values of a counter are to be read and put together. */
    public enum Kind
    {
        /** Only grows; agents are summed. */
        TOTAL(0),
        /** Grows and shrinks; agents are summed. */
        GAUGE(1),
        /** The largest seen; of several agents the largest counts. */
        MAXIMUM(2);

        /** Stands for the kind in status files. */
        final byte code;

        Kind(int code)
        {
            this.code = (byte)code;
        }

        /** @return the kind of that code; what this version does not know is taken for a total. */
        static Kind ofCode(int code)
        {
            return code == GAUGE.code ? GAUGE : code == MAXIMUM.code ? MAXIMUM : TOTAL;
        }

        /** @return what two agents' values are together. */
        public long combine(long first, long second)
        {
            return this == MAXIMUM ? Math.max(first, second) : first + second;
        }
    }

    /** What is counted. */
    public enum Unit
    {
        /** Things, or how often something happened. */
        COUNT(0),
        /** Bytes. */
        BYTES(1),
        /** Nanoseconds. */
        NANOSECONDS(2);

        /** Stands for the unit in status files. */
        final byte code;

        Unit(int code)
        {
            this.code = (byte)code;
        }
    }

    /** Holds what the constants above refer to, as they cannot name a field of their own enum. */
    private static final class Legacy
    {
        static final String NO_NAME = "";

        private Legacy()
        {
        }
    }
}
