// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.client;

import io.mtproxy.crypto.AesCtrStream;
import io.mtproxy.engine.memory.ChunkChain;
import io.mtproxy.engine.relay.RelayRing;
import io.mtproxy.engine.relay.ServerEntry;
import io.mtproxy.engine.relay.ToDatacenterMessage;
import io.mtproxy.engine.rpc.ProxyRequest;
import io.mtproxy.engine.status.ProxyCounter;
import io.mtproxy.engine.status.api.StallLeg;
import io.mtproxy.engine.transport.FrameCodec;
import io.mtproxy.engine.transport.FrameHeader;
import io.mtproxy.engine.transport.PayloadFilter;
import org.agrona.concurrent.AtomicBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * What one client sends: from received bytes to payloads in the ring of a datacenter agent.
 * <p>
 * A frame is decrypted once, straight into the ring, when all of it is there (architecture A3); until then its bytes wait
 * undecrypted in chunks. Reads like the way of a byte: {@link #onReceived}, {@link #relayFrames},
 * {@link #readFrameHeader}, {@link #forwardPart}.
 */
final class RequestFlow
{
    private static final int NO_FRAME = -1;

    private final ClientConnection connection;
    private final ClientConnections shared;
    private final ClientTraffic traffic;
    private final AnswerFlow answers;
    private final AesCtrStream receive;
    private final FrameCodec codec;
    private final int dcId;
    private final SecretAccount account;
    private final ChunkChain input;
    private Stall stall = Stall.NONE;
    private boolean endOfStream;
    /** No chunk was left to keep a frame in; if it has partly crossed, zeros stand in for the rest. */
    private boolean isRestLost;

    // The frame at the front: its header as far as decrypted, then its lengths, then how much of it has crossed.
    private int headerWord;
    private int headerCount;
    private int wireLength = NO_FRAME;
    private int payloadLength;
    private boolean quickAck;
    private int forwardedLength;
    private int bindFlag;

    private Binding binding = Binding.NONE;
    /** The server drawn for the first forwarded payload; kept for life. [P-CON-20] */
    private @Nullable ServerEntry server;
    private int linkIndex;
    /** A packet was dropped because there was no target. [P-PAY-05] */
    private boolean dropped;
    /** RPC_PROXY_REQ up to the payload, the same each time but for its flags. */
    private byte @Nullable [] requestHead;
    private long authKeyId;

    /** Takes over what the agent's handshake object has just found out. */
    RequestFlow(ClientConnection connection, ClientConnections shared, ClientTraffic traffic, AnswerFlow answers,
        SecretAccount account)
    {
        this.connection = connection;
        this.shared = shared;
        this.traffic = traffic;
        this.answers = answers;
        this.receive = shared.headers.takeReceiveStream();
        this.codec = shared.headers.frameCodec();
        this.dcId = shared.headers.dcId();
        this.account = account;
        this.input = new ChunkChain(shared.chunks);
    }

    /** Why no further frame may be handled now. */
    private enum Stall
    {
        NONE,
        /** The first payload is on its way and no link has answered for it yet. */
        BINDING,
        /** The link has too much waiting. [P-CON-53] */
        LINK_CONGESTED,
        /** The ring to the datacenter agent is full, or another connection is in the middle of a payload. */
        RING_FULL,
        /** The client's ping is to be answered first, and an answer is still being sent. [P-OBF-50] */
        PONG_PENDING
    }

    /** Whether the datacenter side knows this connection. */
    private enum Binding
    {
        NONE,
        REQUESTED,
        BOUND
    }

    /** @return bytes of memory that hold what has not crossed yet. */
    int heldLength()
    {
        return input.heldLength();
    }

    /** @return whether more bytes can be used; behind a stall they would only pile up. */
    boolean wantsMore()
    {
        return !endOfStream && (stall == Stall.NONE || input.isEmpty());
    }

    /** @return where the packet at the front stands still, or null when it is nobody's fault or there is none. */
    @Nullable
    StallLeg stalledLeg()
    {
        return switch (stall)
        {
            case LINK_CONGESTED -> StallLeg.LINK_CONGESTED;
            case RING_FULL -> StallLeg.TO_DATACENTER_RING_FULL;
            case NONE, BINDING, PONG_PENDING -> null;
        };
    }

    /** @return whether the client's secret is gone, and the time to drain as well. [C-CLI-74] */
    boolean isSecretDrained(long nowNs)
    {
        return account.isDrainOver(nowNs);
    }

    /** New bytes lie in the agent's receive buffer. */
    void onReceived(int offset, int length)
    {
        FrameSource source = shared.source;
        if (input.isEmpty())
        {
            source.ofReceived(offset, length);
        }
        else
        {
            source.ofReceived(offset, length);
            keepRest(source);
            source.ofChain(input);
        }
        if (!isRestLost)
        {
            relayFrames(source);
        }
    }

    /**
     * The client has ended its stream. Complete frames received before that are still forwarded, unless a peer would have
     * to be waited for. [P-OBF-51]
     *
     * @return whether frames are left that the rings alone hold up.
     */
    boolean endAfterCompleteFrames()
    {
        endOfStream = stall == Stall.RING_FULL || stall == Stall.BINDING && !input.isEmpty();
        return endOfStream;
    }

    /** Goes on after a stall. */
    void resume()
    {
        if (answers.isPongPending())
        {
            return;
        }
        shared.source.ofChain(input);
        relayFrames(shared.source);
        if (endOfStream && stall != Stall.RING_FULL && stall != Stall.BINDING)
        {
            connection.close(CloseReason.PEER_END);
        }
    }

    /**
     * The datacenter agent has bound this connection to a link of the server. [P-CON-20]
     *
     * @return whether frames have waited for that.
     */
    boolean onBound(int boundLinkIndex)
    {
        linkIndex = boundLinkIndex;
        binding = Binding.BOUND;
        traffic.onBound();
        return stall == Stall.BINDING;
    }

    /**
     * The server had no ready link left when the first payload came there, which was dropped. [P-PAY-05]
     *
     * @return whether frames have waited for an answer.
     */
    boolean onRefused()
    {
        forgetBinding();
        undraw();
        dropped = true;
        traffic.onRefused();
        return stall == Stall.BINDING;
    }

    /** The datacenter side does not know this connection any more. */
    void forgetBinding()
    {
        if (binding != Binding.NONE)
        {
            account.removeClient(authKeyId, connection.remoteAddress());
            binding = Binding.NONE;
            authKeyId = 0;
        }
    }

    /** @return whether the link this connection is bound to wants no more for now. */
    boolean isLinkCongested()
    {
        return binding == Binding.BOUND && server != null && server.marks().isCongested(linkIndex);
    }

    /** Handles the frames that are there, until one is incomplete or something stalls. [P-OBF-22] */
    private void relayFrames(FrameSource source)
    {
        stall = Stall.NONE;
        while (connection.phase() == ClientPhase.RELAY)
        {
            if (wireLength == NO_FRAME && !readFrameHeader(source))
            {
                break;
            }
            if (forwardedLength == 0 && (source.length() < wireLength || isStalledBeforeFrame()))
            {
                break;
            }
            if (!forwardPart(source))
            {
                break;
            }
        }
        if (connection.phase() == ClientPhase.RELAY || forwardedLength > 0)
        {
            keepRest(source);
        }
    }

    private void keepRest(FrameSource source)
    {
        if (!source.keepIn(input))
        {
            isRestLost = true;
            connection.close(CloseReason.BUFFERS_EXHAUSTED);
        }
    }

    private boolean isStalledBeforeFrame()
    {
        if (answers.isPongPending())
        {
            stall = Stall.PONG_PENDING;
        }
        else if (binding == Binding.REQUESTED)
        {
            stall = Stall.BINDING;
        }
        else if (isLinkCongested())
        {
            stall = Stall.LINK_CONGESTED;
            shared.waitForLink(connection);
        }
        return stall != Stall.NONE;
    }

    /**
     * Decrypts the header of the next frame, as far as it has arrived.
     *
     * @return whether it is complete and good; after a malformed one the connection is closed. [P-OBF-21]
     */
    private boolean readFrameHeader(FrameSource source)
    {
        UnsafeBuffer scratch = shared.scratch;
        scratch.putInt(0, headerWord);
        int wanted = headerCount == 0 ? codec.headerLengthMin() : codec.headerLength(scratch.getByte(0));
        while (headerCount < wanted && source.length() > 0)
        {
            int run = Math.min(wanted - headerCount, source.length());
            source.decrypt(receive, scratch, headerCount, run);
            headerCount += run;
            wanted = Math.max(wanted, codec.headerLength(scratch.getByte(0)));
        }
        headerWord = scratch.getInt(0);
        if (headerCount < wanted)
        {
            return false;
        }
        headerCount = 0;
        headerWord = 0;
        FrameHeader header = shared.frameHeader;
        return switch (codec.decodeHeader(scratch, 0, header))
        {
            case OK ->
            {
                wireLength = header.wireLength();
                payloadLength = header.payloadLength();
                quickAck = header.quickAck();
                yield true;
            }
            case MALFORMED ->
            {
                connection.close(CloseReason.MALFORMED_FRAME);
                yield false;
            }
        };
    }

    /**
     * Moves the next part of the frame across: claims room in the ring, decrypts into it behind the RPC_PROXY_REQ header,
     * looks at the payload where it lies, and hands it over. [P-PAY-01] [P-RPC-40]
     *
     * @return whether to go on with the next part or frame; false when the ring is full or the connection was closed.
     */
    private boolean forwardPart(FrameSource source)
    {
        if (server == null && forwardedLength == 0)
        {
            server = shared.routes.drawServer(dcId);
            if (server == null)
            {
                return dropWithoutTarget(source);
            }
        }
        ServerEntry target = requireServer();
        DatacenterRoute route = shared.routes.to(target);
        int headLength = forwardedLength == 0 ? shared.requestHeads.length() : 0;
        int partLength = Math.min(payloadLength - forwardedLength, RelayRing.PART_LENGTH_MAX - headLength);
        ClientPhase phaseBefore = connection.phase();
        int index = route.tryClaim(connection, ToDatacenterMessage.REQUEST,
            ToDatacenterMessage.DATA_OFFSET + headLength + partLength);
        if (index < 0)
        {
            stallOnFullRing(route);
            return false;
        }
        boolean isGood = false;
        try
        {
            // Agents on one thread drain a full ring inside the claim, and that may have closed this connection.
            isGood = connection.phase() == phaseBefore &&
                fillPart(source, target, route.ring.buffer(), index, headLength, partLength);
        }
        finally
        {
            if (isGood)
            {
                route.commit(index);
            }
            else
            {
                route.ring.abort(index);
            }
        }
        if (isGood)
        {
            onPartCrossed(source, route, partLength);
        }
        return connection.phase() == phaseBefore;
    }

    private void stallOnFullRing(DatacenterRoute route)
    {
        undraw();
        stall = Stall.RING_FULL;
        shared.counters.increment(ProxyCounter.TO_DATACENTER_RING_FULL);
        if (connection.phase() == ClientPhase.RELAY)
        {
            route.waitForRoom(connection);
        }
    }

    /** The server is drawn for the first payload that crosses, not for one that did not. [P-CON-21] */
    private void undraw()
    {
        if (binding == Binding.NONE && forwardedLength == 0)
        {
            server = null;
        }
    }

    /** @return whether the claimed room holds a part to be handed over; if not, the whole frame has been dealt with. */
    private boolean fillPart(FrameSource source, ServerEntry target, AtomicBuffer ring, int index, int headLength,
        int partLength)
    {
        int headIndex = index + ToDatacenterMessage.DATA_OFFSET;
        int partIndex = headIndex + headLength;
        source.decrypt(receive, ring, partIndex, partLength);
        int flags = forwardedLength + partLength == payloadLength ? ToDatacenterMessage.FLAG_END : 0;
        if (forwardedLength == 0)
        {
            PayloadFilter.Verdict verdict = PayloadFilter.classify(ring, partIndex, partLength, payloadLength);
            if (!isForwarded(verdict, ring, partIndex))
            {
                passOverFrame(source, partLength);
                undraw();
                return false;
            }
            putRequestHead(ring, headIndex, verdict);
            flags |= ToDatacenterMessage.FLAG_BEGIN;
            noteAuthKey(verdict, ring, partIndex);
        }
        ring.putLong(index + ToDatacenterMessage.EXT_CONNECTION_ID_OFFSET, connection.extConnectionId());
        ring.putInt(index + ToDatacenterMessage.SERVER_INDEX_OFFSET, target.index());
        ring.putInt(index + ToDatacenterMessage.FLAGS_OFFSET, flags | bindFlag);
        ring.putInt(index + ToDatacenterMessage.STAMP_OFFSET,
            (flags & ToDatacenterMessage.FLAG_END) == 0 ? 0 : traffic.takeStamp());
        ring.putInt(index + ToDatacenterMessage.TOTAL_LENGTH_OFFSET, shared.requestHeads.length() + payloadLength);
        return true;
    }

    private boolean isForwarded(PayloadFilter.Verdict verdict, AtomicBuffer payload, int offset)
    {
        return switch (verdict)
        {
            case FORWARD_ENCRYPTED, FORWARD_PLAIN ->
            {
                if (dropped && binding == Binding.NONE)
                {
                    connection.close(CloseReason.DROPPED_QUERY);
                    yield false;
                }
                yield true;
            }
            case PING ->
            {
                answers.sendPong(payload, offset);
                yield false;
            }
            case DROP ->
            {
                shared.counters.increment(ProxyCounter.PAYLOADS_DROPPED_BY_FILTER);
                yield false;
            }
        };
    }

    private void putRequestHead(AtomicBuffer ring, int index, PayloadFilter.Verdict verdict)
    {
        byte[] head = requestHead;
        if (head == null)
        {
            head = shared.requestHeads.make(connection, codec.proxyFlags());
            requestHead = head;
        }
        ring.putBytes(index, head);
        int flags = verdict == PayloadFilter.Verdict.FORWARD_PLAIN ? ProxyRequest.FLAG_PLAIN : 0;
        ProxyRequest.addFlags(ring, index, quickAck ? flags | ProxyRequest.FLAG_QUICK_ACK : flags);
    }

    /** The first payload asks for a link; each one may show another key. [P-PAY-06] [C-STAT-08] */
    private void noteAuthKey(PayloadFilter.Verdict verdict, AtomicBuffer payload, int offset)
    {
        bindFlag = 0;
        if (binding == Binding.NONE)
        {
            binding = Binding.REQUESTED;
            bindFlag = ToDatacenterMessage.FLAG_BIND;
            account.addClient(connection.remoteAddress());
        }
        if (verdict == PayloadFilter.Verdict.FORWARD_ENCRYPTED)
        {
            long keyId = PayloadFilter.authKeyId(payload, offset);
            if (keyId != authKeyId)
            {
                account.replaceKey(authKeyId, keyId);
                authKeyId = keyId;
            }
        }
    }

    private void onPartCrossed(FrameSource source, DatacenterRoute route, int partLength)
    {
        forwardedLength += partLength;
        traffic.onForwarded(partLength, forwardedLength == payloadLength);
        if (forwardedLength == payloadLength)
        {
            source.skip(receive, wireLength - payloadLength);
            endFrame();
            undraw();
            route.release();
        }
        else
        {
            route.hold(connection);
        }
    }

    /** No server has a ready link: looks at the payload all the same, as only a good one counts. [P-PAY-05] */
    private boolean dropWithoutTarget(FrameSource source)
    {
        int looked = Math.min(payloadLength, PayloadFilter.HEAD_LENGTH);
        source.decrypt(receive, shared.scratch, 0, looked);
        PayloadFilter.Verdict verdict = PayloadFilter.classify(shared.scratch, 0, looked, payloadLength);
        switch (verdict)
        {
            case FORWARD_ENCRYPTED, FORWARD_PLAIN ->
            {
                shared.counters.increment(ProxyCounter.FRAMES_DROPPED_NO_TARGET);
                traffic.onDropped();
                dropped = true;
            }
            case PING -> answers.sendPong(shared.scratch, 0);
            case DROP -> shared.counters.increment(ProxyCounter.PAYLOADS_DROPPED_BY_FILTER);
        }
        passOverFrame(source, looked);
        return connection.phase() == ClientPhase.RELAY;
    }

    /** Leaves out the rest of a frame that goes nowhere, unless looking at it has ended the connection and its stream. */
    private void passOverFrame(FrameSource source, int doneLength)
    {
        if (connection.phase() == ClientPhase.RELAY)
        {
            source.skip(receive, wireLength - doneLength);
        }
        endFrame();
    }

    private void endFrame()
    {
        wireLength = NO_FRAME;
        forwardedLength = 0;
    }

    /** The socket is closed: gives back what is not needed any more. */
    void stop()
    {
        if (forwardedLength == 0)
        {
            input.clear();
            receive.close();
        }
    }

    /**
     * Brings the rest of a payload that has partly crossed into the ring, as the link is in the middle of its frame, and
     * then the news that the client is gone.
     *
     * @return whether all of it is in the ring.
     */
    boolean finish()
    {
        if (forwardedLength > 0)
        {
            FrameSource source = shared.source;
            if (isRestLost)
            {
                source.ofZeros(wireLength - forwardedLength);
            }
            else
            {
                source.ofChain(input);
            }
            while (forwardedLength > 0)
            {
                if (!forwardPart(source))
                {
                    return false;
                }
            }
            stop();
        }
        if (binding != Binding.NONE)
        {
            DatacenterRoute route = shared.routes.to(requireServer());
            int index = route.tryClaim(connection, ToDatacenterMessage.CLOSE, ToDatacenterMessage.DATA_OFFSET);
            if (index < 0)
            {
                return false;
            }
            route.ring.buffer().putLong(index + ToDatacenterMessage.EXT_CONNECTION_ID_OFFSET,
                connection.extConnectionId());
            route.commit(index);
            forgetBinding();
        }
        return true;
    }

    private ServerEntry requireServer()
    {
        ServerEntry chosen = server;
        if (chosen == null)
        {
            throw new IllegalStateException("no server has been drawn");
        }
        return chosen;
    }
}
