// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mtproxy.soak.FreePorts;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code -p} and {@code --http-stats}, looked at while the proxy runs. */
class StatsOptionsTest
{
    private static final String REFUSED = "refused";

    @TempDir private Path folder;
    private Path conf;
    private int port;

    @BeforeEach
    void prepare() throws IOException
    {
        conf = Files.writeString(folder.resolve("proxy-multi.conf"), "proxy_for 2 127.0.0.1:1;\ndefault 2;\n");
        port = FreePorts.next(2);
    }

    /** [C-HTTP-01] [C-HTTP-02] [C-CLI-39] [C-CLI-55] */
    @Test
    void shouldServeStatsWithBothOptions() throws IOException
    {
        Run run = run(port, "-p " + port + " --http-stats -c 300 -C 200 -P " + "ab".repeat(16));

        assertEquals(0, run.exitCode, run.errors);
        assertTrue(run.report.startsWith("pid\t" + ProcessHandle.current().pid() + "\n"), run.report);
        for (String row : List.of("config_filename\t" + conf, "config_size\t" + Files.size(conf),
            "max_connections\t300",
            "max_special_connections\t200", "proxy_tag_set\t1", "version\t" + ProductVersion.text(), "workers\t0",
            "config_auth_clusters\t1", "window_clamp\t131072"))
        {
            assertTrue(run.report.contains("\n" + row + "\n"), row + " is not in " + run.report);
        }
        assertTrue(run.report.contains(":" + (short)port + ":"), run.report);
        assertEquals(REFUSED, ask(port));
    }

    /** [C-HTTP-01] [C-CLI-55] {@code -p} alone opens nothing. */
    @Test
    void shouldOpenNothingWithoutHttpStats() throws IOException
    {
        Run run = run(port, "-p " + port);

        assertEquals(0, run.exitCode, run.errors);
        assertEquals(REFUSED, run.report);
    }

    /** [C-CLI-42] */
    @Test
    void shouldOpenNothingWhenTcpIsDisabled() throws IOException
    {
        Run run = run(port, "-p " + port + " --http-stats --disable-tcp");

        assertEquals(0, run.exitCode, run.errors);
        assertEquals(REFUSED, run.report);
    }

    /** [C-CLI-44] */
    @Test
    void shouldShowThatDhMayBeSkipped() throws IOException
    {
        assertTrue(run(port, "-p " + port + " --http-stats --allow-skip-dh").report
            .contains("\ndefault_rpc_flags\t2056\n"));
        assertTrue(run(port, "-p " + port + " --http-stats").report.contains("\ndefault_rpc_flags\t2048\n"));
    }

    /** [C-BUG-02] In C the first connection ends the process. */
    @Test
    void shouldServeStatsBesideIpv6() throws IOException
    {
        Run run = run(port, "-6 -p " + port + " --http-stats");

        assertEquals(0, run.exitCode, run.errors);
        assertTrue(run.report.startsWith("pid\t"), run.report);
    }

    /** [C-EXIT-14] [C-CLI-39] Code 1 for a port that is taken, 2 for a whole range. */
    @Test
    void shouldStopWhenPortIsTaken() throws IOException
    {
        try (ServerSocket taken = new ServerSocket(port, 1, InetAddress.ofLiteral("127.0.0.1")))
        {
            Run run = run(port, "-p " + taken.getLocalPort() + " --http-stats");
            assertEquals(1, run.exitCode, run.errors);
            assertTrue(run.errors.contains("stats port " + port + " cannot be opened: "), run.errors);

            try (ServerSocket next = new ServerSocket(port + 1, 1, InetAddress.ofLiteral("127.0.0.1")))
            {
                run = run(port, "-p " + port + ":" + next.getLocalPort() + " --http-stats");
                assertEquals(2, run.exitCode, run.errors);
                assertTrue(run.errors.contains("stats ports " + port + ".." + (port + 1) + " cannot be opened: "),
                    run.errors);
            }
            assertEquals(0, run(port + 1, "-p " + port + ":" + (port + 1) + " --http-stats").exitCode);
        }
    }

    /** [C-CLI-39] The first free port of the range, which then names the process too. */
    @Test
    void shouldTakeFirstFreePortOfRange() throws IOException
    {
        try (ServerSocket taken = new ServerSocket(port, 1, InetAddress.ofLiteral("127.0.0.1")))
        {
            Run run = run(port + 1, "-p " + taken.getLocalPort() + ":" + (port + 1) + " --http-stats");

            assertTrue(run.report.startsWith("pid\t"), run.report);
            assertTrue(run.report.contains(":" + (short)(port + 1) + ":"), run.report);
            assertTrue(run.errors.contains(":" + (port + 1) + ":"), run.errors);
        }
    }

    /**
     * What a command left.
     *
     * @param exitCode of the command.
     * @param errors   on stderr.
     * @param report   that the port showed while the proxy ran.
     */
    private record Run(int exitCode, String errors, String report)
    {
    }

    private Run run(int askedPort, String options) throws IOException
    {
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        Terminal terminal = new Terminal(new PrintStream(new ByteArrayOutputStream(), true, UTF_8),
            new PrintStream(err, true, UTF_8), Map.of("XDG_RUNTIME_DIR", folder.toString()), folder,
            CommandRun.PROGRAM);
        List<String> arguments = new ArrayList<>(List.of(options.split(" ")));
        arguments.addAll(List.of("-u", "root", "--status-dir", folder.resolve("status").toString(), conf.toString()));
        Asking asking = new Asking(askedPort);
        int exitCode = new MtProxy(terminal, log -> asking).execute(arguments.toArray(String[]::new));
        return new Run(exitCode, err.toString(UTF_8), asking.report);
    }

    private static String ask(int port) throws IOException
    {
        try (Socket socket = new Socket("127.0.0.1", port))
        {
            socket.getOutputStream().write("GET /stats\r\n".getBytes(UTF_8));
            return new String(socket.getInputStream().readAllBytes(), UTF_8);
        }
        catch (java.net.ConnectException e)
        {
            return REFUSED;
        }
    }

    /** Asks the stats port once, when the proxy is ready, and then lets it end. */
    private static final class Asking implements StopWait
    {
        private final int port;
        private String report = "";

        Asking(int port)
        {
            this.port = port;
        }

        @Override
        public void mainLoopBegins()
        {
            // nothing changes
        }

        @Override
        public String await()
        {
            try
            {
                report = ask(port);
            }
            catch (IOException e)
            {
                report = e.toString();
            }
            return "SIGTERM";
        }

        @Override
        public String await(long timeoutMs)
        {
            return await();
        }
    }
}
