// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A program of this machine, run to its end.
 *
 * @param exitCode of it.
 * @param out      what it printed on stdout, as bytes in ISO 8859-1.
 * @param err      the same of stderr.
 */
record ToolRun(int exitCode, String out, String err)
{
    private static final long TIMEOUT_S = 180;

    /** Whether a program is in the path. */
    static boolean isHere(String program)
    {
        for (String folder : System.getenv("PATH").split(":", -1))
        {
            if (Files.isExecutable(Path.of(folder, program)))
            {
                return true;
            }
        }
        return false;
    }

    /** Runs a program with some text as its input. */
    static ToolRun of(Path folder, String input, Map<String, String> environment, List<String> command)
        throws IOException, InterruptedException
    {
        Path in = Files.createTempFile(folder, "run", ".in");
        Path out = Files.createTempFile(folder, "run", ".out");
        Path err = Files.createTempFile(folder, "run", ".err");
        try
        {
            Files.writeString(in, input, StandardCharsets.ISO_8859_1);
            ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile()).redirectInput(in.toFile())
                .redirectOutput(out.toFile()).redirectError(err.toFile());
            builder.environment().putAll(environment);
            Process process = builder.start();
            if (!process.waitFor(TIMEOUT_S, TimeUnit.SECONDS))
            {
                process.destroyForcibly().waitFor();
                throw new IllegalStateException("no end after " + TIMEOUT_S + " s: " + command);
            }
            return new ToolRun(process.exitValue(), Files.readString(out, StandardCharsets.ISO_8859_1),
                Files.readString(err, StandardCharsets.ISO_8859_1));
        }
        finally
        {
            Files.delete(in);
            Files.delete(out);
            Files.delete(err);
        }
    }

    /** Runs a program that must succeed. */
    static ToolRun good(Path folder, String... command) throws IOException, InterruptedException
    {
        ToolRun run = of(folder, "", Map.of(), List.of(command));
        assertEquals(0, run.exitCode(), () -> String.join(" ", command) + "\n" + run.out() + run.err());
        return run;
    }
}
