// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mtproxy.engine.agent.ClientAgent;
import io.mtproxy.engine.agent.ClientCommands;
import io.mtproxy.engine.client.AcceptGate;
import io.mtproxy.engine.client.ClientSetup;
import io.mtproxy.engine.client.ClientLimits;
import io.mtproxy.engine.client.ClientSecrets;
import io.mtproxy.engine.client.CloseReason;
import io.mtproxy.engine.config.SecretList;
import io.mtproxy.engine.io.SocketPoller;
import io.mtproxy.engine.io.TcpNetwork;
import io.mtproxy.engine.memory.ChunkPool;
import io.mtproxy.engine.relay.RelayRing;
import io.mtproxy.engine.relay.RoutingTable;
import io.mtproxy.engine.relay.ServerEntry;
import io.mtproxy.engine.relay.ServerMarks;
import io.mtproxy.engine.relay.ToClientMessage;
import io.mtproxy.engine.relay.ToDatacenterMessage;
import io.mtproxy.engine.relay.WakeSignal;
import io.mtproxy.engine.status.ProxyCounter;
import io.mtproxy.engine.status.StatusFile;
import io.mtproxy.soak.ClientOptions;
import io.mtproxy.soak.Payloads;
import io.mtproxy.soak.Transport;
import java.io.IOException;
import java.net.InetAddress;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.agrona.concurrent.ControlledMessageHandler;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Each reason for which a client can be closed, produced once: it is counted once and as nothing else. A reason that is
 * added does not compile here until it has a scenario.
 */
final class CloseReasonSimulationTest
{
    private static final long MS = 1_000_000L;
    private static final long SECOND = 1_000_000_000L;

    private final SimulatedProxy.Setup setup = new SimulatedProxy.Setup();

