// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.datacenter;

import io.mtproxy.engine.io.Interest;
import io.mtproxy.engine.io.PollKey;
import io.mtproxy.engine.io.ReadyHandler;
import io.mtproxy.engine.io.TcpSocket;
import io.mtproxy.engine.relay.ServerEntry;
import io.mtproxy.engine.relay.ToClientMessage.ClosedCause;
import io.mtproxy.engine.rpc.RpcFrameHandler;
import io.mtproxy.engine.rpc.RpcHandshake;
import io.mtproxy.engine.rpc.RpcKeys;
import io.mtproxy.engine.rpc.RpcNonce;
import io.mtproxy.engine.status.ProxyCounter;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;

/**
 * One connection to a middle proxy: from connecting over both handshakes to frames for all clients bound to it, and to
 * its end. {@link LinkPhase} says what is valid when. Socket, phase and the end are here, and so is every decision that
 * depends on them; the work is that of {@link LinkHandshake}, {@link LinkSender}, {@link LinkReceiver} and, for what
 * comes once the link is ready, {@link LinkDispatch}.
 * <p>
 * What is sent waits in chunks until the end of the turn, so that frames of many clients leave in one write. A received
 * frame that finds no room where it must go stops the link: nothing is read until it has gone. While a request is on
 * its way in parts, frames of our own cannot stand between them, so a frame that wants an answer stops the link too.
 * <p>
 * A defect of ours ends this link and no other.
 */
final class DatacenterLink implements ReadyHandler, RpcFrameHandler
{
    /** Longest time to be connected, and again to be ready. [P-RPC-36] [C-MID-03] */
    private static final long PHASE_TIMEOUT_NS = TimeUnit.SECONDS.toNanos(3);

    /** Clients bound to this link. */
    final ExtConnectionTable.Bindings bindings = new ExtConnectionTable.Bindings();

    private final ServerLinks server;
    private final int index;
    private final LinkContext context;
    private final LinkHandshake handshake;
    private final LinkSender sender;
    private final LinkReceiver receiver;
    private final LinkDispatch dispatch;
    private final LinkMeter meter;

