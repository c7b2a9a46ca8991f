// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * What came of a command line, in words that can be compared.
 *
 * @param outcome  {@code usage 2}, {@code line 1}, {@code text 0} by what is on stdout, or
 *                 {@code serves H@127.0.0.1 P@127.0.0.1, ends 0}.
 * @param isErrorTold whether stderr has more than the first line, which only announces.
 * @param err      all of stderr, for messages.
 */
record CommandLineRun(String outcome, boolean isErrorTold, String err)
{
    private static final long READY_TIMEOUT_MS = 120_000;
    private static final long END_TIMEOUT_S = 60;
    private static final long SILENT_MS = 200;
    private static final String READY = " local] main loop";
    private static final String ALMOST_READY = "new configuration active";
    private static final ProxyUnderTest OURS = new ProxyUnderTest("ours", List.of());
    private static final String NOWHERE = "/dev/null";

    /** Runs a program and stops it by SIGTERM once it is ready. */
    static CommandLineRun ofProcess(ProxyUnderTest program, CommandLineRow row, CommandLineFiles files)
        throws IOException, InterruptedException
    {
        Path out = files.folder().resolve("stdout");
        Path err = files.folder().resolve("stderr");
        Path log = files.folder().resolve("log");
        Files.deleteIfExists(log);
        try (CommandLinePorts ports = new CommandLinePorts())
        {
            List<String> command = new ArrayList<>(program.command());
            List<String> arguments = row.arguments(files, ports);
            keep(program, files, arguments);
            command.addAll(arguments);
            ProcessBuilder builder = new ProcessBuilder(command).directory(files.folder().resolve(row.folder())
                .toFile())
                .redirectOutput(out.toFile()).redirectError(err.toFile());
            builder.environment().put("XDG_RUNTIME_DIR", files.folder().toString());
            builder.environment().remove("POSIXLY_CORRECT");
            Process process = builder.start();
            try
            {
                process.getOutputStream().close();
                String served = "";
                if (isReady(process, row, err, log))
                {
                    String facts = row.isProcess() ? facts(process, log) : "";
                    served = "serves " + ports.open(row.line()) + facts + ", ends ";
                    if (row.clause().contains("C-BUG-02"))
                    {
                        process.waitFor(SILENT_MS, TimeUnit.MILLISECONDS);
                    }
                    process.destroy();
                }
                if (!process.waitFor(END_TIMEOUT_S, TimeUnit.SECONDS))
                {
                    return new CommandLineRun(served + "never", false, read(err));
                }
                return of(served, process.exitValue(), read(out), read(err));
            }
            finally
            {
                process.descendants().forEach(ProcessHandle::destroyForcibly);
                process.destroyForcibly();
            }
        }
    }

    /** Runs our command in this process. */
    static CommandLineRun inProcess(CommandLineRow row, CommandLineFiles files) throws IOException
    {
        try (CommandLinePorts ports = new CommandLinePorts())
        {
            StringBuilder served = new StringBuilder();
            List<String> arguments = row.arguments(files, ports);
            keep(OURS, files, arguments);
            CommandRun run = CommandRun.of(files.folder().resolve(row.folder()),
                () -> served.append("serves ").append(ports.open(row.line())).append(", ends "),
                arguments.toArray(String[]::new));
            return of(served.toString(), run.exitCode(), run.out(), String.join("\n", run.err()));
        }
    }

    /**
     * Adds what keeps the program's files in a folder of this run, which any user may write to. In front, as the last word of
     * a line may want another one; a single word may be a verb and stays alone.
     */
    private static void keep(ProxyUnderTest program, CommandLineFiles files, List<String> arguments) throws IOException
    {
        if (arguments.size() > 1)
        {
            Path own = Files.createTempDirectory(files.folder(), "run");
            Files.setPosixFilePermissions(own, PosixFilePermissions.fromString("rwxrwxrwx"));
            arguments.addAll(0, program.keptIn(own, arguments));
        }
    }

    boolean isServing()
    {
        return outcome.startsWith("serves ");
    }

    private static CommandLineRun of(String served, int exitCode, String out, String err)
    {
        String stdout = out.isEmpty() ? "line " : out.startsWith("usage: ") ? "usage " : "text ";
        return new CommandLineRun((served.isEmpty() ? stdout : served) + exitCode, err.lines().count() > 1, err);
    }

    /** @return whether it became ready; else it has ended. */
    private static boolean isReady(Process process, CommandLineRow row, Path err, Path log) throws IOException,
        InterruptedException
    {
        long deadlineNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(READY_TIMEOUT_MS);
        while (process.isAlive())
        {
            if (isReady(read(err) + read(log), process.pid()))
            {
                return true;
            }
            // what would say so is not printed then
            if (hasLeftTerminal(process) || read(err).contains(ALMOST_READY) && row.line().contains("--verbosity=-"))
            {
                Thread.sleep(SILENT_MS);
                return process.isAlive();
            }
            if (System.nanoTime() - deadlineNs > 0)
            {
                throw new IllegalStateException("neither ready nor ended: " + read(err));
            }
            Thread.sleep(5);
        }
        return false;
    }

    /** Workers print the same line with numbers of their own. */
    private static boolean isReady(String printed, long pid)
    {
        return printed.lines().anyMatch(line -> line.startsWith("[" + pid + "]") && line.contains(READY));
    }

    /** Whatever of the process can be seen from outside. */
    private static String facts(Process process, Path log) throws IOException
    {
        long pid = process.pid();
        return ", nice " + ProcessFacts.stat(pid, 19) + ", uid " + ProcessFacts.status(pid, "Uid").replace('\t', ' ') +
            ", workers " + process.children().count() + ", log " + (Files.exists(log) ? "there" : "not there") +
            (hasLeftTerminal(process) ? ", stderr nowhere" : "");
    }

    private static boolean hasLeftTerminal(Process process)
    {
        try
        {
            return Files.readSymbolicLink(Path.of("/proc", String.valueOf(process.pid()), "fd", "2")).toString()
                .equals(NOWHERE);
        }
        catch (IOException ended)
        {
            return false;
        }
    }

    private static String read(Path file) throws IOException
    {
        return Files.exists(file) ? Files.readString(file, StandardCharsets.ISO_8859_1) : "";
    }

    /** @return whether this outcome is one of those written with {@code |} between them. */
    boolean is(String expected)
    {
        return Stream.of(expected.split("\\|")).map(String::strip).anyMatch(one -> one.equals(CommandLineRow.SERVES) ?
            isServing() && outcome.endsWith(", ends 0") :
            one.equals(outcome));
    }
}
