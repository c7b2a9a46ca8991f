// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import io.mtproxy.cli.front.FrontDoctor;
import io.mtproxy.cli.front.FrontTarget;
import io.mtproxy.cli.instances.Instance;
import io.mtproxy.cli.instances.InstanceException;
import io.mtproxy.cli.options.ArgumentLine;
import io.mtproxy.engine.config.ConfigurationException;
import io.mtproxy.engine.config.Secret;
import io.mtproxy.engine.config.SecretList;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * {@code doctor --front}: compares our own port with the domain that it hides behind, as a censor would.
 * <p>
 * What is not given is taken from the proxy that runs here: its domains, its port and its secrets, none of which is shown.
 */
@Command(name = DoctorCommand.NAME, sortOptions = false,
    header = "compares the proxy with its domain as a censor would, and says what gives it away",
    description = "Says hello to the proxy, as a stranger and as a client, and to the domain, compares what comes back field " +
        "by field, and prints a score. What is not given is taken from the proxy that runs on this machine.",
    footer = {"", "Exit codes: 0 nothing seen that tells them apart, 1 something found, 2 wrong usage, 3 no proxy to " +
        "look at."})
final class DoctorCommand extends Verb
{
    static final String NAME = "doctor";

    private static final int PORT_TLS = 443;
    private static final int PORT_MAX = 65535;
    private static final int COUNT_MAX = 200;
    private static final int SILENCE_S_MAX = 600;
    private static final int SECOND_MS = 1000;

    @Spec private @Nullable CommandSpec spec;

    @Option(names = "--front",
        description = "looks at the fronting domain; the only thing it can look at so far") private boolean isFront;

    @Option(names = {"-D", "--domain"}, paramLabel = "NAME",
        description = "the domain (default: all of the proxy that runs here)") private @Nullable String domain;

    @Option(names = "--connect", paramLabel = "HOST:PORT",
        description = "client port of the proxy, best by the address that clients have (default: that of the proxy that " +
            "runs here, on 127.0.0.1)") private @Nullable String connect;

    @Option(names = "--origin", paramLabel = "HOST:PORT",
        description = "where the domain itself is (default: where its name leads, port 443)") private @Nullable String origin;

    @Option(names = "--mtproto-secret-file", paramLabel = "FILE",
        description = "file with a secret of the proxy, so that its clients' view can be compared too (default: that of " +
            "the proxy that runs here)") private @Nullable String secretFile;

    @Option(names = {"-S", "--mtproto-secret"}, paramLabel = "SECRET",
        description = "the same in 32 hex digits; all users of this machine can see them while it runs") private @Nullable String secret;

    @Option(names = "--hellos", paramLabel = "N",
        description = "hellos of each kind to each of the two, 2..200 (default 20)") private int count = 20;

    @Option(names = "--silence", paramLabel = "SECONDS",
        description = "for which a silent connection is watched, 1..600 (default 12: the proxy passes silence on after 10)") private int silenceS =
            12;

    @Mixin private InstanceOptions instanceOptions = new InstanceOptions();

    DoctorCommand(Terminal terminal)
    {
        super(terminal);
    }

    @Override
    int run() throws ConfigurationException, InstanceException, IOException, InterruptedException
    {
        if (!isFront)
        {
            throw wrong("say what to look at: --front");
        }
        checkRange("--hellos", count, 2, COUNT_MAX);
        checkRange("--silence", silenceS, 1, SILENCE_S_MAX);
        ArgumentLine given = secretLine();
        boolean isComplete = domain != null && connect != null;
        Optional<ArgumentLine> running = isComplete ? Optional.empty() : Optional.of(running());
        try (SecretList secrets = secrets(given != null ? given : running.orElse(null)))
        {
            boolean isHealthy = true;
            for (FrontTarget target : targets(running, secrets))
            {
                FrontDoctor.Report report = FrontDoctor.examine(target, new SecureRandom(), count, silenceS *
                    SECOND_MS);
                report.lines().forEach(terminal().out()::println);
                isHealthy &= report.isHealthy();
            }
            return isHealthy ? 0 : EXIT_FAILED;
        }
    }

