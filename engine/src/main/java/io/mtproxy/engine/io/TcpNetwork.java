// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.io;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/** Where sockets come from: the operating system ({@code io.epoll}), or a simulated network in tests (A6, A7). */
public interface TcpNetwork
{
    /** Opens the poller of one agent thread. */
    SocketPoller openPoller() throws IOException;

    /**
     * Opens the listening sockets of one port, one for each client agent. [P-NET-01] [P-NET-03] [C-EXIT-07]
     *
     * @param options address, port and socket options.
     * @param count   of sockets that share the port (architecture A2).
     * @return as many listeners, each for an agent of its own.
     * @throws IOException when the port is taken or refused; the message is the system's reason alone.
     */
    TcpListener[] listen(ListenOptions options, int count) throws IOException;

    /**
     * Starts an outgoing connection. [P-NET-03]
     *
     * @param remote where to.
     * @param source own IPv4 address, or null for any; used for IPv4 only.
     * @return a socket that is connecting, or already connected.
     * @throws IOException when it fails at once.
     */
    TcpSocket connect(InetSocketAddress remote, @Nullable InetAddress source) throws IOException;

    /**
     * How client ports are opened.
     *
     * @param port        1..65535; 0 lets the system choose (tests).
     * @param ipv6        listen on {@code ::} for both families; {@code address} is then ignored. [P-NET-01]
     * @param address     IPv4 address to listen on, or null for any.
     * @param backlog     of connections not yet accepted.
     * @param windowClamp in bytes, 0 for none. [P-NET-04]
     * @param tlsOnly     whether the port runs in TLS-only mode: other socket options apply. [P-NET-03]
     */
    record ListenOptions(int port, boolean ipv6, @Nullable InetAddress address, int backlog, int windowClamp,
        boolean tlsOnly)
    {
    }
}