    private LinkPhase phase = LinkPhase.CONNECTING;
    private @Nullable TcpSocket socket;
    private @Nullable PollKey key;
    private int interest = Interest.CONNECT;
    /** Valid in CONNECTING, NONCE and HANDSHAKE. */
    private long deadlineNs;
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
        this.meter = new LinkMeter(context, server.entry(), index);
        this.handshake = new LinkHandshake(context);
        this.sender = new LinkSender(this, server, context);
        this.receiver = new LinkReceiver(this, context);
        this.dispatch = new LinkDispatch(this, sender, context);
    }

    /** @return which link of its server this is, for {@link io.mtproxy.engine.relay.ServerMarks}. */
    int index()
    {
        return index;
    }

    /** @return what is counted of this link. */
    LinkMeter meter()
    {
        return meter;
    }

    /** Shows what changes all the time, and looks whether answers stand still; each 0.1 s. */
    void show(long nowNs)
    {
        meter.show(bindings.count(), sender.waitingLength(), sender.isCongested());
        meter.look(receiver.isStopped() && dispatch.isRingFull(), receiver.waitingLength(), nowNs);
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

    // What the socket has

    @Override
    public void onReady(int readyOps)
    {
        try
        {
            TcpSocket current = socket;
            if (current == null)
            {
                return;
            }
            if (phase == LinkPhase.CONNECTING)
            {
                finishConnect(current);
                return;
            }
            if ((readyOps & Interest.WRITE) != 0)
            {
                sender.onWritable();
                updateInterest();
                markDirty();
            }
            if ((readyOps & Interest.READ) != 0)
            {
                receive(current);
            }
        }
        catch (RuntimeException e)
        {
            failInternally(e);
        }
    }

    private void receive(TcpSocket current)
    {
        if (receiver.isStopped())
        {
            return;
        }
        LinkCloseReason reason = receiver.receive(current);
        if (receiver.isStopped())
        {
            if (dispatch.isRingFull())
            {
                context.counters.increment(ProxyCounter.TO_CLIENT_RING_FULL);
            }
            context.links.onStopped(this);
        }
        closeOrGoOn(reason);
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
        try
        {
            LinkCloseReason reason = receiver.resume();
            if (receiver.isStopped())
            {
                return true;
            }
            dispatch.onResumed();
            closeOrGoOn(reason);
        }
        catch (RuntimeException e)
        {
            failInternally(e);
        }
        return false;
    }

    private void closeOrGoOn(@Nullable LinkCloseReason reason)
    {
        if (reason == null)
        {
            updateInterest();
        }
        else
        {
            close(reason);
        }
    }

    /** Has the poller report what matters now. */
    void updateInterest()
    {
        int wanted = (receiver.isStopped() ? Interest.NONE : Interest.READ) |
            (sender.isWriteBlocked() ? Interest.WRITE : Interest.NONE);
        if (wanted != interest && key != null)
        {
            interest = wanted;
            key.interest(wanted);
        }
    }

    @Override
    public Action onFrame(DirectBuffer buffer, int offset, int length)
    {
        return switch (phase)
        {
            case NONCE -> onNonce(buffer, offset, length);
            case HANDSHAKE -> onHandshake(buffer, offset, length);
            case READY, DRAINING -> dispatch.onFrame(buffer, offset, length);
            case CONNECTING, CLOSED -> fail(LinkCloseReason.INTERNAL_ERROR);
        };
    }

    @Override
    public Action onLongFrameBegin(DirectBuffer buffer, int offset, int payloadLength)
    {
        return switch (phase)
        {
            case NONCE -> fail(LinkCloseReason.NONCE_REJECTED);
            case HANDSHAKE -> fail(LinkCloseReason.HANDSHAKE_REJECTED);
            case READY, DRAINING -> dispatch.onLongFrameBegin(buffer, offset, payloadLength);
            case CONNECTING, CLOSED -> fail(LinkCloseReason.INTERNAL_ERROR);
        };
    }

    @Override
    public Action onLongFramePart(DirectBuffer buffer, int offset, int length, boolean last)
    {
        return dispatch.onLongFramePart(buffer, offset, length, last);
    }

    // Connecting and both handshakes

    /** Starts the connection; the link may be ready for its nonce, or lost, when this returns. */
    void connect(long nowNs)
    {
        context.links.onPhase(null, phase);
        meter.onBegin();
        context.counters.increment(ProxyCounter.OUTBOUND_CONNECTIONS_CREATED);
        deadlineNs = nowNs + PHASE_TIMEOUT_NS;
        InetSocketAddress address = server.entry().address();
        InetAddress source =
            address.getAddress() instanceof Inet4Address ? context.settings.sourceAddress() : null;
        try
        {
            TcpSocket current = context.network.connect(address, source);
            socket = current;
            key = context.poller.register(current, interest, this);
            finishConnect(current);
        }
        catch (IOException e)
        {
            close(LinkCloseReason.CONNECT_FAILED);
        }
        catch (RuntimeException e)
        {
            failInternally(e);
        }
    }

    private void finishConnect(TcpSocket current)
    {
        try
        {
            if (!current.finishConnect())
            {
                return;
            }
        }
        catch (IOException e)
        {
            close(LinkCloseReason.CONNECT_FAILED);
            return;
        }
        enter(LinkPhase.NONCE);
        deadlineNs = context.nanoClock.nanoTime() + PHASE_TIMEOUT_NS;
        updateInterest();
        if (context.settings.secret() == null)
        {
            close(LinkCloseReason.NO_SECRET);
            return;
        }
        handshake.encodeNonce();
        sender.sendClear(RpcNonce.LENGTH);
    }

    /** The server's nonce: with it come the keys, and we answer with our handshake. [P-RPC-13] [P-RPC-31] */
    private Action onNonce(DirectBuffer buffer, int offset, int length)
    {
        if (!handshake.isNonceAccepted(buffer, offset, length, receiver.behindLength()))
        {
            return fail(LinkCloseReason.NONCE_REJECTED);
        }
        TcpSocket current = openSocket();
        RpcKeys keys = handshake.deriveKeys(buffer, offset, current.localAddress(), current.remoteAddress());
        receiver.startDecrypting(keys);
        sender.startEncrypting(keys);
        keys.clear();
        handshake.encodeHandshake(current.localAddress(), server.entry().address());
        enter(LinkPhase.HANDSHAKE);
        sender.send(RpcHandshake.LENGTH);
        return Action.NEXT;
    }

    /** The server's handshake: with it the link is ready. [P-RPC-33] [P-RPC-36] */
    private Action onHandshake(DirectBuffer buffer, int offset, int length)
    {
        return switch (handshake.verifyHandshake(buffer, offset, length))
        {
            case ACCEPTED -> becomeReady();
            case ACCEPTED_CRC32C ->
            {
                receiver.useCrc32c();
                sender.useCrc32c();
                yield becomeReady();
            }
            case ERROR_RECEIVED, TYPE_WRONG, SIZE_WRONG, PEER_DIFFERS, FLAGS_UNKNOWN ->
                fail(LinkCloseReason.HANDSHAKE_REJECTED);
        };
    }

    private Action becomeReady()
    {
        enter(LinkPhase.READY);
        context.counters.increment(ProxyCounter.LINK_HANDSHAKES_ACCEPTED);
        server.onReady(this);
        return Action.NEXT;
    }

    private void enter(LinkPhase next)
    {
        context.links.onPhase(phase, next);
        phase = next;
        meter.onPhase(next);
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

    // What it sends

    /** @return where requests and frames of our own go. */
    LinkSender sender()
    {
        return sender;
    }

    /** @return whether there is any use in sending: the link is not lost, nor about to be. */
    boolean isUsable()
    {
        return phase != LinkPhase.CLOSED && failure == null;
    }

    /** Has the link flushed at the end of the turn. */
    void markDirty()
    {
        if (!isDirty)
        {
            isDirty = true;
            context.links.onDirty(this);
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
        try
        {
            closeOrGoOn(failure == null ? sender.flush(current) : failure);
        }
        catch (RuntimeException e)
        {
            failInternally(e);
        }
    }

    /** @return the socket, where it is known to be there. */
    TcpSocket openSocket()
    {
        TcpSocket current = socket;
        if (current == null)
        {
            throw new IllegalStateException("closed");
        }
        return current;
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
        meter.onClose(reason);
        if (socket != null)
        {
            socket.close();
            socket = null;
            key = null;
        }
        handshake.clear();
        sender.close();
        receiver.close();
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
    void failLater(LinkCloseReason reason)
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

    /** @return why the link must end, for a reader that was told so. */
    LinkCloseReason failure()
    {
        return failure == null ? LinkCloseReason.INTERNAL_ERROR : failure;
    }

    /** Ends this link, and only this one, after a defect of ours. */
    private void failInternally(RuntimeException defect)
    {
        context.onDefect(defect);
        close(LinkCloseReason.INTERNAL_ERROR);
    }

    /** As {@link #failInternally}, but at the end of the turn, as somebody may be in the middle of using this link. */
    void failInternallyLater(RuntimeException defect)
    {
        context.onDefect(defect);
        failLater(LinkCloseReason.INTERNAL_ERROR);
    }

    /** For messages: names the link, shows no secret. */
    @Override
    public String toString()
    {
        ServerEntry entry = server.entry();
        return "DatacenterLink{" + entry.address() + " #" + index + ' ' + phase + '}';
    }
}
