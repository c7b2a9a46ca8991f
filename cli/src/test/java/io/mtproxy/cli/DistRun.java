// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import io.mtproxy.engine.io.linux.LinuxProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The command of {@code target/dist} as a process of its own. */
final class DistRun implements AutoCloseable
{
    private static final long END_TIMEOUT_S = 60;

    private final Process process;
    private final Path out;
    private final Path err;

    private DistRun(Process process, Path out, Path err)
    {
        this.process = process;
        this.out = out;
        this.err = err;
    }

    /** Where the distribution is. */
    static Path home()
    {
        return ProjectFolders.cli().resolve(Path.of("target", "dist"));
    }

    static DistRun start(Path folder, List<String> arguments) throws IOException
    {
        return start(folder, List.of(), arguments);
    }

    /** @param prefix a command that takes the launcher and its arguments as its last ones and becomes them. */
    static DistRun start(Path folder, List<String> prefix, List<String> arguments) throws IOException
    {
        return start(folder, home().resolve(Path.of("bin", "mtproto-proxy")), prefix, arguments);
    }

    static DistRun start(Path folder, Path launcher, List<String> prefix, List<String> arguments) throws IOException
    {
        List<String> command = new ArrayList<>(prefix);
        command.add(launcher.toString());
        command.addAll(arguments);
        Path out = folder.resolve("stdout");
        Path err = folder.resolve("stderr");
        ProcessBuilder builder = new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile());
        builder.environment().put("MTPROXY_JAVA_HOME", System.getProperty("java.home"));
        builder.environment().put("MTPROXY_JAVA_OPTS", "-ea");
        Process process = builder.start();
        process.getOutputStream().close();
        return new DistRun(process, out, err);
    }

    long pid()
    {
        return process.pid();
    }

    /** Sends a signal by its number. */
    void signal(int number)
    {
        LinuxProcess.signal(process.pid(), number);
    }

    boolean isAlive()
    {
        return process.isAlive();
    }

    /** Sends SIGTERM. */
    void terminate()
    {
        process.destroy();
    }

    /** Waits for the end. */
    int exitCode() throws InterruptedException
    {
        if (!process.waitFor(END_TIMEOUT_S, TimeUnit.SECONDS))
        {
            throw new IllegalStateException("no end after " + END_TIMEOUT_S + " s");
        }
        return process.exitValue();
    }

    String out() throws IOException
    {
        return Files.readString(out);
    }

    String err() throws IOException
    {
        return Files.readString(err);
    }

    @Override
    public void close()
    {
        process.destroyForcibly();
    }
}
