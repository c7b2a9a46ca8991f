// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.sim;

import static java.nio.charset.StandardCharsets.US_ASCII;
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
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The first bytes of a client connection: what opens it, and the silence that everything else meets. */
final class HandshakeSimulationTest
{
    private static final long MS = 1_000_000L;
    private static final long SECOND = 1_000_000_000L;
    private static final long TICK = 100 * MS;

    /** [P-OBF-01] [P-OBF-02] [P-OBF-17] [C-CLT-03] */
    @ParameterizedTest
    @ValueSource(strings = {"GET / HTTP/1.1\r\nHost: example.org\r\n\r\n", "POST /api HTTP/1.1\r\n\r\n",
        "HEAD / HTTP/1.0\r\n\r\n", "OPTIONS * HTTP/1.1\r\n\r\n", "\u00ef", "\u00ee\u00ee\u00ee\u00ee",
        "\u00dd\u00dd\u00dd\u00dd", "\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003"})
    void shouldMeetOtherProtocolsWithSilence(String start) throws IOException
    {
        try (SimulatedProxy proxy = new SimulatedProxy(new SimulatedProxy.Setup()))
        {
            byte[] bytes = Arrays.copyOf(start.getBytes(java.nio.charset.StandardCharsets.ISO_8859_1), 600);
            SimulatedConnection.PeerEnd end = proxy.connectSilently();
            end.write(bytes);
            proxy.advance(59 * SECOND);

            assertEquals(0, end.read(1000).length, "not a byte");
            assertFalse(end.isClosedByEngine());
            assertEquals(1, proxy.counter(ProxyCounter.HANDSHAKES_REJECTED));
            end.write(bytes);
            proxy.advance(10 * MS);
            assertEquals(0, end.read(1000).length);
            proxy.advance(62 * SECOND);
            assertTrue(end.isAtEnd());
            assertEquals(1, proxy.closed(CloseReason.HANDSHAKE_TIMEOUT));
            proxy.verifyClean();
        }
    }

    /** [P-OBF-02] in plain mode such a header is a header like any other. */
    @ParameterizedTest
    @ValueSource(strings = {"GET /abcdefg", "POST /abcdef", "HEAD /abcdef", "\u00ee\u00ee\u00ee\u00ee", "\u00efzzz"})
    void shouldTakeHeaderThatLooksLikeAnotherProtocol(String start) throws IOException
    {
        try (SimulatedProxy proxy = new SimulatedProxy(new SimulatedProxy.Setup()))
        {
            proxy.awaitLinks();
            byte[] header = new byte[64];
            new SplittableRandom(3).nextBytes(header);
            byte[] prefix = start.getBytes(java.nio.charset.StandardCharsets.ISO_8859_1);
            System.arraycopy(prefix, 0, header, 0, prefix.length);
            Arrays.fill(header, 56, 60, (byte)0xee);
            header[60] = 2;
            header[61] = 0;
            SimulatedClient client = proxy.connectWithHeader(
                ClientOptions.of(Transport.INTERMEDIATE, SimulatedProxy.clientSecret(0), 2, 1), header);
            client.send(Payloads.encrypted(1, 64, proxy.random), false);
            proxy.advance(10 * MS);

            assertEquals(1, proxy.counter(ProxyCounter.FRAMES_TO_DATACENTER));
            proxy.verifyClean();
        }
    }

    /**
     * Deadlines were polled once a turn, which moves the wheel by one slot only, and an idle thread takes ten turns a
     * second: a timeout of one minute came after several. [P-OBF-17] [C-CLT-03] [C-LIM-20] [C-BUG-10]
     */
    @Test
    void shouldCloseSilentlyBetweenOnceAndTwiceTheTimeoutAlsoWhenIdle() throws IOException
    {
        try (SimulatedProxy proxy = new SimulatedProxy(new SimulatedProxy.Setup()))
        {
            List<SimulatedConnection.PeerEnd> ends = new ArrayList<>();
            for (int i = 0; i < 20; i++)
            {
                SimulatedConnection.PeerEnd end = proxy.connectSilently();
                end.write(new byte[i % 3 == 0 ? 0 : i % 3 == 1 ? 63 : 200]);
                ends.add(end);
            }
            Set<Long> moments = new HashSet<>();
            proxy.step();
            for (long passed = 0; passed < 125 * SECOND; passed += TICK)
            {
                long closedBefore = proxy.closed(CloseReason.HANDSHAKE_TIMEOUT);
                proxy.clock.advance(TICK);
                proxy.step();
                if (proxy.closed(CloseReason.HANDSHAKE_TIMEOUT) > closedBefore)
                {
                    assertTrue(passed + TICK >= 60 * SECOND, "closed after " + passed);
                    assertTrue(passed <= 120 * SECOND + TICK, "closed after " + passed);
                    moments.add(passed);
                }
            }
            assertEquals(20, proxy.closed(CloseReason.HANDSHAKE_TIMEOUT));
            assertTrue(moments.size() > 12, "at moments of their own: " + moments.size());
            ends.forEach(end ->
            {
                assertEquals(0, end.read(100).length, "not a byte");
                assertTrue(end.isAtEnd());
            });
            proxy.verifyClean();
        }
    }

