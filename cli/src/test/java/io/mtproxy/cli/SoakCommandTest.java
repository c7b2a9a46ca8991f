// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What {@code soak} says to wrong arguments; what it does is seen in {@link SoakIT}. */
class SoakCommandTest
{
    @TempDir private Path folder;

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        soak load --scenario tea                       | scenario "tea" is not NAME
        soak load --scenario pairs:morse               | transport "morse" is none of abridged, intermediate
        soak load --seconds 0                          | --seconds 0 is outside 1..
        soak compare --alternations 0                  | --alternations 0 is outside 1..1000
        soak load --secrets 129                        | --secrets 129 is outside 1..128
        soak load                                      | it is not known how to start this proxy
        soak load --proxy c                            | MTPROXY_REFERENCE does not name the C program
        soak compare --at 2                            | --at 2.0 is outside 0..1
        soak scrapes --scrapes 0                       | --scrapes 0 is outside 1..
        soak curves --curve tea                        | curve "tea" is none of
        soak load --tea                                | Unknown option: '--tea'
        """)
    void shouldSayWhatIsWrong(String line, String text)
    {
        CommandRun run = CommandRun.of(folder, line.split(" "));
        assertEquals(2, run.exitCode());
        assertTrue(run.err().getFirst().contains(text), run.err()::toString);
        assertEquals("", run.out());
    }

    @ParameterizedTest
    @ValueSource(strings = {"soak --help", "soak load --help", "soak compare -h", "soak curves --help",
        "soak pauses --help", "soak scrapes --help", "help soak"})
    void shouldPrintHelp(String line)
    {
        CommandRun run = CommandRun.of(folder, line.split(" "));
        assertEquals(0, run.exitCode());
        assertTrue(run.out().contains("Usage: "), run.out());
    }

    @Test
    void shouldPrintUsageWithoutACommand()
    {
        assertEquals(2, CommandRun.of(folder, "soak").exitCode());
    }
}
