// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.sim;

import static io.mtproxy.engine.sim.FakeTlsWorld.DOMAIN;
import static io.mtproxy.engine.sim.FakeTlsWorld.SECOND_DOMAIN;
import static io.mtproxy.engine.sim.FakeTlsWorld.SECOND_NS;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mtproxy.engine.EngineConfig;
import io.mtproxy.engine.agent.OriginProber;
import io.mtproxy.engine.config.SecretList;
import io.mtproxy.engine.memory.ChunkPool;
import io.mtproxy.engine.status.ProxyCounter;
import io.mtproxy.soak.ClientPeer;
import io.mtproxy.soak.FakeTlsClientPeer;
import io.mtproxy.soak.Transport;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Everything that is not ours is the domain's: what it gets, what it says, how it ends. [P-TLS-60] */
final class FrontingSimulationTest
{
    private static final byte[] HTTP = "GET / HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(US_ASCII);

    /** [P-TLS-10] [P-TLS-12] [C-CLT-20] */
    @Test
    void shouldPassEverythingElseOnFromTheFirstByte() throws IOException
    {
        try (FakeTlsWorld world = new FakeTlsWorld())
        {
            byte[] good = world.hello(0, DOMAIN, world.nowSeconds(), 512);
            byte[] flipped = good.clone();
            flipped[300] ^= 1;
            byte[] stranger = FakeTlsClientPeer.hello(world.bytes(16), DOMAIN, world.nowSeconds(), world.random, 600);
            byte[] plain = new ClientPeer(world.options(0, Transport.PADDED)).start();
            byte[][] cases = {HTTP, plain, flipped, stranger, Arrays.copyOf(good, good.length + 1),
                world.hello(0, "example.com", world.nowSeconds(), 512), world.hello(0, "", world.nowSeconds(), 512),
                world.hello(0, "x".repeat(255), world.nowSeconds(), 512), world.bytes(20_000),
                world.hello(0, DOMAIN, world.nowSeconds(), 400)};
            for (int i = 0; i < cases.length; i++)
            {
                SimulatedPipe client = world.connectRaw(cases[i]);
                world.advanceSome();
                assertEquals(i + 1, world.origin.connections.size(), "case " + i);
                SimulatedPipe origin = world.origin.connections.get(i);
                assertArrayEquals(cases[i], origin.received(), "case " + i);
                byte[] page = world.bytes(300_000);
                origin.send(page);
                world.advanceSome();
                assertArrayEquals(page, client.received(), "case " + i);
            }
            assertEquals(cases.length, world.count(ProxyCounter.FRONTED_CONNECTIONS));
            assertEquals(0, world.count(ProxyCounter.FAKE_TLS_HELLOS_ACCEPTED));
            world.verifyNoErrors();
        }
    }

    /**
     * [P-TLS-12] [P-TLS-30] Cut off or with a byte changed anywhere: at the latest after ten seconds a domain has exactly
     * the bytes that were sent. Of a good hello only the stamp can be changed, as it is not signed.
     */
    @Test
    void shouldPassOnExactlyWhatWasSentWhateverIsChanged() throws IOException
    {
        try (FakeTlsWorld world = new FakeTlsWorld(setup ->
        {
            setup.clientCountMax = 3000;
            setup.connectionCountMax = 3000;
        }))
        {
            List<byte[]> sent = new ArrayList<>();
            byte[] good = world.hello(0, SECOND_DOMAIN, world.nowSeconds(), 512);
            for (int at = 0; at < good.length; at++)
            {
                sent.add(Arrays.copyOf(good, at));
                if (at < 39 || at >= 43)
                {
                    byte[] flipped = good.clone();
                    flipped[at] ^= (byte)(1 << world.random.nextInt(8));
                    sent.add(flipped);
                }
            }
            sent.forEach(world::connectRaw);
            world.advance(11 * SECOND_NS);

            assertEquals(sent.size(), world.count(ProxyCounter.FRONTED_CONNECTIONS));
            assertEquals(0, world.count(ProxyCounter.FAKE_TLS_HELLOS_ACCEPTED));
            assertEquals(sorted(sent.stream()), sorted(Stream.concat(world.origin.connections.stream(),
                world.secondOrigin.connections.stream()).map(SimulatedPipe::received)));
            world.verifyNoErrors();
        }
    }

