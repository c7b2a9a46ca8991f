// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.stats;

import io.mtproxy.cli.options.NetworkList;
import io.mtproxy.cli.view.ProxyView;
import io.mtproxy.crypto.RandomSource;
import io.mtproxy.crypto.SecureRandomSource;
import io.mtproxy.engine.ConfigState;
import java.time.Duration;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.agrona.concurrent.EpochClock;
import org.agrona.concurrent.NanoClock;
import org.agrona.concurrent.SystemEpochClock;
import org.agrona.concurrent.SystemNanoClock;
import org.jspecify.annotations.Nullable;

/** What the stats port is given: its sources are required, each collaborator can be replaced by a test. */
public final class StatsContext
{
    private static final Duration IDLE_LIMIT = Duration.ofSeconds(60);
    private static final int CONNECTION_COUNT_MAX = 64;

    private @Nullable Supplier<StatsSources> sources;
    private @Nullable Supplier<ConfigState> configState;
    private @Nullable Supplier<ProxySettings> settings;
    private Supplier<String> processTuple = () -> "[0.0.0.0:0:0:0]";
    private String version = "";
    private RpcAccess rpcAccess = RpcAccess.NONE;
    private @Nullable Supplier<ProxyView> view;
    private @Nullable NetworkList allowed;
    private boolean isReportServed = true;
    private @Nullable LongSupplier startEpochMs;
    private EpochClock epochClock = SystemEpochClock.INSTANCE;
    private NanoClock nanoClock = SystemNanoClock.INSTANCE;
    private Supplier<RandomSource> randomSources = SecureRandomSource::new;
    private ProcessStats processStats = ProcessStats.SELF;
    private Duration idleLimit = IDLE_LIMIT;
    private int connectionCountMax = CONNECTION_COUNT_MAX;
    private Consumer<String> log = line ->
    {
    };

    /** Status readers of this moment; asked for each page. Required. */
    public StatsContext sources(Supplier<StatsSources> value)
    {
        sources = value;
        return this;
    }

    /** The configuration in use; asked for each page. Required. */
    public StatsContext configState(Supplier<ConfigState> value)
    {
        configState = value;
        return this;
    }

    /** What the command line says. Required. */
    public StatsContext settings(ProxySettings value)
    {
        return settings(() -> value);
    }

    /** The same for a proxy that may be another one later; asked for each page. */
    public StatsContext settings(Supplier<ProxySettings> value)
    {
        settings = value;
        return this;
    }

    /** When the process began that the report is about, ms since 1970; by default when the port began to serve. */
    public StatsContext startEpochMs(LongSupplier value)
    {
        startEpochMs = value;
        return this;
    }

    /** How the process names itself: {@code [address:port:pid:start]}. [P-RPC-32] */
    public StatsContext processTuple(Supplier<String> value)
    {
        processTuple = value;
        return this;
    }

    /** One line without TABs. [C-CLI-23] */
    public StatsContext version(String value)
    {
        version = value;
        return this;
    }

    /** Who may speak RPC. */
    public StatsContext rpcAccess(RpcAccess value)
    {
        rpcAccess = value;
        return this;
    }

    /** The proxy as {@code /metrics} and the health pages show it; by default made of {@link #sources}. */
    public StatsContext view(Supplier<ProxyView> value)
    {
        view = value;
        return this;
    }

    /**
     * Who may connect; others are closed without a word. Without it the rules of C's port hold: anybody who reaches
     * 127.0.0.1, pages and RPC for 127.0.0.1 itself.
     */
    public StatsContext allowed(NetworkList value)
    {
        allowed = value;
        return this;
    }

    /** Leaves out {@code /stats}. */
    public StatsContext withoutReport()
    {
        isReportServed = false;
        return this;
    }

    /** Wall clock. */
    public StatsContext epochClock(EpochClock value)
    {
        epochClock = value;
        return this;
    }

    /** Clock of durations. */
    public StatsContext nanoClock(NanoClock value)
    {
        nanoClock = value;
        return this;
    }

    /** Makes the random source of one connection. */
    public StatsContext randomSources(Supplier<RandomSource> value)
    {
        randomSources = value;
        return this;
    }

    /** What the system knows about this process. */
    public StatsContext processStats(ProcessStats value)
    {
        processStats = value;
        return this;
    }

    /** How long a connection may say nothing. [C-HTTP-21] */
    public StatsContext idleLimit(Duration value)
    {
        idleLimit = value;
        return this;
    }

    /** How many connections there may be; one more closes the one that has been silent longest. [C-BUG-18] */
    public StatsContext connectionCountMax(int value)
    {
        connectionCountMax = value;
        return this;
    }

    /** Where lines for the operator go. */
    public StatsContext log(Consumer<String> value)
    {
        log = value;
        return this;
    }

    Supplier<StatsSources> sources()
    {
        return required(sources, "sources");
    }

    Supplier<ConfigState> configState()
    {
        return required(configState, "configuration state");
    }

    ProxySettings settings()
    {
        return required(settings, "settings").get();
    }

    Supplier<String> processTuple()
    {
        return processTuple;
    }

    String version()
    {
        return version;
    }

    RpcAccess rpcAccess()
    {
        return rpcAccess;
    }

    Supplier<ProxyView> view()
    {
        Supplier<StatsSources> from = sources();
        return view != null ? view : () -> from.get().view();
    }

    @Nullable
    NetworkList allowed()
    {
        return allowed;
    }

    boolean isReportServed()
    {
        return isReportServed;
    }

    @Nullable
    LongSupplier startEpochMs()
    {
        return startEpochMs;
    }

    EpochClock epochClock()
    {
        return epochClock;
    }

    NanoClock nanoClock()
    {
        return nanoClock;
    }

    RandomSource newRandomSource()
    {
        return randomSources.get();
    }

    ProcessStats processStats()
    {
        return processStats;
    }

    Duration idleLimit()
    {
        return idleLimit;
    }

    int connectionCountMax()
    {
        return connectionCountMax;
    }

    Consumer<String> log()
    {
        return log;
    }

    private static <T> T required(@Nullable T value, String name)
    {
        if (value == null)
        {
            throw new IllegalStateException("the stats port has no " + name);
        }
        return value;
    }
}
