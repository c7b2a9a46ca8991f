// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.client;

import io.mtproxy.engine.io.Interest;
import io.mtproxy.engine.io.PollKey;
import io.mtproxy.engine.io.ReadyHandler;
import io.mtproxy.engine.io.SocketPoller;
import io.mtproxy.engine.io.TcpSocket;
import io.mtproxy.engine.memory.ChunkChain;
import io.mtproxy.engine.status.ProxyCounter;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A connection that is none of ours, passed on to a domain: both ways are copied unchanged until both have ended. An end is
 * passed on as an end, a reset as a reset, so that a prober sees how the domain behaves, and nothing of us. [P-TLS-60]
 * <p>
 * What is read goes from the agent's receive buffer straight into the other socket; only what that does not take waits, and
 * while something waits nothing more is read on that way. So a connection holds {@link #READ_LENGTH_MAX} bytes each way.
 */
final class FrontingRelay implements ReadyHandler
{
    /** Bytes taken from one side at once, and so the most that ever waits for the other. */
    private static final int READ_LENGTH_MAX = 64 * 1024;

    private final ClientConnection connection;
    private final ClientConnections shared;
    private final TcpSocket client;
    private final TcpSocket origin;
    private final Way toOrigin;
    private final Way toClient;
    /** What the client has sent while the domain's socket is still connecting. */
    private final StartBytes beforeConnect;
    private @Nullable PollKey originKey;
    private int originInterest = Interest.CONNECT;
    private boolean isConnected;
    private CloseReason endReason = CloseReason.FRONT_END;

    /** One direction. */
    private static final class Way
    {
        final TcpSocket from;
        final TcpSocket to;
        final ChunkChain waiting;
        /** The sender has ended its stream. */
        boolean isEnded;
        /** The receiver has been told so. */
        boolean isEndPassedOn;

        Way(TcpSocket from, TcpSocket to, ChunkChain waiting)
        {
            this.from = from;
            this.to = to;
            this.waiting = waiting;
        }
    }

    /**
     * @param origin   connecting to the domain; owned from now on.
     * @param toClient what of our own flight the client has not got yet.
     */
    FrontingRelay(ClientConnection connection, ClientConnections shared, TcpSocket origin, ChunkChain toClient)
    {
        this.connection = connection;
        this.shared = shared;
        this.client = connection.socket();
        this.origin = origin;
        this.toOrigin = new Way(client, origin, new ChunkChain(shared.chunks));
        this.toClient = new Way(origin, client, toClient);
        this.beforeConnect = new StartBytes(toOrigin.waiting);
    }

    /**
     * Begins with what the client has sent so far, which lies in the receive buffer.
     *
     * @param isEnded whether the client has ended its stream behind that.
     */
    void start(SocketPoller poller, int offset, int length, boolean isEnded)
    {
        try
        {
            originKey = poller.register(origin, originInterest, this);
        }
        catch (IOException e)
        {
            connection.close(CloseReason.FRONT_UNREACHABLE);
            return;
        }
        if (!beforeConnect.append(shared.received, offset, length))
        {
            connection.close(CloseReason.BUFFERS_EXHAUSTED);
            return;
        }
        if (isEnded)
        {
            onEnd(toOrigin);
        }
    }

    /** @return bytes of memory that wait for either side. */
    int heldLength()
    {
        return toOrigin.waiting.heldLength() + toClient.waiting.heldLength();
    }

    /** The client's socket can be read or written. */
    void onClientReady(int readyOps)
    {
        if ((readyOps & Interest.WRITE) != 0)
        {
            flush(toClient);
        }
        if ((readyOps & Interest.READ) != 0 && isOpen())
        {
            shared.senders.touch(connection);
            read(toOrigin);
        }
        updateInterest();
    }

    /** The domain's socket is connected, or can be read or written. */
    @Override
    public void onReady(int readyOps)
    {
        try
        {
            if (!isOpen())
            {
                return;
            }
            if (!isConnected)
            {
                finishConnect();
            }
            else
            {
                if ((readyOps & Interest.WRITE) != 0)
                {
                    flush(toOrigin);
                }
                if ((readyOps & Interest.READ) != 0 && isOpen())
                {
                    read(toClient);
                }
            }
            updateInterest();
        }
        catch (RuntimeException e)
        {
            connection.failInternally(e);
        }
    }

    private boolean isOpen()
    {
        return connection.phase() == ClientPhase.FRONTING;
    }

    private void finishConnect()
    {
        try
        {
            isConnected = origin.finishConnect();
        }
        catch (IOException e)
        {
            connection.close(CloseReason.FRONT_UNREACHABLE);
            return;
        }
        if (isConnected)
        {
            int length = beforeConnect.takeSmall(shared.received);
            if (length > 0)
            {
                write(toOrigin, shared.emptiedReceiveBuffer().limit(length), length);
            }
            if (isOpen())
            {
                flush(toOrigin);
            }
        }
    }

    private void read(Way way)
    {
        ByteBuffer buffer = shared.emptiedReceiveBuffer().limit(READ_LENGTH_MAX);
        int length;
        try
        {
            length = way.from.read(buffer);
        }
        catch (IOException e)
        {
            onLost(way.from);
            return;
        }
        shared.counters.increment(ProxyCounter.TCP_READ_CALLS);
        if (length == TcpSocket.END_OF_STREAM)
        {
            onEnd(way);
        }
        else if (length > 0)
        {
            shared.counters.add(ProxyCounter.TCP_READ_BYTES, length);
            write(way, buffer.flip(), length);
        }
    }

    private void write(Way way, ByteBuffer buffer, int length)
    {
        int written = 0;
        if (isWritable(way))
        {
            shared.gather[0] = buffer;
            try
            {
                written = (int)way.to.write(shared.gather, 0, 1);
            }
            catch (IOException e)
            {
                onLost(way.to);
                return;
            }
            shared.counters.increment(ProxyCounter.TCP_WRITE_CALLS);
            shared.counters.add(ProxyCounter.TCP_WRITE_BYTES, written);
        }
        boolean isKept = isConnected || way == toClient ?
            way.waiting.append(shared.received, written, length - written) :
            beforeConnect.append(shared.received, written, length - written);
        if (!isKept)
        {
            connection.close(CloseReason.BUFFERS_EXHAUSTED);
        }
    }

    private boolean isWritable(Way way)
    {
        return way.waiting.isEmpty() && (isConnected || way == toClient);
    }

    private void flush(Way way)
    {
        int before = way.waiting.length();
        try
        {
            boolean isTaken = true;
            while (isTaken && !way.waiting.isEmpty())
            {
                shared.counters.increment(ProxyCounter.TCP_WRITE_CALLS);
                isTaken = way.waiting.writeTo(way.to, shared.gather);
            }
        }
        catch (IOException e)
        {
            onLost(way.to);
            return;
        }
        shared.counters.add(ProxyCounter.TCP_WRITE_BYTES, before - way.waiting.length());
        passEndOn(way);
    }

    private void onEnd(Way way)
    {
        endReason = toOrigin.isEnded || toClient.isEnded ?
            endReason :
            way == toOrigin ? CloseReason.PEER_END : CloseReason.FRONT_END;
        way.isEnded = true;
        passEndOn(way);
    }

    private void passEndOn(Way way)
    {
        if (!way.isEnded || way.isEndPassedOn || !isWritable(way))
        {
            return;
        }
        try
        {
            way.to.shutdownOutput();
        }
        catch (IOException e)
        {
            onLost(way.to);
            return;
        }
        way.isEndPassedOn = true;
        if (toOrigin.isEndPassedOn && toClient.isEndPassedOn)
        {
            connection.close(endReason);
        }
    }

    /** One side is lost: the other one is reset. */
    private void onLost(TcpSocket lost)
    {
        if (lost == client)
        {
            origin.reset();
            connection.close(CloseReason.PEER_RESET);
        }
        else
        {
            client.reset();
            connection.close(CloseReason.FRONT_RESET);
        }
    }

    /** @return what to ask the poller of the client's socket. */
    int clientInterest()
    {
        boolean isRoom = isConnected ? toOrigin.waiting.isEmpty() : beforeConnect.length() < READ_LENGTH_MAX;
        return (isRoom && !toOrigin.isEnded ? Interest.READ : Interest.NONE) |
            (toClient.waiting.isEmpty() ? Interest.NONE : Interest.WRITE);
    }

    private void updateInterest()
    {
        if (!isOpen())
        {
            return;
        }
        connection.updateInterest();
        int wanted = !isConnected ?
            Interest.CONNECT :
            (toClient.waiting.isEmpty() && !toClient.isEnded ? Interest.READ : Interest.NONE) |
                (toOrigin.waiting.isEmpty() ? Interest.NONE : Interest.WRITE);
        PollKey key = originKey;
        if (wanted != originInterest && key != null)
        {
            originInterest = wanted;
            key.interest(wanted);
        }
    }

    /** The client's socket is closed: so is the other one, and everything is given back. */
    void stop()
    {
        origin.close();
        beforeConnect.clear();
        toClient.waiting.clear();
    }
}
