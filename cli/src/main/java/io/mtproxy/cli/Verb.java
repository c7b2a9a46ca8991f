// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import io.mtproxy.cli.instances.InstanceException;
import io.mtproxy.cli.options.OptionException;
import io.mtproxy.engine.config.ConfigurationException;
import java.io.IOException;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/**
 * A product verb: a picocli command whose header is its line in {@code help}.
 * <p>
 * Exit codes: 0 done or healthy, 1 failed or something found, 2 wrong usage, 3 no proxy to look at.
 */
abstract class Verb
{
    static final int EXIT_FAILED = 1;
    static final int EXIT_USAGE = 2;
    static final int EXIT_NO_PROXY = InstanceException.EXIT_NO_PROXY;

    private final Terminal terminal;

    @Option(names = {"-h", "--help"}, usageHelp = true, description = "prints this text") private boolean isHelp;

    Verb(Terminal terminal)
    {
        this.terminal = terminal;
    }

    /**
     * Does what the options say; they have been read.
     *
     * @return the exit code.
     */
    abstract int run() throws ConfigurationException, InstanceException, IOException, InterruptedException;

    /** @return the exit code, when the verb is done. */
    final int execute(String... arguments)
    {
        CommandLine command = commandLine();
        String name = command.getCommandName();
        try
        {
            command.parseArgs(arguments);
            if (isHelp)
            {
                command.usage(terminal.out(), CommandLine.Help.Ansi.OFF);
                return 0;
            }
            return run();
        }
        catch (OptionException e)
        {
            e.lines().forEach(terminal.err()::println);
            return EXIT_USAGE;
        }
        catch (ParameterException e)
        {
            terminal.err().println(name + ": " + e.getMessage());
            e.getCommandLine().usage(terminal.err(), CommandLine.Help.Ansi.OFF);
            return EXIT_USAGE;
        }
        catch (ConfigurationException e)
        {
            e.lines().forEach(terminal.err()::println);
            return EXIT_FAILED;
        }
        catch (InstanceException e)
        {
            terminal.err().println(name + ": " + e.line());
            return e.exitCode();
        }
        catch (IOException e)
        {
            terminal.err().println(name + ": " + e.getMessage());
            return EXIT_FAILED;
        }
        catch (InterruptedException e)
        {
            Thread.currentThread().interrupt();
            return EXIT_FAILED;
        }
    }

    /** Prints what {@code --help} does. */
    final void printUsage()
    {
        commandLine().usage(terminal.out(), CommandLine.Help.Ansi.OFF);
    }

    /** @return one line that says what it does. */
    final String summary()
    {
        return String.join(" ", commandLine().getCommandSpec().usageMessage().header());
    }

    /** @return where it prints, and what it sees of the world. */
    final Terminal terminal()
    {
        return terminal;
    }

    /** Prints a line on stderr, with the verb's name in front. */
    final void complain(String line)
    {
        terminal.err().println(commandLine().getCommandName() + ": " + line);
    }

    /** @throws ParameterException when a number is outside its range. */
    final void checkRange(String option, int value, int min, int max)
    {
        if (value < min || value > max)
        {
            throw new ParameterException(commandLine(), option + " " + value + " is outside " + min + ".." + max);
        }
    }

    private CommandLine commandLine()
    {
        CommandLine command = new CommandLine(this).setExpandAtFiles(false).setCaseInsensitiveEnumValuesAllowed(false);
        command.getCommandSpec().name(terminal.program() + " " + command.getCommandName());
        addCommands(command);
        return command;
    }

    /** For a verb of several commands: adds them. */
    void addCommands(CommandLine command)
    {
        // most have none
    }
}
