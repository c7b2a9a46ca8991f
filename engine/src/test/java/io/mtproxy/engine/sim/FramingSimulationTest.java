// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.sim;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mtproxy.engine.client.CloseReason;
import io.mtproxy.engine.status.ProxyCounter;
import io.mtproxy.soak.ClientEvent;
import io.mtproxy.soak.ClientOptions;
import io.mtproxy.soak.DatacenterEvent.ProxyRequest;
import io.mtproxy.soak.Payloads;
import io.mtproxy.soak.Transport;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Frames of a live client connection, through the whole engine: lengths, quick acks, pings, ends. */
final class FramingSimulationTest
{
    private static final long MS = 1_000_000L;
    private static final long SECOND = 1_000_000_000L;

    /** [P-OBF-21] [P-OBF-30] [P-OBF-34] [C-CLT-09] [C-LIM-09] only the offender is closed, and nothing is sent to it. */
    @ParameterizedTest
    @CsvSource({"ABRIDGED,0000000000000000", "ABRIDGED,8000000000000000", "ABRIDGED,7f7e00000000000000",
        "ABRIDGED,7fffffff0000000000", "ABRIDGED,7f01fc030000000000", "ABRIDGED,ff7e00000000000000",
        "INTERMEDIATE,0000000000000000", "INTERMEDIATE,0600000000000000", "INTERMEDIATE,04f00f0000000000",
        "INTERMEDIATE,ffffff7f00000000", "INTERMEDIATE,0000004000000000", "INTERMEDIATE,0000008000000000",
        "PADDED,0000000000000000", "PADDED,0100000000000000", "PADDED,0200000000000000", "PADDED,0300000000000000",
        "PADDED,01f00f0000000000", "PADDED,0000008000000000", "PADDED,0300008000000000"})
    void shouldCloseOnlyConnectionWithMalformedLength(Transport transport, String hex) throws IOException
    {
        try (SimulatedProxy proxy = new SimulatedProxy(new SimulatedProxy.Setup()))
        {
            DatacenterRecord record = DatacenterRecord.of(proxy);
            proxy.awaitLinks();
            SimulatedClient good = proxy.connect(transport, 2);
            good.send(Payloads.encrypted(2, 64, proxy.random), false);
            SimulatedClient bad = proxy.connect(transport, 2);
            byte[] first = Payloads.encrypted(1, 64, proxy.random);
            bad.send(first, false);
            bad.sendRaw(bad.peer.rawPlain(HexFormat.of().parseHex(hex)));
            proxy.advance(10 * MS);

            assertEquals(1, proxy.closed(CloseReason.MALFORMED_FRAME));
            assertTrue(bad.end.isAtEnd());
            assertEquals(0, bad.events().size());
            assertEquals(2, record.requests.size(), "what came before is forwarded");
            assertEquals(1, record.closedIds.size());
            good.send(Payloads.encrypted(2, 64, proxy.random), false);
            proxy.advance(10 * MS);
            assertEquals(3, record.requests.size());
            proxy.verifyClean();
        }
    }

    /** [P-OBF-21] [P-OBF-30] [P-OBF-32] [P-OBF-33] [C-LIM-09] the longest and the shortest good frames. */
    @ParameterizedTest
    @CsvSource({"ABRIDGED,1044480", "ABRIDGED,504", "ABRIDGED,508", "ABRIDGED,56", "INTERMEDIATE,1044480",
        "INTERMEDIATE,56", "PADDED,1044476", "PADDED,56"})
    void shouldForwardFrameOfAnyGoodLength(Transport transport, int length) throws IOException
    {
        try (SimulatedProxy proxy = new SimulatedProxy(new SimulatedProxy.Setup()))
        {
            DatacenterRecord record = DatacenterRecord.of(proxy);
            proxy.awaitLinks();
            SimulatedClient client = proxy.connect(transport, 2);
            client.send(Payloads.encrypted(1, length, proxy.random), false);
            proxy.advance(50 * MS);

            assertEquals(1, record.requests.size());
            assertArrayEquals(client.sentPayloads.getFirst(), record.lastRequest().payload());
            proxy.verifyClean();
        }
    }

