// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.agent;

import io.mtproxy.crypto.RandomSource;
import io.mtproxy.engine.datacenter.DatacenterLinks;
import io.mtproxy.engine.datacenter.DatacenterSettings;
import io.mtproxy.engine.io.SocketPoller;
import io.mtproxy.engine.io.TcpNetwork;
import io.mtproxy.engine.memory.ChunkPool;
import io.mtproxy.engine.relay.RelayRing;
import io.mtproxy.engine.relay.ServerEntry;
import io.mtproxy.engine.relay.WakeSignal;
import io.mtproxy.engine.status.AgentStatus;
import io.mtproxy.engine.status.ProxyCounter;
import io.mtproxy.engine.status.ProxyCounters;
import org.agrona.ErrorHandler;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.EpochClock;
import org.agrona.concurrent.NanoClock;

/**
 * Owns the links of its servers and everything that crosses them. Its turn comes after its thread's poller has reported
 * what the sockets have: received frames are in the to-client rings by then.
 */
public final class DatacenterAgent implements Agent
{
    /** Messages of one client agent in one turn; a ring holds few more. */
    private static final int RING_BATCH_LIMIT = 4096;

    private final int index;
    private final NanoClock clock;
    private final DatacenterCommands commands;
    private final ProxyCounters counters;
    private final DatacenterLinks links;
    private final BufferGauges bufferGauges;

    /**
     * @param index         of this agent among the datacenter agents.
     * @param poller        of the thread.
     * @param fromClients   the ring from each client agent.
     * @param toClients     the ring to each client agent.
     * @param clientSignals the thread of each client agent.
     * @param status        of this agent alone.
     * @param random        of this agent alone.
     * @param pool          of this agent alone.
     * @param commands      for this agent.
     * @param errors        told of defects of ours that have ended a link.
     */
    public DatacenterAgent(int index, SocketPoller poller, TcpNetwork network, RelayRing[] fromClients,
        RelayRing[] toClients, WakeSignal[] clientSignals, AgentStatus status, RandomSource random,
        NanoClock nanoClock, EpochClock epochClock, ChunkPool pool, DatacenterSettings settings,
        DatacenterCommands commands, ErrorHandler errors)
    {
        this.index = index;
        this.clock = nanoClock;
        this.commands = commands;
        this.counters = status.counters();
        this.links = new DatacenterLinks(poller, network, fromClients, toClients, clientSignals, status, random,
            nanoClock, epochClock, pool, settings, errors);
        this.bufferGauges = new BufferGauges(pool, counters);
    }

    @Override
    public int doWork()
    {
        long nowNs = clock.nanoTime();
        int workCount = drainCommands() +
            links.resumeStopped() +
            links.pollRequests(RING_BATCH_LIMIT) +
            links.flush() +
            links.keepLinks(nowNs) +
            links.tellLost();
        links.wakeClients();
        bufferGauges.publishWhenDue(nowNs);
        return workCount;
    }

    private int drainCommands()
    {
        int count = commands.isEmpty() ? 0 : commands.drain(this);
        if (count != 0)
        {
            counters.add(ProxyCounter.COMMANDS_HANDLED, count);
        }
        return count;
    }

    /**
     * Handles what a client agent on the same thread has put into its ring; called by that agent's claim on a full ring
     * ({@link RelayRing#tryClaim}), so in the middle of its work, and perhaps of ours.
     */
    public void drainFrom(int clientAgent)
    {
        links.pollRequestsOf(clientAgent);
    }

    /** @return whether a turn would find something to do; looked at once more before the thread waits. */
    public boolean hasWork()
    {
        return !commands.isEmpty() || links.hasWork();
    }

    /** @return the longest that the thread may wait in its poller. */
    public long waitNsMax()
    {
        return links.waitNsMax(clock.nanoTime());
    }

    void onAddServer(ServerEntry entry)
    {
        links.addServer(entry, clock.nanoTime());
    }

    void onUpdateServer(ServerEntry entry)
    {
        links.updateServer(entry);
    }

    void onRemoveServer(int serverIndex)
    {
        links.removeServer(serverIndex, clock.nanoTime());
    }

    void onCloseLinks()
    {
        links.close();
    }

    @Override
    public void onClose()
    {
        links.close();
    }

    @Override
    public String roleName()
    {
        return "datacenter-" + index;
    }
}
