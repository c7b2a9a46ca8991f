// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mtproxy.engine.io.linux.LinuxSignals;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The distribution as a process: its user, its log, its signals. */
@EnabledOnOs(OS.LINUX)
class LifeCycleIT
{
    private static final String READY = "main loop begins";
    private static final int SIGPIPE = 13;
    private static final int SIGCHLD = 17;
    private static final int SIGIO = 29;
    private static final long HUP_AND_USR1 = 1L << LinuxSignals.SIGHUP - 1 | 1L << LinuxSignals.SIGUSR1 - 1;
    private static final int STAT_SESSION = 6;
    private static final int STAT_NICE = 19;

    @TempDir private Path folder;
    private Path conf;
    private Path proxySecret;

    @BeforeEach
    void writeFiles() throws Exception
    {
        ProcessFacts.open(folder, "rwxr-xr-x");
        conf = ProcessFacts.open(Files.writeString(folder.resolve("proxy-multi.conf"),
            "default 2;\nproxy_for 2 127.0.0.1:9;\n"), "rw-------");
        proxySecret = ProcessFacts.open(Files.write(folder.resolve("proxy-secret"), new byte[64]), "rw-------");
    }

    /** [C-LIFE-10] [C-LIFE-05] [C-CLI-34] Files that only root may read, and a port that only root may open. */
    @Test
    void shouldBecomeUserAndServePortBelow1024() throws Exception
    {
        ProcessFacts.assumeUsersCanChange();
        int port = freePortBelow1024();
        try (DistRun proxy = start("-u", "nobody", "-H", String.valueOf(port)))
        {
            awaitReady(proxy);
            long uid = (Integer)Files.getAttribute(folder.resolve("status/" + port), "unix:uid");

            assertTrue(uid > 0);
            assertEquals(String.join("\t", String.valueOf(uid), String.valueOf(uid), String.valueOf(uid),
                String.valueOf(uid)), ProcessFacts.status(proxy.pid(), "Uid"));
            String gid = ProcessFacts.status(proxy.pid(), "Gid").split("\t", -1)[0];
            assertEquals(String.join("\t", gid, gid, gid, gid), ProcessFacts.status(proxy.pid(), "Gid"));
            assertEquals(gid, ProcessFacts.status(proxy.pid(), "Groups"));
            assertEquals(0, Long.parseLong(ProcessFacts.status(proxy.pid(), "CapEff"), 16));
            assertEquals(0, Long.parseLong(ProcessFacts.status(proxy.pid(), "CapPrm"), 16));
            try (Socket client = new Socket(InetAddress.getLoopbackAddress(), port))
            {
                assertTrue(client.isConnected());
            }
            proxy.terminate();
            assertEquals(0, proxy.exitCode());
        }
    }

    /** [C-LIFE-10] */
    @Test
    void shouldStayRootWhenTold() throws Exception
    {
        ProcessFacts.assumeUsersCanChange();
        try (DistRun proxy = start("-u", "root"))
        {
            awaitReady(proxy);
            assertEquals("0\t0\t0\t0", ProcessFacts.status(proxy.pid(), "Uid"));
        }
    }

    /** [C-CLI-34] Not root: the user is not even looked at. */
    @Test
    void shouldIgnoreUserWhenNotRoot() throws Exception
    {
        ProcessFacts.assumeUsersCanChange();
        assumeTrue(Files.exists(Path.of("/usr/bin/setpriv")), "no setpriv to start as another user");
        ProcessFacts.open(folder, "rwxrwxrwx");
        ProcessFacts.open(conf, "rw-r--r--");
        ProcessFacts.open(proxySecret, "rw-r--r--");
        try (DistRun proxy = DistRun.start(folder,
            List.of("setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"),
            arguments("-u", "no-such-user")))
        {
            awaitReady(proxy);
            assertEquals("65534\t65534\t65534\t65534", ProcessFacts.status(proxy.pid(), "Uid"));
        }
    }

    /** [C-LOG-05] [C-LOG-06] [C-SIG-04] [C-SIG-05] [C-CLI-32] Renamed, then opened anew at the signal. */
    @Test
    void shouldReopenLog() throws Exception
    {
        Path logs = ProcessFacts.open(Files.createDirectory(folder.resolve("logs")), "rwxrwxrwx");
        Path log = logs.resolve("proxy.log");
        Path old = logs.resolve("proxy.log.1");
        try (DistRun proxy = start("-u", "nobody", "-l", log.toString()))
        {
            ProcessFacts.await(proxy, READY, () -> Files.exists(log) && Files.readString(log).contains(READY));
            String mode = PosixFilePermissions.toString(Files.getPosixFilePermissions(log));
            Files.move(log, old);
            proxy.signal(LinuxSignals.SIGUSR1);
            ProcessFacts.await(proxy, "a new log", () -> Files.exists(log));
            ProcessFacts.await(proxy, "stderr", () -> ProcessFacts.descriptor(proxy.pid(), 2).equals(real(log)));
            proxy.signal(LinuxSignals.SIGHUP);
            ProcessFacts.await(proxy, "a line", () -> Files.readString(log).contains("SIGHUP received"));

            assertEquals("rw-r-----", mode);
            assertFalse(Files.readString(old).contains("SIGHUP received"));
            assertEquals(real(log), ProcessFacts.descriptor(proxy.pid(), 1));
            proxy.terminate();
            assertEquals(0, proxy.exitCode());
            assertTrue(Files.readString(log).endsWith("terminated by SIGTERM\n"));
            assertFalse(proxy.err().contains(READY), "only lines before the log was open");
        }
    }

