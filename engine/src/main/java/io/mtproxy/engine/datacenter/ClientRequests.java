// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.datacenter;

import static io.mtproxy.engine.relay.ToDatacenterMessage.DATA_OFFSET;
import static io.mtproxy.engine.relay.ToDatacenterMessage.EXT_CONNECTION_ID_OFFSET;
import static io.mtproxy.engine.relay.ToDatacenterMessage.FLAGS_OFFSET;
import static io.mtproxy.engine.relay.ToDatacenterMessage.FLAG_BEGIN;
import static io.mtproxy.engine.relay.ToDatacenterMessage.FLAG_BIND;
import static io.mtproxy.engine.relay.ToDatacenterMessage.FLAG_END;
import static io.mtproxy.engine.relay.ToDatacenterMessage.SERVER_INDEX_OFFSET;
import static io.mtproxy.engine.relay.ToDatacenterMessage.STAMP_OFFSET;
import static io.mtproxy.engine.relay.ToDatacenterMessage.TOTAL_LENGTH_OFFSET;
import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.mtproxy.engine.relay.RelayRing;
import io.mtproxy.engine.relay.ToClientMessage;
import io.mtproxy.engine.relay.ToClientMessage.ClosedCause;
import io.mtproxy.engine.relay.ToDatacenterMessage;
import io.mtproxy.engine.status.ProxyCounter;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.ControlledMessageHandler;
import org.jspecify.annotations.Nullable;

/**
 * Reads what one client agent sends: binds its connections to links, puts its requests into their frames and tells middle
 * proxies of clients that are gone. [P-CON-20] [P-CON-21] [P-RPC-40] [P-RPC-43]
 * <p>
 * A request in parts holds its link until the last part is there; meanwhile what other rings have for that link stays at
 * the head of their rings. That ends soon and by itself: the client agent has the whole request in memory.
 */
final class ClientRequests implements ControlledMessageHandler
{
    private final RelayRing ring;
    private final DatacenterLinks links;
    private final ClientReplies replies;
    /** Whether the message at the head could not be handled yet. */
    private boolean isWaiting;
    /** Link with a frame whose next part this ring will bring, or null. */
    private @Nullable DatacenterLink openLink;
    /** Whether the parts that follow belong to a request that goes nowhere. */
    private boolean skippingParts;

    ClientRequests(RelayRing ring, DatacenterLinks links, ClientReplies replies)
    {
        this.ring = ring;
        this.links = links;
        this.replies = replies;
    }

    /**
     * Handles what is there.
     *
     * @param countMax most messages to handle.
     * @return messages handled.
     */
    int poll(int countMax)
    {
        return ring.isEmpty() ? 0 : ring.read(this, countMax);
    }

    /** @return whether there is a message that need not wait for somebody else first. */
    boolean hasWork()
    {
        return !isWaiting && !ring.isEmpty();
    }

    /** @return whether the message at the head waits for room or for another ring. */
    boolean isWaiting()
    {
        return isWaiting;
    }

    @Override
    public Action onMessage(int typeId, MutableDirectBuffer buffer, int index, int length)
    {
        Action action = handle(typeId, buffer, index, length);
        isWaiting = action == Action.ABORT;
        return action;
    }

    private Action handle(int typeId, MutableDirectBuffer buffer, int index, int length)
    {
        long extConnectionId = buffer.getLong(index + EXT_CONNECTION_ID_OFFSET, LITTLE_ENDIAN);
        if (typeId == ToDatacenterMessage.CLOSE)
        {
            return onClose(extConnectionId);
        }
        int flags = buffer.getInt(index + FLAGS_OFFSET, LITTLE_ENDIAN);
        if ((flags & FLAG_BEGIN) == 0)
        {
            return onPart(buffer, index, length, flags);
        }
        assert openLink == null && !skippingParts : "a request began before the one in front of it ended";
        DatacenterLink link = links.table().find(extConnectionId);
        if (link == null && (flags & FLAG_BIND) != 0)
        {
            return onFirstRequest(extConnectionId, buffer, index, length, flags);
        }
        if (link == null || !link.takesRequests())
        {
            skippingParts = (flags & FLAG_END) == 0;
            return Action.CONTINUE;
        }
        if (link.sender().isRequestOpen())
        {
            return Action.ABORT;
        }
        forward(link, buffer, index, length, flags);
        return Action.CONTINUE;
    }

