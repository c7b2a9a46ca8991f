// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.sim;

import io.mtproxy.engine.io.Interest;
import io.mtproxy.engine.io.PollKey;
import io.mtproxy.engine.io.ReadyHandler;
import io.mtproxy.engine.io.SocketPoller;
import io.mtproxy.engine.io.TcpListener;
import io.mtproxy.engine.io.TcpNetwork;
import io.mtproxy.engine.io.TcpSocket;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;

/**
 * A network in one thread: everything that happens in it follows from its seed and the moved clock (architecture A7).
 * Sockets are level-triggered like the real ones, reads and writes may be short, pieces are cut and delayed.
 */
final class SimulatedNetwork implements TcpNetwork
{
    private static final long CONNECT_DELAY_NS_MAX = 2_000_000L;
    private static final int EPHEMERAL_PORT_FIRST = 20_000;

    private final SimulatedClock clock;
    private final RandomGenerator random;
    private final boolean isCutting;
    private final Map<Integer, List<Listener>> listeners = new HashMap<>();
    private final Map<InetSocketAddress, Consumer<SimulatedConnection.PeerEnd>> servers = new HashMap<>();
    private int nextPort = EPHEMERAL_PORT_FIRST;
    /** Bytes that a direction holds at most. */
    int capacityMin = 1024;
    int capacityMax = 256 * 1024;
    /** Every so manyth connect fails; 0 is never. */
    int refuseOneIn;
    /** Address at which clients reach the engine. */
    InetAddress engineHost = InetAddress.getLoopbackAddress();
    /** So many accepts fail, as they do without a free descriptor. */
    int acceptFailures;

    SimulatedNetwork(SimulatedClock clock, RandomGenerator random, boolean isCutting)
    {
        this.clock = clock;
        this.random = random;
        this.isCutting = isCutting;
    }

    /** Gives every direction of connections to come so much room. */
    void capacity(int length)
    {
        capacityMin = length;
        capacityMax = length;
    }

    /** Lets a simulated middle proxy listen. */
    void serve(InetSocketAddress address, Consumer<SimulatedConnection.PeerEnd> acceptor)
    {
        servers.put(address, acceptor);
    }

    /** Takes a simulated middle proxy away; live connections stay. */
    void unserve(InetSocketAddress address)
    {
        servers.remove(address);
    }

    /** Connects a simulated client to a port of the engine. */
    SimulatedConnection.PeerEnd connectToEngine(int port, InetAddress clientHost)
    {
        List<Listener> group = listeners.get(port);
        // the system spreads connections over the sockets of a group
        Listener listener = group.get(nextPort % group.size());
        InetSocketAddress client = new InetSocketAddress(clientHost, nextPort++);
        InetSocketAddress engine = new InetSocketAddress(engineHost, port);
        SimulatedConnection connection = new SimulatedConnection(clock, engine, client, stream(), stream(), 0);
        listener.backlog.addLast(connection.engineEnd);
        return connection.peerEnd;
    }

    private SimulatedStream stream()
    {
        return new SimulatedStream(clock, random, random.nextInt(capacityMin, capacityMax + 1), isCutting);
    }

    @Override
    public SocketPoller openPoller()
    {
        return new Poller();
    }

    @Override
    public TcpListener[] listen(ListenOptions options, int count)
    {
        TcpListener[] group = new TcpListener[count];
        int port = options.port() == 0 ? nextPort++ : options.port();
        for (int i = 0; i < count; i++)
        {
            Listener listener = new Listener(port);
            group[i] = listener;
            listeners.computeIfAbsent(port, _ -> new ArrayList<>()).add(listener);
        }
        return group;
    }

    @Override
    public TcpSocket connect(InetSocketAddress remote, InetAddress source)
    {
        InetAddress local = source != null ? source : remote.getAddress();
        long delayNs = isCutting ? random.nextLong(CONNECT_DELAY_NS_MAX) : 0;
        SimulatedConnection connection = new SimulatedConnection(clock, new InetSocketAddress(local, nextPort++),
            remote,
            stream(), stream(), delayNs);
        Consumer<SimulatedConnection.PeerEnd> acceptor = servers.get(remote);
        if (acceptor == null || refuseOneIn > 0 && random.nextInt(refuseOneIn) == 0)
        {
            connection.refuse();
        }
        else
        {
            acceptor.accept(connection.peerEnd);
        }
        return connection.engineEnd;
    }

    private final class Listener implements TcpListener
    {
        private final int port;
        private final ArrayDeque<TcpSocket> backlog = new ArrayDeque<>();
        private boolean isClosed;

        Listener(int port)
        {
            this.port = port;
        }

        @Override
        public TcpSocket accept() throws IOException
        {
            if (acceptFailures > 0)
            {
                acceptFailures--;
                throw new IOException("Too many open files");
            }
            return backlog.pollFirst();
        }

        @Override
        public int port()
        {
            return port;
        }

        @Override
        public void close()
        {
            isClosed = true;
        }
    }

    /** Asks every socket in turn, beginning anywhere. */
    private final class Poller implements SocketPoller
    {
        private final List<Key> keys = new ArrayList<>();

        @Override
        public int poll(long timeoutNs)
        {
            keys.removeIf(Key::isGone);
            int reported = 0;
            List<Key> asked = List.copyOf(keys);
            int start = asked.isEmpty() ? 0 : random.nextInt(asked.size());
            for (int i = 0; i < asked.size(); i++)
            {
                Key key = asked.get((start + i) % asked.size());
                int ready = key.isGone() ? Interest.NONE : key.readyOps() & key.interest;
                // now and then the system tells later
                if (ready != Interest.NONE && !(isCutting && random.nextInt(8) == 0))
                {
                    key.handler.onReady(ready);
                    reported++;
                }
            }
            return reported;
        }

        @Override
        public PollKey register(TcpSocket socket, int ops, ReadyHandler handler)
        {
            return add(new Key((SimulatedConnection.EngineEnd)socket, null, handler, ops));
        }

        @Override
        public PollKey register(TcpListener listener, ReadyHandler handler)
        {
            return add(new Key(null, (Listener)listener, handler, Interest.ACCEPT));
        }

        private Key add(Key key)
        {
            keys.add(key);
            return key;
        }

        @Override
        public void wakeup()
        {
            // nobody waits here
        }

        @Override
        public void close()
        {
            keys.clear();
        }
    }

    private static final class Key implements PollKey
    {
        private final SimulatedConnection.EngineEnd socket;
        private final Listener listener;
        private final ReadyHandler handler;
        private int interest;

        Key(SimulatedConnection.EngineEnd socket, Listener listener, ReadyHandler handler, int interest)
        {
            this.socket = socket;
            this.listener = listener;
            this.handler = handler;
            this.interest = interest;
        }

        boolean isGone()
        {
            return listener != null ? listener.isClosed : socket.isClosed();
        }

        int readyOps()
        {
            if (listener != null)
            {
                return listener.backlog.isEmpty() ? Interest.NONE : Interest.ACCEPT;
            }
            return socket.readyOps((interest & Interest.CONNECT) != 0);
        }

        @Override
        public void interest(int ops)
        {
            interest = ops;
        }
    }
}