    /** [P-OBF-33] padding is cut to whole words; whole words of it are payload to us. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4, 7, 15})
    void shouldForwardWholeWordsOfPadding(int paddingLength) throws IOException
    {
        try (SimulatedProxy proxy = new SimulatedProxy(new SimulatedProxy.Setup()))
        {
            DatacenterRecord record = DatacenterRecord.of(proxy);
            proxy.awaitLinks();
            SimulatedClient client = proxy.connect(Transport.PADDED, 2);
            byte[] payload = Payloads.encrypted(1, 64, proxy.random);
            client.sendRaw(client.peer.frame(payload, false, new byte[paddingLength]));
            client.sendRaw(client.peer.frame(payload, false, new byte[0]));
            proxy.advance(10 * MS);

            assertArrayEquals(Arrays.copyOf(payload, 64 + (paddingLength & ~3)), record.requests.getFirst().payload());
            assertArrayEquals(payload, record.lastRequest().payload());
            proxy.verifyClean();
        }
    }

    /** [P-OBF-22] */
    @ParameterizedTest
    @EnumSource(names = {"ABRIDGED", "INTERMEDIATE", "PADDED"})
    void shouldHandleManyFramesOfOneSegmentInOrder(Transport transport) throws IOException
    {
        try (SimulatedProxy proxy = new SimulatedProxy(new SimulatedProxy.Setup()))
        {
            proxy.network.capacity(1 << 20);
            DatacenterRecord record = DatacenterRecord.of(proxy);
            proxy.awaitLinks();
            SimulatedClient client = proxy.connect(transport, 2);
            ByteArrayOutputStream segment = new ByteArrayOutputStream();
            List<byte[]> payloads = new ArrayList<>();
            for (int i = 0; i < 500; i++)
            {
                byte[] payload = Payloads.encrypted(1, 56 + 4 * (i % 50), proxy.random);
                payloads.add(payload);
                segment.write(client.peer.frame(payload, i % 3 == 0));
            }
            client.sendRaw(segment.toByteArray());
            proxy.advance(10 * MS);

            assertEquals(500, record.requests.size());
            for (int i = 0; i < 500; i++)
            {
                assertArrayEquals(payloads.get(i), record.requests.get(i).payload());
                assertEquals(i % 3 == 0, record.requests.get(i).isQuickAckWanted());
            }
            proxy.verifyClean();
        }
    }

    /** [P-OBF-40] [P-OBF-41] [P-OBF-42] [P-RPC-66] bit 31 of the value travels as it is. */
    @ParameterizedTest
    @EnumSource(names = {"ABRIDGED", "INTERMEDIATE", "PADDED"})
    void shouldBringQuickAcksInEveryForm(Transport transport) throws IOException
    {
        try (SimulatedProxy proxy = new SimulatedProxy(new SimulatedProxy.Setup()))
        {
            DatacenterRecord record = DatacenterRecord.of(proxy);
            List<Integer> confirms = new ArrayList<>();
            record.onRequest = (link, request) ->
            {
                assertTrue(request.isQuickAckWanted());
                int confirm = proxy.random.nextInt() | 0x8000_0000;
                confirms.add(confirm);
                link.peer.simpleAck(request.extConnectionId(), confirm);
                link.peer.answer(request.extConnectionId(), 0, new byte[]{1, 2, 3, 4, 5, 6, 7, 8});
            };
            proxy.awaitLinks();
            SimulatedClient client = proxy.connect(transport, 2);
            for (int i = 0; i < 60; i++)
            {
                client.send(Payloads.encrypted(1, 64, proxy.random), true);
                proxy.advance(2 * MS);
            }
            proxy.advance(5 * MS);

            assertEquals(confirms, client.peer.quickAcks());
            assertEquals(60, client.peer.packets().size());
            Set<ClientEvent.QuickAck.Form> forms = new HashSet<>();
            client.events().forEach(event ->
            {
                if (event instanceof ClientEvent.QuickAck ack)
                {
                    forms.add(ack.form());
                }
            });
            assertEquals(transport == Transport.PADDED ? 2 : 1, forms.size());
            assertEquals(60, proxy.counter(ProxyCounter.SIMPLE_ACKS_TO_CLIENT));
            assertEquals(60, proxy.counter(ProxyCounter.ANSWERS_TO_CLIENT));
            proxy.verifyClean();
        }
    }

