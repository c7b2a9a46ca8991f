// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.datacenter;

import io.mtproxy.crypto.AesCbcStream;
import io.mtproxy.engine.io.Interest;
import io.mtproxy.engine.io.PollKey;
import io.mtproxy.engine.io.ReadyHandler;
import io.mtproxy.engine.io.TcpSocket;
import io.mtproxy.engine.memory.Chunk;
import io.mtproxy.engine.memory.ChunkChain;
import io.mtproxy.engine.relay.ServerEntry;
import io.mtproxy.engine.relay.ToClientMessage;
import io.mtproxy.engine.relay.ToClientMessage.ClosedCause;
import io.mtproxy.engine.rpc.CloseExternal;
import io.mtproxy.engine.rpc.IpAddresses;
import io.mtproxy.engine.rpc.Ping;
import io.mtproxy.engine.rpc.ProcessId;
import io.mtproxy.engine.rpc.RpcEndpoint;
import io.mtproxy.engine.rpc.RpcFrameHandler;
import io.mtproxy.engine.rpc.RpcFrameReader;
import io.mtproxy.engine.rpc.RpcFrameWriter;
import io.mtproxy.engine.rpc.RpcHandshake;
import io.mtproxy.engine.rpc.RpcNonce;
import io.mtproxy.engine.rpc.RpcReceived;
import io.mtproxy.engine.status.ProxyCounter;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * One connection to a middle proxy: from connecting over both handshakes to frames for all clients bound to it, and to
 * its end. {@link LinkPhase} says what is valid when.
 * <p>
 * What is sent waits in chunks until the end of the turn, so that frames of many clients leave in one write. A received
 * frame that finds no room where it must go stops the link: nothing is read until it has gone. While a request is on
 * its way in parts, frames of our own cannot stand between them, so a frame that wants an answer stops the link too.
 */
final class DatacenterLink implements ReadyHandler, RpcFrameHandler
{
    /** Longest time to be connected, and again to be ready. [P-RPC-36] [C-MID-03] */
    private static final long PHASE_TIMEOUT_NS = TimeUnit.SECONDS.toNanos(3);
    /** Reads in one turn, each of up to 256 KiB; the poller reports the rest again. */
    private static final int READ_COUNT_MAX = 2;
    /** Waiting bytes that are written before the turn ends: more would only leave the cache. */
    private static final int EARLY_WRITE_LENGTH = 256 * 1024;
    private static final DirectBuffer NOTHING = new UnsafeBuffer(new byte[0]);
    /** No connection: ids of ours are never 0. [P-CON-40] */
    private static final long NO_CONNECTION = 0;

    /** Clients bound to this link. */
    final ExtConnectionTable.Bindings bindings = new ExtConnectionTable.Bindings();

    private final ServerLinks server;
    private final int index;
    private final LinkContext context;
    private final RpcFrameReader reader;
    private final RpcFrameWriter writer;
    /** What the socket has not taken yet. */
    private final ChunkChain toSend;
    /** What was read behind the frame that stopped the link. */
    private final ChunkChain unread;

    private LinkPhase phase = LinkPhase.CONNECTING;
    private @Nullable TcpSocket socket;
    private @Nullable PollKey key;
    private int interest = Interest.CONNECT;
    /** Valid in CONNECTING, NONCE and HANDSHAKE. */
    private long deadlineNs;
    /** Ours; valid in NONCE. */
    private final byte[] nonce = new byte[RpcNonce.NONCE_LENGTH];
    /** Sent in our nonce packet; valid in NONCE. */
    private int timestampSeconds;
    /** Valid in HANDSHAKE. */
    private @Nullable ProcessId sender;

    /** Payload bytes of the open request that are still to come. */
    private int requestLeftLength;
    private boolean isRequestOpen;
    /** Whose long answer is coming in parts, or {@link #NO_CONNECTION} when its parts go nowhere. */
    private long longAnswerId = NO_CONNECTION;
    private int longAnswerLength;
    private int longAnswerFlags;

