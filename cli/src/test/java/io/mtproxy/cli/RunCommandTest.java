// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mtproxy.engine.EngineConfig;
import io.mtproxy.engine.config.ConfigurationException;
import io.mtproxy.engine.io.linux.LinuxThreads;
import io.mtproxy.engine.status.StatusDirectory;
import io.mtproxy.soak.FreePorts;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The command in the test's own process: exit code, stream and text for each rule. */
class RunCommandTest
{
    private static final String SECRET = "0123456789abcdef0123456789ABCDEF";
    private static final String ANNOUNCEMENT =
        "\\[\\d+]\\[\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d\\.\\d{6} local] starting mtproto-proxy \\S.*";

    @TempDir private Path folder;
    private Path conf;
    private Path proxySecret;

    /**
     * A line that is refused.
     *
     * @param clause    that says so.
     * @param line      with blanks between the arguments.
     * @param exitCode  of the command.
     * @param errorPart of what stands on stderr.
     */
    record Refused(String clause, String line, int exitCode, String errorPart)
    {
        @Override
        public String toString()
        {
            return clause + ": " + line;
        }
    }

    static final List<Refused> USAGE = List.of(
        new Refused("C-CLI-04", "", 2, "the configuration file is missing"),
        new Refused("C-CLI-04", "a b", 2, "one configuration file is wanted, these are 2: a b"),
        new Refused("C-CLI-02", "-- a -6", 2, "these are 2: a -6"),
        new Refused("C-CLI-05", "--http conf", 2,
            "'--http' is ambiguous; possibilities: '--http-ports' '--http-stats'"),
        new Refused("C-CLI-05", "--m 1 conf", 2, "'--m' is ambiguous; possibilities: "),
        new Refused("C-CLI-05", "--mtproto-s 1 conf", 2, "'--mtproto-secret' '--mtproto-secret-file'"),
        new Refused("C-CLI-05", "--thread 2 conf", 2, "unrecognized option '--thread'"),
        new Refused("C-CLI-59", "-D " + "x".repeat(217) + " conf", 2, "has 216 bytes at most"),
        new Refused("C-CLI-06", "-H", 2, "option requires an argument -- 'H'"),
        new Refused("C-CLI-06", "conf --http-ports", 2, "option '--http-ports' requires an argument"),
        new Refused("C-CLI-07", "-v1 conf", 2, "invalid option -- '1'"),
        new Refused("C-CLI-07", "-v 1 conf", 2, "these are 2: 1 conf"),
        new Refused("C-CLI-07", "--verbosity 1 conf", 2, "these are 2: 1 conf"),
        new Refused("C-CLI-08", "--ipv6=1 conf", 2, "option '--ipv6' doesn't allow an argument"),
        new Refused("C-CLI-09", "-x conf", 2, "invalid option -- 'x'\n./mtproto-proxy: unknown option -x"),
        new Refused("C-CLI-09", "--foo conf", 2,
            "unrecognized option '--foo'\n./mtproto-proxy: unknown option --foo"),
        new Refused("C-CLI-10", "-c x --foo conf", 2, "option '--connections': \"x\" is not a whole number"),
        new Refused("C-CLI-10", "--foo -c x conf", 2, "unrecognized option '--foo'"),
        new Refused("C-CLI-11", "-c 12x conf", 2, "\"12x\" is not a whole number"),
        new Refused("C-CLI-31", "--verbosity=x conf", 2, "'--verbosity': \"x\" is not a whole number"),
        new Refused("C-CLI-32", "--log conf", 2, "the configuration file is missing"),
        new Refused("C-CLI-33", "--daemonize=x conf", 2, "'--daemonize': \"x\" is not a whole number"),
        new Refused("C-CLI-35", "--nice x conf", 2, "'--nice': \"x\" is not a whole number"),
        new Refused("C-CLI-63", "-M 257 conf", 2, "'--slaves': 257 is outside 0..256"),
        new Refused("C-BUG-13", "-M abc conf", 2, "'--slaves': \"abc\" is not a whole number"),
        new Refused("C-BUG-03", "--cpu-threads 300 conf", 2, "'--cpu-threads': 300 is outside 1..64"),
        new Refused("C-LIM-03", "--slaves -1 conf", 2, "'--slaves': -1 is outside 0..256"),
        new Refused("--worker-exit", "--worker-exit die conf", 2, "neither replace nor stop"),
        new Refused("--front-policy", "--front-policy digest=shout conf", 2, "digest=splice, =drop or =alert"),
        new Refused("--front-policy", "--front-policy clock=drop,lunch=drop conf", 2, "these are: silence, not-tls"),
        new Refused("--front-delay", "--front-delay 5001 conf", 2, "5000"),
        new Refused("C-CLI-36", "--msg-buffers-size 1x conf", 2, "\"1x\" is not a size"),
        new Refused("C-CLI-36", "--msg-buffers-size -1 conf", 2, "\"-1\" is not a size"),
        new Refused("C-CLI-36", "--msg-buffers-size 2t conf", 2, "\"2t\" is more than 1t"),
        new Refused("-p", "-p 0 conf", 2, "\"0\" is neither a port nor a range"),
        new Refused("-p", "-p 9:8 conf", 2, "the range \"9:8\" ends before it begins"),
        new Refused("-p", "-p 70000 conf", 2, "port 70000 is outside 1..65535"),
        new Refused("-p", "-p 8888:70000 conf", 2, "port 70000 is outside 1..65535"),
        new Refused("-p", "-p 8888:-1 conf", 2, "ends before it begins"),
        new Refused("-p", "-p x8888 conf", 2, "\"x8888\" is neither a port nor a range"),
        new Refused("C-CLI-36", "--msg-buffers-size 64b conf", 2, "\"64b\" is not a size"),
        new Refused("C-CLI-36", "--msg-buffers-size 64mx conf", 2, "\"64mx\" is not a size"),
        new Refused("C-CLI-53", "--nat-info 1.2.3.4 conf", 2, "write LOCAL:GLOBAL"),
        new Refused("C-LIM-06", "--nat-info 1.2.3.4:1.2.3.5 ".repeat(17) + "conf", 2, "more than 16 rules"),
        new Refused("C-CLI-56", "-S dd" + SECRET + " conf", 2, "a secret is exactly 32 hexadecimal digits"),
        new Refused("C-CLI-56", "-S " + SECRET + "," + SECRET + " conf", 2, "exactly 32 hexadecimal digits"),
        new Refused("C-LIM-04", ("-S " + SECRET + " ").repeat(129) + "conf", 2, "more than 128 client secrets"),
        new Refused("C-CLI-58", "-P " + SECRET + "0 conf", 2, "exactly 32 hexadecimal digits"),
        new Refused("C-CLI-61", "-W -1 conf", 2, "-1 is outside 0.."),
        new Refused("C-CLI-62", "-H 0443 conf", 2, "\"0443\" is not a list of ports"),
        new Refused("C-CLI-62", "-H ,443 conf", 2, "is not a list of ports"),
        new Refused("C-CLI-62", "-H 1,,2 conf", 2, "is not a list of ports"),
        new Refused("C-CLI-62", "-H 443,, conf", 2, "is not a list of ports"),
        new Refused("C-CLI-62", "-H 1;2 conf", 2, "is not a list of ports"),
        new Refused("C-CLI-62", "-H 65536 conf", 2, "port 65536 is outside 1..65535"),
        new Refused("C-LIM-05", "-H 7 ".repeat(129) + "conf", 2, "more than 128 client ports"),
        new Refused("C-CLI-72", "--mtproto-secret-file nowhere conf", 2, "nowhere: there is no such file"),
        new Refused("--threads", "--threads 65 conf", 2, "\"65\" is outside 1..64 in all"),
        new Refused("--threads", "--threads 3+0 conf", 2, "\"3+0\" is outside 1..64 in all"),
        new Refused("--idle-strategy", "--idle-strategy fast conf", 2, "neither auto nor busy-spin"),
        new Refused("--cpus", "--cpus 1,two conf", 2, "\"two\" is neither a CPU's number nor like 4-5"),
        new Refused("--client-buffer", "--client-buffer 1k conf", 2, "is outside"),
        new Refused("--handshake-timeout", "--handshake-timeout -1 conf", 2, "-1 is outside 0.."),
        new Refused("--instance", "--instance a/b conf", 2, "is no name"));

