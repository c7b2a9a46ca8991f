// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.soak.load;

import java.io.IOException;
import java.time.Duration;
import java.util.List;

/** Measures one scenario against one proxy at a time. */
public final class Laboratory
{
    private static final long CONNECT_TIMEOUT_NS = 120_000_000_000L;
    /** Idle connections are left alone for so long before their memory is read. */
    private static final long SETTLE_MS = 3000;

    private final LoadGenerator generator;
    private final Duration warmUp;
    private final Duration duration;

    /**
     * @param warmUp   of each measurement, after all connections stand.
     * @param duration that is measured.
     */
    public Laboratory(LoadGenerator generator, Duration warmUp, Duration duration)
    {
        this.generator = generator;
        this.warmUp = warmUp;
        this.duration = duration;
    }

    /**
     * Connects the clients, lets them work, measures, and closes them.
     *
     * @throws IOException when the connections do not stand in time, or the proxy ends.
     */
    public LoadResult run(LoadScenario asked, ProxyProcess proxy) throws IOException, InterruptedException
    {
        LoadScenario scenario = proxy.command().isBareRelay() ? asked.withWire(Wire.PLAIN) : asked;
        List<Long> own = List.of(ProcessHandle.current().pid());
        ProcFiles.Memory before = proxy.memory();
        long mismatchesBefore = proxy.datacenter().mismatches();
        try (LoadGenerator.Clients clients =
            generator.connect(scenario, proxy.address(), SourceAddresses.of(scenario.connections()), proxy.secrets()))
        {
            awaitConnections(scenario, proxy, clients);
            clients.startSchedule();
            Thread.sleep(scenario.isIdle() ? SETTLE_MS : warmUp.toMillis());
            ProcFiles.Memory after = proxy.memory();
            clients.take();
            ProcFiles.Cpu cpuBefore = proxy.cpu();
            ProcFiles.Cpu ownBefore = ProcFiles.cpu(own);
            long startNs = System.nanoTime();
            Thread.sleep(duration.toMillis());
            LoadSnapshot done = clients.take();
            long endNs = System.nanoTime();
            ProcFiles.Cpu cpu = proxy.cpu().minus(cpuBefore);
            ProcFiles.Cpu ownCpu = ProcFiles.cpu(own).minus(ownBefore);
            if (!proxy.isAlive())
            {
                throw new IOException("\"" + proxy.command().name() + "\" has ended; the end of its log:\n" +
                    proxy.logEnd());
            }
            return new LoadResult(asked.name(), proxy.command().name(), asked.unit(), (endNs - startNs) / 1e9, cpu,
                ownCpu, done, proxy.datacenter().mismatches() - mismatchesBefore,
                new LoadResult.Growth(after.residentKb() - before.residentKb(),
                    after.proportionalKb() - before.proportionalKb(), scenario.connections(),
                    before.proportionalKb()));
        }
    }

    private static void awaitConnections(LoadScenario scenario, ProxyProcess proxy, LoadGenerator.Clients clients)
        throws IOException, InterruptedException
    {
        long untilNs = System.nanoTime() + CONNECT_TIMEOUT_NS;
        LoadSnapshot seen = LoadSnapshot.empty();
        while (true)
        {
            seen = seen.plus(clients.take());
            long standing = scenario.isReconnecting() ? seen.connects() : clients.established();
            if (standing >= scenario.connections())
            {
                return;
            }
            if (System.nanoTime() - untilNs > 0 || !proxy.isAlive())
            {
                throw new IOException(standing + " of " + scenario.connections() + " connections through \"" +
                    proxy.command().name() + "\" stand, " + seen.errors() + " broke; the end of its log:\n" +
                    proxy.logEnd());
            }
            Thread.sleep(10);
        }
    }
}
