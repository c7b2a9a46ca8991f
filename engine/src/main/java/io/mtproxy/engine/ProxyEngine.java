// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine;

import io.mtproxy.crypto.RandomSource;
import io.mtproxy.engine.agent.ActiveConfiguration;
import io.mtproxy.engine.agent.ClientAgent;
import io.mtproxy.engine.agent.ClientCommands;
import io.mtproxy.engine.agent.Conductor;
import io.mtproxy.engine.agent.ConductorCommands;
import io.mtproxy.engine.agent.DatacenterAgent;
import io.mtproxy.engine.agent.DatacenterCommands;
import io.mtproxy.engine.agent.DutyCycle;
import io.mtproxy.engine.agent.OriginWatch;
import io.mtproxy.engine.client.AcceptGate;
import io.mtproxy.engine.client.ClientSetup;
import io.mtproxy.engine.client.ClientSecrets;
import io.mtproxy.engine.client.FakeTlsSetup;
import io.mtproxy.engine.client.FrontingTable;
import io.mtproxy.engine.config.ConfigRefresher;
import io.mtproxy.engine.datacenter.DatacenterSettings;
import io.mtproxy.engine.io.SocketPoller;
import io.mtproxy.engine.io.TcpListener;
import io.mtproxy.engine.io.linux.LinuxThreads;
import io.mtproxy.engine.memory.ChunkPool;
import io.mtproxy.engine.relay.RelayRing;
import io.mtproxy.engine.relay.WakeSignal;
import io.mtproxy.engine.agent.OriginProfileFiles;
import io.mtproxy.engine.status.ProxyCounter;
import io.mtproxy.engine.status.ProxyCounters;
import io.mtproxy.engine.status.StatusFile;
import io.mtproxy.engine.status.StatusFileReader;
import io.mtproxy.engine.status.StatusState;
import io.mtproxy.engine.transport.FakeTlsDomains;
import io.mtproxy.engine.transport.OriginProfile;
import io.mtproxy.engine.transport.OriginProfileText;
import io.mtproxy.engine.transport.ReplayFilter;
import java.io.IOException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.agrona.CloseHelper;
import org.agrona.concurrent.AgentRunner;
import org.agrona.concurrent.EpochClock;
import org.agrona.concurrent.NoOpIdleStrategy;
import org.agrona.concurrent.SleepingMillisIdleStrategy;
import org.jspecify.annotations.Nullable;

/**
 * One proxy in one process: its agents, the rings between them, the threads that run them. (architecture A1, A2)
 * <p>
 * {@link #launch} opens the ports and starts; {@link #close} ends everything.
 */
public final class ProxyEngine implements AutoCloseable
{
    private static final long CONDUCTOR_PAUSE_MS = 100;
    private static final int ANY_CPU = -1;

    private final StatusFile statusFile;
    private final List<Integer> ports;
    private final List<ClientAgent> clientAgents;
    private final List<DatacenterAgent> datacenterAgents;
    private final List<ClientCommands> clientCommands;
    private final AcceptGate gate;
    private final List<DutyCycle> dutyCycles;
    private final Conductor conductor;
    private final ConductorCommands conductorCommands;
    private final ActiveConfiguration configuration;
    private final OwnProcessId processId;
    private final List<AgentRunner> runners = new ArrayList<>();
    private volatile boolean isClosed;

    private ProxyEngine(StatusFile statusFile, List<Integer> ports, List<ClientAgent> clientAgents,
        List<DatacenterAgent> datacenterAgents, List<ClientCommands> clientCommands, AcceptGate gate,
        List<DutyCycle> dutyCycles, Conductor conductor, ConductorCommands conductorCommands,
        ActiveConfiguration configuration, OwnProcessId processId)
    {
        this.statusFile = statusFile;
        this.ports = ports;
        this.clientAgents = clientAgents;
        this.datacenterAgents = datacenterAgents;
        this.clientCommands = clientCommands;
        this.gate = gate;
        this.dutyCycles = dutyCycles;
        this.conductor = conductor;
        this.conductorCommands = conductorCommands;
        this.configuration = configuration;
        this.processId = processId;
    }

