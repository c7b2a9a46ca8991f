// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.stats;

import io.mtproxy.engine.ConfigState;
import io.mtproxy.engine.config.ProxySecretFile;
import io.mtproxy.engine.rpc.ProcessId;
import io.mtproxy.engine.status.ProxyCounter;
import io.mtproxy.engine.status.StatusFileReader;
import io.mtproxy.engine.status.StatusReport;
import io.mtproxy.engine.status.api.SecretUsage;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/**
 * What one report is made of, taken at one moment. The three ways of adding up are {@link #self}, {@link #all} and
 * {@link #workersOrSelf}. [C-STAT-05]
 */
final class ReportValues
{
    private static final double NS_PER_SECOND = 1e9;
    private static final int MS_PER_SECOND = 1000;

    final ProxySettings settings;
    final ConfigState config;
    final StatsCounts counts;
    final ProcessStats.Sizes sizes;
    final ProcessLoad.Shares average;
    final ProcessLoad.Shares recent;
    final ThreadTimes threads;
    final ThreadTimes.Shares averageOfThreads;
    final ThreadTimes.Shares recentOfThreads;
    final double idleSeconds;
    final String version;
    final boolean isDhSkipAllowed;
    final String rpcSecretMd5Hex;
    final int agentThreadCount;

    private final StatsContext context;
    private final StatsSources sources;
    private final List<StatusFileReader> readers = new ArrayList<>();
    private final List<SecretUsage> secrets;
    private final long beginNs;
    private final long nowSeconds;
    private final long startSeconds;

    /** @param startEpochMs when the port was opened. */
    ReportValues(StatsContext context, StatsCounts counts, ProcessLoad load, long startEpochMs)
    {
        this.context = context;
        this.beginNs = context.nanoClock().nanoTime();
        this.settings = context.settings();
        this.config = context.configState().get();
        this.sources = context.sources().get();
        this.counts = counts;
        this.version = context.version();
        this.isDhSkipAllowed = context.rpcAccess().isDhSkipAllowed();
        this.rpcSecretMd5Hex = md5Hex(context.rpcAccess());
        StatusFileReader self = sources.self();
        if (self != null)
        {
            readers.add(self);
        }
        readers.addAll(sources.workers());
        this.secrets = StatusReport.of(readers).secrets();
        this.sizes = context.processStats().sizes();
        ProcessLoad.Sample now = sample(context, sources);
        this.average = load.average(now);
        this.recent = load.recent(now);
        this.threads = now.threads();
        this.averageOfThreads = load.averageOfThreads(now);
        this.recentOfThreads = load.recentOfThreads(now);
        this.idleSeconds = now.waitSeconds();
        this.agentThreadCount = self == null ? 0 : threadCount(self);
        this.nowSeconds = context.epochClock().time() / MS_PER_SECOND;
        this.startSeconds = startEpochMs / MS_PER_SECOND;
    }

    /** @return what a report would measure of the load now. */
    static ProcessLoad.Sample sample(StatsContext context, StatsSources sources)
    {
        StatusFileReader self = sources.self();
        double waitSeconds = self == null ?
            0 :
            self.get(ProxyCounter.POLL_WAIT_NS) / NS_PER_SECOND / Math.max(1, threadCount(self));
        return new ProcessLoad.Sample(context.nanoClock().nanoTime(), context.processStats().cpuTime(),
            context.processStats().threadTimes(), waitSeconds);
    }

    private static int threadCount(StatusFileReader reader)
    {
        int count = 0;
        for (int agent = 0; agent < reader.agentCount(); agent++)
        {
            count += reader.get(agent, ProxyCounter.POLLS) > 0 ? 1 : 0;
        }
        return count;
    }

    /** @return of the process that the report is about; a master has no file of its own. */
    long pid()
    {
        StatusFileReader self = sources.self();
        return self == null ? ProcessHandle.current().pid() : self.pid();
    }

    /** @return of the process that answers. */
    long self(ProxyCounter counter)
    {
        StatusFileReader self = sources.self();
        return self == null ? 0 : self.get(counter);
    }

    /** @return of the process that answers and all workers; of a total also what those have counted that are gone. */
    long all(ProxyCounter counter)
    {
        return counter.kind().combine(self(counter), sources.ofWorkers(counter));
    }

    /** @return of all workers, or of the process that answers when there are none. */
    long workersOrSelf(ProxyCounter counter)
    {
        return settings.workerCount() == 0 ? self(counter) : sources.ofWorkers(counter);
    }

    /** @return distinct client addresses under the secret at a position from 0, over all processes. [C-STAT-08] */
    long secretAddresses(int secretIndex)
    {
        return secretIndex < secrets.size() ? secrets.get(secretIndex).addresses() : 0;
    }

    /** @return distinct keys under the secret at a position from 0, over all processes. [C-STAT-08] */
    long secretKeys(int secretIndex)
    {
        return secretIndex < secrets.size() ? secrets.get(secretIndex).authKeys() : 0;
    }

    long currentSeconds()
    {
        return nowSeconds;
    }

    long startSeconds()
    {
        return startSeconds;
    }

    long uptimeSeconds()
    {
        return Math.max(0, nowSeconds - startSeconds);
    }

    /** @return events a second since the start; 0 in the first second. */
    double perSecond(long events)
    {
        return uptimeSeconds() == 0 ? 0 : (double)events / uptimeSeconds();
    }

    /** @return time since this report was begun. */
    double generateSeconds()
    {
        return (context.nanoClock().nanoTime() - beginNs) / NS_PER_SECOND;
    }

    /** @return the process tuple with its port as a signed 16-bit number. */
    String processTuple()
    {
        ProcessId id = ProcessTuple.parse(context.processTuple().get());
        return ProcessTuple.show(id, (short)id.port());
    }

    private static String md5Hex(RpcAccess access)
    {
        ProxySecretFile secret = access.secret();
        if (secret == null)
        {
            return "none";
        }
        try
        {
            return HexFormat.of().formatHex(MessageDigest.getInstance("MD5").digest(secret.bytes()));
        }
        catch (NoSuchAlgorithmException e)
        {
            throw new IllegalStateException("this Java has no MD5", e);
        }
    }
}