    private boolean isStopped;
    /** Whether a to-client ring was what stopped the link. */
    private boolean isRingFull;
    private boolean isWriteBlocked;
    private boolean isCongested;
    private boolean isDirty;
    /** Why the link must end, once nobody is in the middle of using it. */
    private @Nullable LinkCloseReason failure;
    /** Valid in CLOSED. */
    private ClosedCause lostCause = ClosedCause.LINK_LOST;

    DatacenterLink(ServerLinks server, int index, LinkContext context)
    {
        this.server = server;
        this.index = index;
        this.context = context;
        this.toSend = new ChunkChain(context.pool);
        this.unread = new ChunkChain(context.pool);
        this.reader = new RpcFrameReader(context.readArray, new AesCbcStream(context.scratch));
        this.writer = new RpcFrameWriter(context.writeArray, toSend, new AesCbcStream(context.scratch));
    }

    /** @return which link of its server this is, for {@link io.mtproxy.engine.relay.ServerMarks}. */
    int index()
    {
        return index;
    }

    LinkPhase phase()
    {
        return phase;
    }

    /** @return whether a client can be bound that drew this server, perhaps just before that was removed. [C-REL-13] */
    boolean canBind()
    {
        return takesRequests() && failure == null;
    }

    /** @return whether clients that are bound can send. */
    boolean takesRequests()
    {
        return phase == LinkPhase.READY || phase == LinkPhase.DRAINING;
    }

    // Connecting and both handshakes

    /** Starts the connection; the link may be ready for its nonce, or lost, when this returns. */
    void connect(long nowNs)
    {
        context.links.onPhase(null, phase);
        context.counters.increment(ProxyCounter.OUTBOUND_CONNECTIONS_CREATED);
        deadlineNs = nowNs + PHASE_TIMEOUT_NS;
        InetSocketAddress address = server.entry().address();
        InetAddress source =
            address.getAddress() instanceof Inet4Address ? context.settings.sourceAddress() : null;
        try
        {
            socket = context.network.connect(address, source);
            key = context.poller.register(socket, interest, this);
            finishConnect(socket);
        }
        catch (IOException e)
        {
            close(LinkCloseReason.CONNECT_FAILED);
        }
    }

    @Override
    public void onReady(int readyOps)
    {
        TcpSocket current = socket;
        if (current == null)
        {
            return;
        }
        if (phase == LinkPhase.CONNECTING)
        {
            try
            {
                finishConnect(current);
            }
            catch (IOException e)
            {
                close(LinkCloseReason.CONNECT_FAILED);
            }
            return;
        }
        if ((readyOps & Interest.WRITE) != 0)
        {
            isWriteBlocked = false;
            updateInterest();
            markDirty();
        }
        if ((readyOps & Interest.READ) != 0)
        {
            receive(current);
        }
    }

    private void finishConnect(TcpSocket current) throws IOException
    {
        if (!current.finishConnect())
        {
            return;
        }
        enter(LinkPhase.NONCE);
        deadlineNs = context.nanoClock.nanoTime() + PHASE_TIMEOUT_NS;
        updateInterest();
        if (context.settings.secret() != null)
        {
            sendNonce();
        }
        else
        {
            close(LinkCloseReason.NO_SECRET);
        }
    }

    /** The first bytes of the link, in clear. [P-RPC-11] [P-RPC-14] */
    private void sendNonce()
    {
        timestampSeconds = (int)(context.epochClock.time() / 1000);
        context.random.nextBytes(nonce, 0, nonce.length);
        RpcNonce.encode(
            context.payload, 0, context.settings.requireSecret().keySelector(), timestampSeconds, nonce);
        succeed(writer.writeClear(context.payload, 0, RpcNonce.LENGTH));
    }

