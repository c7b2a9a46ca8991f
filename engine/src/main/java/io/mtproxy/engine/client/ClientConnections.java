// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.client;

import io.mtproxy.crypto.AesCtrStream;
import io.mtproxy.crypto.CipherScratch;
import io.mtproxy.crypto.Digests;
import io.mtproxy.crypto.RandomSource;
import io.mtproxy.engine.config.SecretList;
import io.mtproxy.engine.io.Interest;
import io.mtproxy.engine.io.SocketPoller;
import io.mtproxy.engine.io.TcpSocket;
import io.mtproxy.engine.memory.ChunkChain;
import io.mtproxy.engine.memory.ChunkPool;
import io.mtproxy.engine.memory.SlotTable;
import io.mtproxy.engine.relay.ExtConnectionIds;
import io.mtproxy.engine.relay.RelayRing;
import io.mtproxy.engine.relay.RoutingTable;
import io.mtproxy.engine.relay.ServerEntry;
import io.mtproxy.engine.relay.ToClientMessage;
import io.mtproxy.engine.relay.WakeSignal;
import io.mtproxy.engine.rpc.ProxyRequest;
import io.mtproxy.engine.status.ProxyCounter;
import io.mtproxy.engine.status.ProxyCounters;
import io.mtproxy.engine.status.SecretGauges;
import io.mtproxy.engine.transport.AbridgedFrames;
import io.mtproxy.engine.transport.FrameHeader;
import io.mtproxy.engine.transport.HandshakeResult;
import io.mtproxy.engine.transport.IntermediateFrames;
import io.mtproxy.engine.transport.Obfuscated2Handshake;
import io.mtproxy.engine.transport.PaddedIntermediateFrames;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntUnaryOperator;
import org.agrona.DirectBuffer;
import org.agrona.ErrorHandler;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.ControlledMessageHandler;
import org.agrona.concurrent.NanoClock;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * All clients of one agent, and the work space they share: one receive buffer, one pair of cipher arrays, one handshake
 * object, the rings, the pools. Whatever must happen between turns waits here in queues: connections to flush, to resume,
 * to close.
 */
public final class ClientConnections
{
    /** Bytes read from one client at once: big reads keep uploads cheap, and one buffer serves all. */
    private static final int RECEIVE_LENGTH = 256 * 1024;
    /** Room for a header, a pong, a quick ack, or the first bytes of a payload. */
    private static final int SCRATCH_LENGTH = 128;
    /** Messages taken from one ring in a turn. */
    private static final int RING_BATCH_LIMIT = 4096;
    /** Clients of a removed secret that are closed at one tick. */
    private static final int DRAINED_PER_TICK = 1024;

    final NanoClock clock;
    final ProxyCounters counters;
    private final SecretGauges secretGauges;
    final RandomSource random;
    final ClientLimits limits;
    final ChunkPool chunks;
    final UnsafeBuffer received;
    final UnsafeBuffer scratch = new UnsafeBuffer(ByteBuffer.allocateDirect(SCRATCH_LENGTH));
    final ByteBuffer[] gather = ChunkChain.newGatherArray();
    final FrameSource source;
    final FrameHeader frameHeader = new FrameHeader();
    final Obfuscated2Handshake handshake;
    final RecentSenders senders = new RecentSenders();
    final int requestHeadLength;
    final SecretAccounting accounting;
    /** In TLS-only mode; null otherwise. */
    final @Nullable FakeTlsAcceptor fakeTls;

    private final int agentIndex;
    private final SocketPoller poller;
    private final ErrorHandler errors;
    private final AcceptGate gate;
    private final ByteBuffer receiveBuffer = ByteBuffer.allocateDirect(RECEIVE_LENGTH);
    private final CipherScratch cipherScratch = new CipherScratch();
    private final IntUnaryOperator natRules;
    private final byte[] proxyTag;
    private final DatacenterRoute[] routes;
    private final RelayRing[] fromDatacenters;
    private final ControlledMessageHandler toClientHandler = this::onToClient;
    private final SlotTable<ClientConnection> slots;
    final ClientDeadlines deadlines;
    private final ArrayDeque<ClientConnection> toFlush = new ArrayDeque<>();
    private final ArrayDeque<ClientConnection> toResume = new ArrayDeque<>();
    private final ArrayDeque<ClientConnection> toClose = new ArrayDeque<>();
    private final List<ClientConnection> waitingForLink = new ArrayList<>();
    private ClientSecrets secrets;
    private RoutingTable routing = RoutingTable.EMPTY;
    private @Nullable AesCtrStream spareReceive;
    private @Nullable AesCtrStream spareSend;
    private long nowNs;

