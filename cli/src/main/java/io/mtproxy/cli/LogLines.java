// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** Lines for the operator in the form of the C program; from any thread. [C-LOG-01] */
final class LogLines
{
    private static final DateTimeFormatter TIME =
        DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss.SSSSSS", Locale.ROOT);

    private final PrintStream out;
    private final Clock clock;
    private final String pid = Long.toString(ProcessHandle.current().pid());

    /**
     * @param out   where lines go.
     * @param clock in the zone whose time is shown.
     */
    LogLines(PrintStream out, Clock clock)
    {
        this.out = out;
        this.clock = clock;
    }

    /** @return one that prints nothing. */
    static LogLines toNowhere()
    {
        return new LogLines(new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8),
            Clock.systemUTC());
    }

    /** Prints one line; control characters in it are shown as blanks, so that it stays one. */
    void print(String text)
    {
        StringBuilder line = new StringBuilder(text.length() + 64).append('[').append(pid).append("][")
            .append(TIME.format(LocalDateTime.now(clock))).append(" local] ");
        text.codePoints().map(c -> Character.isISOControl(c) ? ' ' : c).forEach(line::appendCodePoint);
        line.append(System.lineSeparator());
        // in one write, so that lines of several threads do not mix
        out.print(line);
        out.flush();
    }

    /** Prints a line that asks for attention, while the work goes on. */
    void warn(String text)
    {
        print("warning: " + text);
    }
}
