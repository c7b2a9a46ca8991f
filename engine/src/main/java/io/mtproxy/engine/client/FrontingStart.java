// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.client;

import io.mtproxy.engine.io.SocketPoller;
import io.mtproxy.engine.io.TcpSocket;
import io.mtproxy.engine.status.ProxyCounter;
import io.mtproxy.engine.status.ProxyCounters;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/** Passes connections of one agent on to a domain, or closes them where that cannot be. [P-TLS-60] */
final class FrontingStart
{
    private final FakeTlsAcceptor acceptor;
    private final SocketPoller poller;
    private final ProxyCounters counters;

    FrontingStart(FakeTlsAcceptor acceptor, SocketPoller poller, ProxyCounters counters)
    {
        this.acceptor = acceptor;
        this.poller = poller;
        this.counters = counters;
    }

    /**
     * Passes a connection on.
     *
     * @param offset  of what the client has sent and nobody has read, in the receive buffer.
     * @param isEnded whether the client has ended its stream behind that.
     */
    void front(ClientConnection connection, int domainIndex, int offset, int length, boolean isEnded)
    {
        FrontingTable.Front front = acceptor.front(domainIndex);
        InetSocketAddress local = connection.socket().localAddress();
        int port = FakeTlsAcceptor.originPort(local.getPort());
        InetAddress address = front.address();
        if (address == null)
        {
            connection.close(CloseReason.FRONT_UNRESOLVED);
        }
        else if (acceptor.isProxyItself(front, address, port, local))
        {
            connection.close(CloseReason.FRONT_IS_PROXY);
        }
        else
        {
            counters.increment(ProxyCounter.FRONTED_CONNECTIONS);
            TcpSocket origin = connect(address, port);
            if (origin == null)
            {
                connection.close(CloseReason.FRONT_UNREACHABLE);
            }
            else
            {
                connection.startFronting(origin, poller, offset, length, isEnded);
            }
        }
    }

    private @Nullable TcpSocket connect(InetAddress address, int port)
    {
        try
        {
            return acceptor.connect(address, port);
        }
        catch (IOException e)
        {
            return null;
        }
    }
}
