// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.client;

import io.mtproxy.engine.io.SocketPoller;
import io.mtproxy.engine.io.TcpSocket;
import io.mtproxy.engine.status.ProxyCounter;
import io.mtproxy.engine.status.ProxyCounters;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.agrona.concurrent.NanoClock;
import org.jspecify.annotations.Nullable;

/** Passes connections of one agent on to a domain, or closes them where that cannot be. [P-TLS-60] */
final class FrontingStart
{
    private final FakeTlsAcceptor acceptor;
    private final SocketPoller poller;
    private final ProxyCounters counters;
    private final NanoClock clock;
    private final WaitingStrangers waiting = new WaitingStrangers();

    FrontingStart(FakeTlsAcceptor acceptor, SocketPoller poller, ProxyCounters counters, NanoClock clock)
    {
        this.clock = clock;
        this.acceptor = acceptor;
        this.poller = poller;
        this.counters = counters;
    }

    /**
     * Gives a connection what the policy has for it.
     *
     * @param offset  of what the client has sent and nobody has read, in the receive buffer.
     * @param isEnded whether the client has ended its stream behind that.
     */
    void front(ClientConnection connection, FrontReason reason, int domainIndex, int offset, int length,
        boolean isEnded)
    {
        switch (acceptor.action(reason))
        {
            case SPLICE -> splice(connection, domainIndex, offset, length, isEnded);
            case DROP -> connection.close(CloseReason.FRONT_POLICY);
            case ALERT -> connection.closeWithAlert(reason.alert());
        }
    }

    /** Passes a connection on. [P-TLS-60] */
    void splice(ClientConnection connection, int domainIndex, int offset, int length, boolean isEnded)
    {
        FrontingTable.Front front = acceptor.front(domainIndex);
        InetSocketAddress local = connection.socket().localAddress();
        int port = FakeTlsAcceptor.originPort(local.getPort());
        InetAddress address = front.address();
        if (address == null)
        {
            waitForAddress(connection, front, domainIndex, offset, length, isEnded);
        }
        else if (acceptor.isProxyItself(front, address, port, local, connection.remoteAddress()))
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

    private void waitForAddress(ClientConnection connection, FrontingTable.Front front, int domainIndex, int offset,
        int length, boolean isEnded)
    {
        if (front.isAsked())
        {
            connection.close(CloseReason.FRONT_UNRESOLVED);
        }
        else
        {
            connection.waitForFront(offset, length, clock.nanoTime() + WaitingStrangers.LIMIT_NS);
            waiting.add(connection, domainIndex, isEnded);
        }
    }

    /** More is known of the domains. */
    void retry()
    {
        waiting.retry();
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
