// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.io.epoll;

import io.mtproxy.engine.io.SocketPoller;
import io.mtproxy.engine.io.TcpListener;
import io.mtproxy.engine.io.TcpNetwork;
import io.mtproxy.engine.io.TcpSocket;
import io.mtproxy.engine.io.linux.LinuxEpoll;
import io.mtproxy.engine.io.linux.LinuxSocketCalls;
import io.mtproxy.engine.io.linux.LinuxSockets;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The sockets of the operating system, by Linux' own calls (docs/adr/0008). Any thread may ask for them. */
public final class EpollNetwork implements TcpNetwork
{
    private static final byte[] ANY_IPV4 = new byte[4];
    private static final byte[] ANY_IPV6 = new byte[16];

    private final SocketOptions outgoingOptions;

    /** @param tlsOnly whether the proxy serves fake-TLS only: links then keep their buffers as they are. [P-NET-03] */
    public EpollNetwork(boolean tlsOnly)
    {
        this.outgoingOptions = new SocketOptions(tlsOnly, 0);
    }

    @Override
    public SocketPoller openPoller() throws IOException
    {
        return new EpollPoller(new LinuxEpoll());
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
            EpollListener first = bind(options, socketOptions, options.port(), false);
            listeners[opened++] = first;
            if (count > 1)
            {
                share(first.descriptor());
            }
            while (opened < count)
            {
                listeners[opened++] = bind(options, socketOptions, first.port(), true);
            }
            isDone = true;
            return listeners;
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
     * @param descriptors of this process, now the listeners'; opened by {@link #listen}, so that they do not block.
     */
    public TcpListener[] adopt(ListenOptions options, List<Integer> descriptors)
    {
        SocketOptions socketOptions = new SocketOptions(options.tlsOnly(), options.windowClamp());
        return descriptors.stream().map(descriptor -> new EpollListener(descriptor, options.port(), socketOptions))
            .toArray(TcpListener[]::new);
    }

    /** @return the descriptors of listeners that {@link #listen} opened, valid until those are closed. */
    public static List<Integer> descriptors(TcpListener[] listeners)
    {
        return Stream.of(listeners).map(listener -> ((EpollListener)listener).descriptor()).toList();
    }

    @Override
    public TcpSocket connect(InetSocketAddress remote, @Nullable InetAddress source) throws IOException
    {
        InetAddress target = remote.getAddress();
        if (target == null)
        {
            throw new IOException(remote.getHostString() + " is not resolved");
        }
        boolean isIpv4 = target instanceof Inet4Address;
        int descriptor = open(isIpv4);
        boolean isDone = false;
        try
        {
            outgoingOptions.applyToOutgoing(descriptor, isIpv4);
            SocketAddresses address = SocketAddresses.ofThread();
            if (isIpv4 && source instanceof Inet4Address)
            {
                address.set(source, 0);
                SocketFailure.check(LinuxSocketCalls.bind(descriptor, address.address(), address.length()));
            }
            address.set(target, remote.getPort());
            int answer = LinuxSocketCalls.connect(descriptor, address.address(), address.length());
            if (answer != LinuxSocketCalls.IN_PROGRESS)
            {
                SocketFailure.check(answer);
            }
            isDone = true;
            return new EpollSocket(descriptor, remote, answer == 0);
        }
        finally
        {
            if (!isDone)
            {
                LinuxSocketCalls.close(descriptor);
            }
        }
    }

    /** An IPv6 socket is for both families. [P-NET-01] [P-NET-02] */
    private static int open(boolean isIpv4) throws IOException
    {
        int descriptor = SocketFailure.check(
            LinuxSocketCalls.socket(isIpv4 ? LinuxSocketCalls.AF_INET : LinuxSocketCalls.AF_INET6));
        if (!isIpv4)
        {
            LinuxSockets.setOption(descriptor, LinuxSockets.IPPROTO_IPV6, LinuxSockets.IPV6_V6ONLY, 0);
        }
        return descriptor;
    }

    private static void share(int descriptor) throws IOException
    {
        SocketFailure.check(
            LinuxSockets.setOption(descriptor, LinuxSockets.SOL_SOCKET, LinuxSockets.SO_REUSEPORT, 1));
    }

    private static EpollListener bind(ListenOptions options, SocketOptions socketOptions, int port, boolean isShared)
        throws IOException
    {
        int descriptor = open(!options.ipv6());
        boolean isDone = false;
        try
        {
            socketOptions.applyToListening(descriptor);
            if (isShared)
            {
                share(descriptor);
            }
            SocketAddresses address = SocketAddresses.ofThread();
            address.set(addressOf(options), port);
            SocketFailure.check(LinuxSocketCalls.bind(descriptor, address.address(), address.length()));
            SocketFailure.check(LinuxSocketCalls.listen(descriptor, options.backlog()));
            socketOptions.applyToBound(descriptor);
            address.setRoom();
            SocketFailure
                .check(LinuxSocketCalls.ownAddress(descriptor, address.address(), address.lengthAddress()));
            isDone = true;
            return new EpollListener(descriptor, address.get().getPort(), socketOptions);
        }
        finally
        {
            if (!isDone)
            {
                LinuxSocketCalls.close(descriptor);
            }
        }
    }

    private static InetAddress addressOf(ListenOptions options) throws IOException
    {
        InetAddress named = options.address();
        return options.ipv6() || named == null ?
            InetAddress.getByAddress(options.ipv6() ? ANY_IPV6 : ANY_IPV4) :
            named;
    }
}