    /** The server's nonce: judges it, derives the keys and answers with our handshake. [P-RPC-13] [P-RPC-31] */
    private Action onNonce(DirectBuffer buffer, int offset, int length)
    {
        RpcNonce.Verdict verdict = RpcNonce.verify(buffer, offset, length,
            context.settings.requireSecret().keySelector(), timestampSeconds, reader.behindLength());
        if (verdict != RpcNonce.Verdict.ACCEPTED)
        {
            return fail(LinkCloseReason.NONCE_REJECTED);
        }
        TcpSocket current = openSocket();
        startCiphers(buffer, offset, current.localAddress(), current.remoteAddress());
        sender = context.settings.sender().apply(current.localAddress());
        InetSocketAddress address = server.entry().address();
        ProcessId peer = ProcessId.ofPeer(IpAddresses.toIpv4(address.getAddress()), address.getPort());
        RpcHandshake.encode(context.payload, 0, sender, peer);
        enter(LinkPhase.HANDSHAKE);
        succeed(writer.writeFrame(context.payload, 0, RpcHandshake.LENGTH));
        return Action.NEXT;
    }

    /** [P-RPC-20] [P-RPC-21] [P-RPC-06] */
    private void startCiphers(DirectBuffer serverNonce, int offset, InetSocketAddress local, InetSocketAddress remote)
    {
        RpcNonce.getNonce(serverNonce, offset, context.nonce);
        context.keys
            .secret(context.settings.requireSecret().bytes())
            .clientNonce(nonce)
            .serverNonce(context.nonce)
            .clientTimestamp(timestampSeconds)
            .derive(RpcEndpoint.of(local, context.settings.natTranslation()),
                RpcEndpoint.of(remote, context.settings.natTranslation()));
        reader.startDecrypting(context.keys.serverToClientKey(), context.keys.serverToClientIv());
        writer.startEncrypting(context.keys.clientToServerKey(), context.keys.clientToServerIv());
        context.keys.clear();
        Arrays.fill(nonce, (byte)0);
        Arrays.fill(context.nonce, (byte)0);
    }

    /** The server's handshake: with it the link is ready. [P-RPC-33] [P-RPC-36] */
    private Action onHandshake(DirectBuffer buffer, int offset, int length)
    {
        assert sender != null : "set with the phase";
        RpcHandshake.Verdict verdict = RpcHandshake.verify(buffer, offset, length, sender);
        switch (verdict)
        {
            case ACCEPTED ->
                {
                }
            case ACCEPTED_CRC32C ->
            {
                reader.useCrc32c();
                writer.useCrc32c();
            }
            case ERROR_RECEIVED, TYPE_WRONG, SIZE_WRONG, PEER_DIFFERS, FLAGS_UNKNOWN ->
            {
                return fail(LinkCloseReason.HANDSHAKE_REJECTED);
            }
        }
        enter(LinkPhase.READY);
        context.counters.increment(ProxyCounter.LINK_HANDSHAKES_ACCEPTED);
        server.onReady(this);
        return Action.NEXT;
    }

    /** Ends the link if the time for its phase is over. [P-RPC-36] */
    void checkDeadline(long nowNs)
    {
        switch (phase)
        {
            case CONNECTING -> closeIfOver(nowNs, LinkCloseReason.CONNECT_TIMEOUT);
            case NONCE, HANDSHAKE -> closeIfOver(nowNs, LinkCloseReason.HANDSHAKE_TIMEOUT);
            case READY, DRAINING, CLOSED ->
                {
                }
        }
    }

    private void closeIfOver(long nowNs, LinkCloseReason reason)
    {
        if (nowNs - deadlineNs >= 0)
        {
            close(reason);
        }
    }

    // From clients to the middle proxy

    /** @return whether a request has come in part: until its end nothing else can be sent on this link. */
    boolean isFrameOpen()
    {
        return isRequestOpen;
    }

    /** Begins the frame of a request whose parts follow. [P-RPC-40] */
    void beginRequest(int payloadLength)
    {
        isRequestOpen = true;
        requestLeftLength = payloadLength;
        if (payloadLength <= 0 || payloadLength % Integer.BYTES != 0)
        {
            failLater(LinkCloseReason.INTERNAL_ERROR);
        }
        else
        {
            writer.beginFrame(payloadLength);
            markDirty();
        }
    }

