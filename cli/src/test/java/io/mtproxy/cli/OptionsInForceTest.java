// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mtproxy.cli.options.ArgumentLine;
import io.mtproxy.engine.config.Secret;
import io.mtproxy.engine.config.SecretList;
import io.mtproxy.engine.status.StatusDirectory;
import io.mtproxy.soak.ClientSwarm;
import io.mtproxy.soak.DatacenterServer;
import io.mtproxy.soak.DatacenterSettings;
import io.mtproxy.soak.FreePorts;
import io.mtproxy.soak.SoakReport;
import io.mtproxy.soak.SwarmSettings;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What options do to a proxy that runs, as its clients and servers see it. */
class OptionsInForceTest
{
    private static final String SECRET = "0123456789abcdef0123456789abcdef";
    private static final String OTHER = "ffffffffffffffffffffffffffffffff";
    private static final String THIRD = "00000000000000000000000000000001";
    /** So long nobody answers where nobody has room. */
    private static final int FULL_TIMEOUT_MS = 300;
    private static final int ACCEPT_TIMEOUT_MS = 30_000;
    private static final int HTTPS_PORT = 443;

    @TempDir private Path folder;
    private Path conf;
    private Path proxySecret;
    private int port;

    @BeforeEach
    void prepare() throws IOException
    {
        conf = Files.writeString(folder.resolve("proxy-multi.conf"), "default 2; proxy_for 2 127.0.0.1:9;\n");
        proxySecret = Files.write(folder.resolve("proxy-secret"), new byte[64]);
        port = FreePorts.next();
    }

    /** [C-CLI-37] While nobody is accepted, as many wait as fit: the kernel's queue holds one more than was asked for. */
    @Test
    void shouldListenWithBacklog()
    {
        assertTrue(waiting("-b 1", FULL_TIMEOUT_MS) <= 3);
        assertEquals(8, waiting("--backlog=64", ACCEPT_TIMEOUT_MS));
        assertEquals(8, waiting("-b -1", ACCEPT_TIMEOUT_MS));
    }

    /** @return how many of eight connect beside the one client that there may be. */
    private int waiting(String option, int timeoutMs)
    {
        List<Socket> sockets = new ArrayList<>();
        int[] connected = new int[1];
        run(() ->
        {
            connect(sockets, port, ACCEPT_TIMEOUT_MS);
            await(() -> isServed(sockets.getFirst()));
            connected[0] = (int)IntStream.range(0, 8).filter(i -> connect(sockets, port, timeoutMs)).count();
        }, option + " -C 1 --handshake-timeout 0");
        sockets.forEach(OptionsInForceTest::close);
        return connected[0];
    }

    /** [C-CLI-41] [C-CLI-54] All addresses of both kinds, whatever --address says; without -6 those of IPv4 alone. */
    @Test
    void shouldListenOnBothKindsOfAddresses() throws IOException
    {
        assumeTrue(NetworkInterface.getByInetAddress(InetAddress.ofLiteral("::1")) != null, "no IPv6 here");

        assertEquals(List.of("127.0.0.1", "127.0.0.9", "::1"), open("-6"));
        assertEquals(List.of("127.0.0.1", "127.0.0.9", "::1"), open("--ipv6 --address 127.0.0.9"));
        assertEquals(List.of("127.0.0.1", "127.0.0.9"), open(""));
        assertEquals(List.of("127.0.0.9"), open("--address 127.0.0.9"));
    }

    private List<String> open(String options)
    {
        List<String> open = new ArrayList<>();
        CommandRun run = run(() -> Stream.of("127.0.0.1", "127.0.0.9", "::1")
            .filter(address -> takesConnection(address, port)).forEach(open::add), options);
        assertEquals(0, run.exitCode(), run::errors);
        return open;
    }

    /** [C-CLI-54] Links begin at that address as well. */
    @Test
    void shouldConnectFromAddress() throws IOException
    {
        AtomicReference<InetAddress> source = new AtomicReference<>();
        try (ServerSocket server = new ServerSocket(0, 16, InetAddress.ofLiteral("127.0.0.1")))
        {
            server.setSoTimeout(ACCEPT_TIMEOUT_MS);
            Files.writeString(conf, "proxy_for 2 127.0.0.1:" + server.getLocalPort() + "; default 2;\n");
            CommandRun run = run(() ->
            {
                try (Socket link = server.accept())
                {
                    source.set(link.getInetAddress());
                }
                catch (IOException e)
                {
                    throw new IllegalStateException("no link", e);
                }
            }, "--address 127.0.0.9");

            assertEquals(0, run.exitCode(), run::errors);
            assertEquals(InetAddress.ofLiteral("127.0.0.9"), source.get());
        }
    }

    /** [C-CLI-56] [C-CLI-57] [C-CLI-71] In the order of the line, files and secrets mixed; duplicates stay. */
    @Test
    void shouldTakeSecretsInOrder() throws IOException
    {
        Path one = Files.writeString(folder.resolve("one"), THIRD + "\n" + SECRET.toUpperCase() + "\n");
        Path two = Files.writeString(folder.resolve("two"), OTHER);

        SecretList secrets = new ArgumentLine("x").parse("-S", OTHER, "--mtproto-secret-file", one.toString(),
            "--mtproto-secret=" + SECRET, "conf", "--mtproto-secret-file=" + two).legacy().secrets();

        assertEquals(Stream.of(OTHER, THIRD, SECRET, SECRET, OTHER).map(Secret::parse).toList(),
            IntStream.range(0, secrets.size()).mapToObj(secrets::get).toList());
    }

