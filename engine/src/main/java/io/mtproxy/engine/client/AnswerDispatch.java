// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.client;

import io.mtproxy.engine.memory.SlotTable;
import io.mtproxy.engine.relay.ExtConnectionIds;
import io.mtproxy.engine.relay.RelayRing;
import io.mtproxy.engine.relay.ToClientMessage;
import io.mtproxy.engine.status.ProxyCounter;
import io.mtproxy.engine.status.ProxyCounters;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.ControlledMessageHandler;
import org.jspecify.annotations.Nullable;

/** Reads the rings from the datacenter agents and finds the client of each message. */
final class AnswerDispatch
{
    /** Messages taken from one ring in a turn. */
    private static final int RING_BATCH_LIMIT = 4096;

    private final RelayRing[] rings;
    private final SlotTable<ClientConnection> slots;
    private final PendingClients pending;
    private final ProxyCounters counters;
    private final Runnable flush;
    private final ControlledMessageHandler handler = this::onMessage;

    /**
     * @param rings by datacenter agent, read here.
     * @param flush writes what clients have got so far.
     */
    AnswerDispatch(RelayRing[] rings, SlotTable<ClientConnection> slots, PendingClients pending, ProxyCounters counters,
        Runnable flush)
    {
        this.rings = rings;
        this.slots = slots;
        this.pending = pending;
        this.counters = counters;
        this.flush = flush;
    }

    /** Takes what the datacenter agents have sent. @return messages. */
    int poll()
    {
        int messages = 0;
        for (RelayRing ring : rings)
        {
            messages += ring.read(handler, RING_BATCH_LIMIT);
        }
        return messages;
    }

    /** Empties one ring. */
    void drain(int datacenterAgent)
    {
        rings[datacenterAgent].read(handler, RING_BATCH_LIMIT);
    }

    boolean hasMessages()
    {
        for (RelayRing ring : rings)
        {
            if (!ring.isEmpty())
            {
                return true;
            }
        }
        return false;
    }

    private ControlledMessageHandler.Action onMessage(int typeId, MutableDirectBuffer ring, int index, int length)
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
        if (pending.isFlushDue())
        {
            flush.run();
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
        AnswerFlow answers = connection.answers();
        RequestFlow requests = connection.requests();
        if (answers == null || requests == null)
        {
            throw new IllegalStateException("relays without a handshake");
        }
        int value = ring.getInt(index + ToClientMessage.VALUE_OFFSET);
        switch (typeId)
        {
            case ToClientMessage.ANSWER -> answers.onAnswer(ring, index, length);
            case ToClientMessage.SIMPLE_ACK -> answers.onSimpleAck(value);
            case ToClientMessage.BOUND -> resumeIf(requests.onBound(value), connection);
            case ToClientMessage.REFUSED -> resumeIf(requests.onRefused(), connection);
            case ToClientMessage.CLOSED -> connection.onClosedByDatacenter(
                reasonOf(ring.getInt(index + ToClientMessage.FLAGS_OFFSET)));
            default -> throw new IllegalStateException("message type " + typeId);
        }
    }

    private void resumeIf(boolean hasWaited, ClientConnection connection)
    {
        if (hasWaited)
        {
            pending.resumeLater(connection);
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
