// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.sim;

import static io.mtproxy.engine.sim.FakeTlsWorld.DOMAIN;
import static io.mtproxy.engine.sim.FakeTlsWorld.SECOND_DOMAIN;
import static io.mtproxy.engine.sim.FakeTlsWorld.SECOND_NS;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mtproxy.engine.agent.OriginProber;
import io.mtproxy.engine.status.ProxyCounter;
import io.mtproxy.engine.transport.AfterHandshake;
import io.mtproxy.engine.transport.OriginProfile;
import io.mtproxy.soak.ClientOptions;
import io.mtproxy.soak.ClientPeer;
import io.mtproxy.soak.FakeTlsClientPeer;
import io.mtproxy.soak.Payloads;
import io.mtproxy.soak.Transport;
import java.io.IOException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients that speak fake-TLS, through the whole engine. [C-CLT-20] */
final class FakeTlsSimulationTest
{
    private static final byte[] CHANGE_CIPHER_SPEC = HexFormat.of().parseHex("140303000101");

    /** [P-TLS-21] [P-TLS-32] [P-TLS-35] */
    @Test
    void shouldRelayBothWaysInsideRecords() throws IOException
    {
        try (FakeTlsWorld world = new FakeTlsWorld())
        {
            byte[] answer = world.bytes(100_000);
            world.answerWith(answer);
            SimulatedTlsClient client = world.connect(1, DOMAIN);
            client.send(Payloads.encrypted(42, 256, world.random));
            client.send(Payloads.encrypted(42, 60_000, world.random));
            world.advanceSome();

            assertEquals("", client.peer.violation());
            assertEquals(2, client.peer.stream().packets().size());
            assertTrue(client.peer.stream().isPayload(answer, client.peer.stream().packets().getFirst()));
            assertEquals(AfterHandshake.RECORD_LENGTH_MAX, client.peer.recordLengthMax());
            assertEquals(2, world.count(ProxyCounter.FRAMES_TO_DATACENTER));
            assertEquals(1, world.count(ProxyCounter.FAKE_TLS_HELLOS_ACCEPTED));
            assertEquals(1, world.count(ProxyCounter.CONNECTIONS_PADDED));
            client.pipe.end();
            world.verifyNothingLeft();
        }
    }

    /** [P-TLS-11] [P-TLS-34] [P-TLS-35] Whatever the network cuts and delays, whoever is slow. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
    void shouldRelayThroughACuttingNetwork(long seed) throws IOException
    {
        try (FakeTlsWorld world = new FakeTlsWorld(setup ->
        {
            setup.seed = seed;
            setup.isCutting = true;
        }))
        {
            world.proxy.network.capacityMax = 1 << 11 + world.random.nextInt(7);
            byte[] answer = world.bytes(4 * (1 + world.random.nextInt(60_000)));
            world.answerWith(answer);
            int stamp = world.nowSeconds();
            byte[] hello = world.hello(0, SECOND_DOMAIN, stamp, 512 + world.random.nextInt(2000));
            FakeTlsClientPeer peer = new FakeTlsClientPeer(world.options(0, Transport.PADDED), hello);
            byte[] sent = world.random.nextBoolean() ?
                hello :
                FakeTlsClientPeer.cut(hello,
                    1 + world.random.nextInt(500), 1 + world.random.nextInt(300));
            SimulatedTlsClient client = world.add(new SimulatedTlsClient(peer, world.proxy.connectRaw(), sent));
            int count = 1 + world.random.nextInt(8);
            for (int i = 0; i < count; i++)
            {
                client.send(Payloads.encrypted(42, 4 * (14 + world.random.nextInt(30_000)), world.random));
            }
            for (int i = 0; i < 20; i++)
            {
                client.pipe.isReadingPaused = world.random.nextInt(3) == 0;
                world.advanceSome();
            }
            client.pipe.isReadingPaused = false;
            world.advance(20 * SECOND_NS);

            assertEquals("", peer.violation());
            assertEquals(count, peer.stream().packets().size(), () -> "accepted " + peer.isAccepted() + ", " +
                world.proxy.counters());
            for (byte[] packet : peer.stream().packets())
            {
                assertTrue(peer.stream().isPayload(answer, packet));
            }
            assertTrue(peer.recordLengthMax() <= AfterHandshake.RECORD_LENGTH_MAX);
            client.pipe.end();
            world.verifyNothingLeft();
        }
    }

    /** [P-TLS-35] What one turn brings shares records, as what one write of C does. */
    @Test
    void shouldShareRecordsBetweenAnswersOfOneTurn() throws IOException
    {
        try (FakeTlsWorld world = new FakeTlsWorld())
        {
            world.proxy.datacenters.getFirst().onEvent = (link, event) ->
            {
                if (event instanceof io.mtproxy.soak.DatacenterEvent.ProxyRequest request)
                {
                    for (int i = 0; i < 10; i++)
                    {
                        link.peer.answer(request.extConnectionId(), 0, new byte[100]);
                    }
                }
            };
            SimulatedTlsClient client = world.connect(0, DOMAIN);
            client.send(Payloads.encrypted(42, 256, world.random));
            world.advanceSome();

            assertEquals(10, client.peer.stream().packets().size());
            assertEquals(1, client.peer.recordCount());
        }
    }

