// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import io.mtproxy.cli.supervisor.WorkerLaunch;
import io.mtproxy.engine.config.ConfigurationException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The program that workers are started from: first the one that this process was, and for an upgrade the one that is on
 * disk now, with its Java, flags and class path as the launcher finds them today. (architecture A11, A12)
 */
final class WorkerProgram
{
    /** Lets the launcher print the command, one word a line, that it would run. */
    private static final String PRINT_VARIABLE = "MTPROXY_PRINT_COMMAND";
    private static final String LAUNCHER_PROPERTY = "mtproxy.argv0";
    private static final Path COMMAND_LINE = Path.of("/proc/self/cmdline");
    /** At the root of the sources the launcher may build first. */
    private static final long LAUNCHER_LIMIT_S = 300;
    private static final int ERROR_LENGTH_MAX = 500;

    private WorkerProgram()
    {
    }

    /** @return how a worker is started the same way as this process. */
    static WorkerLaunch ofThisProcess() throws ConfigurationException
    {
        List<String> command = ownCommand();
        if (command == null)
        {
            throw ProxyStart.failed("-M needs " + COMMAND_LINE + " to start workers the same way as this process");
        }
        return launch(command);
    }

    /**
     * Finds the program anew, where this process was started from; links are followed to where they lead now.
     *
     * @throws IOException with the reason when there is none that could be started.
     */
    static WorkerLaunch onDisk() throws IOException, InterruptedException
    {
        String launcher = System.getProperty(LAUNCHER_PROPERTY);
        if (launcher == null)
        {
            List<String> command = ownCommand();
            if (command == null)
            {
                throw new IOException("this proxy was not started by its launcher, nobody knows where its program is");
            }
            return launch(command);
        }
        return launch(printed(Path.of(launcher).toAbsolutePath()));
    }

    /** @param command up to the main class. */
    private static WorkerLaunch launch(List<String> command)
    {
        return number ->
        {
            List<String> worker = new ArrayList<>(command);
            worker.add(worker.size() - 1, "-D" + WorkerRun.PROPERTY + "=" + number);
            return worker;
        };
    }

    /** @return how this process was started, up to the main class; arguments are not part of it. */
    private static @Nullable List<String> ownCommand()
    {
        try
        {
            return upToMain(Arrays.asList(Files.readString(COMMAND_LINE, StandardCharsets.UTF_8).split("\0", -1)));
        }
        catch (IOException e)
        {
            return null;
        }
    }

    private static List<String> printed(Path launcher) throws IOException, InterruptedException
    {
        ProcessBuilder builder = new ProcessBuilder(launcher.toString())
            .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()));
        builder.environment().put(PRINT_VARIABLE, "1");
        Process process;
        try
        {
            process = builder.start();
        }
        catch (IOException e)
        {
            throw new IOException("the launcher " + launcher + " cannot be run: " + e.getMessage() +
                " — put the new build where this one was started from", e);
        }
        Output errors = Output.read(process.getErrorStream());
        Output words = Output.read(process.getInputStream());
        if (!process.waitFor(LAUNCHER_LIMIT_S, TimeUnit.SECONDS))
        {
            process.destroyForcibly();
            throw new IOException("the launcher " + launcher + " does not end");
        }
        List<String> command = process.exitValue() == 0 ? upToMain(words.text().lines().toList()) : null;
        if (command == null)
        {
            String text = errors.text();
            throw new IOException("the launcher " + launcher + " finds nothing to run: " +
                text.substring(0, Math.min(text.length(), ERROR_LENGTH_MAX)).strip());
        }
        return command;
    }

    private static @Nullable List<String> upToMain(List<String> words)
    {
        int main = words.indexOf(MtProxy.class.getName());
        return main <= 0 ? null : words.subList(0, main + 1);
    }

    /** What a process prints on one of its streams, read while it does. */
    private static final class Output
    {
        private final Thread thread;
        private volatile String text = "";

        private Output(InputStream stream)
        {
            this.thread = Thread.ofVirtual().unstarted(() ->
            {
                try (stream)
                {
                    text = new String(stream.readAllBytes(), StandardCharsets.UTF_8);
                }
                catch (IOException e)
                {
                    text = e.toString();
                }
            });
        }

        static Output read(InputStream stream)
        {
            Output output = new Output(stream);
            output.thread.start();
            return output;
        }

        String text() throws InterruptedException
        {
            thread.join();
            return text;
        }
    }
}
