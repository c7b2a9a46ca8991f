// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.client;

import io.mtproxy.engine.io.Interest;
import io.mtproxy.engine.io.PollKey;
import io.mtproxy.engine.io.ReadyHandler;
import io.mtproxy.engine.io.SocketPoller;
import io.mtproxy.engine.io.TcpSocket;
import io.mtproxy.engine.memory.ChunkChain;
import io.mtproxy.engine.status.ProxyCounter;
import io.mtproxy.engine.transport.FakeTlsDomains;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * One client from accept to close: its socket, its handshake, its phase. What it sends is the work of its
 * {@link RequestFlow}, what it gets that of its {@link AnswerFlow}; both exist once the handshake has been accepted.
 * <p>
 * Belongs to one client agent for life and is touched by that agent's thread alone.
 */
final class ClientConnection implements ReadyHandler
{
    /** Value of {@link #deadlineTimerId} when no deadline is set. */
    static final long NO_TIMER = -1;

    private final ClientConnections shared;
    private final TcpSocket socket;
    private final int slot;
    private final long extConnectionId;
    private final InetSocketAddress remoteAddress;
    private final long acceptedNs;
    private @Nullable PollKey pollKey;
    private int interest = Interest.READ;
    private ClientPhase phase;

    /** Without TLS, until the header is there; null otherwise. */
    private @Nullable Obfuscated2Start start;
    /** In TLS-only mode; null otherwise. */
    private final @Nullable FakeTlsHandshake fakeTls;
    /** Once the connection is passed on; null otherwise. */
    private @Nullable FrontingRelay fronting;

    private @Nullable RequestFlow requests;
    private @Nullable AnswerFlow answers;
    private @Nullable ClientTraffic traffic;

    /** Neighbours in the order of last sending, see {@link RecentSenders}. */
    @Nullable ClientConnection olderSender;
    @Nullable ClientConnection newerSender;
    /** Timer of the handshake, or of the last flush. */
    long deadlineTimerId = NO_TIMER;

    ClientConnection(ClientConnections shared, TcpSocket socket, int slot, long extConnectionId,
        long acceptedNs)
    {
        this.shared = shared;
        this.socket = socket;
        this.slot = slot;
        this.extConnectionId = extConnectionId;
        this.remoteAddress = socket.remoteAddress();
        this.acceptedNs = acceptedNs;
        this.fakeTls = shared.fakeTls == null ? null : new FakeTlsHandshake(this, shared);
        this.start = fakeTls == null ? new Obfuscated2Start(this, shared) : null;
        this.phase = fakeTls == null ? ClientPhase.OBFUSCATED2_HEADER : ClientPhase.SNIFF;
    }

    void pollKey(PollKey key)
    {
        pollKey = key;
    }

    TcpSocket socket()
    {
        return socket;
    }

    int slot()
    {
        return slot;
    }

    long extConnectionId()
    {
        return extConnectionId;
    }

    long acceptedNs()
    {
        return acceptedNs;
    }

    InetSocketAddress remoteAddress()
    {
        return remoteAddress;
    }

    ClientPhase phase()
    {
        return phase;
    }

    /** The handshake has come so far. */
    void phase(ClientPhase next)
    {
        phase = next;
    }

    /** @return what the client sends; null before the handshake has been accepted. */
    @Nullable
    RequestFlow requests()
    {
        return requests;
    }

    /** @return what the client gets; null before the handshake has been accepted. */
    @Nullable
    AnswerFlow answers()
    {
        return answers;
    }

    /** @return what is counted of both; null before the handshake has been accepted. */
    @Nullable
    ClientTraffic traffic()
    {
        return traffic;
    }

    /** @return bytes of memory that wait for or from this client. [C-LIM-11] */
    int heldLength()
    {
        int heldLength = requests == null || answers == null ? 0 : requests.heldLength() + answers.heldLength();
        if (fronting != null)
        {
            return heldLength + fronting.heldLength();
        }
        // once there are answers, they hold what is left of the flight
        return fakeTls == null || answers != null ? heldLength : heldLength + fakeTls.heldLength();
    }

    @Override
    public void onReady(int readyOps)
    {
        try
        {
            if (fronting != null)
            {
                fronting.onClientReady(readyOps);
                return;
            }
            if ((readyOps & Interest.WRITE) != 0)
            {
                onWritable();
            }
            // writing may have closed it, or started to hold reading back
            if ((readyOps & interest & Interest.READ) != 0)
            {
                readSocket();
            }
        }
        catch (RuntimeException e)
        {
            failInternally(e);
        }
    }

    /** Ends this connection, and only this one, after a defect of ours. */
    void failInternally(RuntimeException defect)
    {
        shared.onDefect(defect);
        close(CloseReason.INTERNAL_ERROR);
    }

    private void onWritable()
    {
        if (answers != null)
        {
            answers.onWritable();
        }
        else if (fakeTls != null)
        {
            fakeTls.flush();
        }
    }

