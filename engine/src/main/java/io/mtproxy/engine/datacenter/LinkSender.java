// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.datacenter;

import io.mtproxy.crypto.AesCbcStream;
import io.mtproxy.engine.io.TcpSocket;
import io.mtproxy.engine.memory.ChunkChain;
import io.mtproxy.engine.rpc.CloseExternal;
import io.mtproxy.engine.rpc.RpcFrameWriter;
import io.mtproxy.engine.rpc.RpcKeys;
import io.mtproxy.engine.status.ProxyCounter;
import java.io.IOException;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;

/**
 * What one link sends: requests in parts and frames of our own, one behind the other, waiting in chunks until
 * {@link DatacenterLinks} has them encrypted, two links at a time, and {@link DatacenterLink} writes them: once a turn, or
 * when much is waiting.
 * <p>
 * Whoever sends may be in the middle of something else, so a link that cannot go on swallows the rest and ends at the
 * end of the turn.
 */
final class LinkSender
{
    /** Encrypted bytes that are worth a write before the turn ends. */
    private static final int EARLY_WRITE_LENGTH = 64 * 1024;

    private final DatacenterLink link;
    private final ServerLinks server;
    private final LinkContext context;
    private final RpcFrameWriter writer;
    /** What the socket has not taken yet. */
    private final ChunkChain waiting;

    /** Payload bytes of the open request that are still to come. */
    private int requestLeftLength;
    private boolean isRequestOpen;
    private boolean isWriteBlocked;
    private boolean isCongested;

    /** @param server whose marks tell of congestion. */
    LinkSender(DatacenterLink link, ServerLinks server, LinkContext context)
    {
        this.link = link;
        this.server = server;
        this.context = context;
        this.waiting = new ChunkChain(context.pool);
        this.writer = new RpcFrameWriter(context.pool, waiting, new AesCbcStream(context.scratch));
    }

    /** @return bytes that the socket has not taken yet, encrypted or not. */
    int waitingLength()
    {
        return waiting.length() + writer.plainLength();
    }

    /** @return whether clients bound to this link must wait. */
    boolean isCongested()
    {
        return isCongested;
    }

    // Frames of our own

    /** Sends what lies in {@link LinkContext#payload} as the link's first frame, in clear. [P-RPC-11] */
    void sendClear(int length)
    {
        succeed(writer.writeClear(context.payload, 0, length));
    }

    /** From here on everything is encrypted. [P-RPC-06] */
    void startEncrypting(RpcKeys keys)
    {
        writer.startEncrypting(keys.clientToServerKey(), keys.clientToServerIv());
    }

    /** From the next frame on. [P-RPC-33] */
    void useCrc32c()
    {
        writer.useCrc32c();
    }

    /**
     * @return whether a frame of our own can be sent now: not in the middle of a request, and not to a middle proxy
     *         that does not read, or its own frames could make us hold any number of answers to them.
     */
    boolean canSend()
    {
        return !isRequestOpen && waitingLength() <= 2 * context.settings.linkBufferLength();
    }

    /** Sends what lies in {@link LinkContext#payload} as a frame. */
    void send(int length)
    {
        if (link.isUsable())
        {
            succeed(writer.writeFrame(context.payload, 0, length));
        }
    }

    /** Tells the middle proxy that a client is gone. [P-RPC-43] */
    void sendCloseConn(long extConnectionId)
    {
        CloseExternal.encodeCloseConnection(context.payload, 0, extConnectionId);
        context.counters.increment(ProxyCounter.CLOSE_CONN_SENT);
        send(CloseExternal.LENGTH);
    }

    // Requests

    /** @return whether a request has come in part: until its end nothing else can be sent on this link. */
    boolean isRequestOpen()
    {
        return isRequestOpen;
    }

    /** Begins the frame of a request whose parts follow. [P-RPC-40] */
    void beginRequest(int payloadLength)
    {
        isRequestOpen = true;
        requestLeftLength = payloadLength;
        if (!link.isUsable())
        {
            return;
        }
        if (payloadLength <= 0 || payloadLength % Integer.BYTES != 0)
        {
            link.failLater(LinkCloseReason.INTERNAL_ERROR);
            return;
        }
        writer.beginFrame(payloadLength);
        link.markDirty();
    }