    /** @param setup collaborators and values; kept by reference. */
    public ClientConnections(Setup setup)
    {
        agentIndex = setup.agentIndex;
        poller = setup.poller;
        clock = setup.clock;
        counters = setup.counters;
        secretGauges = setup.secretGauges;
        random = setup.random;
        errors = setup.errors;
        limits = setup.limits;
        gate = setup.gate;
        chunks = setup.chunks;
        natRules = setup.natRules;
        proxyTag = setup.proxyTag;
        secrets = setup.secrets;
        accounting = new SecretAccounting(random.nextLong(), setup.drainTimeoutNs);
        fromDatacenters = setup.fromDatacenters;
        routes = new DatacenterRoute[setup.toDatacenters.length];
        for (int i = 0; i < routes.length; i++)
        {
            routes[i] = new DatacenterRoute(setup.toDatacenters[i], setup.datacenterSignals[i]);
        }
        requestHeadLength = ProxyRequest.headerLength(proxyTag.length != 0);
        handshake = new Obfuscated2Handshake(new Digests(cipherScratch));
        fakeTls = setup.fakeTls == null ?
            null :
            new FakeTlsAcceptor(setup.fakeTls, counters, random, cipherScratch, natRules);
        received = new UnsafeBuffer(receiveBuffer);
        source = new FrameSource(received);
        slots = new SlotTable<>(setup.connectionCountMax);
        nowNs = clock.nanoTime();
        accounting.secrets(secrets, nowNs);
        deadlines = new ClientDeadlines(nowNs);
    }

    /**
     * What an agent's clients are made of.
     *
     * @param agentIndex         of the client agent, part of every external connection id. [P-CON-40]
     * @param secretGauges       where distinct addresses and keys are shown. [C-STAT-08]
     * @param connectionCountMax slots; no more connections can be open in this agent.
     * @param natRules           of {@code --nat-info}, for the own address that the middle proxy is told. [P-RPC-40]
     * @param proxyTag           16 bytes, or none.
     * @param drainTimeoutNs     that clients of a removed secret have. [C-CLI-74]
     * @param toDatacenters      rings by datacenter agent, written here.
     * @param fromDatacenters    rings by datacenter agent, read here.
     * @param datacenterSignals  by datacenter agent.
     * @param fakeTls            in TLS-only mode; null otherwise.
     */
    public record Setup(int agentIndex, SocketPoller poller, NanoClock clock, ProxyCounters counters,
        SecretGauges secretGauges, RandomSource random,
        ErrorHandler errors, ClientLimits limits, AcceptGate gate, ChunkPool chunks, int connectionCountMax,
        IntUnaryOperator natRules, byte[] proxyTag, ClientSecrets secrets, long drainTimeoutNs,
        RelayRing[] toDatacenters, RelayRing[] fromDatacenters, WakeSignal[] datacenterSignals,
        @Nullable FakeTlsSetup fakeTls)
    {
    }

    /** Shows distinct addresses and keys; to be called about once a second. [C-STAT-08] */
    public void publishSecrets()
    {
        accounting.publish(secretGauges);
    }

    // ---- connections: open, hand shakes, close

