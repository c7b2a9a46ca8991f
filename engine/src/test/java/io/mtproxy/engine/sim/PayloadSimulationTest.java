// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.sim;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mtproxy.engine.client.CloseReason;
import io.mtproxy.engine.status.ProxyCounter;
import io.mtproxy.soak.ClientOptions;
import io.mtproxy.soak.Payloads;
import io.mtproxy.soak.Transport;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is let through, what is dropped, and what is counted. */
final class PayloadSimulationTest
{
    private static final long MS = 1_000_000L;
    private static final long SECOND = 1_000_000_000L;
    private static final List<ProxyCounter> C_COUNTERS = List.of(ProxyCounter.FRAMES_TO_DATACENTER,
        ProxyCounter.FRAMES_DROPPED_NO_TARGET, ProxyCounter.EXT_CONNECTIONS, ProxyCounter.EXT_CONNECTIONS_CREATED,
        ProxyCounter.ANSWERS_TO_CLIENT, ProxyCounter.ANSWERS_DROPPED, ProxyCounter.SIMPLE_ACKS_TO_CLIENT,
        ProxyCounter.SIMPLE_ACKS_DROPPED);

    private static Map<ProxyCounter, Long> counters(SimulatedProxy proxy)
    {
        Map<ProxyCounter, Long> values = new EnumMap<>(ProxyCounter.class);
        C_COUNTERS.forEach(counter -> values.put(counter, proxy.counter(counter)));
        return values;
    }