    /** [P-TLS-35] Records are as long as those of the domain that the hello has named. */
    @Test
    void shouldMakeRecordsAsTheDomainDoes() throws IOException
    {
        try (FakeTlsWorld world = new FakeTlsWorld())
        {
            OriginProfile plain = OriginProfile.of(false, 3000);
            world.find(DOMAIN, FakeTlsWorld.address(1), new OriginProfile(plain.hello(), plain.flight(),
                new AfterHandshake(List.of(), List.of(new AfterHandshake.Step(0, 2000))), plain.delays()));
            world.advance(61 * SECOND_NS);
            world.answerWith(world.bytes(100_000));
            SimulatedTlsClient client = world.connect(0, DOMAIN);
            SimulatedTlsClient second = world.connect(0, SECOND_DOMAIN);
            client.send(Payloads.encrypted(42, 256, world.random));
            second.send(Payloads.encrypted(42, 256, world.random));
            world.advanceSome();
            assertEquals(1, client.peer.stream().packets().size());
            assertEquals(2000, client.peer.recordLengthMax());
            assertEquals(AfterHandshake.RECORD_LENGTH_MAX, second.peer.recordLengthMax());
        }
    }

    /** [P-TLS-02] [P-TLS-24] [P-TLS-53] [C-CLT-23] [C-BUG-16] Defaults first, then what was learnt. */
    @Test
    void shouldAnswerByWhatIsKnownOfTheDomain() throws IOException
    {
        try (FakeTlsWorld world = new FakeTlsWorld())
        {
            SimulatedTlsClient client = world.connect(0, DOMAIN);
            SimulatedTlsClient second = world.connect(0, SECOND_DOMAIN);
            world.advanceSome();
            int length = client.peer.flight().length - 138;
            assertTrue(length >= 2499 && length <= 3620, "length " + length);
            assertEquals(0x33, client.peer.flight()[82]);
            assertEquals(138 + 4242, second.peer.flight().length);
            assertEquals(0x2b, second.peer.flight()[82]);

            world.find(DOMAIN, FakeTlsWorld.address(1), OriginProfile.of(true, 9000));
            world.advance(61 * SECOND_NS);
            client = world.connect(0, DOMAIN);
            world.advanceSome();
            assertEquals(138 + 9000, client.peer.flight().length);
            assertEquals(0x2b, client.peer.flight()[82]);

            // a look that fails takes nothing away
            world.findings.put(DOMAIN, new OriginProber.Finding(null, false, null, "name server is away"));
            world.advance(3601 * SECOND_NS);
            client = world.connect(0, DOMAIN);
            world.advanceSome();
            assertEquals(138 + 9000, client.peer.flight().length);
        }
    }

