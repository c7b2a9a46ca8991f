// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.io.nio;

import io.mtproxy.engine.io.linux.LinuxSockets;
import java.io.IOException;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.nio.channels.NetworkChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import jdk.net.ExtendedSocketOptions;

/**
 * The socket options that the C program sets. [P-NET-03] [P-NET-04]
 * <p>
 * What Java cannot set on a listening socket goes by native call, and accepted sockets inherit it; where there are no
 * native calls, accepted sockets get it one by one. Only what a socket cannot do without is an error.
 */
final class SocketOptions
{
    /** Largest buffer asked for; the system takes it down to what it allows. */
    private static final int BUFFER_LENGTH_MAX = 16 << 20;
    private static final int BUFFER_LENGTH_MIN = 64 << 10;

    private static final int KEEP_IDLE_SECONDS = 40;
    private static final int KEEP_INTERVAL_SECONDS = 40;
    private static final int KEEP_COUNT = 5;

    /** Whether send and receive buffers are raised. */
    private final boolean isPlain;
    private final int windowClamp;
    /** Whether listening sockets hand their options on; set once, before the first is accepted. */
    private boolean isInherited = true;
    /** Whether the receive buffer stands in for the window clamp, and so must stay as it is. */
    private boolean isClampedByBuffer;

    /**
     * @param tlsOnly     whether clients come in fake-TLS only.
     * @param windowClamp in bytes, 0 for none.
     */
    SocketOptions(boolean tlsOnly, int windowClamp)
    {
        this.isPlain = !tlsOnly;
        this.windowClamp = windowClamp;
    }

    /** Before it is bound, as the window that a SYN is answered with depends on them. */
    void applyToListening(ServerSocketChannel channel) throws IOException
    {
        channel.setOption(StandardSocketOptions.SO_REUSEADDR, true);
        isInherited &= set(channel, LinuxSockets.IPPROTO_TCP, LinuxSockets.TCP_NODELAY, 1);
        isInherited &= set(channel, LinuxSockets.SOL_SOCKET, LinuxSockets.SO_KEEPALIVE, 1);
        if (windowClamp > 0 &&
            !set(channel, LinuxSockets.IPPROTO_TCP, LinuxSockets.TCP_WINDOW_CLAMP, windowClamp))
        {
            isClampedByBuffer = true;
            trySet(channel, StandardSocketOptions.SO_RCVBUF, windowClamp);
        }
    }

    /** Once it is bound and listens, as listening resets this one. */
    void applyToBound(ServerSocketChannel channel)
    {
        if (isPlain)
        {
            trySet(channel, ExtendedSocketOptions.TCP_QUICKACK, false);
        }
    }

    void applyToAccepted(SocketChannel channel)
    {
        if (!isInherited)
        {
            trySet(channel, StandardSocketOptions.TCP_NODELAY, true);
            trySet(channel, StandardSocketOptions.SO_KEEPALIVE, true);
        }
        if (isPlain)
        {
            raise(channel, StandardSocketOptions.SO_SNDBUF);
            if (!isClampedByBuffer)
            {
                raise(channel, StandardSocketOptions.SO_RCVBUF);
            }
        }
    }

    /** Before it connects. IPV6_V6ONLY is 0 on each IPv6 socket that Java makes. */
    void applyToOutgoing(SocketChannel channel, boolean isIpv4) throws IOException
    {
        channel.setOption(StandardSocketOptions.SO_REUSEADDR, true);
        trySet(channel, StandardSocketOptions.SO_KEEPALIVE, true);
        trySet(channel, StandardSocketOptions.TCP_NODELAY, true);
        if (isIpv4)
        {
            trySet(channel, ExtendedSocketOptions.TCP_KEEPIDLE, KEEP_IDLE_SECONDS);
            trySet(channel, ExtendedSocketOptions.TCP_KEEPINTERVAL, KEEP_INTERVAL_SECONDS);
            trySet(channel, ExtendedSocketOptions.TCP_KEEPCOUNT, KEEP_COUNT);
        }
        if (isPlain)
        {
            raise(channel, StandardSocketOptions.SO_SNDBUF);
            raise(channel, StandardSocketOptions.SO_RCVBUF);
        }
    }

    /** Asks for the largest buffer; Linux takes any number and cuts it, others refuse what is too large. */
    private static void raise(NetworkChannel channel, SocketOption<Integer> buffer)
    {
        for (int length = BUFFER_LENGTH_MAX; length >= BUFFER_LENGTH_MIN; length /= 2)
        {
            if (trySet(channel, buffer, length))
            {
                return;
            }
        }
    }

    private static boolean set(ServerSocketChannel channel, int level, int name, int value)
    {
        return LinuxSockets.setOption(channel, level, name, value) == 0;
    }

    private static <T> boolean trySet(NetworkChannel channel, SocketOption<T> option, T value)
    {
        try
        {
            channel.setOption(option, value);
            return true;
        }
        catch (IOException | UnsupportedOperationException e)
        {
            return false;
        }
    }
}
