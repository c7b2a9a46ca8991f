// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mtproxy.engine.ConfigState;
import io.mtproxy.engine.config.ConfigRefresher;
import io.mtproxy.engine.config.SecretList;
import io.mtproxy.engine.status.ProxyCounter;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Configuration and secrets are replaced while clients are served. */
final class ReloadSimulationTest
{
    private static final long MS = 1_000_000L;
    private static final long SECOND = 1000 * MS;
    private static final String TWO_SERVERS = ReloadWorld.conf(2, 0, 1);

    @TempDir Path folder;

    private static SimulatedProxy.Setup setup(int secretCount)
    {
        SimulatedProxy.Setup setup = new SimulatedProxy.Setup();
        setup.secretCount = secretCount;
        return setup;
    }

    /** Good and bad ones in turn; servers 0 and 1 and secrets 0 and 1 are in every good one. [C-REL-10] [C-REL-11] */
    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void shouldLoseNothingInAHundredReloadsUnderTraffic(int agents) throws IOException
    {
        SimulatedProxy.Setup setup = setup(2);
        setup.isCutting = true;
        setup.clientAgents = agents;
        setup.datacenterAgents = agents;
        try (ReloadWorld world = new ReloadWorld(folder, setup, 4, TWO_SERVERS))
        {
            world.proxy.advance(100 * MS);
            List<SimulatedDatacenter.Link> links = linksOf(world, 0, 1);
            List<SimulatedClient> clients = new ArrayList<>();
            for (int i = 0; i < 12; i++)
            {
                clients.add(world.connect(i % 2));
            }
            for (int round = 0; round < 100; round++)
            {
                ConfigState before = world.state();
                clients.forEach(world::send);
                boolean isBad = round % 2 == 1;
                prepare(world, round, isBad);
                world.proxy.engine.reload();
                world.proxy.advance(20 * MS);
                assertEquals(isBad, before.refused(0).equals(world.state().refused(0)), "round " + round);
                assertEquals(isBad, world.state().refusedAtEpochMs() != 0, "round " + round);
            }
            world.proxy.advance(3 * SECOND);

            assertEquals(50, world.proxy.counter(ProxyCounter.CONFIG_RELOADS));
            assertEquals(50, world.proxy.counter(ProxyCounter.CONFIG_RELOADS_FAILED));
            clients.forEach(world::verifyComplete);
            assertEquals(links, linksOf(world, 0, 1), "links of servers that stay are not touched");
            // no descriptor leaked: only links that the last configuration wants are open
            assertEquals(4, world.proxy.counter(ProxyCounter.OUTBOUND_CONNECTIONS));
            assertEquals(2, world.proxy.counter(ProxyCounter.ALLOCATED_TARGETS));
            world.proxy.verifyClean();
        }
    }

    /** The one in use is what it was; only that a newer one was refused is told. [C-REL-11] */
    private static void verifyRefused(ConfigState before, ConfigState after)
    {
        assertNotEquals(0, after.refusedAtEpochMs());
        assertEquals(before, after.refused(before.refusedAtEpochMs()));
    }

    private static void prepare(ReloadWorld world, int round, boolean isBad) throws IOException
    {
        world.secretProblem = "";
        if (!isBad)
        {
            world.write(switch (round / 2 % 4)
            {
                case 0 -> ReloadWorld.conf(2, 1, 0, 2);
                case 1 -> TWO_SERVERS;
                case 2 -> ReloadWorld.conf(2, 3, 0, 1, 1);
                default -> TWO_SERVERS.replace("default 2", "default -2");
            });
            switch (round / 2 % 3)
            {
                case 0 -> world.secrets(5, 1, 0);
                case 1 -> world.secrets(0, 1);
                default -> world.secrets(1, 0, 0, 4);
            }
            return;
        }
        switch (round / 2 % 4)
        {
            case 0 -> world.write("proxy_for 2 127.0.0.1:70000;");
            case 1 -> Files.delete(world.file);
            case 2 -> world.write("proxy_for 2 " + ReloadWorld.SLOW_HOST + ":8000;");
            default ->
            {
                world.write(ReloadWorld.conf(1, 3));
                world.secretProblem = "secrets:7: a secret is exactly 32 hexadecimal digits";
            }
        }
    }

