// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.soak.load;

import io.mtproxy.soak.FreePorts;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A proxy that runs, with a datacenter behind it and a folder for its files. */
public final class ProxyProcess implements AutoCloseable
{
    private static final long START_TIMEOUT_NS = 30_000_000_000L;
    private static final long STOP_TIMEOUT_S = 10;
    private static final int LOG_LINES_SHOWN = 20;

    private final ProxyCommand command;
    private final DatacenterPort datacenter;
    private final Path folder;
    private final List<byte[]> secrets;
    private final InetSocketAddress address;
    private final int statsPort;
    private final Process process;
    /** Ends the proxy with this process, however that ends. */
    private final Thread end = new Thread(this::stop);

    private ProxyProcess(
        ProxyCommand command, DatacenterPort datacenter, Path folder, List<byte[]> secrets, int[] ports,
        Process process)
    {
        this.command = command;
        this.datacenter = datacenter;
        this.folder = folder;
        this.secrets = secrets;
        this.address = new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), ports[0]);
        this.statsPort = ports[1];
        this.process = process;
        Runtime.getRuntime().addShutdownHook(end);
    }

    /**
     * Starts a proxy and waits until it has a link to the datacenter.
     *
     * @param secretCount of clients' secrets, 1..128.
     * @param workers     for {@code -M}, 0 for none.
     * @param wire        that it is to serve.
     * @throws IOException with the end of its log when it does not come up.
     */
    public static ProxyProcess start(
        ProxyCommand command, LoadGenerator generator, int secretCount, int workers, Wire wire)
        throws IOException, InterruptedException
    {
        return start(command, generator, secretCount, workers, wire, Map.of());
    }

    /** @param environment variables of the proxy, beside ours. */
    static ProxyProcess start(
        ProxyCommand command, LoadGenerator generator, int secretCount, int workers, Wire wire,
        Map<String, String> environment)
        throws IOException, InterruptedException
    {
        LocalOrigin origin = wire == Wire.FAKE_TLS_HYBRID && !command.isBareRelay() ? generator.openOrigin() : null;
        long looks = origin == null ? 0 : origin.connections();
        SplittableRandom random = new SplittableRandom(1);
        byte[] linkSecret = new byte[128];
        random.nextBytes(linkSecret);
        List<byte[]> secrets = new ArrayList<>();
        for (int i = 0; i < secretCount; i++)
        {
            byte[] secret = new byte[16];
            random.nextBytes(secret);
            secrets.add(secret);
        }
        DatacenterPort datacenter = generator.openDatacenter(linkSecret, command.isBareRelay());
        Path folder = Files.createTempDirectory("mtproxy-lab-");
        Path aesPwd = Files.write(folder.resolve("aes-pwd"), linkSecret);
        Path config = Files.writeString(folder.resolve("proxy.conf"), String.format(Locale.ROOT,
            "proxy_for 2 127.0.0.1:%d;%ndefault 2;%n", datacenter.port()));
        int[] ports = {FreePorts.next(), FreePorts.next()};
        List<String> words = command.fill(new ProxyCommand.Values(ports[0], ports[1], datacenter.port(), folder, config,
            aesPwd, secrets, workers, wire.isTls()));
        File log = folder.resolve("log").toFile();
        ProcessBuilder builder = new ProcessBuilder(words).redirectErrorStream(true)
            .redirectInput(new File("/dev/null"))
            .redirectOutput(log);
        builder.environment().putAll(environment);
        Process process = builder.start();
        ProxyProcess started = new ProxyProcess(command, datacenter, folder, secrets, ports, process);
        long untilNs = System.nanoTime() + START_TIMEOUT_NS;
        while (datacenter.readyCount() == 0)
        {
            if (!process.isAlive() || System.nanoTime() - untilNs > 0)
            {
                String text = started.logEnd();
                started.close();
                throw new IOException("\"" + command.name() + "\" has not come up; the end of its log:\n" + text);
            }
            Thread.sleep(20);
        }
        if (origin != null)
        {
            started.awaitLook(origin, looks);
        }
        return started;
    }

    /** It shall answer as the domain does from the first client on. */
    private void awaitLook(LocalOrigin origin, long looks) throws IOException, InterruptedException
    {
        try
        {
            origin.awaitLook(looks);
        }
        catch (IOException | InterruptedException e)
        {
            close();
            throw e;
        }
    }

    /** Where clients connect. */
    public InetSocketAddress address()
    {
        return address;
    }

    /** Where its numbers are on 127.0.0.1, if its command has {@code {stats}}. */
    int statsPort()
    {
        return statsPort;
    }

    public List<byte[]> secrets()
    {
        return secrets;
    }

    public DatacenterPort datacenter()
    {
        return datacenter;
    }

    public ProxyCommand command()
    {
        return command;
    }

    /** All its processes. */
    List<Long> pids()
    {
        return Stream.concat(Stream.of(process.toHandle()), process.descendants()).map(ProcessHandle::pid).toList();
    }

    ProcFiles.Cpu cpu() throws IOException
    {
        return ProcFiles.cpu(pids());
    }

    ProcFiles.Memory memory() throws IOException
    {
        return ProcFiles.memory(pids());
    }

    boolean isAlive()
    {
        return process.isAlive();
    }

    /** The last lines that it wrote. */
    String logEnd()
    {
        try
        {
            List<String> lines = Files.readAllLines(folder.resolve("log"));
            return String.join("\n", lines.subList(Math.max(0, lines.size() - LOG_LINES_SHOWN), lines.size()));
        }
        catch (IOException e)
        {
            return "(no log)";
        }
    }

    /** Stops it, and removes its files. */
    @Override
    public void close()
    {
        stop();
        datacenter.close();
        try
        {
            Runtime.getRuntime().removeShutdownHook(end);
        }
        catch (IllegalStateException e)
        {
            // this process ends, and the hook has done it
        }
    }

    private void stop()
    {
        List<ProcessHandle> all = Stream.concat(process.descendants(), Stream.of(process.toHandle())).toList();
        process.destroy();
        try
        {
            if (!process.waitFor(STOP_TIMEOUT_S, TimeUnit.SECONDS))
            {
                all.forEach(ProcessHandle::destroyForcibly);
                process.waitFor();
            }
        }
        catch (InterruptedException e)
        {
            Thread.currentThread().interrupt();
        }
        all.forEach(ProcessHandle::destroyForcibly);
        if (Files.exists(folder))
        {
            try (Stream<Path> files = Files.walk(folder))
            {
                files.sorted(Comparator.reverseOrder()).forEach(path -> path.toFile().delete());
            }
            catch (IOException e)
            {
                throw new UncheckedIOException(e);
            }
        }
    }
}