    /**
     * Starts of strangers once used up the chunks that clients need, while they waited and again while the domain was being
     * connected to for all of them at once: some were closed, and good clients with them. [C-LIM-10] [P-TLS-30]
     */
    @ParameterizedTest
    @ValueSource(ints = {0, 3, 12, 200, 1000})
    void shouldHoldNoBuffersForSmallStartsOfStrangers(int length) throws IOException
    {
        int count = 500;
        try (FakeTlsWorld world = new FakeTlsWorld(setup ->
        {
            // sixteen chunks for each agent
            setup.messageBuffersLength = 32L * ChunkPool.CHUNK_LENGTH;
        }))
        {
            List<byte[]> sent = new ArrayList<>();
            for (int i = 0; i < count; i++)
            {
                sent.add(Arrays.copyOf(world.hello(0, DOMAIN, world.nowSeconds(), 1200), length));
            }
            sent.forEach(world::connectRaw);
            world.advance(SECOND_NS);
            assertEquals(0, world.count(ProxyCounter.BUFFERS_USED));
            SimulatedTlsClient good = world.connect(0, DOMAIN);
            world.advanceSome();
            assertTrue(good.peer.isAccepted());
            good.pipe.end();
            world.advance(10 * SECOND_NS);

            assertEquals(count, world.count(ProxyCounter.FRONTED_CONNECTIONS));
            assertEquals(sorted(sent.stream()), sorted(world.origin.connections.stream().map(SimulatedPipe::received)));
            assertEquals(0, world.count(ProxyCounter.CLOSED_LRU));
            assertEquals(0, world.count(ProxyCounter.CLOSED_BUFFERS_EXHAUSTED));
            // the good client's answer, and what links said, were in some
            assertTrue(world.count(ProxyCounter.BUFFERS_USED_PEAK) <= 6,
                () -> world.count(ProxyCounter.BUFFERS_USED_PEAK) + " chunks");
            world.verifyNoErrors();
        }
    }

    /** What comes while the domain is being connected to goes there in its order, be it a little or more. [P-TLS-60] */
    @Test
    void shouldKeepTheOrderOfWhatComesBeforeTheDomainIsConnected() throws IOException
    {
        try (FakeTlsWorld world = new FakeTlsWorld())
        {
            byte[] sent = world.bytes(9_000);
            sent[0] = 'G';
            SimulatedPipe client = world.connectRaw(Arrays.copyOf(sent, 300));
            for (int at = 300; at < sent.length; at += 300)
            {
                world.proxy.step();
                client.send(Arrays.copyOfRange(sent, at, at + 300));
            }
            world.advanceSome();
            assertArrayEquals(sent, world.origin.connections.getFirst().received());
            world.verifyNoErrors();
        }
    }

    private static List<String> sorted(Stream<byte[]> bytes)
    {
        return bytes.map(HexFormat.of()::formatHex).sorted().toList();
    }

    /** [P-TLS-12] A refused hello goes to the domain it names. */
    @Test
    void shouldPassOnToTheDomainThatIsNamed() throws IOException
    {
        try (FakeTlsWorld world = new FakeTlsWorld())
        {
            byte[] hello = FakeTlsClientPeer.hello(world.bytes(16), SECOND_DOMAIN, world.nowSeconds(), world.random,
                512);
            world.connectRaw(hello);
            world.advanceSome();
            assertArrayEquals(hello, world.secondOrigin.only().received());
            assertEquals(0, world.origin.connections.size());
            assertEquals(1, world.count(ProxyCounter.FAKE_TLS_HELLOS_REJECTED));
        }
    }

