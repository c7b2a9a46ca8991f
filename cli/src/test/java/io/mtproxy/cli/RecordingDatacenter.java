// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import io.mtproxy.soak.DatacenterEvent;
import io.mtproxy.soak.DatacenterOptions;
import io.mtproxy.soak.DatacenterPeer;
import io.mtproxy.soak.LinkEnds;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Middle proxies that answer nothing by themselves but the handshake, and queue what they get for a test to look at.
 * <p>
 * Each connection is read by a virtual thread; a test's thread sends.
 */
final class RecordingDatacenter implements AutoCloseable
{
    private static final int TIMEOUT_MS = 60_000;
    private static final byte[] SECRET =
        "parity secret parity secret parity secret parity secret parity secret".getBytes(StandardCharsets.US_ASCII);

    private final List<ServerSocket> servers = new ArrayList<>();
    private final List<Link> links = new CopyOnWriteArrayList<>();
    private final BlockingQueue<Frame> frames = new LinkedBlockingQueue<>();

    private RecordingDatacenter()
    {
    }

    /**
     * Something that came over a link.
     *
     * @param event null when the link ended.
     */
    record Frame(Link link, DatacenterEvent event)
    {
        boolean isEnd()
        {
            return event == null;
        }
    }

    static RecordingDatacenter open(final int serverCount) throws IOException
    {
        final RecordingDatacenter datacenter = new RecordingDatacenter();
        for (int i = 0; i < serverCount; i++)
        {
            final int server = i;
            final ServerSocket socket = new ServerSocket(0, 128, InetAddress.ofLiteral("127.0.0.1"));
            datacenter.servers.add(socket);
            Thread.ofVirtual().start(() -> datacenter.accept(server, socket));
        }
        return datacenter;
    }

    byte[] secret()
    {
        return SECRET.clone();
    }

    List<Integer> ports()
    {
        return servers.stream().map(ServerSocket::getLocalPort).toList();
    }

    /** All links that are ready, by server. */
    List<Link> links()
    {
        return links.stream().filter(Link::isReady).sorted((a, b) -> Integer.compare(a.server, b.server)).toList();
    }

    /** Waits until each server has at least so many links that are ready. */
    List<Link> awaitLinks(final int perServer) throws InterruptedException
    {
        final long deadlineNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(TIMEOUT_MS);
        while (links().size() < perServer * servers.size())
        {
            if (System.nanoTime() - deadlineNs > 0)
            {
                throw new AssertionError("only " + links().size() + " links are ready of " + links.size());
            }
            Thread.sleep(10);
        }
        return links();
    }

    Frame awaitFrame() throws InterruptedException
    {
        final Frame frame = pollFrame(TIMEOUT_MS);
        if (frame == null)
        {
            throw new AssertionError("nothing reached the datacenter in time");
        }
        return frame;
    }

    /** The next frame, or null when none comes in this time. */
    Frame pollFrame(final int timeoutMs) throws InterruptedException
    {
        return frames.poll(timeoutMs, TimeUnit.MILLISECONDS);
    }

    @Override
    public void close()
    {
        servers.forEach(RecordingDatacenter::closeQuietly);
        links.forEach(Link::close);
    }

    private void accept(final int server, final ServerSocket listener)
    {
        while (!listener.isClosed())
        {
            try
            {
                final Socket socket = listener.accept();
                socket.setTcpNoDelay(true);
                final Link link = new Link(server, socket);
                links.add(link);
                Thread.ofVirtual().start(() -> read(link));
            }
            catch (final IOException closed)
            {
                return;
            }
        }
    }

    private void read(final Link link)
    {
        final byte[] bytes = new byte[64 * 1024];
        try
        {
            final InputStream in = link.socket.getInputStream();
            for (int length = in.read(bytes); length >= 0; length = in.read(bytes))
            {
                link.receive(bytes, length).forEach(event -> onEvent(link, event));
            }
        }
        catch (final IOException ended)
        {
            // Told below, like an orderly end.
        }
        link.close();
        links.remove(link);
        if (link.isReady())
        {
            frames.add(new Frame(link, null));
        }
    }

    private void onEvent(final Link link, final DatacenterEvent event)
    {
        if (event instanceof DatacenterEvent.Handshake handshake)
        {
            link.handshake = handshake;
        }
        else if (!(event instanceof DatacenterEvent.Nonce))
        {
            // The peer has checked what is in a nonce; the rest of it differs from run to run.
            frames.add(new Frame(link, event));
        }
    }

    private static void closeQuietly(final AutoCloseable closeable)
    {
        try
        {
            closeable.close();
        }
        catch (final Exception alreadyBroken)
        {
            // Nothing more to give back.
        }
    }

    /** One connection of the proxy. */
    static final class Link
    {
        private final int server;
        private final Socket socket;
        private final DatacenterPeer peer;
        private volatile DatacenterEvent.Handshake handshake;

        private Link(final int server, final Socket socket)
        {
            this.server = server;
            this.socket = socket;
            final LinkEnds ends = new LinkEnds(
                (InetSocketAddress)socket.getLocalSocketAddress(), (InetSocketAddress)socket.getRemoteSocketAddress());
            this.peer = new DatacenterPeer(
                SECRET, ends, new SplittableRandom(socket.getPort()), () -> System.currentTimeMillis() / 1000,
                DatacenterOptions.DEFAULT);
        }

        int server()
        {
            return server;
        }

        boolean isReady()
        {
            return handshake != null;
        }

        /** Lets a test make the peer say something, and sends that. */
        synchronized void send(final Consumer<DatacenterPeer> words) throws IOException
        {
            words.accept(peer);
            socket.getOutputStream().write(peer.takeOutput());
        }

        void close()
        {
            closeQuietly(socket);
        }

        /** The fields of the handshake that are the same in every run and on every machine. */
        String describeHandshake()
        {
            final HexFormat hex = HexFormat.of();
            return "link   to server %d: flags %08x, sender port %s, peer ip %s port %s rest %s, %s".formatted(
                server, handshake.flags(), hex.formatHex(handshake.senderPid(), 4, 6),
                hex.formatHex(handshake.peerPid(), 0, 4),
                portOf(handshake.peerPid()) == peer.ends().server().getPort() ? "server's" : "another",
                hex.formatHex(handshake.peerPid(), 6, 12), isCrc32c() ? "CRC-32C" : "CRC-32");
        }

        /** The address that the proxy takes for its own, which depends on the machine. [P-RPC-32] */
        String describeSenderAddress()
        {
            return "sender ip %s, reversed".formatted(HexFormat.of().formatHex(handshake.senderPid(), 0, 4));
        }

        private synchronized boolean isCrc32c()
        {
            return peer.isCrc32c();
        }

        private synchronized List<DatacenterEvent> receive(final byte[] bytes, final int length) throws IOException
        {
            peer.receive(bytes, 0, length);
            socket.getOutputStream().write(peer.takeOutput());
            return peer.takeEvents();
        }

        private static int portOf(final byte[] pid)
        {
            return (pid[4] & 0xff) | (pid[5] & 0xff) << 8;
        }
    }
}
