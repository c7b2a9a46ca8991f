// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.mtproxy.engine.status.ProxyCounter;
import io.mtproxy.soak.ClientSwarm;
import io.mtproxy.soak.DatacenterServer;
import io.mtproxy.soak.DatacenterSettings;
import io.mtproxy.soak.SwarmSettings;
import io.mtproxy.soak.Transport;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** After warm-up the agents' threads allocate nothing for a relayed message, in each threading mode. */
@Timeout(120)
final class AllocationIT
{
    private static final long WARM_UP_MESSAGES = 20_000;
    private static final long MEASURED_MESSAGES = 20_000;
    private static final int CLIENTS = 16;

    private final ThreadMXBean threads = (ThreadMXBean)ManagementFactory.getThreadMXBean();

    @ParameterizedTest
    @CsvSource({"INVOKER, 1, 1", "SHARED, 1, 1", "DEDICATED, 1, 1"})
    void shouldAllocateNothingPerMessage(ThreadingMode mode, int clientAgents, int datacenterAgents) throws Exception
    {
        Set<Long> threadsBefore = Set.copyOf(threadIds());
        try (DatacenterServer datacenter = DatacenterServer.start(
            DatacenterSettings.of(RelayIT.PROXY_SECRET, DatacenterSettings.Mode.ECHO));
            ProxyEngine engine = RelayIT.launch(mode, clientAgents, datacenterAgents, datacenter.port());
            ClientSwarm swarm = ClientSwarm.start(SwarmSettings
                .of(new InetSocketAddress(InetAddress.getLoopbackAddress(), engine.ports().getFirst()),
                    List.of(RelayIT.CLIENT_SECRET), CLIENTS, Duration.ofSeconds(100))
                .withTransports(List.of(Transport.ABRIDGED, Transport.INTERMEDIATE, Transport.PADDED))
                .withDcIds(List.of(RelayIT.DC))
                .withLengths(56, 20_000)
                .withQuickAckEvery(3)))
        {
            List<Long> agentThreads = agentThreads(threadsBefore);
            awaitMessages(engine, WARM_UP_MESSAGES);
            long bestBytes = Long.MAX_VALUE;
            // the JVM may still compile or grow a set in one window; a real leak shows in each
            for (int window = 0; window < 15 && bestBytes > 0; window++)
            {
                bestBytes = Math.min(bestBytes, bytesOfWindow(engine, agentThreads));
            }
            assertEquals(0, swarm.snapshot().mismatches());
            assertTrue(swarm.snapshot().errors().isEmpty(), () -> swarm.snapshot().toString());
            assertTrue(bestBytes <= 0, bestBytes + " bytes in the best of fifteen windows");
        }
    }

    private long bytesOfWindow(ProxyEngine engine, List<Long> agentThreads)
    {
        long bytes = allocated(agentThreads);
        awaitMessages(engine, engine.status().get(ProxyCounter.ANSWERS_TO_CLIENT) + MEASURED_MESSAGES);
        return allocated(agentThreads) - bytes;
    }

    private static void awaitMessages(ProxyEngine engine, long count)
    {
        while (engine.status().get(ProxyCounter.ANSWERS_TO_CLIENT) < count)
        {
            Thread.yield();
        }
    }

    private List<Long> threadIds()
    {
        List<Long> ids = new ArrayList<>();
        for (long id : threads.getAllThreadIds())
        {
            ids.add(id);
        }
        return ids;
    }

    private List<Long> agentThreads(Set<Long> threadsBefore)
    {
        List<Long> found = threadIds().stream().filter(id -> !threadsBefore.contains(id)).filter(id ->
        {
            String name = threads.getThreadInfo(id) == null ? "" : threads.getThreadInfo(id).getThreadName();
            return name.equals("relay") || name.startsWith("client-") || name.startsWith("datacenter-");
        }).toList();
        assertTrue(!found.isEmpty(), "no thread of an agent found");
        return found;
    }

    private long allocated(List<Long> ids)
    {
        return ids.stream().mapToLong(threads::getThreadAllocatedBytes).sum();
    }
}