    /**
     * Opens the client ports and starts the agents.
     *
     * @throws IOException when a port or the status file cannot be had; the message says which and why.
     */
    public static ProxyEngine launch(EngineContext context) throws IOException
    {
        ProxyEngine engine = new Assembly(context).build();
        try
        {
            if (context.threadingMode() != ThreadingMode.INVOKER)
            {
                engine.startThreads(context.config().threads().cpus(), context.log());
            }
            else
            {
                engine.dutyCycles.forEach(DutyCycle::onStart);
            }
            engine.statusFile.state(StatusState.SERVING);
            return engine;
        }
        catch (RuntimeException e)
        {
            CloseHelper.quietClose(engine);
            throw e;
        }
    }

    private void startThreads(List<Integer> cpus, Consumer<String> log)
    {
        for (int i = 0; i < dutyCycles.size(); i++)
        {
            start(new AgentRunner(NoOpIdleStrategy.INSTANCE, statusFile.errorLog()::record, null, dutyCycles.get(i)),
                cpus.isEmpty() ? ANY_CPU : cpus.get(agentOf(i)), log);
        }
        start(new AgentRunner(new SleepingMillisIdleStrategy(CONDUCTOR_PAUSE_MS), statusFile.errorLog()::record, null,
            conductor), ANY_CPU, log);
    }

    /** @return the number of the agent in a duty cycle: client agents are numbered first, but take their turns last. */
    private int agentOf(int dutyCycle)
    {
        int datacenterCount = datacenterAgents.size();
        return dutyCycles.size() == 1 ?
            0 :
            dutyCycle < datacenterCount ? clientAgents.size() + dutyCycle : dutyCycle - datacenterCount;
    }

    private void start(AgentRunner runner, int cpu, Consumer<String> log)
    {
        String name = runner.agent().roleName();
        runners.add(runner);
        AgentRunner.startOnThread(runner, runnable ->
        {
            Thread thread = new Thread(() ->
            {
                tieTo(cpu, name, log);
                runnable.run();
            }, name);
            thread.setDaemon(true);
            return thread;
        });
    }

    private static void tieTo(int cpu, String threadName, Consumer<String> log)
    {
        if (cpu == ANY_CPU)
        {
            return;
        }
        BitSet only = new BitSet();
        only.set(cpu);
        int error = LinuxThreads.pin(only);
        if (error != 0)
        {
            log.accept("warning: " + threadName + " is not tied to CPU " + cpu + " (error " + error +
                "), it runs anywhere");
        }
    }

    /**
     * Lets every agent take one turn on the caller's thread; only in INVOKER mode.
     *
     * @return work done; 0 when nothing happened.
     */
    public int invoke()
    {
        if (!runners.isEmpty())
        {
            throw new IllegalStateException("the agents have threads of their own");
        }
        int work = 0;
        // by index: an iterator for each turn would be garbage
        for (int i = 0; i < dutyCycles.size(); i++)
        {
            work += dutyCycles.get(i).doWork();
        }
        conductor.doWork();
        return work;
    }

    /** @return the ports that are open, in the order of the configuration. */
    public List<Integer> ports()
    {
        return ports;
    }

    /** @return how this process names itself on links: address, port, pid, start time. [P-RPC-32] */
    public String processTuple()
    {
        return processId.toString();
    }

    /** @return how a process without an engine names itself, as a master does. [P-RPC-32] */
    public static String processTuple(EngineConfig config, EpochClock clock)
    {
        return newProcessId(config, clock).toString();
    }

    private static OwnProcessId newProcessId(EngineConfig config, EpochClock clock)
    {
        return new OwnProcessId(OwnProcessId.findHostIpv4(config.listening().address()),
            config.middleProxies().statsPort(), ProcessHandle.current().pid(),
            (int)TimeUnit.MILLISECONDS.toSeconds(clock.time()));
    }

    /** @return whether {@link #close} has been called. */
    public boolean isClosed()
    {
        return isClosed;
    }

    /** @return a reader of everything this engine counts. */
    public StatusFileReader status()
    {
        return statusFile.reader();
    }

    /**
     * Reads configuration and secrets anew and, if all of it is good, lets every agent work by them; what is wrong is told
     * to the context's log and changes nothing. Returns at once: the conductor does it. For any thread. [C-REL-10]
     */
    public void reload()
    {
        conductorCommands.reload();
    }

    /**
     * Shows that a newer configuration was refused, without another look at it: whoever reads it for several processes has
     * looked. For any thread. [C-REL-11]
     */
    public void reloadRefused()
    {
        conductorCommands.reloadRefused();
    }

    /** Accepts who has waited since the start, if that was wanted, and whoever comes. For any thread. */
    public void startAccepting()
    {
        gate.release();
    }

