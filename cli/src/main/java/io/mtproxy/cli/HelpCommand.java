// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import io.mtproxy.cli.options.ArgumentLine;

/** {@code help}: the verbs, then the usage of the proxy itself. Exit code 0; 2 for a verb that does not exist. */
final class HelpCommand
{
    static final String NAME = "help";

    private static final int EXIT_USAGE = 2;

    private final Terminal terminal;

    HelpCommand(Terminal terminal)
    {
        this.terminal = terminal;
    }

    int execute(String... arguments)
    {
        if (arguments.length == 0)
        {
            terminal.out().print("usage: " + terminal.program() + " <command> ...\n" +
                "\tdemo       proxy, simulated datacenter and clients on this machine, without a network\n" +
                "\thelp       this text; help <command> for that of a command\n" +
                "\t--version  prints the version\n" +
                "or the proxy itself; a configuration file with the name of a command is written ./demo:\n\n" +
                new ArgumentLine(terminal.program()).usage(ProductVersion.text()));
            return 0;
        }
        if (arguments.length == 1 && arguments[0].equals(DemoCommand.NAME))
        {
            DemoCommand.printUsage(terminal);
            return 0;
        }
        terminal.err().println(terminal.program() + ": help: there is no command \"" + String.join(" ", arguments) +
            "\" — see " + terminal.program() + " help");
        return EXIT_USAGE;
    }
}
