// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import io.mtproxy.cli.options.AdditiveOptions;
import io.mtproxy.cli.options.ArgumentLine;
import io.mtproxy.cli.options.CpuList;
import io.mtproxy.cli.options.LegacyOptions;
import io.mtproxy.cli.options.NetworkList;
import io.mtproxy.cli.options.OptionException;
import io.mtproxy.cli.stats.ProxySettings;
import io.mtproxy.cli.stats.RpcAccess;
import io.mtproxy.cli.stats.StatsContext;
import io.mtproxy.cli.stats.StatsPort;
import io.mtproxy.cli.stats.StatsPorts;
import io.mtproxy.cli.stats.StatsSources;
import io.mtproxy.cli.view.ProxyFiles;
import io.mtproxy.crypto.CryptoSelfTest;
import io.mtproxy.engine.EngineConfig;
import io.mtproxy.engine.EngineContext;
import io.mtproxy.engine.HandedNetwork;
import io.mtproxy.engine.ProxyEngine;
import io.mtproxy.engine.ThreadingMode;
import io.mtproxy.engine.config.ConfigRefresher;
import io.mtproxy.engine.config.ConfigurationException;
import io.mtproxy.engine.config.ProxyMultiConf;
import io.mtproxy.engine.config.ProxySecretFile;
import io.mtproxy.engine.config.SecretList;
import io.mtproxy.engine.config.SystemHostResolver;
import io.mtproxy.engine.io.linux.LinuxThreads;
import io.mtproxy.engine.io.linux.LinuxUsers;
import io.mtproxy.engine.agent.OriginProfileFiles;
import io.mtproxy.engine.status.ReplayFile;
import io.mtproxy.engine.status.StatusDirectory;
import io.mtproxy.engine.status.StatusFile;
import io.mtproxy.engine.transport.ReplayFilter;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.List;
import java.util.Locale;
import org.agrona.concurrent.EpochClock;
import org.agrona.concurrent.SystemNanoClock;
import org.jspecify.annotations.Nullable;

/**
 * The steps of a start from the argument line to open ports, in the order that decides which error is told first:
 * configuration file, client ports, {@code --aes-pwd}, user, ciphers, memory, descriptors; then the ports are opened, the
 * user is changed, and the log, the status directory and the engine are that user's.
 * [C-LIFE-02] [C-LIFE-05] [C-LIFE-06]
 */
final class ProxyStart
{
    private static final int EXIT_FAILED = 1;
    private static final String STATUS_FILE_NAME = "engine";
    private static final String INSTANCE_WITHOUT_PORT = "proxy";
    private static final int PRIVATE_NETWORK = 10;
    private static final int PRIVILEGED_PORTS_END = 1024;
    private static final double BYTES_PER_GB = 1e9;

    private final Terminal terminal;
    private final LogLines log;

    ProxyStart(Terminal terminal, LogLines log)
    {
        this.terminal = terminal;
        this.log = log;
    }

    /** @throws ConfigurationException with the lines to print and the exit code, whatever it was that failed. */
    RunningProxy start(ArgumentLine line) throws ConfigurationException
    {
        return launch(prepare(line));
    }

    /** Does everything up to where a single process and a master part; afterwards the user is the one of {@code -u}. */
    StartPlan prepare(ArgumentLine line) throws ConfigurationException
    {
        LegacyOptions legacy = line.legacy();
        checkStats(legacy);
        checkDomains(line);
        log.print("configuration file " + line.configFile());
        ProxyMultiConf conf =
            ProxyMultiConf.load(line.configFile(), new SystemHostResolver(SystemNanoClock.INSTANCE));
        conf.warnings().forEach(log::warn);
        warn(legacy);
        try (PortProbe ports = PortProbe.take(legacy))
        {
            // one that only root may open is opened first
            StatsPorts statsPorts = isPrivileged(legacy) ? statsPorts(line) : null;
            try
            {
                ProxySecretFile proxySecret = proxySecret(legacy);
                LinuxUsers.User user = Privileges.find(legacy.user());
                if (statsPorts == null)
                {
                    statsPorts = statsPorts(line);
                }
                if (legacy.workerCount() == 0)
                {
                    testCiphers();
                }
                EngineConfig config = engineConfig(line, conf, proxySecret, legacy.secrets(),
                    statsPorts.numberOr(legacy.statsPort()), 0);
                warnOfDuplicates(config.clients().secrets());
                if (legacy.verbosity() > 0)
                {
                    describe(config, conf);
                    line.tuning().withoutEffect().forEach(option -> log.print("option " + option + " has no effect"));
                }
                return openAndDrop(line, conf, config, user, ports, statsPorts);
            }
            catch (ConfigurationException | RuntimeException e)
            {
                if (statsPorts != null)
                {
                    statsPorts.close();
                }
                throw e;
            }
        }
    }

