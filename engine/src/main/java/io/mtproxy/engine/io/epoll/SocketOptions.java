// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.io.epoll;

import io.mtproxy.engine.io.linux.LinuxSockets;

/**
 * The socket options that the C program sets. [P-NET-03] [P-NET-04]
 * <p>
 * Accepted sockets inherit those of the one that listens. The receive buffer alone is raised on each, as on the listening
 * one it would change the window that a SYN is answered with. What the system refuses is left as it is, as in C.
 */
final class SocketOptions
{
    /** Largest buffer asked for; the system takes it down to what it allows. */
    private static final int BUFFER_LENGTH_MAX = 16 << 20;

    private static final int KEEP_IDLE_SECONDS = 40;
    private static final int KEEP_INTERVAL_SECONDS = 40;
    private static final int KEEP_COUNT = 5;

    /** Whether send and receive buffers are raised. */
    private final boolean isPlain;
    private final int windowClamp;

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
    void applyToListening(int descriptor)
    {
        set(descriptor, LinuxSockets.SO_REUSEADDR, 1);
        setTcp(descriptor, LinuxSockets.TCP_NODELAY, 1);
        set(descriptor, LinuxSockets.SO_KEEPALIVE, 1);
        if (isPlain)
        {
            set(descriptor, LinuxSockets.SO_SNDBUF, BUFFER_LENGTH_MAX);
        }
        if (windowClamp > 0)
        {
            setTcp(descriptor, LinuxSockets.TCP_WINDOW_CLAMP, windowClamp);
        }
    }

    /** Once it is bound and listens, as listening resets this one. */
    void applyToBound(int descriptor)
    {
        if (isPlain)
        {
            setTcp(descriptor, LinuxSockets.TCP_QUICKACK, 0);
        }
    }

    void applyToAccepted(int descriptor)
    {
        if (isPlain)
        {
            set(descriptor, LinuxSockets.SO_RCVBUF, BUFFER_LENGTH_MAX);
        }
    }

    /** Before it connects. */
    void applyToOutgoing(int descriptor, boolean isIpv4)
    {
        set(descriptor, LinuxSockets.SO_REUSEADDR, 1);
        set(descriptor, LinuxSockets.SO_KEEPALIVE, 1);
        setTcp(descriptor, LinuxSockets.TCP_NODELAY, 1);
        if (isIpv4)
        {
            setTcp(descriptor, LinuxSockets.TCP_KEEPIDLE, KEEP_IDLE_SECONDS);
            setTcp(descriptor, LinuxSockets.TCP_KEEPINTVL, KEEP_INTERVAL_SECONDS);
            setTcp(descriptor, LinuxSockets.TCP_KEEPCNT, KEEP_COUNT);
        }
        if (isPlain)
        {
            set(descriptor, LinuxSockets.SO_SNDBUF, BUFFER_LENGTH_MAX);
            set(descriptor, LinuxSockets.SO_RCVBUF, BUFFER_LENGTH_MAX);
        }
    }

    private static void set(int descriptor, int name, int value)
    {
        LinuxSockets.setOption(descriptor, LinuxSockets.SOL_SOCKET, name, value);
    }

    private static void setTcp(int descriptor, int name, int value)
    {
        LinuxSockets.setOption(descriptor, LinuxSockets.IPPROTO_TCP, name, value);
    }
}
