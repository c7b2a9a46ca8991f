// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mtproxy.engine.client.CloseReason;
import io.mtproxy.engine.config.NatRules;
import io.mtproxy.engine.status.ProxyCounter;
import io.mtproxy.soak.ClientOptions;
import io.mtproxy.soak.DatacenterEvent.ProxyRequest;
import io.mtproxy.soak.Payloads;
import io.mtproxy.soak.Transport;
import java.io.IOException;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which server and which link a client gets, and what happens to it when that link is lost. */
final class BindingSimulationTest
{
    private static final long MS = 1_000_000L;

    /** [P-CON-10] [P-OBF-16] [C-CLT-04] exactly that id, else the default; no absolute value, no modulo. */
    @ParameterizedTest
    @CsvSource({"1,8001", "-1,8002", "2,8000", "0,8000", "-2,8000", "5,8000", "10001,8000", "-10001,8000",
        "32767,8003", "-32768,8003"})
    void shouldLookUpDcExactlyThenDefault(int dcId, int port) throws IOException
    {
        SimulatedProxy.Setup setup = new SimulatedProxy.Setup();
        setup.serverCount = 4;
        setup.config = """
            min_connections 1;
            proxy_for 2 127.0.0.1:8000;
            proxy_for 1 127.0.0.1:8001;
            proxy_for -1 127.0.0.1:8002;
            proxy_for 32767 127.0.0.1:8003;
            proxy_for -32768 127.0.0.1:8003;
            default 2;
            """;
        try (SimulatedProxy proxy = new SimulatedProxy(setup))
        {
            DatacenterRecord record = DatacenterRecord.of(proxy);
            proxy.awaitLinks();
            SimulatedClient client = proxy.connect(Transport.ABRIDGED, dcId);
            client.send(Payloads.encrypted(1, 64, proxy.random), false);
            proxy.advance(5 * MS);

            assertEquals(1, record.requests.size());
            assertEquals(port, record.lastLink().end.ownAddress.getPort());
            proxy.verifyClean();
        }
    }

    /** [P-CON-10] [P-PAY-05] no such cluster and no default. */
    @Test
    void shouldFindNoTargetWithoutDefaultCluster() throws IOException
    {
        SimulatedProxy.Setup setup = new SimulatedProxy.Setup();
        setup.config = "min_connections 1;\nproxy_for 2 127.0.0.1:8000;\n";
        try (SimulatedProxy proxy = new SimulatedProxy(setup))
        {
            proxy.awaitLinks();
            SimulatedClient client = proxy.connect(Transport.ABRIDGED, 3);
            client.send(Payloads.encrypted(1, 64, proxy.random), false);
            client.send(Payloads.encrypted(1, 64, proxy.random), false);
            proxy.advance(5 * MS);

            assertEquals(2, proxy.counter(ProxyCounter.FRAMES_DROPPED_NO_TARGET));
            assertFalse(client.end.isClosedByEngine());
            proxy.verifyClean();
        }
    }

    /** [P-CON-20] [C-CLT-05] every packet of a client takes its first link. [P-CON-40] ids differ and are never 0. */
    @Test
    void shouldStayOnFirstLink() throws IOException
    {
        SimulatedProxy.Setup setup = new SimulatedProxy.Setup();
        setup.serverCount = 3;
        setup.minConnections = 4;
        try (SimulatedProxy proxy = new SimulatedProxy(setup))
        {
            DatacenterRecord record = DatacenterRecord.of(proxy);
            proxy.awaitLinks();
            List<SimulatedClient> clients = new ArrayList<>();
            for (int i = 0; i < 20; i++)
            {
                clients.add(proxy.connect(Transport.PADDED, 2));
            }
            for (int round = 0; round < 10; round++)
            {
                clients.forEach(client -> client.send(Payloads.encrypted(1, 64, proxy.random), false));
                proxy.advance(3 * MS);
            }
            proxy.advance(5 * MS);

            Map<Long, SimulatedDatacenter.Link> linkById = new HashMap<>();
            for (int i = 0; i < record.requests.size(); i++)
            {
                long id = record.requests.get(i).extConnectionId();
                assertTrue(id > 0);
                SimulatedDatacenter.Link link = linkById.putIfAbsent(id, record.links.get(i));
                assertTrue(link == null || link == record.links.get(i));
            }
            assertEquals(200, record.requests.size());
            assertEquals(20, linkById.size());
            proxy.verifyClean();
        }
    }