    private static List<SimulatedDatacenter.Link> linksOf(ReloadWorld world, int... servers)
    {
        List<SimulatedDatacenter.Link> links = new ArrayList<>();
        for (int server : servers)
        {
            links.addAll(world.proxy.datacenters.get(server).readyLinks());
            assertEquals(world.proxy.datacenters.get(server).links.size(), 2, "links ever made to server " + server);
        }
        return links;
    }

    /** [C-REL-02] [C-REL-13] */
    @Test
    void shouldDrainARemovedServerAndThenCloseItsClients() throws IOException
    {
        try (ReloadWorld world = new ReloadWorld(folder, setup(1), 2, TWO_SERVERS))
        {
            SimulatedClient unaffected = world.connectTo(0, 0);
            SimulatedClient bound = world.connectTo(1, 0);
            SimulatedClient leaving = world.connectTo(1, 0);
            List<SimulatedDatacenter.Link> links = linksOf(world, 0);
            long drained = world.proxy.clients.stream().filter(client -> world.serverOf(client) == 1).count() - 1;
            world.reload(ReloadWorld.conf(2, 0));
            for (int i = 0; i < 40; i++)
            {
                SimulatedClient later = world.connect(0);
                world.proxy.advance(5 * MS);
                assertEquals(0, world.serverOf(later), "nobody new comes to the removed server");
                later.end.end();
            }
            leaving.end.end();
            for (int second = 0; second < 59; second++)
            {
                world.send(bound);
                world.proxy.advance(SECOND);
                world.verifyComplete(bound);
            }
            assertEquals(1, world.proxy.counter(ProxyCounter.INACTIVE_TARGETS));
            world.proxy.advance(2 * SECOND);

            assertTrue(ReloadWorld.isClosed(bound));
            assertEquals(drained, world.proxy.counter(ProxyCounter.CLOSED_SERVER_REMOVED));
            assertEquals(0, world.proxy.counter(ProxyCounter.CLOSED_LINK_LOST));
            assertEquals(0, world.proxy.counter(ProxyCounter.INACTIVE_TARGETS));
            assertEquals(2, world.proxy.counter(ProxyCounter.LINK_CLOSED_SERVER_REMOVED));
            world.send(unaffected);
            world.proxy.advance(SECOND);
            world.verifyComplete(unaffected);
            assertEquals(links, linksOf(world, 0));
            world.proxy.verifyClean();
        }
    }

    /** Taking a server out by mistake costs nobody anything when it is put back in time. [C-REL-13] */
    @Test
    void shouldKeepClientsOfAServerThatReturnsInTime() throws IOException
    {
        try (ReloadWorld world = new ReloadWorld(folder, setup(1), 2, TWO_SERVERS))
        {
            SimulatedClient bound = world.connectTo(1, 0);
            world.reload(ReloadWorld.conf(2, 0));
            world.proxy.advance(50 * SECOND);
            world.reload(TWO_SERVERS);
            world.proxy.advance(100 * SECOND);
            world.send(bound);
            world.proxy.advance(SECOND);
            world.verifyComplete(bound);
            world.connectTo(1, 0);
            assertEquals(0, world.proxy.counter(ProxyCounter.CLOSED_SERVER_REMOVED));
            world.proxy.verifyClean();
        }
    }

