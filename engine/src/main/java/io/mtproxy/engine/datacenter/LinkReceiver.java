// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.datacenter;

import io.mtproxy.crypto.AesCbcStream;
import io.mtproxy.engine.io.TcpSocket;
import io.mtproxy.engine.memory.Chunk;
import io.mtproxy.engine.memory.ChunkChain;
import io.mtproxy.engine.rpc.RpcFrameReader;
import io.mtproxy.engine.rpc.RpcKeys;
import io.mtproxy.engine.status.ProxyCounter;
import java.io.IOException;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The bytes that one link receives: reads them from the socket and gives the frames in them to {@link DatacenterLink}.
 * A frame that is not taken stops it; what was read behind that frame waits in chunks, still encrypted, and nothing more
 * is read until {@link #resume} has got rid of all that.
 * <p>
 * Methods that can fail return why the link must end, or null.
 */
final class LinkReceiver
{
    /** Reads in one turn, each of up to 256 KiB; the poller reports the rest again. */
    private static final int READ_COUNT_MAX = 2;
    private static final DirectBuffer NOTHING = new UnsafeBuffer(new byte[0]);

    private final DatacenterLink link;
    private final LinkContext context;
    private final RpcFrameReader reader;
    /** What was read behind the frame that stopped the link. */
    private final ChunkChain unread;
    private boolean isStopped;

    LinkReceiver(DatacenterLink link, LinkContext context)
    {
        this.link = link;
        this.context = context;
        this.reader = new RpcFrameReader(context.readArray, new AesCbcStream(context.scratch));
        this.unread = new ChunkChain(context.pool);
    }

    /** From here on everything is encrypted. [P-RPC-06] */
    void startDecrypting(RpcKeys keys)
    {
        reader.startDecrypting(keys.serverToClientKey(), keys.serverToClientIv());
    }

    /** [P-RPC-33] */
    void useCrc32c()
    {
        reader.useCrc32c();
    }

    /** @return bytes received behind the frame that the link is given just now. [P-RPC-13] */
    int behindLength()
    {
        return reader.behindLength();
    }

    /** @return bytes that wait behind a frame that was not taken. */
    int waitingLength()
    {
        return unread.length();
    }

    /** @return whether a frame was not taken, so that only {@link #resume} goes on. */
    boolean isStopped()
    {
        return isStopped;
    }

    /** Reads what the socket has, until a frame is not taken. */
    @Nullable
    LinkCloseReason receive(TcpSocket socket)
    {
        LinkCloseReason reason = null;
        boolean hasMore = true;
        for (int i = 0; i < READ_COUNT_MAX && hasMore && !isStopped && reason == null; i++)
        {
            int length;
            try
            {
                length = socket.read(context.receiveBuffer.clear());
            }
            catch (IOException e)
            {
                return LinkCloseReason.PEER_RESET;
            }
            if (length == TcpSocket.END_OF_STREAM)
            {
                return LinkCloseReason.PEER_END;
            }
            context.counters.increment(ProxyCounter.TCP_READ_CALLS);
            context.counters.add(ProxyCounter.TCP_READ_BYTES, length);
            link.meter().onReceived(length);
            context.received.onRead();
            reason = parse(length);
            context.received.endRead();
            hasMore = length == context.receiveBuffer.capacity();
        }
        return reason;
    }

    private @Nullable LinkCloseReason parse(int length)
    {
        RpcFrameReader.Status status = reader.read(context.receiveView, 0, length, link);
        isStopped = status == RpcFrameReader.Status.STOPPED;
        if (isStopped)
        {
            int taken = reader.takenLength();
            return unread.append(context.receiveView, taken, length - taken) ?
                null :
                LinkCloseReason.BUFFERS_EXHAUSTED;
        }
        return reasonOf(status);
    }

    /** Gives the frame that was not taken again, and what is behind it; {@link #isStopped} says whether it got through. */
    @Nullable
    LinkCloseReason resume()
    {
        RpcFrameReader.Status status = reader.read(NOTHING, 0, 0, link);
        for (Chunk chunk = unread.head(); status == RpcFrameReader.Status.OK && chunk != null; chunk = unread.head())
        {
            status = reader.read(chunk.buffer(), chunk.readOffset(), chunk.length(), link);
            unread.drop(reader.takenLength());
        }
        isStopped = status == RpcFrameReader.Status.STOPPED;
        return reasonOf(status);
    }

    private @Nullable LinkCloseReason reasonOf(RpcFrameReader.Status status)
    {
        return switch (status)
        {
            case OK, STOPPED -> null;
            case LENGTH_MALFORMED -> LinkCloseReason.BAD_FRAME;
            case SEQUENCE_WRONG -> LinkCloseReason.BAD_SEQUENCE;
            case CRC_WRONG -> LinkCloseReason.BAD_CRC;
            case CLOSED -> link.failure();
        };
    }

    /** Gives everything back; what was not taken is lost. */
    void close()
    {
        reader.close();
        unread.clear();
    }
}
