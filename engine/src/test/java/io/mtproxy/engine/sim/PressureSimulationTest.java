// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.sim;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mtproxy.engine.client.CloseReason;
import io.mtproxy.engine.memory.ChunkPool;
import io.mtproxy.engine.status.ProxyCounter;
import io.mtproxy.soak.DatacenterEvent.ProxyRequest;
import io.mtproxy.soak.Payloads;
import io.mtproxy.soak.Transport;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients and middle proxies that take nothing: whom it costs what, and that all goes on afterwards. */
final class PressureSimulationTest
{
    private static final long MS = 1_000_000L;
    private static final int CHUNK = ChunkPool.CHUNK_LENGTH;

    /** Clients that have a binding each and read nothing, with the id of each. */
    private static Map<SimulatedClient, ProxyRequest> bindSlowClients(SimulatedProxy proxy, DatacenterRecord record,
        int count)
    {
        Map<SimulatedClient, ProxyRequest> requests = new HashMap<>();
        for (int i = 0; i < count; i++)
        {
            SimulatedClient client = proxy.connect(Transport.INTERMEDIATE, 2);
            client.send(Payloads.encrypted(1 + i, 64, proxy.random), false);
            proxy.advance(3 * MS);
            client.isReadingPaused = true;
            requests.put(client, record.lastRequest());
        }
        return requests;
    }

    private static void answer(DatacenterRecord record, ProxyRequest request, int length)
    {
        record.links.get(record.requests.indexOf(request)).peer.answer(request.extConnectionId(), 0, new byte[length]);
    }

    /** [P-CON-50] [C-LIM-10] the least recently sending that hold buffers, no more than needed, once a second. */
    @Test
    void shouldEvictLeastRecentlySendingThatHoldBuffers() throws IOException
    {
        SimulatedProxy.Setup setup = new SimulatedProxy.Setup();
        // 64 chunks for each of the two agents: eviction begins above 48
        setup.messageBuffersLength = 128L * CHUNK;
        try (SimulatedProxy proxy = new SimulatedProxy(setup))
        {
            DatacenterRecord record = DatacenterRecord.of(proxy);
            proxy.network.capacity(1 << 20);
            proxy.awaitLinks();
            SimulatedClient idle = proxy.connect(Transport.INTERMEDIATE, 2);
            idle.send(Payloads.encrypted(99, 64, proxy.random), false);
            proxy.advance(3 * MS);
            proxy.network.capacity(4096);
            Map<SimulatedClient, ProxyRequest> requests = bindSlowClients(proxy, record, 6);
            List<SimulatedClient> slow = proxy.clients.subList(1, 7);
            // 0 and 3 send again: the order of last sending is 1 2 4 5 0 3
            for (int i : new int[]{0, 3})
            {
                slow.get(i).send(Payloads.encrypted(1, 64, proxy.random), false);
                proxy.advance(3 * MS);
            }
            long before = proxy.counter(ProxyCounter.CLOSED_LRU);
            for (SimulatedClient client : slow)
            {
                answer(record, requests.get(client), 9 * CHUNK - 8);
            }
            proxy.advance(20 * MS);
            assertEquals(before, proxy.counter(ProxyCounter.CLOSED_LRU), "only once a second");
            proxy.advance(1100 * MS);

            assertEquals(1, proxy.closed(CloseReason.LEAST_RECENTLY_USED));
            assertTrue(slow.get(1).end.isClosedByEngine());
            assertFalse(idle.end.isClosedByEngine(), "sent before all others, but holds nothing");
            for (int i : new int[]{0, 2, 3, 4, 5})
            {
                assertFalse(slow.get(i).end.isClosedByEngine(), "client " + i);
            }
            assertEquals(1, record.closedIds.size(), "[P-RPC-43]");

            // another push over the mark takes the next in order
            answer(record, requests.get(slow.get(3)), 9 * CHUNK - 8);
            proxy.advance(1100 * MS);
            assertTrue(slow.get(2).end.isClosedByEngine());
            assertEquals(2, proxy.closed(CloseReason.LEAST_RECENTLY_USED));
            slow.forEach(client -> client.isReadingPaused = false);
            proxy.advance(500 * MS);
            assertEquals(2, slow.get(3).peer.packets().size(), "the others get everything");
            assertEquals(1, slow.get(0).peer.packets().size());
            proxy.verifyClean();
        }
    }

