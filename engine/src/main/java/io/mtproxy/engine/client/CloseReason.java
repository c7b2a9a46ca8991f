// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.client;

import io.mtproxy.engine.status.ProxyCounter;

/** Every way in which a client connection can end, each with its counter. */
public enum CloseReason
{
    /** The client ended its stream. [P-OBF-51] */
    PEER_END(ProxyCounter.CLOSED_PEER_END),
    /** The network lost the connection, or the client reset it. */
    PEER_RESET(ProxyCounter.CLOSED_PEER_RESET),
    /** A frame's length breaks the limits of its transport. [P-OBF-21] [P-OBF-30] [P-OBF-34] */
    MALFORMED_FRAME(ProxyCounter.CLOSED_MALFORMED_FRAME),
    /** No header that one of the secrets opens came in time. [C-CLT-03] */
    HANDSHAKE_TIMEOUT(ProxyCounter.CLOSED_HANDSHAKE_TIMEOUT),
    /** What waited for the client passed {@code --client-buffer}. [C-LIM-11] [P-CON-51] */
    SLOW_CLIENT(ProxyCounter.CLOSED_SLOW_CLIENT),
    /** The agent's chunks are used up. [P-CON-50] */
    BUFFERS_EXHAUSTED(ProxyCounter.CLOSED_BUFFERS_EXHAUSTED),
    /** The buffers of all clients passed 3/4 of their limit, and this one had sent least recently. [C-LIM-10] */
    LEAST_RECENTLY_USED(ProxyCounter.CLOSED_LRU),
    /** The middle proxy closed it. [P-RPC-67] */
    CLOSE_EXT(ProxyCounter.CLOSED_CLOSE_EXT),
    /** The link it was bound to is lost. [P-CON-22] */
    LINK_LOST(ProxyCounter.CLOSED_LINK_LOST),
    /** Its middle proxy left the configuration, and the time to drain is over. [C-REL-13] */
    SERVER_REMOVED(ProxyCounter.CLOSED_SERVER_REMOVED),
    /** Its secret left the configuration, and the time to drain is over. [C-CLI-74] */
    SECRET_REMOVED(ProxyCounter.CLOSED_SECRET_REMOVED),
    /** A packet came that could be forwarded after an earlier one had been dropped. [P-PAY-05] */
    DROPPED_QUERY(ProxyCounter.CLOSED_DROPPED_QUERY),
    /** No room to bind one more client to a link. [C-LIM-12] */
    TABLE_FULL(ProxyCounter.CLOSED_TABLE_FULL),
    /** Accepted above {@code -c} and closed at once. [P-CON-60] */
    CONNECTION_LIMIT(ProxyCounter.CLOSED_CONNECTION_LIMIT),
    /** Accepted above {@code --max-accept-rate} and closed at once. [P-CON-60] */
    ACCEPT_RATE(ProxyCounter.CLOSED_RATE_LIMIT),
    /** What follows the flight is no record, or not of application data. [P-TLS-31] [P-TLS-34] */
    MALFORMED_RECORD(ProxyCounter.CLOSED_MALFORMED_RECORD),
    /** Passed on to a domain, which ended its stream first. [P-TLS-60] */
    FRONT_END(ProxyCounter.CLOSED_FRONT_END),
    /** Passed on to a domain, to which the connection was lost. [P-TLS-60] */
    FRONT_RESET(ProxyCounter.CLOSED_FRONT_RESET),
    /** The domain to pass it on to refuses connections. [P-TLS-60] */
    FRONT_UNREACHABLE(ProxyCounter.CLOSED_FRONT_UNREACHABLE),
    /** The domain to pass it on to has no address. [P-TLS-60] [C-CLT-22] */
    FRONT_UNRESOLVED(ProxyCounter.CLOSED_FRONT_UNRESOLVED),
    /** The domain to pass it on to is this proxy. [P-TLS-60] */
    FRONT_IS_PROXY(ProxyCounter.CLOSED_FRONT_IS_PROXY),
    /** None of ours, and {@code --front-policy} does not let the domain answer it. */
    FRONT_POLICY(ProxyCounter.CLOSED_FRONT_POLICY),
    /** A rule of our own was broken: a defect, reported in the error log. */
    INTERNAL_ERROR(ProxyCounter.CLOSED_INTERNAL_ERROR),
    /** The proxy ends. */
    SHUTDOWN(ProxyCounter.CLOSED_SHUTDOWN);

    private final ProxyCounter counter;

    CloseReason(ProxyCounter counter)
    {
        this.counter = counter;
    }

    /** @return the counter of connections that ended so. */
    public ProxyCounter counter()
    {
        return counter;
    }
}