    /** Refused with an exit code of their own or without the usage. */
    static final List<Refused> LINES = List.of(
        new Refused("C-EXIT-02", "-u a -u b conf", 1, "option '--user': given twice"),
        new Refused("C-EXIT-03", "--address 1.2.3 conf", 4, "\"1.2.3\" is not an IPv4 address"),
        new Refused("C-EXIT-03", "--address 127.0.0.01 conf", 4, "\"127.0.0.01\" is not an IPv4 address"),
        new Refused("C-EXIT-03", "--address ::1 conf", 4, "\"::1\" is not an IPv4 address"),
        new Refused("C-EXIT-16", "-D a.example conf", 2, "-D needs a client secret"),
        new Refused("--front-policy", "--front-policy digest=drop conf", 2, "give one with -D"),
        new Refused("--front-delay", "--front-delay 0 conf", 2, "give one with -D"),
        new Refused("C-EXIT-13", "--http-stats nowhere.conf", 2, "--http-stats needs a port"));

    @BeforeEach
    void writeFiles() throws IOException
    {
        conf = Files.writeString(folder.resolve("proxy-multi.conf"), "default 2; proxy_for 2 127.0.0.1:9;\n");
        proxySecret = Files.write(folder.resolve("proxy-secret"), new byte[64]);
    }