    /** What a worker starts from: nothing is read, opened or told that its master has not read, opened and told. */
    StartPlan handed(ArgumentLine line, WorkerSettings settings, List<Integer> sockets) throws ConfigurationException
    {
        testCiphers();
        EngineConfig config = new ProxyStart(terminal, LogLines.toNowhere()).engineConfig(line, settings.conf(),
            settings.proxySecret(), settings.secrets(), settings.statsPort(), settings.place());
        return new StartPlan(line, settings.conf(), config, HandedNetwork.adopt(config, sockets), null, null,
            settings.statusFile().isEmpty() ? null : Path.of(settings.statusFile()), settings.isReplacement(),
            settings.configTimes(), new LogOutput(line.legacy(), true, log));
    }

    /** Lets an engine run by a plan, which is closed with it. */
    RunningProxy launch(StartPlan plan) throws ConfigurationException
    {
        ArgumentLine line = plan.line();
        try
        {
            EngineContext context = new EngineContext()
                .config(plan.config())
                .network(plan.network())
                .threadingMode(line.additive().isDedicated() ? ThreadingMode.DEDICATED : ThreadingMode.SHARED)
                .statusFiles((names, description, clock) -> statusFile(plan, names,
                    description + "version=" + ProductVersion.number() + "\nprogram=" + ProductVersion.text() + "\n" +
                        ProxySettings.of(line.configFile(), plan.config(), line.legacy().workerCount()).toText(),
                    clock))
                .isAcceptHeld(plan.isReplacement())
                .refresher(refresher(line))
                .log(log::print);
            if (plan.configTimes() != null)
            {
                context.configTimes(plan.configTimes());
            }
            Path statusFile = plan.statusFile();
            if (plan.config().fronting().isTlsOnly() && statusFile != null && statusFile.getParent() != null)
            {
                mapReplayTable(plan, statusFile.getParent(), context);
                context.originProfiles(new OriginProfileFiles(statusFile.getParent()));
            }
            ProxyEngine engine = ProxyEngine.launch(context);
            StatsPorts ports = plan.statsPorts();
            if (ports != null)
            {
                // reading counters leaves nothing behind in the reader, so that the threads of the port share one
                StatsSources sources = StatsSources.single(engine.status(),
                    List.copyOf(WorkerStatus.left(plan.statusDirectory(), STATUS_FILE_NAME).values()));
                boolean isInFile = engine.status().path() != null;
                ports.start(() -> statsContext(plan, 0, isInFile)
                    .sources(() -> sources)
                    .configState(engine::configState)
                    .processTuple(engine::processTuple));
            }
            return new RunningProxy(engine, plan);
        }
        catch (IOException e)
        {
            plan.close();
            throw failed(String.valueOf(e.getMessage()));
        }
    }

    /** @return what reads anew, with the rights that are left, all that a reload may change. [C-REL-10] [C-REL-14] */
    static ConfigRefresher refresher(ArgumentLine line)
    {
        return new ConfigRefresher(line.configFile(), () -> new SystemHostResolver(SystemNanoClock.INSTANCE),
            line.legacy().secretSource());
    }

    /**
     * @param isInFiles whether the numbers are in the folder of the status directory, or in private memory.
     * @return what a single process and a master have in common on the stats port.
     */
    StatsContext statsContext(StartPlan plan, int workerCount, boolean isInFiles)
    {
        StatusDirectory directory = plan.statusDirectory();
        StatsContext context = new StatsContext()
            .settings(ProxySettings.of(plan.line().configFile(), plan.config(), workerCount))
            .version(ProductVersion.text())
            .rpcAccess(new RpcAccess(plan.config().middleProxies().secret(), plan.line().tuning().isSkipDhAllowed(),
                plan.line().tuning().dhAcceptRateMax()))
            .log(log::print);
        return directory == null || !isInFiles ?
            context :
            context.view(new ProxyFiles(directory.instance(), directory.folder())::look);
    }

