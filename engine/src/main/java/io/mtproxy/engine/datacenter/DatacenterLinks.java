// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.datacenter;

import io.mtproxy.crypto.RandomSource;
import io.mtproxy.engine.io.SocketPoller;
import io.mtproxy.engine.io.TcpNetwork;
import io.mtproxy.engine.memory.ChunkPool;
import io.mtproxy.engine.relay.RelayRing;
import io.mtproxy.engine.relay.ServerEntry;
import io.mtproxy.engine.relay.ToClientMessage;
import io.mtproxy.engine.relay.WakeSignal;
import io.mtproxy.engine.status.AgentStatus;
import io.mtproxy.engine.status.ProxyCounter;
import io.mtproxy.engine.status.ProxyCounters;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.agrona.ErrorHandler;
import org.agrona.collections.Int2ObjectHashMap;
import org.agrona.concurrent.EpochClock;
import org.agrona.concurrent.NanoClock;
import org.jspecify.annotations.Nullable;

/**
 * All links of one datacenter agent's servers, and the rings between them and the client agents. The agent calls its
 * steps once a turn; what happens in the poller in between (bytes received, sockets writable) only fills the lists that
 * these steps work off.
 */
public final class DatacenterLinks implements AutoCloseable
{
    /** How often deadlines are looked at and missing links opened. [P-CON-30] [P-RPC-36] */
    private static final long TICK_NS = TimeUnit.MILLISECONDS.toNanos(100);
    /** How long an agent may sleep with something that waits for room in a ring: nobody wakes it (A10). */
    private static final long RETRY_NS = TimeUnit.MILLISECONDS.toNanos(1);

    private final LinkContext context;
    private final ExtConnectionTable table;
    private final ClientReplies replies;
    private final ClientRequests[] requests;
    private final ProxyCounters counters;
    private final Int2ObjectHashMap<ServerLinks> serverByIndex = new Int2ObjectHashMap<>();
    private final ArrayList<ServerLinks> servers = new ArrayList<>();
    /** Links with something to write or to end. */
    private final ArrayList<DatacenterLink> dirty = new ArrayList<>();
    /** Links with a received frame that finds no room. */
    private final ArrayList<DatacenterLink> stopped = new ArrayList<>();
    /** Links that are gone, whose clients do not all know it. */
    private final ArrayList<DatacenterLink> lost = new ArrayList<>();
    private final LinkSealer sealer;
    private final int[] countByPhase = new int[LinkPhase.values().length];
    private int firstRequests;
    private long nextTickNs;
    /** Whether a link has ended since servers were last looked at. */
    private boolean isLinkMissing;
    private boolean isClosed;

    /**
     * @param fromClients   one ring for each client agent, read here.
     * @param toClients     one ring for each client agent, written here.
     * @param clientSignals to wake each client agent.
     * @param errors        told of defects of ours that have ended a link.
     */
    public DatacenterLinks(SocketPoller poller, TcpNetwork network, RelayRing[] fromClients, RelayRing[] toClients,
        WakeSignal[] clientSignals, AgentStatus status, RandomSource random, NanoClock nanoClock,
        EpochClock epochClock, ChunkPool pool, DatacenterSettings settings, ErrorHandler errors)
    {
        this.counters = status.counters();
        this.table = new ExtConnectionTable(toClients.length, settings.bindingCountMax());
        this.replies = new ClientReplies(toClients, clientSignals);
        this.requests = new ClientRequests[fromClients.length];
        this.context = new LinkContext(
            this, network, poller, pool, status, random, nanoClock, epochClock, settings, replies, table, errors);
        for (int i = 0; i < fromClients.length; i++)
        {
            requests[i] = new ClientRequests(fromClients[i], this, replies);
        }
        this.sealer = new LinkSealer(pool);
        this.nextTickNs = nanoClock.nanoTime();
    }

    // Steps of a turn

    /**
     * Handles what client agents have sent; each turn begins with another one.
     *
     * @param countMax most messages from one client agent.
     */
    public int pollRequests(int countMax)
    {
        firstRequests = firstRequests + 1 < requests.length ? firstRequests + 1 : 0;
        int handled = 0;
        for (int i = 0; i < requests.length; i++)
        {
            int at = firstRequests + i;
            handled += requests[at < requests.length ? at : at - requests.length].poll(countMax);
        }
        return handled;
    }

    /** Handles at once what one client agent has sent, from within that agent's own work on the same thread. */
    public int pollRequestsOf(int clientAgent)
    {
        return requests[clientAgent].poll(Integer.MAX_VALUE);
    }