    /** [P-TLS-60] Port 80 goes to port 80, whatever is said there. */
    @Test
    void shouldPassPort80OnToPort80() throws IOException
    {
        try (FakeTlsWorld world = new FakeTlsWorld(setup -> setup.port = 80))
        {
            world.connectRaw(HTTP);
            world.connectRaw(world.hello(0, SECOND_DOMAIN, world.nowSeconds(), 512));
            world.advanceSome();
            assertArrayEquals(HTTP, world.origin.only().received());
            assertEquals(517, world.secondOrigin.only().received().length);
        }
    }

    /** [P-TLS-30] [C-CLT-21] [C-LIM-21] Ten seconds after accept, with what there is. */
    @ParameterizedTest
    @ValueSource(ints = {0, 3, 8, 9, 516})
    void shouldPassOnWhatIsIncompleteAfterTenSeconds(int length) throws IOException
    {
        try (FakeTlsWorld world = new FakeTlsWorld())
        {
            byte[] part = Arrays.copyOf(world.hello(0, SECOND_DOMAIN, world.nowSeconds(), 512), length);
            SimulatedPipe client = world.connectRaw(part);
            world.advance(9_950_000_000L);
            assertEquals(0, world.origin.connections.size());
            world.advance(300_000_000L);

            assertArrayEquals(part, world.origin.only().received());
            world.origin.only().send("220 hello".getBytes(US_ASCII));
            world.advanceSome();
            assertEquals("220 hello", new String(client.received(), US_ASCII));
            client.end();
            world.origin.only().end();
            world.verifyNothingLeft();
        }
    }

    /** [P-TLS-30] A hello that was answered and not followed up, and half a record after it. */
    @ParameterizedTest
    @ValueSource(ints = {0, 5, 40})
    void shouldPassOnWhoSaysNothingAfterTheFlight(int length) throws IOException
    {
        try (FakeTlsWorld world = new FakeTlsWorld())
        {
            SimulatedPipe client = world.connectRaw(world.hello(0, DOMAIN, world.nowSeconds(), 512));
            world.advance(5 * SECOND_NS);
            assertTrue(client.received().length > 138);
            byte[] part = Arrays.copyOf(HexFormat.of().parseHex("1403030001011703030040" + "55".repeat(64)),
                length);
            client.send(part);
            world.advance(6 * SECOND_NS);
            assertArrayEquals(part, world.origin.only().received());
        }
    }

    /** A start that is cut off by its sender: the domain says what it says to that. */
    @Test
    void shouldPassOnHalfAHelloAndItsEnd() throws IOException
    {
        try (FakeTlsWorld world = new FakeTlsWorld())
        {
            byte[] part = Arrays.copyOf(world.hello(0, DOMAIN, world.nowSeconds(), 512), 100);
            SimulatedPipe client = world.connectRaw(part);
            client.end();
            world.advanceSome();
            SimulatedPipe origin = world.origin.only();
            assertArrayEquals(part, origin.received());
            assertTrue(origin.isAtEnd());
            origin.send("alert".getBytes(US_ASCII));
            origin.end();
            world.advanceSome();
            assertEquals("alert", new String(client.received(), US_ASCII));
            assertTrue(client.isAtEnd());
            assertEquals(1, world.count(ProxyCounter.CLOSED_PEER_END));
            world.verifyNothingLeft();

            world.connectRaw(new byte[0]).end();
            world.advanceSome();
            assertTrue(world.origin.connections.get(1).isAtEnd());
        }
    }

    /** [P-TLS-60] An end is passed on as an end, and the other way goes on. */
    @Test
    void shouldPassEndsOnEachWay() throws IOException
    {
        try (FakeTlsWorld world = new FakeTlsWorld())
        {
            SimulatedPipe client = world.connectRaw(HTTP);
            world.advanceSome();
            SimulatedPipe origin = world.origin.only();
            origin.send("page".getBytes(US_ASCII));
            origin.end();
            world.advanceSome();
            assertEquals("page", new String(client.received(), US_ASCII));
            assertTrue(client.isAtEnd());
            assertFalse(origin.isAtEnd());
            client.send("still here".getBytes(US_ASCII));
            world.advanceSome();
            assertTrue(new String(origin.received(), US_ASCII).endsWith("still here"));
            client.end();
            world.advanceSome();
            assertTrue(origin.isAtEnd());
            assertFalse(client.end.isResetByEngine());
            assertEquals(1, world.count(ProxyCounter.CLOSED_FRONT_END));
            world.verifyNothingLeft();
        }
    }