    /** [P-OBF-31] [P-OBF-32] [P-OBF-35] [P-RPC-62] answers at the edges of both length forms, with all paddings. */
    @ParameterizedTest
    @EnumSource(names = {"ABRIDGED", "INTERMEDIATE", "PADDED"})
    void shouldFrameAnswersOfEveryLength(Transport transport) throws IOException
    {
        try (SimulatedProxy proxy = new SimulatedProxy(new SimulatedProxy.Setup()))
        {
            DatacenterRecord record = DatacenterRecord.of(proxy);
            proxy.awaitLinks();
            SimulatedClient client = proxy.connect(transport, 2);
            client.send(Payloads.encrypted(1, 64, proxy.random), false);
            proxy.advance(5 * MS);
            List<byte[]> answers = new ArrayList<>();
            for (int length : new int[]{0, 4, 8, 500, 504, 508, 512, 16_364, 16_368, 16_384, 16_388, 32_768, 100_000})
            {
                byte[] answer = new byte[length];
                proxy.random.nextBytes(answer);
                answers.add(answer);
                record.answer(answer);
            }
            Set<Integer> paddings = new HashSet<>();
            for (int i = 0; i < 60; i++)
            {
                byte[] answer = new byte[64];
                answers.add(answer);
                record.answer(answer);
            }
            proxy.advance(50 * MS);

            List<byte[]> packets = client.peer.packets();
            assertEquals(answers.size(), packets.size());
            for (int i = 0; i < answers.size(); i++)
            {
                assertTrue(client.peer.isPayload(answers.get(i), packets.get(i)), "answer " + i);
                paddings.add(packets.get(i).length - answers.get(i).length);
            }
            assertEquals(transport == Transport.PADDED ? Set.of(0, 1, 2, 3) : Set.of(0), paddings);
            assertEquals(0, client.peer.incompleteLength());
            proxy.verifyClean();
        }
    }

    /** [P-OBF-50] [C-CLT-10] answered here, in the connection's framing; never forwarded, no counter of the C program moves. */
    @ParameterizedTest
    @EnumSource(names = {"ABRIDGED", "INTERMEDIATE", "PADDED"})
    void shouldAnswerPing(Transport transport) throws IOException
    {
        try (SimulatedProxy proxy = new SimulatedProxy(new SimulatedProxy.Setup()))
        {
            proxy.awaitLinks();
            ClientOptions options = new ClientOptions(transport, SimulatedProxy.clientSecret(0), 2, 3, 1);
            SimulatedClient client = proxy.connect(options);
            client.sendRaw(client.peer.frame(Payloads.rpcPing(0x0123_4567_89ab_cdefL), true));
            byte[] pingTooLong = Arrays.copyOf(Payloads.rpcPing(1), 64);
            client.sendRaw(client.peer.frame(pingTooLong, false));
            client.sendRaw(client.peer.frame(Arrays.copyOf(pingTooLong, 8), false));
            client.sendRaw(client.peer.frame(Arrays.copyOf(pingTooLong, 4), false));
            client.sendRaw(client.peer.frame(Arrays.copyOf(pingTooLong, 20_000), false));
            proxy.advance(10 * MS);

            assertEquals(1, client.peer.packets().size());
            assertTrue(client.peer.isPayload(Payloads.rpcPong(0x0123_4567_89ab_cdefL),
                client.peer.packets().getFirst()));
            assertEquals(0, proxy.counter(ProxyCounter.FRAMES_TO_DATACENTER));
            assertEquals(0, proxy.counter(ProxyCounter.FRAMES_DROPPED_NO_TARGET));
            assertEquals(0, proxy.counter(ProxyCounter.EXT_CONNECTIONS_CREATED));
            assertEquals(0, proxy.counter(ProxyCounter.ANSWERS_TO_CLIENT));
            assertFalse(client.end.isClosedByEngine());
            proxy.verifyClean();
        }
    }

