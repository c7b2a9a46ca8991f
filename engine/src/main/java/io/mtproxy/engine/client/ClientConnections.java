// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.client;

import io.mtproxy.crypto.CipherScratch;
import io.mtproxy.crypto.RandomSource;
import io.mtproxy.engine.config.SecretList;
import io.mtproxy.engine.io.Interest;
import io.mtproxy.engine.io.SocketPoller;
import io.mtproxy.engine.io.TcpSocket;
import io.mtproxy.engine.memory.ChunkChain;
import io.mtproxy.engine.memory.ChunkPool;
import io.mtproxy.engine.memory.SlotTable;
import io.mtproxy.engine.relay.ExtConnectionIds;
import io.mtproxy.engine.relay.RoutingTable;
import io.mtproxy.engine.status.ProxyCounter;
import io.mtproxy.engine.status.ProxyCounters;
import io.mtproxy.engine.transport.FrameHeader;
import io.mtproxy.engine.transport.HandshakeResult;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.agrona.DirectBuffer;
import org.agrona.ErrorHandler;
import org.agrona.concurrent.NanoClock;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * All clients of one agent, from the first to the last moment of each, and the one place where they find what they share:
 * the receive buffer, the pools, the opener of headers, the rings, the queues of what is still to be done.
 */
public final class ClientConnections
{
    /** Bytes read from one client at once: big reads keep uploads cheap, and one buffer serves all. */
    private static final int RECEIVE_LENGTH = 256 * 1024;
    /** Room for a header, a pong, a quick ack, or the first bytes of a payload. */
    private static final int SCRATCH_LENGTH = 128;
    /** Clients of a removed secret that are closed at one tick. */
    private static final int DRAINED_PER_TICK = 1024;

    final NanoClock clock;
    final ProxyCounters counters;
    final RandomSource random;
    final ClientLimits limits;
    final ChunkPool chunks;
    final UnsafeBuffer received;
    final UnsafeBuffer scratch = new UnsafeBuffer(ByteBuffer.allocateDirect(SCRATCH_LENGTH));
    final ByteBuffer[] gather = ChunkChain.newGatherArray();
    final FrameSource source;
    final FrameHeader frameHeader = new FrameHeader();
    final HeaderOpener headers;
    final RequestHeads requestHeads;
    final DatacenterRoutes routes;
    final PendingClients pending;
    final RecentSenders senders = new RecentSenders();
    final ClientDeadlines deadlines;
    final SecretAccounting accounting;
    final ClientMeters meters;
    private final ClientStalls stalls;
    /** In TLS-only mode; null otherwise. */
    final @Nullable FakeTlsAcceptor fakeTls;
    final HeldFlights heldFlights = new HeldFlights();
    /** In TLS-only mode; null otherwise. */
    final @Nullable FrontingStart fronting;

    private final int agentIndex;
    private final SocketPoller poller;
    private final ErrorHandler errors;
    private final AcceptGate gate;
    private final ByteBuffer receiveBuffer = ByteBuffer.allocateDirect(RECEIVE_LENGTH);
    private final SlotTable<ClientConnection> slots;
    private final AnswerDispatch dispatch;
    private final SecretHints hints = new SecretHints();
    private ClientSecrets secrets;
    private long nowNs;

    /** @param setup collaborators and values; kept by reference. */
    public ClientConnections(ClientSetup setup)
    {
        agentIndex = setup.agentIndex();
        poller = setup.poller();
        clock = setup.clock();
        counters = setup.status().counters();
        meters = new ClientMeters(setup.status(), clock);
        random = setup.random();
        errors = setup.errors();
        limits = setup.limits();
        gate = setup.gate();
        chunks = setup.chunks();
        secrets = setup.secrets();
        accounting = new SecretAccounting(setup.status(), setup.drainTimeoutNs());
        slots = new SlotTable<>(setup.connectionCountMax());
        pending = new PendingClients(slots, chunks);
        stalls = new ClientStalls(slots, setup.status().stalls(), setup.epochClock());
        dispatch = new AnswerDispatch(setup.fromDatacenters(), slots, pending, counters, this::flush);
        routes = new DatacenterRoutes(setup.toDatacenters(), setup.datacenterSignals(), random);
        requestHeads = new RequestHeads(setup.natRules(), setup.proxyTag());
        CipherScratch cipherScratch = new CipherScratch();
        headers = new HeaderOpener(cipherScratch, counters, hints);
        FakeTlsSetup fakeTlsSetup = setup.fakeTls();
        fakeTls = fakeTlsSetup == null ?
            null :
            new FakeTlsAcceptor(fakeTlsSetup, counters, random, cipherScratch, setup.natRules(), hints);
        fronting = fakeTls == null ? null : new FrontingStart(fakeTls, poller, counters, clock);
        received = new UnsafeBuffer(receiveBuffer);
        source = new FrameSource(received);
        nowNs = clock.nanoTime();
        accounting.secrets(secrets, nowNs);
        deadlines = new ClientDeadlines(nowNs);
    }