    /** [C-REL-13] */
    @Test
    void shouldOpenLinksToANewServer() throws IOException
    {
        try (ReloadWorld world = new ReloadWorld(folder, setup(1), 3, TWO_SERVERS))
        {
            world.reload(ReloadWorld.conf(3, 0, 1, 2));
            world.proxy.advance(20 * SECOND);
            for (int server = 0; server < 3; server++)
            {
                assertEquals(3, world.proxy.datacenters.get(server).readyLinks().size(), "server " + server);
            }
            world.verifyComplete(world.connectTo(2, 0));
            world.proxy.verifyClean();
        }
    }

    /** A server that cannot be reached is not tried more often because of reloads. [C-REL-13] [C-MID-07] */
    @Test
    void shouldLeaveTheBackOffOfAServerThatStaysAlone() throws IOException
    {
        long[] failures = new long[2];
        for (int run = 0; run < 2; run++)
        {
            try (ReloadWorld world = new ReloadWorld(folder, setup(1), 2, TWO_SERVERS))
            {
                world.proxy.network.unserve(SimulatedProxy.address(1));
                world.proxy.datacenters.get(1).links.forEach(SimulatedDatacenter.Link::reset);
                for (int second = 0; second < 100; second++)
                {
                    world.proxy.advance(SECOND);
                    if (run == 1)
                    {
                        world.reload(second % 2 == 0 ? ReloadWorld.conf(2, 1, 0) : "nonsense");
                    }
                }
                failures[run] = world.proxy.counter(ProxyCounter.CONNECT_FAILURES);
            }
        }
        assertTrue(failures[0] > 4);
        assertEquals(failures[0], failures[1]);
    }

    /** Says where and what, changes nothing, ends nothing. [C-REL-11] [C-BUG-01] */
    @ParameterizedTest
    @ValueSource(strings = {"missing", "empty", "directory", "syntax", "limit", "unknown host", "secret"})
    void shouldStayWithTheOldConfigurationWhenTheNewOneIsBad(String kind) throws IOException
    {
        try (ReloadWorld world = new ReloadWorld(folder, setup(1), 2, ReloadWorld.conf(2, 0)))
        {
            SimulatedClient client = world.connect(0);
            world.proxy.advance(SECOND);
            ConfigState before = world.state();
            String expected = makeBad(world, kind);
            world.reload();
            world.proxy.advance(2 * SECOND);

            assertTrue(world.log.getFirst().contains(expected), () -> expected + " in " + world.log);
            assertEquals("reload refused: the configuration loaded 2025-06-15T15:06:41Z stays in use",
                world.log.getLast());
            verifyRefused(before, world.state());
            assertEquals(world.state(), ConfigState.of(world.proxy.engine.status().configuration()));
            assertEquals(1, world.proxy.counter(ProxyCounter.CONFIG_RELOADS_FAILED));
            assertEquals(0, world.proxy.counter(ProxyCounter.CONFIG_RELOADS));
            assertEquals(0, world.proxy.datacenters.get(1).links.size());
            world.send(client);
            SimulatedClient later = world.connect(0);
            world.proxy.advance(SECOND);
            world.verifyComplete(client);
            world.verifyComplete(later);
            world.proxy.verifyClean();
        }
    }

    private static String makeBad(ReloadWorld world, String kind) throws IOException
    {
        String two = "default 2;\n" + ReloadWorld.conf(1, 1).replace("proxy_for 2 127.0.0.1:8001;", "");
        switch (kind)
        {
            case "missing" ->
            {
                Files.delete(world.file);
                return world.file + "\": there is no such file";
            }
            case "empty" ->
            {
                world.write("");
                return world.file + ":1: fatal: no \"proxy\"";
            }
            case "directory" ->
            {
                Files.delete(world.file);
                Files.createDirectory(world.file);
                return world.file + "\": it is a directory";
            }
            case "syntax" ->
            {
                world.write(two + "proxy_for 2 127.0.0.1:8001\n");
                return world.file + ":5: fatal: ";
            }
            case "limit" ->
            {
                world.write(two + "proxy_for 2 127.0.0.1:70000;\n");
                return world.file + ":5: fatal: the port is outside 1..65535";
            }
            case "unknown host" ->
            {
                world.write("proxy_for 2 127.0.0.1:8001;\nproxy_for 2 " + ReloadWorld.SLOW_HOST + ":8001;\n");
                return world.file + ":2: fatal: host \"" + ReloadWorld.SLOW_HOST + "\" cannot be used";
            }
            default ->
            {
                world.write(ReloadWorld.conf(1, 1));
                world.secrets(0, 1);
                world.secretProblem = "secrets:3: a secret is exactly 32 hexadecimal digits, this has 31 characters";
                return world.secretProblem;
            }
        }
    }