    /** [P-CON-21] uniform over the servers with a ready link and over their links; the sum of squares tells. */
    @Test
    void shouldDrawLinksUniformly() throws IOException
    {
        SimulatedProxy.Setup setup = new SimulatedProxy.Setup();
        setup.serverCount = 3;
        setup.minConnections = 2;
        try (SimulatedProxy proxy = new SimulatedProxy(setup))
        {
            DatacenterRecord record = DatacenterRecord.of(proxy);
            proxy.network.unserve(SimulatedProxy.address(2));
            proxy.advance(50 * MS);
            for (int i = 0; i < 800; i++)
            {
                proxy.connect(Transport.ABRIDGED, 2).send(Payloads.encrypted(1, 64, proxy.random), false);
            }
            proxy.advance(50 * MS);

            assertEquals(800, record.requests.size());
            Map<SimulatedDatacenter.Link, Integer> counts = new HashMap<>();
            record.links.forEach(link -> counts.merge(link, 1, Integer::sum));
            assertEquals(4, counts.size());
            double chiSquare = counts.values().stream().mapToDouble(n -> (n - 200.0) * (n - 200.0) / 200.0).sum();
            assertTrue(chiSquare < 16.3, "chi square " + chiSquare + " " + counts.values());
            assertEquals(0, proxy.counter(ProxyCounter.FRAMES_DROPPED_NO_TARGET),
                "servers without links are not drawn");
            proxy.verifyClean();
        }
    }

    /** [P-CON-22] [C-CLT-06] only its clients, at once, and nobody is told. */
    @ParameterizedTest
    @ValueSource(strings = {"reset", "end", "violation"})
    void shouldCloseOnlyClientsOfLostLink(String way) throws IOException
    {
        SimulatedProxy.Setup setup = new SimulatedProxy.Setup();
        setup.minConnections = 2;
        try (SimulatedProxy proxy = new SimulatedProxy(setup))
        {
            DatacenterRecord record = DatacenterRecord.of(proxy);
            proxy.awaitLinks();
            Map<Integer, SimulatedDatacenter.Link> linkByPort = new HashMap<>();
            for (int i = 0; i < 20; i++)
            {
                SimulatedClient client = proxy.connect(Transport.ABRIDGED, 2);
                client.send(Payloads.encrypted(1, 64, proxy.random), false);
                proxy.advance(3 * MS);
                linkByPort.put(client.port(), record.lastLink());
            }
            SimulatedDatacenter.Link lost = record.lastLink();
            switch (way)
            {
                case "reset" -> lost.reset();
                case "end" -> lost.end.end();
                default ->
                {
                    lost.peer.corruptNextCrc();
                    lost.peer.ping(1);
                }
            }
            proxy.advance(10 * MS);

            long lostCount = linkByPort.values().stream().filter(link -> link == lost).count();
            assertTrue(lostCount < 20);
            assertEquals(lostCount, proxy.closed(CloseReason.LINK_LOST));
            assertEquals(20 - lostCount, proxy.counter(ProxyCounter.EXT_CONNECTIONS));
            for (SimulatedClient client : proxy.clients)
            {
                assertEquals(linkByPort.get(client.port()) == lost, client.end.isAtEnd());
            }
            assertEquals(0, record.closedIds.size());
            assertEquals(0, proxy.counter(ProxyCounter.CLOSE_CONN_SENT));
            proxy.verifyClean();
        }
    }