    /** Tries again what found no room in a ring. */
    public int resumeStopped()
    {
        int resumed = 0;
        for (int i = stopped.size() - 1; i >= 0; i--)
        {
            if (!stopped.get(i).resume())
            {
                removeFast(stopped, i);
                resumed++;
            }
        }
        return resumed;
    }

    /** Looks at deadlines each 0.1 s, and opens links that are missing then or since the last turn. [P-CON-30] */
    public int keepLinks(long nowNs)
    {
        if (isClosed)
        {
            return 0;
        }
        boolean isTick = nowNs - nextTickNs >= 0;
        if (isTick)
        {
            nextTickNs = nowNs + TICK_NS;
            checkServers(nowNs);
        }
        else if (!isLinkMissing)
        {
            return 0;
        }
        isLinkMissing = false;
        int opened = 0;
        for (int i = 0; i < servers.size(); i++)
        {
            opened += servers.get(i).openMissing(nowNs, context);
        }
        return opened;
    }

    private void checkServers(long nowNs)
    {
        for (int i = servers.size() - 1; i >= 0; i--)
        {
            ServerLinks server = servers.get(i);
            server.show(nowNs);
            if (server.isDraining())
            {
                server.checkDrain(nowNs);
                if (server.isEmpty())
                {
                    forget(i);
                }
            }
            else
            {
                server.checkDeadlines(nowNs);
            }
        }
        countTargets();
    }

    /** Writes what links have to write. */
    public int flush()
    {
        sealer.sealAll(dirty);
        int flushed = 0;
        while (flushed < dirty.size())
        {
            dirty.get(flushed++).flush();
        }
        dirty.clear();
        context.sent.onWritten();
        return flushed;
    }

    /** Tells clients that their link is gone, as far as the rings have room; the rest is told in later turns. [P-CON-22] */
    public int tellLost()
    {
        int told = 0;
        for (int i = lost.size() - 1; i >= 0; i--)
        {
            if (tellClientsOf(lost.get(i)))
            {
                removeFast(lost, i);
                told++;
            }
        }
        return told;
    }

    private boolean tellClientsOf(DatacenterLink link)
    {
        while (link.bindings.count() > 0)
        {
            long extConnectionId = table.anyOf(link);
            int claim = replies.claim(
                ToClientMessage.CLOSED, extConnectionId, link.lostCause().ordinal(), 0);
            if (claim < 0)
            {
                return false;
            }
            if (table.find(extConnectionId) == link)
            {
                unbind(extConnectionId);
                replies.commit(extConnectionId, claim);
            }
            else
            {
                replies.abort(extConnectionId, claim);
            }
        }
        return true;
    }

    /** Wakes the client agents that something was written to; the end of a turn. */
    public void wakeClients()
    {
        replies.wakeWritten();
    }

    /** @return whether a step would find something to do now, without anything from outside. */
    public boolean hasWork()
    {
        if (!dirty.isEmpty() || isLinkMissing)
        {
            return true;
        }
        for (ClientRequests request : requests)
        {
            if (request.hasWork())
            {
                return true;
            }
        }
        return false;
    }

    /** @return how long the agent may wait for its poller. */
    public long waitNsMax(long nowNs)
    {
        long toTickNs = Math.max(0, nextTickNs - nowNs);
        return isRetryNeeded() ? Math.min(toTickNs, RETRY_NS) : toTickNs;
    }

    private boolean isRetryNeeded()
    {
        if (!stopped.isEmpty() || !lost.isEmpty())
        {
            return true;
        }
        for (ClientRequests request : requests)
        {
            if (request.isWaiting())
            {
                return true;
            }
        }
        return false;
    }

    // Servers

    /** Starts to keep links to a server, or goes on with those of one that still drains. [P-CON-30] [C-REL-13] */
    public void addServer(ServerEntry entry, long nowNs)
    {
        ServerLinks draining = serverByIndex.get(entry.index());
        if (draining != null)
        {
            draining.update(entry);
            draining.endDrain();
            isLinkMissing = true;
            countTargets();
            return;
        }
        ServerLinks server = new ServerLinks(entry, this, context.random, nowNs);
        serverByIndex.put(entry.index(), server);
        servers.add(server);
        isLinkMissing = true;
        countTargets();
    }

    /** Applies other numbers of links to a server that stays; links that stand are left alone. [C-REL-13] */
    public void updateServer(ServerEntry entry)
    {
        ServerLinks server = serverByIndex.get(entry.index());
        if (server != null)
        {
            server.update(entry);
            isLinkMissing = true;
        }
    }

    /** Lets a server's links go on for those bound to them, and ends them one by one. [C-REL-10] */
    public void removeServer(int serverIndex, long nowNs)
    {
        ServerLinks server = serverByIndex.get(serverIndex);
        if (server != null && !server.isDraining())
        {
            server.drain(nowNs, context.settings.drainTimeoutNs());
            countTargets();
        }
    }

