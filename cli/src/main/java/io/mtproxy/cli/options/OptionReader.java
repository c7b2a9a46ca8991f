// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.options;

import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;

/** Turns the text of an option's value into the value, or into the one line that says what is wrong with it. */
final class OptionReader
{
    private @Nullable CommandLine command;

    /** Says which command the options belong to, for its name and its usage; before any is read. */
    void command(CommandLine value)
    {
        command = value;
    }

    /**
     * Reads a value.
     *
     * @param option long name, for the message.
     * @param text   as given; null is no text.
     * @param reader throws {@link IllegalArgumentException} with the reason.
     */
    <T> T read(String option, @Nullable String text, Function<String, T> reader)
    {
        try
        {
            return reader.apply(text == null ? "" : text);
        }
        catch (IllegalArgumentException e)
        {
            throw usage(option, String.valueOf(e.getMessage()));
        }
    }

    /** @return what ends the start with the usage and exit code 2. */
    OptionException usage(String option, String text)
    {
        return OptionException.usage(command(), message(option, text));
    }

    /** @return what ends the start with an exit code of its own. */
    OptionException refused(int exitCode, String option, String text)
    {
        return OptionException.refused(command(), exitCode, message(option, text));
    }

    private String message(String option, String text)
    {
        return command().getCommandName() + ": option '" + option + "': " + text;
    }

    private CommandLine command()
    {
        if (command == null)
        {
            throw new IllegalStateException("not part of a command");
        }
        return command;
    }
}
