// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** The third-party clients of {@code src/test/interop}, installed into {@code target} with node's own tools. */
final class NodeClients
{
    private static final long INSTALL_TIMEOUT_MS = 180_000;
    private static final long RUN_TIMEOUT_MS = 60_000;

    private final Path folder;

    private NodeClients(final Path folder)
    {
        this.folder = folder;
    }

    /** What a script came to: its exit code and all that it printed. */
    record Outcome(int exitCode, String output)
    {
    }

    /** Why the clients cannot run here; the test that needs them is then skipped. */
    static final class NotInstallable extends Exception
    {
        private static final long serialVersionUID = 1L;

        NotInstallable(final String reason)
        {
            super(reason);
        }
    }

    /**
     * Copies the scripts and installs what their lock file names.
     *
     * @param source folder of the scripts.
     * @param target folder, kept from one run to the next.
     */
    static NodeClients install(final Path source, final Path target) throws NotInstallable, InterruptedException
    {
        try
        {
            Files.createDirectories(target);
            try (Stream<Path> files = Files.list(source))
            {
                for (final Path file : (Iterable<Path>)files.filter(Files::isRegularFile)::iterator)
                {
                    Files.copy(file, target.resolve(file.getFileName()), StandardCopyOption.REPLACE_EXISTING);
                }
            }
            if (run(target, Map.of(), INSTALL_TIMEOUT_MS, "node", "--version").exitCode() != 0)
            {
                throw new NotInstallable("node does not run");
            }
            // Done last by npm, and equal to the lock file only when that was installed whole.
            final Path stamp = target.resolve("installed-package-lock.json");
            final Path lock = target.resolve("package-lock.json");
            if (!Files.exists(stamp) || Files.mismatch(stamp, lock) != -1)
            {
                final Outcome outcome = run(
                    target, Map.of(), INSTALL_TIMEOUT_MS, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund");
                if (outcome.exitCode() != 0)
                {
                    throw new NotInstallable("npm ci failed: " + outcome.output());
                }
                Files.copy(lock, stamp, StandardCopyOption.REPLACE_EXISTING);
            }
            return new NodeClients(target);
        }
        catch (final IOException | UncheckedIOException missing)
        {
            throw new NotInstallable("node and npm are not both here: " + missing.getMessage());
        }
    }

    /** Runs one script and waits for its end. */
    Outcome run(final String script, final Map<String, String> environment, final String... arguments)
        throws IOException, InterruptedException
    {
        final List<String> command = new ArrayList<>(List.of("node", script));
        command.addAll(List.of(arguments));
        return run(folder, environment, RUN_TIMEOUT_MS, command.toArray(String[]::new));
    }

    private static Outcome run(
        final Path folder, final Map<String, String> environment, final long timeoutMs, final String... command)
        throws IOException, InterruptedException
    {
        final Path output = Files.createTempFile(folder, "output", ".txt");
        try
        {
            final ProcessBuilder builder = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile());
            builder.environment().putAll(environment);
            final Process process = builder.start();
            process.getOutputStream().close();
            if (!process.waitFor(timeoutMs, TimeUnit.MILLISECONDS))
            {
                process.destroyForcibly().waitFor();
                return new Outcome(-1, "ended after " + timeoutMs + " ms: " + read(output));
            }
            return new Outcome(process.exitValue(), read(output));
        }
        finally
        {
            Files.deleteIfExists(output);
        }
    }

    private static String read(final Path file) throws IOException
    {
        return new String(Files.readAllBytes(file), StandardCharsets.UTF_8).strip();
    }
}