    /** The first request of a connection: draws its link and says so, or refuses it. [P-CON-21] [P-CON-41] */
    private Action onFirstRequest(long extConnectionId, MutableDirectBuffer buffer, int index, int length, int flags)
    {
        DatacenterLink link = links.select(buffer.getInt(index + SERVER_INDEX_OFFSET, LITTLE_ENDIAN));
        if (link == null)
        {
            return refuse(extConnectionId, flags);
        }
        if (links.table().isFull())
        {
            return refuseForTable(extConnectionId, flags);
        }
        if (!link.canBind() || link.sender().isRequestOpen())
        {
            return Action.ABORT;
        }
        int claim = replies.claim(ToClientMessage.BOUND, extConnectionId, 0, link.index());
        if (claim < 0)
        {
            return Action.ABORT;
        }
        if (!link.canBind() || link.sender().isRequestOpen() || links.table().isFull())
        {
            // The claim let the client agent run, and what that did has changed the picture: draw again.
            replies.abort(extConnectionId, claim);
            return Action.ABORT;
        }
        links.bind(extConnectionId, link);
        replies.commit(extConnectionId, claim);
        forward(link, buffer, index, length, flags);
        return Action.CONTINUE;
    }

    private Action refuse(long extConnectionId, int flags)
    {
        if (!replies.send(ToClientMessage.REFUSED, extConnectionId, 0, 0))
        {
            return Action.ABORT;
        }
        links.counters().increment(ProxyCounter.FRAMES_DROPPED_NO_TARGET);
        skippingParts = (flags & FLAG_END) == 0;
        return Action.CONTINUE;
    }

    private Action refuseForTable(long extConnectionId, int flags)
    {
        if (!replies.closed(extConnectionId, ClosedCause.TABLE_FULL))
        {
            return Action.ABORT;
        }
        skippingParts = (flags & FLAG_END) == 0;
        return Action.CONTINUE;
    }

    private Action onPart(MutableDirectBuffer buffer, int index, int length, int flags)
    {
        if (openLink != null)
        {
            forward(openLink, buffer, index, length, flags);
        }
        else
        {
            assert skippingParts : "a part without its beginning";
            skippingParts = (flags & FLAG_END) == 0;
        }
        return Action.CONTINUE;
    }

    /** Sends a request or a part of one. A link lost in the middle of a request swallows the rest of it. */
    private void forward(DatacenterLink link, MutableDirectBuffer buffer, int index, int length, int flags)
    {
        boolean isFirst = (flags & FLAG_BEGIN) != 0;
        boolean isLast = (flags & FLAG_END) != 0;
        openLink = isLast ? null : link;
        LinkSender sender = link.sender();
        try
        {
            if (isFirst)
            {
                links.counters().increment(ProxyCounter.FRAMES_TO_DATACENTER);
                link.meter().onRequest();
                sender.beginRequest(buffer.getInt(index + TOTAL_LENGTH_OFFSET, LITTLE_ENDIAN));
            }
            sender.appendRequest(buffer, index + DATA_OFFSET, length - DATA_OFFSET);
            if (isLast)
            {
                links.onRequest(buffer.getInt(index + STAMP_OFFSET));
                sender.endRequest();
            }
        }
        catch (RuntimeException e)
        {
            link.failInternallyLater(e);
        }
    }

    private Action onClose(long extConnectionId)
    {
        DatacenterLink link = links.table().find(extConnectionId);
        if (link == null)
        {
            return Action.CONTINUE;
        }
        if (link.takesRequests())
        {
            if (link.sender().isRequestOpen())
            {
                return Action.ABORT;
            }
            sendCloseConn(link, extConnectionId);
        }
        links.unbind(extConnectionId);
        return Action.CONTINUE;
    }

    private static void sendCloseConn(DatacenterLink link, long extConnectionId)
    {
        try
        {
            link.sender().sendCloseConn(extConnectionId);
        }
        catch (RuntimeException e)
        {
            link.failInternallyLater(e);
        }
    }
}
