// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.datacenter;

import io.mtproxy.engine.relay.ToClientMessage;
import io.mtproxy.engine.relay.ToClientMessage.ClosedCause;
import io.mtproxy.engine.rpc.Ping;
import io.mtproxy.engine.rpc.RpcFrameHandler.Action;
import io.mtproxy.engine.rpc.RpcReceived;
import io.mtproxy.engine.status.ProxyCounter;
import org.agrona.DirectBuffer;

/**
 * What a ready link receives, brought to whom it concerns: answers, quick acks and ends of connections into the rings of
 * the client agents, pings back to the middle proxy. [P-RPC-60]
 * <p>
 * Nothing is taken for which there is no room: neither in a ring nor, where an answer of our own is due, on the link.
 */
final class LinkDispatch
{
    /** No connection: ids of ours are never 0. [P-CON-40] */
    private static final long NO_CONNECTION = 0;

    private final DatacenterLink link;
    private final LinkSender sender;
    private final LinkContext context;

    /** Whose long answer is coming in parts, or {@link #NO_CONNECTION} when its parts go nowhere. */
    private long longAnswerId = NO_CONNECTION;
    private int longAnswerLength;
    private int longAnswerFlags;
    private boolean isRingFull;

    LinkDispatch(DatacenterLink link, LinkSender sender, LinkContext context)
    {
        this.link = link;
        this.sender = sender;
        this.context = context;
    }

    /** @return whether something has found a to-client ring full since {@link #onResumed}. */
    boolean isRingFull()
    {
        return isRingFull;
    }

    /** Everything has found room. */
    void onResumed()
    {
        isRingFull = false;
    }

    /** [P-RPC-60] */
    Action onFrame(DirectBuffer buffer, int offset, int length)
    {
        return switch (RpcReceived.of(buffer, offset, length))
        {
            case PING -> onPing(context.ping.wrap(buffer, offset).id());
            case PROXY_ANSWER -> onAnswer(buffer, offset, length);
            case SIMPLE_ACK -> onSimpleAck(buffer, offset);
            case CLOSE_EXTERNAL -> onCloseExternal(context.closeExternal.wrap(buffer, offset).extConnectionId());
            case IGNORED ->
            {
                context.counters.increment(ProxyCounter.LINK_FRAMES_IGNORED);
                yield Action.NEXT;
            }
        };
    }

    /** [P-RPC-44] */
    private Action onPing(long id)
    {
        if (!sender.canSend())
        {
            return Action.STOP;
        }
        Ping.encodePong(context.payload, 0, id);
        sender.send(Ping.LENGTH);
        context.counters.increment(ProxyCounter.LINK_PINGS_ANSWERED);
        return Action.NEXT;
    }

    /** [P-RPC-62] */
    private Action onAnswer(DirectBuffer buffer, int offset, int length)
    {
        context.answer.wrap(buffer, offset, length);
        long extConnectionId = context.answer.extConnectionId();
        if (context.table.find(extConnectionId) != link)
        {
            return onUnknown(extConnectionId, ProxyCounter.ANSWERS_DROPPED);
        }
        int dataLength = context.answer.dataLength();
        if (!context.replies.answer(extConnectionId, ToClientMessage.FLAG_BEGIN | endFlags(), dataLength, buffer,
            context.answer.dataOffset(), dataLength))
        {
            return stopForRing();
        }
        link.meter().onAnswer();
        return Action.NEXT;
    }

    /** [P-RPC-66] */
    private Action onSimpleAck(DirectBuffer buffer, int offset)
    {
        context.simpleAck.wrap(buffer, offset);
        long extConnectionId = context.simpleAck.extConnectionId();
        if (context.table.find(extConnectionId) != link)
        {
            return onUnknown(extConnectionId, ProxyCounter.SIMPLE_ACKS_DROPPED);
        }
        return context.replies.send(ToClientMessage.SIMPLE_ACK, extConnectionId, 0, context.simpleAck.confirm()) ?
            Action.NEXT :
            stopForRing();
    }

    /** Ends a client connection, whichever link it is bound to. [P-RPC-67] */
    private Action onCloseExternal(long extConnectionId)
    {
        if (context.table.find(extConnectionId) == null)
        {
            return Action.NEXT;
        }
        int claim = context.replies.claim(
            ToClientMessage.CLOSED, extConnectionId, ClosedCause.CLOSE_EXT.ordinal(), 0);
        if (claim < 0)
        {
            return stopForRing();
        }
        context.counters.increment(ProxyCounter.CLOSE_EXT_RECEIVED);
        if (context.table.find(extConnectionId) == null)
        {
            context.replies.abort(extConnectionId, claim);
        }
        else
        {
            context.links.unbind(extConnectionId);
            context.replies.commit(extConnectionId, claim);
        }
        return Action.NEXT;
    }

    /** A long answer begins, or something else of which nothing is wanted. */
    Action onLongFrameBegin(DirectBuffer buffer, int offset, int payloadLength)
    {
        longAnswerId = NO_CONNECTION;
        if (RpcReceived.of(buffer, offset, payloadLength) != RpcReceived.PROXY_ANSWER)
        {
            context.counters.increment(ProxyCounter.LINK_FRAMES_IGNORED);
            return Action.NEXT;
        }
        context.answer.wrap(buffer, offset, payloadLength);
        long extConnectionId = context.answer.extConnectionId();
        if (context.table.find(extConnectionId) != link)
        {
            return onUnknown(extConnectionId, ProxyCounter.ANSWERS_DROPPED);
        }
        longAnswerId = extConnectionId;
        longAnswerLength = context.answer.dataLength();
        longAnswerFlags = ToClientMessage.FLAG_BEGIN;
        return Action.NEXT;
    }

    /** The next part of what has begun. */
    Action onLongFramePart(DirectBuffer buffer, int offset, int length, boolean last)
    {
        if (longAnswerId == NO_CONNECTION)
        {
            return Action.NEXT;
        }
        if (context.table.find(longAnswerId) != link)
        {
            // The client ended in the middle of the answer; the middle proxy has been told of that.
            longAnswerId = NO_CONNECTION;
            return Action.NEXT;
        }
        int flags = longAnswerFlags | (last ? endFlags() : 0);
        if (!context.replies.answer(longAnswerId, flags, longAnswerLength, buffer, offset, length))
        {
            return stopForRing();
        }
        longAnswerFlags = 0;
        if (last)
        {
            link.meter().onAnswer();
        }
        return Action.NEXT;
    }

    /** The end of an answer, with the time it was read if that is measured. */
    private int endFlags()
    {
        return ToClientMessage.FLAG_END | context.received.takeStamp() << ToClientMessage.STAMP_SHIFT;
    }

    /** Something for a client that is gone or belongs to another link: says so to the middle proxy. [P-RPC-43] */
    private Action onUnknown(long extConnectionId, ProxyCounter dropped)
    {
        if (!sender.canSend())
        {
            return Action.STOP;
        }
        context.counters.increment(dropped);
        sender.sendCloseConn(extConnectionId);
        return Action.NEXT;
    }

    private Action stopForRing()
    {
        isRingFull = true;
        return Action.STOP;
    }
}