    /** [C-EXIT-01] [C-CLI-12] [C-GEN-01] [C-EXIT-17] [C-BUG-03] [C-BUG-13] No stack trace, and no port is opened before. */
    @ParameterizedTest
    @FieldSource("USAGE")
    void shouldRefuseWithUsageOnStdout(Refused refused)
    {
        CommandRun run = run(refused.line());

        assertAll(
            () -> assertEquals(refused.exitCode(), run.exitCode()),
            () -> assertTrue(run.out().startsWith("usage: ./mtproto-proxy "), run::out),
            () -> assertTrue(run.err().getFirst().matches(ANNOUNCEMENT), run.err()::getFirst),
            () -> assertTrue(run.errors().contains(refused.errorPart()), run::errors),
            () -> assertFalse(run.errors().contains("\tat ") || run.errors().contains("Exception"), run::errors),
            () -> assertFalse(run.errors().toLowerCase().contains(SECRET.toLowerCase()), "a secret is shown"));
    }

    @ParameterizedTest
    @FieldSource("LINES")
    void shouldRefuseWithOneLine(Refused refused)
    {
        CommandRun run = run(refused.line());

        assertEquals(refused.exitCode(), run.exitCode());
        assertEquals("", run.out());
        assertEquals(2, run.err().size(), run::errors);
        assertTrue(run.errors().contains(refused.errorPart()), run::errors);
    }

    /** [C-CLI-20] [C-CLI-30] [C-CLI-21] What stands behind is not looked at. */
    @ParameterizedTest
    @FieldSource("HELP")
    void shouldPrintUsage(String line)
    {
        CommandRun run = run(line);

        List<String> lines = run.out().lines().toList();
        assertEquals(2, run.exitCode());
        assertEquals("", run.errors());
        assertTrue(lines.get(0).matches("usage: ./mtproto-proxy .*<config-file>"), lines::getFirst);
        assertEquals(ProductVersion.text(), lines.get(1));
        List<String> options = lines.subList(3, lines.size());
        assertTrue(options.stream().allMatch(
            option -> option.matches("\t--[a-z0-9-]+(/-[A-Za-z0-9])?( <arg>| \\{arg})? +\t\\S.*")), run::out);
        assertEquals(1, options.stream().map(option -> option.indexOf('\t', 1)).distinct().count());
        assertEquals("6CDHMPSTWbcdhlpuv", options.stream().filter(option -> option.contains("/-"))
            .map(option -> option.replaceFirst("(?s).*?/-(.).*", "$1")).reduce("", String::concat));
    }

