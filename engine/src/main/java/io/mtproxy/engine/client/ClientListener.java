// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.client;

import io.mtproxy.engine.io.Interest;
import io.mtproxy.engine.io.PollKey;
import io.mtproxy.engine.io.ReadyHandler;
import io.mtproxy.engine.io.SocketPoller;
import io.mtproxy.engine.io.TcpListener;
import io.mtproxy.engine.io.TcpSocket;
import io.mtproxy.engine.status.ProxyCounter;
import java.io.IOException;

/**
 * Accepts the clients of one port for one client agent, in batches, as far as the limits allow. At {@code -C}, or when the
 * system can give no descriptor, it stops asking, so that nothing spins. [P-CON-60] [C-LIM-02]
 */
final class ClientListener implements ReadyHandler
{
    /** Connections accepted in one turn: one a turn would cost a third more. */
    private static final int ACCEPT_BATCH_LIMIT = 64;
    /** Pause after a failed accept, as at the descriptor limit. */
    private static final long ACCEPT_PAUSE_NS = 100_000_000L;

    private final ClientConnections connections;
    private final TcpListener listener;
    private final AcceptGate gate;
    private final PollKey pollKey;
    private boolean paused;
    private long pausedUntilNs;

    ClientListener(ClientConnections connections, TcpListener listener, AcceptGate gate, SocketPoller poller)
        throws IOException
    {
        this.connections = connections;
        this.listener = listener;
        this.gate = gate;
        this.pollKey = poller.register(listener, this);
        if (!gate.isOpen())
        {
            paused = true;
            pausedUntilNs = connections.clock.nanoTime();
            pollKey.interest(Interest.NONE);
        }
        connections.counters.add(ProxyCounter.LISTENING_CONNECTIONS, 1);
    }

    @Override
    public void onReady(int readyOps)
    {
        long nowNs = connections.clock.nanoTime();
        for (int i = 0; i < ACCEPT_BATCH_LIMIT; i++)
        {
            if (!gate.tryEnter())
            {
                pause(nowNs);
                return;
            }
            TcpSocket socket;
            try
            {
                socket = listener.accept();
            }
            catch (IOException e)
            {
                connections.counters.increment(ProxyCounter.ACCEPT_CALLS_FAILED);
                pause(nowNs + ACCEPT_PAUSE_NS);
                gate.leave();
                return;
            }
            if (socket == null)
            {
                // behind others it only says that these were all
                connections.counters.add(ProxyCounter.ACCEPTS_EMPTY, i == 0 ? 1 : 0);
                gate.leave();
                return;
            }
            admit(socket, nowNs);
        }
    }

    private void admit(TcpSocket socket, long nowNs)
    {
        connections.counters.increment(ProxyCounter.INBOUND_CONNECTIONS_ACCEPTED);
        if (!gate.tryTakeToken(nowNs))
        {
            refuse(socket, CloseReason.ACCEPT_RATE.counter());
        }
        else if (gate.isOverConnectionLimit())
        {
            refuse(socket, CloseReason.CONNECTION_LIMIT.counter());
        }
        else
        {
            open(socket, nowNs);
        }
    }

    private void open(TcpSocket socket, long nowNs)
    {
        try
        {
            if (!connections.open(socket, nowNs))
            {
                refuse(socket, CloseReason.CONNECTION_LIMIT.counter());
            }
        }
        catch (IOException e)
        {
            refuse(socket, ProxyCounter.ACCEPT_INIT_FAILED);
        }
    }

    private void refuse(TcpSocket socket, ProxyCounter counter)
    {
        connections.counters.increment(counter);
        socket.close();
        gate.leave();
    }

    private void pause(long untilNs)
    {
        paused = true;
        pausedUntilNs = untilNs;
        connections.counters.increment(ProxyCounter.ACCEPT_PAUSES);
        pollKey.interest(Interest.NONE);
    }

    /** Listens again when a place is free and the pause is over. */
    void resumeIfOpen(long nowNs)
    {
        if (paused && nowNs - pausedUntilNs >= 0 && gate.isOpen())
        {
            paused = false;
            pollKey.interest(Interest.ACCEPT);
        }
    }

    void close()
    {
        listener.close();
        connections.counters.add(ProxyCounter.LISTENING_CONNECTIONS, -1);
    }
}
