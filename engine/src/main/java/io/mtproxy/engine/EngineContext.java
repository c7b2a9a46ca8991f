// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine;

import io.mtproxy.crypto.RandomSource;
import io.mtproxy.crypto.SecureRandomSource;
import io.mtproxy.engine.agent.OriginProbe;
import io.mtproxy.engine.agent.OriginProber;
import io.mtproxy.engine.config.ConfigRefresher;
import io.mtproxy.engine.config.SystemHostResolver;
import io.mtproxy.engine.io.TcpNetwork;
import io.mtproxy.engine.io.epoll.EpollNetwork;
import io.mtproxy.engine.agent.OriginProfileFiles;
import io.mtproxy.engine.status.StatusFile;
import io.mtproxy.engine.transport.ReplayFilter;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.agrona.concurrent.AtomicBuffer;
import org.agrona.concurrent.EpochClock;
import org.agrona.concurrent.NanoClock;
import org.agrona.concurrent.SystemEpochClock;
import org.agrona.concurrent.SystemNanoClock;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * What an engine is given: its collaborators, each of which a test may replace. Set, then handed to
 * {@link ProxyEngine#launch}, which concludes it.
 */
public final class EngineContext
{
    private @Nullable EngineConfig config;
    private ThreadingMode threadingMode = ThreadingMode.SHARED;
    private NanoClock nanoClock = SystemNanoClock.INSTANCE;
    private EpochClock epochClock = SystemEpochClock.INSTANCE;
    private @Nullable TcpNetwork network;
    private @Nullable OriginProber originProber;
    private @Nullable Executor originLooks;
    private @Nullable AtomicBuffer replayTable;
    private @Nullable OriginProfileFiles originProfiles;
    private Supplier<RandomSource> randomSources = SecureRandomSource::new;
    private StatusFileFactory statusFiles = (names, description, clock) -> StatusFile.inMemory(names, description,
        clock);
    private boolean isAcceptHeld;
    private @Nullable ConfigRefresher refresher;
    private @Nullable ConfigTimes configTimes;
    private Consumer<String> log = line ->
    {
    };

    /** Makes the file in which the engine counts. */
    @FunctionalInterface
    public interface StatusFileFactory
    {
        /** @return the file, with a set of counters for each agent named. */
        StatusFile create(List<String> agentNames, String description, EpochClock clock) throws java.io.IOException;
    }

    /** What the engine is told; required. */
    public EngineContext config(EngineConfig value)
    {
        config = value;
        return this;
    }

    /** Who shares a thread. */
    public EngineContext threadingMode(ThreadingMode value)
    {
        threadingMode = value;
        return this;
    }

    /** Clock of all durations. */
    public EngineContext nanoClock(NanoClock value)
    {
        nanoClock = value;
        return this;
    }

    /** Wall clock, where the wire wants one. */
    public EngineContext epochClock(EpochClock value)
    {
        epochClock = value;
        return this;
    }

    /** Where sockets come from. */
    public EngineContext network(TcpNetwork value)
    {
        network = value;
        return this;
    }

    /** Looks at the fronting domains; over the network by default. In INVOKER mode it is called by the conductor itself. */
    public EngineContext originProber(OriginProber value)
    {
        originProber = value;
        return this;
    }

    /** Where looks at domains run, which block: threads of their own by default, the conductor's in INVOKER mode. */
    public EngineContext originLooks(Executor value)
    {
        originLooks = value;
        return this;
    }

    /**
     * Memory of accepted hellos, which workers may share and which may outlive them; private by default.
     *
     * @param value of a length that {@link ReplayFilter#bufferLength} gives. [C-BUG-20]
     */
    public EngineContext replayTable(AtomicBuffer value)
    {
        replayTable = value;
        return this;
    }

    /** Where what is learnt of domains outlives this process; nowhere by default. */
    public EngineContext originProfiles(OriginProfileFiles value)
    {
        originProfiles = value;
        return this;
    }

    /** Makes the random source of one agent. */
    public EngineContext randomSources(Supplier<RandomSource> value)
    {
        randomSources = value;
        return this;
    }

    /** Where counters are kept; private memory by default. */
    public EngineContext statusFiles(StatusFileFactory value)
    {
        statusFiles = value;
        return this;
    }

    /** Where the conductor puts lines for the operator. */
    public EngineContext log(Consumer<String> value)
    {
        log = value;
        return this;
    }

    /** Whether clients wait with the system until {@link ProxyEngine#startAccepting}; by default they are accepted at once. */
    public EngineContext isAcceptHeld(boolean value)
    {
        isAcceptHeld = value;
        return this;
    }

    /** Reads configuration and secrets anew for {@link ProxyEngine#reload}; without it a reload is refused. */
    public EngineContext refresher(ConfigRefresher value)
    {
        refresher = value;
        return this;
    }

    /** Since when the configuration of the start is in use, where another process has loaded it; by default since now. */
    public EngineContext configTimes(ConfigTimes value)
    {
        configTimes = value;
        return this;
    }

    /** @return the times of the configuration that the engine begins with. */
    ConfigTimes configTimes()
    {
        return configTimes != null ? configTimes : new ConfigTimes(epochClock.time(), 0);
    }

    EngineConfig config()
    {
        if (config == null)
        {
            throw new IllegalStateException("the engine has no configuration");
        }
        return config;
    }

    ThreadingMode threadingMode()
    {
        return threadingMode;
    }

    NanoClock nanoClock()
    {
        return nanoClock;
    }

    EpochClock epochClock()
    {
        return epochClock;
    }

    TcpNetwork network()
    {
        TcpNetwork chosen = network;
        if (chosen == null)
        {
            chosen = new EpollNetwork(config().fronting().isTlsOnly());
            network = chosen;
        }
        return chosen;
    }

    OriginProber originProber()
    {
        return originProber != null ?
            originProber :
            new OriginProbe(() -> new SystemHostResolver(nanoClock), nanoClock, newRandomSource());
    }

    Executor originLooks()
    {
        return originLooks != null ?
            originLooks :
            threadingMode == ThreadingMode.INVOKER ? Runnable::run : Thread::startVirtualThread;
    }

    AtomicBuffer replayTable()
    {
        return replayTable != null ?
            replayTable :
            new UnsafeBuffer(ByteBuffer.allocateDirect(ReplayFilter.BUFFER_LENGTH_DEFAULT));
    }

    @Nullable
    OriginProfileFiles originProfiles()
    {
        return originProfiles;
    }

    RandomSource newRandomSource()
    {
        return randomSources.get();
    }

    StatusFileFactory statusFiles()
    {
        return statusFiles;
    }

    boolean isAcceptHeld()
    {
        return isAcceptHeld;
    }

    @Nullable
    ConfigRefresher refresher()
    {
        return refresher;
    }

    Consumer<String> log()
    {
        return log;
    }
}
