// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.soak;

import io.mtproxy.soak.SoakReport.ErrorKind;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

/**
 * A proxy under clients when something ends: itself, by SIGTERM [C-SIG-20], or one of its workers, by SIGKILL [C-LIFE-13].
 * Times are what an operator would see from outside; whoever asks says how long they may be.
 */
public final class FaultRun implements AutoCloseable
{
    private static final byte[] LINK_SECRET = new byte[64];
    private static final String SECRET = "00112233445566778899aabbccddeeff";
    private static final long TIMEOUT_NS = TimeUnit.SECONDS.toNanos(60);
    private static final int LENGTH_MAX = 1024;

    private final Path folder;
    private final DatacenterServer datacenter;
    private final Process proxy;
    private final ClientSwarm clients;
    private final int clientCount;

    private FaultRun(Path folder, DatacenterServer datacenter, Process proxy, ClientSwarm clients, int clientCount)
    {
        this.folder = folder;
        this.datacenter = datacenter;
        this.proxy = proxy;
        this.clients = clients;
        this.clientCount = clientCount;
    }

    /** What was seen. */
    public record Result(String what, long elapsedMs, boolean isRight, String detail)
    {
        /** @return whether all was right, and in that time. */
        public boolean isWithin(long limitMs)
        {
            return isRight && elapsedMs <= limitMs;
        }

        @Override
        public String toString()
        {
            return what + ": " + elapsedMs + " ms" + (isRight ? "" : ", WRONG") + " (" + detail + ")";
        }
    }

    /**
     * Starts a proxy and its clients, and waits until all of these have had an answer.
     *
     * @param words of the command; {port}, {config}, {aes-pwd}, {secret} and {folder} are filled in.
     */
    public static FaultRun start(List<String> words, int clientCount) throws IOException, InterruptedException
    {
        Path folder = Files.createTempDirectory("mtproxy-fault-");
        DatacenterServer datacenter =
            DatacenterServer.start(DatacenterSettings.of(LINK_SECRET, DatacenterSettings.Mode.ECHO));
        Path aesPwd = Files.write(folder.resolve("aes-pwd"), LINK_SECRET);
        Path config = Files.writeString(folder.resolve("proxy.conf"),
            "default 2;\nproxy_for 2 127.0.0.1:" + datacenter.port() + ";\n");
        int port = FreePorts.next();
        List<String> filled = words.stream().map(word -> word.replace("{port}", Integer.toString(port))
            .replace("{config}", config.toString()).replace("{aes-pwd}", aesPwd.toString())
            .replace("{secret}", SECRET).replace("{folder}", folder.toString())).toList();
        Process proxy = new ProcessBuilder(filled).redirectErrorStream(true)
            .redirectInput(new File("/dev/null"))
            .redirectOutput(folder.resolve("log").toFile())
            .start();
        // a worker may serve long before its master is ready [C-LIFE-07]
        await("the main loop", () -> isReady(folder.resolve("log"), proxy.pid()) || !proxy.isAlive());
        await("links", () -> datacenter.snapshot().linksReady() > 0 || !proxy.isAlive());
        if (!proxy.isAlive())
        {
            throw new IOException("the proxy has not come up:\n" + Files.readString(folder.resolve("log")));
        }
        ClientSwarm clients = ClientSwarm.start(SwarmSettings.of(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), port), List.of(HexFormat.of().parseHex(SECRET)),
            clientCount, Duration.ofHours(1))
            .withTransports(List.of(Transport.PADDED))
            .withLengths(LoadPattern.LENGTH_MIN, LENGTH_MAX)
            .withRate(1, 2)
            .withConnections(clientCount, 0));
        FaultRun run = new FaultRun(folder, datacenter, proxy, clients, clientCount);
        await("clients", () -> clients.snapshot().connectionsOpen() == clientCount &&
            clients.snapshot().messagesAnswered() >= 2L * clientCount || !proxy.isAlive());
        return run;
    }

    /** Ends the proxy by SIGTERM. */
    public Result stop() throws InterruptedException
    {
        SoakReport before = clients.snapshot();
        long beginNs = System.nanoTime();
        proxy.destroy();
        boolean isOver = proxy.waitFor(TIMEOUT_NS, TimeUnit.NANOSECONDS);
        long elapsedMs = millisSince(beginNs);
        int exitCode = isOver ? proxy.exitValue() : -1;
        boolean isRight = exitCode == 0 && before.connectionsOpen() == clientCount && before.errors().isEmpty() &&
            before.mismatches() == 0;
        return new Result("SIGTERM to exit", elapsedMs, isRight,
            "exit code " + exitCode + ", " + before.connectionsOpen() + " clients, errors before " + before.errors());
    }

    /** Kills one worker and waits until as many processes and links are there as before. */
    public Result killWorker() throws InterruptedException
    {
        List<ProcessHandle> workers = proxy.children().toList();
        int links = datacenter.snapshot().linksReady();
        if (workers.isEmpty())
        {
            return new Result("kill to filled place", 0, false, "the proxy has no workers");
        }
        long beginNs = System.nanoTime();
        workers.getFirst().destroyForcibly();
        await("the end", () -> !workers.getFirst().isAlive() && datacenter.snapshot().linksReady() < links);
        await("a new worker", () -> proxy.children().count() == workers.size() &&
            datacenter.snapshot().linksReady() == links);
        long elapsedMs = millisSince(beginNs);
        long answered = clients.snapshot().messagesAnswered();
        await("clients again", () -> clients.snapshot().connectionsOpen() == clientCount &&
            clients.snapshot().messagesAnswered() > answered + clientCount);
        SoakReport after = clients.snapshot();
        boolean isRight = after.mismatches() == 0 && !after.errors().containsKey(ErrorKind.CONNECT_FAILED);
        return new Result("kill to filled place", elapsedMs, isRight, workers.size() + " workers, " + after);
    }

    private static boolean isReady(Path log, long pid)
    {
        try (Stream<String> lines = Files.lines(log))
        {
            return lines.anyMatch(line -> line.startsWith("[" + pid + "]") && line.endsWith("main loop begins"));
        }
        catch (IOException | UncheckedIOException e)
        {
            return false;
        }
    }

    private static long millisSince(long beginNs)
    {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - beginNs);
    }

    private static void await(String what, BooleanSupplier condition) throws InterruptedException
    {
        long beginNs = System.nanoTime();
        while (!condition.getAsBoolean())
        {
            if (System.nanoTime() - beginNs > TIMEOUT_NS)
            {
                throw new IllegalStateException(String.format(Locale.ROOT, "%s: not within a minute", what));
            }
            Thread.sleep(1);
        }
    }

    /** Ends what is left and removes the files. */
    @Override
    public void close()
    {
        clients.close();
        List<ProcessHandle> left = Stream.concat(proxy.descendants(), Stream.of(proxy.toHandle())).toList();
        left.forEach(ProcessHandle::destroyForcibly);
        datacenter.close();
        try (Stream<Path> files = Files.walk(folder))
        {
            files.sorted(Comparator.reverseOrder()).forEach(path -> path.toFile().delete());
        }
        catch (IOException e)
        {
            // left in the folder for temporary files
        }
    }
}