    /** [P-TLS-32] All secrets are tried on the header, not only the one of the hello. */
    @Test
    void shouldTakeAnySecretInside() throws IOException
    {
        try (FakeTlsWorld world = new FakeTlsWorld())
        {
            byte[] answer = world.bytes(64);
            world.answerWith(answer);
            byte[] hello = world.hello(0, DOMAIN, world.nowSeconds(), 512);
            SimulatedPipe pipe = world.connectRaw(hello);
            world.advanceSome();
            ClientPeer inner = new ClientPeer(world.options(1, Transport.PADDED));
            byte[] header = inner.start();
            pipe.send(CHANGE_CIPHER_SPEC).send(FakeTlsClientPeer.record(header))
                .send(FakeTlsClientPeer.record(inner.frame(Payloads.encrypted(42, 256, world.random), false)));
            world.advanceSome();
            assertEquals(1, world.count(ProxyCounter.FRAMES_TO_DATACENTER));
            assertEquals(1, world.count(ProxyCounter.ANSWERS_TO_CLIENT));
        }
    }

    /** [P-TLS-33] Another framing inside: the domain gets the stream, without what was around its first record. */
    @ParameterizedTest
    @ValueSource(strings = {"ABRIDGED", "INTERMEDIATE"})
    void shouldPassOtherFramingsOn(String transport) throws IOException
    {
        try (FakeTlsWorld world = new FakeTlsWorld())
        {
            SimulatedPipe pipe = world.connectRaw(world.hello(0, SECOND_DOMAIN, world.nowSeconds(), 512));
            world.advanceSome();
            ClientPeer inner = new ClientPeer(world.options(0, Transport.valueOf(transport)));
            byte[] header = inner.start();
            byte[] more = FakeTlsClientPeer.record(world.bytes(50));
            pipe.send(CHANGE_CIPHER_SPEC).send(FakeTlsClientPeer.record(header)).send(more);
            world.advanceSome();

            byte[] seen = world.origin.only().received();
            assertArrayEquals(concat(header, more), seen);
            assertEquals(0, world.secondOrigin.connections.size());
            pipe.end();
            world.origin.only().end();
            world.verifyNothingLeft();
        }
    }

