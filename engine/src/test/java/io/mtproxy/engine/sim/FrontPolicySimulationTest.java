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
import io.mtproxy.engine.client.FrontPolicy;
import io.mtproxy.engine.client.FrontReason;
import io.mtproxy.engine.status.ProxyCounter;
import io.mtproxy.engine.transport.AnswerDelays;
import io.mtproxy.engine.transport.OriginProfile;
import io.mtproxy.soak.FakeTlsClientPeer;
import io.mtproxy.soak.Payloads;
import io.mtproxy.soak.Transport;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What becomes of strangers by the policy, while a name is not known, and when an answer has to wait. */
class FrontPolicySimulationTest
{
    private static final byte[] HTTP = "GET / HTTP/1.1\r\nHost: www.example.com\r\n\r\n".getBytes(
        StandardCharsets.US_ASCII);
    private static final long MS = 1_000_000L;

    /** [P-TLS-12] [P-TLS-60] Spliced by default, and each reason can be dropped or alerted without touching the others. */
    @ParameterizedTest
    @EnumSource
    void shouldDoWhatThePolicySays(FrontReason reason) throws IOException
    {
        for (FrontPolicy.Action action : FrontPolicy.Action.values())
        {
            String rule = reason.word() + "=" + action.name().toLowerCase(java.util.Locale.ROOT);
            try (FakeTlsWorld world =
                new FakeTlsWorld(setup -> setup.frontPolicy = FrontPolicy.SPLICE_ALL.with(rule)))
            {
                SimulatedPipe client = connectFor(reason, world);
                world.advance(11 * SECOND_NS);
                byte[] received = client.received();
                boolean isSpliced = action == FrontPolicy.Action.SPLICE;
                assertEquals(isSpliced, !client.isAtEnd(), rule);
                assertEquals(isSpliced ? 0 : 1, world.count(ProxyCounter.CLOSED_FRONT_POLICY), rule);
                int fronted = world.origin.connections.size() + world.secondOrigin.connections.size();
                // a replay needs another connection before it, which has become ours or has not
                assertEquals((isSpliced ? 1 : 0) + (reason == FrontReason.REPLAY ? 1 : 0), fronted, rule);
                int flightLength = reason == FrontReason.AFTER_HELLO ? flightLength(received) : 0;
                String rest = HexFormat.of().formatHex(received, flightLength, received.length);
                assertEquals(action == FrontPolicy.Action.ALERT ? "15030300020228".length() : 0, rest.length(), rule);
                assertTrue(rest.isEmpty() || rest.matches("150303000202(28|46|70)"), rest);
                client.end();
                world.verifyNoErrors();
            }
        }
    }

    private static int flightLength(byte[] received)
    {
        return 138 + ((received[136] & 0xff) << 8 | received[137] & 0xff);
    }

    private static SimulatedPipe connectFor(FrontReason reason, FakeTlsWorld world)
    {
        int now = world.nowSeconds();
        return switch (reason)
        {
            case SILENCE -> world.connectRaw(Arrays.copyOf(world.hello(0, DOMAIN, now, 512), 300));
            case NOT_TLS -> world.connectRaw(HTTP);
            case UNKNOWN_NAME -> world.connectRaw(world.hello(0, "elsewhere.example", now, 512));
            case DIGEST -> world.connectRaw(FakeTlsClientPeer.hello(world.bytes(16), DOMAIN, now, world.random, 512));
            case REPLAY ->
            {
                byte[] hello = world.hello(0, DOMAIN, now, 512);
                world.connectRaw(hello);
                world.advanceSome();
                yield world.connectRaw(hello);
            }
            case CLOCK -> world.connectRaw(world.hello(0, DOMAIN, now - 601, 512));
            case ODD_HELLO -> world.connectRaw(Arrays.copyOf(world.hello(0, DOMAIN, now, 512), 518));
            case AFTER_HELLO -> world.connectRaw(world.hello(0, DOMAIN, now, 512));
        };
    }

    /** [P-TLS-60] [C-CLT-22] Before the name is known they wait, and then the domain sees all that they have sent. */
    @Test
    void shouldHoldStrangersUntilTheNameIsKnown() throws IOException
    {
        try (SlowWorld slow = new SlowWorld())
        {
            FakeTlsWorld world = slow.world;
            byte[] hello = FakeTlsClientPeer.hello(world.bytes(16), SECOND_DOMAIN, world.nowSeconds(), world.random,
                700);
            SimulatedPipe http = world.connectRaw(HTTP);
            SimulatedPipe browser = world.connectRaw(hello);
            SimulatedPipe gone = world.connectRaw(HTTP);
            SimulatedPipe ended = world.connectRaw(new byte[]{0x16});
            ended.end();
            world.advance(2 * SECOND_NS);
            http.send(new byte[]{1, 2, 3});
            gone.reset();
            world.advance(SECOND_NS);
            assertFalse(http.isAtEnd());
            assertFalse(browser.isAtEnd());
            assertEquals(0, world.origin.connections.size());

            slow.answer();
            world.advanceSome();

            byte[] all = Arrays.copyOf(HTTP, HTTP.length + 3);
            System.arraycopy(new byte[]{1, 2, 3}, 0, all, HTTP.length, 3);
            List<SimulatedPipe> first = world.origin.connections;
            assertTrue(first.stream().anyMatch(pipe -> Arrays.equals(all, pipe.received())));
            assertTrue(first.stream().anyMatch(pipe -> pipe.received().length == 1 && pipe.isAtEnd()));
            assertArrayEquals(hello, world.secondOrigin.only().received());
            first.forEach(pipe -> pipe.reset());
            world.secondOrigin.only().end();
            browser.end();
            world.verifyNothingLeft();
        }
    }

