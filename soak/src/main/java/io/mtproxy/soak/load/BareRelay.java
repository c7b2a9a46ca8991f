// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.soak.load;

import io.mtproxy.soak.LittleEndian;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The floor under every proxy: clients here, a few connections to the datacenter there, the system calls of a proxy and
 * nothing else. No handshake, no cipher, no sum, no look at what passes; pieces of clients' streams only get a length and
 * a number in front, by which the answers find their way back.
 * <p>
 * Batched as the proxy is: all that the selector reported is read, then there is one write for each connection that has
 * something.
 */
public final class BareRelay
{
    private static final int BUFFER_LENGTH = 256 * 1024;
    private static final int UPSTREAM_LENGTH = 4 << 20;
    private static final int ACCEPTS_A_TURN = 64;
    private static final int BACKLOG = 1024;
    private static final int SPINS = 100;

    private final Selector selector;
    private final ServerSocketChannel listener;
    private final List<Upstream> upstreams = new ArrayList<>();
    private final List<@Nullable Client> clients = new ArrayList<>();
    private final Deque<Integer> free = new ArrayDeque<>();
    private final List<Client> dirtyClients = new ArrayList<>();
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_LENGTH);
    private int accepted;

    private BareRelay(int port, int upstreamPort, int links) throws IOException
    {
        InetAddress loopback = InetAddress.ofLiteral("127.0.0.1");
        selector = Selector.open();
        listener = ServerSocketChannel.open();
        listener.setOption(StandardSocketOptions.SO_REUSEADDR, true);
        listener.bind(new InetSocketAddress(loopback, port), BACKLOG);
        listener.configureBlocking(false);
        listener.register(selector, SelectionKey.OP_ACCEPT);
        for (int i = 0; i < links; i++)
        {
            SocketChannel channel = SocketChannel.open(new InetSocketAddress(loopback, upstreamPort));
            channel.configureBlocking(false);
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            Upstream upstream = new Upstream(channel, channel.register(selector, SelectionKey.OP_READ));
            upstreams.add(upstream);
        }
    }

    /** Relays until the process ends. */
    public static void run(int port, int upstreamPort, int links) throws IOException
    {
        new BareRelay(port, upstreamPort, links).loop();
    }

    private void loop() throws IOException
    {
        int spins = 0;
        while (true)
        {
            int found = spins > 0 ? selector.selectNow(this::onSelected) : selector.select(this::onSelected);
            spins = found == 1 ? SPINS : Math.max(0, spins - 1);
            for (Upstream upstream : upstreams)
            {
                upstream.flush();
            }
            for (int i = 0; i < dirtyClients.size(); i++)
            {
                dirtyClients.get(i).flush();
            }
            dirtyClients.clear();
        }
    }

    private void onSelected(SelectionKey key)
    {
        try
        {
            switch (key.attachment())
            {
                case Client client -> client.onReady();
                case Upstream upstream -> upstream.onReady();
                case null, default -> accept();
            }
        }
        catch (IOException e)
        {
            if (key.attachment() instanceof Client client)
            {
                client.close();
            }
            else
            {
                throw new IllegalStateException("the datacenter is gone", e);
            }
        }
    }

    private void accept() throws IOException
    {
        for (int i = 0; i < ACCEPTS_A_TURN; i++)
        {
            SocketChannel channel = listener.accept();
            if (channel == null)
            {
                return;
            }
            channel.configureBlocking(false);
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            Integer number = free.poll();
            if (number == null)
            {
                number = clients.size();
                clients.add(null);
            }
            Client client =
                new Client(number, channel, channel.register(selector, SelectionKey.OP_READ),
                    upstreams.get(accepted++ % upstreams.size()));
            client.key.attach(client);
            clients.set(number, client);
        }
    }

    private static void wantWrite(SelectionKey key, boolean isWanted)
    {
        int interest = isWanted ? SelectionKey.OP_READ | SelectionKey.OP_WRITE : SelectionKey.OP_READ;
        if (key.interestOps() != interest)
        {
            key.interestOps(interest);
        }
    }

    /** A connection to the datacenter. */
    private final class Upstream
    {
        private final SocketChannel channel;
        private final SelectionKey key;
        private final ByteBuffer out = ByteBuffer.allocateDirect(UPSTREAM_LENGTH);
        private final byte[] header = new byte[PlainLink.HEADER_LENGTH];
        private final byte[] headerOut = new byte[PlainLink.HEADER_LENGTH];
        private int headerFill;
        private int remaining;
        private @Nullable Client receiver;

        Upstream(SocketChannel channel, SelectionKey key)
        {
            this.channel = channel;
            this.key = key;
            key.attach(this);
        }

        void put(int number, ByteBuffer piece, int length)
        {
            LittleEndian.putInt(headerOut, 0, length);
            LittleEndian.putInt(headerOut, 4, number);
            out.put(headerOut);
            out.put(piece);
        }

        boolean hasRoom()
        {
            return out.remaining() >= BUFFER_LENGTH + PlainLink.HEADER_LENGTH;
        }

        void flush() throws IOException
        {
            if (out.position() == 0)
            {
                return;
            }
            out.flip();
            channel.write(out);
            wantWrite(key, out.hasRemaining());
            out.compact();
        }

        void onReady() throws IOException
        {
            if (!key.isReadable())
            {
                return;
            }
            if (channel.read(buffer.clear()) < 0)
            {
                throw new IOException("end of stream");
            }
            buffer.flip();
            while (buffer.hasRemaining())
            {
                if (headerFill < header.length)
                {
                    int length = Math.min(header.length - headerFill, buffer.remaining());
                    buffer.get(header, headerFill, length);
                    headerFill += length;
                    remaining = LittleEndian.getInt(header, 0);
                    receiver = headerFill < header.length ? null : clients.get(LittleEndian.getInt(header, 4));
                    continue;
                }
                int length = Math.min(remaining, buffer.remaining());
                if (receiver != null)
                {
                    receiver.put(buffer, length);
                }
                buffer.position(buffer.position() + length);
                remaining -= length;
                headerFill = remaining == 0 ? 0 : headerFill;
            }
        }
    }

    /** A client's connection. */
    private final class Client
    {
        private final int number;
        private final SocketChannel channel;
        private final SelectionKey key;
        private final Upstream upstream;
        private ByteBuffer out = ByteBuffer.allocateDirect(0);
        private boolean isDirty;

        Client(int number, SocketChannel channel, SelectionKey key, Upstream upstream)
        {
            this.number = number;
            this.channel = channel;
            this.key = key;
            this.upstream = upstream;
        }

        void onReady() throws IOException
        {
            if (key.isReadable() && upstream.hasRoom())
            {
                int length = channel.read(buffer.clear());
                if (length < 0)
                {
                    close();
                    return;
                }
                upstream.put(number, buffer.flip(), length);
            }
            if (key.isWritable())
            {
                markDirty();
            }
        }

        void put(ByteBuffer piece, int length)
        {
            if (out.remaining() < length)
            {
                out = ByteBuffer.allocateDirect(2 * (out.position() + length)).put(out.flip());
            }
            out.put(out.position(), piece, piece.position(), length);
            out.position(out.position() + length);
            markDirty();
        }

        private void markDirty()
        {
            if (!isDirty)
            {
                isDirty = true;
                dirtyClients.add(this);
            }
        }

        void flush()
        {
            isDirty = false;
            if (!channel.isOpen() || out.position() == 0)
            {
                return;
            }
            try
            {
                out.flip();
                channel.write(out);
                wantWrite(key, out.hasRemaining());
                out.compact();
            }
            catch (IOException e)
            {
                close();
            }
        }

        void close()
        {
            LoadLoop.closeQuietly(channel);
            clients.set(number, null);
            free.add(number);
            ByteBuffer nothing = ByteBuffer.allocate(0);
            upstream.put(number, nothing, 0);
        }
    }
}