    /** [P-TLS-60] A reset is passed on as a reset. */
    @Test
    void shouldPassResetsOn() throws IOException
    {
        try (FakeTlsWorld world = new FakeTlsWorld())
        {
            SimulatedPipe client = world.connectRaw(HTTP);
            world.advanceSome();
            world.origin.only().reset();
            world.advanceSome();
            assertTrue(client.end.isResetByEngine());
            assertEquals(1, world.count(ProxyCounter.CLOSED_FRONT_RESET));

            SimulatedPipe second = world.connectRaw(HTTP);
            world.advanceSome();
            second.reset();
            world.advanceSome();
            assertTrue(world.origin.connections.get(1).end.isResetByEngine());
            assertEquals(1, world.count(ProxyCounter.CLOSED_PEER_RESET));
            world.verifyNothingLeft();
        }
    }

    /** [P-TLS-50] [P-TLS-60] [C-CLT-22] No address, nobody there. */
    @Test
    void shouldCloseWhatCannotBePassedOn() throws IOException
    {
        try (FakeTlsWorld world = new FakeTlsWorld(setup -> setup.originProber =
            (domain, early) -> new OriginProber.Finding(domain.equals(DOMAIN) ? null : FakeTlsWorld.address(77), false,
                null,
                "nothing")))
        {
            SimulatedPipe client = world.connectRaw(HTTP);
            world.advanceSome();
            assertTrue(client.isAtEnd());
            assertEquals(0, client.received().length);
            assertEquals(1, world.count(ProxyCounter.CLOSED_FRONT_UNRESOLVED));

            SimulatedPipe second = world.connectRaw(
                FakeTlsClientPeer.hello(world.bytes(16), SECOND_DOMAIN, world.nowSeconds(), world.random, 512));
            world.advanceSome();
            assertTrue(second.isAtEnd());
            assertEquals(1, world.count(ProxyCounter.CLOSED_FRONT_UNREACHABLE));
            world.verifyNothingLeft();

            SimulatedTlsClient good = world.connect(0, DOMAIN);
            world.advanceSome();
            assertTrue(good.peer.isAccepted());
        }
    }

    /** [C-EXIT-19] The proxy starts all the same and says once what is wrong. */
    @Test
    void shouldWarnOnceOfADomainThatCannotBeImitated() throws IOException
    {
        List<String> lines = new ArrayList<>();
        try (FakeTlsWorld world = new FakeTlsWorld(
            setup -> setup.collaborators = context -> context.log(lines::add)))
        {
            world.advance(200 * SECOND_NS);
            assertEquals(1, lines.size(), lines.toString());
            assertTrue(lines.getFirst().startsWith("domain " + DOMAIN + ": no TLS 1.3"), lines.getFirst());
        }
    }

    /** [P-TLS-60] A domain that is this proxy would be a connection without end. */
    @Test
    void shouldNotPassOnToItself() throws IOException
    {
        try (FakeTlsWorld world = new FakeTlsWorld(setup ->
        {
            setup.port = 443;
            setup.originProber = (domain, early) -> new OriginProber.Finding(domain.equals(DOMAIN) ?
                java.net.InetAddress.getLoopbackAddress() :
                FakeTlsWorld.address(9), domain.equals(SECOND_DOMAIN), null, "nothing");
        }))
        {
            assertTrue(closesAsItself(world, HTTP, 1));
            assertTrue(closesAsItself(world,
                FakeTlsClientPeer.hello(world.bytes(16), SECOND_DOMAIN, world.nowSeconds(), world.random, 512), 2));
            world.verifyNothingLeft();
        }
    }

    private static boolean closesAsItself(FakeTlsWorld world, byte[] bytes, int times)
    {
        SimulatedPipe client = world.connectRaw(bytes);
        world.advanceSome();
        return client.isAtEnd() && world.count(ProxyCounter.CLOSED_FRONT_IS_PROXY) == times;
    }