    static final List<String> HELP = List.of("-h", "--help", "--he", "-6h", "-v --help --foo", "-h -c x");

    /** [C-CLI-22] [C-CLI-23] */
    @Test
    void shouldPrintVersion()
    {
        assertEquals(new CommandRun(0, ProductVersion.text() + "\n", List.of()), run("--version"));
        assertEquals(ProductVersion.text() + "\n", run("-6 --version -x").out());
        assertEquals(2, run("--vers conf").exitCode());
        assertFalse(ProductVersion.text().contains("\t"));
    }

    @Test
    void shouldPrintHelpOfProduct()
    {
        CommandRun run = run("help");

        assertEquals(0, run.exitCode());
        assertEquals(List.of(), run.err());
        assertTrue(run.out().contains("\tdemo "), run::out);
        assertTrue(run("help demo").out().contains("--rsa-key"));
        assertEquals(2, run("help nothing").exitCode());
    }

    /** [C-EXIT-04] [C-EXIT-05] [C-EXIT-06] [C-LIFE-02] [C-BUG-12] */
    @Test
    void shouldRefuseConfigurationFile() throws IOException
    {
        Path bad = Files.writeString(folder.resolve("bad.conf"), "proxy_for 2 127.0.0.1:9;\nproxies 3;\n");

        CommandRun missing = run("-H " + FreePorts.next() + " " + folder.resolve("nowhere"));
        CommandRun directory = run(folder.toString());
        CommandRun wrong = run(bad.toString());

        assertEquals(1, missing.exitCode());
        assertTrue(missing.errors().contains("there is no such file"), missing::errors);
        assertEquals(1, CommandRun.of(folder, "").exitCode());
        assertEquals(2, directory.exitCode());
        assertTrue(directory.errors().contains(folder + "\": it is a directory"), directory::errors);
        assertEquals(1, wrong.exitCode());
        assertTrue(wrong.errors().contains("bad.conf:2:"), wrong::errors);
        Files.writeString(bad, "proxies 3;");
        assertTrue(run(bad.toString()).errors().contains("bad.conf:1:"));
    }

    /** [C-CFG-23] [C-BUG-03] C asserts. */
    @ParameterizedTest
    @ValueSource(strings = {"0.0.0.0", "[::]"})
    void shouldRefuseServerWithoutAddress(String host) throws IOException
    {
        Path bad = Files.writeString(folder.resolve("bad.conf"), "default 2;\nproxy_for 2 " + host + ":9;\n");

        CommandRun run = run(bad.toString());

        assertEquals(1, run.exitCode());
        assertTrue(run.errors().contains("bad.conf:2:"), run::errors);
        assertFalse(run.errors().contains("\tat "), run::errors);
    }

    /** [C-EXIT-07] [C-LIFE-05] A port that is taken is told before a secret that cannot be read. */
    @Test
    void shouldRefuseTakenPort() throws IOException
    {
        try (ServerSocket taken = new ServerSocket(0, 1))
        {
            CommandRun run = run("-H " + taken.getLocalPort() + " --aes-pwd nowhere " + conf);

            assertEquals(1, run.exitCode());
            assertTrue(run.errors().contains("client port " + taken.getLocalPort() + " cannot be opened: "),
                run::errors);
            assertFalse(run.errors().contains("nowhere"), run::errors);
        }
        int port = FreePorts.next();
        CommandRun twice = run("-H " + port + " -H " + port + " " + conf);
        assertEquals(1, twice.exitCode());
        assertTrue(twice.errors().contains("client port " + port + " cannot be opened: it is listed twice"),
            twice::errors);
    }

