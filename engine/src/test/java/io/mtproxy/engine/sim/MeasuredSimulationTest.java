// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mtproxy.engine.status.ProxyCounter;
import io.mtproxy.engine.status.StatusReport;
import io.mtproxy.engine.status.api.DcState;
import io.mtproxy.engine.status.api.LatencyMetric;
import io.mtproxy.engine.status.api.LinkStage;
import io.mtproxy.engine.status.api.LinkState;
import io.mtproxy.engine.status.api.SecretUsage;
import io.mtproxy.engine.status.api.StallExample;
import io.mtproxy.engine.status.api.StallLeg;
import io.mtproxy.soak.ClientOptions;
import io.mtproxy.soak.Payloads;
import io.mtproxy.soak.Transport;
import java.io.IOException;
import java.net.InetAddress;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the engine shows beside its counters: by secret, by DC, by link, how long things take, and where they stand still. */
final class MeasuredSimulationTest
{
    private static final long MS = 1_000_000L;
    private static final long SECOND = 1_000_000_000L;

    private static StatusReport report(SimulatedProxy proxy)
    {
        return StatusReport.of(List.of(proxy.engine.status()));
    }

    private static SimulatedClient connect(SimulatedProxy proxy, int secret, int dcId)
    {
        return proxy.connect(ClientOptions.of(Transport.INTERMEDIATE, SimulatedProxy.clientSecret(secret), dcId,
            proxy.random.nextLong()));
    }

    @Test
    void shouldCountForSecretsAndDcs() throws IOException
    {
        SimulatedProxy.Setup setup = new SimulatedProxy.Setup();
        setup.secretCount = 2;
        setup.serverCount = 2;
        setup.config = "proxy_for 2 127.0.0.1:8000; proxy_for -4 127.0.0.1:8001; default 2;";
        try (SimulatedProxy proxy = new SimulatedProxy(setup))
        {
            DatacenterRecord record = DatacenterRecord.of(proxy);
            proxy.awaitLinks();
            SimulatedClient first = connect(proxy, 0, 2);
            SimulatedClient second = connect(proxy, 1, -4);
            SimulatedClient unknownDc = connect(proxy, 1, 77);
            for (SimulatedClient client : List.of(first, second, unknownDc))
            {
                client.send(Payloads.encrypted(1, 64, proxy.random), false);
                proxy.advance(5 * MS);
                record.answer(new byte[1000]);
                proxy.advance(5 * MS);
            }
            second.send(Payloads.encrypted(1, 40_000, proxy.random), false);
            proxy.advance(200 * MS);

            List<SecretUsage> secrets = report(proxy).secrets();
            assertEquals(List.of(1, 2), secrets.stream().map(SecretUsage::position).toList());
            assertEquals(List.of(1L, 2L), secrets.stream().map(SecretUsage::connections).toList());
            assertEquals(List.of(1L, 2L), secrets.stream().map(SecretUsage::handshakes).toList());
            assertEquals(List.of(1L, 3L), secrets.stream().map(SecretUsage::packetsToDatacenter).toList());
            assertEquals(List.of(1L, 2L), secrets.stream().map(SecretUsage::packetsToClient).toList());
            assertEquals(List.of(1000L, 2000L), secrets.stream().map(SecretUsage::bytesToClient).toList());
            long bytes = first.sentPayloads.get(0).length;
            assertEquals(bytes, secrets.get(0).bytesToDatacenter());
            assertEquals(proxy.counter(ProxyCounter.PAYLOAD_BYTES_TO_DATACENTER) - bytes,
                secrets.get(1).bytesToDatacenter());
            assertEquals(3000, proxy.counter(ProxyCounter.PAYLOAD_BYTES_TO_CLIENT));

            List<DcState> dcs = report(proxy).dcs();
            assertEquals(List.of(-4, 2), dcs.stream().map(DcState::dcId).toList());
            assertEquals(List.of(1, 1), dcs.stream().map(DcState::servers).toList());
            assertEquals(List.of(1, 1), dcs.stream().map(DcState::readyServers).toList());
            assertEquals(List.of(1L, 2L), dcs.stream().map(DcState::connections).toList());
            assertEquals(List.of(2L, 2L), dcs.stream().map(DcState::packetsToDatacenter).toList());
            assertEquals(List.of(1000L, 2000L), dcs.stream().map(DcState::bytesToClient).toList());

            first.end.end();
            proxy.advance(5 * MS);
            assertEquals(0, report(proxy).secrets().get(0).connections());
            assertEquals(1, report(proxy).secrets().get(0).handshakes());
            assertEquals(1, report(proxy).dcs().get(1).connections());
            proxy.verifyClean();
        }
    }