    /**
     * Takes over an accepted connection.
     *
     * @return false when no slot is free or the poller refuses it: the caller closes it.
     */
    boolean open(TcpSocket socket, long acceptedNs)
    {
        int slot = slots.allocate();
        if (slot < 0)
        {
            return false;
        }
        ClientConnection connection = new ClientConnection(this, socket, slot,
            ExtConnectionIds.of(agentIndex, slot, slots.generation(slot)));
        try
        {
            connection.pollKey(poller.register(socket, Interest.READ, connection));
        }
        catch (IOException e)
        {
            slots.free(slot);
            return false;
        }
        slots.set(slot, connection);
        counters.add(ProxyCounter.SPECIAL_CONNECTIONS, 1);
        counters.add(ProxyCounter.INBOUND_CONNECTIONS, 1);
        counters.add(ProxyCounter.ACTIVE_INBOUND_CONNECTIONS, 1);
        counters.add(ProxyCounter.ACTIVE_CONNECTIONS, 1);
        if (fakeTls != null)
        {
            deadlines.start(connection, acceptedNs + FakeTlsAcceptor.ALARM_NS);
        }
        else if (limits.handshakeTimeoutNs() > 0)
        {
            // Drawn anew for each, so that the silence has no length that a prober could know. [C-CLT-03]
            long spreadNs = (long)(limits.handshakeTimeoutNs() * (random.nextInt(1 << 20) / (double)(1 << 20)));
            deadlines.start(connection, acceptedNs + limits.handshakeTimeoutNs() + spreadNs);
        }
        return true;
    }

    /** Tries the secrets on a header of 64 bytes; if accepted, the streams of {@link #takeReceiveStream} are keyed. */
    HandshakeResult openHeader(DirectBuffer header, int offset)
    {
        if (spareReceive == null)
        {
            spareReceive = new AesCtrStream(cipherScratch);
        }
        if (spareSend == null)
        {
            spareSend = new AesCtrStream(cipherScratch);
        }
        return handshake.decode(header, offset, Obfuscated2Handshake.HEADER_LENGTH, secrets.list(), spareReceive,
            spareSend);
    }

    /** Nobody wants the streams that were just keyed. */
    void dropStreams()
    {
        takeReceiveStream().close();
        takeSendStream().close();
    }

    SecretList secrets()
    {
        return secrets.list();
    }

    AesCtrStream takeReceiveStream()
    {
        AesCtrStream stream = spareReceive;
        spareReceive = null;
        if (stream == null)
        {
            throw new IllegalStateException("no header has been opened");
        }
        return stream;
    }

    AesCtrStream takeSendStream()
    {
        AesCtrStream stream = spareSend;
        spareSend = null;
        if (stream == null)
        {
            throw new IllegalStateException("no header has been opened");
        }
        return stream;
    }

    void onHandshakeAccepted()
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

    /** Called once for each connection, when its socket is about to be closed. */
    void onClosing(ClientConnection connection, CloseReason reason)
    {
        counters.increment(reason.counter());
        counters.add(ProxyCounter.SPECIAL_CONNECTIONS, -1);
        counters.add(ProxyCounter.INBOUND_CONNECTIONS, -1);
        counters.add(ProxyCounter.ACTIVE_INBOUND_CONNECTIONS, -1);
        counters.add(ProxyCounter.ACTIVE_CONNECTIONS, -1);
        if (connection.requests() != null)
        {
            counters.add(ProxyCounter.ENCRYPTED_CONNECTIONS, -1);
        }
        deadlines.cancel(connection);
        senders.remove(connection);
        gate.leave();
        toClose.addLast(connection);
    }

    /** A defect of ours, kept for the error log. */
    void onDefect(RuntimeException defect)
    {
        counters.increment(ProxyCounter.ERRORS);
        errors.onError(defect);
    }

    /** Gives a connection that only has to be flushed a bounded time. */
    void startFlushDeadline(ClientConnection connection)
    {
        deadlines.start(connection, nowNs + limits.flushTimeoutNs());
    }

    /** @return deadlines that were over. */
    public int pollDeadlines()
    {
        return deadlines.poll(nowNs);
    }

    // ---- the turn

    /** Sets the time of this turn. */
    public void startTurn(long turnNs)
    {
        nowNs = turnNs;
    }

    /** Closes finish before anybody else may use the rings, as one of them may hold a route. */
    public int finishClosing()
    {
        int finished = 0;
        for (int left = toClose.size(); left > 0; left--)
        {
            ClientConnection connection = toClose.removeFirst();
            if (connection.finishClosing())
            {
                slots.free(connection.slot());
                finished++;
            }
            else
            {
                toClose.addLast(connection);
            }
        }
        return finished;
    }

