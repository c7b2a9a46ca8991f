// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What all product verbs have in common. */
class VerbsTest
{
    @TempDir private Path folder;

    @Test
    void shouldListEveryVerb()
    {
        CommandRun help = CommandRun.of(folder, "help");

        assertEquals(0, help.exitCode());
        for (String name : Verbs.NAMES)
        {
            assertTrue(help.out().lines().anyMatch(line -> line.matches("\t" + name + " +[a-z].*")), help.out());
        }
    }

    @Test
    void shouldExplainEveryVerb()
    {
        for (String name : Verbs.NAMES)
        {
            CommandRun own = CommandRun.of(folder, name, "--help");
            CommandRun help = CommandRun.of(folder, "help", name);

            assertEquals(0, own.exitCode(), name);
            assertEquals(own.out(), help.out(), name);
            assertTrue(own.out().contains("Usage: " + CommandRun.PROGRAM + " " + name + " "), own.out());
            assertTrue(own.out().contains("Exit codes: 0 "), own.out());
        }
    }

    @Test
    void shouldRefuseUnknownOptions()
    {
        for (String name : Verbs.NAMES)
        {
            CommandRun run = CommandRun.of(folder, name, "--no-such-option");

            assertEquals(2, run.exitCode(), name);
            assertTrue(run.err().getFirst().startsWith(CommandRun.PROGRAM + " " + name + ": Unknown option"),
                run.err()::toString);
        }
    }
}
