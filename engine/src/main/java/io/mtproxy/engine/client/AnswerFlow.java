// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.client;

import io.mtproxy.crypto.AesCtrStream;
import io.mtproxy.engine.memory.Chunk;
import io.mtproxy.engine.memory.ChunkChain;
import io.mtproxy.engine.relay.ToClientMessage;
import io.mtproxy.engine.status.ProxyCounter;
import io.mtproxy.engine.transport.FrameCodec;
import io.mtproxy.engine.transport.PayloadFilter;
import java.io.IOException;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * What one client gets: from messages in the ring to encrypted bytes in its socket.
 * <p>
 * An answer is framed where it lies in the ring (the header before it, the padding behind it) and encrypted in one pass
 * into the chunks from which the socket is written, once a turn (architecture A3).
 */
final class AnswerFlow
{
    /** Where small frames of our own are built in the scratch buffer, with room for a header before. */
    private static final int SCRATCH_OFFSET = 16;
    /** Writes in a row that move nothing although the poller promised room. [P-CON-52] [C-LIM-15] */
    private static final int BLOCKED_WRITES_MAX = 100;

    private final ClientConnection connection;
    private final ClientConnections shared;
    private final ClientTraffic traffic;
    private final AesCtrStream send;
    private final FrameCodec codec;
    private final ChunkChain output;
    /** Around everything in TLS-only mode; null otherwise. */
    private final @Nullable AnswerRecords records;
    private boolean insideAnswer;
    private int answerPadding;
    private boolean dirty;
    private boolean writeBlocked;
    private int blockedWriteCount;
    private boolean pongPending;
    private long pendingPingId;

    /**
     * Takes over what the agent's handshake object has just found out.
     *
     * @param output  what the socket has still to take; owned from now on.
     * @param records put around all that follows, or null.
     */
    AnswerFlow(ClientConnection connection, ClientConnections shared, ClientTraffic traffic, ChunkChain output,
        @Nullable AnswerRecords records)
    {
        this.connection = connection;
        this.shared = shared;
        this.traffic = traffic;
        this.send = shared.headers.takeSendStream();
        this.codec = shared.headers.frameCodec();
        this.output = output;
        this.records = records;
        this.writeBlocked = !output.isEmpty();
    }

    /** @return bytes of memory that hold what the socket has not taken yet. */
    int heldLength()
    {
        return output.heldLength();
    }

    /** @return whether the socket has taken everything. */
    boolean isEmpty()
    {
        return output.isEmpty();
    }

    /** @return whether part of an answer is out and part of it still to come. */
    boolean isInsideAnswer()
    {
        return insideAnswer;
    }

    /** @return whether a pong waits for the end of an answer. */
    boolean isPongPending()
    {
        return pongPending;
    }

    /** @return whether the last write was short, so that the poller must say when to go on. */
    boolean isWriteBlocked()
    {
        return writeBlocked;
    }

    /** Frames and encrypts the data of an RPC_PROXY_ANS, or a part of it. [P-RPC-62] [P-OBF-31] [P-OBF-32] [P-OBF-35] */
    void onAnswer(MutableDirectBuffer ring, int index, int length)
    {
        int flags = ring.getInt(index + ToClientMessage.FLAGS_OFFSET);
        int from = index + ToClientMessage.DATA_OFFSET;
        int to = index + length - ToClientMessage.TAIL_ROOM;
        if ((flags & ToClientMessage.FLAG_BEGIN) != 0)
        {
            int totalLength = ring.getInt(index + ToClientMessage.VALUE_OFFSET);
            answerPadding = codec.paddingLength(shared.random);
            from -= codec.encodedHeaderLength(totalLength);
            codec.encodeHeader(ring, from, totalLength, answerPadding);
            insideAnswer = true;
        }
        boolean isEnd = (flags & ToClientMessage.FLAG_END) != 0;
        traffic.onAnswer(length - ToClientMessage.TAIL_ROOM - ToClientMessage.DATA_OFFSET, isEnd);
        shared.meters.answered.onPacket(flags >>> ToClientMessage.STAMP_SHIFT);
        if (isEnd)
        {
            codec.encodePadding(ring, to, answerPadding, shared.random);
            to += answerPadding;
        }
        if (encrypt(ring, from, to - from) && isEnd)
        {
            insideAnswer = false;
            shared.counters.increment(ProxyCounter.ANSWERS_TO_CLIENT);
            if (pongPending)
            {
                pongPending = false;
                sendPong(pendingPingId);
                shared.pending.resumeLater(connection);
            }
        }
    }