    /** [P-OBF-50] without a target as well, and it does not condemn the connection. [P-PAY-05] */
    @Test
    void shouldAnswerPingWithoutTarget() throws IOException
    {
        try (SimulatedProxy proxy = new SimulatedProxy(new SimulatedProxy.Setup()))
        {
            proxy.network.unserve(SimulatedProxy.address(0));
            SimulatedClient client = proxy.connect(Transport.PADDED, 2);
            client.sendRaw(client.peer.frame(Payloads.rpcPing(3), false));
            client.sendRaw(client.peer.frame(Arrays.copyOf(Payloads.rpcPing(3), 64), false));
            proxy.advance(10 * MS);

            assertEquals(1, client.peer.packets().size());
            assertEquals(0, proxy.counter(ProxyCounter.FRAMES_DROPPED_NO_TARGET));
            proxy.verifyClean();
        }
    }

    /** [P-OBF-50] a pong does not fall into the middle of an answer in parts, and what follows the ping is in order. */
    @ParameterizedTest
    @EnumSource(names = {"ABRIDGED", "INTERMEDIATE", "PADDED"})
    void shouldSendPongAfterAnswerThatIsBeingStreamed(Transport transport) throws IOException
    {
        try (SimulatedProxy proxy = new SimulatedProxy(new SimulatedProxy.Setup()))
        {
            proxy.network.capacity(1 << 20);
            DatacenterRecord record = DatacenterRecord.of(proxy);
            proxy.awaitLinks();
            SimulatedClient client = proxy.connect(transport, 2);
            client.send(Payloads.encrypted(1, 64, proxy.random), false);
            proxy.advance(5 * MS);
            byte[] answer = new byte[300_000];
            proxy.random.nextBytes(answer);
            SimulatedDatacenter.Link link = record.lastLink();
            link.isWritingPaused = true;
            record.answer(answer);
            byte[] wire = link.peer.takeOutput();
            link.end.write(Arrays.copyOf(wire, 100_000));
            proxy.advance(5 * MS);
            client.sendRaw(client.peer.frame(Payloads.rpcPing(7), false));
            client.send(Payloads.encrypted(1, 68, proxy.random), false);
            client.sendRaw(client.peer.frame(Payloads.rpcPing(8), false));
            client.send(Payloads.encrypted(1, 72, proxy.random), false);
            proxy.advance(20 * MS);
            assertEquals(0, client.peer.packets().size(), "half an answer is no packet");
            link.end.write(Arrays.copyOfRange(wire, 100_000, wire.length));
            link.isWritingPaused = false;
            proxy.advance(20 * MS);

            List<byte[]> packets = client.peer.packets();
            assertEquals(3, packets.size());
            assertTrue(client.peer.isPayload(answer, packets.get(0)));
            assertTrue(client.peer.isPayload(Payloads.rpcPong(7), packets.get(1)));
            assertTrue(client.peer.isPayload(Payloads.rpcPong(8), packets.get(2)));
            assertEquals(List.of(64, 68, 72), record.requests.stream().map(r -> r.payload().length).toList());
            proxy.verifyClean();
        }
    }

