// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.datacenter;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mtproxy.engine.datacenter.DatacenterBench.Message;
import io.mtproxy.engine.relay.ToClientMessage;
import io.mtproxy.engine.status.ProxyCounter;
import io.mtproxy.soak.DatacenterEvent;
import io.mtproxy.soak.DatacenterPeer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/** Clients, middle proxies and the network do what they like; whatever was told to clients is held against a model. */
final class RandomRun
{
    private static final int STEP_COUNT = 400;
    private static final int SLOT_COUNT = 40;

    /** What a client agent may still expect of a connection. */
    private enum State
    {
        WAITING,
        BOUND
    }

    private final Random random;
    private final DatacenterBench bench;
    private final Map<Long, State> clients = new HashMap<>();
    private final int[] generations = new int[2 * SLOT_COUNT];

    RandomRun(int seed)
    {
        this.random = new Random(seed);
        // Half of the runs as on one thread, where a client agent may speak in the middle of the agent's work.
        boolean isShared = seed % 2 == 0;
        this.bench = new DatacenterBench(2, DatacenterBench.settings(), 64L << 20, isShared);
        if (isShared)
        {
            bench.hook = message -> speakWhileReading();
        }
    }

    private void speakWhileReading()
    {
        switch (random.nextInt(40))
        {
            case 0, 1, 2 -> withBound(id ->
            {
                if (bench.tryClientClose(id))
                {
                    clients.remove(id);
                }
            });
            case 3, 4 -> withBound(id ->
            {
                byte[] request = bench.proxyRequest(id, 16_000);
                for (int i = 0; i < 16 && clients.containsKey(id) && bench.requestPart(id, 0, false, request, 0); i++)
                {
                    request = bench.proxyRequest(id, 16_000);
                }
            });
            default ->
                {
                }
        }
    }

    void run()
    {
        try (bench)
        {
            bench.addServer(DatacenterBench.SERVER_V4, 3, 5);
            bench.addServer(DatacenterBench.SERVER_V6, 1, 2);
            for (int i = 0; i < STEP_COUNT; i++)
            {
                step();
                if (random.nextInt(3) != 0)
                {
                    bench.turn();
                }
                if (random.nextInt(3) != 0)
                {
                    bench.pump();
                }
                if (random.nextInt(4) != 0)
                {
                    hear();
                }
            }
            bench.network.accepting = FakeNetwork.Accepting.YES;
            bench.network.sockets.forEach(socket -> socket.writeBudget = Long.MAX_VALUE);
            bench.settle();
            hear();
            bench.settle();
            hear();
            assertTrue(clients.values().stream().noneMatch(state -> state == State.WAITING), "each got its reply");
            assertEquals(clients.size(), bench.counter(ProxyCounter.EXT_CONNECTIONS));
            bench.hook = message ->
            {
            };
            List.copyOf(clients.keySet()).forEach(bench::clientClose);
            bench.advance(TimeUnit.SECONDS.toNanos(1));
            assertEquals(0, bench.counter(ProxyCounter.EXT_CONNECTIONS));
            assertEquals(0, bench.pool.usedCount());
            bench.assertNoViolations();
        }
    }

    private void step()
    {
        switch (random.nextInt(12))
        {
            case 0, 1, 2 -> connectClient();
            case 3, 4 -> withBound(id -> bench.request(id, 0, false, 4 * (1 + random.nextInt(8000))));
            case 5 -> withBound(id ->
            {
                bench.clientClose(id);
                clients.remove(id);
            });
            case 6, 7, 8 -> answer();
            case 9 -> breakLink();
            case 10 -> bench.nowNs += random.nextInt(300_000_000);
            default -> withOpenSocket(socket -> socket.writeBudget = random.nextInt(3) == 0 ?
                random.nextInt(50_000) :
                Long.MAX_VALUE);
        }
    }

    private void connectClient()
    {
        int at = random.nextInt(generations.length);
        int generation = generations[at];
        long last = DatacenterBench.id(at / SLOT_COUNT, at % SLOT_COUNT, generation);
        if (!clients.containsKey(last))
        {
            generations[at]++;
            long id = DatacenterBench.id(at / SLOT_COUNT, at % SLOT_COUNT, generation + 1);
            bench.request(id, random.nextInt(2), true, 4 * (1 + random.nextInt(6000)));
            clients.put(id, State.WAITING);
        }
    }

    private void answer()
    {
        withOpenSocket(socket ->
        {
            DatacenterPeer peer = bench.peers.get(socket);
            if (peer == null || !peer.isReady())
            {
                return;
            }
            List<DatacenterEvent.ProxyRequest> requests = peer.requests();
            if (requests.isEmpty())
            {
                peer.ping(random.nextLong());
                return;
            }
            long id = requests.get(random.nextInt(requests.size())).extConnectionId();
            switch (random.nextInt(6))
            {
                case 0 -> peer.simpleAck(id, random.nextInt());
                case 1 ->
                {
                    if (clients.containsKey(id))
                    {
                        peer.closeExternal(id);
                    }
                }
                default -> peer.answer(id, 0, new byte[4 * random.nextInt(20_000)]);
            }
        });
    }

    private void breakLink()
    {
        switch (random.nextInt(6))
        {
            case 0 -> withOpenSocket(socket -> socket.isEnded = true);
            case 1 -> withOpenSocket(socket -> socket.isReset = true);
            case 2 -> withOpenSocket(socket -> socket.arrive(new byte[16]));
            case 3 -> bench.network.accepting = FakeNetwork.Accepting.values()[random.nextInt(5)];
            default -> bench.network.accepting = FakeNetwork.Accepting.YES;
        }
    }

    private void hear()
    {
        for (int agent = 0; agent < 2; agent++)
        {
            for (Message message : bench.takeMessages(agent))
            {
                State state = clients.get(message.id());
                switch (message.type())
                {
                    case ToClientMessage.BOUND ->
                    {
                        assertEquals(State.WAITING, state);
                        clients.put(message.id(), State.BOUND);
                    }
                    case ToClientMessage.REFUSED ->
                    {
                        assertEquals(State.WAITING, state);
                        clients.remove(message.id());
                    }
                    case ToClientMessage.CLOSED -> clients.remove(message.id());
                    default -> assertTrue(state != State.WAITING, "an answer before the reply");
                }
            }
        }
    }

    private void withBound(java.util.function.LongConsumer action)
    {
        List<Long> bound = new ArrayList<>(
            clients.keySet().stream().filter(id -> clients.get(id) == State.BOUND).sorted().toList());
        if (!bound.isEmpty())
        {
            action.accept(bound.get(random.nextInt(bound.size())));
        }
    }

    private void withOpenSocket(java.util.function.Consumer<FakeNetwork.Socket> action)
    {
        List<FakeNetwork.Socket> open = bench.network.sockets.stream().filter(FakeNetwork.Socket::isOpen).toList();
        if (!open.isEmpty())
        {
            action.accept(open.get(random.nextInt(open.size())));
        }
    }
}
