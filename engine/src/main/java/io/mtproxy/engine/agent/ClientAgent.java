// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.agent;

import io.mtproxy.engine.client.AcceptGate;
import io.mtproxy.engine.client.ClientConnections;
import io.mtproxy.engine.client.ClientListeners;
import io.mtproxy.engine.client.ClientSecrets;
import io.mtproxy.engine.client.ClientSetup;
import io.mtproxy.engine.client.FrontingTable;
import io.mtproxy.engine.io.TcpListener;
import io.mtproxy.engine.memory.ChunkPool;
import io.mtproxy.engine.relay.RoutingTable;
import io.mtproxy.engine.status.ProxyCounter;
import io.mtproxy.engine.status.ProxyCounters;
import java.io.IOException;
import java.util.List;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.NanoClock;

/**
 * The client side: accepts, shakes hands, turns frames into messages for the datacenter agents and their messages into
 * frames. Sockets are read inside the poller, which calls the connections; what follows in each turn stands here.
 */
public final class ClientAgent implements Agent
{
    /** Timed work is looked at as often as the C program does. */
    private static final long TICK_NS = 100_000_000L;
    /** How long the thread may wait when a full ring holds something up: nobody tells that there is room again. */
    private static final long HELD_UP_WAIT_NS = 1_000_000L;
    /** Buffers are looked at once a second. [P-CON-50] */
    private static final int EVICTION_TICKS = 10;

    private final int index;
    private final NanoClock clock;
    private final ClientConnections connections;
    private final ClientListeners listeners;
    private final ClientCommands commands;
    private final BufferGauges bufferGauges;
    private final ProxyCounters counters;
    private final AcceptGate gate;
    private final int evictionChunkCount;
    private long nextTickNs;
    private int ticks;

    /**
     * @param setup     of the connections.
     * @param sockets   to accept from; closed with the agent.
     * @param commands  queue of this agent.
     */
    public ClientAgent(ClientSetup setup, List<TcpListener> sockets, ClientCommands commands)
        throws IOException
    {
        ChunkPool chunks = setup.chunks();
        this.index = setup.agentIndex();
        this.clock = setup.clock();
        this.connections = new ClientConnections(setup);
        this.listeners = new ClientListeners(connections, sockets, setup.gate(), setup.poller());
        this.commands = commands;
        this.counters = setup.status().counters();
        this.gate = setup.gate();
        this.bufferGauges = new BufferGauges(chunks, setup.status().counters());
        this.evictionChunkCount = (int)(chunks.chunkCountMax() * 3L / 4);
        this.nextTickNs = clock.nanoTime();
    }

    @Override
    public String roleName()
    {
        return "client-" + index;
    }

    /** One turn, after the poller has been asked. Closes come first, as one of them may hold a ring. */
    @Override
    public int doWork()
    {
        long nowNs = clock.nanoTime();
        connections.startTurn(nowNs);
        int work = commands.drain(this) +
            connections.finishClosing() +
            connections.pollRings() +
            connections.resumeStalled() +
            connections.flush() +
            connections.pollDeadlines() +
            tick(nowNs);
        listeners.resumeIfOpen(nowNs);
        bufferGauges.publishWhenDue(nowNs);
        connections.wakeReaders();
        return work;
    }

    /** What the gate has left is one thing for all agents, so that one of them shows it. */
    private void showGate(long nowNs)
    {
        if (index == 0)
        {
            counters.set(ProxyCounter.ACCEPT_TOKENS_LEFT, gate.tokensLeft(nowNs));
        }
    }

    private int tick(long nowNs)
    {
        if (nowNs - nextTickNs < 0)
        {
            return 0;
        }
        nextTickNs = nowNs + TICK_NS;
        connections.closeDrained();
        connections.tick();
        showGate(nowNs);
        if (++ticks % EVICTION_TICKS == 0)
        {
            connections.evict(evictionChunkCount);
        }
        return 1;
    }

    void onConfiguration(RoutingTable routing, ClientSecrets secrets)
    {
        connections.configuration(routing, secrets);
    }

    void onFronts(FrontingTable fronts)
    {
        connections.fronts(fronts);
    }

    void onStopAccepting()
    {
        listeners.close();
    }

    /** Empties the ring of one datacenter agent that runs on this thread and has found it full. */
    public void drainFrom(int datacenterAgent)
    {
        connections.drainFrom(datacenterAgent);
    }

    /** @return whether something waits that no socket will report. */
    boolean hasWork()
    {
        return !commands.isEmpty() || connections.hasWork();
    }

    /** @return the longest that the thread may wait in its poller. */
    long waitNsMax()
    {
        return connections.isHeldUpByRing() ?
            HELD_UP_WAIT_NS :
            Math.min(connections.waitNsMax(), nextTickNs - clock.nanoTime());
    }

    /** @return the agent's clients, for tests and reports. */
    public ClientConnections connections()
    {
        return connections;
    }

    /** Stops accepting and closes every client. */
    @Override
    public void onClose()
    {
        listeners.close();
        connections.closeAll();
    }
}
