// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.datacenter;

import io.mtproxy.engine.status.ProxyCounter;

/** Every way a link can end, each with its counter. */
public enum LinkCloseReason
{
    /** The middle proxy ended its stream. */
    PEER_END(ProxyCounter.LINK_CLOSED_PEER_END),
    /** The connection was lost. */
    PEER_RESET(ProxyCounter.LINK_CLOSED_PEER_RESET),
    /** The TCP connection was refused or unreachable. [C-MID-02] */
    CONNECT_FAILED(ProxyCounter.LINK_CLOSED_CONNECT_FAILED),
    /** The TCP connection did not stand in time. [C-MID-03] */
    CONNECT_TIMEOUT(ProxyCounter.LINK_CLOSED_CONNECT_TIMEOUT),
    /** The RPC handshake did not end in time. [C-MID-03] */
    HANDSHAKE_TIMEOUT(ProxyCounter.LINK_CLOSED_HANDSHAKE_TIMEOUT),
    /** The nonce packet was wrong. [P-RPC-13] */
    NONCE_REJECTED(ProxyCounter.LINK_CLOSED_NONCE_REJECTED),
    /** The handshake packet was wrong, or was an error. [P-RPC-33] [P-RPC-35] */
    HANDSHAKE_REJECTED(ProxyCounter.LINK_CLOSED_HANDSHAKE_REJECTED),
    /** A frame's length was wrong. [P-RPC-03] */
    BAD_FRAME(ProxyCounter.LINK_CLOSED_BAD_FRAME),
    /** A frame's sequence number was wrong. [P-RPC-04] */
    BAD_SEQUENCE(ProxyCounter.LINK_CLOSED_BAD_SEQUENCE),
    /** A frame's CRC was wrong. [P-RPC-05] */
    BAD_CRC(ProxyCounter.LINK_CLOSED_BAD_CRC),
    /** No chunk was left for the link's bytes. */
    BUFFERS_EXHAUSTED(ProxyCounter.LINK_CLOSED_BUFFERS_EXHAUSTED),
    /** The proxy ends. */
    SHUTDOWN(ProxyCounter.LINK_CLOSED_SHUTDOWN),
    /** The server left the configuration. */
    SERVER_REMOVED(ProxyCounter.LINK_CLOSED_SERVER_REMOVED),
    /** An error of our own. */
    INTERNAL_ERROR(ProxyCounter.LINK_CLOSED_INTERNAL_ERROR),
    /** There is no secret to make keys from: no link can ever be. [C-EXIT-09] [C-MID-07] */
    NO_SECRET(ProxyCounter.LINK_CLOSED_NO_SECRET);

    private final ProxyCounter counter;

    LinkCloseReason(ProxyCounter counter)
    {
        this.counter = counter;
    }

    /** @return what counts links that ended so. */
    public ProxyCounter counter()
    {
        return counter;
    }
}