    /**
     * Those left out have tests of their own: below, in {@link ReloadSimulationTest}, {@link FakeTlsSimulationTest} and
     * {@link FrontingSimulationTest}.
     */
    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = {"TABLE_FULL", "SHUTDOWN", "INTERNAL_ERROR", "SERVER_REMOVED",
        "SECRET_REMOVED", "MALFORMED_RECORD", "FRONT_END", "FRONT_RESET", "FRONT_UNREACHABLE", "FRONT_UNRESOLVED",
        "FRONT_IS_PROXY", "FRONT_POLICY"})
    void shouldCloseForEachReasonAndCountIt(CloseReason reason) throws IOException
    {
        prepare(reason);
        try (SimulatedProxy proxy = new SimulatedProxy(setup))
        {
            proxy.network.capacity(1 << 20);
            DatacenterRecord record = DatacenterRecord.of(proxy);
            if (reason != CloseReason.DROPPED_QUERY)
            {
                proxy.awaitLinks();
            }
            proxy.network.capacity(16 * 1024);
            SimulatedClient client = proxy.connect(Transport.PADDED, 2);
            client.isReadingPaused = true;
            client.send(Payloads.encrypted(1, 64, proxy.random), false);
            proxy.step();
            proxy.step();
            proxy.advance(reason == CloseReason.DROPPED_QUERY ? 0 : 5 * MS);
            produce(reason, proxy, record, client);

            assertEquals(1, proxy.closed(reason));
            for (CloseReason other : CloseReason.values())
            {
                assertEquals(other == reason ? 1 : 0, proxy.closed(other), other.toString());
            }
            proxy.verifyClean();
        }
    }

    private void prepare(CloseReason reason)
    {
        switch (reason)
        {
            case SLOW_CLIENT -> setup.clientBufferLength = 64 * 1024;
            case BUFFERS_EXHAUSTED, LEAST_RECENTLY_USED -> setup.messageBuffersLength = 128L * ChunkPool.CHUNK_LENGTH;
            case CONNECTION_LIMIT -> setup.connectionCountMax = 1;
            case ACCEPT_RATE -> setup.acceptRateMax = 1;
            case PEER_END, PEER_RESET, MALFORMED_FRAME, HANDSHAKE_TIMEOUT, CLOSE_EXT, LINK_LOST, DROPPED_QUERY,
                TABLE_FULL, INTERNAL_ERROR, SHUTDOWN, SERVER_REMOVED, SECRET_REMOVED, MALFORMED_RECORD,
                FRONT_END, FRONT_RESET, FRONT_UNREACHABLE, FRONT_UNRESOLVED, FRONT_IS_PROXY, FRONT_POLICY ->
                {
                }
        }
    }

    private static void produce(CloseReason reason, SimulatedProxy proxy, DatacenterRecord record,
        SimulatedClient client)
    {
        switch (reason)
        {
            case PEER_END -> client.end.end();
            case PEER_RESET -> client.end.reset();
            case MALFORMED_FRAME -> client.sendRaw(client.peer.rawPlain(new byte[8]));
            case HANDSHAKE_TIMEOUT ->
            {
                proxy.connectSilently();
                proxy.advance(121 * SECOND);
            }
            case SLOW_CLIENT -> record.answer(new byte[200_000]);
            case BUFFERS_EXHAUSTED -> record.answer(new byte[70 * ChunkPool.CHUNK_LENGTH]);
            case LEAST_RECENTLY_USED ->
            {
                record.answer(new byte[55 * ChunkPool.CHUNK_LENGTH]);
                proxy.advance(1100 * MS);
            }
            case CLOSE_EXT -> record.lastLink().peer.closeExternal(record.lastRequest().extConnectionId());
            case LINK_LOST -> record.lastLink().reset();
            case DROPPED_QUERY ->
            {
                proxy.awaitLinks();
                client.send(Payloads.encrypted(1, 64, proxy.random), false);
            }
            case CONNECTION_LIMIT, ACCEPT_RATE -> proxy.connectSilently();
            case TABLE_FULL, INTERNAL_ERROR, SHUTDOWN, SERVER_REMOVED, SECRET_REMOVED, MALFORMED_RECORD,
                FRONT_END, FRONT_RESET, FRONT_UNREACHABLE, FRONT_UNRESOLVED, FRONT_IS_PROXY, FRONT_POLICY ->
                throw new IllegalArgumentException("has a test of its own");
        }
        proxy.advance(20 * MS);
    }

    /** A defect costs the one connection in which it shows, and the operator hears of it. */
    @Test
    void shouldCloseOnlyConnectionInWhichDefectShows() throws IOException
    {
        try (SimulatedProxy proxy = new SimulatedProxy(setup))
        {
            DatacenterRecord record = DatacenterRecord.of(proxy);
            proxy.awaitLinks();
            SimulatedClient client = proxy.connect(Transport.PADDED, 2);
            SimulatedClient other = proxy.connect(Transport.PADDED, 2);
            client.send(Payloads.encrypted(1, 64, proxy.random), false);
            proxy.advance(5 * MS);
            client.end.breakReads();
            client.send(Payloads.encrypted(1, 64, proxy.random), false);
            other.send(Payloads.encrypted(1, 64, proxy.random), false);
            proxy.advance(5 * MS);

            assertEquals(1, proxy.closed(CloseReason.INTERNAL_ERROR));
            assertEquals(1, proxy.counter(ProxyCounter.ERRORS));
            assertTrue(client.end.isAtEnd());
            assertFalse(other.end.isClosedByEngine());
            assertEquals(2, record.requests.size());
            assertEquals(1, record.closedIds.size(), "the middle proxy is told");
            assertThrows(AssertionError.class, proxy::verifyNoErrors);
            other.end.end();
            proxy.advance(1100 * MS);
            proxy.verifyNothingLeft();
        }
    }

    /** A defect costs the one link in which it shows, which is replaced, and the operator hears of it. */
    @Test
    void shouldCloseOnlyLinkInWhichDefectShows() throws IOException
    {
        try (SimulatedProxy proxy = new SimulatedProxy(setup))
        {
            proxy.awaitLinks();
            SimulatedDatacenter.Link broken = proxy.datacenters.getFirst().readyLinks().getFirst();
            broken.end.breakReads();
            broken.peer.ping(1);
            proxy.advance(5 * MS);

            assertEquals(1, proxy.counter(ProxyCounter.LINK_CLOSED_INTERNAL_ERROR));
            assertEquals(1, proxy.counter(ProxyCounter.ERRORS));
            assertThrows(AssertionError.class, proxy::verifyNoErrors, "the operator hears of it");
            proxy.advance(2 * SECOND);
            proxy.awaitLinks();
            SimulatedClient client = proxy.connect(Transport.PADDED, 2);
            client.send(Payloads.encrypted(1, 64, proxy.random), false);
            proxy.advance(5 * MS);
            assertFalse(client.end.isClosedByEngine());
            client.end.end();
            proxy.advance(1100 * MS);
            proxy.verifyNothingLeft();
        }
    }

    /** The end of the proxy closes all, and each is counted. */
    @Test
    void shouldCloseAllAtShutdown() throws IOException
    {
        try (SimulatedProxy proxy = new SimulatedProxy(setup))
        {
            proxy.awaitLinks();
            SimulatedClient client = proxy.connect(Transport.PADDED, 2);
            client.send(Payloads.encrypted(1, 64, proxy.random), false);
            SimulatedConnection.PeerEnd silent = proxy.connectSilently();
            proxy.advance(5 * MS);
            proxy.engine.close();

            assertTrue(client.end.isClosedByEngine());
            assertTrue(silent.isClosedByEngine());
            assertEquals(2, proxy.closed(CloseReason.SHUTDOWN));
            assertEquals(0, proxy.counter(ProxyCounter.SPECIAL_CONNECTIONS));
            proxy.verifyNoErrors();
        }
    }

    /** [C-LIM-12] [P-CON-41] refused, not aborted: the datacenter side has no room for one more binding. */
    @Test
    void shouldCloseClientForWhichNoBindingIsLeft() throws IOException
    {
        SimulatedClock clock = new SimulatedClock();
        SplittableRandom root = new SplittableRandom(1);
        SimulatedNetwork network = new SimulatedNetwork(clock, root.split(), false);
        SocketPoller poller = network.openPoller();
        RelayRing toDatacenter = new RelayRing(RelayRing.CAPACITY_MIN, CloseReasonSimulationTest::nothing);
        RelayRing toClient = new RelayRing(RelayRing.CAPACITY_MIN, CloseReasonSimulationTest::nothing);
        StatusFile status = StatusFile.inMemory(List.of("client-0"), "", clock);
        WakeSignal signal = new WakeSignal(poller);
        ClientCommands commands = new ClientCommands(signal);
        ClientAgent agent = new ClientAgent(new ClientSetup(0, poller, clock, clock,
            status.agent(0), new SeededRandomSource(root.split()), status.errorLog()::record, new ClientLimits(
                1 << 20, 0, SECOND),
            new AcceptGate(10, 0, 0, clock.nanoTime()), new ChunkPool(1 << 20), 10, ip -> ip, new byte[0],
            new ClientSecrets(SecretList.of(List.of())), 0, new RelayRing[]{toDatacenter}, new RelayRing[]{toClient},
            new WakeSignal[]{signal}, null),
            List.of(network.listen(new TcpNetwork.ListenOptions(SimulatedProxy.PORT, false, null, 10, 0, false), 1)),
            commands);
        ServerMarks marks = new ServerMarks(1);
        marks.readyLinkCount(1);
        ServerEntry server = new ServerEntry(0, SimulatedProxy.address(0), 1, 1, 0, 2, marks);
        commands.configuration(new RoutingTable(List.of(server), Map.of(2, List.of(server)), 2),
            new ClientSecrets(SecretList.of(List.of())));
        agent.doWork();
        SimulatedClient client = new SimulatedClient(ClientOptions.of(Transport.PADDED, 2, 1),
            network.connectToEngine(SimulatedProxy.PORT, InetAddress.getLoopbackAddress()));
        client.send(Payloads.encrypted(1, 64, root), false);
        client.pump();
        turn(poller, agent);
        turn(poller, agent);
        toDatacenter.read((type, buffer, index, length) ->
        {
            int claim = toClient.tryClaim(ToClientMessage.CLOSED, ToClientMessage.DATA_OFFSET);
            toClient.buffer().putLong(claim + ToClientMessage.EXT_CONNECTION_ID_OFFSET,
                buffer.getLong(index + ToDatacenterMessage.EXT_CONNECTION_ID_OFFSET));
            toClient.buffer().putInt(claim + ToClientMessage.FLAGS_OFFSET,
                ToClientMessage.ClosedCause.TABLE_FULL.ordinal());
            toClient.commit(claim);
            return ControlledMessageHandler.Action.CONTINUE;
        }, 1);
        turn(poller, agent);
        turn(poller, agent);

        assertTrue(client.end.isClosedByEngine());
        assertEquals(1, status.reader().get(ProxyCounter.CLOSED_TABLE_FULL));
        assertTrue(toDatacenter.isEmpty(), "there is nothing to take back");
        assertEquals(0, agent.connections().count());
        status.close();
    }

    private static void nothing()
    {
        // this ring is emptied by the test
    }

    private static void turn(SocketPoller poller, ClientAgent agent) throws IOException
    {
        poller.poll(SocketPoller.NO_WAIT);
        agent.doWork();
    }
}