    /** [C-CLI-75] */
    @Test
    void shouldServeWithoutSecret() throws Exception
    {
        byte[] shared = new byte[64];
        AtomicReference<SoakReport> report = new AtomicReference<>();
        try (DatacenterServer datacenter =
            DatacenterServer.start(DatacenterSettings.of(shared, DatacenterSettings.Mode.ECHO)))
        {
            Files.writeString(conf, "proxy_for 2 127.0.0.1:" + datacenter.port() + "; default 2;\n");
            CommandRun run = run(() ->
            {
                await(() -> datacenter.snapshot().linksReady() == 4);
                report.set(talk());
            }, "");

            assertEquals(0, run.exitCode(), run::errors);
            assertTrue(report.get().isClean() && report.get().messagesAnswered() > 0, report::toString);
            assertEquals(List.of(), datacenter.violations());
        }
    }

    private SoakReport talk()
    {
        try (ClientSwarm swarm = ClientSwarm.start(SwarmSettings.of(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), port), List.of(), 3, Duration.ofMinutes(2))))
        {
            return swarm.awaitAnswers(30);
        }
        catch (IOException | InterruptedException e)
        {
            throw new IllegalStateException(e);
        }
    }

    /** [C-CLI-13] C has room for a thousand. */
    @Test
    void shouldTakeAnyNumberOfArguments()
    {
        CommandRun run = run(() ->
        {
        }, "-v ".repeat(3000) + "--verbosity=0");

        assertEquals(0, run.exitCode(), run::errors);
    }

    /** [C-BUG-03] [C-LIM-05] With a limit of clients C asserts from the 65th port on. */
    @Test
    void shouldListenOnManyPorts() throws IOException
    {
        String list = CommandLinePorts.fillMany("$MANY127");
        List<Integer> ports = new ArrayList<>(Stream.of(list.split(",", -1)).map(Integer::valueOf).toList());
        ports.add(port);
        List<Integer> open = new ArrayList<>();

        CommandRun run = run(() -> ports.stream().filter(one -> takesConnection("127.0.0.1", one)).forEach(open::add),
            "-C 100 -H " + list);

        assertEquals(0, run.exitCode(), run::errors);
        assertEquals(ports, open);
    }

    /** [C-LIFE-04] [C-BUG-16] [C-EXIT-19] C probes one after the other, five seconds each, before a port opens. */
    @Test
    void shouldServeBeforeDomainsHaveAnswered() throws IOException
    {
        assumeTrue(StatusDirectory.currentUid() == 0, "not root, so no domain can be played on port 443");
        List<Boolean> served = new ArrayList<>();
        try (ServerSocket silent = new ServerSocket(HTTPS_PORT, 64, InetAddress.ofLiteral("127.0.0.7"));
            ServerSocket silentToo = new ServerSocket(HTTPS_PORT, 64, InetAddress.ofLiteral("127.0.0.8")))
        {
            CommandRun run = run(() -> served.add(takesConnection("127.0.0.1", port)),
                "-S " + SECRET + " -D " + silent.getInetAddress().getHostAddress() + " -D " +
                    silentToo.getInetAddress().getHostAddress() + " -D ''");

            assertEquals(0, run.exitCode(), run::errors);
            assertEquals(List.of(true), served);
            assertFalse(run.errors().contains("did not answer"), run::errors);
        }
    }

    private CommandRun run(Runnable whenReady, String options)
    {
        List<String> arguments = new ArrayList<>(Stream.of(options.split(" ", -1)).filter(word -> !word.isEmpty())
            .map(word -> word.replace("''", "")).toList());
        arguments.addAll(List.of("-u", "root", "-c", "1000", "-H", String.valueOf(port), "--aes-pwd",
            proxySecret.toString(), "--status-dir", folder.resolve("status").toString(), conf.toString()));
        return CommandRun.of(folder, whenReady, arguments.toArray(String[]::new));
    }

    private static boolean takesConnection(String address, int port)
    {
        try (Socket socket = new Socket())
        {
            socket.connect(new InetSocketAddress(address, port), ACCEPT_TIMEOUT_MS);
            return true;
        }
        catch (IOException refused)
        {
            return false;
        }
    }

    private static boolean connect(List<Socket> sockets, int port, int timeoutMs)
    {
        Socket socket = new Socket();
        sockets.add(socket);
        try
        {
            socket.connect(new InetSocketAddress("127.0.0.1", port), timeoutMs);
            return true;
        }
        catch (SocketTimeoutException full)
        {
            return false;
        }
        catch (IOException e)
        {
            throw new IllegalStateException(e);
        }
    }

    /** @return whether somebody has accepted it: then nothing waits in the queue of the port. */
    private boolean isServed(Socket socket)
    {
        String local = "%04X".formatted(port);
        try
        {
            return socket.isConnected() && Files.readAllLines(Path.of("/proc/net/tcp")).stream()
                .map(line -> line.strip().split(" +"))
                .anyMatch(words -> words.length > 4 && words[1].endsWith(":" + local) && "0A".equals(words[3]) &&
                    words[4].endsWith(":00000000"));
        }
        catch (IOException e)
        {
            throw new IllegalStateException(e);
        }
    }

    private static void await(BooleanSupplier condition)
    {
        long deadlineNs = System.nanoTime() + Duration.ofSeconds(120).toNanos();
        while (!condition.getAsBoolean())
        {
            assertTrue(System.nanoTime() - deadlineNs < 0, "not within 120 s");
            Thread.onSpinWait();
        }
    }

    private static void close(Socket socket)
    {
        try
        {
            socket.close();
        }
        catch (IOException e)
        {
            throw new IllegalStateException(e);
        }
    }
}