    /** [C-CLT-22] Not longer than a name server may take; and once it has said no, not at all. */
    @Test
    void shouldNotHoldStrangersForever() throws IOException
    {
        try (SlowWorld slow = new SlowWorld())
        {
            FakeTlsWorld world = slow.world;
            for (int i = 0; i < 200; i++)
            {
                world.connectRaw(HTTP);
            }
            world.advance(5 * SECOND_NS + 100 * MS);
            assertEquals(200, world.count(ProxyCounter.CLOSED_FRONT_UNRESOLVED));
            for (int i = 0; i < 200; i++)
            {
                world.connectRaw(HTTP);
            }
            world.advanceSome();
            assertEquals(200, world.count(ProxyCounter.CLOSED_FRONT_UNRESOLVED));

            slow.refuse();
            world.advanceSome();
            assertEquals(400, world.count(ProxyCounter.CLOSED_FRONT_UNRESOLVED));
            SimulatedPipe late = world.connectRaw(HTTP);
            world.advanceSome();
            assertTrue(late.isAtEnd());
            world.verifyNothingLeft();
        }
    }

    /** A world whose name server takes its time: what it says comes when the test lets it. */
    private static final class SlowWorld implements AutoCloseable
    {
        final FakeTlsWorld world;
        private final List<Runnable> looks = new java.util.ArrayList<>();
        private boolean isRefused;

        SlowWorld() throws IOException
        {
            world = new FakeTlsWorld(setup ->
            {
                OriginProber known = setup.originProber;
                setup.originProber = (domain, early) -> isRefused ?
                    new OriginProber.Finding(null, false, null, "no such name") :
                    known.look(domain, early);
                setup.collaborators = context -> context.originLooks(looks::add);
            });
        }

        void answer()
        {
            looks.forEach(Runnable::run);
        }

        void refuse()
        {
            isRefused = true;
            answer();
        }

        @Override
        public void close()
        {
            world.close();
        }
    }

    /** An answer takes as long as the domain's, and not longer than the operator lets it. */
    @Test
    void shouldAnswerAfterTheDelayOfTheDomain() throws IOException
    {
        try (FakeTlsWorld world = new FakeTlsWorld(setup -> setup.frontDelayMax = Duration.ofMillis(40)))
        {
            OriginProfile plain = OriginProfile.of(false, 3000);
            world.find(DOMAIN, FakeTlsWorld.address(1), plain.with(new AnswerDelays(List.of(20_000, 30_000))));
            world.find(SECOND_DOMAIN, FakeTlsWorld.address(2), plain.with(new AnswerDelays(List.of(900_000))));
            world.advance(3601 * SECOND_NS);
            SimulatedTlsClient client = world.connect(0, DOMAIN);
            SimulatedTlsClient bounded = world.connect(0, SECOND_DOMAIN);
            SimulatedTlsClient gone = world.connect(0, DOMAIN);
            client.send(Payloads.encrypted(42, 256, world.random));
            world.advance(10 * MS);
            gone.pipe.reset();
            world.advance(8 * MS);
            assertEquals(0, client.pipe.received().length);
            world.advance(16 * MS);
            assertTrue(client.peer.isAccepted());
            assertFalse(bounded.peer.isAccepted());
            world.advance(10 * MS);
            assertTrue(bounded.peer.isAccepted());
            assertEquals(1, world.count(ProxyCounter.FRAMES_TO_DATACENTER));
            client.pipe.end();
            bounded.pipe.end();
            world.verifyNothingLeft();
        }
    }

    /** [P-TLS-60] A router that sends us our own connections back: they come from where the domain is. */
    @Test
    void shouldNotPassOnToWhereTheConnectionComesFrom() throws IOException
    {
        try (FakeTlsWorld world = new FakeTlsWorld(setup -> setup.port = 443))
        {
            SimulatedPipe client =
                new SimulatedPipe(world.proxy.network.connectToEngine(443, FakeTlsWorld.address(1))).send(HTTP);
            world.proxy.others.add(client);
            world.advanceSome();
            assertTrue(client.isAtEnd());
            assertEquals(1, world.count(ProxyCounter.CLOSED_FRONT_IS_PROXY));
        }
    }

    /** Without a delay of the domain, or with 0, nothing waits. */
    @Test
    void shouldNotWaitWhereNothingIsKnown() throws IOException
    {
        try (FakeTlsWorld world = new FakeTlsWorld(setup -> setup.frontDelayMax = Duration.ZERO))
        {
            world.find(DOMAIN, FakeTlsWorld.address(1),
                OriginProfile.of(false, 3000).with(new AnswerDelays(List.of(20_000))));
            world.advance(61 * SECOND_NS);
            SimulatedTlsClient client =
                world.connect(new FakeTlsClientPeer(world.options(0, Transport.PADDED), DOMAIN, world.nowSeconds()));
            world.advance(5 * MS);
            assertTrue(client.peer.isAccepted());
        }
    }
}
