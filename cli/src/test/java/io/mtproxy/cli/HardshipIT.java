// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mtproxy.engine.io.linux.LinuxSignals;
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
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The distribution where the system gives it little, and where those who connect mean it ill. */
@EnabledOnOs(OS.LINUX)
class HardshipIT
{
    private static final String SECRET = "00112233445566778899aabbccddeeff";
    private static final String READY = "main loop begins";
    /** Stands for an option that is not there. */
    private static final String DEFAULT_FOLDER = "no --status-dir";
    private static final int LINKS = 4;
    private static final int PID_GIVEN = 70_000;
    /** Far more than a process needs that waits, far fewer than one that spins. */
    private static final long POLLS_MAX = 5_000;
    private static final int SILENCE_MS = 300;

    @TempDir private Path folder;
    private DatacenterServer datacenter;
    private byte[] shared;
    private int port;
    private int otherPort;
    private int statsPort;
    private Path conf;

    @BeforeEach
    void startDatacenter() throws Exception
    {
        ProcessFacts.open(folder, "rwxrwxrwx");
        shared = "a secret of some length that both sides have in a file".getBytes(StandardCharsets.US_ASCII);
        datacenter = DatacenterServer.start(DatacenterSettings.of(shared, Mode.ECHO));
        port = FreePorts.next();
        otherPort = FreePorts.next();
        statsPort = FreePorts.next();
        ProcessFacts.open(Files.write(folder.resolve("proxy-secret"), shared), "rw-r--r--");
        conf = Files.writeString(folder.resolve("proxy-multi.conf"), configuration());
    }

    @AfterEach
    void closeDatacenter()
    {
        datacenter.close();
    }

    /** [C-LIM-16] [C-DIF-06] [C-LIFE-07] A process id that has not room on the wire, given by the system. */
    @Test
    void shouldRunWithLargeProcessId() throws Exception
    {
        assumeRoot("choose process ids");
        long most = Long.parseLong(Files.readString(Path.of("/proc/sys/kernel/pid_max")).strip());
        assumeTrue(most > PID_GIVEN + 1 || hasOwnNumberings(),
            "skipped: this kernel has no process ids above " + most + ", and only one numbering");
        // in a numbering of its own, so that nobody else's process ids change
        String number = "cd /proc/sys/kernel && { [ " + most + " -gt " + (PID_GIVEN + 1) + " ] || echo " + 2 *
            PID_GIVEN +
            " >pid_max; } && echo " + (PID_GIVEN - 1) + " >ns_last_pid && { \"$@\" & wait; }";
        try (DistRun proxy = DistRun.start(folder, List.of("unshare", "--pid", "--fork", "--kill-child", "--mount-proc",
            "sh", "-c", number, "sh"), arguments("-u", "root")))
        {
            ProcessFacts.await(proxy, READY, () -> proxy.err().contains(READY));
            long pid = proxy.err().lines().filter(line -> line.endsWith(READY))
                .mapToLong(line -> Long.parseLong(line.substring(1, line.indexOf(']')))).findFirst().orElseThrow();

            assertTrue(pid > 0xffff, () -> "pid " + pid);
            assertTrue(proxy.err().contains(":" + statsPort + ":" + ((int)(pid & 0xffff) ^ (int)(pid >>> 16)) + ":"),
                proxy.err());
            awaitLinks(proxy);
            assertClean(talk(port, Transport.values()));
        }
    }

    /** Since Linux 6.14 each numbering of processes has a largest one of its own. */
    private static boolean hasOwnNumberings() throws IOException
    {
        String[] version = Files.readString(Path.of("/proc/sys/kernel/osrelease")).split("[.-]", 3);
        return Integer.parseInt(version[0]) * 1000 + Integer.parseInt(version[1]) >= 6014;
    }

