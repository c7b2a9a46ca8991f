// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.sim;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mtproxy.engine.client.CloseReason;
import io.mtproxy.engine.memory.ChunkPool;
import io.mtproxy.engine.status.ProxyCounter;
import io.mtproxy.soak.Payloads;
import io.mtproxy.soak.Transport;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Payloads longer than what is left of a ring, with agents that take turns as threads of their own would: nobody empties
 * a full ring but its reader.
 */
final class FullRingSimulationTest
{
    private static final long MS = 1_000_000L;
    private static final int PAYLOAD_LENGTH_MAX = 1_044_480 - 4;

    private static SimulatedProxy newProxy() throws IOException
    {
        SimulatedProxy.Setup setup = new SimulatedProxy.Setup();
        setup.datacenterAgents = 2;
        SimulatedProxy proxy = new SimulatedProxy(setup);
        proxy.network.capacity(4 << 20);
        return proxy;
    }

    private static void stepUntilRingIsFull(SimulatedProxy proxy)
    {
        for (int i = 0; proxy.counter(ProxyCounter.TO_DATACENTER_RING_FULL) == 0; i++)
        {
            assertTrue(i < 100, "the ring never fills");
            proxy.step();
        }
    }

    @Test
    void shouldRelayPayloadsLongerThanRing() throws IOException
    {
        try (SimulatedProxy proxy = newProxy())
        {
            DatacenterRecord record = DatacenterRecord.of(proxy);
            proxy.awaitLinks();
            List<SimulatedClient> clients = new ArrayList<>();
            for (int i = 0; i < 3; i++)
            {
                SimulatedClient client = proxy.connect(Transport.PADDED, 2);
                client.send(Payloads.encrypted(1 + i, PAYLOAD_LENGTH_MAX, proxy.random), false);
                client.send(Payloads.encrypted(1 + i, 64, proxy.random), false);
                client.send(Payloads.encrypted(1 + i, PAYLOAD_LENGTH_MAX, proxy.random), false);
                clients.add(client);
            }
            proxy.advance(200 * MS);

            assertEquals(9, record.requests.size());
            for (SimulatedClient client : clients)
            {
                List<byte[]> got = record.requests.stream()
                    .filter(request -> request.client().getPort() == client.port())
                    .map(request -> request.payload()).toList();
                assertEquals(3, got.size());
                for (int i = 0; i < got.size(); i++)
                {
                    assertArrayEquals(client.sentPayloads.get(i), got.get(i));
                }
            }
            assertTrue(proxy.counter(ProxyCounter.TO_DATACENTER_RING_FULL) > 0);
            proxy.verifyClean();
        }
    }

    /**
     * A client was closed by the middle proxy while half of its payload had crossed, and had answers to take: until it had
     * taken them, ten seconds at most, nobody else could send anything to that datacenter agent. [P-RPC-67] [P-CON-53]
     */
    @Test
    void shouldNotHoldUpOthersWhileClosedClientIsFlushed() throws IOException
    {
        try (SimulatedProxy proxy = newProxy())
        {
            DatacenterRecord record = DatacenterRecord.of(proxy);
            proxy.awaitLinks();
            proxy.network.capacity(256 * 1024);
            SimulatedClient client = proxy.connect(Transport.INTERMEDIATE, 2);
            client.send(Payloads.encrypted(1, 64, proxy.random), false);
            proxy.advance(5 * MS);
            client.isReadingPaused = true;
            record.answer(new byte[1 << 20]);
            proxy.advance(20 * MS);
            long id = record.lastRequest().extConnectionId();

            client.send(Payloads.encrypted(1, PAYLOAD_LENGTH_MAX, proxy.random), false);
            stepUntilRingIsFull(proxy);
            SimulatedDatacenter.Link link = record.lastLink();
            link.peer.closeExternal(id);
            link.pump();
            proxy.step();
            assertFalse(client.end.isClosedByEngine(), "it has answers to take");
            SimulatedClient other = proxy.connect(Transport.INTERMEDIATE, 2);
            other.send(Payloads.encrypted(2, 64, proxy.random), false);
            proxy.advance(20 * MS);

            assertFalse(client.end.isClosedByEngine(), "it still has");
            assertEquals(2, record.requests.size(), "what a closed client had begun to send goes nowhere");
            assertEquals(other.port(), record.lastRequest().client().getPort());
            client.isReadingPaused = false;
            proxy.advance(50 * MS);
            assertEquals(1, proxy.closed(CloseReason.CLOSE_EXT));
            assertEquals(1 << 20, client.peer.packets().getFirst().length, "nothing of the answer is lost");
            proxy.verifyClean();
        }
    }