    /** [P-CON-40] [P-CON-41] an id is not used again, though the slot is. */
    @Test
    void shouldNotReuseIds() throws IOException
    {
        try (SimulatedProxy proxy = new SimulatedProxy(new SimulatedProxy.Setup()))
        {
            DatacenterRecord record = DatacenterRecord.of(proxy);
            proxy.awaitLinks();
            for (int i = 0; i < 50; i++)
            {
                SimulatedClient client = proxy.connect(Transport.ABRIDGED, 2);
                client.send(Payloads.encrypted(1, 64, proxy.random), false);
                proxy.advance(3 * MS);
                client.end.end();
                proxy.advance(3 * MS);
            }
            Set<Long> ids = new HashSet<>();
            record.requests.forEach(request -> ids.add(request.extConnectionId()));
            assertEquals(50, ids.size());
            assertEquals(new ArrayList<>(record.requests.stream().map(ProxyRequest::extConnectionId).toList()),
                record.closedIds);
            proxy.verifyClean();
        }
    }

    /** [P-RPC-40] [P-RPC-42] [P-RPC-21] [P-NET-01] [C-CLT-11] addresses of both ends, in each request, with the tag. */
    @ParameterizedTest
    @CsvSource({"192.0.2.7,10.1.2.3,198.51.100.9", "192.0.2.7,10.9.9.9,10.9.9.9", "2001:db8::7,10.1.2.3,198.51.100.9",
        "2001:db8::7,2001:db8::1,2001:db8::1", "::ffff:192.0.2.7,::ffff:10.1.2.3,198.51.100.9",
        "10.1.2.3,10.1.2.3,198.51.100.9"})
    void shouldTellAddressesAndTagInEachRequest(String client, String own, String ownTold) throws Exception
    {
        SimulatedProxy.Setup setup = new SimulatedProxy.Setup();
        setup.proxyTag = "00112233445566778899aabbccddeeff";
        setup.natRules = new NatRules(List.of(NatRules.Rule.parse("10.1.2.3:198.51.100.9")));
        try (SimulatedProxy proxy = new SimulatedProxy(setup))
        {
            DatacenterRecord record = DatacenterRecord.of(proxy);
            proxy.awaitLinks();
            // the JDK gives a v4-mapped peer of an IPv6 socket as an IPv4 address, as getByName does
            proxy.network.engineHost = InetAddress.getByName(own);
            SimulatedClient simulated = proxy.connect(
                ClientOptions.of(Transport.ABRIDGED, SimulatedProxy.clientSecret(0), 2, 1), InetAddress.getByName(
                    client));
            for (int i = 0; i < 3; i++)
            {
                simulated.send(Payloads.encrypted(1, 64, proxy.random), false);
                proxy.advance(3 * MS);
            }

            assertEquals(3, record.requests.size());
            for (ProxyRequest request : record.requests)
            {
                assertEquals(InetAddress.getByName(client), request.client().getAddress());
                assertEquals(simulated.port(), request.client().getPort());
                assertEquals(InetAddress.getByName(ownTold), request.own().getAddress());
                assertEquals(SimulatedProxy.PORT, request.own().getPort());
                assertEquals(setup.proxyTag, HexFormat.of().formatHex(request.proxyTag()));
                assertEquals(ProxyRequest.FLAG_TAG, request.flags() & ProxyRequest.FLAG_TAG);
            }
            proxy.verifyClean();
        }
    }