    /**
     * [C-BUG-07] [C-EXIT-11] [C-EXIT-12] [C-LIM-01] [C-LIM-02] A hard limit that nobody may raise, as in a container: told,
     * lived with, the stats page is there, nothing spins, and a place that becomes free is given.
     */
    @Test
    void shouldLiveWithFewDescriptors() throws Exception
    {
        assumeRoot("start as another user");
        List<Socket> clients = new ArrayList<>();
        try (DistRun proxy = DistRun.start(folder, List.of("prlimit", "--nofile=120:120", "setpriv", "--reuid", "65534",
            "--regid", "65534", "--clear-groups"), arguments("-C", "60000")))
        {
            awaitLinks(proxy);
            String told = proxy.err().lines().filter(line -> line.contains(
                "only 120 files may be open, so -c and -C are " +
                    "lowered to ")).findFirst().orElseThrow();
            int places = Integer.parseInt(told.replaceFirst(".* lowered to (\\d+) .*", "$1"));
            StatusFileReader status = status();
            for (int i = 0; i < places + 20; i++)
            {
                clients.add(new Socket("127.0.0.1", port));
            }
            ProcessFacts.await(proxy, "all places taken",
                () -> status.get(ProxyCounter.SPECIAL_CONNECTIONS) == places);
            assertNothingSpins(status);
            assertEquals(places, shown("active_special_connections"));
            assertEquals(0, status.get(ProxyCounter.ACCEPT_CALLS_FAILED));

            for (int freed = 1; freed <= 3; freed++)
            {
                clients.get(freed).close();
                long accepted = places + freed;
                ProcessFacts.await(proxy, "the place is given",
                    () -> status.get(ProxyCounter.INBOUND_CONNECTIONS_ACCEPTED) == accepted);
            }
            assertEquals(places, shown("total_special_connections"));
        }
        finally
        {
            close(clients);
        }
    }

    /** A limit that falls while the proxy runs: it waits, says so by a counter, and goes on when that is over. */
    @Test
    void shouldWaitWhenDescriptorsAreUsedUp() throws Exception
    {
        List<Socket> clients = new ArrayList<>();
        try (DistRun proxy = DistRun.start(folder, arguments("-u", "root")))
        {
            awaitLinks(proxy);
            StatusFileReader status = status();
            long open = descriptors(proxy.pid());
            limit(proxy.pid(), open + 5);
            for (int i = 0; i < 30; i++)
            {
                clients.add(new Socket("127.0.0.1", port));
            }
            ProcessFacts.await(proxy, "no descriptor left", () -> status.get(ProxyCounter.ACCEPT_CALLS_FAILED) > 2);
            assertNothingSpins(status);
            assertTrue(status.get(ProxyCounter.SPECIAL_CONNECTIONS) < 30);

            limit(proxy.pid(), 1000);
            ProcessFacts.await(proxy, "all served", () -> status.get(ProxyCounter.SPECIAL_CONNECTIONS) == 30);
            assertClean(talk(port, Transport.PADDED));
            proxy.terminate();
            assertEquals(0, proxy.exitCode());
        }
        finally
        {
            close(clients);
        }
    }

    /** A named folder on a full disk stops the start with one line. (architecture A9) */
    @Test
    void shouldRefuseFullStatusDirectory() throws Exception
    {
        assumeRoot("mount a small disk");
        for (String options : new String[]{"", "-D localhost"})
        {
            try (DistRun proxy = DistRun.start(folder, fullDisk(folder.resolve("full")),
                arguments(Stream.concat(Stream.of("-u", "root", "--status-dir", folder.resolve("full").toString()),
                    Stream.of(options.split(" ")).filter(word -> !word.isEmpty())).toArray(String[]::new))))
            {
                assertEquals(1, proxy.exitCode(), proxy::toString);
                List<String> told = proxy.err().lines().filter(line -> line.contains(folder.resolve("full").toString()))
                    .toList();
                assertEquals(1, told.size(), proxy.err());
                assertTrue(told.getFirst().contains("No space left on device"), proxy.err());
                assertFalse(proxy.err().contains("\tat "), proxy.err());
            }
        }
    }

    /** The folder that nobody named is done without: the numbers are in private memory. (architecture A9) */
    @Test
    void shouldServeWithFullDefaultStatusDirectory() throws Exception
    {
        assumeRoot("mount a small disk");
        for (String options : new String[]{"", "-D localhost"})
        {
            List<String> arguments = new ArrayList<>(Stream.of(options.split(" ")).filter(word -> !word.isEmpty())
                .toList());
            arguments.addAll(List.of("-u", "root", DEFAULT_FOLDER));
            try (DistRun proxy = DistRun.start(folder, fullDisk(Path.of("/run")), arguments(arguments.toArray(
                String[]::new))))
            {
                ProcessFacts.await(proxy, READY, () -> proxy.err().contains(READY));
                List<String> told = proxy.err().lines().filter(line -> line.contains("No space left on device"))
                    .toList();
                assertEquals(options.isEmpty() ? 1 : 2, told.size(), proxy.err());
                assertTrue(told.stream().allMatch(line -> line.contains("] warning: ")), proxy.err());
                assertEquals(0, shown("workers"));
                proxy.terminate();
                assertEquals(0, proxy.exitCode());
            }
        }
    }

