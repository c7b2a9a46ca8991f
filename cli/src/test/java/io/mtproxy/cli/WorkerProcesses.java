// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mtproxy.engine.status.ProxyCounter;
import io.mtproxy.engine.status.StatusDirectory;
import io.mtproxy.engine.status.StatusFileReader;
import io.mtproxy.soak.ClientSwarm;
import io.mtproxy.soak.DatacenterServer;
import io.mtproxy.soak.DatacenterSettings;
import io.mtproxy.soak.DatacenterSettings.Mode;
import io.mtproxy.soak.FreePorts;
import io.mtproxy.soak.SoakReport;
import io.mtproxy.soak.SwarmSettings;
import io.mtproxy.soak.Transport;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** What tests of {@code -M} have in common: a datacenter, the proxy's files, and a look at master and workers. */
abstract class WorkerProcesses
{
    static final String SECRET = "00112233445566778899aabbccddeeff";
    static final String OTHER_SECRET = "ffeeddccbbaa99887766554433221100";
    static final int LINKS_PER_WORKER = 4;
    static final String READY = "main loop begins";

    private static final byte[] PROXY_SECRET =
        "a secret of some length that both sides have in a file".getBytes(StandardCharsets.US_ASCII);

    private static final Duration ANSWER_TIMEOUT = Duration.ofMinutes(2);
    private static final long ANSWERS_EACH = 10;

    @TempDir Path folder;
    DatacenterServer datacenter;
    int port;

    @BeforeEach
    void startDatacenter() throws Exception
    {
        ProcessFacts.open(folder, "rwxr-xr-x");
        datacenter = DatacenterServer.start(DatacenterSettings.of(PROXY_SECRET, Mode.ECHO));
        port = FreePorts.next();
        ProcessFacts.open(Files.write(folder.resolve("proxy-secret"), PROXY_SECRET), "rw-------");
        ProcessFacts.open(Files.writeString(folder.resolve("secrets"), SECRET + "\n"), "rw-------");
        ProcessFacts.open(Files.writeString(folder.resolve("proxy-multi.conf"),
            "default 2;\nproxy_for 2 127.0.0.1:" + datacenter.port() + ";\n"), "rw-------");
    }

    @AfterEach
    void closeDatacenter()
    {
        datacenter.close();
    }

    /** @return clients that send until they are told to finish, or longer than any test. */
    SwarmSettings swarm(int clients)
    {
        return swarm(clients, SECRET);
    }

    SwarmSettings swarm(int clients, String secret)
    {
        return SwarmSettings.of(new InetSocketAddress(InetAddress.getLoopbackAddress(), port),
            List.of(HexFormat.of().parseHex(secret)), clients, Duration.ofMinutes(10))
            .withTransports(List.of(Transport.values()));
    }

    /** Clients that send until each has had some answers. */
    static SoakReport run(SwarmSettings settings) throws Exception
    {
        try (ClientSwarm swarm = ClientSwarm.start(settings.withDuration(ANSWER_TIMEOUT)))
        {
            return swarm.awaitAnswers(ANSWERS_EACH * settings.clients());
        }
    }

    /**
     * Has clients talk until so many answers have come, however long that takes a busy machine, and then until everything
     * under way is back: so what the proxy has counted is what they have seen.
     */
    SoakReport exchange(DistRun proxy, int clients, long answers) throws Exception
    {
        try (ClientSwarm swarm = ClientSwarm.start(swarm(clients)))
        {
            ProcessFacts.await(proxy, answers + " answers", () -> swarm.snapshot().messagesAnswered() >= answers);
            swarm.finish();
            SoakReport report = swarm.await();
            assertTrue(report.isClean(), report::toString);
            return report;
        }
    }

    DistRun start(String... more) throws Exception
    {
        return DistRun.start(folder, arguments(more));
    }

    List<String> arguments(String... more)
    {
        return arguments(2, more);
    }

    List<String> arguments(int workers, String... more)
    {
        List<String> arguments = new ArrayList<>(List.of(more));
        if (workers > 0)
        {
            arguments.addAll(List.of("-M", String.valueOf(workers)));
        }
        arguments.addAll(List.of("-c", "1000", "-H", String.valueOf(port), "--mtproto-secret-file",
            folder.resolve("secrets").toString(), "--status-dir", folder.resolve("status").toString(), "--aes-pwd",
            folder.resolve("proxy-secret").toString(), folder.resolve("proxy-multi.conf").toString()));
        return arguments;
    }

    List<Long> awaitReady(DistRun proxy, int count) throws Exception
    {
        ProcessFacts.await(proxy, READY, () -> proxy.err().lines().anyMatch(
            line -> line.startsWith("[" + proxy.pid() + "]") && line.endsWith(READY)));
        ProcessFacts.await(proxy, "links",
            () -> datacenter.snapshot().linksReady() == (long)count * LINKS_PER_WORKER);
        List<Long> workers = workers(proxy);
        assertEquals(count, workers.size());
        return workers;
    }

    static List<Long> workers(DistRun proxy)
    {
        return ProcessHandle.of(proxy.pid()).stream().flatMap(ProcessHandle::children).filter(ProcessHandle::isAlive)
            .map(ProcessHandle::pid).sorted().toList();
    }

    static void awaitEnd(DistRun proxy, List<Long> pids) throws Exception
    {
        for (long pid : pids)
        {
            ProcessFacts.awaitAnyhow(proxy, "end of " + pid,
                () -> ProcessHandle.of(pid).map(process -> !process.isAlive()).orElse(true));
        }
    }

    StatusFileReader reader(int worker) throws Exception
    {
        return reader("worker-" + worker);
    }

    StatusFileReader reader(String process) throws Exception
    {
        return StatusFileReader.open(folder.resolve("status/" + port + "/" + process + StatusDirectory.STATUS_SUFFIX));
    }

    long total(ProxyCounter counter) throws Exception
    {
        return reader(0).get(counter) + reader(1).get(counter);
    }

    /** @return a number on the page of the master. */
    static long shown(int statsPort, String key) throws Exception
    {
        String page;
        try (InputStream in = URI.create("http://127.0.0.1:" + statsPort + "/stats").toURL().openStream())
        {
            page = new String(in.readAllBytes(), StandardCharsets.US_ASCII);
        }
        return page.lines().filter(line -> line.startsWith(key + "\t")).map(line -> line.substring(key.length() + 1))
            .mapToLong(Long::parseLong).findFirst().orElseThrow(() -> new AssertionError(key + " in " + page));
    }

    static long count(String text, String part)
    {
        return text.lines().filter(line -> line.contains(part)).count();
    }
}
