// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.mtproxy.engine.io.linux.LinuxSignals;
import io.mtproxy.engine.status.StatusFileReader;
import io.mtproxy.soak.FreePorts;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The verbs that look at a proxy, as processes of the distribution; {@code top} in a real terminal, by tmux. */
class ProxyVerbsIT
{
    private static final int SIGKILL = 9;
    private static final long WAIT_MS = 120_000;
    private static final long POLL_MS = 100;
    private static final String HELP_LINE = "q quit  1-6 tables  n c t x sort  / filter  ? help";

    @TempDir private Path folder;
    private Path status;
    private Path conf;
    private int port;
    private int runs;
    private final String tmuxServer = "mtproxy-test-" + ProcessHandle.current().pid() + "-" + System.nanoTime();

    @BeforeEach
    void prepare() throws IOException
    {
        status = folder.resolve("status");
        conf = Files.writeString(folder.resolve("proxy-multi.conf"), "proxy_for 2 127.0.0.1:1;\ndefault 2;\n");
        port = FreePorts.next();
    }

    @AfterEach
    void endTmux() throws Exception
    {
        if (hasTmux())
        {
            run(List.of("tmux", "-L", tmuxServer, "kill-server"));
        }
    }

    /** Killed, it is seen with its last numbers and the time of its death; the next start is seen again. */
    @Test
    void shouldShowKilledProxy() throws Exception
    {
        long lastMs;
        long accepted;
        try (DistRun proxy = startProxy())
        {
            JsonNode now = await(state -> state.get("state").asText().equals("runs"));
            assertEquals(Integer.toString(port), now.get("proxy").asText());
            for (int i = 0; i < 5; i++)
            {
                new Socket("127.0.0.1", port).close();
            }
            accepted = accepted(await(state -> accepted(state) >= 5));
            StatusFileReader file = StatusFileReader.open(status.resolve(Path.of(Integer.toString(port),
                "engine.status")));
            long servedMs = System.currentTimeMillis();
            ProcessFacts.await(proxy, "a heartbeat", () -> file.heartbeatEpochMs() >= servedMs);
            proxy.signal(SIGKILL);
            assertEquals(128 + SIGKILL, proxy.exitCode());
            lastMs = file.heartbeatEpochMs();
        }
        Outcome stat = verb("stat");
        assertEquals(1, stat.exitCode, stat.text);
        assertTrue(stat.text.startsWith("proxy " + port + ": dead: killed or crashed at 20"), stat.text);
        JsonNode dead = new ObjectMapper().readTree(verb("stat", "--json").text);
        assertEquals("died", dead.get("state").asText());
        assertEquals(lastMs, dead.get("last_seen_ms").asLong());
        assertEquals(accepted, accepted(dead));

        try (DistRun again = startProxy())
        {
            await(state -> state.get("state").asText().equals("runs"));
            again.signal(LinuxSignals.SIGTERM);
            assertEquals(0, again.exitCode());
        }
        assertTrue(verb("stat").text.startsWith("proxy " + port + ": ended at 20"));
    }

    /** In a real terminal, at the usual size and at a large one. */
    @Test
    void shouldDrawOnTerminalsOfAnySize() throws Exception
    {
        assumeTrue(hasTmux(), "tmux is not installed: top in a terminal is left out");
        try (DistRun proxy = startProxy())
        {
            await(state -> state.get("state").asText().equals("runs"));
            Path ended = folder.resolve("ended");
            tmux("-f", "/dev/null", "new-session", "-d", "-x", "80", "-y", "24", "env MTPROXY_JAVA_HOME='" +
                System.getProperty("java.home") + "' '" + DistRun.home().resolve("bin/mtproto-proxy") +
                "' top --every 1 --status-dir '" + status + "'; echo ended with $?; stty -a > '" + ended +
                "'; sleep 600");

            // all in one look, as the terminal may be seen while it is drawn
            awaitScreen(text ->
            {
                List<String> lines = text.lines().toList();
                return text.contains("process ") && lines.size() == 24 && lines.getLast().equals(HELP_LINE) &&
                    lines.getFirst().startsWith("mtproto-proxy top  all  by name  every 1 s") &&
                    lines.get(1).startsWith("proxy " + port + ": running for ");
            });

            tmux("resize-window", "-x", "200", "-y", "60");
            awaitScreen(text -> text.lines().toList().indexOf(HELP_LINE) > 23 && text.contains("over 10 ms") &&
                text.split("q quit", -1).length == 2 && text.split("mtproto-proxy top ", -1).length == 2);

            tmux("send-keys", "4");
            awaitScreen(text -> text.startsWith("mtproto-proxy top  processes "));
            tmux("send-keys", "?");
            awaitScreen(text -> text.contains("sort by   n name"));
            tmux("send-keys", "Tab", "Tab", "c", "/", "x", "y", "Enter");
            awaitScreen(text -> text.startsWith("mtproto-proxy top  ends  by clients  only *xy*"));
            tmux("resize-window", "-x", "20", "-y", "5");
            awaitScreen(text -> text.lines().count() <= 5 && text.startsWith("mtproto-proxy top  e"));

            tmux("resize-window", "-x", "80", "-y", "24");
            tmux("send-keys", "q");
            String after = awaitScreen(text -> text.contains("ended with 0"));
            assertTrue(!after.contains("q quit"), after);
            String terminal = " " + awaitFile(ended).replace('\n', ' ');
            assertTrue(terminal.contains(" icanon") && terminal.contains(" echo ") && terminal.contains(" isig"),
                terminal);
            assertTrue(proxy.isAlive());
        }
    }