    /** Takes what the datacenter agents have sent. */
    public int pollRings()
    {
        int messages = 0;
        for (RelayRing ring : fromDatacenters)
        {
            messages += ring.read(toClientHandler, RING_BATCH_LIMIT);
        }
        return messages;
    }

    /** Empties one ring, for a datacenter agent on the same thread that has found it full. */
    public void drainFrom(int datacenterAgent)
    {
        fromDatacenters[datacenterAgent].read(toClientHandler, RING_BATCH_LIMIT);
    }

    /** @return whether a turn would find something to do that no socket will report. */
    public boolean hasWork()
    {
        return !toResume.isEmpty() || hasMessages() || hasFreeLink();
    }

    /** A link may have become free after this turn had looked at it, with nobody waiting yet who could be woken. */
    private boolean hasFreeLink()
    {
        for (int i = 0; i < waitingForLink.size(); i++)
        {
            if (!isHeldUpByLink(waitingForLink.get(i)))
            {
                return true;
            }
        }
        return false;
    }

    private static boolean isHeldUpByLink(ClientConnection connection)
    {
        RequestFlow requests = connection.requests();
        return requests != null && requests.isLinkCongested();
    }

    private boolean hasMessages()
    {
        for (RelayRing ring : fromDatacenters)
        {
            if (!ring.isEmpty())
            {
                return true;
            }
        }
        return false;
    }

    /** Connections go on that were stalled for a ring, a link or an answer. */
    public int resumeStalled()
    {
        int resumed = 0;
        for (DatacenterRoute route : routes)
        {
            resumed += route.isWaitedFor() ? route.resumeWaiting() : 0;
        }
        for (int i = waitingForLink.size() - 1; i >= 0; i--)
        {
            ClientConnection connection = waitingForLink.get(i);
            if (!isHeldUpByLink(connection))
            {
                removeUnordered(waitingForLink, i);
                connection.resume();
                resumed++;
            }
        }
        for (int left = toResume.size(); left > 0; left--)
        {
            toResume.removeFirst().resume();
            resumed++;
        }
        return resumed;
    }

    private static void removeUnordered(List<ClientConnection> list, int index)
    {
        int last = list.size() - 1;
        list.set(index, list.get(last));
        list.remove(last);
    }

    /** Writes, once for each client, what the turn has brought. */
    public int flush()
    {
        int flushed = toFlush.size();
        for (int left = flushed; left > 0; left--)
        {
            AnswerFlow answers = toFlush.removeFirst().answers();
            if (answers != null)
            {
                answers.flushTurn();
            }
        }
        return flushed;
    }

    /** Wakes the datacenter agents that were sent something. */
    public void wakeReaders()
    {
        for (DatacenterRoute route : routes)
        {
            route.wakeReader();
        }
    }

    /** @return whether a full ring holds something up, which nobody will report: the agent must look again soon. */
    public boolean isHeldUpByRing()
    {
        for (DatacenterRoute route : routes)
        {
            if (route.isWaitedFor())
            {
                return true;
            }
        }
        return !toClose.isEmpty();
    }

    /**
     * Closes clients that hold buffers, the least recently sending first, until so many chunks are in use at most.
     * [P-CON-50] [C-LIM-10]
     */
    public void evict(int usedChunkCountMax)
    {
        ClientConnection next = senders.oldest();
        while (next != null && chunks.usedCount() > usedChunkCountMax)
        {
            ClientConnection candidate = next;
            next = candidate.newerSender;
            if (candidate.heldLength() > 0)
            {
                candidate.close(CloseReason.LEAST_RECENTLY_USED);
            }
        }
    }

    /** Closes clients of removed secrets whose time to drain is over. [C-CLI-74] */
    public void closeDrained()
    {
        if (!accounting.isAnyDrainOver(nowNs))
        {
            return;
        }
        int closed = 0;
        for (int i = slots.liveCount() - 1; i >= 0 && closed < DRAINED_PER_TICK; i--)
        {
            ClientConnection connection = slots.get(slots.liveAt(i));
            closed += connection != null && connection.closeIfSecretDrained(nowNs) ? 1 : 0;
        }
        if (closed < DRAINED_PER_TICK)
        {
            accounting.forgetDrained(nowNs);
        }
    }

