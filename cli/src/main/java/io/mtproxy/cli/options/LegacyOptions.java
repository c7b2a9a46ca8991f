// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.options;

import io.mtproxy.engine.EngineConfig;
import io.mtproxy.engine.config.NatRules;
import io.mtproxy.engine.config.Secret;
import io.mtproxy.engine.config.SecretList;
import io.mtproxy.engine.config.SecretSource;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/**
 * The options of the C program that are there, one setter each; called in the order of the line. [C-CLI-10]
 * <p>
 * A picocli mixin. One more option is one more setter.
 */
public final class LegacyOptions
{
    /** Exit code when {@code -u} is given twice. [C-EXIT-02] */
    private static final int EXIT_USER_TWICE = 1;
    /** Exit code when {@code --address} is none. [C-EXIT-03] */
    private static final int EXIT_ADDRESS = 4;
    /** Most client ports. [C-LIM-05] */
    private static final int PORT_COUNT_MAX = 128;
    /** Most worker processes. [C-LIM-03] */
    private static final int WORKER_COUNT_MAX = 256;
    private static final String VALUE = "<arg>";
    private static final String OPTIONAL_VALUE = "{arg}";

    private final List<Integer> ports = new ArrayList<>();
    private final List<Secret> secrets = new ArrayList<>();
    private final List<NatRules.Rule> natRules = new ArrayList<>();
    private final OptionReader reader = new OptionReader();
    private boolean isHelp;
    private int verbosity;
    private @Nullable String user;
    private @Nullable String logFile;
    private boolean isDaemon;
    private int niceIncrement;
    private int workerCount;
    private final SecretSources secretSources = new SecretSources();
    private @Nullable SecretList handedSecrets;
    private long messageBuffersLength;
    private int backlog = EngineConfig.Listening.BACKLOG_DEFAULT;
    private int connectionCountMax = EngineConfig.Clients.COUNT_MAX_DEFAULT;
    private int clientCountMax = EngineConfig.Clients.COUNT_MAX_DEFAULT;
    private boolean isClientCountMaxSet;
    private int statsPort;
    private int statsPortLast;
    private boolean isStatsPortRange;
    private @Nullable Path proxySecretFile;
    private boolean isIpv6;
    private int acceptRateMax;
    private @Nullable InetAddress address;
    private boolean isHttpStats;
    private String proxyTag = "";
    private final List<String> domains = new ArrayList<>();
    private int windowClamp;

    /** Says which command these options belong to; before any is read. */
    void command(CommandLine value)
    {
        reader.command(value);
    }

    @Option(names = {"-h", "--help"}, usageHelp = true, description = "prints this text and exits with 2")
    void help(boolean ignored)
    {
        isHelp = true;
    }

    @Option(names = {"-v", "--verbosity"}, arity = "0..1", paramLabel = OPTIONAL_VALUE, fallbackValue = "",
        description = "one level more, or that level: 0 main events, 1 configuration and connections, 2 packets")
    void verbosity(@Nullable String text)
    {
        if (text != null)
        {
            verbosity = text.isEmpty() ? verbosity + 1 : reader.read("--verbosity", text, OptionValues::integer);
        }
    }

    @Option(names = {"-u", "--user"}, paramLabel = VALUE,
        description = "user to become when started as root (default mtproxy)")
    void user(@Nullable String name)
    {
        if (user != null)
        {
            throw reader.refused(EXIT_USER_TWICE, "--user", "given twice, one user only can be meant");
        }
        user = name;
    }

    @Option(names = {"-l", "--log"}, paramLabel = VALUE, description = "file for all that is printed (default stderr)")
    void log(@Nullable String name)
    {
        logFile = reader.read("--log", name, OptionValues::path).toString();
    }

    @Option(names = {"-d", "--daemonize"}, arity = "0..1", paramLabel = OPTIONAL_VALUE, fallbackValue = "",
        description = "leaves the terminal once everything is started; does not fork")
    void daemonize(@Nullable String text)
    {
        if (text != null)
        {
            isDaemon = text.isEmpty() ? !isDaemon : reader.read("--daemonize", text, OptionValues::integer) != 0;
        }
    }

    @Option(names = "--nice", paramLabel = VALUE, description = "added to the niceness of the process")
    void nice(@Nullable String text)
    {
        niceIncrement = reader.read("--nice", text, OptionValues::integer);
    }

    @Option(names = {"-M", "--slaves"}, paramLabel = VALUE,
        description = "worker processes on the same ports, 0..256, 0 for one process that does everything (default 0)")
    void workers(@Nullable String text)
    {
        workerCount = reader.read("--slaves", text, number -> OptionValues.integer(number, 0, WORKER_COUNT_MAX));
    }

    @Option(names = "--msg-buffers-size", paramLabel = VALUE,
        description = "most memory for packets that wait, in bytes or with k, m, g, t (default 256m)")
    void messageBuffersLength(@Nullable String text)
    {
        messageBuffersLength = reader.read("--msg-buffers-size", text, OptionValues::size);
    }