    /** [P-OBF-17] [C-CLT-03] [C-LIM-20] 0 is never, as in the C program. */
    @Test
    void shouldKeepSilentConnectionsForEverWithoutTimeout() throws IOException
    {
        SimulatedProxy.Setup setup = new SimulatedProxy.Setup();
        setup.handshakeTimeoutNs = 0;
        try (SimulatedProxy proxy = new SimulatedProxy(setup))
        {
            SimulatedConnection.PeerEnd silent = proxy.connectSilently();
            SimulatedConnection.PeerEnd incomplete = proxy.connectSilently();
            SimulatedConnection.PeerEnd wrong = proxy.connectSilently();
            incomplete.write(new byte[63]);
            wrong.write(new byte[64]);
            proxy.advance(3 * 3600 * SECOND);

            assertEquals(3, proxy.counter(ProxyCounter.SPECIAL_CONNECTIONS));
            for (SimulatedConnection.PeerEnd end : List.of(silent, incomplete, wrong))
            {
                assertFalse(end.isClosedByEngine());
                assertEquals(0, end.read(100).length);
            }
            proxy.verifyClean();
        }
    }

    /** [P-OBF-17] the header accepted, there is no timer any more. [P-OBF-52] */
    @Test
    void shouldForgetTimeoutOnceHeaderIsAccepted() throws IOException
    {
        try (SimulatedProxy proxy = new SimulatedProxy(new SimulatedProxy.Setup()))
        {
            SimulatedClient client = proxy.connect(Transport.PADDED, 2);
            proxy.advance(400 * SECOND);

            assertFalse(client.end.isClosedByEngine());
            assertEquals(0, proxy.closed(CloseReason.HANDSHAKE_TIMEOUT));
            proxy.verifyClean();
        }
    }

    /** [P-OBF-17] what follows a header of the wrong secret is thrown away, and nothing is kept of it. */
    @Test
    void shouldDiscardEverythingAfterHeaderOfWrongSecret() throws IOException
    {
        try (SimulatedProxy proxy = new SimulatedProxy(new SimulatedProxy.Setup()))
        {
            proxy.awaitLinks();
            SimulatedClient client =
                proxy.connect(ClientOptions.of(Transport.PADDED, SimulatedProxy.clientSecret(9), 2, 5));
            for (int i = 0; i < 20; i++)
            {
                client.sendRaw(client.peer.frame(Payloads.encrypted(1, 100_000, proxy.random), false));
            }
            proxy.advance(2 * SECOND);

            assertTrue(client.isSent());
            assertEquals(0, proxy.counter(ProxyCounter.FRAMES_TO_DATACENTER));
            assertEquals(0, proxy.counter(ProxyCounter.BUFFERS_USED));
            assertEquals(0, client.events().size());
            assertFalse(client.end.isClosedByEngine());
            client.end.end();
            proxy.advance(10 * MS);
            assertEquals(1, proxy.closed(CloseReason.PEER_END));
            proxy.verifyClean();
        }
    }

    /** [P-OBF-18] [P-OBF-13] */
    @ParameterizedTest
    @EnumSource(names = {"ABRIDGED", "INTERMEDIATE", "PADDED"})
    void shouldTakeEverythingByteByByte(Transport transport) throws IOException
    {
        try (SimulatedProxy proxy = new SimulatedProxy(new SimulatedProxy.Setup()))
        {
            DatacenterRecord record = DatacenterRecord.of(proxy);
            proxy.awaitLinks();
            SimulatedClient client = proxy.connect(transport, 2);
            SimulatedConnection.PeerEnd end = client.end;
            byte[] first = Payloads.encrypted(1, 64, proxy.random);
            byte[] second = Payloads.encrypted(1, 1024, proxy.random);
            proxy.clients.clear();
            for (byte[] part : List.of(client.peer.start(), client.peer.frame(first, false),
                client.peer.frame(second, true)))
            {
                for (byte b : part)
                {
                    end.write(new byte[]{b});
                    proxy.step();
                }
            }
            proxy.clients.add(client);
            client.dropUnsent();
            proxy.advance(10 * MS);

            assertEquals(2, record.requests.size());
            assertArrayEquals(first, record.requests.get(0).payload());
            assertArrayEquals(second, record.requests.get(1).payload());
            proxy.verifyClean();
        }
    }