    /** Closes every client; {@link #finishClosing} still has to bring the news across. */
    public void closeAll()
    {
        for (int i = slots.liveCount() - 1; i >= 0; i--)
        {
            ClientConnection connection = slots.get(slots.liveAt(i));
            if (connection != null)
            {
                connection.close(CloseReason.SHUTDOWN);
            }
        }
    }

    /** @return connections that have a slot. */
    public int count()
    {
        return slots.liveCount();
    }

    /** @return connections in the order of last sending. [P-CON-50] */
    public int senderCount()
    {
        return senders.count();
    }

    /** @return distinct client addresses under the secret at a position of the present list. [P-PAY-06] [C-STAT-08] */
    public int addressCount(int secretIndex)
    {
        return accounting.addressCount(secretIndex);
    }

    /** @return distinct keys under the secret at a position of the present list. [P-PAY-06] [C-STAT-08] */
    public int keyCount(int secretIndex)
    {
        return accounting.keyCount(secretIndex);
    }

    // ---- what connections ask for

    /** @return the emptied receive buffer, which {@link #received} is a view of. */
    ByteBuffer emptiedReceiveBuffer()
    {
        return receiveBuffer.clear();
    }

    /**
     * Passes a connection on to a domain. [P-TLS-60]
     *
     * @param offset  of what the client has sent and nobody has read, in the receive buffer.
     * @param isEnded whether the client has ended its stream behind that.
     */
    void front(ClientConnection connection, FakeTlsAcceptor acceptor, int domainIndex, int offset, int length,
        boolean isEnded)
    {
        deadlines.cancel(connection);
        FrontingTable.Front front = acceptor.front(domainIndex);
        InetSocketAddress local = connection.socket().localAddress();
        int port = FakeTlsAcceptor.originPort(local.getPort());
        InetAddress address = front.address();
        if (address == null)
        {
            connection.close(CloseReason.FRONT_UNRESOLVED);
        }
        else if (acceptor.isProxyItself(front, address, port, local))
        {
            connection.close(CloseReason.FRONT_IS_PROXY);
        }
        else
        {
            counters.increment(ProxyCounter.FRONTED_CONNECTIONS);
            TcpSocket origin = connect(acceptor, address, port);
            if (origin == null)
            {
                connection.close(CloseReason.FRONT_UNREACHABLE);
            }
            else
            {
                connection.startFronting(origin, poller, offset, length, isEnded);
            }
        }
    }

    private static @Nullable TcpSocket connect(FakeTlsAcceptor acceptor, InetAddress address, int port)
    {
        try
        {
            return acceptor.connect(address, port);
        }
        catch (IOException e)
        {
            return null;
        }
    }

    /** The fronting domains have been looked at again. */
    public void fronts(FrontingTable fronts)
    {
        if (fakeTls != null)
        {
            fakeTls.fronts(fronts);
        }
    }

    DatacenterRoute routeTo(ServerEntry server)
    {
        return routes[server.datacenterAgent()];
    }

    /**
     * Draws a server of the DC's cluster that has a ready link, uniformly. [P-CON-10] [P-CON-21]
     *
     * @return null when there is none.
     */
    @Nullable
    ServerEntry drawServer(int dcId)
    {
        ServerEntry[] cluster = routing.lookup(dcId);
        int readyCount = 0;
        for (ServerEntry server : cluster)
        {
            readyCount += server.marks().readyLinkCount() > 0 ? 1 : 0;
        }
        if (readyCount == 0)
        {
            return null;
        }
        int drawn = random.nextInt(readyCount);
        for (ServerEntry server : cluster)
        {
            if (server.marks().readyLinkCount() > 0 && drawn-- == 0)
            {
                return server;
            }
        }
        // the owner has changed a mark between the two looks
        return null;
    }