    /** Without a terminal it is text, once. */
    @Test
    void shouldPrintTextWithoutTerminal() throws Exception
    {
        try (DistRun proxy = startProxy())
        {
            await(state -> state.get("state").asText().equals("runs"));
            Outcome top = verb("top", "--every", "1");
            assertEquals(0, top.exitCode, top.text);
            assertTrue(top.text.startsWith("proxy " + port + ": running for ") && top.text.indexOf('\u001b') < 0,
                top.text);
            assertTrue(top.text.contains("to clients: 0 B/s"), top.text);
            assertTrue(proxy.isAlive());
        }
    }

    private record Outcome(int exitCode, String text)
    {
    }

    /** @return a proxy in its main loop: the status file shows it before, when a signal still ends it with 1. [C-EXIT-21] */
    private DistRun startProxy() throws Exception
    {
        Path own = Files.createDirectory(folder.resolve("run-" + runs++));
        DistRun proxy = DistRun.start(own, List.of("-u", "root", "-H", Integer.toString(port), "--status-dir", status
            .toString(),
            conf.toString()));
        ProcessFacts.await(proxy, "main loop begins", () -> proxy.err().contains("main loop begins"));
        return proxy;
    }

    private Outcome verb(String name, String... options) throws Exception
    {
        List<String> command = new ArrayList<>(List.of(DistRun.home().resolve("bin/mtproto-proxy").toString(), name,
            "--status-dir", status.toString()));
        command.addAll(Arrays.asList(options));
        return run(command);
    }

    private static Outcome run(List<String> command) throws Exception
    {
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put("MTPROXY_JAVA_HOME", System.getProperty("java.home"));
        Process process = builder.start();
        process.getOutputStream().close();
        String text = new String(process.getInputStream().readAllBytes(), UTF_8);
        assertTrue(process.waitFor(WAIT_MS, TimeUnit.MILLISECONDS));
        return new Outcome(process.exitValue(), text);
    }

    private JsonNode await(Predicate<JsonNode> condition) throws Exception
    {
        long endNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(WAIT_MS);
        Outcome last;
        do
        {
            last = verb("stat", "--json");
            if (last.exitCode == 0)
            {
                JsonNode state = new ObjectMapper().readTree(last.text);
                if (condition.test(state))
                {
                    return state;
                }
            }
            TimeUnit.MILLISECONDS.sleep(POLL_MS);
        }
        while (System.nanoTime() - endNs < 0);
        throw new AssertionError("not seen in time, last: " + last.text);
    }

    private static long accepted(JsonNode state)
    {
        return state.get("counters").get("inbound_connections_accepted").asLong();
    }

    private Outcome tmux(String... arguments) throws Exception
    {
        List<String> command = new ArrayList<>(List.of("tmux", "-L", tmuxServer));
        command.addAll(Arrays.asList(arguments));
        Outcome outcome = run(command);
        assertEquals(0, outcome.exitCode, outcome.text);
        return outcome;
    }

    private String awaitScreen(Predicate<String> condition) throws Exception
    {
        long endNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(WAIT_MS);
        String screen;
        do
        {
            screen = tmux("capture-pane", "-p").text;
            if (condition.test(screen))
            {
                return screen;
            }
            TimeUnit.MILLISECONDS.sleep(POLL_MS);
        }
        while (System.nanoTime() - endNs < 0);
        throw new AssertionError("not seen in time, last:\n" + screen);
    }

    private static String awaitFile(Path file) throws Exception
    {
        long endNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(WAIT_MS);
        while (System.nanoTime() - endNs < 0 && (!Files.exists(file) || Files.size(file) == 0))
        {
            TimeUnit.MILLISECONDS.sleep(POLL_MS);
        }
        return Files.readString(file);
    }

    private static boolean hasTmux()
    {
        for (String part : System.getenv().getOrDefault("PATH", "").split(":", -1))
        {
            if (Files.isExecutable(Path.of(part, "tmux")))
            {
                return true;
            }
        }
        return false;
    }
}
