// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.datacenter;

import static io.mtproxy.engine.datacenter.DatacenterBench.SERVER_V6;
import static io.mtproxy.engine.datacenter.DatacenterBench.id;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mtproxy.engine.LeastAllocation;
import io.mtproxy.engine.config.ProxySecretFile;
import io.mtproxy.engine.datacenter.DatacenterBench.Message;
import io.mtproxy.engine.relay.RelayRing;
import io.mtproxy.engine.relay.ToClientMessage;
import io.mtproxy.engine.relay.ToClientMessage.ClosedCause;
import io.mtproxy.engine.status.ProxyCounter;
import io.mtproxy.soak.DatacenterEvent;
import io.mtproxy.soak.DatacenterPeer;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LinkFramesTest
{
    private static final int PART = RelayRing.PART_LENGTH_MAX;

    // From clients

    @Test
    void shouldBindByTheFirstRequestAndKeepToThatLink() // [P-CON-20] [P-CON-41] [P-RPC-40]
    {
        try (DatacenterBench bench = new DatacenterBench())
        {
            bench.addReadyServer(4, 8);
            long id = id(0, 5, 3);
            byte[] first = bench.request(id, 0, true, 64);
            bench.settle();
            int at = bench.positionOf(id);
            Message bound = bench.takeMessages(0).getFirst();
            assertEquals(ToClientMessage.BOUND, bound.type());
            assertEquals(id, bound.id());
            assertEquals(at, bound.value());
            assertEquals(1, bench.counter(ProxyCounter.EXT_CONNECTIONS));
            assertEquals(1, bench.counter(ProxyCounter.EXT_CONNECTIONS_CREATED));

            for (int i = 0; i < 20; i++)
            {
                bench.request(id, 0, false, 60 + 4 * i);
            }
            bench.settle();
            assertEquals(21, bench.peer(at).requests().size());
            assertArrayEquals(Arrays.copyOfRange(first, 56, first.length), bench.peer(at).requests().getFirst()
                .payload());
            assertEquals(21, bench.counter(ProxyCounter.FRAMES_TO_DATACENTER));
            assertEquals(List.of(), bench.takeMessages(0));

            bench.clientClose(id);
            bench.settle();
            assertEquals(new DatacenterEvent.CloseConnection(id), bench.events(at).getLast());
            assertEquals(0, bench.counter(ProxyCounter.EXT_CONNECTIONS));
            assertEquals(1, bench.counter(ProxyCounter.CLOSE_CONN_SENT));
            bench.assertNoViolations();
        }
    }

    @Test
    void shouldWriteOnceATurnForManyClients() // [P-RPC-07]
    {
        try (DatacenterBench bench = new DatacenterBench())
        {
            bench.addReadyServer(1, 1);
            int before = bench.socket(0).writeCount;
            for (int i = 0; i < 100; i++)
            {
                bench.request(id(0, i, 1), 0, true, 64);
            }
            bench.turn();
            assertEquals(before + 1, bench.socket(0).writeCount);
            byte[] sent = bench.socket(0).takeSent();
            assertEquals(0, sent.length % 16);
            assertTrue(sent.length - 100 * (12 + 56 + 64) <= 12, "padded once");
            bench.peer(0).receive(sent);
            assertEquals(100, bench.peer(0).requests().size());
            bench.assertNoViolations();
        }
    }

    @Test
    void shouldRefuseWhenNoLinkIsReady() // [P-PAY-05] [P-CON-21]
    {
        try (DatacenterBench bench = new DatacenterBench())
        {
            bench.isPeerActive = false;
            bench.addServer(DatacenterBench.SERVER_V4, 2, 2);
            bench.settle();
            bench.request(id(0, 1, 1), 0, true, 3 * PART);
            bench.request(id(0, 2, 1), 7, true, 64);
            bench.settle();
            List<Message> messages = bench.takeMessages(0);
            assertEquals(List.of(ToClientMessage.REFUSED, ToClientMessage.REFUSED),
                messages.stream().map(Message::type).toList());
            assertEquals(List.of(id(0, 1, 1), id(0, 2, 1)), messages.stream().map(Message::id).toList());
            assertEquals(2, bench.counter(ProxyCounter.FRAMES_DROPPED_NO_TARGET));
            assertEquals(0, bench.counter(ProxyCounter.EXT_CONNECTIONS));
            assertEquals(0, bench.counter(ProxyCounter.FRAMES_TO_DATACENTER));
        }
    }

    @Test
    void shouldRefuseWhatTheTableHasNoRoomFor() // [C-LIM-12] [P-CON-41]
    {
        DatacenterSettings base = DatacenterBench.settings();
        DatacenterSettings settings = new DatacenterSettings(base.secret(), base.natTranslation(), base.sender(), null,
            base.linkBufferLength(), base.drainTimeoutNs(), 3);
        try (DatacenterBench bench = new DatacenterBench(1, settings))
        {
            bench.addReadyServer(1, 1);
            for (int i = 0; i < 4; i++)
            {
                bench.request(id(0, i, 1), 0, true, i == 3 ? 3 * PART : 64);
            }
            bench.settle();
            List<Message> messages = bench.takeMessages(0);
            assertEquals(4, messages.size());
            assertEquals(ToClientMessage.CLOSED, messages.getLast().type());
            assertEquals(ClosedCause.TABLE_FULL.ordinal(), messages.getLast().flags());
            bench.clientClose(id(0, 0, 1));
            bench.request(id(0, 3, 2), 0, true, 64);
            bench.settle();
            assertEquals(ToClientMessage.BOUND, bench.takeMessages(0).getFirst().type());
            assertEquals(2_097_152, DatacenterSettings.BINDING_COUNT_MAX_PROCESS);
            bench.assertNoViolations();
        }
    }

    @Test
    void shouldIgnoreWhatComesForConnectionsThatAreNotBound() // [P-CON-22] [P-CON-41]
    {
        try (DatacenterBench bench = new DatacenterBench())
        {
            bench.addReadyServer(1, 1);
            long id = bench.bind(1, 0);
            bench.request(id(0, 1, 2), 0, false, 2 * PART);
            bench.request(id(0, 90_000, 1), 0, false, 64);
            bench.clientClose(id(0, 1, 2));
            bench.clientClose(id(0, 3, 1));
            bench.settle();
            assertEquals(1, bench.peer(0).requests().size());
            assertEquals(0, bench.counter(ProxyCounter.CLOSE_CONN_SENT));
            assertEquals(1, bench.counter(ProxyCounter.EXT_CONNECTIONS));
            bench.request(id, 0, false, 64);
            bench.settle();
            assertEquals(2, bench.peer(0).requests().size());
            bench.assertNoViolations();
        }
    }

    @Test
    void shouldSendRequestsInPartsAsOneFrame() // [P-RPC-01] [P-RPC-06] [P-RPC-40]
    {
        try (DatacenterBench bench = new DatacenterBench())
        {
            bench.addReadyServer(1, 1);
            long id = bench.bind(1, 0);
            for (int length : new int[]{PART - 56, PART - 52, PART, 2 * PART - 56, 2 * PART - 52, 7 * PART + 100})
            {
                byte[] sent = bench.request(id, 0, false, length);
                bench.request(id, 0, false, 4);
                bench.settle();
                List<DatacenterEvent.ProxyRequest> requests = bench.peer(0).requests();
                assertArrayEquals(Arrays.copyOfRange(sent, 56, sent.length), requests.get(requests.size() - 2)
                    .payload());
                assertEquals(4, requests.getLast().payload().length);
            }
            bench.assertNoViolations();
        }
    }

    @Test
    void shouldLetOneRingAtATimeUseALink() // [P-RPC-40]
    {
        try (DatacenterBench bench = new DatacenterBench(2, DatacenterBench.settings()))
        {
            bench.addReadyServer(1, 1);
            long one = id(0, 1, 1);
            long two = id(1, 1, 1);
            bench.request(one, 0, true, 64);
            bench.request(two, 0, true, 64);
            bench.settle();
            bench.takeMessages(0);
            bench.takeMessages(1);

            byte[] long1 = bench.proxyRequest(one, 3 * PART);
            assertTrue(bench.requestPart(one, 0, false, long1, 0));
            bench.settle();
            // The other ring competes in every way: with a request, a close, and a new client.
            bench.request(two, 0, false, 2 * PART);
            bench.request(id(1, 2, 1), 0, true, 64);
            bench.clientClose(two);
            bench.settle();
            assertEquals(2, bench.peer(0).requests().size());
            assertFalse(bench.fromClients[1].isEmpty());
            assertTrue(bench.agent.waitNsMax() <= 1_000_000, "comes back by itself");
            // A frame that wants an answer waits as well, and what stands behind it.
            bench.peer(0).ping(77);
            bench.peer(0).answer(two, 0, new byte[4]);
            bench.settle();
            assertEquals(List.of(), bench.takeMessages(1));

            for (int part = 1; part < 4; part++)
            {
                assertTrue(bench.requestPart(one, 0, false, long1, part));
                bench.settle();
            }
            bench.settle();
            List<DatacenterEvent.ProxyRequest> requests = bench.peer(0).requests();
            assertEquals(5, requests.size());
            assertArrayEquals(Arrays.copyOfRange(long1, 56, long1.length), requests.get(2).payload());
            assertEquals(2 * PART, requests.get(3).payload().length);
            assertTrue(bench.events(0).contains(new DatacenterEvent.Pong(77)));
            assertTrue(bench.events(0).contains(new DatacenterEvent.CloseConnection(two)));
            assertTrue(bench.fromClients[1].isEmpty());
            bench.assertNoViolations();
        }
    }

    @Test
    void shouldSwallowTheRestOfARequestWhoseLinkIsLost() // [P-CON-22]
    {
        try (DatacenterBench bench = new DatacenterBench())
        {
            bench.addReadyServer(1, 1);
            long id = bench.bind(1, 0);
            byte[] request = bench.proxyRequest(id, 3 * PART);
            assertTrue(bench.requestPart(id, 0, false, request, 0));
            bench.settle();
            bench.socket(0).isEnded = true;
            bench.settle();
            assertEquals(ToClientMessage.CLOSED, bench.takeMessages(0).getFirst().type());
            for (int part = 1; part < 4; part++)
            {
                assertTrue(bench.requestPart(id, 0, false, request, part));
            }
            bench.clientClose(id);
            bench.advance(DatacenterBench.TICK_NS * 20);
            long next = bench.bind(1, 0);
            assertEquals(1, bench.peer(1).requests().size());
            bench.request(next, 0, false, 64);
            bench.settle();
            bench.assertNoViolations();
        }
    }

    @Test
    void shouldFailTheLinkWhenOurOwnRequestsMakeNoSense()
    {
        try (DatacenterBench bench = new DatacenterBench())
        {
            bench.addReadyServer(1, 1);
            long id = bench.bind(1, 0);
            bench.requestPart(id, 0, false, new byte[6], 0);
            bench.settle();
            assertEquals(1, bench.counter(ProxyCounter.LINK_CLOSED_INTERNAL_ERROR));
            assertEquals(ToClientMessage.CLOSED, bench.takeMessages(0).getFirst().type());
        }
    }

    // From the middle proxy

    @Test
    void shouldHandAnswersAndAcksOver() // [P-RPC-60] [P-RPC-62] [P-RPC-66] [P-RPC-02]
    {
        try (DatacenterBench bench = new DatacenterBench())
        {
            bench.addReadyServer(1, 1);
            long id = bench.bind(1, 0);
            byte[] error = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(-404).array();
            bench.peer(0).paddingWords(5);
            bench.peer(0).answer(id, 0x18, new byte[0]);
            bench.peer(0).answer(id, 0, error);
            bench.peer(0).simpleAck(id, 0x80000123);
            bench.peer(0).paddingWords(2);
            bench.peer(0).answer(id, 0, bytes(PART));
            bench.settle();
            List<Message> messages = bench.takeMessages(0);
            assertEquals(4, messages.size());
            int whole = ToClientMessage.FLAG_BEGIN | ToClientMessage.FLAG_END;
            assertMessage(new Message(ToClientMessage.ANSWER, id, whole, 0, new byte[0]), messages.get(0));
            assertMessage(new Message(ToClientMessage.ANSWER, id, whole, 4, error), messages.get(1));
            assertMessage(new Message(ToClientMessage.SIMPLE_ACK, id, 0, 0x80000123, new byte[0]), messages.get(2));
            assertMessage(new Message(ToClientMessage.ANSWER, id, whole, PART, bytes(PART)), messages.get(3));
            bench.assertNoViolations();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {PART + 4, 2 * PART - 4, 2 * PART, 3 * PART + 1000, 300_000})
    void shouldStreamLongAnswersInParts(int length) // [P-RPC-62]
    {
        try (DatacenterBench bench = new DatacenterBench())
        {
            bench.addReadyServer(1, 1);
            long id = bench.bind(1, 0);
            byte[] data = bytes(length);
            bench.peer(0).answer(id, 0, data);
            bench.peer(0).answer(id, 0, new byte[4]);
            byte[] stream = bench.peer(0).takeOutput();
            Random random = new Random(length);
            ByteArrayOutputStream joined = new ByteArrayOutputStream();
            int parts = 0;
            boolean isEnd = false;
            for (int at = 0; at < stream.length;)
            {
                int run = Math.min(stream.length - at, 1 + random.nextInt(40_000));
                bench.socket(0).arrive(Arrays.copyOfRange(stream, at, at + run));
                at += run;
                bench.settle();
                for (Message message : bench.takeMessages(0))
                {
                    if (isEnd)
                    {
                        assertEquals(4, message.value());
                        continue;
                    }
                    assertTrue(message.data().length <= PART);
                    assertEquals(length, message.value());
                    assertEquals(parts++ == 0, (message.flags() & ToClientMessage.FLAG_BEGIN) != 0);
                    isEnd = (message.flags() & ToClientMessage.FLAG_END) != 0;
                    joined.writeBytes(message.data());
                }
            }
            assertTrue(isEnd);
            assertArrayEquals(data, joined.toByteArray());
            bench.assertNoViolations();
        }
    }

    @Test
    void shouldLoseTheLinkWhenALongAnswersCheckSumIsWrong() // [P-RPC-05] [P-CON-22]
    {
        try (DatacenterBench bench = new DatacenterBench())
        {
            bench.addReadyServer(1, 1);
            long id = bench.bind(1, 0);
            bench.peer(0).corruptNextCrc();
            bench.peer(0).answer(id, 0, bytes(5 * PART));
            bench.settle();
            List<Message> messages = bench.takeMessages(0);
            assertTrue(messages.size() >= 5);
            assertTrue(messages.stream().noneMatch(message -> message.type() == ToClientMessage.ANSWER &&
                (message.flags() & ToClientMessage.FLAG_END) != 0), "never ends");
            assertEquals(ToClientMessage.CLOSED, messages.getLast().type());
            assertEquals(ClosedCause.LINK_LOST.ordinal(), messages.getLast().flags());
            assertEquals(1, bench.counter(ProxyCounter.LINK_CLOSED_BAD_CRC));
        }
    }

    @Test
    void shouldAnswerUnknownIdsWithCloseConn() // [P-RPC-43] [P-RPC-62] [P-RPC-66] [P-CON-40]
    {
        try (DatacenterBench bench = new DatacenterBench())
        {
            bench.addReadyServer(2, 2);
            long id = bench.bind(1, 0);
            int other = 1 - bench.positionOf(id);
            long[] ids = {id, id(0, 1, 2), id(0, 700, 1), id(0, 1_000_000, 1), id(255, 0xffffff, 1), id(3, 1, 1), 0, 1,
                -1, Long.MIN_VALUE, Long.MAX_VALUE};
            for (long wrong : ids)
            {
                bench.peer(other).answer(wrong, 0, new byte[8]);
                bench.peer(other).simpleAck(wrong, 5);
                bench.peer(other).answer(wrong, 0, bytes(2 * PART));
            }
            bench.peer(other).takeEvents();
            bench.settle();
            List<DatacenterEvent> events = bench.events(other);
            assertEquals(3 * ids.length, events.size());
            for (int i = 0; i < events.size(); i++)
            {
                assertEquals(new DatacenterEvent.CloseConnection(ids[i / 3]), events.get(i));
            }
            assertEquals(2 * ids.length, bench.counter(ProxyCounter.ANSWERS_DROPPED));
            assertEquals(ids.length, bench.counter(ProxyCounter.SIMPLE_ACKS_DROPPED));
            assertEquals(List.of(), bench.takeMessages(0));
            assertEquals(1, bench.counter(ProxyCounter.EXT_CONNECTIONS));
        }
    }

    @Test
    void shouldCloseClientsForAnyLinkAfterTheirAnswers() // [P-RPC-67] [P-RPC-43] [P-CON-41]
    {
        try (DatacenterBench bench = new DatacenterBench())
        {
            bench.addReadyServer(2, 2);
            long one = bench.bind(1, 0);
            long two = bench.bind(2, 0);
            int at = bench.positionOf(one);
            for (int i = 0; i < 10; i++)
            {
                bench.peer(at).answer(one, 0, bytes(100));
            }
            bench.peer(at).closeExternal(one);
            bench.peer(at).closeExternal(one);
            bench.peer(at).closeExternal(-5);
            bench.settle();
            List<Message> messages = bench.takeMessages(0);
            assertEquals(11, messages.size());
            assertMessage(new Message(ToClientMessage.CLOSED, one, ClosedCause.CLOSE_EXT.ordinal(), 0, new byte[0]),
                messages.getLast());

            bench.peer(1 - bench.positionOf(two)).closeExternal(two);
            bench.settle();
            assertEquals(two, bench.takeMessages(0).getFirst().id());
            assertEquals(0, bench.counter(ProxyCounter.EXT_CONNECTIONS));
            assertEquals(2, bench.counter(ProxyCounter.CLOSE_EXT_RECEIVED));
            // The client agent's own end of these connections is not passed on.
            bench.clientClose(one);
            bench.clientClose(two);
            bench.settle();
            assertEquals(0, bench.counter(ProxyCounter.CLOSE_CONN_SENT));
            bench.assertNoViolations();
        }
    }

    @Test
    void shouldLoseNothingWhenAnswerAndEndComeInOneBurst() // [P-RPC-67] [P-CON-22]
    {
        try (DatacenterBench bench = new DatacenterBench())
        {
            bench.addReadyServer(1, 1);
            long id = bench.bind(1, 0);
            bench.peer(0).answer(id, 0, bytes(1000));
            bench.socket(0).arrive(bench.peer(0).takeOutput());
            bench.socket(0).isEnded = true;
            bench.settle();
            assertEquals(List.of(ToClientMessage.ANSWER, ToClientMessage.CLOSED),
                bench.takeMessages(0).stream().map(Message::type).toList());
        }
    }

    @Test
    void shouldAnswerPings() // [P-RPC-44]
    {
        try (DatacenterBench bench = new DatacenterBench())
        {
            bench.addReadyServer(1, 1);
            bench.peer(0).takeEvents();
            bench.peer(0).ping(-7);
            bench.peer(0).ping(0x1122334455667788L);
            bench.settle();
            assertEquals(List.of(new DatacenterEvent.Pong(-7), new DatacenterEvent.Pong(0x1122334455667788L)),
                bench.events(0));
            assertEquals(2, bench.counter(ProxyCounter.LINK_PINGS_ANSWERED));
        }
    }

    @Test
    void shouldIgnoreWrongSizesAndUnknownTypes() // [P-RPC-60]
    {
        try (DatacenterBench bench = new DatacenterBench())
        {
            bench.addReadyServer(1, 1);
            long id = bench.bind(1, 0);
            bench.peer(0).takeEvents();
            int[] types = {0x5730a2df, 0x8430eaa7, 0x4403da0d, 0x3bac409b, 0x5eb634a2, 0x12345678, 0x7acb87aa,
                0x7682eef5,
                0x36cef1ee, 0x1fcf425d};
            for (int type : types)
            {
                for (int length : new int[]{4, 8, 20, 24, PART + 16, 3 * PART})
                {
                    if (type != 0x4403da0d || length < 16)
                    {
                        ByteBuffer payload = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN).putInt(type);
                        if (length >= 12)
                        {
                            payload.putLong(id);
                        }
                        bench.peer(0).frame(payload.array());
                    }
                }
            }
            bench.peer(0).answer(id, 0, new byte[4]);
            bench.settle();
            assertEquals(List.of(), bench.events(0));
            assertEquals(1, bench.takeMessages(0).size());
            assertEquals(9 * 6 + 2, bench.counter(ProxyCounter.LINK_FRAMES_IGNORED));
        }
    }

    @Test
    void shouldCloseOnFramesThatBreakTheStream() // [P-RPC-03] [P-RPC-04] [P-RPC-05]
    {
        byte[] payload = new byte[16];
        assertClosedBy(ProxyCounter.LINK_CLOSED_BAD_FRAME, peer -> peer.malformedFrame(0, 0, payload, 0));
        assertClosedBy(ProxyCounter.LINK_CLOSED_BAD_FRAME, peer -> peer.malformedFrame(-28, 0, payload, 0));
        assertClosedBy(ProxyCounter.LINK_CLOSED_BAD_FRAME, peer -> peer.malformedFrame(30, 0, payload, 0));
        assertClosedBy(ProxyCounter.LINK_CLOSED_BAD_FRAME, peer -> peer.malformedFrame(12, 0, payload, 0));
        assertClosedBy(ProxyCounter.LINK_CLOSED_BAD_FRAME, DatacenterPeer::oversizedFrame);
        assertClosedBy(ProxyCounter.LINK_CLOSED_BAD_SEQUENCE, peer -> peer.malformedFrame(28, 1, payload, 0));
        assertClosedBy(ProxyCounter.LINK_CLOSED_BAD_SEQUENCE, peer -> peer.malformedFrame(28, -1, payload, 0));
        assertClosedBy(ProxyCounter.LINK_CLOSED_BAD_CRC, peer -> peer.malformedFrame(28, 0, payload, 1));
    }

    private static void assertClosedBy(ProxyCounter reason, Consumer<DatacenterPeer> fault)
    {
        try (DatacenterBench bench = new DatacenterBench())
        {
            bench.addReadyServer(1, 1);
            bench.network.accepting = FakeNetwork.Accepting.SILENT;
            long id = bench.bind(1, 0);
            fault.accept(bench.peer(0));
            bench.settle();
            assertEquals(1, bench.counter(reason));
            assertTrue(bench.socket(0).isClosed);
            assertEquals(id, bench.takeMessages(0).getFirst().id());
        }
    }

    @Test
    void shouldSurviveNoise() // [P-RPC-03] [P-RPC-13]
    {
        for (int seed = 0; seed < 300; seed++)
        {
            try (DatacenterBench bench = new DatacenterBench())
            {
                Random random = new Random(seed);
                bench.isPeerActive = false;
                bench.addServer(DatacenterBench.SERVER_V4, 1, 1);
                bench.settle();
                if (random.nextBoolean())
                {
                    bench.pump();
                    bench.settle();
                    bench.pump();
                    bench.settle();
                }
                for (int i = 0; i < 5; i++)
                {
                    byte[] noise = new byte[random.nextInt(200)];
                    random.nextBytes(noise);
                    bench.socket(0).arrive(noise);
                    bench.settle();
                }
            }
        }
    }

    // Lost links

    @Test
    void shouldTellExactlyTheClientsOfALostLink() // [P-CON-22]
    {
        try (DatacenterBench bench = new DatacenterBench(2, DatacenterBench.settings()))
        {
            bench.addReadyServer(3, 3);
            int[] linkOf = new int[60];
            for (int i = 0; i < linkOf.length; i++)
            {
                bench.request(id(i % 2, i, 1), 0, true, 64);
                bench.settle();
                linkOf[i] = bench.takeMessages(i % 2).getFirst().value();
            }
            bench.clientClose(id(0, 0, 1));
            bench.clientClose(id(1, 31, 1));
            bench.settle();
            bench.network.accepting = FakeNetwork.Accepting.SILENT;
            bench.socket(1).isReset = true;
            bench.settle();
            for (int agent = 0; agent < 2; agent++)
            {
                int of = agent;
                assertEquals(IntStream.range(0, linkOf.length)
                    .filter(i -> i % 2 == of && linkOf[i] == 1 && i != 0 && i != 31)
                    .mapToObj(i -> id(of, i, 1)).sorted().toList(),
                    bench.takeMessages(agent).stream().map(Message::id).sorted().toList());
            }
            long left = IntStream.range(0, linkOf.length).filter(i -> linkOf[i] != 1 && i != 0 && i != 31).count();
            assertEquals(left, bench.counter(ProxyCounter.EXT_CONNECTIONS));
            assertEquals(2, bench.counter(ProxyCounter.CLOSE_CONN_SENT));
            bench.assertNoViolations();
        }
    }

    @Test
    void shouldTellClientsOfALostLinkAsRingsGetRoom() // [P-CON-22]
    {
        try (DatacenterBench bench = new DatacenterBench())
        {
            bench.addReadyServer(1, 1);
            for (int i = 0; i < 50; i++)
            {
                bench.bind(i, 0);
            }
            bench.fillToClientRing(0, 10);
            bench.socket(0).isEnded = true;
            bench.turn();
            bench.turn();
            assertTrue(bench.agent.waitNsMax() <= 1_000_000, "comes back by itself");
            long left = bench.counter(ProxyCounter.EXT_CONNECTIONS);
            assertTrue(left > 0 && left < 50, "left " + left);
            // One that ends meanwhile is not told any more.
            bench.clientClose(id(0, 0, 1));
            bench.turn();
            List<Message> messages = takeAllOf(bench, ToClientMessage.CLOSED);
            bench.settle();
            messages.addAll(takeAllOf(bench, ToClientMessage.CLOSED));
            assertEquals(49, messages.stream().map(Message::id).distinct().count());
            assertEquals(49, messages.size());
            assertEquals(0, bench.counter(ProxyCounter.EXT_CONNECTIONS));
        }
    }

    private static List<Message> takeAllOf(DatacenterBench bench, int type)
    {
        return new java.util.ArrayList<>(
            bench.takeMessages(0).stream().filter(message -> message.type() == type).toList());
    }

    // Full rings

    @Test
    void shouldStopAtAFullRingAndGoOnWhereItStopped() // [P-RPC-62] [P-RPC-66] [P-RPC-67] [P-RPC-44]
    {
        byte[] stream;
        List<Message> expected;
        for (int room = 0; room < 40; room++)
        {
            try (DatacenterBench bench = new DatacenterBench())
            {
                bench.addReadyServer(1, 1);
                long id = bench.bind(1, 0);
                long gone = bench.bind(2, 0);
                for (int i = 0; i < 8; i++)
                {
                    bench.peer(0).answer(id, 0, bytes(4 * i));
                    bench.peer(0).simpleAck(id, i);
                    bench.peer(0).ping(i);
                }
                bench.peer(0).closeExternal(gone);
                bench.peer(0).answer(id, 0, bytes(20 * PART));
                bench.peer(0).answer(gone, 0, bytes(40));
                bench.peer(0).closeExternal(id);
                stream = bench.peer(0).takeOutput();
                bench.peer(0).takeEvents();
                bench.fillToClientRing(0, room);
                bench.socket(0).arrive(stream);
                bench.turn();
                assertEquals(0, bench.socket(0).interest() & io.mtproxy.engine.io.Interest.READ);
                assertTrue(bench.counter(ProxyCounter.TO_CLIENT_RING_FULL) > 0);
                assertTrue(bench.agent.waitNsMax() <= 1_000_000);
                List<Message> got = new java.util.ArrayList<>();
                for (int i = 0; i < 40_000 && !(got.size() > 1 && got.getLast().type() == ToClientMessage.CLOSED &&
                    got.getLast().id() == id); i++)
                {
                    bench.readOnce(0, 1 + i / 100);
                    bench.turn();
                    bench.pump();
                    if (!bench.toClients[0].isEmpty())
                    {
                        bench.readOnce(0, 1);
                    }
                    got = peekReal(bench, got);
                }
                expected = got;
                assertEquals(8 + 8 + 1 + 1, expected.stream().filter(message -> message.type() != 1 ||
                    message.value() != 20 * PART).count());
                assertArrayEquals(bytes(20 * PART), join(got, 20 * PART));
                for (int i = 0; i < 8; i++)
                {
                    assertEquals(4 * i, got.get(2 * i).data().length);
                    assertEquals(i, got.get(2 * i + 1).value());
                }
                bench.settle();
                assertEquals(9, bench.events(0).size(), "8 pongs and a close: " + bench.events(0));
                assertEquals(io.mtproxy.engine.io.Interest.READ, bench.socket(0).interest());
                assertEquals(0, bench.pool.usedCount());
                bench.assertNoViolations();
            }
        }
    }

    private static List<Message> peekReal(DatacenterBench bench, List<Message> got)
    {
        got.addAll(bench.takeRead(0).stream().filter(message -> message.type() != 99).toList());
        return got;
    }

    private static byte[] join(List<Message> messages, int total)
    {
        ByteArrayOutputStream joined = new ByteArrayOutputStream();
        messages.stream()
            .filter(message -> message.type() == ToClientMessage.ANSWER && message.value() == total)
            .forEach(message -> joined.writeBytes(message.data()));
        return joined.toByteArray();
    }

    @Test
    void shouldLeaveRequestsInTheirRingWhileTheirReplyHasNoRoom() // [P-CON-21] [P-PAY-05]
    {
        try (DatacenterBench bench = new DatacenterBench())
        {
            bench.addReadyServer(1, 1);
            bench.fillToClientRing(0, 0);
            bench.request(id(0, 1, 1), 0, true, 2 * PART);
            bench.request(id(0, 2, 1), 5, true, 64);
            bench.request(id(0, 3, 1), 0, true, 64);
            bench.settle();
            assertFalse(bench.fromClients[0].isEmpty());
            assertEquals(0, bench.counter(ProxyCounter.EXT_CONNECTIONS));
            assertEquals(0, bench.counter(ProxyCounter.FRAMES_DROPPED_NO_TARGET));
            bench.takeMessages(0);
            bench.settle();
            assertEquals(List.of(ToClientMessage.BOUND, ToClientMessage.REFUSED, ToClientMessage.BOUND),
                bench.takeMessages(0).stream().map(Message::type).toList());
            assertEquals(2, bench.peer(0).requests().size());
            assertTrue(bench.fromClients[0].isEmpty());
            bench.assertNoViolations();
        }
    }

    @Test
    void shouldLetAgentsOnOneThreadEmptyEachOthersRings() // [P-RPC-40] [P-RPC-62]
    {
        try (DatacenterBench bench = new DatacenterBench(1, DatacenterBench.settings(), 64L << 20, true))
        {
            bench.addReadyServer(2, 2);
            for (int i = 0; i < 400; i++)
            {
                bench.request(id(0, i, 1), 0, true, 2000);
            }
            assertEquals(400, bench.takeMessages(0).size() +
                Math.toIntExact(400 - bench.counter(ProxyCounter.EXT_CONNECTIONS)), "most were bound without a turn");
            bench.settle();
            bench.takeMessages(0);
            assertEquals(400, bench.counter(ProxyCounter.EXT_CONNECTIONS));
            for (int i = 0; i < 400; i++)
            {
                bench.peer(bench.positionOf(id(0, i, 1))).answer(id(0, i, 1), 0, bytes(3000));
            }
            bench.settle();
            assertEquals(400, bench.takeMessages(0).size());
            assertEquals(0, bench.counter(ProxyCounter.TO_CLIENT_RING_FULL));
            bench.assertNoViolations();
        }
    }

    @Test
    void shouldWakeClientAgentsOnceATurn()
    {
        try (DatacenterBench bench = new DatacenterBench(2, DatacenterBench.settings()))
        {
            bench.addReadyServer(1, 1);
            int before = bench.network.wakeupCount;
            for (int i = 0; i < 10; i++)
            {
                bench.request(id(0, i, 1), 0, true, 64);
            }
            bench.turn();
            assertEquals(before + 1, bench.network.wakeupCount, "only the agent that was written to");
        }
    }

    // Congestion

    @Test
    void shouldMarkALinkThatDoesNotDrain() // [P-CON-53]
    {
        try (DatacenterBench bench = new DatacenterBench(1, DatacenterBench.settings(
            ProxySecretFile.of(DatacenterBench.SECRET), 1 << 20)))
        {
            bench.addReadyServer(2, 2);
            long id = bench.bind(1, 0);
            int at = bench.positionOf(id);
            bench.socket(at).writeBudget = 0;
            for (int i = 0; i < 70; i++)
            {
                bench.request(id, 0, false, PART - 56);
                bench.turn();
                boolean isOver = (i + 1L) * (PART + 12) > 1 << 20;
                assertEquals(isOver, bench.servers.getFirst().marks().isCongested(at), "request " + i);
            }
            assertFalse(bench.servers.getFirst().marks().isCongested(1 - at));
            assertEquals(1, bench.counter(ProxyCounter.LINK_CONGESTED));
            int writes = bench.socket(at).writeCount;
            bench.turn();
            assertEquals(writes, bench.socket(at).writeCount, "waits for the poller");

            bench.socket(at).writeBudget = 600 << 10;
            bench.settle();
            assertTrue(bench.servers.getFirst().marks().isCongested(at), "550 KiB wait still");
            int wakeups = bench.network.wakeupCount;
            bench.socket(at).writeBudget = 100 << 10;
            bench.settle();
            assertFalse(bench.servers.getFirst().marks().isCongested(at));
            assertEquals(wakeups + 1, bench.network.wakeupCount);
            bench.socket(at).writeBudget = Long.MAX_VALUE;
            bench.settle();
            assertEquals(71, bench.peer(at).requests().size());
            assertEquals(0, bench.pool.usedCount());
            assertEquals(io.mtproxy.engine.io.Interest.READ, bench.socket(at).interest());
            bench.assertNoViolations();
        }
    }

    @Test
    void shouldClearTheMarkOfALostLink() // [P-CON-22]
    {
        try (DatacenterBench bench = new DatacenterBench(1, DatacenterBench.settings(
            ProxySecretFile.of(DatacenterBench.SECRET), 64 << 10)))
        {
            bench.addReadyServer(1, 1);
            long id = bench.bind(1, 0);
            bench.socket(0).writeBudget = 0;
            for (int i = 0; i < 10; i++)
            {
                bench.request(id, 0, false, PART - 56);
            }
            bench.turn();
            assertTrue(bench.servers.getFirst().marks().isCongested(0));
            bench.socket(0).isReset = true;
            bench.turn();
            assertFalse(bench.servers.getFirst().marks().isCongested(0));
        }
    }

    @Test
    void shouldNotHoldAnyNumberOfAnswersForAMiddleProxyThatDoesNotRead() // [P-RPC-43] [P-RPC-44]
    {
        try (DatacenterBench bench = new DatacenterBench(1, DatacenterBench.settings(
            ProxySecretFile.of(DatacenterBench.SECRET), 32 << 10)))
        {
            bench.addReadyServer(1, 1);
            bench.socket(0).writeBudget = 0;
            for (int i = 0; i < 50_000; i++)
            {
                bench.peer(0).ping(i);
            }
            byte[] pings = bench.peer(0).takeOutput();
            bench.peer(0).takeEvents();
            for (int at = 0; at < pings.length; at += 100_000)
            {
                bench.socket(0).arrive(Arrays.copyOfRange(pings, at, Math.min(pings.length, at + 100_000)));
            }
            for (int i = 0; i < 100; i++)
            {
                bench.turn();
            }
            assertTrue(bench.pool.usedCount() * 16 < 1024, bench.pool.usedCount() + " chunks");
            bench.socket(0).writeBudget = Long.MAX_VALUE;
            for (int i = 0; i < 100; i++)
            {
                bench.settle();
            }
            assertEquals(50_000, bench.events(0).size());
            bench.assertNoViolations();
        }
    }

    @Test
    void shouldCloseTheLinkWhenNoChunkIsLeft() // [C-LIM-10]
    {
        try (DatacenterBench bench = new DatacenterBench(1, DatacenterBench.settings(), 1, false))
        {
            bench.addReadyServer(1, 1);
            long id = bench.bind(1, 0);
            bench.socket(0).writeBudget = 0;
            bench.network.accepting = FakeNetwork.Accepting.SILENT;
            for (int i = 0; i < 30; i++)
            {
                bench.request(id, 0, false, PART - 56);
                bench.turn();
            }
            assertEquals(1, bench.counter(ProxyCounter.LINK_CLOSED_BUFFERS_EXHAUSTED));
            assertEquals(1, bench.counter(ProxyCounter.BUFFERS_EXHAUSTED));
            assertEquals(id, bench.takeMessages(0).getFirst().id());
        }
    }

    @Test
    void shouldTakeAnythingInAnyOrder() // [P-CON-41] [P-CON-22] [P-RPC-43] [P-RPC-67]
    {
        for (int seed = 0; seed < 60; seed++)
        {
            new RandomRun(seed).run();
        }
    }

    @Test
    void shouldHoldIpv6AndIpv4LinksSideBySide() // [P-NET-02]
    {
        try (DatacenterBench bench = new DatacenterBench())
        {
            bench.addReadyServer(1, 1);
            bench.addServer(SERVER_V6, 1, 1);
            bench.settle();
            long four = bench.bind(1, 0);
            long six = bench.bind(2, 1);
            assertEquals(0, bench.positionOf(four));
            assertEquals(1, bench.positionOf(six));
            bench.assertNoViolations();
        }
    }

    @Test
    void shouldAllocateNothingOnTheDataPath() // architecture, what must stay true: 3
    {
        try (DatacenterBench bench = new DatacenterBench())
        {
            bench.addReadyServer(1, 1);
            long id = bench.bind(1, 0);
            int part = 20;
            int rounds = 30 * part;
            int[] ends = new int[rounds];
            ByteArrayOutputStream stream = new ByteArrayOutputStream();
            for (int i = 0; i < rounds; i++)
            {
                for (int j = 0; j < 10; j++)
                {
                    bench.peer(0).answer(id, 0, new byte[4 * (i % 100)]);
                }
                bench.peer(0).simpleAck(id, i);
                bench.peer(0).answer(-1, 0, new byte[12]);
                bench.peer(0).ping(i);
                if (i % 20 == 0)
                {
                    bench.peer(0).answer(id, 0, new byte[3 * PART]);
                }
                stream.writeBytes(bench.peer(0).takeOutput());
                ends[i] = stream.size();
            }
            FakeNetwork.Socket socket = bench.socket(0);
            socket.replayed = stream.toByteArray();
            socket.isSink = true;
            byte[] small = bench.proxyRequest(id, 200);
            byte[] large = bench.proxyRequest(id, 2 * PART);
            int[] next = new int[1];
            assertEquals(0, LeastAllocation.bytesOf(() ->
            {
                for (int end = next[0] + part; next[0] < end; next[0]++)
                {
                    for (int j = 0; j < 10; j++)
                    {
                        bench.requestPart(id, 0, false, small, 0);
                    }
                    bench.requestPart(id, 0, false, large, 0);
                    bench.requestPart(id, 0, false, large, 1);
                    bench.requestPart(id, 0, false, large, 2);
                    socket.replayedRun = ends[next[0]] - socket.replayedOffset;
                    bench.turn();
                    bench.toClients[0].read(FORGET, Integer.MAX_VALUE);
                    bench.toClients[0].read(FORGET, Integer.MAX_VALUE);
                    bench.nowNs += 20_000_000;
                }
            }));
            assertEquals(11 * next[0] + 1, bench.counter(ProxyCounter.FRAMES_TO_DATACENTER));
            assertFalse(socket.isClosed);
        }
    }

    private static final org.agrona.concurrent.ControlledMessageHandler FORGET =
        (type, buffer, index, length) -> org.agrona.concurrent.ControlledMessageHandler.Action.CONTINUE;

    private static byte[] bytes(int length)
    {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return bytes;
    }

    private static void assertMessage(Message expected, Message actual)
    {
        assertEquals(expected.toString(), actual.toString());
        assertArrayEquals(expected.data(), actual.data());
    }
}
