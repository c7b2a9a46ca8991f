// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * The command as a test runs it, in its own process: asked to stop as soon as it is ready.
 *
 * @param exitCode with which it ended.
 * @param out      what stands on stdout.
 * @param err      what stands on stderr, line by line.
 */
record CommandRun(int exitCode, String out, List<String> err)
{
    static final String PROGRAM = "./mtproto-proxy";

    /** Runs the command in a folder of its own. */
    static CommandRun of(Path folder, String... arguments)
    {
        return of(folder, () ->
        {
        }, arguments);
    }

    /** @param whenReady run once everything is started, before it is asked to stop. */
    static CommandRun of(Path folder, Runnable whenReady, String... arguments)
    {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        Terminal terminal = new Terminal(new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8), Map.of("XDG_RUNTIME_DIR", folder.toString()), folder,
            PROGRAM);
        int exitCode = new MtProxy(terminal, log -> new StopAtOnce(whenReady)).execute(arguments);
        return new CommandRun(exitCode, out.toString(StandardCharsets.UTF_8),
            err.toString(StandardCharsets.UTF_8).lines().toList());
    }

    /** All that stands on stderr behind the first line. */
    String errors()
    {
        return String.join("\n", err.subList(Math.min(1, err.size()), err.size()));
    }

    /** Asks to stop whenever it is looked at. */
    private record StopAtOnce(Runnable whenReady) implements StopWait
    {
        @Override
        public void mainLoopBegins()
        {
            whenReady.run();
        }

        @Override
        public String await()
        {
            return "SIGTERM";
        }

        @Override
        public String await(long timeoutMs)
        {
            return "SIGTERM";
        }
    }
}
