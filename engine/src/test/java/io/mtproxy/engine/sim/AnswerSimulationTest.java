// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.sim;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mtproxy.engine.client.CloseReason;
import io.mtproxy.engine.status.ProxyCounter;
import io.mtproxy.soak.Payloads;
import io.mtproxy.soak.Transport;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a middle proxy sends for clients: answers of every size, and that they are to be closed. */
final class AnswerSimulationTest
{
    private static final long MS = 1_000_000L;
    private static final int ANSWER_LENGTH_MAX = 16 << 20;

    private static SimulatedClient bind(SimulatedProxy proxy, Transport transport)
    {
        SimulatedClient client = proxy.connect(transport, 2);
        client.send(Payloads.encrypted(1, 64, proxy.random), false);
        proxy.advance(5 * MS);
        return client;
    }

    /** [P-RPC-62] nothing, an MTProto error, then an ordinary answer. */
    @ParameterizedTest
    @EnumSource(names = {"ABRIDGED", "INTERMEDIATE", "PADDED"})
    void shouldPassEmptyAnswerAndTransportError(Transport transport) throws IOException
    {
        try (SimulatedProxy proxy = new SimulatedProxy(new SimulatedProxy.Setup()))
        {
            DatacenterRecord record = DatacenterRecord.of(proxy);
            proxy.awaitLinks();
            SimulatedClient client = bind(proxy, transport);
            byte[] error = {(byte)0x6c, (byte)0xfe, (byte)0xff, (byte)0xff};
            long id = record.lastRequest().extConnectionId();
            record.answer(new byte[0]);
            record.lastLink().peer.answer(id, 0x10, error);
            record.lastLink().peer.answer(id, 0x8, new byte[64]);
            proxy.advance(5 * MS);

            List<byte[]> packets = client.peer.packets();
            assertEquals(3, packets.size());
            assertTrue(client.peer.isPayload(new byte[0], packets.get(0)));
            assertTrue(client.peer.isPayload(error, packets.get(1)));
            assertTrue(client.peer.isPayload(new byte[64], packets.get(2)));
            assertEquals(3, proxy.counter(ProxyCounter.ANSWERS_TO_CLIENT));
            proxy.verifyClean();
        }
    }

    /** [P-RPC-62] the longest answer that a frame can hold is streamed in little memory. */
    @ParameterizedTest
    @EnumSource(names = {"ABRIDGED", "INTERMEDIATE", "PADDED"})
    void shouldStreamAnswerOf16MiB(Transport transport) throws IOException
    {
        try (SimulatedProxy proxy = new SimulatedProxy(new SimulatedProxy.Setup()))
        {
            proxy.network.capacity(1 << 20);
            DatacenterRecord record = DatacenterRecord.of(proxy);
            proxy.awaitLinks();
            SimulatedClient client = bind(proxy, transport);
            byte[] answer = new byte[ANSWER_LENGTH_MAX];
            proxy.random.nextBytes(answer);
            record.answer(answer);
            record.answer(new byte[4]);
            proxy.advance(200 * MS);

            assertEquals(2, client.peer.packets().size());
            assertTrue(client.peer.isPayload(answer, client.peer.packets().getFirst()));
            proxy.advance(1100 * MS);
            assertTrue(proxy.counter(ProxyCounter.BUFFERS_USED_PEAK) < 400, "chunks " + proxy.counter(
                ProxyCounter.BUFFERS_USED_PEAK));
            proxy.verifyClean();
        }
    }

    /** [P-RPC-62] [P-CON-22] a link lost in the middle of a streamed answer closes its client, and nobody else. */
    @Test
    void shouldCloseClientWhenAnswerBreaksOffInTheMiddle() throws IOException
    {
        SimulatedProxy.Setup setup = new SimulatedProxy.Setup();
        setup.minConnections = 2;
        try (SimulatedProxy proxy = new SimulatedProxy(setup))
        {
            proxy.network.capacity(1 << 20);
            DatacenterRecord record = DatacenterRecord.of(proxy);
            proxy.awaitLinks();
            SimulatedClient client = bind(proxy, Transport.PADDED);
            SimulatedDatacenter.Link link = record.lastLink();
            link.isWritingPaused = true;
            record.answer(new byte[300_000]);
            link.end.write(java.util.Arrays.copyOf(link.peer.takeOutput(), 150_000));
            proxy.advance(5 * MS);
            link.reset();
            proxy.advance(5 * MS);

            assertTrue(client.end.isAtEnd());
            assertEquals(0, client.peer.packets().size());
            assertEquals(1, proxy.closed(CloseReason.LINK_LOST));
            proxy.verifyClean();
        }
    }