    /** [P-OBF-51] what is complete before the end is forwarded, then the middle proxy is told. [P-RPC-43] [C-CLT-06] */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void shouldForwardCompleteFramesBeforeEnd(boolean isBound) throws IOException
    {
        try (SimulatedProxy proxy = new SimulatedProxy(new SimulatedProxy.Setup()))
        {
            DatacenterRecord record = DatacenterRecord.of(proxy);
            proxy.awaitLinks();
            SimulatedClient client = proxy.connect(Transport.PADDED, 2);
            if (isBound)
            {
                client.send(Payloads.encrypted(1, 64, proxy.random), false);
                proxy.advance(5 * MS);
            }
            for (int i = 0; i < 5; i++)
            {
                client.send(Payloads.encrypted(1, 64, proxy.random), false);
            }
            byte[] half = client.peer.frame(Payloads.encrypted(1, 400, proxy.random), false);
            client.sendRaw(Arrays.copyOf(half, 200));
            client.pump();
            client.end.end();
            proxy.advance(10 * MS);

            assertEquals(client.sentPayloads.size(), record.requests.size());
            assertEquals(List.of(record.lastRequest().extConnectionId()), record.closedIds);
            assertEquals(1, proxy.closed(CloseReason.PEER_END));
            assertTrue(client.end.isAtEnd());
            assertEquals(0, proxy.counter(ProxyCounter.EXT_CONNECTIONS));
            proxy.verifyClean();
        }
    }

    /** [P-OBF-51] without a binding there is nobody to be told. [P-RPC-43] */
    @Test
    void shouldTellNobodyOfEndWithoutBinding() throws IOException
    {
        try (SimulatedProxy proxy = new SimulatedProxy(new SimulatedProxy.Setup()))
        {
            DatacenterRecord record = DatacenterRecord.of(proxy);
            proxy.awaitLinks();
            SimulatedClient client = proxy.connect(Transport.PADDED, 2);
            client.sendRaw(client.peer.frame(new byte[20], false));
            proxy.advance(5 * MS);
            client.end.end();
            proxy.advance(5 * MS);

            assertEquals(0, record.closedIds.size());
            assertEquals(1, proxy.closed(CloseReason.PEER_END));
            proxy.verifyClean();
        }
    }

    /** [P-OBF-52] [C-CLT-12] [C-LIM-22] */
    @Test
    void shouldKeepIdleClientForHours() throws IOException
    {
        try (SimulatedProxy proxy = new SimulatedProxy(new SimulatedProxy.Setup()))
        {
            DatacenterRecord record = DatacenterRecord.of(proxy);
            proxy.awaitLinks();
            SimulatedClient client = proxy.connect(Transport.PADDED, 2);
            client.send(Payloads.encrypted(1, 64, proxy.random), false);
            proxy.advance(5 * MS);
            proxy.advance(12 * 3600 * SECOND);

            assertEquals(0, client.events().size(), "no keep-alive packets");
            assertEquals(1, record.requests.size());
            record.answer(new byte[64]);
            client.send(Payloads.encrypted(1, 64, proxy.random), false);
            proxy.advance(20_000 * MS);
            assertEquals(1, client.peer.packets().size());
            assertEquals(2, record.requests.size());
            proxy.verifyClean();
        }
    }

    /** [P-RPC-41] [P-OBF-40] flags as the C program sets them, for each kind of packet. */
    @ParameterizedTest
    @CsvSource({"ABRIDGED,1073876992", "INTERMEDIATE,537006080", "PADDED,537006080"})
    void shouldSetFlagsOfEachPacket(Transport transport, int flags) throws IOException
    {
        try (SimulatedProxy proxy = new SimulatedProxy(new SimulatedProxy.Setup()))
        {
            DatacenterRecord record = DatacenterRecord.of(proxy);
            proxy.awaitLinks();
            SimulatedClient client = proxy.connect(transport, 2);
            client.send(Payloads.reqPqMulti(proxy.random), false);
            client.send(Payloads.encrypted(1, 64, proxy.random), true);
            client.send(Payloads.encrypted(1, 64, proxy.random), false);
            client.send(Payloads.reqPqMulti(proxy.random), true);
            proxy.advance(10 * MS);

            assertEquals(List.of(flags | ProxyRequest.FLAG_PLAIN, flags | ProxyRequest.FLAG_QUICK_ACK, flags,
                flags | ProxyRequest.FLAG_PLAIN | ProxyRequest.FLAG_QUICK_ACK),
                record.requests.stream().map(ProxyRequest::flags).toList());
            proxy.verifyClean();
        }
    }
}