    @Option(names = {"-b", "--backlog"}, paramLabel = VALUE,
        description = "connections of a port that wait to be accepted (default 8192)")
    void backlog(@Nullable String text)
    {
        int value = reader.read("--backlog", text, OptionValues::integer);
        // negative: as much as the kernel allows; Java takes 0 for 50
        backlog = value < 0 ? Integer.MAX_VALUE : Math.max(1, value);
    }

    @Option(names = {"-c", "--connections"}, paramLabel = VALUE,
        description = "most connections of all kinds (default 65536)")
    void connectionCountMax(@Nullable String text)
    {
        int value = reader.read("--connections", text, OptionValues::integer);
        connectionCountMax = value <= 0 ? EngineConfig.Clients.COUNT_MAX_DEFAULT : value;
        if (isClientCountMaxSet && (clientCountMax == 0 || clientCountMax > connectionCountMax))
        {
            clientCountMax = connectionCountMax;
        }
    }

    @Option(names = {"-C", "--max-special-connections"}, paramLabel = VALUE,
        description = "most client connections, 0 for no limit but -c (default 65536)")
    void clientCountMax(@Nullable String text)
    {
        clientCountMax = Math.max(0, reader.read("--max-special-connections", text, OptionValues::integer));
        isClientCountMaxSet = true;
    }

    @Option(names = {"-p", "--port"}, paramLabel = VALUE,
        description = "port or range of ports on 127.0.0.1 for --http-stats; also part of the process id on links")
    void statsPort(@Nullable String text)
    {
        OptionValues.PortRange range = reader.read("--port", text, OptionValues::portRange);
        statsPort = range.first();
        statsPortLast = range.last();
        isStatsPortRange = range.isRange();
    }

    @Option(names = "--http-stats", description = "stats pages on the port of -p")
    void httpStats(boolean ignored)
    {
        isHttpStats = true;
    }

    @Option(names = "--aes-pwd", paramLabel = VALUE,
        description = "file with the secret shared with the middle proxies (default: file secret, if there)")
    void proxySecretFile(@Nullable String name)
    {
        proxySecretFile = reader.read("--aes-pwd", name, OptionValues::path);
    }

    @Option(names = {"-6", "--ipv6"}, description = "client ports listen on [::], for IPv4 and IPv6")
    void ipv6(boolean ignored)
    {
        isIpv6 = true;
    }

    @Option(names = "--max-accept-rate", paramLabel = VALUE,
        description = "most new connections a second, 0 for no limit (default 0)")
    void acceptRateMax(@Nullable String text)
    {
        acceptRateMax = Math.max(0, reader.read("--max-accept-rate", text, OptionValues::integer));
    }

    @Option(names = "--nat-info", paramLabel = VALUE,
        description = "<own IPv4>:<IPv4 that others see>; may be given up to 16 times")
    void natInfo(@Nullable String text)
    {
        natRules.add(reader.read("--nat-info", text, NatRules.Rule::parse));
        if (natRules.size() > NatRules.COUNT_MAX)
        {
            throw reader.usage("--nat-info", "more than " + NatRules.COUNT_MAX + " rules");
        }
    }

    @Option(names = "--address", paramLabel = VALUE,
        description = "IPv4 address of the client ports and source of outgoing connections (default any)")
    void address(@Nullable String text)
    {
        try
        {
            address = OptionValues.ipv4(text == null ? "" : text);
        }
        catch (IllegalArgumentException e)
        {
            throw reader.refused(EXIT_ADDRESS, "--address", String.valueOf(e.getMessage()));
        }
    }

    @Option(names = {"-S", "--mtproto-secret"}, paramLabel = VALUE,
        description = "client secret, 32 hex digits; may be given up to 128 times")
    void secret(@Nullable String text)
    {
        Secret secret = reader.read("--mtproto-secret", text, Secret::parse);
        secretSources.add(secret);
        addSecrets("--mtproto-secret", List.of(secret));
    }

    @Option(names = "--mtproto-secret-file", paramLabel = VALUE,
        description = "file with client secrets, with blanks, commas or newlines between them; # begins a comment")
    void secretFile(@Nullable String name)
    {
        secretSources.addFile(name == null ? "" : name);
        if (handedSecrets != null)
        {
            return;
        }
        addSecrets("--mtproto-secret-file", reader.read("--mtproto-secret-file", name, SecretFile::read));
    }

    @Option(names = {"-P", "--proxy-tag"}, paramLabel = VALUE, description = "tag of the proxy, 32 hex digits")
    void proxyTag(@Nullable String text)
    {
        proxyTag = reader.read("--proxy-tag", text, OptionValues::hexKey);
    }

    @Option(names = {"-D", "--domain"}, paramLabel = VALUE,
        description = "serves fake-TLS only and passes the rest on to this domain; the first of several is the default")
    void domain(@Nullable String text)
    {
        domains.add(reader.read("--domain", text, OptionValues::domain));
    }

