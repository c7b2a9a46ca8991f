// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.options;

import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;

/** The argument line of the proxy itself: reads it once, and writes the usage. */
public final class ArgumentLine
{
    private final LegacyOptions legacy = new LegacyOptions();
    private final AdditiveOptions additive = new AdditiveOptions();
    private final LegacyTuning tuning = new LegacyTuning();
    private final CommandSpec legacySpec = CommandSpec.forAnnotatedObject(legacy);
    private final CommandSpec tuningSpec = CommandSpec.forAnnotatedObject(tuning);
    private final CommandSpec additiveSpec = CommandSpec.forAnnotatedObject(additive);
    private final CommandLine command;
    private final String program;
    private String configFile = "";

    /** @param program name by which it was called. */
    public ArgumentLine(String program)
    {
        this.program = program;
        CommandSpec spec = CommandSpec.create().name(program);
        spec.addMixin("legacy", legacySpec);
        spec.addMixin("tuning", tuningSpec);
        spec.addMixin("additive", additiveSpec);
        this.command = new CommandLine(spec)
            .setExpandAtFiles(false)
            .setInterpolateVariables(false)
            .setOverwrittenOptionsAllowed(true);
        legacy.command(command);
        tuning.command(command);
        additive.command(command);
    }

    /**
     * Reads the line, options from left to right. [C-CLI-10]
     *
     * @return this; when help or version is asked for, nothing behind that was looked at.
     * @throws OptionException with what is wrong first.
     */
    public ArgumentLine parse(String... arguments)
    {
        GnuArguments gnu = new GnuArguments(command, additiveSpec.options(), program).read(arguments);
        try
        {
            command.parseArgs(gnu.options());
        }
        catch (OptionException e)
        {
            throw e;
        }
        catch (ParameterException e)
        {
            throw OptionException.usage(command, program + ": " + e.getMessage());
        }
        if (legacy.isHelp() || additive.isVersion())
        {
            return this;
        }
        gnu.error().ifPresent(error ->
        {
            throw error;
        });
        List<String> operands = gnu.operands();
        if (operands.size() != 1)
        {
            throw OptionException.usage(command, program + ": " +
                (operands.isEmpty() ?
                    "the configuration file is missing" :
                    "one configuration file is wanted, these are " + operands.size() + ": " +
                        String.join(" ", operands)));
        }
        configFile = operands.getFirst();
        return this;
    }

    /** @return the options of the C program. */
    public LegacyOptions legacy()
    {
        return legacy;
    }

    /** @return options of the C program about its threads and its RPC server. */
    public LegacyTuning tuning()
    {
        return tuning;
    }

    /** @return our own options. */
    public AdditiveOptions additive()
    {
        return additive;
    }

    /** @return name of the configuration file, as it was given. [C-CLI-04] */
    public String configFile()
    {
        return configFile;
    }

    /** @return the usage in the shape of the C program. [C-CLI-21] */
    public String usage(String version)
    {
        List<OptionSpec> options = Stream.concat(
            Stream.concat(legacySpec.options().stream(), tuningSpec.options().stream()).sorted(
                Comparator.comparing(ArgumentLine::isLongOnly).thenComparing(OptionSpec::shortestName)),
            additiveSpec.options().stream().sorted(Comparator.comparing(OptionSpec::longestName))).toList();
        int width = options.stream().mapToInt(option -> heading(option).length()).max().orElse(0) + 1;
        StringBuilder text = new StringBuilder()
            .append("usage: ").append(program)
            .append(" [-v] [-6] [-H<port>{,<port>}] [-S<secret>] [-P<tag>] [--aes-pwd <file>] [-c<count>] ... " +
                "<config-file>\n")
            .append(version).append('\n')
            .append("Proxy between Telegram clients and Telegram's middle proxies.\n");
        for (OptionSpec option : options)
        {
            String heading = heading(option);
            text.append('\t').append(heading).repeat(' ', width - heading.length()).append('\t')
                .append(option.description()[0]).append('\n');
        }
        return text.toString();
    }

    private static boolean isLongOnly(OptionSpec option)
    {
        return option.shortestName().startsWith("--");
    }

    private static String heading(OptionSpec option)
    {
        String names = isLongOnly(option) ? option.longestName() : option.longestName() + '/' + option.shortestName();
        return option.arity().max() == 0 ? names : names + ' ' + option.paramLabel();
    }
}
