// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.soak;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mtproxy.soak.load.DatacenterPort;
import io.mtproxy.soak.load.LoadGenerator;
import io.mtproxy.soak.load.LoadScenario;
import io.mtproxy.soak.load.LoadSnapshot;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The load generator's clients and datacenter meet through a proxy that shares no code with them but the ciphers. */
class LoadGeneratorTest
{
    private static final byte[] LINK_SECRET = new byte[32];
    private static final byte[] SECRET = new byte[16];
    private static final long BOUND_NS = 120_000_000_000L;

    @ParameterizedTest
    @ValueSource(strings = {"pairs-5", "pairs-3/4k:padded", "pairs-3/60k", "bulk-down-2/1020k",
        "bulk-down-2/100k:padded",
        "bulk-up-2/300k", "connect-4", "mixed-6", "pairs-4@200", "connect-4@100", "echo"})
    void shouldGetEveryAnswerRight(String name) throws Exception
    {
        LoadScenario scenario = LoadScenario.of(name);
        try (LoadGenerator generator = new LoadGenerator(2))
        {
            DatacenterPort datacenter = generator.openDatacenter(LINK_SECRET, false);
            try (RelayProxy proxy = proxy(datacenter);
                LoadGenerator.Clients clients =
                    generator.connect(scenario, proxy.address(), List.of(), List.of(SECRET)))
            {
                clients.startSchedule();

                LoadSnapshot seen = await(clients,
                    snapshot -> snapshot.answers() >= 40 && snapshot.connects() >= scenario.connections());

                assertEquals(0, seen.errors());
                assertEquals(0, datacenter.mismatches());
                assertEquals(seen.answers(), seen.latencyNs().getTotalCount());
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"pairs-3", "bulk-down-2/100k"})
    void shouldFindAnswersThatWereChanged(String name) throws Exception
    {
        try (LoadGenerator generator = new LoadGenerator(1))
        {
            DatacenterPort datacenter = generator.openDatacenter(LINK_SECRET, false);
            try (RelayProxy proxy = proxy(datacenter))
            {
                proxy.corruptEvery = 3;
                try (LoadGenerator.Clients clients =
                    generator.connect(LoadScenario.of(name), proxy.address(), List.of(), List.of(SECRET)))
                {
                    assertTrue(await(clients, snapshot -> snapshot.errors() > 0).errors() > 0);
                }
            }
        }
    }

    @Test
    void shouldCountConnectionsThatAreRefused() throws Exception
    {
        InetSocketAddress nobody = new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 1);
        try (LoadGenerator generator = new LoadGenerator(1);
            LoadGenerator.Clients clients =
                generator.connect(LoadScenario.of("pairs-2"), nobody, List.of(), List.of(SECRET)))
        {
            assertEquals(0, await(clients, snapshot -> snapshot.errors() >= 4).answers());
            assertEquals(0, clients.established());
        }
    }

    private static RelayProxy proxy(DatacenterPort datacenter) throws IOException
    {
        InetSocketAddress address = new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), datacenter.port());
        return new RelayProxy(address, LINK_SECRET, SECRET);
    }

    private static LoadSnapshot await(LoadGenerator.Clients clients, Predicate<LoadSnapshot> condition)
        throws InterruptedException
    {
        long untilNs = System.nanoTime() + BOUND_NS;
        LoadSnapshot seen = clients.take();
        while (!condition.test(seen))
        {
            assertTrue(System.nanoTime() - untilNs < 0, seen::toString);
            Thread.sleep(5);
            seen = seen.plus(clients.take());
        }
        return seen;
    }
}