    /** Appends a part of the request; swallows it when the link is lost. */
    void appendRequest(DirectBuffer buffer, int offset, int length)
    {
        if (!isUsable())
        {
            return;
        }
        if (length > requestLeftLength)
        {
            failLater(LinkCloseReason.INTERNAL_ERROR);
            return;
        }
        requestLeftLength -= length;
        succeed(writer.append(buffer, offset, length));
    }

    /** Ends the frame of the request. */
    void endRequest()
    {
        isRequestOpen = false;
        if (!isUsable())
        {
            return;
        }
        if (requestLeftLength != 0)
        {
            failLater(LinkCloseReason.INTERNAL_ERROR);
            return;
        }
        if (succeed(writer.endFrame()))
        {
            updateCongestion();
            if (toSend.length() >= EARLY_WRITE_LENGTH && !isWriteBlocked)
            {
                writeEarly();
            }
        }
    }

    /** Tells the middle proxy that a client is gone. [P-RPC-43] */
    void sendCloseConn(long extConnectionId)
    {
        CloseExternal.encodeCloseConnection(context.payload, 0, extConnectionId);
        context.counters.increment(ProxyCounter.CLOSE_CONN_SENT);
        sendOwn(CloseExternal.LENGTH);
    }

    private void sendOwn(int length)
    {
        if (isUsable())
        {
            succeed(writer.writeFrame(context.payload, 0, length));
        }
    }

    /** Notes whether there was a chunk for what has just been written. */
    private boolean succeed(boolean success)
    {
        if (success)
        {
            markDirty();
        }
        else
        {
            failLater(LinkCloseReason.BUFFERS_EXHAUSTED);
        }
        return success;
    }

    private boolean isUsable()
    {
        return phase != LinkPhase.CLOSED && failure == null;
    }

    private void writeEarly()
    {
        try
        {
            write(openSocket());
            updateCongestion();
        }
        catch (IOException e)
        {
            failLater(LinkCloseReason.PEER_RESET);
        }
    }

    /** Pads, encrypts and writes what the turn has brought; once a turn. [P-RPC-07] */
    void flush()
    {
        isDirty = false;
        TcpSocket current = socket;
        if (current == null)
        {
            return;
        }
        if (failure != null)
        {
            close(failure);
            return;
        }
        if (!writer.flush())
        {
            close(LinkCloseReason.BUFFERS_EXHAUSTED);
            return;
        }
        try
        {
            write(current);
        }
        catch (IOException e)
        {
            close(LinkCloseReason.PEER_RESET);
            return;
        }
        updateCongestion();
    }

    private void write(TcpSocket current) throws IOException
    {
        while (!isWriteBlocked && !toSend.isEmpty())
        {
            int before = toSend.length();
            boolean tookAll = toSend.writeTo(current, context.gather);
            context.counters.increment(ProxyCounter.TCP_WRITE_CALLS);
            context.counters.add(ProxyCounter.TCP_WRITE_BYTES, before - toSend.length());
            if (!tookAll)
            {
                isWriteBlocked = true;
                updateInterest();
            }
        }
    }

    /** Publishes whether clients bound to this link must wait ({@code --link-buffer}). */
    private void updateCongestion()
    {
        long waiting = toSend.length();
        long bound = context.settings.linkBufferLength();
        if (!isCongested && waiting > bound)
        {
            isCongested = true;
            server.entry().marks().congested(index, true);
            context.counters.increment(ProxyCounter.LINK_CONGESTED);
        }
        else if (isCongested && waiting < bound / 2)
        {
            isCongested = false;
            server.entry().marks().congested(index, false);
            context.replies.wakeAll();
        }
    }

    private void markDirty()
    {
        if (!isDirty)
        {
            isDirty = true;
            context.links.onDirty(this);
        }
    }

    // From the middle proxy to clients

