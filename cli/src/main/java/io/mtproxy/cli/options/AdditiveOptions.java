// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.options;

import io.mtproxy.engine.EngineConfig;
import io.mtproxy.engine.client.FrontPolicy;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/** The options that the C program does not have. Written in full, they take no part in abbreviations. [C-CLI-05] */
public final class AdditiveOptions
{
    private static final String VALUE = "<arg>";
    private static final Pattern THREADS = Pattern.compile("([0-9]{1,4})(?:\\+([0-9]{1,4}))?");
    private static final int THREAD_COUNT_MAX = 64;
    /** A client's frame is 1 MiB at most and must fit. [C-LIM-09] */
    private static final int CLIENT_BUFFER_MIN = 2 << 20;
    private static final int LINK_BUFFER_MIN = 64 << 10;
    private static final int BUFFER_MAX = 1 << 30;
    private static final int FRONT_DELAY_MS_MAX = 5000;
    private static final int SECONDS_MAX = 366 * 24 * 3600;

    private final OptionReader reader = new OptionReader();
    private boolean isVersion;
    private int clientAgentCount = 1;
    private int datacenterAgentCount = 1;
    private boolean isDedicated;
    private boolean isBusySpin;
    private CpuList cpus = CpuList.NONE;
    private Duration handshakeTimeout = EngineConfig.Clients.HANDSHAKE_TIMEOUT_DEFAULT;
    private Duration drainTimeout = EngineConfig.MiddleProxies.DRAIN_TIMEOUT_DEFAULT;
    private int clientBufferLength = EngineConfig.Clients.CLIENT_BUFFER_DEFAULT;
    private int linkBufferLength = EngineConfig.MiddleProxies.LINK_BUFFER_DEFAULT;
    private @Nullable Path statusRoot;
    private @Nullable String instance;
    private boolean isWorkerReplaced = true;
    private FrontPolicy frontPolicy = FrontPolicy.SPLICE_ALL;
    private Duration frontDelayMax = EngineConfig.Fronting.DELAY_MAX_DEFAULT;
    private boolean isFrontSet;
    private @Nullable InetSocketAddress metricsListen;
    private @Nullable NetworkList metricsAllow;

    /** Says which command these options belong to; before any is read. */
    void command(CommandLine value)
    {
        reader.command(value);
    }

    @Option(names = "--version", versionHelp = true, description = "prints the version and exits with 0")
    void version(boolean ignored)
    {
        isVersion = true;
    }

    @Option(names = "--threads", paramLabel = VALUE,
        description = "threads in all, or <client threads>+<datacenter threads>; 1..64 (default 1)")
    void threads(@Nullable String text)
    {
        Matcher matcher = THREADS.matcher(text == null ? "" : text);
        if (!matcher.matches())
        {
            throw reader.usage("--threads", "\"" + text + "\" is neither a number nor like 3+1");
        }
        int first = Integer.parseInt(matcher.group(1));
        int second = matcher.group(2) == null ? 0 : Integer.parseInt(matcher.group(2));
        boolean isSplit = matcher.group(2) != null;
        if (first < 1 || isSplit && second < 1 || first + second > THREAD_COUNT_MAX)
        {
            throw reader.usage("--threads", "\"" + text + "\" is outside 1.." + THREAD_COUNT_MAX + " in all");
        }
        isDedicated = isSplit || first > 1;
        clientAgentCount = isSplit ? first : (first + 1) / 2;
        datacenterAgentCount = isSplit ? second : Math.max(1, first / 2);
    }

    @Option(names = "--idle-strategy", paramLabel = VALUE,
        description = "auto, or busy-spin for the lowest latency on cores of their own (default auto)")
    void idleStrategy(@Nullable String text)
    {
        isBusySpin = switch (text == null ? "" : text)
        {
            case "auto" -> false;
            case "busy-spin" -> true;
            default -> throw reader.usage("--idle-strategy", "\"" + text + "\" is neither auto nor busy-spin");
        };
    }

    @Option(names = "--cpus", paramLabel = VALUE,
        description = "CPUs to tie the threads of --threads to, as 2,4-5, one each: client threads first, of -M the " +
            "first worker's first (default: none)")
    void cpus(@Nullable String text)
    {
        cpus = reader.read("--cpus", text, CpuList::parse);
    }

    @Option(names = "--handshake-timeout", paramLabel = VALUE,
        description = "seconds until a client that does not authenticate is closed, 0 for never (default 60)")
    void handshakeTimeout(@Nullable String text)
    {
        handshakeTimeout = reader.read("--handshake-timeout", text, AdditiveOptions::seconds);
    }

    @Option(names = "--client-buffer", paramLabel = VALUE,
        description = "most bytes that wait for or from one client before it is closed (default 32m)")
    void clientBuffer(@Nullable String text)
    {
        clientBufferLength = reader.read("--client-buffer", text, size -> OptionValues.size(size, CLIENT_BUFFER_MIN,
            BUFFER_MAX));
    }

    @Option(names = "--link-buffer", paramLabel = VALUE,
        description = "most bytes that wait for one link before its clients are paused (default 4m)")
    void linkBuffer(@Nullable String text)
    {
        linkBufferLength = reader.read("--link-buffer", text, size -> OptionValues.size(size, LINK_BUFFER_MIN,
            BUFFER_MAX));
    }