    /** [P-RPC-67] what was queued before is flushed, nothing is sent back. [C-CLT-06] */
    @ParameterizedTest
    @EnumSource(names = {"ABRIDGED", "INTERMEDIATE", "PADDED"})
    void shouldFlushThenCloseOnCloseExternal(Transport transport) throws IOException
    {
        try (SimulatedProxy proxy = new SimulatedProxy(new SimulatedProxy.Setup()))
        {
            proxy.network.capacity(1 << 20);
            DatacenterRecord record = DatacenterRecord.of(proxy);
            proxy.awaitLinks();
            SimulatedClient client = bind(proxy, transport);
            record.answer(new byte[64]);
            record.answer(new byte[500_000]);
            record.lastLink().peer.simpleAck(record.lastRequest().extConnectionId(), 0x8000_0001);
            record.lastLink().peer.closeExternal(record.lastRequest().extConnectionId());
            proxy.advance(10 * MS);

            assertEquals(2, client.peer.packets().size());
            assertEquals(1, client.peer.quickAcks().size());
            assertEquals(0, client.peer.incompleteLength());
            assertTrue(client.end.isAtEnd());
            assertEquals(1, proxy.closed(CloseReason.CLOSE_EXT));
            assertEquals(0, proxy.counter(ProxyCounter.EXT_CONNECTIONS));
            assertEquals(0, record.closedIds.size());
            proxy.verifyClean();
        }
    }

    /** [P-RPC-67] a slow reader gets all of it, however long, as long as it is quicker than the flush timeout. */
    @Test
    void shouldFlushToSlowReader() throws IOException
    {
        try (SimulatedProxy proxy = new SimulatedProxy(new SimulatedProxy.Setup()))
        {
            proxy.network.capacity(1 << 20);
            DatacenterRecord record = DatacenterRecord.of(proxy);
            proxy.awaitLinks();
            proxy.network.capacity(8192);
            SimulatedClient client = bind(proxy, Transport.PADDED);
            client.isReadingPaused = true;
            byte[] answer = new byte[400_000];
            proxy.random.nextBytes(answer);
            record.answer(answer);
            record.lastLink().peer.closeExternal(record.lastRequest().extConnectionId());
            proxy.advance(100 * MS);
            assertEquals(0, proxy.counter(ProxyCounter.EXT_CONNECTIONS), "the binding is gone at once");
            for (int i = 0; i < 80; i++)
            {
                assertTrue(i >= 45 || !client.end.isClosedByEngine(), "round " + i);
                // what it says meanwhile is not heard
                client.sendRaw(client.peer.frame(Payloads.encrypted(1, 64, proxy.random), false));
                proxy.advance(100 * MS);
                client.isReadingPaused = false;
                client.pump();
                client.isReadingPaused = true;
            }

            assertEquals(1, client.peer.packets().size());
            assertTrue(client.peer.isPayload(answer, client.peer.packets().getFirst()));
            assertTrue(client.end.isAtEnd());
            assertEquals(1, proxy.closed(CloseReason.CLOSE_EXT));
            assertEquals(1, record.requests.size());
            proxy.verifyClean();
        }
    }

    /** [P-RPC-67] one that reads nothing is closed when the flush timeout is over. */
    @Test
    void shouldBoundFlushByTime() throws IOException
    {
        try (SimulatedProxy proxy = new SimulatedProxy(new SimulatedProxy.Setup()))
        {
            DatacenterRecord record = DatacenterRecord.of(proxy);
            proxy.awaitLinks();
            proxy.network.capacity(8192);
            SimulatedClient client = bind(proxy, Transport.PADDED);
            client.isReadingPaused = true;
            record.answer(new byte[100_000]);
            record.lastLink().peer.closeExternal(record.lastRequest().extConnectionId());
            proxy.advance(9900 * MS);
            assertFalse(client.end.isClosedByEngine());
            proxy.advance(300 * MS);

            assertTrue(client.end.isClosedByEngine());
            assertEquals(1, proxy.closed(CloseReason.CLOSE_EXT));
            proxy.verifyClean();
        }
    }

    /** [P-RPC-67] one that goes while it is being flushed is counted once, as what it did. */
    @Test
    void shouldTakeEndOfClientWhileFlushing() throws IOException
    {
        try (SimulatedProxy proxy = new SimulatedProxy(new SimulatedProxy.Setup()))
        {
            DatacenterRecord record = DatacenterRecord.of(proxy);
            proxy.awaitLinks();
            proxy.network.capacity(8192);
            for (int i = 0; i < 2; i++)
            {
                SimulatedClient client = bind(proxy, Transport.PADDED);
                client.isReadingPaused = true;
                record.answer(new byte[100_000]);
                record.lastLink().peer.closeExternal(record.lastRequest().extConnectionId());
                proxy.advance(10 * MS);
                if (i == 0)
                {
                    client.end.end();
                }
                else
                {
                    client.end.reset();
                }
                proxy.advance(10 * MS);
                assertTrue(client.end.isClosedByEngine());
            }
            assertEquals(1, proxy.closed(CloseReason.PEER_END));
            assertEquals(1, proxy.closed(CloseReason.PEER_RESET));
            assertEquals(0, record.closedIds.size(), "[P-RPC-43] not after RPC_CLOSE_EXT");
            proxy.verifyClean();
        }
    }