    private EngineConfig engineConfig(ArgumentLine line, ProxyMultiConf conf, @Nullable ProxySecretFile proxySecret,
        SecretList secrets, int statsPort, int place) throws ConfigurationException
    {
        LegacyOptions legacy = line.legacy();
        AdditiveOptions additive = line.additive();
        EngineConfig.Threads threads = threads(line, place);
        StartLimits limits = StartLimits.check(legacy, threads, conf, log);
        return new EngineConfig(
            new EngineConfig.Listening(legacy.ports(), legacy.isIpv6(), legacy.address(), legacy.backlog(),
                legacy.windowClamp()),
            new EngineConfig.Clients(secrets, legacy.proxyTag(), limits.connectionCountMax(), limits.clientCountMax(),
                legacy.acceptRateMax(),
                EngineConfig.Clients.limits(additive.clientBufferLength(), additive.handshakeTimeout())),
            new EngineConfig.MiddleProxies(conf, proxySecret, legacy.natRules(), statsPort,
                additive.linkBufferLength(), additive.drainTimeout()),
            limits.buffers(), threads, additive.fronting(legacy.fronting()));
    }

    /** Opens the ports with the rights of the starting user, and then does without these. [C-LIFE-05] [C-LIFE-10] */
    private StartPlan openAndDrop(ArgumentLine line, ProxyMultiConf conf, EngineConfig config,
        LinuxUsers.@Nullable User user, PortProbe ports, StatsPorts statsPorts) throws ConfigurationException
    {
        Path root = statusRoot(line);
        boolean isRootMade = makeStatusRoot(line, root, user);
        HandedNetwork network;
        try
        {
            ports.close();
            network = HandedNetwork.open(config);
        }
        catch (IOException e)
        {
            throw failed(String.valueOf(e.getMessage()));
        }
        try
        {
            Privileges.drop(user);
            LogOutput output = new LogOutput(line.legacy(), false, log);
            output.open();
            StatusDirectory directory = isRootMade ? statusDirectory(line, root) : null;
            return new StartPlan(line, conf, config, network, statsPorts, directory,
                directory == null ? null : directory.statusFile(STATUS_FILE_NAME), false, null, output);
        }
        catch (ConfigurationException e)
        {
            network.close();
            throw e;
        }
    }

    /** [C-EXIT-16] */
    private static void checkDomains(ArgumentLine line) throws ConfigurationException
    {
        LegacyOptions legacy = line.legacy();
        if (!legacy.fronting().isTlsOnly() && line.additive().isFrontSet())
        {
            throw new ConfigurationException(OptionException.EXIT_USAGE,
                List.of("--front-policy and --front-delay are for connections to a domain — give one with -D"));
        }
        if (legacy.fronting().isTlsOnly() && legacy.secretCount() == 0)
        {
            throw new ConfigurationException(OptionException.EXIT_USAGE,
                List.of("-D needs a client secret, or nobody could connect — give one with -S"));
        }
    }

    /** [C-EXIT-13] */
    private static void checkStats(LegacyOptions legacy) throws ConfigurationException
    {
        if (legacy.isHttpStats() && legacy.statsPort() == 0)
        {
            throw new ConfigurationException(OptionException.EXIT_USAGE,
                List.of("--http-stats needs a port — add -p, as in -p 8888 --http-stats"));
        }
    }

    /** [C-LIFE-06] */
    private static boolean isPrivileged(LegacyOptions legacy)
    {
        return legacy.statsPort() < PRIVILEGED_PORTS_END && !legacy.isStatsPortRange();
    }

    /** Null without {@code --http-stats}, or with {@code --disable-tcp}. [C-HTTP-01] [C-CLI-42] [C-EXIT-14] */
    private static @Nullable StatsPort statsPort(ArgumentLine line) throws ConfigurationException
    {
        LegacyOptions legacy = line.legacy();
        if (!legacy.isHttpStats() || line.tuning().isTcpDisabled())
        {
            return null;
        }
        try
        {
            return StatsPort.open(legacy.statsPort(), legacy.statsPortLast());
        }
        catch (IOException e)
        {
            throw new ConfigurationException(
                legacy.isStatsPortRange() ? OptionException.EXIT_USAGE : EXIT_FAILED,
                List.of(String.valueOf(e.getMessage())));
        }
    }

