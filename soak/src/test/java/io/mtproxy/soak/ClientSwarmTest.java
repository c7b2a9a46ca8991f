// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.soak;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mtproxy.soak.DatacenterSettings.Mode;
import io.mtproxy.soak.SoakReport.ErrorKind;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The swarm and the server, with a small relay between them. */
@Timeout(180)
class ClientSwarmTest
{
    private static final byte[] DATACENTER_SECRET = new byte[64];
    private static final Duration BOUND = Duration.ofMinutes(2);
    private static final byte[] SECRET = Vectors.hex("00112233445566778899aabbccddeeff");

    @ParameterizedTest
    @EnumSource(value = Mode.class, names = {"ECHO", "SOURCE", "SINK"})
    void shouldFindNothingWrong(Mode mode) throws Exception
    {
        try (DatacenterServer server =
            DatacenterServer.start(DatacenterSettings.of(DATACENTER_SECRET, mode).withRecordedMax(3));
            RelayProxy proxy = new RelayProxy(server.address(), DATACENTER_SECRET, SECRET);
            ClientSwarm swarm = ClientSwarm.start(settings(proxy, mode).withLengths(56, 200_000)))
        {
            SoakReport report = swarm.awaitAnswers(40);

            assertTrue(report.isClean(), report::toString);
            assertTrue(report.messagesAnswered() >= 40, report::toString);
            assertTrue(report.elapsed().compareTo(BOUND) < 0, report::toString);
            assertEquals(report.messagesAnswered(), report.latencyNs().getTotalCount());
            assertEquals(List.of(), server.violations());
            assertEquals(0, server.snapshot().mismatches());
            assertEquals(report.messagesSent(), server.snapshot().requests());
            assertEquals(report.bytesSent(), server.snapshot().requestBytes());
            assertEquals(3, server.recordedRequests().size());
        }
        assertFalse(isThreadAlive("soak-"));
    }

    @Test
    void shouldCountChangedBytes() throws Exception
    {
        try (DatacenterServer server = DatacenterServer.start(DatacenterSettings.of(DATACENTER_SECRET, Mode.ECHO));
            RelayProxy proxy = new RelayProxy(server.address(), DATACENTER_SECRET, SECRET))
        {
            proxy.corruptEvery = 3;
            try (ClientSwarm swarm = ClientSwarm.start(settings(proxy, Mode.ECHO).withLengths(56, 1000)))
            {
                SoakReport report = swarm.awaitAnswers(40);

                assertNotEquals(0, report.mismatches());
                assertFalse(report.isClean());
            }
        }
    }

    @Test
    void shouldConnectAgainAndCountLosses() throws Exception
    {
        FaultPlan faults = FaultPlan.NONE.withCloseAt(FaultPlan.CloseAt.REQUEST);
        try (DatacenterServer server =
            DatacenterServer.start(DatacenterSettings.of(DATACENTER_SECRET, Mode.ECHO).withFaults(faults));
            RelayProxy proxy = new RelayProxy(server.address(), DATACENTER_SECRET, SECRET);
            ClientSwarm swarm = ClientSwarm.start(settings(proxy, Mode.ECHO).withLengths(56, 1000)))
        {
            while (swarm.snapshot().connectionsOpened() <= 8)
            {
                Thread.sleep(5);
            }
            swarm.finish();
            SoakReport report = swarm.await();

            assertEquals(0, report.messagesAnswered());
            assertEquals(report.messagesSent(), report.errors().get(ErrorKind.MESSAGE_LOST));
            assertTrue(report.connectionsOpened() > 8, report::toString);
        }
    }

    @Test
    void shouldPaceAndMeasureFromIntendedTime() throws Exception
    {
        FaultPlan faults = FaultPlan.NONE.withDelayMs(50);
        try (DatacenterServer server =
            DatacenterServer.start(DatacenterSettings.of(DATACENTER_SECRET, Mode.ECHO).withFaults(faults));
            RelayProxy proxy = new RelayProxy(server.address(), DATACENTER_SECRET, SECRET);
            ClientSwarm swarm =
                ClientSwarm.start(settings(proxy, Mode.ECHO, Duration.ofMillis(1500)).withLengths(56, 1000).withRate(10,
                    8)))
        {
            SoakReport report = swarm.await();

            assertTrue(report.isClean(), report::toString);
            assertTrue(report.messagesSent() <= 8 * 17, report::toString);
            assertTrue(report.latencyNs().getMinValue() >= 49_000_000, report::toString);
        }
    }

    @Test
    void shouldStopAtOnce() throws Exception
    {
        try (DatacenterServer server = DatacenterServer.start(DatacenterSettings.of(DATACENTER_SECRET, Mode.ECHO));
            RelayProxy proxy = new RelayProxy(server.address(), DATACENTER_SECRET, SECRET))
        {
            ClientSwarm swarm = ClientSwarm.start(
                SwarmSettings.of(proxy.address(), List.of(SECRET), 4, Duration.ofHours(1)));
            swarm.close();

            assertTrue(swarm.isFinished());
        }
    }

    private static SwarmSettings settings(RelayProxy proxy, Mode mode)
    {
        return settings(proxy, mode, BOUND);
    }

    private static SwarmSettings settings(RelayProxy proxy, Mode mode, Duration duration)
    {
        return SwarmSettings.of(proxy.address(), List.of(SECRET), 8, duration)
            .withTransports(List.of(Transport.INTERMEDIATE, Transport.PADDED))
            .withMode(mode);
    }

    private static boolean isThreadAlive(String prefix)
    {
        return Thread.getAllStackTraces().keySet().stream().anyMatch(thread -> thread.getName().startsWith(prefix));
    }
}