    private static byte[] plain(int length, int innerLength, int function)
    {
        return ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN).putInt(16, innerLength)
            .putInt(20, function).array();
    }

    private static byte[] encrypted(int length)
    {
        return ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN).putLong(0, 7).array();
    }

    private static List<byte[]> badPayloads()
    {
        return List.of(new byte[4], encrypted(24), encrypted(28), encrypted(52), plain(24, 4, Payloads.REQ_PQ),
            plain(40, 21, Payloads.REQ_PQ), plain(40, 24, Payloads.REQ_PQ), plain(40, 19, Payloads.REQ_PQ),
            plain(40, -1, Payloads.REQ_PQ), plain(40, 20, 0x12345678), plain(400_000, 20, 0x12345678),
            plain(40, Integer.MAX_VALUE, Payloads.REQ_PQ), plain(40, 0, Payloads.REQ_PQ));
    }

    /** [P-PAY-01] [P-PAY-02] [P-PAY-03] [P-PAY-04] [C-CLT-08] no answer, no close, no counter. */
    @ParameterizedTest
    @EnumSource(names = {"ABRIDGED", "INTERMEDIATE", "PADDED"})
    void shouldDropBadPayloadsWithoutTrace(Transport transport) throws IOException
    {
        try (SimulatedProxy proxy = new SimulatedProxy(new SimulatedProxy.Setup()))
        {
            DatacenterRecord record = DatacenterRecord.of(proxy);
            proxy.awaitLinks();
            ClientOptions options = new ClientOptions(transport, SimulatedProxy.clientSecret(0), 2, 3, 1);
            SimulatedClient client = proxy.connect(options);
            Map<ProxyCounter, Long> before = counters(proxy);
            for (byte[] payload : badPayloads())
            {
                // one of the plain ones fits: 20 + 20 is 40
                client.sendRaw(client.peer.frame(payload, true));
            }
            proxy.advance(50 * MS);

            assertEquals(before, counters(proxy));
            assertEquals(badPayloads().size(), proxy.counter(ProxyCounter.PAYLOADS_DROPPED_BY_FILTER));
            assertEquals(0, record.requests.size());
            assertEquals(0, client.events().size());
            assertFalse(client.end.isClosedByEngine());
            assertEquals(0, proxy.addressCount(0), "[C-STAT-09]");
            client.send(Payloads.encrypted(1, 56, proxy.random), false);
            proxy.advance(10 * MS);
            assertArrayEquals(client.sentPayloads.getFirst(), record.lastRequest().payload());
            proxy.verifyClean();
        }
    }

    /** [P-PAY-03] [P-PAY-04] with whatever stands behind the inner message. */
    @Test
    void shouldForwardEveryGoodKind() throws IOException
    {
        try (SimulatedProxy proxy = new SimulatedProxy(new SimulatedProxy.Setup()))
        {
            DatacenterRecord record = DatacenterRecord.of(proxy);
            proxy.awaitLinks();
            SimulatedClient client = proxy.connect(Transport.INTERMEDIATE, 2);
            for (int function : new int[]{Payloads.REQ_PQ, Payloads.REQ_PQ_MULTI, Payloads.REQ_DH_PARAMS,
                Payloads.SET_CLIENT_DH_PARAMS})
            {
                client.send(plain(40, 20, function), false);
                client.send(plain(400, 20, function), false);
                client.send(plain(400_000, 20, function), false);
            }
            client.send(encrypted(56), false);
            client.send(encrypted(60), false);
            proxy.advance(100 * MS);

            assertEquals(14, record.requests.size());
            for (int i = 0; i < 14; i++)
            {
                assertArrayEquals(client.sentPayloads.get(i), record.requests.get(i).payload());
                assertEquals(i < 12 ? 2 : 0, record.requests.get(i).flags() & 2);
            }
            proxy.verifyClean();
        }
    }

    /** [P-PAY-05] [C-CLT-07] */
    @ParameterizedTest
    @ValueSource(ints = {64, 100_000})
    void shouldCountDropsWithoutTargetAndCloseWhenOneIsThere(int length) throws IOException
    {
        try (SimulatedProxy proxy = new SimulatedProxy(new SimulatedProxy.Setup()))
        {
            DatacenterRecord record = DatacenterRecord.of(proxy);
            SimulatedClient client = proxy.connect(Transport.PADDED, 2);
            for (int i = 1; i <= 3; i++)
            {
                client.send(Payloads.encrypted(1, length, proxy.random), false);
                client.pump();
                proxy.engine.invoke();
                client.pump();
                proxy.engine.invoke();
                assertEquals(i, proxy.counter(ProxyCounter.FRAMES_DROPPED_NO_TARGET));
            }
            proxy.awaitLinks();
            assertFalse(client.end.isClosedByEngine());
            client.sendRaw(client.peer.frame(new byte[20], false));
            client.sendRaw(client.peer.frame(Payloads.rpcPing(1), false));
            proxy.advance(5 * MS);
            assertFalse(client.end.isClosedByEngine(), "only a packet that could be forwarded closes it");
            assertEquals(1, client.events().size());

            client.send(Payloads.encrypted(1, length, proxy.random), false);
            proxy.advance(10 * MS);

            assertTrue(client.end.isAtEnd());
            assertEquals(1, proxy.closed(CloseReason.DROPPED_QUERY));
            assertEquals(3, proxy.counter(ProxyCounter.FRAMES_DROPPED_NO_TARGET));
            assertEquals(0, record.requests.size());
            SimulatedClient fresh = proxy.connect(Transport.PADDED, 2);
            fresh.send(Payloads.encrypted(1, length, proxy.random), false);
            proxy.advance(10 * MS);
            assertEquals(1, record.requests.size());
            proxy.verifyClean();
        }
    }

    /** [P-PAY-06] */
    @Test
    void shouldCountWhatCrosses() throws IOException
    {
        SimulatedProxy.Setup setup = new SimulatedProxy.Setup();
        setup.minConnections = 2;
        try (SimulatedProxy proxy = new SimulatedProxy(setup))
        {
            DatacenterRecord record = DatacenterRecord.of(proxy);
            proxy.awaitLinks();
            SimulatedClient client = proxy.connect(Transport.PADDED, 2);
            proxy.advance(5 * MS);
            assertEquals(0, proxy.counter(ProxyCounter.EXT_CONNECTIONS), "only the first packet makes one");
            client.send(Payloads.encrypted(1, 64, proxy.random), true);
            client.send(Payloads.encrypted(1, 64, proxy.random), false);
            proxy.advance(5 * MS);
            assertEquals(2, proxy.counter(ProxyCounter.FRAMES_TO_DATACENTER));
            assertEquals(1, proxy.counter(ProxyCounter.EXT_CONNECTIONS));
            assertEquals(1, proxy.counter(ProxyCounter.EXT_CONNECTIONS_CREATED));

            long id = record.lastRequest().extConnectionId();
            SimulatedDatacenter.Link own = record.lastLink();
            SimulatedDatacenter.Link other = proxy.datacenters.getFirst().readyLinks().stream()
                .filter(link -> link != own).findFirst().orElseThrow();
            own.peer.simpleAck(id, 0x8000_0001);
            own.peer.answer(id, 0, new byte[40]);
            own.peer.answer(id + (1L << 40), 0, new byte[40]);
            own.peer.simpleAck(id + (1L << 40), 0x8000_0002);
            other.peer.answer(id, 0, new byte[40]);
            other.peer.simpleAck(id, 0x8000_0003);
            proxy.advance(10 * MS);

            assertEquals(1, proxy.counter(ProxyCounter.ANSWERS_TO_CLIENT));
            assertEquals(1, proxy.counter(ProxyCounter.SIMPLE_ACKS_TO_CLIENT));
            assertEquals(2, proxy.counter(ProxyCounter.ANSWERS_DROPPED));
            assertEquals(2, proxy.counter(ProxyCounter.SIMPLE_ACKS_DROPPED));
            assertEquals(1, client.peer.packets().size());
            assertEquals(List.of(0x8000_0001), client.peer.quickAcks());
            assertEquals(4, record.closedIds.size(), "[P-RPC-43] (b) to each answer and ack too many");
            assertEquals(2, record.closedIds.stream().filter(closed -> closed == id).count());
            client.end.end();
            proxy.advance(10 * MS);
            assertEquals(0, proxy.counter(ProxyCounter.EXT_CONNECTIONS));
            assertEquals(1, proxy.counter(ProxyCounter.EXT_CONNECTIONS_CREATED));
            proxy.verifyClean();
        }
    }

    /** [P-PAY-06] [P-RPC-43] (b) the client has gone while its answer was on its way. */
    @Test
    void shouldCountAnswerForClientThatHasGone() throws IOException
    {
        try (SimulatedProxy proxy = new SimulatedProxy(new SimulatedProxy.Setup()))
        {
            DatacenterRecord record = DatacenterRecord.of(proxy);
            proxy.awaitLinks();
            SimulatedClient client = proxy.connect(Transport.PADDED, 2);
            client.send(Payloads.encrypted(1, 64, proxy.random), false);
            proxy.advance(5 * MS);
            client.end.end();
            proxy.advance(5 * MS);
            record.answer(new byte[40]);
            record.answer(new byte[400_000]);
            record.lastLink().peer.simpleAck(record.lastRequest().extConnectionId(), 0x8000_0000);
            proxy.advance(20 * MS);

            assertEquals(2, proxy.counter(ProxyCounter.ANSWERS_DROPPED));
            assertEquals(1, proxy.counter(ProxyCounter.SIMPLE_ACKS_DROPPED));
            assertEquals(4, record.closedIds.size());
            proxy.verifyClean();
        }
    }

    /** [P-PAY-06] [C-STAT-08] [C-STAT-09] distinct addresses and keys under each secret. */
    @Test
    void shouldCountDistinctAddressesAndKeysUnderTheirSecret() throws IOException
    {
        SimulatedProxy.Setup setup = new SimulatedProxy.Setup();
        setup.secretCount = 2;
        try (SimulatedProxy proxy = new SimulatedProxy(setup))
        {
            proxy.awaitLinks();
            SimulatedClient first = connect(proxy, 0, "192.0.2.1");
            SimulatedClient second = connect(proxy, 0, "192.0.2.1");
            SimulatedClient third = connect(proxy, 0, "192.0.2.2");
            SimulatedClient fourth = connect(proxy, 1, "2001:db8::1");
            first.send(Payloads.encrypted(11, 64, proxy.random), false);
            second.send(Payloads.encrypted(11, 64, proxy.random), false);
            third.send(Payloads.encrypted(12, 64, proxy.random), false);
            fourth.send(Payloads.reqPqMulti(proxy.random), false);
            proxy.advance(5 * MS);
            assertEquals(2, proxy.addressCount(0));
            assertEquals(2, proxy.keyCount(0));
            assertEquals(1, proxy.addressCount(1));
            assertEquals(0, proxy.keyCount(1), "key 0 is none");

            fourth.send(Payloads.encrypted(11, 64, proxy.random), false);
            second.send(Payloads.encrypted(13, 64, proxy.random), false);
            proxy.advance(5 * MS);
            assertEquals(3, proxy.keyCount(0), "another key on the same connection takes the place of the first");
            assertEquals(1, proxy.keyCount(1));
            second.end.end();
            proxy.advance(5 * MS);
            assertEquals(2, proxy.addressCount(0));
            assertEquals(2, proxy.keyCount(0));
            first.end.reset();
            third.end.end();
            proxy.advance(5 * MS);
            assertEquals(0, proxy.addressCount(0));
            assertEquals(0, proxy.keyCount(0));
            proxy.verifyClean();
        }
    }

    private static SimulatedClient connect(SimulatedProxy proxy, int secret, String host) throws IOException
    {
        ClientOptions options = ClientOptions.of(Transport.PADDED, SimulatedProxy.clientSecret(secret), 2,
            proxy.random.nextLong());
        return proxy.connect(options, InetAddress.getByName(host));
    }
}