    /** Sends a quick ack. [P-OBF-41] [P-OBF-42] [P-RPC-66] */
    void onSimpleAck(int confirm)
    {
        traffic.onHeard();
        UnsafeBuffer scratch = shared.scratch;
        if (encrypt(scratch, 0, codec.encodeQuickAck(scratch, 0, confirm, shared.random)))
        {
            shared.counters.increment(ProxyCounter.SIMPLE_ACKS_TO_CLIENT);
        }
    }

    /** Answers the client's own ping, between answers only. [P-OBF-50] */
    void sendPong(DirectBuffer ping, int offset)
    {
        long id = PayloadFilter.pingId(ping, offset);
        if (insideAnswer)
        {
            pongPending = true;
            pendingPingId = id;
        }
        else
        {
            sendPong(id);
        }
    }

    private void sendPong(long pingId)
    {
        UnsafeBuffer scratch = shared.scratch;
        int padding = codec.paddingLength(shared.random);
        int from = SCRATCH_OFFSET - codec.encodedHeaderLength(PayloadFilter.PING_LENGTH);
        codec.encodeHeader(scratch, from, PayloadFilter.PING_LENGTH, padding);
        int to = SCRATCH_OFFSET + PayloadFilter.encodePong(scratch, SCRATCH_OFFSET, pingId);
        codec.encodePadding(scratch, to, padding, shared.random);
        if (encrypt(scratch, from, to + padding - from))
        {
            shared.counters.increment(ProxyCounter.CLIENT_PINGS_ANSWERED);
        }
    }

    /** @return false when that was too much for the client or the pool, and the connection has been closed. */
    private boolean encrypt(DirectBuffer plain, int offset, int length)
    {
        for (int done = 0; done < length;)
        {
            int room = records == null ? length - done : records.room();
            Chunk chunk = output.tailWithRoom();
            if (chunk == null)
            {
                connection.close(CloseReason.BUFFERS_EXHAUSTED);
                return false;
            }
            int run = Math.min(Math.min(length - done, room), chunk.room());
            send.update(plain, offset + done, chunk.buffer(), chunk.writeOffset(), run);
            output.commit(run);
            if (records != null)
            {
                records.add(run);
            }
            done += run;
        }
        if (!dirty)
        {
            dirty = true;
            shared.pending.flushLater(connection);
        }
        if (connection.heldLength() > shared.limits.clientBufferLength())
        {
            closeIfSlow();
        }
        return connection.phase() == ClientPhase.RELAY;
    }

    /** Much came in one turn, or the client does not read: only the socket can tell. [C-LIM-11] [P-CON-51] */
    private void closeIfSlow()
    {
        flush();
        if (connection.heldLength() > shared.limits.clientBufferLength())
        {
            connection.close(CloseReason.SLOW_CLIENT);
        }
    }

    /** The poller says that the socket takes bytes again. */
    void onWritable()
    {
        int before = output.length();
        flush();
        blockedWriteCount = output.length() == before ? blockedWriteCount + 1 : 0;
        if (blockedWriteCount > BLOCKED_WRITES_MAX)
        {
            connection.close(CloseReason.SLOW_CLIENT);
        }
    }

    /** The turn ends: writes what it has brought, unless the socket is known to take nothing. */
    void flushTurn()
    {
        dirty = false;
        if (!writeBlocked)
        {
            flush();
        }
    }

    private void flush()
    {
        if (output.isEmpty())
        {
            return;
        }
        if (records != null)
        {
            records.end();
        }
        int before = output.length();
        try
        {
            do
            {
                shared.counters.increment(ProxyCounter.TCP_WRITE_CALLS);
                writeBlocked = !output.writeTo(connection.socket(), shared.gather);
            }
            while (!writeBlocked && !output.isEmpty());
        }
        catch (IOException e)
        {
            connection.close(CloseReason.PEER_RESET);
            return;
        }
        shared.counters.add(ProxyCounter.TCP_WRITE_BYTES, before - output.length());
        traffic.onWritten(before - output.length());
        connection.updateInterest();
        if (output.isEmpty())
        {
            connection.onFlushed();
        }
    }

    /** The socket is closed: gives everything back. */
    void clear()
    {
        output.clear();
        send.close();
    }
}