    /** [C-LOG-07] [C-BUG-04] */
    @Test
    void shouldKeepLogThatCannotBeOpenedAnew() throws Exception
    {
        Path logs = ProcessFacts.open(Files.createDirectory(folder.resolve("logs")), "rwxrwxrwx");
        Path log = logs.resolve("proxy.log");
        Path old = folder.resolve("old.log");
        try (DistRun proxy = start("-u", "nobody", "-l", log.toString()))
        {
            ProcessFacts.await(proxy, READY, () -> Files.exists(log) && Files.readString(log).contains(READY));
            Files.move(log, old);
            Files.createDirectory(log);
            proxy.signal(LinuxSignals.SIGUSR1);
            ProcessFacts.await(proxy, "a warning", () -> Files.readString(old).contains(
                "warning: log file " + log + " cannot be opened anew: it is a folder"));
        }
    }

    /** [C-LOG-06] [C-LOG-07] [C-SIG-04] */
    @Test
    void shouldKeepOutputWithoutLog() throws Exception
    {
        try (DistRun proxy = start("-u", "nobody"))
        {
            awaitReady(proxy);
            String before = ProcessFacts.descriptor(proxy.pid(), 2);
            proxy.signal(LinuxSignals.SIGUSR1);
            proxy.signal(LinuxSignals.SIGHUP);
            ProcessFacts.await(proxy, "a line", () -> proxy.err().contains("SIGHUP received"));
            ProcessFacts.await(proxy, "nothing to read",
                () -> "/dev/null".equals(ProcessFacts.descriptor(proxy.pid(), 0)));

            assertEquals(before, ProcessFacts.descriptor(proxy.pid(), 2));
            proxy.terminate();
            assertEquals(0, proxy.exitCode());
        }
    }

    /** [C-LOG-05] A folder that is not there, and one where the user of -u may not write. */
    @Test
    void shouldRefuseLogThatCannotBeOpened() throws Exception
    {
        try (DistRun proxy = start("-u", "nobody", "-l", folder.resolve("no/such/log").toString()))
        {
            assertEquals(1, proxy.exitCode());
            assertTrue(proxy.err().contains("no/such/log cannot be opened: no such file or folder"), proxy.err());
        }
        ProcessFacts.assumeUsersCanChange();
        try (DistRun proxy = start("-u", "nobody", "-l", folder.resolve("log").toString()))
        {
            assertEquals(1, proxy.exitCode());
            assertTrue(proxy.err().contains("log cannot be opened: permission denied"), proxy.err());
        }
    }

    /** [C-LIFE-20] [C-CLI-33] */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldLeaveTerminal(boolean isLogged) throws Exception
    {
        Path log = folder.resolve("log");
        List<String> arguments = new ArrayList<>(List.of("-u", "root", "-d", "-d", "--daemonize=1"));
        arguments.addAll(isLogged ? List.of("-l", log.toString()) : List.of());
        try (DistRun proxy = start(arguments.toArray(String[]::new)))
        {
            ProcessFacts.await(proxy, "a session", () -> ProcessFacts.stat(proxy.pid(), STAT_SESSION) == proxy.pid());
            String output = isLogged ? real(log) : "/dev/null";
            ProcessFacts.await(proxy, "output", () -> ProcessFacts.descriptor(proxy.pid(), 2).equals(output));

            // the session comes first
            ProcessFacts.await(proxy, "nothing to read",
                () -> "/dev/null".equals(ProcessFacts.descriptor(proxy.pid(), 0)));
            assertEquals(output, ProcessFacts.descriptor(proxy.pid(), 1));
            assertEquals(real(Path.of("")), Files.readSymbolicLink(
                Path.of("/proc", String.valueOf(proxy.pid()), "cwd")).toString());
        }
    }

    /** [C-CLI-33] */
    @Test
    void shouldStayWhenToggledTwice() throws Exception
    {
        try (DistRun proxy = start("-u", "nobody", "-dd"))
        {
            awaitReady(proxy);
            assertFalse(ProcessFacts.stat(proxy.pid(), STAT_SESSION) == proxy.pid());
        }
    }