    /** [C-GEN-01] [C-REL-11] Whatever comes over a port, and whatever a reload reads, the process goes on. */
    @Test
    void shouldStandNoiseAndBadReloads() throws Exception
    {
        SplittableRandom random = new SplittableRandom(7);
        try (DistRun proxy = DistRun.start(folder, arguments("-u", "root")))
        {
            awaitLinks(proxy);
            for (int i = 0; i < 100; i++)
            {
                byte[] noise = new byte[1 + random.nextInt(3000)];
                random.nextBytes(noise);
                for (int to : new int[]{port, statsPort})
                {
                    try (Socket socket = new Socket("127.0.0.1", to))
                    {
                        socket.getOutputStream().write(noise);
                    }
                    catch (IOException e)
                    {
                        // closed already, as it may
                    }
                }
            }
            for (String bad : new String[]{"", "\0\0", "proxy 0.0.0.0:0;", "x".repeat(100_000)})
            {
                Files.writeString(conf, bad);
                long refused = refusals(proxy);
                proxy.signal(LinuxSignals.SIGHUP);
                ProcessFacts.await(proxy, "a refusal", () -> refusals(proxy) > refused);
            }
            assertFalse(proxy.err().contains("\tat "), proxy.err());
            assertClean(talk(port, Transport.values()));
            proxy.terminate();
            assertEquals(0, proxy.exitCode());
        }
    }

    private static long refusals(DistRun proxy) throws IOException
    {
        return proxy.err().lines().filter(line -> line.contains("reload refused")).count();
    }

    /** [C-REL-01] [C-BUG-01] [C-REL-12] Nobody reads the file unasked; C does not even when asked, we do. */
    @Test
    void shouldReadConfigurationOnlyWhenAsked() throws Exception
    {
        try (DistRun proxy = DistRun.start(folder, arguments("-u", "root")))
        {
            awaitLinks(proxy);
            String first = page("config_md5");
            Files.writeString(conf, configuration() + "# longer\n");
            for (int i = 0; i < 5; i++)
            {
                assertClean(talk(port, Transport.PADDED));
                assertEquals(first, page("config_md5"));
            }
            proxy.signal(LinuxSignals.SIGHUP);
            ProcessFacts.await(proxy, "a reload", () -> !page("config_md5").equals(first));
            assertEquals(Files.size(conf), shown("config_size"));
        }
    }