    /** [C-REL-14] */
    @Test
    void shouldStayWithTheOldConfigurationWhenItsUserMayNotReadTheNewOne() throws IOException
    {
        Path forbidden = folder.resolve("forbidden.conf");
        Files.createFile(forbidden,
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("---------")));
        if (Files.isReadable(forbidden))
        {
            // root may read every file but those of the kernel that nobody may
            forbidden = Path.of("/proc/sys/vm/compact_memory");
            assumeTrue(Files.exists(forbidden));
        }
        String name = forbidden.toString();
        List<String> log = new ArrayList<>();
        SimulatedProxy.Setup setup = setup(1);
        setup.collaborators = context -> context.log(log::add).refresher(
            new ConfigRefresher(name, () -> InetAddress::ofLiteral, SecretList::empty));
        try (SimulatedProxy proxy = new SimulatedProxy(setup))
        {
            proxy.awaitLinks();
            ConfigState before = proxy.engine.configState();
            proxy.engine.reload();
            proxy.step();
            assertEquals("cannot read the configuration file \"" + name + "\": this user may not read it — fetch " +
                "https://core.telegram.org/getProxyConfig and name the file as the last argument", log.getFirst());
            verifyRefused(before, proxy.engine.configState());
            assertEquals(1, proxy.counter(ProxyCounter.CONFIG_RELOADS_FAILED));
        }
    }

    /** [C-REL-12] */
    @Test
    void shouldShowTheNewConfigurationInOnePiece() throws IOException
    {
        try (ReloadWorld world = new ReloadWorld(folder, setup(1), 3, TWO_SERVERS))
        {
            ConfigState first = world.state();
            assertEquals(2, first.targetCount());
            assertEquals(first, ConfigState.of(world.proxy.engine.status().configuration()));
            assertEquals(1, first.clusterCount());
            assertEquals(TWO_SERVERS.length(), first.length());

            world.proxy.advance(5 * SECOND);
            world.reload();
            ConfigState same = world.state();
            assertEquals(new ConfigState(first.loadedAtEpochMs() + 5030, first.length(), first.md5Hex(), 1, 2, 1),
                same);
            assertEquals(1, world.log.size());
            assertEquals("configuration " + world.file + " reloaded: " + first.length() + " bytes, md5 " +
                first.md5Hex() + ", 2 servers in 1 clusters (as before), 1 client secrets (as before)",
                world.log.getFirst());
            assertEquals(4, world.proxy.counter(ProxyCounter.OUTBOUND_CONNECTIONS_CREATED), "harmless");

            world.secrets(0, 1);
            String text = ReloadWorld.conf(2, 0, 2, 2) + "proxy_for 4 127.0.0.1:8002;\n";
            world.reload(text);
            ConfigState next = world.state();
            assertEquals(text.length(), next.length());
            assertNotEquals(first.md5Hex(), next.md5Hex());
            assertEquals(2, next.clusterCount());
            assertEquals(2, next.targetCount(), "one listed twice is one");
            assertEquals(2, next.secretCount());
            assertEquals(next, ConfigState.of(world.proxy.engine.status().configuration()));
            assertEquals(2, world.log.size());
            assertTrue(world.log.getLast().endsWith(
                "2 servers in 2 clusters (1 new, 1 gone), 2 client secrets (1 new, 0 gone)"), world.log::getLast);
        }
    }

    @Test
    void shouldRefuseWhenThereIsNothingToReadAgain() throws IOException
    {
        List<String> log = new ArrayList<>();
        SimulatedProxy.Setup setup = setup(1);
        setup.collaborators = context -> context.log(log::add);
        try (SimulatedProxy proxy = new SimulatedProxy(setup))
        {
            proxy.engine.reload();
            proxy.engine.reload();
            proxy.step();
            proxy.step();
            assertEquals(2, log.size());
            assertEquals(1, proxy.counter(ProxyCounter.CONFIG_RELOADS_FAILED), "two requests at once are one");
        }
    }

    /** A defect in what reads the secrets is told and ends nothing. [C-REL-11] */
    @Test
    void shouldSurviveADefectOfAReload() throws IOException
    {
        SimulatedProxy.Setup setup = setup(1);
        Path file = Files.writeString(folder.resolve("a.conf"), TWO_SERVERS);
        setup.collaborators = context -> context.refresher(new ConfigRefresher(file.toString(),
            () -> InetAddress::ofLiteral, () ->
            {
                throw new IllegalStateException("a defect");
            }));
        try (SimulatedProxy proxy = new SimulatedProxy(setup))
        {
            proxy.engine.reload();
            proxy.advance(10 * MS);
            assertEquals(1, proxy.counter(ProxyCounter.CONFIG_RELOADS_FAILED));
            List<String> errors = new ArrayList<>();
            proxy.engine.status().readErrors((count, firstMs, lastMs, text) -> errors.add(text));
            assertTrue(errors.getFirst().contains("a defect"));
            proxy.awaitLinks();
        }
    }

    /** [C-CFG-24] [C-BUG-19] */
    @Test
    void shouldResolveNamesAtAReloadAndAtNoOtherTime() throws IOException
    {
        try (ReloadWorld world = new ReloadWorld(folder, setup(1), 2, TWO_SERVERS))
        {
            world.connect(0);
            world.proxy.datacenters.getFirst().links.forEach(SimulatedDatacenter.Link::reset);
            world.proxy.advance(100 * SECOND);
            assertEquals(0, world.lookUpCount);
            world.reload();
            assertEquals(1, world.lookUpCount, "each name once");
            world.proxy.advance(100 * SECOND);
            assertEquals(1, world.lookUpCount);
        }
    }

    /** [C-CLI-74] */
    @Test
    void shouldTakeANewSecretAtOnceAndRefuseARemovedOne() throws IOException
    {
        try (ReloadWorld world = new ReloadWorld(folder, setup(2), 2, TWO_SERVERS))
        {
            SimulatedClient stays = world.connect(0);
            SimulatedClient goes = world.connect(1);
            SimulatedClient early = world.connect(2);
            world.proxy.advance(SECOND);
            assertEquals(1, world.proxy.counter(ProxyCounter.HANDSHAKES_REJECTED));

            world.secrets(2, 0);
            world.reload();
            SimulatedClient added = world.connect(2);
            SimulatedClient refused = world.connect(1);
            world.proxy.advance(SECOND);
            assertEquals(2, world.proxy.counter(ProxyCounter.HANDSHAKES_REJECTED));
            world.verifyComplete(added);
            assertTrue(refused.peer.packets().isEmpty());
            assertTrue(early.peer.packets().isEmpty());

            for (int second = 0; second < 58; second++)
            {
                world.send(goes);
                world.proxy.advance(SECOND);
                world.verifyComplete(goes);
            }
            world.proxy.advance(2 * SECOND);
            assertTrue(ReloadWorld.isClosed(goes));
            assertEquals(1, world.proxy.counter(ProxyCounter.CLOSED_SECRET_REMOVED));
            world.send(stays);
            world.send(added);
            world.proxy.advance(SECOND);
            world.verifyComplete(stays);
            world.verifyComplete(added);
            world.proxy.verifyClean();
        }
    }

    /** [C-CLI-74] [C-STAT-08] */
    @Test
    void shouldLetTheAccountingFollowTheSecretAndTheNumberTheList() throws IOException
    {
        try (ReloadWorld world = new ReloadWorld(folder, setup(2), 2, TWO_SERVERS))
        {
            SimulatedClient first = world.connect(0);
            SimulatedClient gone = world.connect(1);
            world.proxy.advance(SECOND);
            assertEquals(1, world.proxy.addressCount(0));
            assertEquals(1, world.proxy.addressCount(1));

            world.secrets(5, 0);
            world.reload();
            assertEquals(0, world.proxy.addressCount(0), "nobody has the new secret");
            assertEquals(1, world.proxy.addressCount(1), "the first secret is the second now");
            gone.end.end();
            world.proxy.advance(SECOND);
            assertEquals(0, world.proxy.addressCount(0),
                "the end of a client with a removed secret counts nowhere else");
            assertEquals(1, world.proxy.addressCount(1));

            world.secrets(0, 5);
            world.reload();
            world.connect(5);
            world.proxy.advance(SECOND);
            assertEquals(1, world.proxy.addressCount(0));
            assertEquals(1, world.proxy.addressCount(1));
            first.end.end();
            world.proxy.advance(SECOND);
            assertEquals(0, world.proxy.addressCount(0));
            world.proxy.verifyClean();
            assertEquals(0, world.proxy.addressCount(1));
        }
    }

    /** [C-CLI-74] */
    @Test
    void shouldKeepClientsOfASecretThatReturnsInTime() throws IOException
    {
        try (ReloadWorld world = new ReloadWorld(folder, setup(2), 2, TWO_SERVERS))
        {
            SimulatedClient client = world.connect(1);
            world.proxy.advance(SECOND);
            world.secrets(0);
            world.reload();
            world.proxy.advance(50 * SECOND);
            world.secrets(1, 0);
            world.reload();
            world.proxy.advance(100 * SECOND);
            world.send(client);
            world.proxy.advance(SECOND);
            world.verifyComplete(client);
            assertEquals(1, world.proxy.addressCount(0));

            world.secrets(0);
            world.reload();
            world.proxy.advance(61 * SECOND);
            assertTrue(ReloadWorld.isClosed(client));
            world.secrets(0, 1);
            world.reload();
            SimulatedClient later = world.connect(1);
            world.proxy.advance(SECOND);
            world.verifyComplete(later);
            world.proxy.verifyClean();
        }
    }

    /** Secrets and servers change together or not at all. [C-REL-10] [C-CLI-74] */
    @Test
    void shouldTakeNoSecretFromAReloadWhoseServersAreBad() throws IOException
    {
        try (ReloadWorld world = new ReloadWorld(folder, setup(1), 2, TWO_SERVERS))
        {
            world.secrets(1);
            world.reload("nonsense");
            SimulatedClient old = world.connect(0);
            SimulatedClient tooNew = world.connect(1);
            world.proxy.advance(SECOND);
            world.verifyComplete(old);
            assertTrue(tooNew.peer.packets().isEmpty());
            assertEquals(1, world.state().secretCount());
            assertFalse(ReloadWorld.isClosed(old));
        }
    }

    /** [C-BUG-23] */
    @Test
    void shouldWarnOfASecretThatIsThereTwice() throws IOException
    {
        try (ReloadWorld world = new ReloadWorld(folder, setup(1), 2, TWO_SERVERS))
        {
            world.secrets(0, 3, 0);
            world.reload();
            assertEquals("warning: client secret 3 is the same as client secret 1, only that one will ever match — " +
                "remove one of them", world.log.getFirst());
            world.connect(0);
            world.proxy.advance(SECOND);
            assertEquals(1, world.proxy.addressCount(0));
            assertEquals(0, world.proxy.addressCount(2), "the second never matches");
        }
    }
}