    private void readSocket()
    {
        ByteBuffer buffer = shared.emptiedReceiveBuffer();
        int waiting = fakeTls == null ? 0 : fakeTls.takeWaiting();
        int length;
        try
        {
            length = socket.read(buffer.position(waiting));
        }
        catch (IOException e)
        {
            close(CloseReason.PEER_RESET);
            return;
        }
        shared.counters.increment(ProxyCounter.TCP_READ_CALLS);
        if (length == TcpSocket.END_OF_STREAM)
        {
            onEndOfStream(waiting);
        }
        else if (length > 0)
        {
            shared.counters.add(ProxyCounter.TCP_READ_BYTES, length);
            shared.meters.received.onRead();
            onReceived(waiting + length);
            shared.meters.received.endRead();
        }
        else if (fakeTls != null)
        {
            fakeTls.keep(waiting);
        }
    }

    private void onEndOfStream(int waiting)
    {
        if (phase == ClientPhase.SNIFF || phase == ClientPhase.FAKE_TLS_HELLO)
        {
            // half a hello or nothing, and an end: the domain knows what to say to that
            front(FrontReason.SILENCE, FakeTlsDomains.DEFAULT, 0, waiting, true);
            return;
        }
        if (phase == ClientPhase.RELAY && requests != null && requests.endAfterCompleteFrames())
        {
            updateInterest();
        }
        else
        {
            close(CloseReason.PEER_END);
        }
    }

    private void onReceived(int length)
    {
        switch (phase)
        {
            case SNIFF, FAKE_TLS_HELLO, OBFUSCATED2_HEADER ->
            {
                if (fakeTls != null)
                {
                    fakeTls.onReceived(length);
                }
                else if (start != null)
                {
                    start.onReceived(length);
                }
            }
            case RELAY -> relay(0, length);
            case FRONT_WAITING, FRONTING, DISCARD, FLUSHING, CLOSING, CLOSED ->
            {
                // read only to see the end
            }
        }
    }

    /** Nothing of this is for us: from now on the domain speaks, unless the policy says otherwise. [P-TLS-60] */
    void front(FrontReason reason, int domainIndex, int offset, int length, boolean isEnded)
    {
        FrontingStart domains = shared.fronting;
        if (domains != null)
        {
            shared.deadlines.cancel(this);
            domains.front(this, reason, domainIndex, offset, length, isEnded);
        }
    }

    /** Where the domain is will be known soon: until then nothing more is read. */
    void waitForFront(int offset, int length, long deadlineNs)
    {
        phase = ClientPhase.FRONT_WAITING;
        shared.deadlines.start(this, deadlineNs);
        if (fakeTls != null)
        {
            fakeTls.keep(offset, length);
        }
        updateInterest();
    }

    /** More is known of the domains than when this had to wait. */
    void frontAgain(int domainIndex, boolean isEnded)
    {
        FrontingStart domains = shared.fronting;
        if (phase == ClientPhase.FRONT_WAITING && domains != null && fakeTls != null)
        {
            shared.deadlines.cancel(this);
            domains.splice(this, domainIndex, 0, fakeTls.takeWaiting(), isEnded);
        }
    }

    /** The policy wants an alert, and nothing after it. */
    void closeWithAlert(int description)
    {
        if (fakeTls != null)
        {
            fakeTls.sendAlert(description);
        }
        close(CloseReason.FRONT_POLICY);
    }

    /** @param origin connecting to the domain; owned from now on. */
    void startFronting(TcpSocket origin, SocketPoller poller, int offset, int length, boolean isEnded)
    {
        ChunkChain toClient = fakeTls == null ? new ChunkChain(shared.chunks) : fakeTls.output();
        FrontingRelay relay = new FrontingRelay(this, shared, origin, toClient);
        fronting = relay;
        phase = ClientPhase.FRONTING;
        relay.start(poller, offset, length, isEnded);
        updateInterest();
    }

    /**
     * The last header that was opened makes this a client.
     *
     * @param output  what the socket has still to take.
     * @param records around all that follows, or null.
     */
    void startRelay(ChunkChain output, @Nullable AnswerRecords records)
    {
        start = null;
        shared.deadlines.cancel(this);
        SecretAccount account = shared.accounting.account(shared.headers.secretIndex());
        ClientTraffic measured =
            new ClientTraffic(shared.meters, shared.meters.rowOf(shared.headers.dcId()), account.row(), acceptedNs);
        traffic = measured;
        answers = new AnswerFlow(this, shared, measured, output, records);
        requests = new RequestFlow(this, shared, measured, answers, account);
        phase = ClientPhase.RELAY;
        shared.headers.countAccepted();
    }

    /** Silence; the deadline goes on. [P-OBF-17] */
    void discard()
    {
        shared.counters.increment(ProxyCounter.HANDSHAKES_REJECTED);
        phase = ClientPhase.DISCARD;
    }

