// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.OptionSpec;

/** {@code soak}: the load laboratory; each way to measure is a command of its own. */
@Command(name = SoakCommand.NAME, header = "measures proxies with simulated clients and a simulated datacenter",
    synopsisSubcommandLabel = "COMMAND",
    description = "Drives this proxy, the C program or another on this machine and says what it costs.",
    footer = {"", "Exit codes: 0 measured and every answer right, 1 a proxy did not run or answers were wrong, 2 " +
        "wrong usage."})
final class SoakCommand extends Verb
{
    static final String NAME = "soak";

    private @Nullable CommandLine parsed;

    /** A way to measure. */
    interface Part
    {
        /** @return the exit code. */
        int run() throws IOException, InterruptedException;
    }

    SoakCommand(Terminal terminal)
    {
        super(terminal);
    }

    @Override
    void addCommands(CommandLine command)
    {
        parsed = command;
        for (Part part : List.of(new SoakLoadCommand(terminal()), new SoakCompareCommand(terminal()),
            new SoakCurvesCommand(terminal()), new SoakPausesCommand(terminal()),
            new SoakScrapesCommand(terminal())))
        {
            CommandLine added = new CommandLine(part);
            added.getCommandSpec()
                .addOption(OptionSpec.builder("-h", "--help").usageHelp(true).description("prints this text").build());
            command.addSubcommand(added);
        }
    }

    @Override
    int run() throws IOException, InterruptedException
    {
        CommandLine.ParseResult part = parsed == null ? null : parsed.getParseResult().subcommand();
        if (part == null)
        {
            printUsage();
            return EXIT_USAGE;
        }
        CommandLine command = part.commandSpec().commandLine();
        if (part.isUsageHelpRequested())
        {
            command.usage(terminal().out(), CommandLine.Help.Ansi.OFF);
            return 0;
        }
        return command.<Part>getCommand().run();
    }
}