    /**
     * Gives the listening sockets up and goes on with the clients that are there; done when the count of listening sockets
     * is 0. Whoever else has these sockets accepts who waits in them. For any thread. (architecture A11)
     */
    public void stopAccepting()
    {
        statusFile.state(StatusState.DRAINING);
        clientCommands.forEach(ClientCommands::stopAccepting);
    }

    /** @return which configuration is in use; for any thread. [C-REL-12] */
    public ConfigState configState()
    {
        return configuration.state();
    }

    /** @return the client agents, for tests. */
    public List<ClientAgent> clientAgents()
    {
        return clientAgents;
    }

    /** @return the datacenter agents, for tests. */
    List<DatacenterAgent> datacenterAgents()
    {
        return datacenterAgents;
    }

    /** Stops listening, closes every connection and link, ends the threads. Calling it again does nothing. */
    @Override
    public void close()
    {
        if (isClosed)
        {
            return;
        }
        isClosed = true;
        if (runners.isEmpty())
        {
            dutyCycles.forEach(DutyCycle::onClose);
        }
        CloseHelper.quietCloseAll(runners);
        statusFile.state(StatusState.ENDED);
        statusFile.close();
    }

    /** Builds an engine from the inside out: status file, pollers, rings, agents, threads. */
    private static final class Assembly
    {
        private final EngineContext context;
        private final EngineConfig config;
        private final int clientCount;
        private final int datacenterCount;
        private final boolean isShared;
        private final List<AutoCloseable> opened = new ArrayList<>();

        Assembly(EngineContext context)
        {
            this.context = context;
            this.config = context.config();
            this.clientCount = config.threads().clientAgentCount();
            this.datacenterCount = config.threads().datacenterAgentCount();
            boolean isPair = clientCount == 1 && datacenterCount == 1;
            this.isShared = context.threadingMode() != ThreadingMode.DEDICATED && isPair;
            if (context.threadingMode() == ThreadingMode.SHARED && !isPair)
            {
                throw new IllegalArgumentException("one client and one datacenter agent share a thread, not " +
                    clientCount + " and " + datacenterCount);
            }
        }

        ProxyEngine build() throws IOException
        {
            try
            {
                return assemble();
            }
            catch (IOException | RuntimeException e)
            {
                CloseHelper.quietCloseAll(opened);
                throw e;
            }
        }

        private ProxyEngine assemble() throws IOException
        {
            List<TcpListener[]> listeners = listen();
            StatusFile statusFile = context.statusFiles().create(agentNames(), "", context.epochClock());
            opened.add(statusFile);

            SocketPoller[] clientPollers = openPollers(clientCount);
            SocketPoller[] datacenterPollers = isShared ? clientPollers : openPollers(datacenterCount);
            WakeSignal[] clientSignals = signals(clientPollers);
            WakeSignal[] datacenterSignals = isShared ? clientSignals : signals(datacenterPollers);

            ClientAgent[] clients = new ClientAgent[clientCount];
            DatacenterAgent[] datacenters = new DatacenterAgent[datacenterCount];
            RelayRing[][] toDatacenter = new RelayRing[clientCount][datacenterCount];
            RelayRing[][] toClient = new RelayRing[datacenterCount][clientCount];
            for (int c = 0; c < clientCount; c++)
            {
                for (int d = 0; d < datacenterCount; d++)
                {
                    int client = c;
                    int datacenter = d;
                    toDatacenter[c][d] = ring(() -> datacenters[datacenter].drainFrom(client));
                    toClient[d][c] = ring(() -> clients[client].drainFrom(datacenter));
                }
            }

            ClientCommands[] clientCommands = new ClientCommands[clientCount];
            DatacenterCommands[] datacenterCommands = new DatacenterCommands[datacenterCount];
            OwnProcessId processId = newProcessId(config, context.epochClock());
            DatacenterSettings settings = datacenterSettings(processId);
            for (int d = 0; d < datacenterCount; d++)
            {
                datacenterCommands[d] = new DatacenterCommands(datacenterSignals[d]);
            }
            for (int c = 0; c < clientCount; c++)
            {
                clientCommands[c] = new ClientCommands(clientSignals[c]);
            }
            ActiveConfiguration configuration = activeConfiguration(clientCommands, datacenterCommands, statusFile);
            for (int d = 0; d < datacenterCount; d++)
            {
                datacenters[d] = new DatacenterAgent(d, datacenterPollers[d], context.network(),
                    column(toDatacenter, d), toClient[d], clientSignals, statusFile.agent(clientCount + d),
                    context.newRandomSource(), context.nanoClock(), context.epochClock(), newChunkPool(), settings,
                    datacenterCommands[d], statusFile.errorLog()::record);
            }
            AcceptGate gate = new AcceptGate(config.clients().connectionCountMax(), config.clients().clientCountMax(),
                config.clients().acceptRateMax(), context.nanoClock().nanoTime());
            if (context.isAcceptHeld())
            {
                gate.hold();
            }
            showLimits(statusFile.counters(0));
            List<Integer> ports = listeners.stream().map(group -> group[0].port()).toList();
            FakeTlsSetup fakeTls = fakeTlsSetup(ports);
            for (int c = 0; c < clientCount; c++)
            {
                clients[c] = new ClientAgent(clientSetup(c, clientPollers[c], statusFile, gate,
                    configuration.secrets(), toDatacenter[c], column(toClient, c), datacenterSignals, fakeTls),
                    forAgent(listeners, c), clientCommands[c]);
            }
            configuration.install();
            ConductorCommands conductorCommands = new ConductorCommands();

            return new ProxyEngine(statusFile, ports, List.of(clients), List.of(datacenters),
                List.of(clientCommands), gate, dutyCycles(clients, datacenters, clientPollers, datacenterPollers,
                    clientSignals, datacenterSignals,
                    statusFile),
                new Conductor(statusFile, context.epochClock(), context.log(), conductorCommands, configuration,
                    originWatch(fakeTls, clientCommands)),
                conductorCommands, configuration, processId);
        }