    /** Opens the ports for reports; all of them or none. */
    private StatsPorts statsPorts(ArgumentLine line) throws ConfigurationException
    {
        StatsPorts ports = new StatsPorts(statsPort(line));
        InetSocketAddress address = line.additive().metricsListen();
        if (address == null)
        {
            return ports;
        }
        NetworkList allowed = line.additive().metricsAllow();
        if (allowed == null && !address.getAddress().isLoopbackAddress())
        {
            log.warn("--metrics-listen answers only this machine — name others with --metrics-allow");
        }
        try
        {
            ports.openMetrics(address, allowed);
            return ports;
        }
        catch (IOException e)
        {
            ports.close();
            throw failed(String.valueOf(e.getMessage()));
        }
    }

    private void warn(LegacyOptions legacy)
    {
        if (!legacy.isHttpStats() && legacy.statsPort() != 0)
        {
            log.warn("-p " + legacy.statsPort() + " opens no port without --http-stats, it only names this process " +
                "to middle proxies");
        }
        if (legacy.ports().isEmpty())
        {
            log.warn("no client port is given, so nobody is served — add -H, as in -H 443");
        }
        InetAddress address = legacy.address();
        if (address != null && address.getAddress()[0] != PRIVATE_NETWORK)
        {
            log.warn("--address " + address.getHostAddress() + " is not in 10.0.0.0/8, it is used all the same");
        }
    }

    /** [C-EXIT-08] [C-EXIT-09] */
    private @Nullable ProxySecretFile proxySecret(LegacyOptions legacy) throws ConfigurationException
    {
        Path file = legacy.proxySecretFile();
        if (file != null)
        {
            return ProxySecretFile.load(file);
        }
        ProxySecretFile.Found found = ProxySecretFile.find(terminal.workingDirectory());
        if (!found.warning().isEmpty())
        {
            log.print(found.warning());
        }
        return found.secret().orElse(null);
    }

    /** [C-BUG-23] */
    private void warnOfDuplicates(SecretList secrets)
    {
        for (int i = 1; i < secrets.size(); i++)
        {
            for (int earlier = 0; earlier < i; earlier++)
            {
                if (secrets.get(i).equals(secrets.get(earlier)))
                {
                    log.warn("client secret " + (i + 1) + " is the same as client secret " + (earlier + 1) +
                        ", only that one will ever match");
                    break;
                }
            }
        }
    }

    /** Compiles the ciphers before anybody can connect. (architecture A4) */
    private void testCiphers() throws ConfigurationException
    {
        long bytesPerSecond;
        try
        {
            bytesPerSecond = CryptoSelfTest.run(System::nanoTime);
        }
        catch (IllegalStateException e)
        {
            throw failed(String.valueOf(e.getMessage()));
        }
        if (bytesPerSecond < CryptoSelfTest.SLOW_BYTES_PER_SECOND)
        {
            log.warn(String.format(Locale.ROOT,
                "AES runs at %.2f GB/s only, 1 or more are usual — does this CPU have " +
                    "AES instructions, and are they shown to this machine?", bytesPerSecond / BYTES_PER_GB));
        }
    }

    /** @param place of this process among the workers of {@code -M}. */
    private EngineConfig.Threads threads(ArgumentLine line, int place) throws ConfigurationException
    {
        AdditiveOptions additive = line.additive();
        EngineConfig.Threads asked = additive.threads();
        int spinning = additive.threadCount();
        int cpus = Runtime.getRuntime().availableProcessors();
        boolean isBusySpin = asked.isBusySpin() && spinning < cpus;
        if (asked.isBusySpin() && !isBusySpin)
        {
            log.warn("--idle-strategy busy-spin needs more CPUs than the " + spinning + " it would keep busy, " +
                "there are " + cpus + ": using auto");
        }
        if (!additive.cpus().numbers().isEmpty())
        {
            checkCpus(additive.cpus(), spinning * Math.max(1, line.legacy().workerCount()));
        }
        return new EngineConfig.Threads(asked.clientAgentCount(), asked.datacenterAgentCount(), isBusySpin,
            additive.cpus().of(place, spinning));
    }

