// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.sim;

import static io.mtproxy.engine.sim.FakeTlsWorld.DOMAIN;
import static io.mtproxy.engine.sim.FakeTlsWorld.SECOND_DOMAIN;
import static io.mtproxy.engine.sim.FakeTlsWorld.SECOND_NS;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mtproxy.engine.status.ProxyCounter;
import io.mtproxy.soak.Payloads;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Hellos at the borders of what is ours, and crowds of those that are not; the clock is moved. */
class WindowSimulationTest
{
    private static final long MS = 1_000_000L;

    /** [P-TLS-16] [P-TLS-17] By the second: three ahead and 599 behind are ours, the next ones see the domain. */
    @Test
    void shouldKeepTheWindowToTheSecond() throws IOException
    {
        for (int ahead : new int[]{-599, -1, 0, 3, -600, -601, 4, 5})
        {
            try (FakeTlsWorld world = new FakeTlsWorld())
            {
                byte[] hello = world.hello(0, SECOND_DOMAIN, world.nowSeconds() + ahead, 512);
                SimulatedPipe client = world.connectRaw(hello);
                world.advanceSome();
                boolean isOurs = ahead > -600 && ahead < 4;
                assertEquals(isOurs ? 1 : 0, world.count(ProxyCounter.FAKE_TLS_HELLOS_ACCEPTED), ahead + " s");
                assertEquals(isOurs ? 0 : 1, world.count(ProxyCounter.FAKE_TLS_HELLOS_OUT_OF_TIME), ahead + " s");
                if (isOurs)
                {
                    assertEquals(138 + 4242, client.received().length);
                }
                else
                {
                    assertArrayEquals(hello, world.secondOrigin.only().received());
                    assertEquals(0, client.received().length);
                }
            }
        }
    }

    /** [P-TLS-17] [P-TLS-20] Held back on its way until it is too old; sent again while it is young, and much later. */
    @Test
    void shouldPassOnWhatIsDelayedOrRepeated() throws IOException
    {
        try (FakeTlsWorld world = new FakeTlsWorld())
        {
            byte[] delayed = world.hello(0, SECOND_DOMAIN, world.nowSeconds(), 700);
            world.advance(601 * SECOND_NS);
            world.connectRaw(delayed);
            world.advanceSome();
            assertArrayEquals(delayed, world.secondOrigin.connections.get(0).received());

            byte[] repeated = world.hello(1, SECOND_DOMAIN, world.nowSeconds(), 512);
            world.connectRaw(repeated);
            world.advanceSome();
            assertEquals(1, world.count(ProxyCounter.FAKE_TLS_HELLOS_ACCEPTED));
            for (int i = 1; i <= 3; i++)
            {
                world.connectRaw(repeated);
                world.advance(i * 100 * SECOND_NS);
                assertArrayEquals(repeated, world.secondOrigin.connections.get(i).received());
            }
            assertEquals(3, world.count(ProxyCounter.FAKE_TLS_HELLOS_REPLAYED));
            assertEquals(1, world.count(ProxyCounter.FAKE_TLS_HELLOS_ACCEPTED));
        }
    }

    /** [P-TLS-13] No name, a name of no bytes, of 255, of another domain, of ours with one byte more: the first domain. */
    @Test
    void shouldPassOtherNamesOnToTheFirstDomain() throws IOException
    {
        try (FakeTlsWorld world = new FakeTlsWorld())
        {
            List<byte[]> sent = new ArrayList<>();
            for (String name : new String[]{"", "x", "x".repeat(255), "elsewhere.example", SECOND_DOMAIN + ".",
                SECOND_DOMAIN.toUpperCase(java.util.Locale.ROOT)})
            {
                sent.add(world.hello(0, name, world.nowSeconds(), 900));
            }
            for (int i = 0; i < sent.size(); i++)
            {
                world.connectRaw(sent.get(i));
                world.advanceSome();
                assertArrayEquals(sent.get(i), world.origin.connections.get(i).received(), "name " + i);
            }
            assertEquals(0, world.secondOrigin.connections.size());
            assertEquals(0, world.count(ProxyCounter.FAKE_TLS_HELLOS_ACCEPTED));
        }
    }

    /**
     * [P-TLS-30] [C-LIM-10] Ten thousand that say nothing, half of something, or garbage: chunks stay below their bound, and
     * a client is answered as if they were not there, also in the moment when all of them are passed on.
     */
    @Test
    void shouldServeBesideTenThousandStrangers() throws IOException
    {
        try (FakeTlsWorld world = new FakeTlsWorld(setup ->
        {
            setup.clientCountMax = 20_000;
            setup.connectionCountMax = 20_000;
            setup.messageBuffersLength = 64L * 1024 * 1024;
        }))
        {
            byte[] part = Arrays.copyOf(world.hello(0, DOMAIN, world.nowSeconds(), 512), 200);
            for (int i = 0; i < 10_000; i++)
            {
                world.connectRaw(switch (i % 3)
                {
                    case 0 -> new byte[0];
                    case 1 -> part;
                    default -> world.bytes(100);
                });
            }
            world.answerWith(new byte[1000]);
            // a turn accepts a number of them, and here a turn is a millisecond
            world.advance(500 * MS);
            assertServed(world);
            // the second client agent's half of the pool is not asked for: its own is 2048 chunks
            world.advance(2 * SECOND_NS);
            assertTrue(world.count(ProxyCounter.BUFFERS_USED) <= 2048 * 3 / 4, "chunks in use");
            assertServed(world);
            while (world.count(ProxyCounter.FRONTED_CONNECTIONS) < 3333 + 100)
            {
                world.advance(100 * MS);
            }
            assertServed(world);
            world.verifyNoErrors();
        }
    }

    private static void assertServed(FakeTlsWorld world)
    {
        SimulatedTlsClient client = world.connect(0, DOMAIN);
        client.send(Payloads.encrypted(42, 256, world.random));
        world.advance(30 * MS);
        assertTrue(client.peer.isAccepted(), "hello");
        assertEquals(1, client.peer.stream().packets().size(), "answer");
    }
}