        private void showLimits(ProxyCounters counters)
        {
            counters.set(ProxyCounter.MAX_CONNECTIONS, config.clients().connectionCountMax());
            counters.set(ProxyCounter.MAX_SPECIAL_CONNECTIONS, config.clients().clientCountMax());
            counters.set(ProxyCounter.MAX_ACCEPT_RATE, config.clients().acceptRateMax());
        }

        private List<String> agentNames()
        {
            List<String> names = new ArrayList<>();
            for (int c = 0; c < clientCount; c++)
            {
                names.add("client-" + c);
            }
            for (int d = 0; d < datacenterCount; d++)
            {
                names.add("datacenter-" + d);
            }
            names.add("conductor");
            return names;
        }

        private List<TcpListener[]> listen() throws IOException
        {
            List<TcpListener[]> groups = new ArrayList<>();
            for (int port : config.listening().ports())
            {
                try
                {
                    TcpListener[] group =
                        context.network().listen(HandedNetwork.listenOptions(config, port), clientCount);
                    opened.addAll(List.of(group));
                    groups.add(group);
                }
                catch (IOException e)
                {
                    throw HandedNetwork.refused(port, e);
                }
            }
            return groups;
        }

        private static List<TcpListener> forAgent(List<TcpListener[]> groups, int agent)
        {
            return groups.stream().map(group -> group[agent]).toList();
        }

        private SocketPoller[] openPollers(int count) throws IOException
        {
            SocketPoller[] pollers = new SocketPoller[count];
            for (int i = 0; i < count; i++)
            {
                pollers[i] = context.network().openPoller();
                opened.add(pollers[i]);
            }
            return pollers;
        }

        private static WakeSignal[] signals(SocketPoller[] pollers)
        {
            WakeSignal[] signals = new WakeSignal[pollers.length];
            for (int i = 0; i < signals.length; i++)
            {
                signals[i] = new WakeSignal(pollers[i]);
            }
            return signals;
        }

        /** Agents that share a turn empty a full ring at once; elsewhere that is left to its reader. */
        private RelayRing ring(Runnable drainNow)
        {
            return new RelayRing(config.buffers().ringLength(), isShared ? drainNow : () ->
            {
            });
        }

        private static RelayRing[] column(RelayRing[][] rings, int column)
        {
            RelayRing[] selected = new RelayRing[rings.length];
            for (int row = 0; row < rings.length; row++)
            {
                selected[row] = rings[row][column];
            }
            return selected;
        }

        /** Every agent has an equal share of {@code --msg-buffers-size}. [C-LIM-10] */
        private ChunkPool newChunkPool()
        {
            return new ChunkPool(config.buffers().messageBuffersLength() / (clientCount + datacenterCount));
        }

        private DatacenterSettings datacenterSettings(OwnProcessId processId)
        {
            EngineConfig.MiddleProxies proxies = config.middleProxies();
            return new DatacenterSettings(proxies.secret(), proxies.natRules()::translate, processId, config.listening()
                .address(),
                proxies.linkBufferLength(), proxies.drainTimeout().toNanos(),
                DatacenterSettings.BINDING_COUNT_MAX_PROCESS / datacenterCount);
        }