    private void receive(TcpSocket current)
    {
        for (int i = 0; i < READ_COUNT_MAX && !isStopped && phase != LinkPhase.CLOSED; i++)
        {
            int length;
            try
            {
                length = current.read(context.receiveBuffer.clear());
            }
            catch (IOException e)
            {
                close(LinkCloseReason.PEER_RESET);
                return;
            }
            if (length == TcpSocket.END_OF_STREAM)
            {
                close(LinkCloseReason.PEER_END);
                return;
            }
            context.counters.increment(ProxyCounter.TCP_READ_CALLS);
            context.counters.add(ProxyCounter.TCP_READ_BYTES, length);
            parseReceived(length);
            if (length < context.receiveBuffer.capacity())
            {
                return;
            }
        }
    }

    private void parseReceived(int length)
    {
        RpcFrameReader.Status status = reader.read(context.receiveView, 0, length, this);
        if (status == RpcFrameReader.Status.STOPPED)
        {
            int taken = reader.takenLength();
            stop();
            if (!unread.append(context.receiveView, taken, length - taken))
            {
                close(LinkCloseReason.BUFFERS_EXHAUSTED);
            }
        }
        else
        {
            closeOn(status);
        }
    }

    private void stop()
    {
        isStopped = true;
        if (isRingFull)
        {
            context.counters.increment(ProxyCounter.TO_CLIENT_RING_FULL);
        }
        updateInterest();
        context.links.onStopped(this);
    }

    /**
     * Tries again what stopped the link.
     *
     * @return whether it is stopped still.
     */
    boolean resume()
    {
        if (phase == LinkPhase.CLOSED)
        {
            return false;
        }
        RpcFrameReader.Status status = reader.read(NOTHING, 0, 0, this);
        for (Chunk chunk = unread.head(); status == RpcFrameReader.Status.OK && chunk != null && !unread
            .isEmpty(); chunk = unread.head())
        {
            status = reader.read(chunk.buffer(), chunk.readOffset(), chunk.length(), this);
            unread.drop(reader.takenLength());
        }
        if (status == RpcFrameReader.Status.STOPPED)
        {
            return true;
        }
        isStopped = false;
        isRingFull = false;
        closeOn(status);
        updateInterest();
        return false;
    }

    private void closeOn(RpcFrameReader.Status status)
    {
        switch (status)
        {
            case OK, STOPPED ->
                {
                }
            case LENGTH_MALFORMED -> close(LinkCloseReason.BAD_FRAME);
            case SEQUENCE_WRONG -> close(LinkCloseReason.BAD_SEQUENCE);
            case CRC_WRONG -> close(LinkCloseReason.BAD_CRC);
            case CLOSED -> close(failure == null ? LinkCloseReason.INTERNAL_ERROR : failure);
        }
    }

    @Override
    public Action onFrame(DirectBuffer buffer, int offset, int length)
    {
        return switch (phase)
        {
            case NONCE -> onNonce(buffer, offset, length);
            case HANDSHAKE -> onHandshake(buffer, offset, length);
            case READY, DRAINING -> onPayload(buffer, offset, length);
            case CONNECTING, CLOSED -> fail(LinkCloseReason.INTERNAL_ERROR);
        };
    }

    /** [P-RPC-60] */
    private Action onPayload(DirectBuffer buffer, int offset, int length)
    {
        return switch (RpcReceived.of(buffer, offset, length))
        {
            case PING -> onPing(context.ping.wrap(buffer, offset).id());
            case PROXY_ANSWER -> onAnswer(buffer, offset, length);
            case SIMPLE_ACK -> onSimpleAck(buffer, offset);
            case CLOSE_EXTERNAL -> onCloseExternal(context.closeExternal.wrap(buffer, offset).extConnectionId());
            case IGNORED ->
            {
                context.counters.increment(ProxyCounter.LINK_FRAMES_IGNORED);
                yield Action.NEXT;
            }
        };
    }

    /** [P-RPC-44] */
    private Action onPing(long id)
    {
        if (!canSendOwn())
        {
            return Action.STOP;
        }
        Ping.encodePong(context.payload, 0, id);
        sendOwn(Ping.LENGTH);
        context.counters.increment(ProxyCounter.LINK_PINGS_ANSWERED);
        return Action.NEXT;
    }