    /** [C-CLT-01] [C-CLI-62] Every client port takes the three framings behind a header, and nothing without one. */
    @Test
    void shouldServeThreeFramingsOnEveryPort() throws Exception
    {
        try (DistRun proxy = DistRun.start(folder, arguments("-u", "root", "-H", String.valueOf(otherPort))))
        {
            awaitLinks(proxy);
            assertClean(talk(port, Transport.ABRIDGED, Transport.INTERMEDIATE, Transport.PADDED));
            assertClean(talk(otherPort, Transport.ABRIDGED, Transport.INTERMEDIATE, Transport.PADDED));
            StatusFileReader status = status();
            long forwarded = status.get(ProxyCounter.FRAMES_TO_DATACENTER);
            byte[] request = new byte[60];
            for (String start : new String[]{"ef0f", "eeeeeeee3c000000", "dddddddd3c000000",
                HexFormat.of().formatHex("POST /api HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII))})
            {
                try (Socket socket = new Socket("127.0.0.1", otherPort))
                {
                    socket.setSoTimeout(SILENCE_MS);
                    socket.getOutputStream().write(HexFormat.of().parseHex(start));
                    socket.getOutputStream().write(request);
                    assertTrue(isSilent(socket), start);
                }
            }
            assertEquals(forwarded, status.get(ProxyCounter.FRAMES_TO_DATACENTER));
        }
    }

    /** [C-MID-05] With the secret of somebody else no link is ever ready; both sides look at its first four bytes. */
    @Test
    void shouldHaveNoLinkWithAnotherSecret() throws Exception
    {
        byte[] other = shared.clone();
        other[40] ^= 1;
        Files.write(folder.resolve("proxy-secret"), other);
        try (DistRun proxy = DistRun.start(folder, arguments("-u", "root")))
        {
            ProcessFacts.await(proxy, READY, () -> proxy.err().contains(READY));
            ProcessFacts.await(proxy, "attempts", () -> shown("outbound_connections_created") >= 2 * LINKS);
            assertEquals(0, shown("ready_outbound_connections"));
            assertEquals(0, datacenter.snapshot().linksReady());
        }
        int violations = datacenter.violations().size();
        Files.write(folder.resolve("proxy-secret"), shared);
        try (DistRun proxy = DistRun.start(folder, arguments("-u", "root")))
        {
            awaitLinks(proxy);
            assertEquals(violations, datacenter.violations().size());
        }
    }

    /** [C-CLI-03] The variable by which C would take what follows a name as names. */
    @Test
    void shouldNotCareForPosixlyCorrect() throws Exception
    {
        List<String> arguments = new ArrayList<>(arguments("-u", "root"));
        arguments.addFirst(arguments.removeLast());
        try (DistRun proxy = DistRun.start(folder, List.of("env", "POSIXLY_CORRECT=1"), arguments))
        {
            awaitLinks(proxy);
        }
    }

    private static boolean isSilent(Socket socket) throws IOException
    {
        try
        {
            return socket.getInputStream().read() < 0;
        }
        catch (SocketTimeoutException e)
        {
            return true;
        }
    }

    private static void assertNothingSpins(StatusFileReader status) throws InterruptedException
    {
        long before = status.get(ProxyCounter.POLLS);
        long startNs = System.nanoTime();
        Thread.sleep(TimeUnit.SECONDS.toMillis(1));
        long polls = status.get(ProxyCounter.POLLS) - before;
        long tookMs = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startNs);
        assertTrue(polls < POLLS_MAX * tookMs / 1000, () -> polls + " polls in " + tookMs + " ms");
    }

    private static long descriptors(long pid) throws IOException
    {
        try (Stream<Path> files = Files.list(Path.of("/proc", String.valueOf(pid), "fd")))
        {
            return files.count();
        }
    }

    private static void limit(long pid, long files) throws Exception
    {
        assertEquals(0, new ProcessBuilder("prlimit", "--pid", String.valueOf(pid), "--nofile=" + files + ":")
            .inheritIO()
            .start().waitFor());
    }

    /** A command that becomes another one, for which a folder is a disk with hardly any room. */
    private static List<String> fullDisk(Path at) throws IOException
    {
        Files.createDirectories(at);
        return List.of("unshare", "--mount", "sh", "-c",
            "mount -t tmpfs -o size=64k,mode=1777 tmpfs " + at + " && exec \"$@\"", "sh");
    }

    private static void assumeRoot(String what) throws IOException
    {
        assumeTrue(StatusDirectory.currentUid() == 0, "skipped: only root may " + what);
        assumeTrue(Files.exists(Path.of("/usr/bin/unshare")) && Files.exists(Path.of("/usr/bin/setpriv")),
            "skipped: no unshare and setpriv of util-linux");
        ProcessFacts.assumeUsersCanChange();
    }

    private static void assertClean(SoakReport report)
    {
        assertTrue(report.isClean() && report.messagesAnswered() > 0, report::toString);
    }

    private static SoakReport talk(int port, Transport... transports) throws Exception
    {
        try (ClientSwarm swarm = ClientSwarm.start(SwarmSettings.of(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), port), List.of(HexFormat.of().parseHex(SECRET)),
            transports.length, Duration.ofMinutes(2)).withTransports(List.of(transports))))
        {
            return swarm.awaitAnswers(10L * transports.length);
        }
    }

    private void awaitLinks(DistRun proxy) throws Exception
    {
        ProcessFacts.await(proxy, "links", () -> datacenter.snapshot().linksReady() == LINKS);
        ProcessFacts.await(proxy, READY, () -> proxy.err().contains(READY));
    }

    private StatusFileReader status() throws IOException
    {
        return StatusFileReader.open(folder.resolve("status/" + port + "/engine" + StatusDirectory.STATUS_SUFFIX));
    }

    private long shown(String key) throws IOException
    {
        return Long.parseLong(page(key));
    }

    private String page(String key) throws IOException
    {
        try (InputStream in = URI.create("http://127.0.0.1:" + statsPort + "/stats").toURL().openStream())
        {
            return new String(in.readAllBytes(), StandardCharsets.US_ASCII).lines()
                .filter(line -> line.startsWith(key + "\t")).map(line -> line.substring(key.length() + 1)).findFirst()
                .orElseThrow();
        }
    }

    private String configuration()
    {
        return "default 2;\nproxy_for 2 127.0.0.1:" + datacenter.port() + ";\n";
    }

    private List<String> arguments(String... more)
    {
        List<String> arguments = new ArrayList<>(List.of("-c", "1000", "-H", String.valueOf(port), "-S", SECRET, "-p",
            String.valueOf(statsPort), "--http-stats", "--aes-pwd", folder.resolve("proxy-secret").toString()));
        arguments.addAll(List.of(more));
        if (!arguments.contains(DEFAULT_FOLDER) && !arguments.contains("--status-dir"))
        {
            arguments.addAll(List.of("--status-dir", folder.resolve("status").toString()));
        }
        arguments.remove(DEFAULT_FOLDER);
        arguments.add(conf.toString());
        return arguments;
    }

    private static void close(List<Socket> sockets) throws IOException
    {
        for (Socket socket : sockets)
        {
            socket.close();
        }
    }
}
