// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * A command line and what comes of it.
 *
 * @param clause        that says so.
 * @param line          arguments with blanks between them. {@code @name} is a file of the test, {@code $X} a port, {@code ~}
 *                      a blank and {@code ''} nothing within an argument.
 * @param configuration content of {@code @conf}.
 * @param folder        of the test that is the working directory.
 * @param ours          what our proxy does, in the words of {@link CommandLineRun}.
 * @param reference     what C does; several with {@code |} between them where that depends on the machine.
 * @param isProcess     whether ours must be a process of its own, as it changes the process or the process counts.
 */
record CommandLineRow(
    String clause, String line, String configuration, String folder, String ours, String reference, boolean isProcess)
{
    /** Starts, all client ports and the stats port as with C, and ends with 0. */
    static final String SERVES = "serves";
    /** One line or more on stderr, the usage on stdout, exit 2. */
    static final String USAGE = "usage 2";

    private static final String CONFIGURATION = "default 2; proxy_for 2 127.0.0.1:9;\n";
    private static final String START = "-u root -c 1000 --aes-pwd @key ";

    /** Both refuse the line with the usage and 2. [C-EXIT-01] */
    static CommandLineRow usage(String clause, String line)
    {
        return row(clause, line, USAGE, USAGE);
    }

    /** Both refuse the line without the usage. */
    static CommandLineRow refused(String clause, int exitCode, String line)
    {
        return row(clause, line, "line " + exitCode, "line " + exitCode);
    }

    /** Both start, with these options besides those that every start has. */
    static CommandLineRow serves(String clause, String options)
    {
        return row(clause, START + "-H $H " + options + " @conf", SERVES, SERVES);
    }

    /** Both start with exactly this line. */
    static CommandLineRow servesLine(String clause, String line)
    {
        return row(clause, line, SERVES, SERVES);
    }

    /** An [improve] row: they differ, as written. */
    static CommandLineRow improve(String clause, String line, String ours, String reference)
    {
        return row(clause + " [improve]", line, ours, reference);
    }

    /** An [improve] row of a line that can start, with these options besides those that every start has. */
    static CommandLineRow improveStart(String clause, String options, String ours, String reference)
    {
        return improve(clause, START + "-H $H " + options + " @conf", ours, reference);
    }

    /** Both take a configuration. */
    static CommandLineRow configured(String clause, String text)
    {
        return serves(clause, "").withConfiguration(text);
    }

    /** Both refuse a configuration with 1. [C-EXIT-06] */
    static CommandLineRow misconfigured(String clause, String text)
    {
        return refused(clause, 1, START + "-H $H @conf").withConfiguration(text);
    }

    /** An [improve] row of a configuration. */
    static CommandLineRow improveConfiguration(String clause, String text, String ours, String reference)
    {
        return improveStart(clause, "", ours, reference).withConfiguration(text);
    }

    /** Both do the same, which depends on the machine. */
    static CommandLineRow row(String clause, String line, String either)
    {
        return row(clause, line, either, either);
    }

    private static CommandLineRow row(String clause, String line, String ours, String reference)
    {
        return new CommandLineRow(clause, line, CONFIGURATION, "here", ours, reference, false);
    }

    CommandLineRow withConfiguration(String text)
    {
        return new CommandLineRow(clause, line, text, folder, ours, reference, isProcess);
    }

    CommandLineRow in(String otherFolder)
    {
        return new CommandLineRow(clause, line, configuration, otherFolder, ours, reference, isProcess);
    }

    CommandLineRow asProcess()
    {
        return new CommandLineRow(clause, line, configuration, folder, ours, reference, true);
    }

    /** @return arguments, with their ports and files. */
    List<String> arguments(CommandLineFiles files, CommandLinePorts ports) throws IOException
    {
        List<String> words = new ArrayList<>();
        for (String word : line.split(" ", -1))
        {
            if (!word.isEmpty())
            {
                words.add(ports.fill(CommandLinePorts.fillMany(
                    word.replace("''", "").replace('~', ' ').replace("@", files.prefix()))));
            }
        }
        return words;
    }

    @Override
    public String toString()
    {
        String text = configuration.equals(CONFIGURATION) ? line : line + " <<< " + configuration;
        String shown = text.replace('\n', ' ').replace('\0', '0').strip();
        return clause + ": " + (shown.length() <= 150 ? shown : shown.substring(0, 150) + "…") + " → " + ours;
    }
}