    /** Makes what stands in front of each payload of a connection. [P-RPC-40] */
    byte[] newRequestHead(ClientConnection connection, int framingFlag)
    {
        byte[] head = new byte[requestHeadLength];
        ProxyRequest.writeTemplate(new UnsafeBuffer(head), 0, framingFlag, connection.extConnectionId(),
            connection.remoteAddress(), connection.socket().localAddress(), natRules, proxyTag);
        return head;
    }

    void flushLater(ClientConnection connection)
    {
        toFlush.addLast(connection);
    }

    void resumeLater(ClientConnection connection)
    {
        toResume.addLast(connection);
    }

    void waitForLink(ClientConnection connection)
    {
        counters.increment(ProxyCounter.CLIENT_PAUSES);
        waitingForLink.add(connection);
    }

    /**
     * Replaces routing and secrets, both at once. Live connections keep their server and their secret; those of a secret
     * that is gone drain. [C-REL-10] [C-REL-13] [C-CLI-74]
     */
    public void configuration(RoutingTable newRouting, ClientSecrets newSecrets)
    {
        routing = newRouting;
        secrets = newSecrets;
        accounting.secrets(newSecrets, clock.nanoTime());
    }

    // ---- messages from the datacenter agents

    private ControlledMessageHandler.Action onToClient(int typeId, MutableDirectBuffer ring, int index, int length)
    {
        long extConnectionId = ring.getLong(index + ToClientMessage.EXT_CONNECTION_ID_OFFSET);
        ClientConnection connection = find(extConnectionId);
        if (connection == null)
        {
            countLost(typeId, ring, index);
            return ControlledMessageHandler.Action.CONTINUE;
        }
        try
        {
            deliver(connection, typeId, ring, index, length);
        }
        catch (RuntimeException e)
        {
            connection.failInternally(e);
        }
        return ControlledMessageHandler.Action.CONTINUE;
    }

    private @Nullable ClientConnection find(long extConnectionId)
    {
        int slot = ExtConnectionIds.slot(extConnectionId);
        if (!slots.isCurrent(slot, ExtConnectionIds.generation(extConnectionId)))
        {
            return null;
        }
        ClientConnection connection = slots.get(slot);
        return connection != null && connection.phase() == ClientPhase.RELAY ? connection : null;
    }

    private void deliver(ClientConnection connection, int typeId, MutableDirectBuffer ring, int index, int length)
    {
        int value = ring.getInt(index + ToClientMessage.VALUE_OFFSET);
        switch (typeId)
        {
            case ToClientMessage.ANSWER -> connection.onAnswer(ring, index, length);
            case ToClientMessage.SIMPLE_ACK -> connection.onSimpleAck(value);
            case ToClientMessage.BOUND -> connection.onBound(value);
            case ToClientMessage.REFUSED -> connection.onRefused();
            case ToClientMessage.CLOSED -> connection.onClosedByDatacenter(
                reasonOf(ring.getInt(index + ToClientMessage.FLAGS_OFFSET)));
            default -> throw new IllegalStateException("message type " + typeId);
        }
    }

    private static CloseReason reasonOf(int causeOrdinal)
    {
        return switch (ToClientMessage.ClosedCause.of(causeOrdinal))
        {
            case CLOSE_EXT -> CloseReason.CLOSE_EXT;
            case LINK_LOST -> CloseReason.LINK_LOST;
            case TABLE_FULL -> CloseReason.TABLE_FULL;
            case SERVER_REMOVED -> CloseReason.SERVER_REMOVED;
        };
    }

    /** The client has gone while the answer was on its way: to the middle proxy that is an answer too many. [P-PAY-06] */
    private void countLost(int typeId, MutableDirectBuffer ring, int index)
    {
        if (typeId == ToClientMessage.ANSWER &&
            (ring.getInt(index + ToClientMessage.FLAGS_OFFSET) & ToClientMessage.FLAG_END) != 0)
        {
            counters.increment(ProxyCounter.ANSWERS_DROPPED);
        }
        else if (typeId == ToClientMessage.SIMPLE_ACK)
        {
            counters.increment(ProxyCounter.SIMPLE_ACKS_DROPPED);
        }
    }
}
