// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.client;

import io.mtproxy.engine.relay.RelayRing;
import io.mtproxy.engine.relay.WakeSignal;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * A client agent's way to one datacenter agent: the ring, and who waits for room in it.
 * <p>
 * Parts of one payload follow each other in the ring with nothing in between, so while a connection has put in some
 * parts but not all, it holds the route and the others wait. It has all of the payload in memory: what it waits for is
 * the reader of the ring, never a peer.
 */
final class DatacenterRoute
{
    /** Where messages go; this agent is the one writer. */
    final RelayRing ring;
    /** Connections to go on, in order, when the ring has room. */
    private final ArrayDeque<ClientConnection> waiting = new ArrayDeque<>();

    private final WakeSignal signal;
    private @Nullable ClientConnection holder;
    private boolean committed;

    DatacenterRoute(RelayRing ring, WakeSignal signal)
    {
        this.ring = ring;
        this.signal = signal;
    }

    /**
     * Claims room for a message of a connection.
     *
     * @return index in the ring's memory; negative when the ring is full or another connection holds the route.
     */
    int tryClaim(ClientConnection connection, int typeId, int length)
    {
        return holder != null && holder != connection ? -1 : ring.tryClaim(typeId, length);
    }

    /** Queues a connection that found no room. The holder needs no place: it goes first. */
    void waitForRoom(ClientConnection connection)
    {
        if (holder != connection)
        {
            waiting.addLast(connection);
        }
    }

    /** @return whether somebody waits for room. */
    boolean isWaitedFor()
    {
        return holder != null || !waiting.isEmpty();
    }

    /**
     * Lets waiting connections go on, the holder first, until the ring is full again.
     *
     * @return connections that went on.
     */
    int resumeWaiting()
    {
        int resumed = 0;
        if (holder != null)
        {
            holder.resume();
            resumed++;
        }
        for (int left = waiting.size(); left > 0 && holder == null; left--)
        {
            waiting.removeFirst().resume();
            resumed++;
        }
        return resumed;
    }

    /** Keeps others out until {@link #release}. */
    void hold(ClientConnection connection)
    {
        holder = connection;
    }

    /** Lets others in again. */
    void release()
    {
        holder = null;
    }

    /** Hands a message over; the reader is woken by {@link #wakeReader} at the end of the turn. */
    void commit(int index)
    {
        ring.commit(index);
        committed = true;
    }

    /** Wakes the reader if anything was handed over since the last call. */
    void wakeReader()
    {
        if (committed)
        {
            committed = false;
            signal.wakeIfWaiting();
        }
    }
}
