// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.client;

import io.mtproxy.engine.memory.ChunkPool;
import io.mtproxy.engine.memory.SlotTable;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/**
 * The clients of one agent for which something is still to be done: in this turn, as to write what it has brought, or in
 * one of the next, as to go on after a stall. Each method of the turn takes only who is in a queue when it begins.
 */
final class PendingClients
{
    /**
     * Clients that wait to be written at most. What waits is in a chunk of each client: those of some dozen clients are still
     * in the nearer caches when the sockets take them, and so many can be used again for the next.
     */
    private static final int FLUSH_COUNT_MAX = 64;

    private final SlotTable<ClientConnection> slots;
    private final int flushCountMax;
    private final ArrayDeque<ClientConnection> toFlush = new ArrayDeque<>();
    private final ArrayDeque<ClientConnection> toResume = new ArrayDeque<>();
    private final ArrayDeque<ClientConnection> toClose = new ArrayDeque<>();
    private final List<ClientConnection> waitingForLink = new ArrayList<>();

    /**
     * @param slots of the agent's clients; those whose close is finished leave it.
     * @param pool  whose chunks hold what waits to be written: never more than an eighth of them.
     */
    PendingClients(SlotTable<ClientConnection> slots, ChunkPool pool)
    {
        this.slots = slots;
        this.flushCountMax = Math.clamp(pool.chunkCountMax() / 8, 1, FLUSH_COUNT_MAX);
    }

    /** The turn has brought something for a client. */
    void flushLater(ClientConnection connection)
    {
        toFlush.addLast(connection);
    }

    /** What a client has waited for is there. */
    void resumeLater(ClientConnection connection)
    {
        toResume.addLast(connection);
    }

    /** A client is closed, but the datacenter agents have not yet heard of it. */
    void closeLater(ClientConnection connection)
    {
        toClose.addLast(connection);
    }

    /** A client goes on when its link is no longer congested. [P-CON-53] */
    void waitForLink(ClientConnection connection)
    {
        waitingForLink.add(connection);
    }

    /** @return closes that are finished; what cannot be told yet is tried again in the next turn. */
    int finishClosing()
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

    /** @return whether a close is not finished. */
    boolean isClosing()
    {
        return !toClose.isEmpty();
    }

    /** @return clients that went on, as their link or an answer no longer holds them up. */
    int resumeStalled()
    {
        int resumed = 0;
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

    private static boolean isHeldUpByLink(ClientConnection connection)
    {
        RequestFlow requests = connection.requests();
        return requests != null && requests.isLinkCongested();
    }

    private static void removeUnordered(List<ClientConnection> list, int index)
    {
        int last = list.size() - 1;
        list.set(index, list.get(last));
        list.remove(last);
    }

    /** @return whether so many wait to be written that it should not wait for the end of the turn. */
    boolean isFlushDue()
    {
        return toFlush.size() >= flushCountMax;
    }

    /** Writes, once for each client. @return for how many. */
    int flush()
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

    /** @return whether somebody can go on. */
    boolean hasWork()
    {
        return !toResume.isEmpty() || hasFreeLink();
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
}