    /** [P-CON-61] two engines have links, ids and counters of their own. */
    @Test
    void shouldShareNothingBetweenEngines() throws IOException
    {
        SimulatedProxy.Setup setup = new SimulatedProxy.Setup();
        setup.minConnections = 2;
        try (SimulatedProxy one = new SimulatedProxy(setup); SimulatedProxy two = new SimulatedProxy(setup))
        {
            DatacenterRecord recordOne = DatacenterRecord.of(one);
            DatacenterRecord recordTwo = DatacenterRecord.of(two);
            one.awaitLinks();
            two.awaitLinks();
            SimulatedClient client = one.connect(Transport.ABRIDGED, 2);
            client.send(Payloads.encrypted(1, 64, one.random), false);
            one.advance(5 * MS);
            two.advance(5 * MS);

            assertEquals(2, one.datacenters.getFirst().readyLinks().size());
            assertEquals(2, two.datacenters.getFirst().readyLinks().size());
            assertEquals(1, recordOne.requests.size());
            assertEquals(0, recordTwo.requests.size());
            assertEquals(0, two.counter(ProxyCounter.SPECIAL_CONNECTIONS));
            one.engine.close();
            SimulatedClient other = two.connect(Transport.ABRIDGED, 2);
            other.send(Payloads.encrypted(1, 64, two.random), false);
            two.advance(5 * MS);
            assertEquals(1, recordTwo.requests.size());
            two.verifyClean();
        }
    }

    /** [P-CON-61] threads in one process: one set of links for all agents, and ids that differ between them. */
    @Test
    void shouldShareLinksBetweenClientAgents() throws IOException
    {
        SimulatedProxy.Setup setup = new SimulatedProxy.Setup();
        setup.clientAgents = 3;
        setup.datacenterAgents = 2;
        setup.serverCount = 2;
        setup.minConnections = 2;
        try (SimulatedProxy proxy = new SimulatedProxy(setup))
        {
            DatacenterRecord record = DatacenterRecord.of(proxy);
            proxy.awaitLinks();
            for (int i = 0; i < 30; i++)
            {
                proxy.connect(Transport.PADDED, 2).send(Payloads.encrypted(1, 100_000, proxy.random), false);
            }
            proxy.advance(100 * MS);

            assertEquals(30, record.requests.size());
            assertEquals(30, record.requests.stream().map(ProxyRequest::extConnectionId).distinct().count());
            assertEquals(4, proxy.datacenters.stream().mapToInt(datacenter -> datacenter.links.size()).sum());
            proxy.engine.clientAgents().forEach(agent -> assertEquals(10, agent.connections().count()));
            for (int i = 0; i < 30; i++)
            {
                record.links.get(i).peer.answer(record.requests.get(i).extConnectionId(), 0, new byte[8 * i]);
            }
            proxy.advance(50 * MS);
            for (int i = 0; i < 30; i++)
            {
                int port = record.requests.get(i).client().getPort();
                SimulatedClient client = proxy.clients.stream().filter(one -> one.port() == port).findFirst()
                    .orElseThrow();
                assertTrue(client.peer.isPayload(new byte[8 * i], client.peer.packets().getFirst()));
            }
            proxy.verifyClean();
        }
    }

    /** [P-CON-20] a routing that changes concerns new clients only; nothing else is said to the bound one. */
    @Test
    void shouldMigrateNobody() throws IOException
    {
        SimulatedProxy.Setup setup = new SimulatedProxy.Setup();
        setup.minConnections = 3;
        try (SimulatedProxy proxy = new SimulatedProxy(setup))
        {
            DatacenterRecord record = DatacenterRecord.of(proxy);
            proxy.awaitLinks();
            SimulatedClient client = proxy.connect(Transport.PADDED, 2);
            client.send(Payloads.encrypted(1, 64, proxy.random), false);
            proxy.advance(5 * MS);
            SimulatedDatacenter.Link own = record.lastLink();
            SimulatedDatacenter.Link other = proxy.datacenters.getFirst().readyLinks().stream()
                .filter(link -> link != own).findFirst().orElseThrow();
            other.reset();
            proxy.advance(50 * MS);
            client.send(Payloads.encrypted(1, 64, proxy.random), false);
            proxy.advance(5 * MS);

            assertSame(own, record.lastLink());
            assertNotEquals(other, record.lastLink());
            assertEquals(0, proxy.closed(CloseReason.LINK_LOST));
            proxy.verifyClean();
        }
    }
}
