// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.client;

import io.mtproxy.engine.io.SocketPoller;
import io.mtproxy.engine.io.TcpListener;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** The listening sockets of one client agent, one for each port. */
public final class ClientListeners implements AutoCloseable
{
    private final List<ClientListener> listeners = new ArrayList<>();

    /** Starts to accept from all of them, into these connections. */
    public ClientListeners(ClientConnections connections, List<TcpListener> sockets, AcceptGate gate,
        SocketPoller poller) throws IOException
    {
        for (TcpListener socket : sockets)
        {
            listeners.add(new ClientListener(connections, socket, gate, poller));
        }
    }

    /** Accepts again where a limit had stopped it and room is there. */
    public void resumeIfOpen(long nowNs)
    {
        for (int i = 0; i < listeners.size(); i++)
        {
            listeners.get(i).resumeIfOpen(nowNs);
        }
    }

    /** Accepts nobody any more; calling it again does nothing. */
    @Override
    public void close()
    {
        listeners.forEach(ClientListener::close);
        listeners.clear();
    }
}
