// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.soak.load;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** Measures one scenario against one proxy at a time. */
public final class Laboratory
{
    private static final long CONNECT_TIMEOUT_NS = 120_000_000_000L;
    /** Idle connections are left alone for so long at least before their memory is read. */
    private static final long SETTLE_MS = 3000;
    private static final int CALLS_SECONDS = 1;

    private final LoadGenerator generator;
    private final Duration warmUp;
    private final Duration duration;
    private final boolean isCountingCalls;

    /** Looks at a proxy when measuring begins and when it ends. */
    interface Probe
    {
        /** Looks at nothing. */
        Probe NONE = new Probe()
        {
        };

        default void begin() throws IOException, InterruptedException
        {
            // nothing
        }

        default void end() throws IOException, InterruptedException
        {
            // nothing
        }
    }

    /**
     * @param warmUp          of each measurement, after all connections stand.
     * @param duration        that is measured.
     * @param isCountingCalls whether the proxy's system calls are counted, for a moment after each measurement.
     */
    public Laboratory(LoadGenerator generator, Duration warmUp, Duration duration, boolean isCountingCalls)
    {
        this.isCountingCalls = isCountingCalls;
        this.generator = generator;
        this.warmUp = warmUp;
        this.duration = duration;
    }

    /** How long is measured each time. */
    Duration duration()
    {
        return duration;
    }

    /**
     * Connects the clients, lets them work, measures, and closes them.
     *
     * @throws IOException when the connections do not stand in time, or the proxy ends.
     */
    public LoadResult run(LoadScenario asked, ProxyProcess proxy) throws IOException, InterruptedException
    {
        return run(asked, proxy, Probe.NONE);
    }

    /** The same, with something else to look at meanwhile. */
    LoadResult run(LoadScenario asked, ProxyProcess proxy, Probe probe) throws IOException, InterruptedException
    {
        LoadScenario scenario = proxy.command().isBareRelay() ? asked.withWire(Wire.PLAIN) : asked;
        ProcFiles.Memory before = proxy.memory();
        return scenario.isIdle() && scenario.connections() > HolderProcess.CONNECTIONS_MAX ?
            runHeld(scenario, proxy, before, probe) :
            runHere(scenario, proxy, before, probe);
    }

    private LoadResult runHere(LoadScenario scenario, ProxyProcess proxy, ProcFiles.Memory before, Probe probe)
        throws IOException, InterruptedException
    {
        try (LoadGenerator.Clients clients =
            generator.connect(scenario, proxy.address(), SourceAddresses.of(scenario), proxy.secrets()))
        {
            awaitConnections(scenario, proxy, clients);
            clients.startSchedule();
            Thread.sleep(scenario.isIdle() ? settleMs() : warmUp.toMillis());
            return measure(scenario, proxy, before, clients::take, List.of(), probe);
        }
    }

    /** More idle connections than this process may have: others hold them. */
    private LoadResult runHeld(LoadScenario scenario, ProxyProcess proxy, ProcFiles.Memory before, Probe probe)
        throws IOException, InterruptedException
    {
        List<HolderProcess> holders = new ArrayList<>();
        try
        {
            int processes = Math.ceilDiv(scenario.connections(), HolderProcess.CONNECTIONS_MAX);
            int left = scenario.connections();
            for (int i = 0; i < processes; i++)
            {
                int count = left / (processes - i);
                holders.add(HolderProcess.start(i, count, scenario.wire(), proxy.address().getPort(),
                    proxy.secrets()));
                left -= count;
            }
            for (HolderProcess holder : holders)
            {
                holder.await();
            }
            Thread.sleep(settleMs());
            return measure(scenario, proxy, before, LoadSnapshot::empty,
                holders.stream().map(HolderProcess::pid).toList(), probe);
        }
        finally
        {
            holders.forEach(HolderProcess::close);
        }
    }

    private long settleMs()
    {
        return Math.max(SETTLE_MS, warmUp.toMillis());
    }

    /** @param helpers processes of the generator beside this one. */
    private LoadResult measure(
        LoadScenario scenario, ProxyProcess proxy, ProcFiles.Memory before, Supplier<LoadSnapshot> clients,
        List<Long> helpers, Probe probe)
        throws IOException, InterruptedException
    {
        List<Long> own = new ArrayList<>(helpers);
        own.add(ProcessHandle.current().pid());
        ProcFiles.Memory after = proxy.memory();
        long mismatchesBefore = proxy.datacenter().mismatches();
        probe.begin();
        var _ = clients.get();
        ProcFiles.Cpu cpuBefore = proxy.cpu();
        ProcFiles.Cpu ownBefore = ProcFiles.cpu(own);
        long startNs = System.nanoTime();
        Thread.sleep(duration.toMillis());
        LoadSnapshot done = clients.get();
        double seconds = (System.nanoTime() - startNs) / 1e9;
        ProcFiles.Cpu cpu = proxy.cpu().minus(cpuBefore);
        ProcFiles.Cpu ownCpu = ProcFiles.cpu(own).minus(ownBefore);
        probe.end();
        double callsPerUnit = callsPerUnit(scenario, proxy, clients);
        if (!proxy.isAlive())
        {
            throw new IOException(
                "\"" + proxy.command().name() + "\" has ended; the end of its log:\n" + proxy.logEnd());
        }
        return new LoadResult(scenario.name(), scenario.wire(), proxy.command().name(), scenario.unit(), seconds, cpu,
            ownCpu, done,
            proxy.datacenter().mismatches() - mismatchesBefore, growth(scenario, before, after), callsPerUnit);
    }

    private static LoadResult.Growth growth(
        LoadScenario scenario, ProcFiles.Memory before, ProcFiles.Memory after)
    {
        return new LoadResult.Growth(after.residentKb() - before.residentKb(),
            after.proportionalKb() - before.proportionalKb(), scenario.connections(), before.proportionalKb());
    }

    /** Counted after the measurement, so that counting is in none of its numbers. */
    private double callsPerUnit(LoadScenario scenario, ProxyProcess proxy, Supplier<LoadSnapshot> clients)
        throws InterruptedException
    {
        if (!isCountingCalls)
        {
            return Double.NaN;
        }
        var _ = clients.get();
        double calls = SystemCalls.count(proxy.pids(), CALLS_SECONDS);
        return calls / LoadResult.count(scenario.unit(), clients.get(), CALLS_SECONDS);
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
