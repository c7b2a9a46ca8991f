// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mtproxy.engine.agent.ClientAgent;
import io.mtproxy.engine.agent.ClientCommands;
import io.mtproxy.engine.client.AcceptGate;
import io.mtproxy.engine.client.ClientLimits;
import io.mtproxy.engine.client.ClientSecrets;
import io.mtproxy.engine.client.ClientSetup;
import io.mtproxy.engine.config.SecretList;
import io.mtproxy.engine.io.SocketPoller;
import io.mtproxy.engine.io.TcpNetwork;
import io.mtproxy.engine.memory.ChunkPool;
import io.mtproxy.engine.relay.RelayRing;
import io.mtproxy.engine.relay.RoutingTable;
import io.mtproxy.engine.relay.ServerEntry;
import io.mtproxy.engine.relay.ServerMarks;
import io.mtproxy.engine.relay.WakeSignal;
import io.mtproxy.engine.status.ProxyCounter;
import io.mtproxy.engine.status.StatusFile;
import io.mtproxy.engine.status.StatusReport;
import io.mtproxy.engine.status.api.StallExample;
import io.mtproxy.engine.status.api.StallLeg;
import io.mtproxy.soak.ClientOptions;
import io.mtproxy.soak.Payloads;
import io.mtproxy.soak.Transport;
import java.io.IOException;
import java.net.InetAddress;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** A client agent whose datacenter agent does not take what is in their ring. */
final class RingStallTest
{
    private static final long STEP_NS = 100_000_000L;

    @Test
    void shouldNameRingThatStaysFull() throws IOException
    {
        SimulatedClock clock = new SimulatedClock();
        SplittableRandom root = new SplittableRandom(1);
        SimulatedNetwork network = new SimulatedNetwork(clock, root.split(), false);
        SocketPoller poller = network.openPoller();
        RelayRing toDatacenter = new RelayRing(RelayRing.CAPACITY_MIN, RingStallTest::nothing);
        RelayRing toClient = new RelayRing(RelayRing.CAPACITY_MIN, RingStallTest::nothing);
        StatusFile status = StatusFile.inMemory(List.of("client-0"), "", clock);
        WakeSignal signal = new WakeSignal(poller);
        ClientCommands commands = new ClientCommands(signal);
        ClientSecrets noSecrets = new ClientSecrets(SecretList.of(List.of()));
        ClientAgent agent = new ClientAgent(new ClientSetup(0, poller, clock, clock, status.agent(0),
            new SeededRandomSource(root.split()), status.errorLog()::record, new ClientLimits(1 << 20, 0,
                1_000_000_000L),
            new AcceptGate(10, 0, 0, clock.nanoTime()), new ChunkPool(1 << 20), 10, ip -> ip, new byte[0], noSecrets, 0,
            new RelayRing[]{toDatacenter}, new RelayRing[]{toClient}, new WakeSignal[]{signal}, null),
            List.of(network.listen(new TcpNetwork.ListenOptions(SimulatedProxy.PORT, false, null, 10, 0, false), 1)),
            commands);
        ServerMarks marks = new ServerMarks(1);
        marks.readyLinkCount(1);
        ServerEntry server = new ServerEntry(0, SimulatedProxy.address(0), 1, 1, 0, 2, marks);
        commands.configuration(new RoutingTable(List.of(server), Map.of(2, List.of(server)), 2), noSecrets);
        agent.doWork();
        while (true)
        {
            int claim = toDatacenter.tryClaim(99, 16);
            if (claim < 0)
            {
                break;
            }
            toDatacenter.commit(claim);
        }
        SimulatedClient client = new SimulatedClient(ClientOptions.of(Transport.PADDED, 2, 1),
            network.connectToEngine(SimulatedProxy.PORT, InetAddress.getLoopbackAddress()));
        client.send(Payloads.encrypted(1, 64, root), false);

        for (int tenths = 0; tenths < 9; tenths++)
        {
            turn(clock, poller, agent, client);
        }
        assertEquals(0, stalls(status).size(), "a ring may be full for a moment");
        for (int tenths = 0; tenths < 50; tenths++)
        {
            turn(clock, poller, agent, client);
        }
        assertEquals(1, stalls(status).size());
        StallExample stall = stalls(status).get(0);
        assertEquals(StallLeg.TO_DATACENTER_RING_FULL, stall.leg());
        assertEquals(2, stall.dcId());
        assertTrue(stall.waitingBytes() > 0 && stall.durationNs() >= 1_000_000_000L, stall::toString);
        assertEquals(1, StatusReport.of(List.of(status.reader())).dcs().get(0).stalls()
            .get(StallLeg.TO_DATACENTER_RING_FULL));
        assertTrue(status.reader().get(ProxyCounter.TO_DATACENTER_RING_FULL) > 0);
        agent.onClose();
        status.close();
    }

    private static List<StallExample> stalls(StatusFile status)
    {
        return StatusReport.of(List.of(status.reader())).stalls();
    }

    private static void turn(SimulatedClock clock, SocketPoller poller, ClientAgent agent, SimulatedClient client)
        throws IOException
    {
        clock.advance(STEP_NS);
        client.pump();
        poller.poll(SocketPoller.NO_WAIT);
        agent.doWork();
    }

    private static void nothing()
    {
        // nobody empties the ring
    }
}
