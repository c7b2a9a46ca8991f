// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mtproxy.engine.io.linux.LinuxProcess;
import io.mtproxy.engine.io.linux.LinuxSignals;
import io.mtproxy.soak.FreePorts;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Signals that are not asked for in good order. */
@EnabledOnOs(OS.LINUX)
class SignalIT
{
    private static final String READY = "main loop begins";
    private static final int SIGNALLED = 128;
    private static final int SIGQUIT = 3;
    private static final int SIGSEGV = 11;
    private static final int SIGALRM = 14;
    private static final int END_TIMEOUT_S = 60;

    @TempDir private Path folder;
    private Path conf;

    @BeforeEach
    void writeFiles() throws Exception
    {
        conf = Files.writeString(folder.resolve("proxy-multi.conf"), "default 2;\nproxy_for 2 127.0.0.1:9;\n");
        Files.write(folder.resolve("proxy-secret"), new byte[64]);
    }

    /**
     * [C-SIG-06] [C-SIG-11] One that nobody handles, and a real-time signal, end the process as the system does. 62 is
     * Java's own: it wakes threads that wait for a file or socket.
     */
    @ParameterizedTest
    @ValueSource(ints = {SIGALRM, 61})
    void shouldBeKilledBySignalThatNobodyHandles(int number) throws Exception
    {
        try (DistRun proxy = start())
        {
            ProcessFacts.await(proxy, READY, () -> proxy.err().contains(READY));
            proxy.signal(number);

            assertEquals(SIGNALLED + number, proxy.exitCode());
            assertTrue(proxy.err().endsWith(READY + "\n"), proxy.err());
        }
    }

    /** [C-SIG-06] [C-LIFE-14] The workers of a master that was killed so end as well. */
    @Test
    void shouldEndWorkersOfKilledMaster() throws Exception
    {
        try (DistRun proxy = start("-M", "1"))
        {
            ProcessFacts.await(proxy, READY, () -> proxy.err().lines().filter(line -> line.endsWith(READY)).count() ==
                2);
            List<ProcessHandle> workers = ProcessHandle.of(proxy.pid()).orElseThrow().children().toList();
            proxy.signal(SIGALRM);

            assertEquals(SIGNALLED + SIGALRM, proxy.exitCode());
            assertFalse(workers.isEmpty());
            ProcessFacts.awaitAnyhow(proxy, "end of workers", () -> workers.stream().noneMatch(ProcessHandle::isAlive));
        }
    }

    /** [C-SIG-21] [C-SIG-06] SIGQUIT keeps the meaning it has for a JVM. */
    @Test
    void shouldPrintThreadsAtQuit() throws Exception
    {
        try (DistRun proxy = start())
        {
            ProcessFacts.await(proxy, READY, () -> proxy.err().contains(READY));
            proxy.signal(SIGQUIT);
            ProcessFacts.await(proxy, "threads", () -> proxy.out().contains("Full thread dump"));
            proxy.terminate();
            assertEquals(0, proxy.exitCode());
        }
    }

    /** [C-SIG-08] The JVM's own report and exit code, and no core, which would hold secrets. */
    @Test
    void shouldReportCrash() throws Exception
    {
        try (DistRun proxy = start())
        {
            ProcessFacts.await(proxy, READY, () -> proxy.err().contains(READY));
            proxy.signal(SIGSEGV);

            assertEquals(1, proxy.exitCode());
            assertTrue(proxy.out().contains("A fatal error has been detected by the Java Runtime Environment"),
                proxy.out());
            try (Stream<Path> files = Files.list(folder))
            {
                List<String> names = files.map(file -> file.getFileName().toString()).toList();
                assertTrue(names.contains("hs_err_pid" + proxy.pid() + ".log"), names::toString);
                assertTrue(names.stream().noneMatch(name -> name.startsWith("core")), names::toString);
            }
        }
    }

    /** [C-SIG-22] [C-SIG-20] A stop that hangs ends all the same, with 0. */
    @Test
    void shouldEndWhenStopHangs() throws Exception
    {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
            .filter(flag -> flag.startsWith("--")).forEach(command::add);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), HangingStop.class.getName()));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        try (InputStreamReader out = new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))
        {
            assertEquals('r', out.read());
            LinuxProcess.signal(process.pid(), LinuxSignals.SIGTERM);

            assertTrue(process.waitFor(END_TIMEOUT_S, TimeUnit.SECONDS), "it hangs");
            assertEquals(0, process.exitValue());
            assertTrue(out.readAllAsString().contains("warning: not everything closed within"));
        }
        finally
        {
            process.destroyForcibly();
        }
    }

    /** A command that never gets to its end once it was asked to stop. */
    static final class HangingStop
    {
        private HangingStop()
        {
        }

        public static void main(String[] arguments) throws InterruptedException
        {
            StopSignals stop = StopSignals.install(new LogLines(System.out, Clock.systemUTC()));
            stop.mainLoopBegins();
            System.out.print('r');
            System.out.flush();
            stop.await();
            while (true)
            {
                Thread.sleep(TimeUnit.DAYS.toMillis(1));
            }
        }
    }

    private DistRun start(String... more) throws Exception
    {
        List<String> arguments = new ArrayList<>(List.of(more));
        arguments.addAll(List.of("-u", "root", "-c", "1000", "-H", String.valueOf(FreePorts.next()),
            "--status-dir",
            folder.resolve("status").toString(), "--aes-pwd", folder.resolve("proxy-secret").toString(), conf
                .toString()));
        // where the JVM would leave a report
        return DistRun.start(folder, List.of("sh", "-c", "cd " + folder + " && exec \"$@\"", "sh"), arguments);
    }
}
