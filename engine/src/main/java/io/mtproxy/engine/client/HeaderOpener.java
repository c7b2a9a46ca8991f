// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.client;

import io.mtproxy.crypto.AesCtrStream;
import io.mtproxy.crypto.CipherScratch;
import io.mtproxy.crypto.Digests;
import io.mtproxy.engine.config.SecretList;
import io.mtproxy.engine.status.ProxyCounter;
import io.mtproxy.engine.status.ProxyCounters;
import io.mtproxy.engine.transport.AbridgedFrames;
import io.mtproxy.engine.transport.FrameCodec;
import io.mtproxy.engine.transport.HandshakeResult;
import io.mtproxy.engine.transport.IntermediateFrames;
import io.mtproxy.engine.transport.Obfuscated2Handshake;
import io.mtproxy.engine.transport.PaddedIntermediateFrames;
import java.net.InetAddress;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Opens the obfuscated2 headers of one agent's clients, one at a time: what the last one said stays here until the next,
 * and the two streams that it keyed are taken by the connection. [P-OBF-10]
 */
final class HeaderOpener
{
    private final CipherScratch scratch;
    private final ProxyCounters counters;
    private final SecretHints hints;
    private final Obfuscated2Handshake handshake;
    private @Nullable AesCtrStream receive;
    private @Nullable AesCtrStream send;

    HeaderOpener(CipherScratch scratch, ProxyCounters counters, SecretHints hints)
    {
        this.scratch = scratch;
        this.counters = counters;
        this.hints = hints;
        this.handshake = new Obfuscated2Handshake(new Digests(scratch));
    }

    /**
     * Tries the secrets on a header of 64 bytes; if accepted, both streams are keyed and must be taken or dropped.
     *
     * @param client where it comes from.
     */
    HandshakeResult open(DirectBuffer header, int offset, SecretList secrets, InetAddress client)
    {
        if (receive == null)
        {
            receive = new AesCtrStream(scratch);
        }
        if (send == null)
        {
            send = new AesCtrStream(scratch);
        }
        HandshakeResult result = handshake.decode(header, offset, Obfuscated2Handshake.HEADER_LENGTH, secrets,
            hints.find(client), receive, send);
        if (result == HandshakeResult.ACCEPTED)
        {
            hints.remember(client, handshake.secretIndex());
        }
        return result;
    }

    /** @return framing that the last header has asked for. */
    FrameCodec frameCodec()
    {
        return handshake.frameCodec();
    }

    /** @return DC that the last header has asked for. */
    int dcId()
    {
        return handshake.dcId();
    }

    /** @return position of the secret that opened the last header; negative if none was needed. */
    int secretIndex()
    {
        return handshake.secretIndex();
    }

    AesCtrStream takeReceiveStream()
    {
        AesCtrStream stream = receive;
        receive = null;
        if (stream == null)
        {
            throw new IllegalStateException("no header has been opened");
        }
        return stream;
    }

    AesCtrStream takeSendStream()
    {
        AesCtrStream stream = send;
        send = null;
        if (stream == null)
        {
            throw new IllegalStateException("no header has been opened");
        }
        return stream;
    }

    /** Nobody wants the streams that were just keyed. */
    void dropStreams()
    {
        takeReceiveStream().close();
        takeSendStream().close();
    }

    /** The last header has made a client. */
    void countAccepted()
    {
        counters.increment(ProxyCounter.HANDSHAKES_ACCEPTED);
        counters.increment(switch (handshake.frameCodec())
        {
            case AbridgedFrames _ -> ProxyCounter.CONNECTIONS_ABRIDGED;
            case IntermediateFrames _ -> ProxyCounter.CONNECTIONS_INTERMEDIATE;
            case PaddedIntermediateFrames _ -> ProxyCounter.CONNECTIONS_PADDED;
        });
        counters.add(ProxyCounter.ENCRYPTED_CONNECTIONS, 1);
    }
}
