// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import io.mtproxy.cli.options.ArgumentLine;
import io.mtproxy.cli.options.OptionException;
import io.mtproxy.engine.config.ConfigurationException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** {@code demo}: proxy, simulated datacenter and clients in this process, on loopback, without a network or root. */
@Command(name = DemoCommand.NAME, sortOptions = false,
    description = "Runs the proxy between simulated clients and a simulated datacenter on this machine, compares every " +
        "byte, and lets client libraries on this machine connect.",
    footer = {"", "Exit codes: 0 every byte was right, 1 some were not or an error happened, 2 wrong usage."})
final class DemoCommand
{
    static final String NAME = "demo";

    private static final int EXIT_FAILED = 1;
    private static final int EXIT_USAGE = 2;
    private static final int CLIENT_COUNT_MAX = 1000;
    private static final int PORT_MAX = 65535;

    private final Terminal terminal;
    private final Supplier<StopWait> stops;

    @Option(names = "--clients", paramLabel = "N",
        description = "clients at a time, 1..1000 (default 12)") private int clientCount = 12;

    @Option(names = "--seconds", paramLabel = "N",
        description = "ends by itself after so long (default: at Ctrl-C)") private int seconds;

    @Option(names = "--threads", paramLabel = "N|C+D",
        description = "threads of the proxy (default 1)") private String threads = "1";

    @Option(names = "--port", paramLabel = "N",
        description = "client port on 127.0.0.1 (default: a free one)") private int port;

    @Option(names = "--rsa-key", paramLabel = "FILE",
        description = "writes the datacenter's public key there, as client libraries want it") private @Nullable Path rsaKey;

    @Option(names = {"-h", "--help"}, usageHelp = true, description = "prints this text") private boolean isHelp;

    DemoCommand(Terminal terminal, Supplier<StopWait> stops)
    {
        this.terminal = terminal;
        this.stops = stops;
    }

    /** @return the exit code, when the demo has ended. */
    int execute(String... arguments)
    {
        StopWait stop = stops.get();
        CommandLine command = newCommandLine(terminal, this);
        try
        {
            command.parseArgs(arguments);
            if (isHelp)
            {
                command.usage(terminal.out(), CommandLine.Help.Ansi.OFF);
                return 0;
            }
            check(command);
            return run(stop);
        }
        catch (OptionException e)
        {
            e.lines().forEach(terminal.err()::println);
            return EXIT_USAGE;
        }
        catch (ParameterException e)
        {
            terminal.err().println(terminal.program() + " " + NAME + ": " + e.getMessage());
            command.usage(terminal.err(), CommandLine.Help.Ansi.OFF);
            return EXIT_USAGE;
        }
        catch (ConfigurationException e)
        {
            e.lines().forEach(terminal.err()::println);
            return EXIT_FAILED;
        }
        catch (IOException e)
        {
            terminal.err().println(terminal.program() + " " + NAME + ": " + e.getMessage());
            return EXIT_FAILED;
        }
        catch (InterruptedException e)
        {
            Thread.currentThread().interrupt();
            return EXIT_FAILED;
        }
    }

    /** Prints what {@code demo --help} does. */
    static void printUsage(Terminal terminal)
    {
        newCommandLine(terminal, new DemoCommand(terminal, () ->
        {
            throw new IllegalStateException("never run");
        })).usage(terminal.out(), CommandLine.Help.Ansi.OFF);
    }

    private static CommandLine newCommandLine(Terminal terminal, DemoCommand demo)
    {
        CommandLine command = new CommandLine(demo).setExpandAtFiles(false).setCaseInsensitiveEnumValuesAllowed(false);
        command.getCommandSpec().name(terminal.program() + " " + NAME);
        return command;
    }

    private void check(CommandLine command)
    {
        checkRange(command, "--clients", clientCount, 1, CLIENT_COUNT_MAX);
        checkRange(command, "--seconds", seconds, 0, Integer.MAX_VALUE);
        checkRange(command, "--port", port, 0, PORT_MAX);
    }

    private static void checkRange(CommandLine command, String option, int value, int min, int max)
    {
        if (value < min || value > max)
        {
            throw new ParameterException(command, option + " " + value + " is outside " + min + ".." + max);
        }
    }

    private int run(StopWait stop) throws ConfigurationException, IOException, InterruptedException
    {
        try (DemoScene scene = DemoScene.open())
        {
            Path keyFile = rsaKey == null ? scene.folder().resolve("rsa-public-key.pem") : rsaKey;
            Files.writeString(keyFile, DemoScene.rsaKeyPem(), StandardCharsets.US_ASCII);
            ArgumentLine line = new ArgumentLine(terminal.program() + " " + NAME)
                .parse(scene.proxyArguments(clientCount, threads, port).toArray(String[]::new));
            if (port == 0)
            {
                line.legacy().listenOnFreePort();
            }
            // what is worth a line to an operator is none to a spectator; errors of ours are asked for at the end
            try (RunningProxy proxy = new ProxyStart(terminal, LogLines.toNowhere()).start(line))
            {
                return new DemoRun(terminal.out(), scene, proxy, keyFile).play(clientCount, seconds, stop) ?
                    0 :
                    EXIT_FAILED;
            }
        }
    }
}