    @Option(names = {"-W", "--window-clamp"}, paramLabel = VALUE,
        description = "TCP window clamp of client connections in bytes (default 131072, with -D none)")
    void windowClamp(@Nullable String text)
    {
        windowClamp = reader.read("--window-clamp", text, number -> OptionValues.integer(number, 0, Integer.MAX_VALUE));
    }

    @Option(names = {"-H", "--http-ports"}, paramLabel = VALUE,
        description = "client ports with commas between them; may be given several times")
    void ports(@Nullable String text)
    {
        ports.addAll(reader.read("--http-ports", text, OptionValues::ports));
        if (ports.size() > PORT_COUNT_MAX)
        {
            throw reader.usage("--http-ports", "more than " + PORT_COUNT_MAX + " client ports");
        }
    }

    /** @return client ports, in their order. */
    public List<Integer> ports()
    {
        return List.copyOf(ports);
    }

    /** Lets the system choose the one client port there is to be, for the demo. */
    public void listenOnFreePort()
    {
        ports.add(0);
    }

    /**
     * Takes the secrets as the master of this worker read them, as this user may not be allowed to; before any option is
     * read. Secret files are then only remembered for a reload.
     */
    public void handSecrets(SecretList read)
    {
        handedSecrets = read;
    }

    /** @return what reads the secrets anew. [C-CLI-74] */
    public SecretSource secretSource()
    {
        return secretSources;
    }

    /** @return {@code -l}, or null. [C-CLI-32] */
    public @Nullable String logFile()
    {
        return logFile;
    }

    /** @return {@code -d}. [C-CLI-33] */
    public boolean isDaemon()
    {
        return isDaemon;
    }

    /** @return {@code --nice}. [C-CLI-35] */
    public int niceIncrement()
    {
        return niceIncrement;
    }

    /** @return {@code -M}; 0 is a single process. [C-CLI-63] */
    public int workerCount()
    {
        return workerCount;
    }

    /** @return how many client secrets there are. */
    public int secretCount()
    {
        return secrets.size();
    }

    /** @return client secrets in their order, now the caller's. */
    public SecretList secrets()
    {
        if (handedSecrets != null)
        {
            return handedSecrets;
        }
        return SecretList.of(secrets);
    }

    /** @return rules of {@code --nat-info}. */
    public NatRules natRules()
    {
        return new NatRules(natRules);
    }

    /** @return whether the usage was asked for; what stands behind that option was not read. [C-CLI-20] */
    public boolean isHelp()
    {
        return isHelp;
    }

    /** @return level of what is printed; 0 main events. */
    public int verbosity()
    {
        return verbosity;
    }

    /** @return user to become, null for the default. [C-CLI-34] */
    public @Nullable String user()
    {
        return user == null || user.isEmpty() ? null : user;
    }

    /** @return {@code --msg-buffers-size}, 0 when it is not given. */
    public long messageBuffersLength()
    {
        return messageBuffersLength;
    }

    /** @return {@code -b}, as Java wants it. */
    public int backlog()
    {
        return backlog;
    }

    /** @return {@code -c}. */
    public int connectionCountMax()
    {
        return connectionCountMax;
    }

    /** @return {@code -C}, 0 for no limit. */
    public int clientCountMax()
    {
        return clientCountMax;
    }

    /** @return {@code -p}, 0 when it is not given. */
    public int statsPort()
    {
        return statsPort;
    }

    /** @return the last port of the range, the first one where there is no range. */
    public int statsPortLast()
    {
        return statsPortLast;
    }

    /** @return whether {@code -p} is written as a range, even as one of a single port. [C-EXIT-14] [C-EXIT-15] */
    public boolean isStatsPortRange()
    {
        return isStatsPortRange;
    }

    /** @return whether {@code --http-stats} is given. */
    public boolean isHttpStats()
    {
        return isHttpStats;
    }

    /** @return {@code --aes-pwd}, or null. */
    public @Nullable Path proxySecretFile()
    {
        return proxySecretFile;
    }

    /** @return {@code -6}. */
    public boolean isIpv6()
    {
        return isIpv6;
    }

    /** @return {@code --max-accept-rate}, 0 for no limit. */
    public int acceptRateMax()
    {
        return acceptRateMax;
    }

    /** @return {@code --address}, or null. */
    public @Nullable InetAddress address()
    {
        return address;
    }

    /** @return {@code -P} in lower case, empty when it is not given. */
    public String proxyTag()
    {
        return proxyTag;
    }

    /** @return {@code -D} in order; empty in plain mode. [C-CLI-59] */
    public EngineConfig.Fronting fronting()
    {
        return new EngineConfig.Fronting(domains);
    }

    /** @return {@code -W}, or its default, which is none with domains. [C-CLI-61] */
    public int windowClamp()
    {
        return windowClamp != 0 || !domains.isEmpty() ? windowClamp : EngineConfig.Listening.WINDOW_CLAMP_DEFAULT;
    }

    private void addSecrets(String option, List<Secret> added)
    {
        secrets.addAll(added);
        if (secrets.size() > SecretList.COUNT_MAX)
        {
            throw reader.usage(option, "more than " + SecretList.COUNT_MAX + " client secrets in all");
        }
    }
}