    /** [P-RPC-62] */
    private Action onAnswer(DirectBuffer buffer, int offset, int length)
    {
        context.answer.wrap(buffer, offset, length);
        long extConnectionId = context.answer.extConnectionId();
        if (context.table.find(extConnectionId) != this)
        {
            return onUnknown(extConnectionId, ProxyCounter.ANSWERS_DROPPED);
        }
        int dataLength = context.answer.dataLength();
        return context.replies.answer(extConnectionId, ToClientMessage.FLAG_BEGIN | ToClientMessage.FLAG_END,
            dataLength, buffer, context.answer.dataOffset(), dataLength) ? Action.NEXT : stopForRing();
    }

    /** [P-RPC-66] */
    private Action onSimpleAck(DirectBuffer buffer, int offset)
    {
        context.simpleAck.wrap(buffer, offset);
        long extConnectionId = context.simpleAck.extConnectionId();
        if (context.table.find(extConnectionId) != this)
        {
            return onUnknown(extConnectionId, ProxyCounter.SIMPLE_ACKS_DROPPED);
        }
        return context.replies.send(ToClientMessage.SIMPLE_ACK, extConnectionId, 0, context.simpleAck.confirm()) ?
            Action.NEXT :
            stopForRing();
    }

    private Action stopForRing()
    {
        isRingFull = true;
        return Action.STOP;
    }

    /** Something for a client that is gone or belongs to another link: says so to the middle proxy. [P-RPC-43] */
    private Action onUnknown(long extConnectionId, ProxyCounter dropped)
    {
        if (!canSendOwn())
        {
            return Action.STOP;
        }
        context.counters.increment(dropped);
        sendCloseConn(extConnectionId);
        return Action.NEXT;
    }

    /** Ends a client connection, whichever link it is bound to. [P-RPC-67] */
    private Action onCloseExternal(long extConnectionId)
    {
        if (context.table.find(extConnectionId) == null)
        {
            return Action.NEXT;
        }
        int claim = context.replies.claim(
            ToClientMessage.CLOSED, extConnectionId, ClosedCause.CLOSE_EXT.ordinal(), 0);
        if (claim < 0)
        {
            return stopForRing();
        }
        context.counters.increment(ProxyCounter.CLOSE_EXT_RECEIVED);
        if (context.table.find(extConnectionId) == null)
        {
            context.replies.abort(extConnectionId, claim);
        }
        else
        {
            context.links.unbind(extConnectionId);
            context.replies.commit(extConnectionId, claim);
        }
        return Action.NEXT;
    }

    @Override
    public Action onLongFrameBegin(DirectBuffer buffer, int offset, int payloadLength)
    {
        if (!takesRequests())
        {
            return fail(phase == LinkPhase.NONCE ?
                LinkCloseReason.NONCE_REJECTED :
                LinkCloseReason.HANDSHAKE_REJECTED);
        }
        longAnswerId = NO_CONNECTION;
        if (RpcReceived.of(buffer, offset, payloadLength) != RpcReceived.PROXY_ANSWER)
        {
            context.counters.increment(ProxyCounter.LINK_FRAMES_IGNORED);
            return Action.NEXT;
        }
        context.answer.wrap(buffer, offset, payloadLength);
        long extConnectionId = context.answer.extConnectionId();
        if (context.table.find(extConnectionId) != this)
        {
            return onUnknown(extConnectionId, ProxyCounter.ANSWERS_DROPPED);
        }
        longAnswerId = extConnectionId;
        longAnswerLength = context.answer.dataLength();
        longAnswerFlags = ToClientMessage.FLAG_BEGIN;
        return Action.NEXT;
    }