        private ClientSetup clientSetup(int index, SocketPoller poller, StatusFile statusFile,
            AcceptGate gate, ClientSecrets secrets, RelayRing[] toDatacenters, RelayRing[] fromDatacenters,
            WakeSignal[] datacenterSignals, @Nullable FakeTlsSetup fakeTls)
        {
            EngineConfig.Clients clients = config.clients();
            RandomSource random = context.newRandomSource();
            return new ClientSetup(index, poller, context.nanoClock(), context.epochClock(), statusFile.agent(index),
                random,
                statusFile.errorLog()::record, clients.limits(), gate, newChunkPool(), clients.connectionCountMax(),
                config.middleProxies().natRules()::translate, HexFormat.of().parseHex(clients.proxyTag()),
                secrets, config.middleProxies().drainTimeout().toNanos(), toDatacenters, fromDatacenters,
                datacenterSignals, fakeTls);
        }

        /** @return what serves until the domains have been looked at; null without domains. [P-TLS-53] */
        private @Nullable FakeTlsSetup fakeTlsSetup(List<Integer> ports)
        {
            if (!config.fronting().isTlsOnly())
            {
                return null;
            }
            List<String> names = config.fronting().domains();
            RandomSource random = context.newRandomSource();
            FrontingTable fronts = new FrontingTable(new FakeTlsDomains(names), names.stream()
                .map(name -> new FrontingTable.Front(name, initialProfile(name, random))).toList());
            return new FakeTlsSetup(context.network(), config.listening().address(), context.epochClock(),
                new ReplayFilter(context.replayTable()), Set.copyOf(ports), fronts, config.fronting().policy(),
                config.fronting().delayMax().toNanos());
        }

        /** What an earlier process has learnt is better than any default. */
        private OriginProfile initialProfile(String domain, RandomSource random)
        {
            OriginProfileFiles files = context.originProfiles();
            return files == null ?
                OriginProfile.drawDefault(random) :
                files.load(domain).map(OriginProfileText.Learnt::profile)
                    .orElseGet(() -> OriginProfile.drawDefault(random));
        }

        private @Nullable OriginWatch originWatch(@Nullable FakeTlsSetup fakeTls, ClientCommands[] clientCommands)
        {
            if (fakeTls == null)
            {
                return null;
            }
            return new OriginWatch(context.originProber(), context.originLooks(), fakeTls.fronts(), List.of(
                clientCommands),
                context.log(), context.originProfiles());
        }

        private ActiveConfiguration activeConfiguration(ClientCommands[] clientCommands,
            DatacenterCommands[] datacenterCommands, StatusFile statusFile)
        {
            return new ActiveConfiguration(clientCommands, datacenterCommands, statusFile,
                statusFile.counters(clientCount + datacenterCount), context.nanoClock(), context.epochClock(),
                config.middleProxies().drainTimeout().toNanos(), context.log(), context.refresher(),
                new ConfigRefresher.Fresh(config.middleProxies().conf(), config.clients().secrets()),
                context.configTimes());
        }

        private List<DutyCycle> dutyCycles(ClientAgent[] clients, DatacenterAgent[] datacenters,
            SocketPoller[] clientPollers, SocketPoller[] datacenterPollers, WakeSignal[] clientSignals,
            WakeSignal[] datacenterSignals, StatusFile statusFile)
        {
            boolean isBusySpin = config.threads().isBusySpin();
            List<DutyCycle> cycles = new ArrayList<>();
            if (isShared)
            {
                cycles.add(new DutyCycle("relay", clientPollers[0], clientSignals[0], context.nanoClock(),
                    statusFile.agent(0), isBusySpin, datacenters[0], clients[0]));
                return cycles;
            }
            for (int d = 0; d < datacenters.length; d++)
            {
                cycles.add(new DutyCycle(datacenters[d].roleName(), datacenterPollers[d], datacenterSignals[d],
                    context.nanoClock(), statusFile.agent(clientCount + d), isBusySpin, datacenters[d], null));
            }
            for (int c = 0; c < clients.length; c++)
            {
                cycles.add(new DutyCycle(clients[c].roleName(), clientPollers[c], clientSignals[c],
                    context.nanoClock(), statusFile.agent(c), isBusySpin, null, clients[c]));
            }
            return cycles;
        }
    }
}