    /** [P-CON-50] never an abort: a pool used up between two looks costs those that need a chunk. */
    @Test
    void shouldCloseOnlyWhoNeedsChunkWhenPoolIsUsedUp() throws IOException
    {
        SimulatedProxy.Setup setup = new SimulatedProxy.Setup();
        setup.messageBuffersLength = 128L * CHUNK;
        try (SimulatedProxy proxy = new SimulatedProxy(setup))
        {
            DatacenterRecord record = DatacenterRecord.of(proxy);
            proxy.network.capacity(2 << 20);
            proxy.awaitLinks();
            SimulatedClient good = proxy.connect(Transport.INTERMEDIATE, 2);
            good.send(Payloads.encrypted(99, 64, proxy.random), false);
            proxy.advance(3 * MS);
            proxy.network.capacity(4096);
            Map<SimulatedClient, ProxyRequest> requests = bindSlowClients(proxy, record, 4);
            requests.values().forEach(request -> answer(record, request, 30 * CHUNK));
            proxy.advance(30 * MS);

            assertTrue(proxy.closed(CloseReason.BUFFERS_EXHAUSTED) > 0);
            assertEquals(0, proxy.counter(ProxyCounter.LINK_CLOSED_BUFFERS_EXHAUSTED));
            long closedCount = proxy.closed(CloseReason.BUFFERS_EXHAUSTED) +
                proxy.closed(CloseReason.LEAST_RECENTLY_USED);
            assertTrue(closedCount < 4, "closed " + closedCount);
            good.send(Payloads.encrypted(99, 64, proxy.random), false);
            proxy.advance(3 * MS);
            answer(record, record.lastRequest(), 64);
            proxy.advance(3 * MS);
            assertEquals(1, good.peer.packets().size());
            proxy.verifyClean();
        }
    }

    /** [C-LIM-10] clients that take what they get are no burden, however many get something in the same turn. */
    @Test
    void shouldServeMoreClientsInOneTurnThanThereAreChunks() throws IOException
    {
        int count = 300;
        SimulatedProxy.Setup setup = new SimulatedProxy.Setup();
        setup.messageBuffersLength = 128L * CHUNK;
        try (SimulatedProxy proxy = new SimulatedProxy(setup))
        {
            DatacenterRecord record = DatacenterRecord.of(proxy);
            proxy.network.capacity(1 << 20);
            proxy.awaitLinks();
            for (int i = 0; i < count; i++)
            {
                proxy.connect(Transport.INTERMEDIATE, 2).send(Payloads.encrypted(1 + i, 64, proxy.random), false);
                proxy.advance(3 * MS);
            }
            assertEquals(count, record.requests.size());
            List.copyOf(record.requests).forEach(request -> answer(record, request, 64));
            proxy.advance(50 * MS);

            assertEquals(0, proxy.closed(CloseReason.BUFFERS_EXHAUSTED));
            proxy.clients.forEach(client -> assertEquals(1, client.peer.packets().size()));
            assertTrue(proxy.counter(ProxyCounter.BUFFERS_USED_PEAK) < 64, "most chunks at once: " +
                proxy.counter(ProxyCounter.BUFFERS_USED_PEAK));
            proxy.verifyClean();
        }
    }

    /** [P-CON-50] uploads that stay incomplete fill the pool as well; they are not spared. */
    @Test
    void shouldEvictIncompleteUploads() throws IOException
    {
        SimulatedProxy.Setup setup = new SimulatedProxy.Setup();
        setup.messageBuffersLength = 128L * CHUNK;
        try (SimulatedProxy proxy = new SimulatedProxy(setup))
        {
            proxy.network.capacity(1 << 20);
            DatacenterRecord record = DatacenterRecord.of(proxy);
            proxy.awaitLinks();
            List<SimulatedClient> clients = new ArrayList<>();
            for (int i = 0; i < 6; i++)
            {
                SimulatedClient client = proxy.connect(Transport.INTERMEDIATE, 2);
                byte[] frame = client.peer.frame(Payloads.encrypted(1, 12 * CHUNK, proxy.random), false);
                client.sendRaw(java.util.Arrays.copyOf(frame, 9 * CHUNK));
                clients.add(client);
                proxy.advance(2 * MS);
            }
            proxy.advance(1200 * MS);

            assertEquals(1, proxy.closed(CloseReason.LEAST_RECENTLY_USED));
            assertTrue(clients.getFirst().end.isClosedByEngine());
            assertEquals(0, record.requests.size());
            proxy.verifyClean();
        }
    }