    /**
     * The link was lost while the first payload of a client was on its way in parts. The server stayed drawn, so the next
     * packet closed the client although there still was no target. [P-PAY-05]
     */
    @Test
    void shouldCountNextPacketWithoutTargetAfterFirstWasRefusedInParts() throws IOException
    {
        try (SimulatedProxy proxy = newProxy())
        {
            DatacenterRecord record = DatacenterRecord.of(proxy);
            proxy.awaitLinks();
            SimulatedClient client = proxy.connect(Transport.INTERMEDIATE, 2);
            client.send(Payloads.encrypted(1, PAYLOAD_LENGTH_MAX, proxy.random), false);
            stepUntilRingIsFull(proxy);
            proxy.network.unserve(proxy.datacenters.getFirst().address);
            proxy.datacenters.getFirst().readyLinks().getFirst().reset();
            proxy.advance(20 * MS);
            assertEquals(1, proxy.counter(ProxyCounter.FRAMES_DROPPED_NO_TARGET));

            client.send(Payloads.encrypted(1, 64, proxy.random), false);
            proxy.advance(20 * MS);

            assertEquals(2, proxy.counter(ProxyCounter.FRAMES_DROPPED_NO_TARGET));
            assertFalse(client.end.isClosedByEngine());
            assertEquals(0, record.requests.size());
            proxy.verifyClean();
        }
    }

    /** [P-OBF-51] complete frames before the end are forwarded, also when a full ring holds them up. */
    @Test
    void shouldForwardCompleteFramesBeforeEndThroughFullRing() throws IOException
    {
        try (SimulatedProxy proxy = newProxy())
        {
            DatacenterRecord record = DatacenterRecord.of(proxy);
            proxy.awaitLinks();
            SimulatedClient client = proxy.connect(Transport.INTERMEDIATE, 2);
            client.send(Payloads.encrypted(1, 64, proxy.random), false);
            proxy.advance(5 * MS);
            client.send(Payloads.encrypted(1, PAYLOAD_LENGTH_MAX, proxy.random), false);
            client.send(Payloads.encrypted(1, 64, proxy.random), false);
            client.pump();
            client.end.end();
            proxy.advance(50 * MS);

            assertEquals(3, record.requests.size());
            assertArrayEquals(client.sentPayloads.get(2), record.lastRequest().payload());
            assertEquals(List.of(record.lastRequest().extConnectionId()), record.closedIds);
            assertEquals(1, proxy.closed(CloseReason.PEER_END));
            proxy.verifyClean();
        }
    }

    /** [P-RPC-43] a client that resets in the middle of its payload: the frame on the link is brought to its end. */
    @Test
    void shouldBringPayloadToItsEndWhenClientResetsInTheMiddle() throws IOException
    {
        try (SimulatedProxy proxy = newProxy())
        {
            DatacenterRecord record = DatacenterRecord.of(proxy);
            proxy.awaitLinks();
            SimulatedClient client = proxy.connect(Transport.INTERMEDIATE, 2);
            SimulatedClient other = proxy.connect(Transport.INTERMEDIATE, 2);
            other.send(Payloads.encrypted(2, 64, proxy.random), false);
            proxy.advance(5 * MS);
            client.send(Payloads.encrypted(1, PAYLOAD_LENGTH_MAX, proxy.random), false);
            stepUntilRingIsFull(proxy);
            client.end.reset();
            other.send(Payloads.encrypted(2, 64, proxy.random), false);
            proxy.advance(50 * MS);

            assertEquals(3, record.requests.size());
            assertEquals(1, record.closedIds.size());
            assertFalse(other.end.isClosedByEngine());
            proxy.verifyClean();
        }
    }

    /** A link lost in the middle of a payload closes that client, and others go on over the next link. [P-CON-22] */
    @Test
    void shouldGoOnAfterLinkWasLostInTheMiddleOfPayload() throws IOException
    {
        try (SimulatedProxy proxy = newProxy())
        {
            DatacenterRecord record = DatacenterRecord.of(proxy);
            proxy.awaitLinks();
            SimulatedClient client = proxy.connect(Transport.INTERMEDIATE, 2);
            client.send(Payloads.encrypted(1, 64, proxy.random), false);
            proxy.advance(5 * MS);
            client.send(Payloads.encrypted(1, PAYLOAD_LENGTH_MAX, proxy.random), false);
            stepUntilRingIsFull(proxy);
            record.lastLink().reset();
            proxy.advance(1500 * MS);
            assertEquals(1, proxy.closed(CloseReason.LINK_LOST));

            SimulatedClient other = proxy.connect(Transport.INTERMEDIATE, 2);
            other.send(Payloads.encrypted(2, 200_000, proxy.random), false);
            proxy.advance(50 * MS);

            assertArrayEquals(other.sentPayloads.getFirst(), record.lastRequest().payload());
            proxy.verifyClean();
        }
    }

