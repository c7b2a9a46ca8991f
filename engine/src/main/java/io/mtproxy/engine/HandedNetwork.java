// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine;

import io.mtproxy.engine.io.SocketPoller;
import io.mtproxy.engine.io.TcpListener;
import io.mtproxy.engine.io.TcpNetwork;
import io.mtproxy.engine.io.TcpSocket;
import io.mtproxy.engine.io.epoll.EpollNetwork;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The system's sockets, with client ports that are open already: by this process while it could still open ports below
 * 1024, or by the supervisor. An engine that listens on one of them gets it; what no engine took is closed with this.
 * (architecture A11) [C-LIFE-05]
 */
public final class HandedNetwork implements TcpNetwork, AutoCloseable
{
    private final EpollNetwork system;
    private final List<Group> groups = new ArrayList<>();

    private HandedNetwork(EpollNetwork system)
    {
        this.system = system;
    }

    /** The listening sockets of one port. */
    private record Group(int port, TcpListener[] listeners)
    {
    }

    /**
     * Opens all client ports.
     *
     * @throws IOException for the first that cannot be had; the message says which and why. [C-EXIT-07]
     */
    public static HandedNetwork open(EngineConfig config) throws IOException
    {
        HandedNetwork network = new HandedNetwork(new EpollNetwork(config.fronting().isTlsOnly()));
        for (int port : config.listening().ports())
        {
            try
            {
                network.groups.add(new Group(port,
                    network.system.listen(listenOptions(config, port), config.threads().clientAgentCount())));
            }
            catch (IOException e)
            {
                network.close();
                throw refused(port, e);
            }
        }
        return network;
    }

    /**
     * Takes over what another process opened by the same configuration.
     *
     * @param descriptors as {@link #descriptors} gave them there.
     */
    public static HandedNetwork adopt(EngineConfig config, List<Integer> descriptors)
    {
        HandedNetwork network = new HandedNetwork(new EpollNetwork(config.fronting().isTlsOnly()));
        int count = config.threads().clientAgentCount();
        int from = 0;
        for (int port : config.listening().ports())
        {
            network.groups.add(new Group(port,
                network.system.adopt(listenOptions(config, port), descriptors.subList(from, from + count))));
            from += count;
        }
        return network;
    }

    /** @return the descriptors of all sockets that wait here, port by port. */
    public List<Integer> descriptors()
    {
        return groups.stream().flatMap(group -> EpollNetwork.descriptors(group.listeners()).stream()).toList();
    }

    @Override
    public SocketPoller openPoller() throws IOException
    {
        return system.openPoller();
    }

    @Override
    public TcpListener[] listen(ListenOptions options, int count) throws IOException
    {
        for (Group group : groups)
        {
            if (group.port() == options.port() && group.listeners().length == count)
            {
                groups.remove(group);
                return group.listeners();
            }
        }
        return system.listen(options, count);
    }

    @Override
    public TcpSocket connect(InetSocketAddress remote, @Nullable InetAddress source) throws IOException
    {
        return system.connect(remote, source);
    }

    /** Closes the sockets that no engine has taken. Never throws. */
    @Override
    public void close()
    {
        groups.forEach(group -> List.of(group.listeners()).forEach(TcpListener::close));
        groups.clear();
    }

    static ListenOptions listenOptions(EngineConfig config, int port)
    {
        EngineConfig.Listening listening = config.listening();
        return new ListenOptions(port, listening.ipv6(), listening.address(), listening.backlog(),
            listening.windowClamp(), config.fronting().isTlsOnly());
    }

    /** What, where, what to do. [C-EXIT-07] */
    static IOException refused(int port, IOException cause)
    {
        return new IOException("client port " + port + " cannot be opened: " + cause.getMessage() +
            " — free it or choose another with -H", cause);
    }
}
