// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.datacenter;

import io.mtproxy.engine.relay.ExtConnectionIds;
import io.mtproxy.engine.relay.RelayRing;
import io.mtproxy.engine.relay.ToClientMessage;
import io.mtproxy.engine.relay.ToClientMessage.ClosedCause;
import io.mtproxy.engine.relay.WakeSignal;
import java.util.Arrays;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * Writes to the to-client rings, one for each client agent, and remembers whom to wake. Nothing here waits: a full ring
 * is an answer, and the caller comes again.
 * <p>
 * Where both agents share a thread, a claim on a full ring lets the client agent read it at once. That may bring new
 * messages for us in the middle of the call, so whoever claims looks at its own state again afterwards.
 */
final class ClientReplies
{
    /** Returned by claims when the ring is full. */
    static final int RING_FULL = -1;

    private final RelayRing[] rings;
    private final WakeSignal[] signals;
    private final boolean[] written;

    ClientReplies(RelayRing[] rings, WakeSignal[] signals)
    {
        this.rings = rings.clone();
        this.signals = signals.clone();
        this.written = new boolean[rings.length];
    }

    /**
     * Claims a message without data.
     *
     * @param type  one of {@link ToClientMessage}.
     * @param flags cause of {@link ToClientMessage#CLOSED}, 0 otherwise.
     * @param value as the type has it.
     * @return index for {@link #commit} or {@link #abort}, or {@link #RING_FULL}.
     */
    int claim(int type, long extConnectionId, int flags, int value)
    {
        return claimWithData(type, extConnectionId, flags, value, 0);
    }

    private int claimWithData(int type, long extConnectionId, int flags, int value, int length)
    {
        RelayRing ring = ringOf(extConnectionId);
        int index = ring.tryClaim(type, ToClientMessage.DATA_OFFSET + length);
        if (index < 0)
        {
            return RING_FULL;
        }
        MutableDirectBuffer buffer = ring.buffer();
        buffer.putLong(index + ToClientMessage.EXT_CONNECTION_ID_OFFSET, extConnectionId);
        buffer.putInt(index + ToClientMessage.FLAGS_OFFSET, flags);
        buffer.putInt(index + ToClientMessage.VALUE_OFFSET, value);
        return index;
    }

    /** Hands a claimed message over. */
    void commit(long extConnectionId, int index)
    {
        int clientAgent = ExtConnectionIds.clientAgent(extConnectionId);
        rings[clientAgent].commit(index);
        written[clientAgent] = true;
    }

    /** Takes a claimed message back. */
    void abort(long extConnectionId, int index)
    {
        ringOf(extConnectionId).abort(index);
    }

    /** @return false when the ring is full. */
    boolean send(int type, long extConnectionId, int flags, int value)
    {
        int index = claim(type, extConnectionId, flags, value);
        if (index < 0)
        {
            return false;
        }
        commit(extConnectionId, index);
        return true;
    }

    /** Says that the datacenter side ended a connection; false when the ring is full. */
    boolean closed(long extConnectionId, ClosedCause cause)
    {
        return send(ToClientMessage.CLOSED, extConnectionId, cause.ordinal(), 0);
    }

    /**
     * Hands an answer or a part of one over.
     *
     * @param flags       {@link ToClientMessage#FLAG_BEGIN} and {@link ToClientMessage#FLAG_END} as they apply.
     * @param totalLength of the whole answer.
     * @return false when the ring is full: nothing has crossed then.
     */
    boolean answer(long extConnectionId, int flags, int totalLength, DirectBuffer data, int offset, int length)
    {
        int index = claimWithData(ToClientMessage.ANSWER, extConnectionId, flags, totalLength,
            length + ToClientMessage.TAIL_ROOM);
        if (index < 0)
        {
            return false;
        }
        ringOf(extConnectionId).buffer().putBytes(index + ToClientMessage.DATA_OFFSET, data, offset, length);
        commit(extConnectionId, index);
        return true;
    }

    /** Makes {@link #wakeWritten} wake every client agent: something it waits for has changed. */
    void wakeAll()
    {
        Arrays.fill(written, true);
    }

    /** Wakes the client agents that were written to since the last call; once a turn, after the last message. */
    void wakeWritten()
    {
        for (int i = 0; i < written.length; i++)
        {
            if (written[i])
            {
                written[i] = false;
                signals[i].wakeIfWaiting();
            }
        }
    }

    private RelayRing ringOf(long extConnectionId)
    {
        return rings[ExtConnectionIds.clientAgent(extConnectionId)];
    }
}