    /** [P-TLS-33] [P-OBF-17] No secret opens the header: silence, then the domain, without what was thrown away. */
    @Test
    void shouldDiscardAndPassOnAfterTenSeconds() throws IOException
    {
        try (FakeTlsWorld world = new FakeTlsWorld())
        {
            SimulatedPipe pipe = world.connectRaw(world.hello(0, DOMAIN, world.nowSeconds(), 512));
            world.advanceSome();
            int flightLength = pipe.received().length;
            assertTrue(flightLength > 138);
            pipe.send(CHANGE_CIPHER_SPEC).send(FakeTlsClientPeer.record(world.bytes(100)));
            world.advance(9 * SECOND_NS);
            assertEquals(0, world.origin.connections.size());
            assertFalse(pipe.isAtEnd());
            world.advance(2 * SECOND_NS);

            assertEquals(0, world.origin.only().received().length);
            pipe.send("more".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
            world.origin.only().send(new byte[]{1, 2, 3});
            world.advanceSome();
            assertEquals("more", new String(world.origin.only().received(),
                java.nio.charset.StandardCharsets.US_ASCII));
            assertEquals(flightLength + 3, pipe.received().length);
        }
    }

    /** [P-TLS-31] */
    @Test
    void shouldCloseAfterAWrongFirstRecord() throws IOException
    {
        try (FakeTlsWorld world = new FakeTlsWorld())
        {
            String[] wrong = {"140301000101" + "1703030040", "170303004000000000000000", "140303000101" + "170303003f"};
            for (int i = 0; i < wrong.length; i++)
            {
                SimulatedPipe pipe = world.connectRaw(world.hello(0, DOMAIN, world.nowSeconds(), 512));
                world.advanceSome();
                pipe.send(HexFormat.of().parseHex(wrong[i]));
                world.advanceSome();
                assertTrue(pipe.isAtEnd(), wrong[i]);
                assertEquals(i + 1, world.count(ProxyCounter.CLOSED_MALFORMED_RECORD));
            }
            assertEquals(0, world.origin.connections.size());
            world.verifyNothingLeft();
        }
    }

    /** [P-TLS-34] What came before a wrong record is still forwarded. */
    @ParameterizedTest
    @ValueSource(strings = {"140303000101", "15030300020100", "1703010004aabbccdd"})
    void shouldCloseAfterAWrongLaterRecord(String wrong) throws IOException
    {
        try (FakeTlsWorld world = new FakeTlsWorld())
        {
            SimulatedTlsClient client = world.connect(0, DOMAIN);
            client.send(Payloads.encrypted(42, 256, world.random));
            world.advanceSome();
            client.pipe.send(concat(client.peer.frame(Payloads.encrypted(42, 300, world.random), false),
                HexFormat.of().parseHex(wrong)));
            world.advanceSome();

            assertTrue(client.pipe.isAtEnd());
            assertEquals(1, world.count(ProxyCounter.CLOSED_MALFORMED_RECORD));
            assertEquals(2, world.count(ProxyCounter.FRAMES_TO_DATACENTER));
            world.verifyNothingLeft();
        }
    }

    /** [P-TLS-34] Empty records, and the longest there can be. */
    @Test
    void shouldTakeRecordsOfAnyLength() throws IOException
    {
        try (FakeTlsWorld world = new FakeTlsWorld())
        {
            world.answerWith(new byte[64]);
            ClientOptions options = world.options(0, Transport.PADDED);
            SimulatedTlsClient client = world.connect(new FakeTlsClientPeer(options, DOMAIN, world.nowSeconds()));
            client.send(Payloads.encrypted(42, 256, world.random));
            world.advanceSome();
            byte[] frame = client.peer.stream().frame(Payloads.encrypted(42, 200_000, world.random), false);
            client.pipe.send(FakeTlsClientPeer.record(new byte[0]));
            client.pipe.send(FakeTlsClientPeer.records(frame, 65_535));
            client.pipe.send(FakeTlsClientPeer.record(new byte[0]));
            world.advanceSome();
            assertEquals(2, world.count(ProxyCounter.FRAMES_TO_DATACENTER));
            assertEquals(2, client.peer.stream().packets().size());
        }
    }

    /** [P-TLS-20] [P-TLS-17] [C-CLT-24] A hello is answered once, and only in its time. */
    @Test
    void shouldAnswerAHelloOnce() throws IOException
    {
        try (FakeTlsWorld world = new FakeTlsWorld())
        {
            byte[] hello = world.hello(1, SECOND_DOMAIN, world.nowSeconds(), 517);
            SimulatedPipe first = world.connectRaw(hello);
            world.advanceSome();
            assertEquals(138 + 4242, first.received().length);
            SimulatedPipe again = world.connectRaw(hello);
            world.advanceSome();

            assertEquals(0, again.received().length);
            assertArrayEquals(hello, world.secondOrigin.only().received());
            assertEquals(1, world.count(ProxyCounter.FAKE_TLS_HELLOS_REPLAYED));

            int[] stamps = {4, -601};
            for (int i = 0; i < stamps.length; i++)
            {
                byte[] late = world.hello(1, SECOND_DOMAIN, world.nowSeconds() + stamps[i], 517);
                world.connectRaw(late);
                world.advanceSome();
                assertArrayEquals(late, world.secondOrigin.connections.get(1 + i).received());
                assertEquals(1 + i, world.count(ProxyCounter.FAKE_TLS_HELLOS_OUT_OF_TIME));
            }
            assertEquals(2, world.refusals(), "counted for the secret that was shown");
        }
    }

    /** What a client gets when it reads nothing stays bounded, in records too. [C-LIM-11] */
    @Test
    void shouldCloseASlowClient() throws IOException
    {
        try (FakeTlsWorld world = new FakeTlsWorld(setup -> setup.clientBufferLength = 256 * 1024))
        {
            world.answerWith(new byte[200_000]);
            SimulatedTlsClient client = world.connect(0, DOMAIN);
            client.send(Payloads.encrypted(42, 256, world.random));
            world.advanceSome();
            client.pipe.isReadingPaused = true;
            for (int i = 0; i < 12; i++)
            {
                client.send(Payloads.encrypted(42, 256, world.random));
                world.advanceSome();
            }
            assertEquals(1, world.count(ProxyCounter.CLOSED_SLOW_CLIENT));
            world.verifyNothingLeft();
        }
    }

    private static byte[] concat(byte[] first, byte[] second)
    {
        byte[] both = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        return both;
    }
}
