// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mtproxy.cli.stats.ProxySettings;
import io.mtproxy.engine.ConfigState;
import io.mtproxy.engine.status.ProxyCounter;
import io.mtproxy.engine.status.StatusDirectory;
import io.mtproxy.engine.status.StatusFile;
import io.mtproxy.engine.status.StatusState;
import io.mtproxy.soak.FreePorts;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.agrona.concurrent.SystemEpochClock;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code stats-server} beside a proxy that has no port. */
class StatsServerCommandTest
{
    @TempDir private Path folder;
    private Path root;
    private int port;

    @BeforeEach
    void prepare() throws IOException
    {
        root = folder.resolve("status");
        port = FreePorts.next();
    }

    @Test
    void shouldServeEveryPage() throws IOException
    {
        ProxySettings settings = new ProxySettings("proxy-multi.conf", 4000, 600, 7, 1 << 20, 131072, 0, true);
        try (StatusDirectory proxy = StatusDirectory.claim(root, "443");
            StatusFile file = StatusFile.create(proxy.statusFile("engine"), List.of("client-0", "datacenter-0"),
                "version=1.2.3\nprogram=mtproto-proxy 1.2.3 of a test\n" + settings.toText(),
                SystemEpochClock.INSTANCE))
        {
            file.configuration(new ConfigState(1_795_599_001_000L, 98, "0123abcd", 3, 4, 2).toText());
            file.counters(0).set(ProxyCounter.FRAMES_TO_DATACENTER, 12345);
            file.counters(1).set(ProxyCounter.READY_TARGETS, 2);
            file.state(StatusState.SERVING);

            List<String> answers = answers("127.0.0.1", "/stats", "/metrics", "/healthz", "/readyz", "/other");

            for (String row : List.of("pid\t" + ProcessHandle.current().pid(), "config_filename\tproxy-multi.conf",
                "config_loaded_at\t1795599001", "config_md5\t0123abcd", "max_connections\t4000",
                "max_special_connections\t600", "max_accept_rate\t7", "proxy_tag_set\t1", "workers\t0",
                "tot_forwarded_queries\t12345", "version\tmtproto-proxy 1.2.3 of a test",
                "start_time\t" + file.reader().startEpochMs() / 1000))
            {
                assertTrue(answers.get(0).contains("\n" + row + "\n"), row + " is not in " + answers.get(0));
            }
            assertTrue(answers.get(1).contains("\nmtproxy_relayed_frames_total{direction=\"to_datacenter\"} 12345\n"));
            assertTrue(answers.get(1).contains("\nmtproxy_up 1\n"));
            assertTrue(answers.get(2).endsWith("\r\nok\n"), answers.get(2));
            assertTrue(answers.get(3).endsWith("\r\nok\n"), answers.get(3));
            assertTrue(answers.get(4).startsWith("HTTP/1.1 404 "), answers.get(4));
        }
    }

    /** A proxy that is not there, or no more, is an answer: its container may come later. */
    @Test
    void shouldWaitForProxy() throws IOException
    {
        List<String> answers = answers("127.0.0.1", "/healthz", "/metrics", "/stats");

        assertTrue(answers.get(0).startsWith("HTTP/1.1 503 ") && answers.get(0).endsWith("\r\nno process serves\n"),
            answers.get(0));
        assertTrue(answers.get(1).contains("\nmtproxy_up 0\n"), answers.get(1));
        assertTrue(answers.get(2).contains("\ntot_forwarded_queries\t0\n"), answers.get(2));

        try (StatusDirectory proxy = StatusDirectory.claim(root, "443"))
        {
            StatusFile.create(proxy.statusFile("engine"), List.of("client-0"), "", SystemEpochClock.INSTANCE).close();
        }
        answers = answers("127.0.0.1", "/healthz");
        assertTrue(answers.get(0).endsWith("\r\nthe proxy has ended\n"), answers.get(0));
    }

    @Test
    void shouldRefuseStrangersWithoutWord() throws IOException
    {
        assertEquals(List.of(""), answers("127.0.0.9", List.of("--allow", "127.0.0.1,127.0.0.8"), "/metrics"));
        assertTrue(answers("127.0.0.8", List.of("--allow", "127.0.0.1,127.0.0.8"), "/metrics").getFirst()
            .startsWith("HTTP/1.1 200 "));
    }

    @Test
    void shouldNeedNameOfOneOfSeveral() throws IOException
    {
        try (StatusDirectory first = StatusDirectory.claim(root, "443");
            StatusDirectory second = StatusDirectory.claim(root, "8443"))
        {
            assertTrue(first.folder().startsWith(root) && second.folder().startsWith(root));
            CommandRun run = run(() ->
            {
            }, List.of());
            assertEquals(2, run.exitCode());
            assertTrue(run.err().getLast().contains("choose one with --instance: 443 (runs), 8443 (runs)"),
                run.err()::toString);
            assertEquals(0, run(() ->
            {
            }, List.of("--instance", "8443")).exitCode());
        }
    }

    @Test
    void shouldSayWhyItCannotServe() throws IOException
    {
        try (ServerSocket taken = new ServerSocket(port, 1, InetAddress.ofLiteral("127.0.0.1")))
        {
            CommandRun run = run(() ->
            {
            }, List.of());
            assertEquals(1, run.exitCode());
            assertTrue(run.err().getLast().contains("--listen 127.0.0.1 port " + taken.getLocalPort() +
                " cannot be opened: "), run.err()::toString);
        }
        assertEquals(2, CommandRun.of(folder, "stats-server", "--listen", "nowhere").exitCode());
        assertEquals(2, CommandRun.of(folder, "stats-server", "--allow", "10.0.0.1/8").exitCode());
    }

    private List<String> answers(String from, String... paths)
    {
        return answers(from, List.of(), paths);
    }

    private List<String> answers(String from, List<String> options, String... paths)
    {
        List<String> answers = new ArrayList<>();
        CommandRun run = run(() ->
        {
            for (String path : paths)
            {
                answers.add(ask(from, path));
            }
        }, options);
        assertEquals(0, run.exitCode(), run.err()::toString);
        return answers;
    }

    private CommandRun run(Runnable whenReady, List<String> options)
    {
        List<String> arguments = new ArrayList<>(List.of("stats-server", "--status-dir", root.toString(), "--listen",
            "127.0.0.1:" + port));
        arguments.addAll(options);
        return CommandRun.of(folder, whenReady, arguments.toArray(String[]::new));
    }

    private String ask(String from, String path)
    {
        try (Socket socket = new Socket())
        {
            socket.bind(new InetSocketAddress(from, 0));
            socket.connect(new InetSocketAddress("127.0.0.1", port), 60_000);
            socket.setSoTimeout(60_000);
            socket.getOutputStream().write(("GET " + path + " HTTP/1.1\r\n\r\n").getBytes(ISO_8859_1));
            return new String(socket.getInputStream().readAllBytes(), ISO_8859_1);
        }
        catch (java.net.SocketException e)
        {
            // closed with our request unread
            return "";
        }
        catch (IOException e)
        {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