    /** [C-SIG-02] [C-SIG-07] [C-SIG-09] [C-SIG-10] [C-EXIT-20] */
    @Test
    void shouldTakeHarmlessSignalsAndEndAtInterrupt() throws Exception
    {
        try (DistRun proxy = start("-u", "nobody"))
        {
            awaitReady(proxy);
            for (int number : new int[]{SIGPIPE, SIGCHLD, SIGIO, 64, 63, 60, 57, 56, 55, LinuxSignals.SIGHUP})
            {
                proxy.signal(number);
            }
            ProcessFacts.await(proxy, "the last of them", () -> proxy.err().contains("SIGHUP received"));
            proxy.signal(LinuxSignals.SIGINT);

            assertEquals(0, proxy.exitCode());
            assertTrue(proxy.err().endsWith("terminated by SIGINT\n"), proxy.err());
        }
    }

    /** [C-SIG-04] [C-SIG-21] Ignored by who started it, yet taken. */
    @Test
    void shouldTakeSignalThatWasIgnoredAtStart() throws Exception
    {
        try (DistRun proxy = DistRun.start(folder, List.of("nohup"), arguments("-u", "nobody")))
        {
            ProcessFacts.await(proxy, READY, () -> (proxy.out() + proxy.err()).contains(READY));
            proxy.signal(LinuxSignals.SIGHUP);
            ProcessFacts.await(proxy, "a line", () -> (proxy.out() + proxy.err()).contains("SIGHUP received"));
        }
    }

    /** [C-SIG-04] [C-SIG-05] From the first moment on they end nothing; what they ask for is done once it can be. */
    @Test
    void shouldTakeSignalsDuringStart() throws Exception
    {
        Path log = folder.resolve("log");
        try (DistRun proxy = start("-u", "root", "-l", log.toString()))
        {
            ProcessFacts.await(proxy, "signals ignored by the launcher",
                () -> (ProcessFacts.signals(proxy.pid(), "SigIgn") & HUP_AND_USR1) == HUP_AND_USR1);
            while (!Files.exists(log) || !Files.readString(log).contains(READY))
            {
                assertTrue(proxy.isAlive(), proxy::toString);
                proxy.signal(LinuxSignals.SIGUSR1);
                proxy.signal(LinuxSignals.SIGHUP);
                Thread.sleep(1);
            }
            ProcessFacts.await(proxy, "a reload", () -> Files.readString(log).contains(" reloaded: "));
            proxy.terminate();
            assertEquals(0, proxy.exitCode());
        }
    }

    /** [C-CLI-35] */
    @Test
    void shouldBeNice() throws Exception
    {
        try (DistRun proxy = start("-u", "nobody", "--nice", "5"))
        {
            awaitReady(proxy);
            assertEquals(5, ProcessFacts.stat(proxy.pid(), STAT_NICE));
        }
    }

    /** [C-LIFE-11] [C-EXIT-11] [C-EXIT-12] Raised where that is allowed, else lived with and told. */
    @Test
    void shouldCopeWithFewDescriptors() throws Exception
    {
        try (DistRun proxy = DistRun.start(folder, List.of("sh", "-c", "ulimit -n 200 && exec \"$@\"", "sh"),
            arguments("-u", "nobody", "-c", "1000")))
        {
            awaitReady(proxy);
            String limits = Files.readString(Path.of("/proc", String.valueOf(proxy.pid()), "limits"));
            boolean isRaised = !limits.contains("Max open files            200 ");

            assertEquals(!isRaised, proxy.err().contains(
                "warning: only 200 files may be open, so -c and -C are lowered"),
                () -> limits);
            proxy.terminate();
            assertEquals(0, proxy.exitCode());
        }
    }

    private static void awaitReady(DistRun proxy) throws Exception
    {
        ProcessFacts.await(proxy, READY, () -> proxy.err().contains(READY));
    }

    private DistRun start(String... more) throws Exception
    {
        return DistRun.start(folder, arguments(more));
    }

    private List<String> arguments(String... more)
    {
        List<String> arguments = new ArrayList<>(List.of(more));
        arguments.addAll(List.of("--status-dir", folder.resolve("status").toString(), "--aes-pwd",
            proxySecret.toString(), conf.toString()));
        return arguments;
    }

    private static String real(Path path) throws Exception
    {
        return path.toRealPath().toString();
    }

    static int freePortBelow1024()
    {
        for (int port = 1023; port > 600; port--)
        {
            try (ServerSocket socket = new ServerSocket(port))
            {
                return socket.getLocalPort();
            }
            catch (IOException e)
            {
                // somebody has it
            }
        }
        throw new IllegalStateException("no free port below 1024");
    }
}