    /** Bytes behind the header lie in the agent's receive buffer. */
    void relay(int offset, int length)
    {
        if (length > 0 && phase == ClientPhase.RELAY && requests != null)
        {
            shared.senders.touch(this);
            if (fakeTls == null)
            {
                requests.onReceived(offset, length);
            }
            else
            {
                fakeTls.relay(requests, offset, length);
            }
            updateInterest();
        }
    }

    /** Goes on with frames after a stall. Called from the agent's turn, never from inside a ring. */
    void resume()
    {
        if (requests == null)
        {
            return;
        }
        try
        {
            if (phase == ClientPhase.RELAY)
            {
                requests.resume();
                updateInterest();
            }
            else if (phase == ClientPhase.FLUSHING)
            {
                // the rest of a payload that has partly crossed: others wait for the route behind it
                requests.finish();
            }
        }
        catch (RuntimeException e)
        {
            failInternally(e);
        }
    }

    /** The middle proxy has closed this client: what is queued is still sent, for a bounded time. [P-RPC-67] */
    void onClosedByDatacenter(CloseReason reason)
    {
        if (phase != ClientPhase.RELAY || requests == null || answers == null)
        {
            return;
        }
        requests.forgetBinding();
        if (reason == CloseReason.CLOSE_EXT && !answers.isEmpty() && !answers.isInsideAnswer())
        {
            phase = ClientPhase.FLUSHING;
            shared.startFlushDeadline(this);
            updateInterest();
        }
        else
        {
            close(reason);
        }
    }

    /** Everything queued has been written. */
    void onFlushed()
    {
        if (phase == ClientPhase.FLUSHING)
        {
            close(CloseReason.CLOSE_EXT);
        }
    }

    /**
     * The time to drain of some secret is over. [C-CLI-74]
     *
     * @return whether that was this client's, which is closed then.
     */
    boolean closeIfSecretDrained(long nowNs)
    {
        if (!isOpen() || requests == null || !requests.isSecretDrained(nowNs))
        {
            return false;
        }
        close(CloseReason.SECRET_REMOVED);
        return true;
    }

    /** The time for the handshake, or for the last flush, is over. */
    void onDeadline()
    {
        switch (phase)
        {
            case FLUSHING -> close(CloseReason.CLOSE_EXT);
            case FRONT_WAITING -> close(CloseReason.FRONT_UNRESOLVED);
            case SNIFF, FAKE_TLS_HELLO, OBFUSCATED2_HEADER, DISCARD ->
            {
                if (fakeTls == null)
                {
                    close(CloseReason.HANDSHAKE_TIMEOUT);
                }
                else
                {
                    fakeTls.onAlarm();
                }
            }
            case FRONTING, RELAY, CLOSING, CLOSED -> throw new IllegalStateException("no deadline in " + phase);
        }
    }

    private boolean isOpen()
    {
        return phase != ClientPhase.CLOSING && phase != ClientPhase.CLOSED;
    }

    /** Tells the poller what this connection can use: no reading behind a stall, writing only after a short write. */
    void updateInterest()
    {
        if (!isOpen() || pollKey == null)
        {
            return;
        }
        int wanted = fronting == null ? wantedInterest() : fronting.clientInterest();
        if (wanted != interest)
        {
            interest = wanted;
            pollKey.interest(wanted);
        }
    }

    private int wantedInterest()
    {
        int wanted = phase == ClientPhase.FRONT_WAITING || requests != null && !requests.wantsMore() ?
            Interest.NONE :
            Interest.READ;
        boolean isWriteBlocked = answers == null ?
            fakeTls != null && fakeTls.isWriteBlocked() :
            answers.isWriteBlocked();
        return isWriteBlocked ? wanted | Interest.WRITE : wanted;
    }

    /**
     * Closes the socket at once and gives the buffers back. The slot stays until the ring has taken what it must still
     * take: {@link #finishClosing} is called each turn until then.
     */
    void close(CloseReason reason)
    {
        if (!isOpen())
        {
            return;
        }
        phase = ClientPhase.CLOSING;
        interest = Interest.NONE;
        shared.onClosing(this, reason);
        socket.close();
        if (start != null)
        {
            start.clear();
        }
        if (fronting != null)
        {
            fronting.stop();
        }
        if (fakeTls != null)
        {
            fakeTls.clear();
        }
        if (answers != null)
        {
            answers.clear();
        }
        if (requests != null)
        {
            requests.stop();
        }
    }

    /**
     * Puts into the ring what the datacenter agent must still hear: the rest of a payload whose first parts it has, and
     * that the client is gone. [P-RPC-43]
     *
     * @return whether nothing is left to do and the slot is free again.
     */
    boolean finishClosing()
    {
        if (requests != null && !requests.finish())
        {
            return false;
        }
        phase = ClientPhase.CLOSED;
        return true;
    }
}