    /** [C-EXIT-14] [C-EXIT-15] [C-CLI-39] A range counts as one even if it is of one port. */
    @Test
    void shouldRefuseTakenStatsPort() throws IOException
    {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress()))
        {
            int port = taken.getLocalPort();
            String rest = " --http-stats -u root --aes-pwd " + proxySecret + " " + conf;

            assertEquals(1, run("-p " + port + rest).exitCode());
            assertEquals(1, run("-p 0" + port + ": " + rest).exitCode());
            assertEquals(2, run("-p " + port + ":" + port + rest).exitCode());
        }
    }

    /** [C-LIFE-06] What is looked at first is told: a stats port of root, --aes-pwd, the user, other stats ports. */
    @Test
    void shouldTellFirstOfSeveralErrors() throws IOException
    {
        assumeTrue(StatusDirectory.currentUid() == 0, "not root, so neither user nor ports below 1024 are looked at");
        String noSecret = " --aes-pwd nowhere";
        String noUser = " -u no-such-user";
        try (ServerSocket low = new ServerSocket(LifeCycleIT.freePortBelow1024(), 1, InetAddress.getLoopbackAddress());
            ServerSocket high = new ServerSocket(0, 1, InetAddress.getLoopbackAddress()))
        {
            String lowPort = " --http-stats -p " + low.getLocalPort();
            String highPort = " --http-stats -p " + high.getLocalPort();
            String lowRange = lowPort + ":" + low.getLocalPort();

            assertTold(1, "stats port " + low.getLocalPort(), run(lowPort + noSecret + noUser + " " + conf));
            assertTold(1, "nowhere", run(lowRange + noSecret + noUser + " " + conf));
            assertTold(1, "nowhere", run(highPort + noSecret + noUser + " " + conf));
            assertTold(1, "no-such-user", run(highPort + noUser + " --aes-pwd " + proxySecret + " " + conf));
            assertTold(2, "stats port", run(lowRange + " -u root --aes-pwd " + proxySecret + " " + conf));
        }
    }

    private static void assertTold(int exitCode, String part, CommandRun run)
    {
        assertEquals(exitCode, run.exitCode(), run::errors);
        String told = run.errors().lines().skip(1).filter(line -> !line.contains("] warning: ")).findFirst().orElse("");
        assertTrue(told.contains(part), run::errors);
    }

    /** [C-EXIT-08] [C-LIM-13] [C-BUG-12] */
    @Test
    void shouldRefuseProxySecretFile() throws IOException
    {
        Path shortOne = Files.write(folder.resolve("short"), new byte[31]);

        CommandRun run = run("--aes-pwd " + shortOne + " " + conf);

        assertEquals(1, run.exitCode());
        assertTrue(run.errors().contains("it has only 31 bytes"), run::errors);
        assertEquals(1, run("--aes-pwd " + folder + " " + conf).exitCode());
        assertEquals(1, run("--aes-pwd " + folder.resolve("nowhere") + " " + conf).exitCode());
    }

    /** [C-LOG-02] [C-LIFE-07] [C-LOG-01] [C-EXIT-20] */
    @Test
    void shouldTellItsLifeInOrder() throws IOException
    {
        int port = FreePorts.next();
        CommandRun run = run("-u root --status-dir " + folder.resolve("status") + " -S " + SECRET + " -H " + port +
            " " +
            conf + " --aes-pwd " + proxySecret + " -c 100");

        List<String> texts = run.err().stream().map(line -> line.replaceFirst("^\\[\\d+]\\[[^]]* local] ", ""))
            .toList();
        assertEquals(0, run.exitCode(), run::errors);
        assertEquals("", run.out());
        assertEquals(7, texts.size(), run::errors);
        assertTrue(texts.get(0).startsWith("starting mtproto-proxy "));
        assertEquals("configuration file " + conf, texts.get(1));
        assertTrue(texts.get(2).matches("process tuple \\[[\\d.]+:65535:\\d+:\\d+], client ports \\[" + port + "]"));
        assertTrue(texts.get(3).startsWith("configuration " + conf + " applied: " + Files.size(conf) + " bytes"));
        assertEquals(List.of("main loop begins", "SIGTERM received, closing", "terminated by SIGTERM"),
            texts.subList(4, 7));
        assertTrue(Files.exists(folder.resolve("status/" + port + "/engine.status")));
    }

    /** [C-EXIT-09] [C-EXIT-18] [C-BUG-23] Worth a line, but no reason to stop. */
    @Test
    void shouldWarn()
    {
        CommandRun run = run("-S " + SECRET + " -S " + SECRET.toLowerCase() + " -p 8888 --address 127.0.0.1 -c 70000 " +
            "--threads " + Math.min(64, Runtime.getRuntime().availableProcessors()) +
            " --idle-strategy busy-spin -u root --status-dir " + folder.resolve("s") + " " + conf);

        assertEquals(0, run.exitCode(), run::errors);
        assertWarned(run, "no --aes-pwd is given and there is no file \"secret\"");
        assertWarned(run, "no client port is given");
        assertWarned(run, "client secret 2 is the same as client secret 1");
        assertWarned(run, "-p 8888 opens no port without --http-stats");
        assertWarned(run, "--address 127.0.0.1 is not in 10.0.0.0/8");
        assertWarned(run, "-c 70000 is more than a process can have, using 65536");
        assertWarned(run, "--idle-strategy busy-spin needs more CPUs");
        assertTrue(run.errors().contains(":8888:"), run::errors);
    }

    /** [C-CLI-01] [C-CLI-06] [C-CLI-07] [C-CLI-10] [C-CLI-31] [C-LOG-04] What is in force shows no secret. */
    @Test
    void shouldShowEffectiveConfiguration() throws IOException
    {
        int first = FreePorts.next();
        CommandRun run = run("-vv --verbosity=1 -H" + first + ", " + conf +
            " -u root -b 7 --backlog=9 --conn 50 -C -1 " +
            "--client-buffer 4M --aes-pwd=" + proxySecret + " -P " + SECRET + " -S" + SECRET + " --status-dir " +
            folder.resolve("s"));

        assertEquals(0, run.exitCode(), run::errors);
        assertTrue(run.errors().contains("Listening[ports=[" + first + "], ipv6=false, address=null, backlog=9"),
            run::errors);
        assertTrue(run.errors().contains("1 secrets, tag set, connections 50, clients 0, "), run::errors);
        assertTrue(run.errors().contains("clientBufferLength=4194304"), run::errors);
        assertTrue(run.errors().contains("proxy-secret set"), run::errors);
        assertFalse(run.errors().toLowerCase().contains(SECRET.toLowerCase()), run::errors);
    }

    /** [C-CLI-38] [C-CLI-60] */
    @Test
    void shouldLowerClientsOnlyWhenTheyStandBeforeConnections()
    {
        assertTrue(run(inForce("-C 100 -c 50")).errors().contains("connections 50, clients 50,"));
        assertTrue(run(inForce("-C 0 -c 50")).errors().contains("connections 50, clients 50,"));
        assertTrue(run(inForce("-c 50 -C 100")).errors().contains("connections 50, clients 100,"));
        assertTrue(run(inForce("-c 50 -C 0")).errors().contains("connections 50, clients 0,"));
    }

    /** [C-CLI-70] [C-CLI-71] [C-CLI-73] */
    @Test
    void shouldReadSecretFile() throws IOException
    {
        Path good = Files.writeString(folder.resolve("secrets"),
            "# mine\r\n" + SECRET + ",\t" + "f".repeat(32) + " # two\r\n\r\n" + "a".repeat(32));
        Path bad = Files.writeString(folder.resolve("bad"), "\n" + SECRET + ";" + SECRET + "\n");
        Path empty = Files.writeString(folder.resolve("empty"), "# nothing\n , \n");

        assertTrue(run(inForce("-S " + SECRET + " --mtproto-secret-file " + good)).errors().contains("4 secrets"));
        assertTrue(run("--mtproto-secret-file " + bad + " c").errors().contains("bad:2: a secret is exactly 32"));
        assertTrue(run("--mtproto-secret-file " + empty + " c").errors().contains("there is no secret in it"));
        assertTrue(run("--mtproto-secret-file " + folder + " c").errors().contains("it is a directory"));
    }

    /** [C-EXIT-10] [C-LIFE-10] */
    @Test
    void shouldRefuseUserThatIsNotThere()
    {
        assumeTrue(StatusDirectory.currentUid() == 0, "not root, so the user is not looked at");

        CommandRun run = run("-u no-such-user --aes-pwd " + proxySecret + " " + conf);

        assertEquals(1, run.exitCode());
        assertTrue(run.errors().contains("there is no user \"no-such-user\" to become"), run::errors);
    }

    /** [C-EXIT-11] [C-EXIT-12] */
    @Test
    void shouldLowerConnectionsToDescriptors() throws ConfigurationException
    {
        assertEquals(900, StartLimits.allowedByDescriptors(65536, 124, 1024));
        assertEquals(500, StartLimits.allowedByDescriptors(500, 124, 1024));
        assertThrows(ConfigurationException.class, () -> StartLimits.allowedByDescriptors(500, 1024, 1024));
    }

    @Test
    void shouldRefuseMemoryThatDoesNotFit()
    {
        CommandRun run = run("--msg-buffers-size 1t -u root " + conf);

        assertEquals(1, run.exitCode());
        assertTrue(run.errors().contains("memory: "), run::errors);
        assertTrue(run.errors().contains("chunk pools of --msg-buffers-size"), run::errors);
        assertTrue(StartLimits.budget(1 << 30, 1 << 28, 1 << 19, new EngineConfig.Threads(1, 1, false), 65536).fits());
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void shouldWarnOfThreadsThatShareCpu()
    {
        int cpu = LinuxThreads.cpus().nextSetBit(0);
        String more = " -u root --status-dir " + folder.resolve("s") + " " + conf;

        CommandRun shared = run("--threads 2 --cpus " + cpu + more);
        assertEquals(0, shared.exitCode(), shared::errors);
        assertWarned(shared, "--cpus " + cpu + ": 2 threads are to be tied, so some share a CPU");
        assertFalse(run("--threads 1 --cpus " + cpu + more).errors().contains("share a CPU"));
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void shouldRefuseCpuThatIsNotThere()
    {
        CommandRun run = run("--cpus 8191 -u root " + conf);

        assertEquals(1, run.exitCode());
        assertTrue(run.errors().contains("--cpus 8191: this process may not run on CPU 8191, only on {0"), run::errors);
    }

    @Test
    void shouldRefuseStatusDirectoryThatCannotBeUsed()
    {
        CommandRun run = run("-u root --status-dir " + proxySecret + " " + conf);

        assertEquals(1, run.exitCode());
        assertTrue(run.errors().contains("--status-dir " + proxySecret + " cannot be used: "), run::errors);
    }

    private String inForce(String options)
    {
        return "-v -u root --status-dir " + folder.resolve("s") + " " + options + " " + conf;
    }

    private static void assertWarned(CommandRun run, String text)
    {
        assertEquals(1, run.err().stream().filter(line -> line.contains("] warning: " + text)).count(), run::errors);
    }

    private CommandRun run(String line)
    {
        List<String> arguments = new ArrayList<>(Stream.of(line.split(" ", -1)).filter(word -> !word.isEmpty())
            .toList());
        return CommandRun.of(folder, arguments.toArray(String[]::new));
    }
}
