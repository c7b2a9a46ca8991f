// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import io.mtproxy.cli.options.ArgumentLine;
import java.util.Locale;
import java.util.function.Supplier;

/** {@code help}: the verbs, then the usage of the proxy itself. Exit code 0; 2 for a verb that does not exist. */
final class HelpCommand
{
    static final String NAME = "help";

    private static final int EXIT_USAGE = 2;

    private final Terminal terminal;
    private final Supplier<StopWait> stops;

    HelpCommand(Terminal terminal, Supplier<StopWait> stops)
    {
        this.terminal = terminal;
        this.stops = stops;
    }

    int execute(String... arguments)
    {
        if (arguments.length == 0)
        {
            terminal.out().print("usage: " + terminal.program() + " <command> ...\n" + verbs() +
                line(NAME, "this text; help <command> for that of a command") +
                line("--version", "prints the version") +
                "or the proxy itself; a configuration file with the name of a command is written ./demo:\n\n" +
                new ArgumentLine(terminal.program()).usage(ProductVersion.text()));
            return 0;
        }
        Verb verb = arguments.length == 1 ? Verbs.find(arguments[0], terminal, stops) : null;
        if (verb != null)
        {
            verb.printUsage();
            return 0;
        }
        terminal.err().println(terminal.program() + ": help: there is no command \"" + String.join(" ", arguments) +
            "\" — see " + terminal.program() + " help");
        return EXIT_USAGE;
    }

    private String verbs()
    {
        StringBuilder lines = new StringBuilder();
        for (String name : Verbs.NAMES)
        {
            Verb verb = Verbs.find(name, terminal, stops);
            lines.append(line(name, verb == null ? "" : verb.summary()));
        }
        return lines.toString();
    }

    private static String line(String name, String text)
    {
        return String.format(Locale.ROOT, "\t%-13s %s%n", name, text);
    }
}