    /** [P-TLS-60] [P-CON-60] It counts against -C until it ends. */
    @Test
    void shouldCountAgainstTheClientLimit() throws IOException
    {
        try (FakeTlsWorld world = new FakeTlsWorld(setup -> setup.clientCountMax = 2))
        {
            SimulatedPipe first = world.connectRaw(HTTP);
            world.connectRaw(HTTP);
            SimulatedPipe third = world.connectRaw(HTTP);
            world.advanceSome();
            assertEquals(2, world.origin.connections.size());
            assertEquals(2, world.count(ProxyCounter.SPECIAL_CONNECTIONS));
            first.end();
            world.origin.connections.getFirst().end();
            world.advanceSome();
            assertEquals(3, world.origin.connections.size());
            assertFalse(third.isAtEnd());
        }
    }

    /** [P-TLS-60] Megabytes each way through slow ends: unchanged, and little of it is ever held. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6})
    void shouldCopyMuchWithLittleMemory(long seed) throws IOException
    {
        try (FakeTlsWorld world = new FakeTlsWorld(setup ->
        {
            setup.seed = seed;
            setup.isCutting = true;
        }))
        {
            byte[] up = world.bytes(2_000_000);
            byte[] down = world.bytes(2_000_000);
            up[0] = 'P';
            SimulatedPipe client = world.connectRaw(up);
            client.end();
            world.origin.onAccept = pipe ->
            {
                pipe.send(down);
                pipe.end();
            };
            long heldMax = 0;
            for (int i = 0; i < 3000; i++)
            {
                client.isReadingPaused = world.random.nextInt(3) == 0;
                world.origin.connections.forEach(pipe -> pipe.isReadingPaused = world.random.nextInt(3) == 0);
                world.advance(1_000_000L);
                heldMax = Math.max(heldMax, world.count(ProxyCounter.BUFFERS_USED_PEAK));
            }
            client.isReadingPaused = false;
            world.origin.only().isReadingPaused = false;
            world.advance(10 * SECOND_NS);
            assertArrayEquals(up, world.origin.only().received());
            assertArrayEquals(down, client.received());
            assertTrue(client.isAtEnd());
            assertTrue(world.origin.only().isAtEnd());
            // a first read of 256 KiB, then 64 KiB each way; a link's chunk or two beside it
            assertTrue(heldMax <= 16 + 2 * 5 + 3, "chunks " + heldMax);
            world.verifyNothingLeft();
        }
    }

    /** Thousands of silent and half-open starts hold what is documented, and good clients are served beside them. */
    @Test
    void shouldServeBesideManySilentConnections() throws IOException
    {
        try (FakeTlsWorld world = new FakeTlsWorld(setup ->
        {
            setup.clientCountMax = 5000;
            setup.connectionCountMax = 5000;
            setup.messageBuffersLength = 16L * 1024 * 1024;
        }))
        {
            byte[] part = Arrays.copyOf(world.hello(0, DOMAIN, world.nowSeconds(), 512), 200);
            for (int i = 0; i < 1500; i++)
            {
                world.connectRaw(i % 2 == 0 ? part : new byte[0]);
            }
            world.advance(SECOND_NS * 3 / 2);
            SimulatedTlsClient client = world.connect(0, DOMAIN);
            world.advance(20_000_000L);
            assertTrue(client.peer.isAccepted());
            world.verifyNoErrors();
        }
    }

    /** [C-EXIT-16] [P-TLS-51] */
    @Test
    void shouldRefuseDomainsThatCannotWork()
    {
        assertThrows(IllegalArgumentException.class, () -> new EngineConfig.Fronting(List.of("x".repeat(217))));
        assertThrows(IllegalArgumentException.class, () -> new EngineConfig(EngineConfig.Listening.on(0),
            EngineConfig.Clients.with(SecretList.empty()), null, EngineConfig.Buffers.DEFAULT,
            EngineConfig.Threads.DEFAULT, new EngineConfig.Fronting(List.of("a.example"))));
        assertFalse(EngineConfig.Fronting.NONE.isTlsOnly());
    }
}
