// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.options;

import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;

/** Turns the text of an option's value into the value, or into the one line that says what is wrong with it. */
final class OptionReader
{
    private final CommandLine command;

    /** @param command that the options belong to, for its name and its usage. */
    OptionReader(CommandLine command)
    {
        this.command = command;
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
            throw OptionException.usage(command,
                command.getCommandName() + ": option '" + option + "': " + e.getMessage());
        }
    }
}