    /** [C-STAT-08] the same addresses and keys at two agents count once. */
    @Test
    void shouldUniteDistinctValuesOfAgents() throws IOException
    {
        SimulatedProxy.Setup setup = new SimulatedProxy.Setup();
        setup.clientAgents = 2;
        try (SimulatedProxy proxy = new SimulatedProxy(setup))
        {
            proxy.awaitLinks();
            for (int i = 0; i < 8; i++)
            {
                SimulatedClient client = proxy.connect(ClientOptions.of(Transport.ABRIDGED,
                    SimulatedProxy.clientSecret(0), 2, i), InetAddress.ofLiteral("127.0.0." + (1 + i / 4)));
                client.send(Payloads.encrypted(1 + i % 3, 64, proxy.random), false);
                proxy.advance(5 * MS);
            }
            assertTrue(proxy.engine.clientAgents().stream().allMatch(agent -> agent.connections().count() > 0));
            SecretUsage usage = report(proxy).secrets().get(0);
            assertEquals(2, usage.addresses());
            assertEquals(3, usage.authKeys());
            assertEquals(8, usage.connections());
            assertEquals(2, proxy.engine.status().secretAddressCount(0));
            proxy.clients.forEach(client -> client.end.end());
            proxy.advance(5 * MS);
            assertEquals(0, report(proxy).secrets().get(0).addresses());
            assertEquals(0, report(proxy).secrets().get(0).authKeys());
            proxy.verifyClean();
        }
    }

    /** [P-PAY-05] a packet that found no link in the end was not forwarded. */
    @Test
    void shouldNotCountDroppedPacketsAsForwarded() throws IOException
    {
        SimulatedProxy.Setup setup = new SimulatedProxy.Setup();
        try (SimulatedProxy proxy = new SimulatedProxy(setup))
        {
            proxy.awaitLinks();
            SimulatedClient client = connect(proxy, 0, 2);
            proxy.advance(5 * MS);
            proxy.datacenters.get(0).links.forEach(SimulatedDatacenter.Link::reset);
            client.send(Payloads.encrypted(1, 64, proxy.random), false);
            proxy.step();
            assertEquals(1, proxy.counter(ProxyCounter.FRAMES_DROPPED_NO_TARGET));
            assertEquals(1, report(proxy).dcs().get(0).dropped());
            assertEquals(0, report(proxy).dcs().get(0).packetsToDatacenter());
            assertEquals(0, report(proxy).secrets().get(0).packetsToDatacenter());
            proxy.advance(3 * SECOND);
            proxy.verifyClean();
        }
    }

    @Test
    void shouldMeasureHandshakesFirstPacketsAndRoundTrips() throws IOException
    {
        try (SimulatedProxy proxy = new SimulatedProxy(new SimulatedProxy.Setup()))
        {
            DatacenterRecord record = DatacenterRecord.of(proxy);
            proxy.awaitLinks();
            for (int i = 0; i < 40; i++)
            {
                SimulatedClient client = connect(proxy, 0, 2);
                proxy.advance(5 * MS);
                client.send(Payloads.encrypted(1, 64, proxy.random), false);
                proxy.advance(20 * MS);
                record.answer(new byte[64]);
                proxy.advance(5 * MS);
            }
            StatusReport report = report(proxy);
            assertEquals(40, report.latency(LatencyMetric.HANDSHAKE).count());
            assertEquals(40, report.latency(LatencyMetric.FIRST_BYTE).count());
            assertTrue(report.latency(LatencyMetric.HANDSHAKE).max() <= 2 * MS);
            long firstNs = report.latency(LatencyMetric.FIRST_BYTE).quantile(0.5);
            assertTrue(firstNs >= 4 * MS && firstNs <= 7 * MS, firstNs + " ns");
            // one in 16 of 80 reads is timed, half of which have a header only
            long trips = report.latency(LatencyMetric.LINK_ROUND_TRIP).count();
            assertTrue(trips >= 4 && trips <= 6, trips + " round trips");
            long tripNs = report.dcs().get(0).roundTrip().mean();
            assertTrue(tripNs >= 19 * MS && tripNs <= 23 * MS, tripNs + " ns");
            assertTrue(report.latency(LatencyMetric.TO_DATACENTER).count() >= 1);
            assertTrue(report.latency(LatencyMetric.TO_CLIENT).count() >= 1);
            // the clock stands while a turn is taken
            assertEquals(0, report.latency(LatencyMetric.TO_DATACENTER).max());
            assertEquals(proxy.counter(ProxyCounter.POLLS), report.latency(LatencyMetric.DUTY_CYCLE).count());
            proxy.verifyClean();
        }
    }

