// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.sim;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mtproxy.engine.status.ProxyCounter;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Random reloads in the middle of everything: servers and secrets come, go and return, drains end, links break. Server 0
 * and secret 0 are always there, and clients of both that were bound to a link which never broke lose nothing.
 * [C-REL-10] [C-REL-13] [C-CLI-74] More: {@code -Dmtproxy.sim.seeds=100000}; one again: {@code -Dmtproxy.sim.seed=N}.
 */
final class ReloadSeededTest
{
    private static final long SEED_COUNT = Long.getLong("mtproxy.sim.seeds", 100L);
    private static final int SERVERS = 4;
    private static final int SECRETS = 3;
    private static final int STEPS = 400;
    private static final long SECOND = 1_000_000_000L;

    @TempDir Path folder;

    private static final class Watched
    {
        final SimulatedClient client;
        final int secret;
        boolean isAllowedToEnd;

        Watched(SimulatedClient client, int secret)
        {
            this.client = client;
            this.secret = secret;
        }
    }

    @Test
    void shouldLoseNothingOfThoseWhoStay() throws IOException
    {
        Long single = Long.getLong("mtproxy.sim.seed");
        long first = single == null ? 1 : single;
        long count = single == null ? SEED_COUNT : 1;
        assertTrue(count > 0, "mtproxy.sim.seeds must be positive");
        for (long seed = first; seed < first + count; seed++)
        {
            try
            {
                live(seed);
            }
            catch (AssertionError | RuntimeException e)
            {
                throw new AssertionError("seed " + seed + " fails (mvn test -pl engine -am -Dtest=ReloadSeededTest " +
                    "-Dsurefire.failIfNoSpecifiedTests=false -Dmtproxy.sim.seed=" + seed + "): " + e.getMessage(), e);
            }
        }
    }

    private void live(long seed) throws IOException
    {
        SplittableRandom random = new SplittableRandom(seed);
        SimulatedProxy.Setup setup = new SimulatedProxy.Setup();
        setup.seed = seed;
        setup.isCutting = true;
        setup.secretCount = SECRETS;
        setup.clientAgents = 1 + random.nextInt(2);
        setup.datacenterAgents = 1 + random.nextInt(2);
        setup.drainTimeout = Duration.ofMillis(1 + random.nextInt(400));
        try (ReloadWorld world = new ReloadWorld(folder, setup, SERVERS, conf(random)))
        {
            world.proxy.network.capacityMax = 1 << 11 + random.nextInt(8);
            List<Watched> watched = new ArrayList<>();
            for (int step = 0; step < STEPS; step++)
            {
                act(world, random, watched);
                world.proxy.clock.advance(random.nextLong(3_000_000L));
                world.proxy.step();
                watched.forEach(one -> look(world, one));
            }
            world.proxy.datacenters.forEach(datacenter -> datacenter.links.forEach(link -> link.isReadingPaused =
                false));
            world.proxy.advance(5 * SECOND);
            watched.forEach(one -> look(world, one));
            watched.forEach(one -> verify(world, one));
            // whatever the last configuration was, it has links to each of its servers and to no other
            assertEquals(world.state().targetCount(), world.proxy.counter(ProxyCounter.READY_TARGETS));
            assertEquals(world.state().targetCount(), world.proxy.counter(ProxyCounter.ALLOCATED_TARGETS));
            world.proxy.verifyClean();
        }
    }

    private static void act(ReloadWorld world, SplittableRandom random, List<Watched> watched)
    {
        if (random.nextInt(10) == 0 && watched.size() < 40)
        {
            int secret = random.nextInt(SECRETS);
            watched.add(new Watched(world.connect(secret), secret));
        }
        if (random.nextInt(3) == 0 && !watched.isEmpty())
        {
            Watched one = watched.get(random.nextInt(watched.size()));
            if (!ReloadWorld.isClosed(one.client))
            {
                world.send(one.client);
            }
        }
        if (random.nextInt(25) == 0)
        {
            reload(world, random);
        }
        if (random.nextInt(100) == 0)
        {
            SimulatedDatacenter datacenter = world.proxy.datacenters.get(1 + random.nextInt(SERVERS - 1));
            datacenter.links.forEach(SimulatedDatacenter.Link::reset);
        }
        if (random.nextInt(60) == 0)
        {
            SimulatedDatacenter datacenter = world.proxy.datacenters.get(random.nextInt(SERVERS));
            datacenter.links.forEach(link -> link.isReadingPaused = !link.isReadingPaused && random.nextBoolean());
        }
        world.proxy.datacenters.getFirst().links.forEach(link -> link.isReadingPaused &= random.nextInt(20) != 0);
    }

    private static void reload(ReloadWorld world, SplittableRandom random)
    {
        world.secretProblem = random.nextInt(6) == 0 ? "a bad secret" : "";
        List<Integer> secrets = new ArrayList<>(List.of(0));
        for (int secret = 1; secret < SECRETS; secret++)
        {
            if (random.nextBoolean())
            {
                secrets.add(random.nextInt(secrets.size() + 1), secret);
            }
        }
        world.secrets(secrets.toArray(Integer[]::new));
        world.write(random.nextInt(6) == 0 ? "proxy_for 2 127.0.0.1:0;" : conf(random));
        world.proxy.engine.reload();
    }

    private static String conf(SplittableRandom random)
    {
        List<Integer> servers = new ArrayList<>(List.of(0));
        for (int server = 1; server < SERVERS; server++)
        {
            if (random.nextBoolean())
            {
                servers.add(random.nextInt(servers.size() + 1), server);
            }
        }
        return ReloadWorld.conf(1 + random.nextInt(4), servers.stream().mapToInt(Integer::intValue).toArray());
    }

    /** Servers other than 0 may break or be removed, secrets other than 0 be removed. */
    private static void look(ReloadWorld world, Watched one)
    {
        one.isAllowedToEnd |= one.secret != 0 || world.proxy.datacenters.stream().skip(1).anyMatch(
            datacenter -> datacenter.links.stream().anyMatch(link -> link.idByClientPort.containsKey(one.client
                .port())));
    }

    private static void verify(ReloadWorld world, Watched one)
    {
        SimulatedClient client = one.client;
        List<byte[]> got = world.requests.getOrDefault(client.port(), List.of());
        List<byte[]> answers = client.peer.packets();
        for (int i = 0; i < got.size(); i++)
        {
            assertArrayEquals(client.sentPayloads.get(i), got.get(i), "request " + i);
        }
        for (int i = 0; i < answers.size(); i++)
        {
            assertTrue(client.peer.isPayload(got.get(i), answers.get(i)), "answer " + i);
        }
        if (!ReloadWorld.isClosed(client) && !got.isEmpty())
        {
            assertEquals(got.size(), answers.size(), "answers of a client that is open");
        }
        if (!one.isAllowedToEnd && !got.isEmpty())
        {
            world.verifyComplete(client);
        }
    }
}
