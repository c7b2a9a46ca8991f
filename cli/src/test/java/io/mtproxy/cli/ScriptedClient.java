// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import io.mtproxy.soak.ClientEvent;
import io.mtproxy.soak.ClientPeer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;

/** A {@link ClientPeer} on a blocking socket, for one test thread. */
final class ScriptedClient implements AutoCloseable
{
    private static final int TIMEOUT_MS = 60_000;

    private final ClientPeer peer;
    private final Socket socket = new Socket();
    private final byte[] received = new byte[64 * 1024];
    private final Deque<ClientEvent> events = new ArrayDeque<>();
    private boolean closed;

    private ScriptedClient(final ClientPeer peer)
    {
        this.peer = peer;
    }

    /** Connects from one address of this machine to another, and sends nothing yet. */
    static ScriptedClient connect(
        final ClientPeer peer, final InetAddress from, final InetAddress to, final int port) throws IOException
    {
        final ScriptedClient client = new ScriptedClient(peer);
        try
        {
            client.socket.bind(new InetSocketAddress(from, 0));
            client.socket.connect(new InetSocketAddress(to, port), TIMEOUT_MS);
            client.socket.setTcpNoDelay(true);
            return client;
        }
        catch (final IOException failure)
        {
            client.close();
            throw failure;
        }
    }

    ClientPeer peer()
    {
        return peer;
    }

    /** The end of the connection on the client's side, as a proxy names it to a datacenter. */
    InetSocketAddress local()
    {
        return new InetSocketAddress(socket.getLocalAddress(), socket.getLocalPort());
    }

    void send(final byte[] bytes) throws IOException
    {
        socket.getOutputStream().write(bytes);
    }

    /** Sends each byte in a segment of its own. */
    void sendByteByByte(final byte[] bytes) throws IOException
    {
        for (final byte each : bytes)
        {
            socket.getOutputStream().write(each);
        }
    }

    /** Ends the sending direction. */
    void shutdownOutput() throws IOException
    {
        socket.shutdownOutput();
    }

    /** Waits for one packet or acknowledgement. */
    ClientEvent awaitEvent() throws IOException
    {
        final long deadlineNs = deadlineNs(TIMEOUT_MS);
        while (events.isEmpty())
        {
            if (!readUntil(deadlineNs))
            {
                throw new IOException(closed ? "the proxy closed in place of a packet" : "no packet in time");
            }
        }
        return events.removeFirst();
    }

    /** Whether the proxy ends the connection within a time. What it sends before stays to be taken. */
    boolean isClosedWithin(final int timeoutMs) throws IOException
    {
        final long deadlineNs = deadlineNs(timeoutMs);
        boolean more = !closed;
        while (more)
        {
            more = readUntil(deadlineNs);
        }
        return closed;
    }

    /** Packets and acknowledgements that have come and were not taken. */
    int eventCount()
    {
        return events.size();
    }

    @Override
    public void close()
    {
        try
        {
            socket.close();
        }
        catch (final IOException alreadyBroken)
        {
            closed = true;
        }
    }

    /** Reads once; false at the end of the connection or of the time. */
    private boolean readUntil(final long deadlineNs) throws IOException
    {
        final long leftMs = TimeUnit.NANOSECONDS.toMillis(deadlineNs - System.nanoTime());
        if (closed || leftMs <= 0)
        {
            return false;
        }
        try
        {
            socket.setSoTimeout((int)leftMs);
            final int length = socket.getInputStream().read(received);
            if (length < 0)
            {
                closed = true;
                return false;
            }
            peer.receive(received, 0, length);
            events.addAll(peer.takeEvents());
            return true;
        }
        catch (final SocketTimeoutException late)
        {
            return false;
        }
        catch (final SocketException reset)
        {
            closed = true;
            return false;
        }
    }

    private static long deadlineNs(final int timeoutMs)
    {
        return System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(timeoutMs);
    }
}