    /** [P-OBF-10] [P-OBF-18] cut in two at each place of header and first frame. */
    @ParameterizedTest
    @EnumSource(names = {"ABRIDGED", "INTERMEDIATE", "PADDED"})
    void shouldTakeHeaderAndFrameCutAnywhere(Transport transport) throws IOException
    {
        try (SimulatedProxy proxy = new SimulatedProxy(new SimulatedProxy.Setup()))
        {
            DatacenterRecord record = DatacenterRecord.of(proxy);
            proxy.awaitLinks();
            int length = 64;
            for (int cut = 1; cut < length; cut++)
            {
                SimulatedClient client = proxy.connect(transport, 2);
                byte[] payload = Payloads.encrypted(1, 56, proxy.random);
                byte[] frame = client.peer.frame(payload, false);
                byte[] wire = Arrays.copyOf(client.peer.start(), 64 + frame.length);
                System.arraycopy(frame, 0, wire, 64, frame.length);
                length = wire.length;
                client.dropUnsent();
                client.sendRaw(Arrays.copyOf(wire, cut));
                proxy.advance(2 * MS);
                client.sendRaw(Arrays.copyOfRange(wire, cut, wire.length));
                proxy.advance(2 * MS);

                assertEquals(cut, record.requests.size());
                assertArrayEquals(payload, record.lastRequest().payload());
                client.end.end();
            }
            proxy.verifyClean();
        }
    }

    /** [P-OBF-15] [C-CLT-02] each of many secrets opens its clients' headers. [P-OBF-03] [P-OBF-12] */
    @Test
    void shouldTryAllOf128Secrets() throws IOException
    {
        SimulatedProxy.Setup setup = new SimulatedProxy.Setup();
        setup.secretCount = 128;
        try (SimulatedProxy proxy = new SimulatedProxy(setup))
        {
            DatacenterRecord record = DatacenterRecord.of(proxy);
            proxy.awaitLinks();
            for (int secret : new int[]{0, 1, 63, 126, 127})
            {
                SimulatedClient client = proxy.connect(
                    ClientOptions.of(Transport.PADDED, SimulatedProxy.clientSecret(secret), 2, 77 + secret));
                client.send(Payloads.encrypted(1, 64, proxy.random), false);
                proxy.advance(5 * MS);
                record.answer("answer56".getBytes(US_ASCII));
                proxy.advance(5 * MS);

                assertEquals(1, client.peer.packets().size());
                assertEquals(1, proxy.addressCount(secret), "counted under its secret");
            }
            assertEquals(0, proxy.addressCount(2));
            proxy.verifyClean();
        }
    }

    /** [P-OBF-03] [P-OBF-12] without secrets every header with a known tag is good, keyed without a digest. */
    @ParameterizedTest
    @EnumSource(names = {"ABRIDGED", "INTERMEDIATE", "PADDED"})
    void shouldServeWithoutSecrets(Transport transport) throws IOException
    {
        SimulatedProxy.Setup setup = new SimulatedProxy.Setup();
        setup.secretCount = 0;
        try (SimulatedProxy proxy = new SimulatedProxy(setup))
        {
            DatacenterRecord record = DatacenterRecord.of(proxy);
            proxy.awaitLinks();
            SimulatedClient client = proxy.connect(transport, 2);
            client.send(Payloads.encrypted(1, 64, proxy.random), false);
            proxy.advance(5 * MS);
            record.answer("answer56".getBytes(US_ASCII));
            proxy.advance(5 * MS);

            assertEquals(1, client.peer.packets().size());
            proxy.verifyClean();
        }
    }

    /** [P-OBF-14] a header with another tag opens nothing. */
    @Test
    void shouldRejectUnknownTag() throws IOException
    {
        try (SimulatedProxy proxy = new SimulatedProxy(new SimulatedProxy.Setup()))
        {
            byte[] header = new byte[64];
            new SplittableRandom(3).nextBytes(header);
            Arrays.fill(header, 56, 60, (byte)0xcc);
            SimulatedClient client = proxy.connectWithHeader(
                ClientOptions.of(Transport.PADDED, SimulatedProxy.clientSecret(0), 2, 1), header);
            client.sendRaw(client.peer.frame(Payloads.encrypted(1, 64, proxy.random), false));
            proxy.advance(10 * MS);

            assertEquals(1, proxy.counter(ProxyCounter.HANDSHAKES_REJECTED));
            assertEquals(0, proxy.counter(ProxyCounter.HANDSHAKES_ACCEPTED));
            assertFalse(client.end.isClosedByEngine());
            proxy.verifyClean();
        }
    }
}
