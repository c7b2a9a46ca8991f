// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A proxy that a test started as a process of its own; ready once its client port takes connections. */
final class ProxyProcess implements AutoCloseable
{
    private static final long READY_TIMEOUT_MS = 120_000;
    private static final long STOP_TIMEOUT_MS = 30_000;

    private final Process process;
    private final int port;
    private final Path log;

    private ProxyProcess(final Process process, final int port, final Path log)
    {
        this.process = process;
        this.port = port;
        this.log = log;
    }

    /**
     * Starts a command and waits until it listens.
     *
     * @param command  and its arguments.
     * @param port     of 127.0.0.1 that says by taking a connection that the command is ready.
     * @param log      that gets all that the command prints.
     */
    static ProxyProcess start(final List<String> command, final int port, final Path log)
        throws IOException, InterruptedException
    {
        final Process process = new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
        process.getOutputStream().close();
        final ProxyProcess proxy = new ProxyProcess(process, port, log);
        try
        {
            proxy.awaitReady(command);
        }
        catch (final IOException | InterruptedException | RuntimeException | Error failure)
        {
            proxy.close();
            throw failure;
        }
        return proxy;
    }

    int port()
    {
        return port;
    }

    long pid()
    {
        return process.pid();
    }

    boolean isAlive()
    {
        return process.isAlive();
    }

    /** All that the command has printed so far. */
    String output() throws IOException
    {
        return Files.exists(log) ? new String(Files.readAllBytes(log), StandardCharsets.UTF_8) : "";
    }

    @Override
    public void close()
    {
        process.destroy();
        try
        {
            if (!process.waitFor(STOP_TIMEOUT_MS, TimeUnit.MILLISECONDS))
            {
                process.destroyForcibly().waitFor();
            }
        }
        catch (final InterruptedException interrupted)
        {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }

    private void awaitReady(final List<String> command) throws IOException, InterruptedException
    {
        final long deadlineNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(READY_TIMEOUT_MS);
        while (!takesConnection())
        {
            if (!process.isAlive())
            {
                throw new IllegalStateException(
                    "ended with " + process.exitValue() + " before it listened: " + command + '\n' + output());
            }
            if (System.nanoTime() - deadlineNs > 0)
            {
                throw new IllegalStateException(
                    "not listening on " + port + " after " + READY_TIMEOUT_MS + " ms: " + command + '\n' + output());
            }
            Thread.sleep(50);
        }
    }

    private boolean takesConnection() throws IOException
    {
        try (Socket socket = new Socket())
        {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1_000);
            return true;
        }
        catch (final ConnectException refused)
        {
            return false;
        }
    }
}