    private void forget(int position)
    {
        ServerLinks server = removeFast(servers, position);
        serverByIndex.remove(server.entry().index());
        counters.increment(ProxyCounter.FREE_TARGETS);
        context.status.links().giveBack(server.entry().index());
    }

    /** Ends every link, gives everything back and opens no more; clients are told if turns follow. */
    @Override
    public void close()
    {
        isClosed = true;
        for (int i = 0; i < servers.size(); i++)
        {
            servers.get(i).close(LinkCloseReason.SHUTDOWN);
        }
        dirty.clear();
        stopped.clear();
        isLinkMissing = false;
        countTargets();
        context.close();
    }

    // For links and requests

    /** A whole request goes onto a link; the stamp says when it was read, if that is measured. */
    void onRequest(int stamp)
    {
        context.sent.onPacket(stamp);
    }

    /** So many bytes of a request wait on a link to be encrypted. */
    void onStaged(int length)
    {
        sealer.onStaged(length);
    }

    /** No link is in the middle of being written to: a moment to send what many long requests have brought. */
    void onRequestEnded()
    {
        if (sealer.isDue())
        {
            sealer.sealPairs(dirty);
            for (int i = 0; i < dirty.size(); i++)
            {
                dirty.get(i).sender().writeEarly();
            }
        }
    }

    ExtConnectionTable table()
    {
        return table;
    }

    ProxyCounters counters()
    {
        return counters;
    }

    /** @return a link of the server to bind a client to, or null when there is none. [P-CON-21] */
    @Nullable
    DatacenterLink select(int serverIndex)
    {
        ServerLinks server = serverByIndex.get(serverIndex);
        return server == null ? null : server.draw();
    }

    /** Binds a connection; the table must have room. [P-CON-20] */
    void bind(long extConnectionId, DatacenterLink link)
    {
        table.bind(extConnectionId, link);
        counters.increment(ProxyCounter.EXT_CONNECTIONS);
        counters.increment(ProxyCounter.EXT_CONNECTIONS_CREATED);
    }

    /** Forgets a connection that is bound. [P-CON-41] */
    void unbind(long extConnectionId)
    {
        table.unbind(extConnectionId);
        counters.add(ProxyCounter.EXT_CONNECTIONS, -1);
    }

    void onDirty(DatacenterLink link)
    {
        dirty.add(link);
    }

    void onStopped(DatacenterLink link)
    {
        stopped.add(link);
    }

    void onClosed(DatacenterLink link)
    {
        isLinkMissing = true;
        if (link.bindings.count() > 0)
        {
            lost.add(link);
        }
    }

    /** A link went from one phase to the next; the first comes from nowhere. */
    void onPhase(@Nullable LinkPhase last, LinkPhase next)
    {
        if (last != null)
        {
            countByPhase[last.ordinal()]--;
        }
        countByPhase[next.ordinal()]++;
        int nonce = countByPhase[LinkPhase.NONCE.ordinal()];
        int ready = countByPhase[LinkPhase.READY.ordinal()] + countByPhase[LinkPhase.DRAINING.ordinal()];
        int encrypted = countByPhase[LinkPhase.HANDSHAKE.ordinal()] + ready;
        int active = nonce + encrypted;
        counters.set(ProxyCounter.KEY_EXCHANGES, nonce);
        counters.set(ProxyCounter.READY_OUTBOUND_CONNECTIONS, ready);
        counters.set(ProxyCounter.ENCRYPTED_CONNECTIONS, encrypted);
        counters.set(ProxyCounter.ACTIVE_OUTBOUND_CONNECTIONS, active);
        counters.set(ProxyCounter.ACTIVE_CONNECTIONS, active);
        counters.set(ProxyCounter.OUTBOUND_CONNECTIONS, active + countByPhase[LinkPhase.CONNECTING.ordinal()]);
    }

    /** The number of ready links of a server has changed from or to none. */
    void countTargets()
    {
        int ready = 0;
        int draining = 0;
        for (int i = 0; i < servers.size(); i++)
        {
            ServerLinks server = servers.get(i);
            ready += server.readyCount() > 0 ? 1 : 0;
            draining += server.isDraining() ? 1 : 0;
        }
        counters.set(ProxyCounter.READY_TARGETS, ready);
        counters.set(ProxyCounter.ALLOCATED_TARGETS, servers.size());
        counters.set(ProxyCounter.ACTIVE_TARGETS, servers.size() - draining);
        counters.set(ProxyCounter.INACTIVE_TARGETS, draining);
    }

    private static <T> T removeFast(List<T> list, int position)
    {
        T last = list.removeLast();
        return position == list.size() ? last : list.set(position, last);
    }
}
