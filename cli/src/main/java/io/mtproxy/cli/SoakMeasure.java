// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import io.mtproxy.soak.load.Laboratory;
import io.mtproxy.soak.load.LoadGenerator;
import io.mtproxy.soak.load.LoadReport;
import io.mtproxy.soak.load.LoadScenario;
import io.mtproxy.soak.load.ProxyCommand;
import io.mtproxy.soak.load.ProxyProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** What all of {@code soak}'s measurements have: scenarios, times, how a proxy is started, and where results go. */
final class SoakMeasure
{
    /** Behind the options of a command that takes proxies. */
    static final String COMMAND_HELP = "CMD is ours, c (the program that the environment variable MTPROXY_REFERENCE " +
        "names) or relay (the floor: no protocol at all), with more options behind it, or a whole command with " +
        "placeholders: " + ProxyCommand.PLACEHOLDERS;

    private static final int THREADS_MAX = 64;
    private static final int SECRETS_MAX = 128;
    private static final String REFERENCE = "MTPROXY_REFERENCE";

    @Spec(Spec.Target.MIXEE) private @Nullable CommandSpec spec;

    @Option(names = "--scenario", split = ",", paramLabel = "SCENARIO",
        description = "what clients do, one after the other: " + LoadScenario.SYNTAX +
            " (default: mixed)") private List<
                String> scenarios = List.of("mixed");

    @Option(names = "--seconds", paramLabel = "N",
        description = "of each measurement (default 5)") private int seconds = 5;

    @Option(names = "--warm-up", paramLabel = "N",
        description = "seconds before each measurement (default 1)") private int warmUpSeconds = 1;

    @Option(names = "--secrets", paramLabel = "N",
        description = "secrets of the proxy, 1..128; clients use them all (default 1)") private int secretCount = 1;

    @Option(names = "--workers", paramLabel = "N", description = "for -M (default 0: none)") private int workers;

    @Option(names = "--load-threads", paramLabel = "N",
        description = "threads of clients and datacenter (default 1)") private int loadThreads = 1;

    @Option(names = "--system-calls",
        description = "also counts the proxy's system calls, with perf") private boolean isCountingCalls;

    @Option(names = "--json", paramLabel = "FILE",
        description = "writes all results there") private @Nullable Path json;

    @Option(names = "--svg", paramLabel = "FILE", description = "draws a picture there") private @Nullable Path svg;

    @Option(names = "--markdown", paramLabel = "FILE",
        description = "writes the tables there as well") private @Nullable Path markdown;

    /** Checks the options. @return the scenarios. */
    List<LoadScenario> scenarios()
    {
        checkOptions();
        return read(scenarios, LoadScenario::of);
    }

    /** Checks the options but for the scenarios. */
    void checkOptions()
    {
        check("--seconds", seconds, 1, Integer.MAX_VALUE);
        check("--warm-up", warmUpSeconds, 0, Integer.MAX_VALUE);
        check("--secrets", secretCount, 1, SECRETS_MAX);
        check("--workers", workers, 0, THREADS_MAX);
        check("--load-threads", loadThreads, 1, THREADS_MAX);
    }

    /** @return what each text means; what cannot be read is wrong usage. */
    <T> List<T> read(List<String> texts, Function<String, T> reader)
    {
        List<T> read = new ArrayList<>();
        for (String text : texts)
        {
            try
            {
                read.add(reader.apply(text));
            }
            catch (IllegalArgumentException e)
            {
                throw usage(e.getMessage());
            }
        }
        return read;
    }

    void check(String option, int value, int min, int max)
    {
        if (value < min || value > max)
        {
            throw usage(option + " " + value + " is outside " + min + ".." + max);
        }
    }

    void checkFraction(String option, double value)
    {
        if (!(value >= 0 && value <= 1))
        {
            throw usage(option + " " + value + " is outside 0..1");
        }
    }

    private ParameterException usage(@Nullable String message)
    {
        CommandSpec owner = Objects.requireNonNull(spec);
        return new ParameterException(owner.commandLine(), message);
    }

    /** @return what a CMD means. */
    ProxyCommand proxy(String text, Terminal terminal)
    {
        String name = text.strip().split("\\s", 2)[0];
        Map<String, List<String>> known = new LinkedHashMap<>();
        known.put("relay", List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:+UseSerialGC", "-Xmx320m", "-cp", System.getProperty("java.class.path"), "io.mtproxy.soak.SoakMain",
            "relay", "{port}", "{upstream}", "1"));
        String reference = terminal.environment().get(REFERENCE);
        if (reference != null && !reference.isBlank())
        {
            known.put("c", withArguments(reference));
        }
        else if (name.equals("c"))
        {
            throw usage("the environment variable " + REFERENCE + " does not name the C program");
        }
        Path own = terminal.workingDirectory().resolve(terminal.program()).toAbsolutePath();
        if (Files.isExecutable(own))
        {
            List<String> words = withArguments(own.toString());
            words.addAll(1, List.of("--status-dir", "{folder}/status"));
            known.put("ours", words);
        }
        else if (name.equals("ours"))
        {
            throw usage("it is not known how to start this proxy: give the whole command");
        }
        return ProxyCommand.of(text, known);
    }

    private static List<String> withArguments(String program)
    {
        List<String> words = new ArrayList<>(List.of(program));
        words.addAll(ProxyCommand.ARGUMENTS);
        return words;
    }

    LoadGenerator openGenerator() throws IOException
    {
        return new LoadGenerator(loadThreads);
    }

    Laboratory laboratory(LoadGenerator generator)
    {
        return new Laboratory(generator, Duration.ofSeconds(warmUpSeconds), Duration.ofSeconds(seconds),
            isCountingCalls);
    }

    ProxyProcess start(ProxyCommand command, LoadGenerator generator, LoadScenario scenario)
        throws IOException, InterruptedException
    {
        return start(command, generator, scenario, secretCount);
    }

    /** @param count of secrets. */
    ProxyProcess start(ProxyCommand command, LoadGenerator generator, LoadScenario scenario, int count)
        throws IOException, InterruptedException
    {
        return ProxyProcess.start(command, generator, count, workers, scenario.wire());
    }

    /** @return a report that says where it comes from. */
    LoadReport newReport(String command)
    {
        Map<String, String> origin = new LinkedHashMap<>();
        origin.put("Command", command);
        origin.put("Scenarios", String.join(", ", scenarios));
        origin.put("Seconds", warmUpSeconds + " of warm-up, " + seconds + " measured");
        origin.put("Secrets", Integer.toString(secretCount));
        origin.put("Machine", LoadReport.machine());
        origin.put("Program", ProductVersion.text());
        return new LoadReport(origin);
    }

    /** Writes the files that were asked for. */
    void write(LoadReport report) throws IOException
    {
        if (json != null)
        {
            Files.writeString(json, report.json());
        }
        if (svg != null)
        {
            Files.writeString(svg, report.svg());
        }
        if (markdown != null)
        {
            Files.writeString(markdown, report.markdown());
        }
    }
}