    /** Reads secrets as the proxy itself does, with its words for what is wrong. */
    private @Nullable ArgumentLine secretLine()
    {
        List<String> arguments = new ArrayList<>();
        if (secret != null)
        {
            arguments.addAll(List.of("-S", secret));
        }
        if (secretFile != null)
        {
            arguments.addAll(List.of("--mtproto-secret-file", secretFile));
        }
        if (arguments.isEmpty())
        {
            return null;
        }
        arguments.add("none");
        return new ArgumentLine(terminal().program() + " " + NAME).parse(arguments.toArray(String[]::new));
    }

    private static SecretList secrets(@Nullable ArgumentLine line)
    {
        return line == null ? SecretList.empty() : line.legacy().secrets();
    }

    private ArgumentLine running() throws InstanceException, IOException
    {
        Instance instance = instanceOptions.finder(terminal()).findLiving();
        return ProxyArguments.of(instance, terminal().program()).orElseThrow(() -> new IOException(
            "proxy \"" + instance.name() +
                "\" does not show its arguments to this user — run this as its user or as root, " +
                "or give --domain and --connect"));
    }

    private List<FrontTarget> targets(Optional<ArgumentLine> running, SecretList secrets) throws IOException
    {
        List<String> all = running.map(line -> line.legacy().fronting().domains()).orElse(List.of());
        if (domain == null && all.isEmpty())
        {
            throw new IOException("the proxy has no domain (-D), so that there is nothing to compare it with");
        }
        InetSocketAddress proxy = connect != null ? address("--connect", connect, 0) : address(running.orElseThrow());
        Secret first = secrets.size() == 0 ? null : secrets.get(0);
        List<FrontTarget> targets = new ArrayList<>();
        for (String name : domain != null ? List.of(domain) : all)
        {
            InetSocketAddress there = address("--origin", origin == null ? name : origin, PORT_TLS);
            boolean isDefault = all.isEmpty() || all.getFirst().equals(name);
            targets.add(new FrontTarget(name, isDefault, proxy, there, connect != null, first));
        }
        return targets;
    }

    private static InetSocketAddress address(ArgumentLine line) throws IOException
    {
        InetAddress address = line.legacy().address();
        List<Integer> ports = line.legacy().ports();
        if (ports.isEmpty())
        {
            throw new IOException("the proxy has no client port (-H) — give --connect");
        }
        return new InetSocketAddress(address == null ? InetAddress.getLoopbackAddress() : address, ports.getFirst());
    }

    private InetSocketAddress address(String option, String text, int portDefault) throws IOException
    {
        int colon = text.lastIndexOf(':');
        boolean isLiteral = text.endsWith("]");
        String host = colon < 0 || isLiteral ? text : text.substring(0, colon);
        int port = colon < 0 || isLiteral ? portDefault : port(option, text.substring(colon + 1));
        if (port == 0)
        {
            throw wrong(option + " " + text + ": HOST:PORT is wanted");
        }
        try
        {
            return new InetSocketAddress(InetAddress.getByName(host), port);
        }
        catch (UnknownHostException e)
        {
            throw new IOException(host + " cannot be resolved — give --origin, or correct the name", e);
        }
    }

    private int port(String option, String digits)
    {
        try
        {
            int port = Integer.parseInt(digits);
            checkRange(option, port, 1, PORT_MAX);
            return port;
        }
        catch (NumberFormatException e)
        {
            throw wrong(option + ": \"" + digits + "\" is no port");
        }
    }

    private ParameterException wrong(String line)
    {
        if (spec == null)
        {
            throw new IllegalStateException(line);
        }
        return new ParameterException(spec.commandLine(), line);
    }
}