    @Test
    void shouldShowLinksFromConnectingToTheNextOne() throws IOException
    {
        try (SimulatedProxy proxy = new SimulatedProxy(new SimulatedProxy.Setup()))
        {
            DatacenterRecord record = DatacenterRecord.of(proxy);
            proxy.awaitLinks();
            SimulatedClient client = connect(proxy, 0, 2);
            client.send(Payloads.encrypted(1, 64, proxy.random), false);
            proxy.advance(5 * MS);
            record.answer(new byte[64]);
            proxy.advance(200 * MS);

            LinkState link = report(proxy).links().get(0);
            assertEquals("127.0.0.1:8000", link.server());
            assertEquals("datacenter-0", link.agentName());
            assertEquals(LinkStage.READY, link.stage());
            assertEquals(1, link.opened());
            assertEquals(1, link.clients());
            assertEquals(1, link.packetsSent());
            assertEquals(1, link.answers());
            assertTrue(link.bytesSent() > 64 && link.bytesReceived() > 64, link::toString);

            proxy.datacenters.get(0).links.get(0).reset();
            proxy.step();
            LinkState lost = report(proxy).links().get(0);
            assertEquals(ProxyCounter.LINK_CLOSED_PEER_RESET, lost.lastClose());
            proxy.advance(3 * SECOND);
            LinkState next = report(proxy).links().get(0);
            assertEquals(LinkStage.READY, next.stage());
            assertEquals(2, next.opened());
            assertEquals(0, next.clients());
            assertTrue(next.bytesSent() > lost.bytesSent(), "goes on over the links of a place");
            proxy.verifyClean();
        }
    }

    /** What C shows as cur_accept_rate_remaining. [P-CON-60] */
    @Test
    void shouldShowTokensLeftForAccepting() throws IOException
    {
        SimulatedProxy.Setup setup = new SimulatedProxy.Setup();
        setup.acceptRateMax = 10;
        try (SimulatedProxy proxy = new SimulatedProxy(setup))
        {
            proxy.advance(2 * SECOND);
            assertEquals(10_000_000, proxy.counter(ProxyCounter.ACCEPT_TOKENS_LEFT));
            for (int i = 0; i < 8; i++)
            {
                proxy.connectSilently();
            }
            proxy.advance(110 * MS);
            long left = proxy.counter(ProxyCounter.ACCEPT_TOKENS_LEFT);
            assertTrue(left >= 2_000_000 && left <= 3_200_000, left + " millionths");
            proxy.verifyClean();
        }
    }

    /** What C shows as its chunks of buffers. [C-LIM-10] */
    @Test
    void shouldShowBlocksOfBuffers() throws IOException
    {
        try (SimulatedProxy proxy = new SimulatedProxy(new SimulatedProxy.Setup()))
        {
            DatacenterRecord record = DatacenterRecord.of(proxy);
            proxy.network.capacity(4096);
            proxy.awaitLinks();
            SimulatedClient client = connect(proxy, 0, 2);
            client.send(Payloads.encrypted(1, 64, proxy.random), false);
            proxy.advance(5 * MS);
            client.isReadingPaused = true;
            long before = proxy.counter(ProxyCounter.BUFFER_BLOCKS);
            record.answer(new byte[1 << 20]);
            proxy.advance(3 * SECOND);
            long blocks = proxy.counter(ProxyCounter.BUFFER_BLOCKS);
            // 1 MiB waits for the client, in blocks of 256 KiB
            assertTrue(blocks >= before + 4, blocks + " blocks");
            assertEquals(blocks, proxy.counter(ProxyCounter.BUFFER_BLOCKS_PEAK));
            assertEquals(blocks, proxy.counter(ProxyCounter.BUFFER_BLOCK_ALLOCATIONS));
            assertEquals(256L * 1024 * 1024 / (256 * 1024), proxy.counter(ProxyCounter.BUFFER_BLOCKS_LIMIT));
            proxy.verifyClean();
            assertEquals(blocks, proxy.counter(ProxyCounter.BUFFER_BLOCKS), "never given back");
        }
    }

    // ---- stalls: each cause provoked and named

    private static void assertOneStall(SimulatedProxy proxy, StallLeg leg)
    {
        StatusReport report = report(proxy);
        for (StallLeg other : StallLeg.values())
        {
            assertEquals(other == leg ? 1 : 0, report.dcs().get(0).stalls().get(other), other::toString);
        }
        List<StallExample> examples = report.stalls();
        assertEquals(1, examples.size(), examples::toString);
        assertEquals(leg, examples.get(0).leg());
        assertEquals(2, examples.get(0).dcId());
        assertTrue(examples.get(0).durationNs() >= SECOND, examples::toString);
    }

