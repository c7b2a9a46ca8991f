// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.datacenter;

import io.mtproxy.engine.rpc.IpAddresses;
import io.mtproxy.engine.rpc.ProcessId;
import io.mtproxy.engine.rpc.RpcEndpoint;
import io.mtproxy.engine.rpc.RpcHandshake;
import io.mtproxy.engine.rpc.RpcKeys;
import io.mtproxy.engine.rpc.RpcNonce;
import java.net.InetSocketAddress;
import java.util.Arrays;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;

/**
 * What one link says and judges before it is ready: the nonces, in clear, from which both sides make the keys, and then
 * the RPC handshake, the first encrypted frame each way. Knows neither phases nor sockets; {@link DatacenterLink} asks
 * in the right order. What is to be sent is put into {@link LinkContext#payload}.
 */
final class LinkHandshake
{
    private final LinkContext context;
    /** Ours; valid in NONCE. */
    private final byte[] nonce = new byte[RpcNonce.NONCE_LENGTH];
    /** Sent in our nonce packet; valid in NONCE. */
    private int timestampSeconds;
    /** Who we said we are; valid in HANDSHAKE. */
    private @Nullable ProcessId sender;

    LinkHandshake(LinkContext context)
    {
        this.context = context;
    }

    /** Draws our nonce and encodes its packet of {@link RpcNonce#LENGTH}. [P-RPC-11] [P-RPC-14] */
    void encodeNonce()
    {
        timestampSeconds = (int)(context.epochClock.time() / 1000);
        context.random.nextBytes(nonce, 0, nonce.length);
        RpcNonce.encode(
            context.payload, 0, context.settings.requireSecret().keySelector(), timestampSeconds, nonce);
    }

    /**
     * Judges the server's nonce packet. [P-RPC-13]
     *
     * @param behindLength bytes received behind its frame, of which there must be none.
     */
    boolean isNonceAccepted(DirectBuffer buffer, int offset, int length, int behindLength)
    {
        return RpcNonce.verify(buffer, offset, length, context.settings.requireSecret().keySelector(),
            timestampSeconds, behindLength) == RpcNonce.Verdict.ACCEPTED;
    }

    /**
     * Makes the keys from both nonces, and forgets those. [P-RPC-20] [P-RPC-21]
     *
     * @param buffer with the server's nonce packet, which was accepted.
     * @param local  our end of the link.
     * @param remote the server's.
     * @return the agent's keys, to be cleared by the caller.
     */
    RpcKeys deriveKeys(DirectBuffer buffer, int offset, InetSocketAddress local, InetSocketAddress remote)
    {
        RpcNonce.getNonce(buffer, offset, context.nonce);
        context.keys
            .secret(context.settings.requireSecret().bytes())
            .clientNonce(nonce)
            .serverNonce(context.nonce)
            .clientTimestamp(timestampSeconds)
            .derive(RpcEndpoint.of(local, context.settings.natTranslation()),
                RpcEndpoint.of(remote, context.settings.natTranslation()));
        Arrays.fill(context.nonce, (byte)0);
        clear();
        return context.keys;
    }

    /**
     * Encodes our handshake packet of {@link RpcHandshake#LENGTH}. [P-RPC-31]
     *
     * @param local  our end of the link.
     * @param server as it is configured.
     */
    void encodeHandshake(InetSocketAddress local, InetSocketAddress server)
    {
        sender = context.settings.sender().apply(local);
        ProcessId peer = ProcessId.ofPeer(IpAddresses.toIpv4(server.getAddress()), server.getPort());
        RpcHandshake.encode(context.payload, 0, sender, peer);
    }

    /** Judges the server's handshake packet. [P-RPC-33] */
    RpcHandshake.Verdict verifyHandshake(DirectBuffer buffer, int offset, int length)
    {
        assert sender != null : "encoded before anything can be received";
        return RpcHandshake.verify(buffer, offset, length, sender);
    }

    /** Zeroes our nonce. */
    void clear()
    {
        Arrays.fill(nonce, (byte)0);
    }
}