    private void checkCpus(CpuList asked, int threadCount) throws ConfigurationException
    {
        BitSet allowed = LinuxThreads.cpus();
        for (int cpu : asked.numbers())
        {
            if (!allowed.get(cpu))
            {
                throw failed("--cpus " + asked + ": this process may not run on CPU " + cpu + ", only on " + allowed);
            }
        }
        if (asked.numbers().size() < threadCount)
        {
            log.warn("--cpus " + asked + ": " + threadCount + " threads are to be tied, so some share a CPU");
        }
    }

    /** (architecture A9) */
    private Path statusRoot(ArgumentLine line)
    {
        Path named = line.additive().statusRoot();
        return named != null ?
            named :
            StatusDirectory.defaultRoot(terminal.environment(), StatusDirectory.currentUid());
    }

    /** While this process is root: makes the folder in which it will only be another user. @return whether it is there. */
    private boolean makeStatusRoot(ArgumentLine line, Path root, LinuxUsers.@Nullable User user)
        throws ConfigurationException
    {
        if (user == null)
        {
            return true;
        }
        try
        {
            StatusDirectory.makeFor(root, user.uid(), user.gid());
            return true;
        }
        catch (IOException e)
        {
            if (line.additive().statusRoot() != null)
            {
                throw failed("--status-dir " + root + " cannot be used: " + e.getMessage());
            }
            log.warn("status directory cannot be used: " + e.getMessage() +
                " — stat, top and metrics of other processes will not see this proxy");
            return false;
        }
    }

    private @Nullable StatusDirectory statusDirectory(ArgumentLine line, Path root) throws ConfigurationException
    {
        String named = line.additive().instance();
        List<Integer> ports = line.legacy().ports();
        String instance = named != null ?
            named :
            ports.isEmpty() ? INSTANCE_WITHOUT_PORT : String.valueOf(ports.getFirst());
        if (line.additive().statusRoot() == null)
        {
            return StatusDirectory.claimDefault(root, instance, log::warn);
        }
        try
        {
            return StatusDirectory.claim(root, instance);
        }
        catch (IOException e)
        {
            throw failed("--status-dir " + root + " cannot be used: " + e.getMessage());
        }
    }

    /** Without a file each process remembers by itself what it accepted, until it ends. */
    private void mapReplayTable(StartPlan plan, Path folder, EngineContext context) throws IOException
    {
        try
        {
            context.replayTable(ReplayFile.map(folder, ReplayFilter.BUFFER_LENGTH_DEFAULT));
        }
        catch (IOException e)
        {
            doWithout(plan, "no file of accepted hellos", e,
                "after a restart, and by another worker, a hello may be accepted once more");
        }
    }

    /** A folder that an operator named must be usable; the default one is done without. (architecture A9) */
    private void doWithout(StartPlan plan, String what, IOException reason, String effect) throws IOException
    {
        Path named = plan.line().additive().statusRoot();
        if (named != null)
        {
            throw new IOException("--status-dir " + named + " cannot be used: " + reason.getMessage(), reason);
        }
        log.warn(what + ": " + reason.getMessage() + " — " + effect);
    }

    private StatusFile statusFile(StartPlan plan, List<String> agentNames, String description, EpochClock clock)
        throws IOException
    {
        Path file = plan.statusFile();
        if (file == null)
        {
            return StatusFile.inMemory(agentNames, description, clock);
        }
        try
        {
            return StatusFile.create(file, agentNames, description, clock);
        }
        catch (IOException e)
        {
            doWithout(plan, "no status file", e, "stat, top and metrics of other processes will not see this proxy");
            return StatusFile.inMemory(agentNames, description, clock);
        }
    }

    /** What is in force; secrets are counted, never shown. [C-LOG-04] */
    private void describe(EngineConfig config, ProxyMultiConf conf)
    {
        log.print("listening: " + config.listening());
        log.print("clients: " + config.clients());
        log.print("middle proxies: " + conf.servers().size() + " servers, default DC " + conf.defaultDc() +
            ", proxy-secret " + (config.middleProxies().secret() == null ? "none" : "set") + ", link buffer " +
            config.middleProxies().linkBufferLength() + ", drain timeout " + config.middleProxies().drainTimeout());
        log.print("buffers: " + config.buffers() + "; threads: " + config.threads());
    }

    static ConfigurationException failed(String line)
    {
        return new ConfigurationException(EXIT_FAILED, List.of(line));
    }
}