    /** [P-CON-51] [C-LIM-11] [C-BUG-09] */
    @Test
    void shouldCloseClientAboveItsBuffer() throws IOException
    {
        SimulatedProxy.Setup setup = new SimulatedProxy.Setup();
        setup.clientBufferLength = 1 << 20;
        try (SimulatedProxy proxy = new SimulatedProxy(setup))
        {
            DatacenterRecord record = DatacenterRecord.of(proxy);
            proxy.network.capacity(4 << 20);
            proxy.awaitLinks();
            SimulatedClient good = proxy.connect(Transport.PADDED, 2);
            good.send(Payloads.encrypted(99, 64, proxy.random), false);
            proxy.advance(3 * MS);
            ProxyRequest goodRequest = record.lastRequest();
            proxy.network.capacity(4096);
            Map<SimulatedClient, ProxyRequest> requests = bindSlowClients(proxy, record, 1);
            ProxyRequest slow = requests.values().iterator().next();
            answer(record, slow, 900_000);
            proxy.advance(10 * MS);
            assertEquals(0, proxy.closed(CloseReason.SLOW_CLIENT));
            answer(record, slow, 200_000);
            answer(record, goodRequest, 3 << 20);
            proxy.advance(50 * MS);

            assertEquals(1, proxy.closed(CloseReason.SLOW_CLIENT));
            assertEquals(List.of(slow.extConnectionId()), record.closedIds);
            assertEquals(3 << 20, good.peer.packets().getFirst().length & ~3,
                "one that reads gets more than the bound");
            proxy.verifyClean();
        }
    }

    /** [P-CON-52] [C-LIM-15] */
    @Test
    void shouldCloseClientWhoseSocketTakesNothingThoughItPromises() throws IOException
    {
        try (SimulatedProxy proxy = new SimulatedProxy(new SimulatedProxy.Setup()))
        {
            DatacenterRecord record = DatacenterRecord.of(proxy);
            proxy.awaitLinks();
            Map<SimulatedClient, ProxyRequest> requests = bindSlowClients(proxy, record, 1);
            SimulatedClient client = requests.keySet().iterator().next();
            client.end.takeNothing();
            answer(record, requests.get(client), 64);
            proxy.advance(95 * MS);
            assertFalse(client.end.isClosedByEngine());
            proxy.advance(20 * MS);

            assertTrue(client.end.isClosedByEngine());
            assertEquals(1, proxy.closed(CloseReason.SLOW_CLIENT));
            proxy.verifyClean();
        }
    }

    /** [P-CON-53] answers for others on the same link pass one who reads nothing. */
    @Test
    void shouldNotLetSlowClientDelayOthersOnItsLink() throws IOException
    {
        try (SimulatedProxy proxy = new SimulatedProxy(new SimulatedProxy.Setup()))
        {
            DatacenterRecord record = DatacenterRecord.of(proxy);
            proxy.network.capacity(1 << 20);
            proxy.awaitLinks();
            SimulatedClient good = proxy.connect(Transport.PADDED, 2);
            good.send(Payloads.encrypted(99, 64, proxy.random), false);
            proxy.advance(3 * MS);
            ProxyRequest goodRequest = record.lastRequest();
            proxy.network.capacity(4096);
            Map<SimulatedClient, ProxyRequest> requests = bindSlowClients(proxy, record, 3);
            for (int round = 1; round <= 50; round++)
            {
                requests.values().forEach(request -> answer(record, request, 50_000));
                answer(record, goodRequest, 64);
                proxy.advance(3 * MS);
                assertEquals(round, good.peer.packets().size());
            }
            requests.keySet().forEach(client -> client.isReadingPaused = false);
            proxy.advance(3000 * MS);
            requests.keySet().forEach(client -> assertEquals(50, client.peer.packets().size()));
            proxy.verifyClean();
        }
    }