    /**
     * [P-CON-50] [P-RPC-43] the pool is used up just when the rest of a payload is to be kept: its client is closed, and
     * the frame on the link is brought to its end all the same, so that nobody else suffers.
     */
    @Test
    void shouldBringPayloadToItsEndWhenItsRestCannotBeKept() throws IOException
    {
        SimulatedProxy.Setup setup = new SimulatedProxy.Setup();
        setup.datacenterAgents = 2;
        setup.messageBuffersLength = 3L * 64 * ChunkPool.CHUNK_LENGTH;
        try (SimulatedProxy proxy = new SimulatedProxy(setup))
        {
            proxy.network.capacity(4 << 20);
            DatacenterRecord record = DatacenterRecord.of(proxy);
            proxy.awaitLinks();
            SimulatedClient greedy = proxy.connect(Transport.INTERMEDIATE, 2);
            SimulatedClient good = proxy.connect(Transport.INTERMEDIATE, 2);
            SimulatedClient unlucky = proxy.connect(Transport.INTERMEDIATE, 2);
            for (SimulatedClient client : List.of(greedy, good, unlucky))
            {
                client.send(Payloads.encrypted(1, 64, proxy.random), false);
            }
            proxy.advance(10 * MS);
            greedy.sendRaw(Arrays.copyOf(greedy.peer.frame(new byte[PAYLOAD_LENGTH_MAX], false), 63 * 16_384 - 64));
            proxy.advance(10 * MS);
            for (SimulatedClient client : List.of(good, unlucky))
            {
                client.send(Payloads.encrypted(1, 230_000, proxy.random), false);
            }
            proxy.advance(20 * MS);

            assertEquals(1, proxy.closed(CloseReason.BUFFERS_EXHAUSTED));
            SimulatedClient survivor = good.end.isClosedByEngine() ? unlucky : good;
            assertFalse(survivor.end.isClosedByEngine());
            assertEquals(5, record.requests.size());
            assertEquals(1, record.closedIds.size());
            assertTrue(record.requests.stream().anyMatch(
                request -> Arrays.equals(survivor.sentPayloads.get(1), request.payload())));
            survivor.send(Payloads.encrypted(1, 64, proxy.random), false);
            proxy.advance(10 * MS);
            assertArrayEquals(survivor.sentPayloads.get(2), record.lastRequest().payload());
            assertEquals(1, proxy.datacenters.getFirst().links.size(), "the link has not suffered");
            proxy.verifyClean();
        }
    }

    /** [P-CON-53] many clients with long payloads share a full ring: each goes on in its turn. */
    @Test
    void shouldLetEveryClientGoOnBehindFullRing() throws IOException
    {
        SimulatedProxy.Setup setup = new SimulatedProxy.Setup();
        setup.clientAgents = 2;
        setup.datacenterAgents = 2;
        setup.serverCount = 2;
        setup.linkBufferLength = 500_000;
        try (SimulatedProxy proxy = new SimulatedProxy(setup))
        {
            proxy.network.capacity(300_000);
            DatacenterRecord record = DatacenterRecord.of(proxy);
            record.onRequest = (link, request) -> link.peer.answer(request.extConnectionId(), 0, request.payload());
            proxy.awaitLinks();
            for (int i = 0; i < 20; i++)
            {
                SimulatedClient client = proxy.connect(Transport.PADDED, 2);
                for (int k = 0; k < 4; k++)
                {
                    client.send(Payloads.encrypted(1, 100_000 * (1 + (i + k) % 8), proxy.random), false);
                }
            }
            proxy.advance(2000 * MS);

            for (SimulatedClient client : proxy.clients)
            {
                assertEquals(4, client.peer.packets().size());
                for (int k = 0; k < 4; k++)
                {
                    assertTrue(client.peer.isPayload(client.sentPayloads.get(k), client.peer.packets().get(k)));
                }
            }
            assertTrue(proxy.counter(ProxyCounter.TO_DATACENTER_RING_FULL) > 0);
            proxy.verifyClean();
        }
    }
}