    @Override
    public Action onLongFramePart(DirectBuffer buffer, int offset, int length, boolean last)
    {
        if (longAnswerId == NO_CONNECTION)
        {
            return Action.NEXT;
        }
        if (context.table.find(longAnswerId) != this)
        {
            // The client ended in the middle of the answer; the middle proxy has been told of that.
            longAnswerId = NO_CONNECTION;
            return Action.NEXT;
        }
        int flags = longAnswerFlags | (last ? ToClientMessage.FLAG_END : 0);
        if (!context.replies.answer(longAnswerId, flags, longAnswerLength, buffer, offset, length))
        {
            return stopForRing();
        }
        longAnswerFlags = 0;
        return Action.NEXT;
    }

    /**
     * @return whether a frame of our own can be sent now: not in the middle of a request, and not to a middle proxy
     *         that does not read, or its own frames could make us hold any number of answers to them.
     */
    private boolean canSendOwn()
    {
        return !isRequestOpen && toSend.length() <= 2 * context.settings.linkBufferLength();
    }

    // The end

    /** The server left the configuration: takes no new clients, and ends at once if it was not ready. */
    void drain()
    {
        if (phase == LinkPhase.READY)
        {
            enter(LinkPhase.DRAINING);
            server.onNotReady(this);
        }
        else
        {
            close(LinkCloseReason.SERVER_REMOVED);
        }
    }

    /** The server is configured again before its links are gone: takes new clients again. */
    void endDrain()
    {
        if (phase == LinkPhase.DRAINING)
        {
            enter(LinkPhase.READY);
            server.onReady(this);
        }
    }

    /** @return what clients that are still bound are told when the link has ended. */
    ClosedCause lostCause()
    {
        return lostCause;
    }

    /** Ends the link now; clients bound to it are told in the same turn or later. Not from within its own frames. */
    void close(LinkCloseReason reason)
    {
        if (phase == LinkPhase.CLOSED)
        {
            return;
        }
        LinkPhase last = phase;
        lostCause = reason == LinkCloseReason.SERVER_REMOVED ? ClosedCause.SERVER_REMOVED : ClosedCause.LINK_LOST;
        enter(LinkPhase.CLOSED);
        context.counters.increment(reason.counter());
        countFailure(last, reason);
        if (socket != null)
        {
            socket.close();
            socket = null;
            key = null;
        }
        reader.close();
        writer.close();
        toSend.clear();
        unread.clear();
        Arrays.fill(nonce, (byte)0);
        if (last == LinkPhase.READY)
        {
            server.onNotReady(this);
        }
        server.onClosed(this, last == LinkPhase.READY);
        context.links.onClosed(this);
    }

    private void countFailure(LinkPhase last, LinkCloseReason reason)
    {
        if (last == LinkPhase.CONNECTING)
        {
            context.counters.increment(ProxyCounter.CONNECT_FAILURES);
        }
        if (reason == LinkCloseReason.BUFFERS_EXHAUSTED)
        {
            context.counters.increment(ProxyCounter.BUFFERS_EXHAUSTED);
        }
    }

    /** Ends the link at the end of the turn, as somebody may be in the middle of using it. */
    private void failLater(LinkCloseReason reason)
    {
        if (isUsable())
        {
            failure = reason;
            markDirty();
        }
    }

    /** Ends the link as soon as its reader has come back. */
    private Action fail(LinkCloseReason reason)
    {
        failure = reason;
        return Action.CLOSE;
    }

    private void enter(LinkPhase next)
    {
        context.links.onPhase(phase, next);
        phase = next;
    }

    private void updateInterest()
    {
        int wanted = (isStopped ? Interest.NONE : Interest.READ) | (isWriteBlocked ? Interest.WRITE : Interest.NONE);
        if (wanted != interest && key != null)
        {
            interest = wanted;
            key.interest(wanted);
        }
    }

    private TcpSocket openSocket()
    {
        TcpSocket current = socket;
        if (current == null)
        {
            throw new IllegalStateException("closed");
        }
        return current;
    }

    /** For messages: names the link, shows no secret. */
    @Override
    public String toString()
    {
        ServerEntry entry = server.entry();
        return "DatacenterLink{" + entry.address() + " #" + index + ' ' + phase + '}';
    }
}
