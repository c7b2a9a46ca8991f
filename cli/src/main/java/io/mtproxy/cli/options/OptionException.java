// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.options;

import java.io.Serial;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/** The argument line is wrong: what to print, whether the usage follows, and the exit code that goes with it. */
public final class OptionException extends ParameterException
{
    /** Exit code of wrong usage. [C-EXIT-01] */
    public static final int EXIT_USAGE = 2;

    @Serial private static final long serialVersionUID = 1L;

    private final int exitCode;
    private final boolean isUsageShown;
    private final String[] lines;

    private OptionException(CommandLine command, int exitCode, boolean isUsageShown, String... lines)
    {
        super(command, String.join("\n", lines));
        this.exitCode = exitCode;
        this.isUsageShown = isUsageShown;
        this.lines = lines;
    }

    /** Wrong usage: the lines on stderr, the usage on stdout, exit code 2. [C-EXIT-01] */
    static OptionException usage(CommandLine command, String... lines)
    {
        return new OptionException(command, EXIT_USAGE, true, lines);
    }

    /** Refused with a line and an exit code of its own, without the usage. [C-EXIT-02] [C-EXIT-03] */
    static OptionException refused(CommandLine command, int exitCode, String line)
    {
        return new OptionException(command, exitCode, false, line);
    }

    /** @return with which the process ends. */
    public int exitCode()
    {
        return exitCode;
    }

    /** @return whether the usage is printed, too. */
    public boolean isUsageShown()
    {
        return isUsageShown;
    }

    /** @return what to print on stderr. */
    public List<String> lines()
    {
        return List.of(lines);
    }
}