    // ---- connections: open, hand shakes, close

    /**
     * Takes over an accepted connection.
     *
     * @return false when no slot is free: the caller closes it.
     * @throws IOException when the poller refuses it: likewise.
     */
    boolean open(TcpSocket socket, long acceptedNs) throws IOException
    {
        int slot = slots.allocate();
        if (slot < 0)
        {
            return false;
        }
        ClientConnection connection = new ClientConnection(this, socket, slot,
            ExtConnectionIds.of(agentIndex, slot, slots.generation(slot)), acceptedNs);
        try
        {
            connection.pollKey(poller.register(socket, Interest.READ, connection));
        }
        catch (IOException e)
        {
            slots.free(slot);
            throw e;
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

    /** Tries the present secrets on a client's header of 64 bytes. */
    HandshakeResult openHeader(ClientConnection connection, DirectBuffer header, int offset)
    {
        return headers.open(header, offset, secrets.list(), connection.remoteAddress().getAddress());
    }

    SecretList secrets()
    {
        return secrets.list();
    }

    /** Called once for each connection, when its socket is about to be closed. */
    void onClosing(ClientConnection connection, CloseReason reason)
    {
        counters.increment(reason.counter());
        counters.add(ProxyCounter.SPECIAL_CONNECTIONS, -1);
        counters.add(ProxyCounter.INBOUND_CONNECTIONS, -1);
        counters.add(ProxyCounter.ACTIVE_INBOUND_CONNECTIONS, -1);
        counters.add(ProxyCounter.ACTIVE_CONNECTIONS, -1);
        ClientTraffic traffic = connection.traffic();
        meters.onClosed(reason, connection.acceptedNs(), traffic);
        if (traffic != null)
        {
            traffic.close();
            counters.add(ProxyCounter.ENCRYPTED_CONNECTIONS, -1);
        }
        deadlines.cancel(connection);
        senders.remove(connection);
        gate.leave();
        pending.closeLater(connection);
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

    /** @return how long nothing of the clients is due that is due to the millisecond. */
    public long waitNsMax()
    {
        return heldFlights.waitNsMax(clock.nanoTime());
    }

    /** @return deadlines that were over. */
    public int pollDeadlines()
    {
        return deadlines.poll(nowNs) + heldFlights.poll(nowNs);
    }

    // ---- the turn

    /** Sets the time of this turn. */
    public void startTurn(long turnNs)
    {
        nowNs = turnNs;
        meters.startTurn(turnNs);
    }

    /** Closes finish before anybody else may use the rings, as one of them may hold a route. */
    public int finishClosing()
    {
        return pending.finishClosing();
    }

    /** Takes what the datacenter agents have sent. */
    public int pollRings()
    {
        return dispatch.poll();
    }

    /** Empties one ring, for a datacenter agent on the same thread that has found it full. */
    public void drainFrom(int datacenterAgent)
    {
        dispatch.drain(datacenterAgent);
    }

    /** Connections go on that were stalled for a ring, a link or an answer. */
    public int resumeStalled()
    {
        return routes.resumeWaiting() + pending.resumeStalled();
    }

    /** Writes, once for each client, what the turn has brought. */
    public int flush()
    {
        int flushed = pending.flush();
        meters.answered.onWritten();
        return flushed;
    }

    /** Wakes the datacenter agents that were sent something. */
    public void wakeReaders()
    {
        routes.wakeReaders();
    }

    /** @return whether a turn would find something to do that no socket will report. */
    public boolean hasWork()
    {
        return pending.hasWork() || dispatch.hasMessages();
    }

    /** @return whether a full ring holds something up, which nobody will report: the agent must look again soon. */
    public boolean isHeldUpByRing()
    {
        return routes.isAnyWaitedFor() || pending.isClosing();
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

    /** Looks at what changes without anybody saying so; each 0.1 s. */
    public void tick()
    {
        meters.showServers();
        stalls.tick(nowNs);
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

    /** The fronting domains have been looked at again. */
    public void fronts(FrontingTable fronts)
    {
        if (fakeTls != null)
        {
            fakeTls.fronts(fronts);
            if (fronting != null)
            {
                fronting.retry();
            }
        }
    }

    void waitForLink(ClientConnection connection)
    {
        counters.increment(ProxyCounter.CLIENT_PAUSES);
        pending.waitForLink(connection);
    }

    /**
     * Replaces routing and secrets, both at once. Live connections keep their server and their secret; those of a secret
     * that is gone drain. [C-REL-10] [C-REL-13] [C-CLI-74]
     */
    public void configuration(RoutingTable newRouting, ClientSecrets newSecrets)
    {
        routes.routing(newRouting);
        meters.routing(newRouting);
        secrets = newSecrets;
        hints.clear();
        accounting.secrets(newSecrets, clock.nanoTime());
    }
}