    /** Appends a part of the request. */
    void appendRequest(DirectBuffer buffer, int offset, int length)
    {
        if (!link.isUsable())
        {
            return;
        }
        if (length > requestLeftLength)
        {
            link.failLater(LinkCloseReason.INTERNAL_ERROR);
            return;
        }
        requestLeftLength -= length;
        context.links.onStaged(length);
        succeed(writer.append(buffer, offset, length));
    }

    /** Ends the frame of the request. */
    void endRequest()
    {
        isRequestOpen = false;
        if (!link.isUsable())
        {
            return;
        }
        if (requestLeftLength != 0)
        {
            link.failLater(LinkCloseReason.INTERNAL_ERROR);
            return;
        }
        if (succeed(writer.endFrame()))
        {
            updateCongestion();
            context.links.onRequestEnded();
        }
    }

    /** Notes whether there was a chunk for what has just been written. */
    private boolean succeed(boolean success)
    {
        if (success)
        {
            link.markDirty();
        }
        else
        {
            link.failLater(LinkCloseReason.BUFFERS_EXHAUSTED);
        }
        return success;
    }

    // Writing

    /** @return whether the socket takes no more, so that the link must hear when it does again. */
    boolean isWriteBlocked()
    {
        return isWriteBlocked;
    }

    /** The socket takes bytes again. */
    void onWritable()
    {
        isWriteBlocked = false;
    }

    /**
     * Pads, encrypts and writes what the turn has brought. [P-RPC-07]
     *
     * @return why the link must end, or null.
     */
    @Nullable
    LinkCloseReason flush(TcpSocket socket)
    {
        if (!writer.flush())
        {
            return LinkCloseReason.BUFFERS_EXHAUSTED;
        }
        try
        {
            write(socket);
        }
        catch (IOException e)
        {
            return LinkCloseReason.PEER_RESET;
        }
        return null;
    }

    /** @return whether there is something that can be encrypted. */
    boolean hasBlocks()
    {
        return writer.hasBlocks();
    }

    /** @return bytes that are not encrypted yet. */
    int plainLength()
    {
        return writer.plainLength();
    }

    /** Ends what the turn has brought with a whole block. [P-RPC-07] */
    void pad()
    {
        writer.pad();
    }

    /** Encrypts what both have, as far as that is the same. */
    void encryptWith(LinkSender other)
    {
        RpcFrameWriter.encryptTogether(writer, other.writer);
    }

    /** Encrypts what there is, for want of a partner. */
    void encryptAlone()
    {
        succeed(writer.encrypt());
    }

    /** Writes what is encrypted, if that is much, before the turn ends. */
    void writeEarly()
    {
        if (waiting.length() < EARLY_WRITE_LENGTH || isWriteBlocked || !link.isUsable())
        {
            return;
        }
        try
        {
            write(link.openSocket());
            link.updateInterest();
        }
        catch (IOException e)
        {
            link.failLater(LinkCloseReason.PEER_RESET);
        }
    }

    private void write(TcpSocket socket) throws IOException
    {
        while (!isWriteBlocked && !waiting.isEmpty())
        {
            int before = waiting.length();
            isWriteBlocked = !waiting.writeTo(socket, context.gather);
            context.counters.increment(ProxyCounter.TCP_WRITE_CALLS);
            context.counters.add(ProxyCounter.TCP_WRITE_BYTES, before - waiting.length());
            link.meter().onSent(before - waiting.length());
        }
        updateCongestion();
    }

    /** Publishes whether clients bound to this link must wait ({@code --link-buffer}). */
    private void updateCongestion()
    {
        long length = waitingLength();
        long bound = context.settings.linkBufferLength();
        if (!isCongested && length > bound)
        {
            isCongested = true;
            server.entry().marks().congested(link.index(), true);
            context.counters.increment(ProxyCounter.LINK_CONGESTED);
        }
        else if (isCongested && length < bound / 2)
        {
            isCongested = false;
            server.entry().marks().congested(link.index(), false);
            context.replies.wakeAll();
        }
    }

    /** Gives everything back; what was not written is lost. */
    void close()
    {
        writer.close();
        waiting.clear();
    }
}
