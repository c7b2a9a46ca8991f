// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.io.nio;

import io.mtproxy.engine.io.SocketPoller;
import io.mtproxy.engine.io.TcpListener;
import io.mtproxy.engine.io.TcpNetwork;
import io.mtproxy.engine.io.TcpSocket;
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
        ProtocolFamily family = options.ipv6() ? StandardProtocolFamily.INET6 : StandardProtocolFamily.INET;
        ServerSocketChannel channel = ServerSocketChannel.open(family);
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

    private static InetAddress addressOf(ListenOptions options) throws IOException
    {
        InetAddress named = options.address();
        return options.ipv6() ?
            InetAddress.getByAddress(ANY_IPV6) :
            named == null ? InetAddress.getByAddress(ANY_IPV4) : named;
    }
}
