// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.sim;

import io.mtproxy.soak.DatacenterEvent;
import io.mtproxy.soak.DatacenterPeer;
import io.mtproxy.soak.LinkEnds;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.random.RandomGenerator;

/** A middle proxy on the simulated network: one address, as many links as the proxy opens. */
final class SimulatedDatacenter
{
    private static final int READ_LENGTH_MAX = 1 << 20;
    private static final long MS_PER_SECOND = 1000;

    final InetSocketAddress address;
    final List<Link> links = new ArrayList<>();
    /** What the middle proxy does with an event; set by the scenario. */
    BiConsumer<Link, DatacenterEvent> onEvent = (link, event) ->
    {
    };
    private final byte[] secret;
    private final RandomGenerator random;
    private final SimulatedClock clock;

    SimulatedDatacenter(SimulatedNetwork network, InetSocketAddress address, byte[] secret, RandomGenerator random,
        SimulatedClock clock)
    {
        this.address = address;
        this.secret = secret;
        this.random = random;
        this.clock = clock;
        network.serve(address, this::accept);
    }

    private void accept(SimulatedConnection.PeerEnd end)
    {
        links.add(new Link(end));
    }

    /** @return links whose handshake is done and that still stand. */
    List<Link> readyLinks()
    {
        return links.stream().filter(link -> link.peer.isReady() && !link.isOver()).toList();
    }

    void pump()
    {
        for (int i = 0; i < links.size(); i++)
        {
            links.get(i).pump();
        }
    }

    /** One connection from the proxy. */
    final class Link
    {
        final DatacenterPeer peer;
        final SimulatedConnection.PeerEnd end;
        /** Set while the middle proxy reads nothing from this link. */
        boolean isReadingPaused;
        /** Set while the middle proxy sends nothing. */
        boolean isWritingPaused;
        /** Live external ids that this link has seen, by client port. */
        final Map<Integer, Long> idByClientPort = new HashMap<>();
        private final ArrayDeque<byte[]> waiting = new ArrayDeque<>();

        Link(SimulatedConnection.PeerEnd end)
        {
            this.end = end;
            this.peer = new DatacenterPeer(secret, new LinkEnds(end.ownAddress, end.engineAddress), random,
                () -> clock.time() / MS_PER_SECOND);
        }

        boolean isOver()
        {
            return end.isReset() || end.isAtEnd();
        }

        /** Breaks the connection. */
        void reset()
        {
            end.reset();
            peer.close();
            waiting.clear();
        }

        void pump()
        {
            if (end.isReset())
            {
                return;
            }
            if (!isReadingPaused)
            {
                peer.receive(end.read(READ_LENGTH_MAX));
            }
            for (DatacenterEvent event : peer.takeEvents())
            {
                if (event instanceof DatacenterEvent.ProxyRequest request)
                {
                    idByClientPort.put(request.client().getPort(), request.extConnectionId());
                }
                else if (event instanceof DatacenterEvent.CloseConnection close)
                {
                    idByClientPort.values().remove(close.extConnectionId());
                }
                onEvent.accept(this, event);
            }
            if (isWritingPaused)
            {
                return;
            }
            waiting.addLast(peer.takeOutput());
            while (!waiting.isEmpty() && end.room() > 0)
            {
                byte[] bytes = waiting.removeFirst();
                int run = Math.min(bytes.length, end.room());
                end.write(java.util.Arrays.copyOf(bytes, run));
                if (run < bytes.length)
                {
                    waiting.addFirst(java.util.Arrays.copyOfRange(bytes, run, bytes.length));
                }
            }
        }
    }
}