    @Option(names = "--drain-timeout", paramLabel = VALUE,
        description = "seconds that clients of removed servers may stay (default 60)")
    void drainTimeout(@Nullable String text)
    {
        drainTimeout = reader.read("--drain-timeout", text, AdditiveOptions::seconds);
    }

    @Option(names = "--status-dir", paramLabel = VALUE,
        description = "folder for the files by which others see this proxy's numbers")
    void statusDirectory(@Nullable String name)
    {
        statusRoot = reader.read("--status-dir", name, OptionValues::path);
    }

    @Option(names = "--instance", paramLabel = VALUE,
        description = "name of this proxy in the status directory (default: the first client port)")
    void instance(@Nullable String name)
    {
        instance = reader.read("--instance", name, OptionValues::folderName);
    }

    @Option(names = "--worker-exit", paramLabel = VALUE,
        description = "what a worker's end leads to: replace, or stop for the end of all as in C (default replace)")
    void workerExit(@Nullable String text)
    {
        isWorkerReplaced = switch (text == null ? "" : text)
        {
            case "replace" -> true;
            case "stop" -> false;
            default -> throw reader.usage("--worker-exit", "\"" + text + "\" is neither replace nor stop");
        };
    }

    @Option(names = "--metrics-listen", paramLabel = VALUE,
        description = "address and port for OpenMetrics and health checks, as 192.0.2.1:9100 or [::]:9100")
    void metricsListen(@Nullable String text)
    {
        metricsListen = reader.read("--metrics-listen", text, Endpoints::parse);
    }

    @Option(names = "--metrics-allow", paramLabel = VALUE,
        description = "networks that --metrics-listen answers, as 10.0.0.0/8,192.0.2.1 (default: this machine)")
    void metricsAllow(@Nullable String text)
    {
        metricsAllow = reader.read("--metrics-allow", text, NetworkList::parse);
    }

    @Option(names = "--front-policy", paramLabel = VALUE,
        description = "<reason>=splice, drop or alert: what -D gives a connection that is none of ours; reasons: " +
            "silence, not-tls, unknown-name, digest, replay, clock, odd-hello, after-hello (default all splice)")
    void frontPolicy(@Nullable String text)
    {
        frontPolicy = reader.read("--front-policy", text, value ->
        {
            FrontPolicy changed = frontPolicy;
            for (String rule : value.split(",", -1))
            {
                changed = changed.with(rule);
            }
            return changed;
        });
        isFrontSet = true;
    }

    @Option(names = "--front-delay", paramLabel = VALUE,
        description = "most milliseconds that an answer under -D waits, to take as long as the domain; 0..5000, 0 for " +
            "never (default 50)")
    void frontDelay(@Nullable String text)
    {
        frontDelayMax = reader.read("--front-delay", text, number -> Duration.ofMillis(OptionValues.integer(number, 0,
            FRONT_DELAY_MS_MAX)));
        isFrontSet = true;
    }

    /** @return these domains with what is to be done with connections for them. */
    public EngineConfig.Fronting fronting(EngineConfig.Fronting domains)
    {
        return new EngineConfig.Fronting(domains.domains(), frontPolicy, frontDelayMax);
    }

    /** @return whether something was said that means nothing without domains. */
    public boolean isFrontSet()
    {
        return isFrontSet;
    }

    /** @return where metrics are served beside C's port; null for nowhere. */
    public @Nullable InetSocketAddress metricsListen()
    {
        return metricsListen;
    }

    /** @return who may ask there; null when it was not said. */
    public @Nullable NetworkList metricsAllow()
    {
        return metricsAllow;
    }

    /** @return whether a worker that ended is replaced; else all end. [C-LIFE-13] */
    public boolean isWorkerReplaced()
    {
        return isWorkerReplaced;
    }

    /** @return whether the version was asked for; what stands behind that option was not read. */
    public boolean isVersion()
    {
        return isVersion;
    }

    /** @return to which threads are to be tied. */
    public CpuList cpus()
    {
        return cpus;
    }

    /** @return agents by kind, and whether they were asked to spin; tied to no CPU. */
    public EngineConfig.Threads threads()
    {
        return new EngineConfig.Threads(clientAgentCount, datacenterAgentCount, isBusySpin);
    }

    /** @return whether each agent has a thread of its own. */
    public boolean isDedicated()
    {
        return isDedicated;
    }

    /** @return threads that the agents of one process have. */
    public int threadCount()
    {
        return isDedicated ? clientAgentCount + datacenterAgentCount : 1;
    }

    /** @return zero for never. */
    public Duration handshakeTimeout()
    {
        return handshakeTimeout;
    }

    /** @return how long clients of what was removed may stay. */
    public Duration drainTimeout()
    {
        return drainTimeout;
    }

    /** @return bytes. */
    public int clientBufferLength()
    {
        return clientBufferLength;
    }

    /** @return bytes. */
    public int linkBufferLength()
    {
        return linkBufferLength;
    }

    /** @return status directory, null for the default. */
    public @Nullable Path statusRoot()
    {
        return statusRoot;
    }

    /** @return name of the proxy, null for the default. */
    public @Nullable String instance()
    {
        return instance;
    }

    private static Duration seconds(String text)
    {
        return Duration.ofSeconds(OptionValues.integer(text, 0, SECONDS_MAX));
    }
}
