// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.io.nio;

import io.mtproxy.engine.io.SocketPoller;
import io.mtproxy.engine.io.TcpListener;
import io.mtproxy.engine.io.TcpNetwork;
import io.mtproxy.engine.io.TcpSocket;
import io.mtproxy.engine.io.linux.LinuxDescriptors;
import io.mtproxy.engine.io.linux.LinuxSockets;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ProtocolFamily;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The sockets of the operating system, through Java NIO. Any thread may ask for them. */
public final class NioNetwork implements TcpNetwork
{
    private static final byte[] ANY_IPV4 = new byte[4];
    private static final byte[] ANY_IPV6 = new byte[16];

    private final SocketOptions outgoingOptions;

    /** @param tlsOnly whether the proxy serves fake-TLS only: links then keep their buffers as they are. [P-NET-03] */
    public NioNetwork(boolean tlsOnly)
    {
        this.outgoingOptions = new SocketOptions(tlsOnly, 0);
    }

    @Override
    public SocketPoller openPoller() throws IOException
    {
        return new NioPoller(Selector.open());
    }

    /**
     * {@inheritDoc}
     * <p>
     * The first socket is bound alone, so that a port which somebody has is an error; only then may others share it.
     */
    @Override
    public TcpListener[] listen(ListenOptions options, int count) throws IOException
    {
        SocketOptions socketOptions = new SocketOptions(options.tlsOnly(), options.windowClamp());
        TcpListener[] listeners = new TcpListener[count];
        int opened = 0;
        boolean isDone = false;
        try
        {
            ServerSocketChannel first = bind(options, socketOptions, options.port(), false);
            int port = ((InetSocketAddress)first.getLocalAddress()).getPort();
            listeners[opened++] = new NioListener(first, port, socketOptions);
            if (count > 1)
            {
                first.setOption(StandardSocketOptions.SO_REUSEPORT, true);
            }
            while (opened < count)
            {
                listeners[opened++] =
                    new NioListener(bind(options, socketOptions, port, true), port, socketOptions);
            }
            isDone = true;
            return listeners;
        }
        catch (UnsupportedOperationException e)
        {
            throw new IOException(e.getMessage(), e);
        }
        finally
        {
            for (int i = 0; !isDone && i < opened; i++)
            {
                listeners[i].close();
            }
        }
    }

    /**
     * Takes over listening sockets of one port that another process opened. They stay shared: a connection is accepted by
     * whoever comes first. (architecture A11)
     *
     * @param options     by which they were opened.
     * @param descriptors of this process, now the listeners'.
     * @throws IOException also where there are no native calls; all of the descriptors are then closed.
     */
    public TcpListener[] adopt(ListenOptions options, List<Integer> descriptors) throws IOException
    {
        SocketOptions socketOptions = new SocketOptions(options.tlsOnly(), options.windowClamp());
        TcpListener[] listeners = new TcpListener[descriptors.size()];
        int adopted = 0;
        try
        {
            while (adopted < listeners.length)
            {
                listeners[adopted] = adopt(options, socketOptions, descriptors.get(adopted));
                adopted++;
            }
            return listeners;
        }
        catch (IOException | RuntimeException e)
        {
            for (int i = 0; i < adopted; i++)
            {
                listeners[i].close();
            }
            throw e;
        }
        finally
        {
            descriptors.forEach(LinuxDescriptors::close);
        }
    }

    /** @return the descriptors of listeners that {@link #listen} opened, valid until those are closed. */
    public static List<Integer> descriptors(TcpListener[] listeners)
    {
        return Stream.of(listeners).map(listener -> ((NioListener)listener).descriptor()).toList();
    }

    /**
     * A channel of its own gets the descriptor's socket in place of its own one, and only then stops blocking: that belongs
     * to the socket, which others share, and a channel leaves alone what it believes done.
     */
    private static TcpListener adopt(ListenOptions options, SocketOptions socketOptions, int descriptor)
        throws IOException
    {
        ServerSocketChannel channel = ServerSocketChannel.open(family(options));
        try
        {
            channel.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 1);
            LinuxDescriptors.duplicate(descriptor, LinuxSockets.descriptor(channel));
            channel.configureBlocking(false);
            socketOptions.applyToListening(channel);
            socketOptions.applyToBound(channel);
            // the channel itself shows the port of the socket that is gone
            return new NioListener(channel, options.port(), socketOptions);
        }
        catch (IOException | RuntimeException e)
        {
            channel.close();
            throw e;
        }
    }

    @Override
    public TcpSocket connect(InetSocketAddress remote, @Nullable InetAddress source) throws IOException
    {
        boolean isIpv4 = remote.getAddress() instanceof Inet4Address;
        SocketChannel channel = SocketChannel.open(isIpv4 ? StandardProtocolFamily.INET : StandardProtocolFamily.INET6);
        try
        {
            channel.configureBlocking(false);
            outgoingOptions.applyToOutgoing(channel, isIpv4);
            if (isIpv4 && source != null)
            {
                channel.bind(new InetSocketAddress(source, 0));
            }
            channel.connect(remote);
            return new NioSocket(channel, remote);
        }
        catch (IOException | RuntimeException e)
        {
            channel.close();
            throw e instanceof IOException ioError ? ioError : new IOException(e.toString(), e);
        }
    }

    private static ServerSocketChannel bind(ListenOptions options, SocketOptions socketOptions, int port,
        boolean isShared) throws IOException
    {
        ServerSocketChannel channel = ServerSocketChannel.open(family(options));
        try
        {
            channel.configureBlocking(false);
            socketOptions.applyToListening(channel);
            if (isShared)
            {
                channel.setOption(StandardSocketOptions.SO_REUSEPORT, true);
            }
            channel.bind(new InetSocketAddress(addressOf(options), port), options.backlog());
            socketOptions.applyToBound(channel);
            return channel;
        }
        catch (IOException | RuntimeException e)
        {
            channel.close();
            throw e;
        }
    }

    private static ProtocolFamily family(ListenOptions options)
    {
        return options.ipv6() ? StandardProtocolFamily.INET6 : StandardProtocolFamily.INET;
    }

    private static InetAddress addressOf(ListenOptions options) throws IOException
    {
        InetAddress named = options.address();
        return options.ipv6() ?
            InetAddress.getByAddress(ANY_IPV6) :
            named == null ? InetAddress.getByAddress(ANY_IPV4) : named;
    }
}
