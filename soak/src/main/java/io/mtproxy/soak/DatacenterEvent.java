// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.soak;

import java.net.InetSocketAddress;

/** Something that a {@link DatacenterPeer} found in the bytes of the proxy. */
public sealed interface DatacenterEvent
{
    /** The proxy's nonce packet was right. [P-RPC-11] */
    record Nonce(int timestamp) implements DatacenterEvent
    {
    }

    /**
     * The proxy's handshake was right; the connection is ready unless a fault was asked for. [P-RPC-31]
     *
     * @param flags     of the proxy.
     * @param senderPid 12 bytes. [P-RPC-30]
     * @param peerPid   12 bytes.
     */
    record Handshake(int flags, byte[] senderPid, byte[] peerPid) implements DatacenterEvent
    {
    }

    /**
     * RPC_PROXY_REQ. [P-RPC-40]
     *
     * @param flags           as sent. [P-RPC-41]
     * @param extConnectionId of the client connection.
     * @param client          address and port of the client.
     * @param own             the proxy's end of the client's connection.
     * @param extra           the extra fields without their length; empty without a proxy tag. [P-RPC-42]
     * @param payload         the client's packet.
     */
    record ProxyRequest(
        int flags, long extConnectionId, InetSocketAddress client, InetSocketAddress own, byte[] extra, byte[] payload)
        implements DatacenterEvent
    {
        public static final int FLAG_PLAIN = 0x2;
        public static final int FLAG_HTTP = 0x4;
        public static final int FLAG_TAG = 0x8;
        public static final int FLAG_ALWAYS = 0x0002_1000;
        public static final int FLAG_INTERMEDIATE = 0x2000_0000;
        public static final int FLAG_ABRIDGED = 0x4000_0000;
        public static final int FLAG_QUICK_ACK = 0x8000_0000;

        public boolean isQuickAckWanted()
        {
            return (flags & FLAG_QUICK_ACK) != 0;
        }

        /** The 16 bytes of the proxy tag, or none. */
        public byte[] proxyTag()
        {
            return extra.length == RequestView.TAG_EXTRA_LENGTH ?
                java.util.Arrays.copyOfRange(extra, RequestView.TAG_OFFSET, RequestView.TAG_OFFSET + 16) :
                new byte[0];
        }

        @Override
        public String toString()
        {
            return "ProxyRequest[flags 0x" + Integer.toHexString(flags) + ", id " + extConnectionId + ", client " +
                client + ", own " + own + ", extra " + extra.length + " bytes, payload " + payload.length + " bytes]";
        }
    }

    /** RPC_CLOSE_CONN. [P-RPC-43] */
    record CloseConnection(long extConnectionId) implements DatacenterEvent
    {
    }

    /** RPC_PONG. [P-RPC-44] */
    record Pong(long id) implements DatacenterEvent
    {
    }

    /** RPC_PING, which a proxy may send; it was answered. [P-RPC-44] */
    record Ping(long id) implements DatacenterEvent
    {
    }

    /**
     * The proxy broke the protocol.
     *
     * @param clause of the specification.
     * @param text   what was wrong.
     * @param fatal  whether the connection ends by it: the stream makes no sense any more.
     */
    record Violation(String clause, String text, boolean fatal) implements DatacenterEvent
    {
    }
}
