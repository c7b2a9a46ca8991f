// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.stats;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;

/** One connection to the stats port, on a virtual thread of its own: its first bytes decide what it speaks. */
final class StatsConnection implements Runnable
{
    private static final byte[] LOOPBACK = {127, 0, 0, 1};
    private static final int READ_LENGTH = 4096;
    /** What a client may still send after the last answer, and how long it may take. */
    private static final int LINGER_LENGTH_MAX = 256 * 1024;
    private static final int LINGER_MS = 500;

    private final StatsServer server;
    private final Socket socket;
    private final StatsCounts counts;
    /** Whether it may see pages, or speak RPC where that is spoken. */
    private final boolean isAllowed;
    private volatile long activeNs;
    private boolean isCounted = true;
    private boolean isHttp;

    StatsConnection(StatsServer server, Socket socket)
    {
        this.server = server;
        this.socket = socket;
        this.counts = server.counts();
        this.isAllowed = !server.isLegacyPort() || isLoopback(socket.getInetAddress());
        this.activeNs = server.nanoTime();
    }

    /** @return when it last said or took something. */
    long activeNs()
    {
        return activeNs;
    }

    /** Ends it from another thread. */
    void abort()
    {
        try
        {
            socket.close();
        }
        catch (IOException ignored)
        {
            // it is gone
        }
    }

    @Override
    public void run()
    {
        try (Socket closing = socket)
        {
            closing.setTcpNoDelay(true);
            serve(closing.getInputStream(), closing.getOutputStream());
        }
        catch (IOException ignored)
        {
            // silent for too long, or gone: nobody is left to be told
        }
        catch (RuntimeException e)
        {
            server.onError(e);
        }
        finally
        {
            uncount();
            server.onClosed(this);
        }
    }

    /** Takes it out of what is open: before the client can see the end, so that its next report does not show this. */
    private void uncount()
    {
        if (isCounted)
        {
            isCounted = false;
            counts.open.decrementAndGet();
            counts.httpConnections.addAndGet(isHttp ? -1 : 0);
        }
    }

    private void serve(InputStream in, OutputStream out) throws IOException
    {
        HttpHeadReader reader = new HttpHeadReader();
        while (reader.length() < HttpHeadReader.DECIDING_LENGTH)
        {
            if (!receive(in, reader))
            {
                return;
            }
        }
        if (RpcSession.isBegin(firstWord(reader)))
        {
            if (isAllowed && server.isLegacyPort())
            {
                serveRpc(in, out, Arrays.copyOf(reader.buffer(), reader.length()));
            }
            return;
        }
        isHttp = true;
        counts.httpConnections.incrementAndGet();
        serveHttp(in, out, reader);
    }

    private void serveHttp(InputStream in, OutputStream out, HttpHeadReader reader) throws IOException
    {
        for (;;)
        {
            HttpHeadReader.Status status = reader.next();
            boolean isKeepAlive = switch (status)
            {
                case MORE -> receive(in, reader);
                case REQUEST -> answer(out, reader.request());
                case BAD ->
                {
                    counts.httpBadHeads.incrementAndGet();
                    send(out, HttpAnswer.error(HttpAnswer.Status.BAD_REQUEST), false);
                    yield false;
                }
                case METHOD_UNKNOWN ->
                {
                    send(out, HttpAnswer.error(HttpAnswer.Status.METHOD_NOT_ALLOWED), false);
                    yield false;
                }
                case FOREIGN -> false;
            };
            if (!isKeepAlive)
            {
                if (status != HttpHeadReader.Status.MORE && status != HttpHeadReader.Status.FOREIGN)
                {
                    linger(in);
                }
                return;
            }
        }
    }

    /** @return whether the connection goes on. */
    private boolean answer(OutputStream out, HttpRequest request) throws IOException
    {
        HttpAnswer answer = server.pages().answer(request, isAllowed);
        counts.httpQueries.incrementAndGet();
        if (request.isBare())
        {
            write(out, answer.body());
            return false;
        }
        boolean isKeepAlive = request.isKeepAlive() && !answer.status().isLast();
        send(out, answer, isKeepAlive);
        return isKeepAlive;
    }

    private void send(OutputStream out, HttpAnswer answer, boolean isKeepAlive) throws IOException
    {
        byte[] head = answer.head(isKeepAlive, server.epochMs());
        byte[] whole = Arrays.copyOf(head, head.length + answer.body().length);
        System.arraycopy(answer.body(), 0, whole, head.length, answer.body().length);
        write(out, whole);
    }

    private void serveRpc(InputStream in, OutputStream out, byte[] first) throws IOException
    {
        InetSocketAddress client = (InetSocketAddress)socket.getRemoteSocketAddress();
        InetSocketAddress own = (InetSocketAddress)socket.getLocalSocketAddress();
        try (RpcSession session = server.newRpcSession(client, own))
        {
            byte[] bytes = first;
            int length = first.length;
            while (length >= 0 && session.read(bytes, length, server.epochMs(), server.nanoTime()))
            {
                byte[] answer = session.takeOutput();
                if (answer.length > 0)
                {
                    write(out, answer);
                }
                bytes = bytes.length < READ_LENGTH ? new byte[READ_LENGTH] : bytes;
                length = read(in, bytes, 0, READ_LENGTH, server.idleNs());
                activeNs = server.nanoTime();
            }
        }
    }

    /** @return false at the end of the stream. */
    private boolean receive(InputStream in, HttpHeadReader reader) throws IOException
    {
        // a head that has begun must be complete within the limit, however slowly it comes
        long leftNs = reader.length() == 0 ? server.idleNs() : activeNs + server.idleNs() - server.nanoTime();
        boolean isBegin = reader.length() == 0;
        int count = read(in, reader.buffer(), reader.length(), reader.buffer().length - reader.length(), leftNs);
        if (count < 0)
        {
            return false;
        }
        if (isBegin)
        {
            activeNs = server.nanoTime();
        }
        reader.added(count);
        return true;
    }

    private int read(InputStream in, byte[] bytes, int offset, int length, long timeoutNs) throws IOException
    {
        socket.setSoTimeout((int)Math.max(1, TimeUnit.NANOSECONDS.toMillis(timeoutNs)));
        int count = in.read(bytes, offset, length);
        counts.reads.incrementAndGet();
        counts.readBytes.addAndGet(Math.max(0, count));
        return count;
    }

    private void write(OutputStream out, byte[] bytes) throws IOException
    {
        activeNs = server.nanoTime();
        out.write(bytes);
        activeNs = server.nanoTime();
        counts.writes.incrementAndGet();
        counts.writtenBytes.addAndGet(bytes.length);
    }

    /** Reads on for a moment: closing with bytes unread would reset the connection, and the answer with it. */
    private void linger(InputStream in) throws IOException
    {
        uncount();
        socket.shutdownOutput();
        socket.setSoTimeout(LINGER_MS);
        byte[] rest = new byte[READ_LENGTH];
        for (int taken = 0; taken < LINGER_LENGTH_MAX;)
        {
            int count = in.read(rest);
            if (count < 0)
            {
                return;
            }
            taken += count;
        }
    }

    private static int firstWord(HttpHeadReader reader)
    {
        return ByteBuffer.wrap(reader.buffer()).order(ByteOrder.LITTLE_ENDIAN).getInt(0);
    }

    private static boolean isLoopback(InetAddress address)
    {
        return Arrays.equals(address.getAddress(), LOOPBACK);
    }
}