    @Test
    void shouldNameSilentMiddleProxy() throws IOException
    {
        try (SimulatedProxy proxy = new SimulatedProxy(new SimulatedProxy.Setup()))
        {
            DatacenterRecord record = DatacenterRecord.of(proxy);
            proxy.awaitLinks();
            SimulatedClient client = connect(proxy, 0, 2);
            client.send(Payloads.encrypted(1, 64, proxy.random), false);
            proxy.advance(9 * SECOND);
            assertEquals(0, report(proxy).stalls().size());
            proxy.advance(30 * SECOND);
            assertOneStall(proxy, StallLeg.MIDDLE_PROXY_SILENT);
            assertEquals(client.sentPayloads.get(0).length, report(proxy).stalls().get(0).bytesToDatacenter());

            // it speaks again, and falls silent again
            record.answer(new byte[64]);
            proxy.advance(30 * SECOND);
            assertOneStall(proxy, StallLeg.MIDDLE_PROXY_SILENT);
            client.send(Payloads.encrypted(1, 64, proxy.random), false);
            proxy.advance(30 * SECOND);
            assertEquals(2, report(proxy).dcs().get(0).stalls().get(StallLeg.MIDDLE_PROXY_SILENT));
            proxy.verifyClean();
        }
    }

    @Test
    void shouldNameClientThatDoesNotRead() throws IOException
    {
        try (SimulatedProxy proxy = new SimulatedProxy(new SimulatedProxy.Setup()))
        {
            DatacenterRecord record = DatacenterRecord.of(proxy);
            proxy.network.capacity(4096);
            proxy.awaitLinks();
            SimulatedClient client = connect(proxy, 0, 2);
            client.send(Payloads.encrypted(1, 64, proxy.random), false);
            proxy.advance(5 * MS);
            client.isReadingPaused = true;
            record.answer(new byte[100_000]);
            proxy.advance(4 * SECOND);
            assertEquals(0, report(proxy).stalls().size());
            proxy.advance(10 * SECOND);
            assertOneStall(proxy, StallLeg.CLIENT_NOT_READING);
            assertTrue(report(proxy).stalls().get(0).waitingBytes() > 90_000);
            assertEquals(100_000, report(proxy).stalls().get(0).bytesToClient());
            proxy.verifyClean();
        }
    }

    /** A client that reads slowly is no stall. */
    @Test
    void shouldNotCallSlowClientStalled() throws IOException
    {
        try (SimulatedProxy proxy = new SimulatedProxy(new SimulatedProxy.Setup()))
        {
            DatacenterRecord record = DatacenterRecord.of(proxy);
            proxy.network.capacity(4096);
            proxy.awaitLinks();
            SimulatedClient client = connect(proxy, 0, 2);
            client.send(Payloads.encrypted(1, 64, proxy.random), false);
            proxy.advance(5 * MS);
            record.answer(new byte[100_000]);
            for (int i = 0; i < 10; i++)
            {
                client.isReadingPaused = true;
                proxy.advance(3 * SECOND);
                client.isReadingPaused = false;
                proxy.step();
            }
            assertEquals(0, report(proxy).stalls().size());
            proxy.verifyClean();
        }
    }

    @Test
    void shouldNameCongestedLink() throws IOException
    {
        SimulatedProxy.Setup setup = new SimulatedProxy.Setup();
        setup.linkBufferLength = 64 * 1024;
        try (SimulatedProxy proxy = new SimulatedProxy(setup))
        {
            DatacenterRecord record = DatacenterRecord.of(proxy);
            proxy.network.capacity(8192);
            proxy.awaitLinks();
            SimulatedClient client = connect(proxy, 0, 2);
            client.send(Payloads.encrypted(1, 64, proxy.random), false);
            proxy.advance(5 * MS);
            record.answer(new byte[64]);
            proxy.advance(5 * MS);
            proxy.datacenters.get(0).links.get(0).isReadingPaused = true;
            for (int i = 0; i < 20; i++)
            {
                client.send(Payloads.encrypted(1, 8000, proxy.random), false);
            }
            proxy.advance(4 * SECOND);
            assertEquals(0, report(proxy).stalls().size());
            proxy.advance(3 * SECOND);
            assertOneStall(proxy, StallLeg.LINK_CONGESTED);
            assertTrue(report(proxy).links().get(0).isCongested());
            assertTrue(report(proxy).links().get(0).waitingBytes() > 64 * 1024);
            proxy.verifyClean();
        }
    }
}