    /** [P-RPC-67] the owner is not checked, an unknown id is ignored. */
    @Test
    void shouldTakeCloseExternalFromAnyLink() throws IOException
    {
        SimulatedProxy.Setup setup = new SimulatedProxy.Setup();
        setup.minConnections = 2;
        try (SimulatedProxy proxy = new SimulatedProxy(setup))
        {
            DatacenterRecord record = DatacenterRecord.of(proxy);
            proxy.awaitLinks();
            SimulatedClient client = bind(proxy, Transport.PADDED);
            SimulatedDatacenter.Link other = proxy.datacenters.getFirst().readyLinks().stream()
                .filter(link -> link != record.lastLink()).findFirst().orElseThrow();
            other.peer.closeExternal(record.lastRequest().extConnectionId() + (1L << 40));
            proxy.advance(5 * MS);
            assertFalse(client.end.isClosedByEngine());
            other.peer.closeExternal(record.lastRequest().extConnectionId());
            proxy.advance(5 * MS);

            assertTrue(client.end.isAtEnd());
            assertEquals(1, proxy.closed(CloseReason.CLOSE_EXT));
            assertEquals(0, record.closedIds.size());
            assertEquals(2, proxy.datacenters.getFirst().readyLinks().size());
            proxy.verifyClean();
        }
    }

    /** [P-RPC-67] from another link in the middle of a streamed answer: what follows of the answer goes nowhere. */
    @Test
    void shouldCloseInTheMiddleOfStreamedAnswer() throws IOException
    {
        SimulatedProxy.Setup setup = new SimulatedProxy.Setup();
        setup.minConnections = 2;
        try (SimulatedProxy proxy = new SimulatedProxy(setup))
        {
            proxy.network.capacity(1 << 20);
            DatacenterRecord record = DatacenterRecord.of(proxy);
            proxy.awaitLinks();
            SimulatedClient client = bind(proxy, Transport.PADDED);
            SimulatedDatacenter.Link link = record.lastLink();
            SimulatedDatacenter.Link other = proxy.datacenters.getFirst().readyLinks().stream()
                .filter(one -> one != link).findFirst().orElseThrow();
            link.isWritingPaused = true;
            record.answer(new byte[300_000]);
            byte[] wire = link.peer.takeOutput();
            link.end.write(java.util.Arrays.copyOf(wire, 150_000));
            proxy.advance(5 * MS);
            other.peer.closeExternal(record.lastRequest().extConnectionId());
            proxy.advance(5 * MS);
            assertTrue(client.end.isClosedByEngine());
            link.end.write(java.util.Arrays.copyOfRange(wire, 150_000, wire.length));
            link.isWritingPaused = false;
            proxy.advance(5 * MS);

            SimulatedClient next = proxy.connect(Transport.PADDED, 2);
            next.send(Payloads.encrypted(1, 64, proxy.random), false);
            proxy.advance(5 * MS);
            record.answer(new byte[64]);
            proxy.advance(5 * MS);
            assertEquals(1, next.peer.packets().size());
            assertEquals(2, proxy.datacenters.getFirst().readyLinks().size());
            proxy.verifyClean();
        }
    }

    /** [P-RPC-43] (a) by the proxy's decision as well. */
    @Test
    void shouldTellMiddleProxyOfMalformedClient() throws IOException
    {
        try (SimulatedProxy proxy = new SimulatedProxy(new SimulatedProxy.Setup()))
        {
            DatacenterRecord record = DatacenterRecord.of(proxy);
            proxy.awaitLinks();
            SimulatedClient client = bind(proxy, Transport.ABRIDGED);
            client.sendRaw(client.peer.rawPlain(new byte[4]));
            proxy.advance(10 * MS);

            assertEquals(List.of(record.lastRequest().extConnectionId()), record.closedIds);
            assertEquals(1, proxy.counter(ProxyCounter.CLOSE_CONN_SENT));
            proxy.verifyClean();
        }
    }

    /** [P-OBF-13] both streams run on for the life of the connection, whatever the sizes. */
    @Test
    void shouldKeepStreamsInStepOverManyExchanges() throws IOException
    {
        try (SimulatedProxy proxy = new SimulatedProxy(new SimulatedProxy.Setup()))
        {
            DatacenterRecord record = DatacenterRecord.of(proxy);
            record.onRequest = (link, request) ->
            {
                link.peer.answer(request.extConnectionId(), 0, request.payload());
            };
            proxy.awaitLinks();
            SimulatedClient client = proxy.connect(Transport.PADDED, 2);
            for (int i = 0; i < 200; i++)
            {
                client.send(Payloads.encrypted(1, 56 + 4 * proxy.random.nextInt(5000), proxy.random), false);
                proxy.advance(3 * MS);
            }
            proxy.advance(10 * MS);

            assertEquals(200, client.peer.packets().size());
            for (int i = 0; i < 200; i++)
            {
                assertArrayEquals(client.sentPayloads.get(i), record.requests.get(i).payload());
                assertTrue(client.peer.isPayload(client.sentPayloads.get(i), client.peer.packets().get(i)));
            }
            proxy.verifyClean();
        }
    }
}