    /**
     * [P-CON-53] [C-LIM-11] a middle proxy that reads nothing pauses the clients of that link only; what they send stays in
     * the network, memory stays bounded; and afterwards everything arrives.
     */
    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void shouldPauseOnlyClientsOfCongestedLinkAndGoOn(int datacenterAgents) throws IOException
    {
        SimulatedProxy.Setup setup = new SimulatedProxy.Setup();
        setup.minConnections = 2;
        setup.linkBufferLength = 200_000;
        setup.datacenterAgents = datacenterAgents;
        try (SimulatedProxy proxy = new SimulatedProxy(setup))
        {
            proxy.network.capacity(64 * 1024);
            DatacenterRecord record = DatacenterRecord.of(proxy);
            proxy.awaitLinks();
            Map<Integer, SimulatedDatacenter.Link> linkByPort = new HashMap<>();
            for (int i = 0; i < 12; i++)
            {
                SimulatedClient client = proxy.connect(Transport.PADDED, 2);
                client.send(Payloads.encrypted(1, 64, proxy.random), false);
                proxy.advance(3 * MS);
                linkByPort.put(client.port(), record.lastLink());
            }
            SimulatedDatacenter.Link blocked = record.lastLink();
            blocked.isReadingPaused = true;
            for (int i = 0; i < 40; i++)
            {
                proxy.clients.forEach(client -> client.send(Payloads.encrypted(1, 40_000, proxy.random), false));
            }
            proxy.advance(500 * MS);

            assertTrue(proxy.counter(ProxyCounter.LINK_CONGESTED) > 0);
            for (SimulatedClient client : proxy.clients)
            {
                boolean isBlocked = linkByPort.get(client.port()) == blocked;
                assertEquals(!isBlocked, client.isSent(), "only clients of the blocked link wait");
                long got = record.requests.stream().filter(request -> request.client().getPort() == client.port())
                    .count();
                assertTrue(isBlocked ? got < 41 : got == 41);
            }
            proxy.advance(1500 * MS);
            assertTrue(proxy.counter(ProxyCounter.BUFFERS_USED_BYTES) < 3_000_000, "held " +
                proxy.counter(ProxyCounter.BUFFERS_USED_BYTES));

            // answers on the link go on meanwhile
            ProxyRequest last = record.requests.get(record.links.lastIndexOf(blocked));
            blocked.peer.answer(last.extConnectionId(), 0, new byte[64]);
            proxy.advance(5 * MS);
            assertEquals(1, proxy.counter(ProxyCounter.ANSWERS_TO_CLIENT));

            blocked.isReadingPaused = false;
            proxy.advance(1000 * MS);
            assertEquals(12 * 41, record.requests.size());
            for (SimulatedClient client : proxy.clients)
            {
                List<ProxyRequest> got = record.requests.stream()
                    .filter(request -> request.client().getPort() == client.port()).toList();
                for (int i = 0; i < 41; i++)
                {
                    assertArrayEquals(client.sentPayloads.get(i), got.get(i).payload());
                }
            }
            proxy.verifyClean();
        }
    }

    /** [P-CON-53] [P-CON-22] a congested link that is lost frees its clients' memory and closes them. */
    @Test
    void shouldForgetCongestionOfLostLink() throws IOException
    {
        SimulatedProxy.Setup setup = new SimulatedProxy.Setup();
        setup.linkBufferLength = 100_000;
        try (SimulatedProxy proxy = new SimulatedProxy(setup))
        {
            proxy.network.capacity(16 * 1024);
            DatacenterRecord record = DatacenterRecord.of(proxy);
            proxy.awaitLinks();
            SimulatedClient client = proxy.connect(Transport.PADDED, 2);
            client.send(Payloads.encrypted(1, 64, proxy.random), false);
            proxy.advance(3 * MS);
            record.lastLink().isReadingPaused = true;
            for (int i = 0; i < 40; i++)
            {
                client.send(Payloads.encrypted(1, 40_000, proxy.random), false);
            }
            proxy.advance(200 * MS);
            assertTrue(proxy.counter(ProxyCounter.LINK_CONGESTED) > 0);
            record.lastLink().reset();
            proxy.advance(1500 * MS);
            assertEquals(1, proxy.closed(CloseReason.LINK_LOST));

            SimulatedClient next = proxy.connect(Transport.PADDED, 2);
            for (int i = 0; i < 5; i++)
            {
                next.send(Payloads.encrypted(1, 40_000, proxy.random), false);
            }
            proxy.advance(100 * MS);
            assertEquals(5, record.requests.stream().filter(r -> r.client().getPort() == next.port()).count());
            proxy.verifyClean();
        }
    }

    /** [P-CON-53] a client that resets while it is paused for its link is forgotten as soon as that shows. */
    @Test
    void shouldForgetClientThatResetsWhilePausedForLink() throws IOException
    {
        SimulatedProxy.Setup setup = new SimulatedProxy.Setup();
        setup.linkBufferLength = 100_000;
        try (SimulatedProxy proxy = new SimulatedProxy(setup))
        {
            proxy.network.capacity(16 * 1024);
            DatacenterRecord record = DatacenterRecord.of(proxy);
            proxy.awaitLinks();
            SimulatedClient client = proxy.connect(Transport.PADDED, 2);
            client.send(Payloads.encrypted(1, 64, proxy.random), false);
            proxy.advance(3 * MS);
            record.lastLink().isReadingPaused = true;
            for (int i = 0; i < 40; i++)
            {
                client.send(Payloads.encrypted(1, 40_000, proxy.random), false);
            }
            proxy.advance(200 * MS);
            client.end.reset();
            proxy.advance(200 * MS);
            record.lastLink().isReadingPaused = false;
            proxy.advance(200 * MS);

            assertTrue(client.end.isClosedByEngine());
            assertEquals(1, proxy.closed(CloseReason.PEER_RESET));
            assertEquals(1, record.closedIds.size());
            proxy.verifyClean();
        }
    }
}
