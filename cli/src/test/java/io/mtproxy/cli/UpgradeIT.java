// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mtproxy.engine.io.linux.LinuxProcess;
import io.mtproxy.engine.io.linux.LinuxSignals;
import io.mtproxy.engine.status.ProxyCounter;
import io.mtproxy.engine.status.StatusDirectory;
import io.mtproxy.engine.status.StatusFileReader;
import io.mtproxy.soak.ClientSwarm;
import io.mtproxy.soak.FreePorts;
import io.mtproxy.soak.SoakReport;
import io.mtproxy.soak.SoakReport.ErrorKind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** {@code upgrade}: the workers of a running proxy replaced by those of the build that a link leads to now. (architecture A11) */
@EnabledOnOs(OS.LINUX)
class UpgradeIT extends WorkerProcesses
{
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss.SSSSSS",
        Locale.ROOT);

    private Path current;
    private Path launcher;
    private int verbCount;

    /** Two builds, and a link to the one that runs. */
    @BeforeEach
    void layOutBuilds() throws Exception
    {
        layOut("build-1");
        layOut("build-2");
        current = Files.createSymbolicLink(folder.resolve("current"), folder.resolve("build-1"));
        launcher = current.resolve(Path.of("bin", "mtproto-proxy"));
    }

    /**
     * Clients come all the time, and others stay: nobody is refused, nobody is closed, no byte is wrong, nothing is counted
     * twice or not at all. Twice, as the second time is by a supervisor whose own build is gone from the link.
     */
    @Test
    void shouldReplaceAllWorkersWithoutLosingAnybody() throws Exception
    {
        int statsPort = FreePorts.next();
        try (DistRun proxy = start("-p", String.valueOf(statsPort), "--http-stats", "--drain-timeout", "600"))
        {
            List<Long> before = awaitReady(proxy, 2);
            SoakReport coming;
            SoakReport staying;
            try (ClientSwarm comers = ClientSwarm.start(swarm(8).withConnections(400, 2));
                ClientSwarm stayers = ClientSwarm.start(swarm(8)))
            {
                ProcessFacts.await(proxy, "answers", () -> comers.snapshot().messagesAnswered() > 100 &&
                    stayers.snapshot().messagesAnswered() > 100);
                link("build-2");
                DistRun first = upgrade();
                assertEquals(0, first.exitCode(), first.err());
                assertEquals(2, count(first.out(), " serves in place of worker "), first.out());
                assertTrue(first.out().contains("all workers are new ones"), first.out());
                List<Long> now = workers(proxy).stream().filter(pid -> !before.contains(pid)).toList();
                assertEquals(2, now.size());
                for (long pid : now)
                {
                    assertTrue(Files.readString(Path.of("/proc", String.valueOf(pid), "cmdline")).contains(
                        "build-2/lib"));
                }
                link("build-1");
                assertEquals(0, upgrade().exitCode());
                long enough = comers.snapshot().messagesAnswered() + 100;
                ProcessFacts.await(proxy, "more", () -> comers.snapshot().messagesAnswered() > enough);
                comers.finish();
                stayers.finish();
                coming = comers.await();
                staying = stayers.await();
            }
            assertTrue(coming.isClean(), coming::toString);
            assertTrue(staying.isClean(), staying::toString);
            assertTrue(coming.connectionsOpened() > 100, coming::toString);
            assertEquals(8, staying.connectionsOpened());
            ProcessFacts.await(proxy, "old workers gone", () -> workers(proxy).size() == 2);
            ProcessFacts.await(proxy, "nobody left", () -> shown(statsPort, "total_special_connections") == 0);
            assertEquals(coming.messagesAnswered() + staying.messagesAnswered(),
                shown(statsPort, "tot_forwarded_responses"));
            long accepted = 0;
            for (Path file : StatusDirectory.statusFiles(folder.resolve("status/" + port)))
            {
                accepted += StatusFileReader.open(file).get(ProxyCounter.INBOUND_CONNECTIONS_ACCEPTED);
            }
            assertEquals(coming.connectionsOpened() + staying.connectionsOpened(), accepted);
            assertEquals(4, count(proxy.err(), "the last client has gone"), proxy.err());
            proxy.terminate();
            assertEquals(0, proxy.exitCode());
            assertEquals(List.of(), datacenter.violations());
        }
    }

    /** Who stays has {@code --drain-timeout}, and not less. */
    @Test
    void shouldCloseWhoIsLeftWhenTimeIsOver() throws Exception
    {
        try (DistRun proxy = start("--drain-timeout", "2"))
        {
            List<Long> before = awaitReady(proxy, 2);
            List<StatusFileReader> old = List.of(reader(0), reader(1));
            try (ClientSwarm stayers = ClientSwarm.start(swarm(10)))
            {
                ProcessFacts.await(proxy, "clients", () -> total(ProxyCounter.SPECIAL_CONNECTIONS) == 10 &&
                    stayers.snapshot().messagesAnswered() > 100);
                assertEquals(0, upgrade().exitCode());
                awaitEnd(proxy, before);
                SoakReport report = stayers.snapshot();
                assertEquals(0, report.mismatches(), report::toString);
                assertEquals(0, report.errors().getOrDefault(ErrorKind.CONNECT_FAILED, 0L), report::toString);
                assertEquals(10, old.get(0).get(ProxyCounter.CLOSED_SHUTDOWN) +
                    old.get(1).get(ProxyCounter.CLOSED_SHUTDOWN));
                ProcessFacts.await(proxy, "served by the new ones", () -> stayers.snapshot().connectionsOpen() == 10);
            }
            for (long pid : before)
            {
                Duration drained = Duration.between(time(proxy, pid, "replaced, "),
                    time(proxy, pid, "the drain timeout is over"));
                // the two lines are told by a clock that may be set
                assertTrue(drained.toMillis() >= 1900, drained::toString);
            }
            assertEquals(2, count(proxy.err(), "ended with exit code 0"), proxy.err());
        }
    }

    /** A build that does not start, one whose launcher is gone: the old workers go on as if nothing had been. */
    @Test
    void shouldKeepOldWorkersWhenNewOnesCannotServe() throws Exception
    {
        try (DistRun proxy = start())
        {
            List<Long> before = awaitReady(proxy, 2);
            try (ClientSwarm swarm = ClientSwarm.start(swarm(8)))
            {
                ProcessFacts.await(proxy, "answers", () -> swarm.snapshot().messagesAnswered() > 100);
                Files.writeString(folder.resolve("build-2/jvm.flags"), "-Xmx1k\n");
                link("build-2");
                DistRun broken = upgrade();
                assertEquals(1, broken.exitCode());
                assertTrue(broken.err().contains(
                    "ended with exit code 1 before it could serve — all workers are the old"),
                    broken.err());

                Files.delete(current);
                DistRun gone = upgrade();
                assertEquals(1, gone.exitCode());
                assertTrue(gone.err().contains("cannot be run"), gone.err());
                swarm.finish();
                SoakReport report = swarm.await();
                assertTrue(report.isClean(), report::toString);
            }
            assertEquals(before, workers(proxy));

            // the build that they were started from is where it was, whatever the link says
            LinuxProcess.signal(before.getFirst(), LinuxSignals.SIGKILL);
            ProcessFacts.await(proxy, "a new worker", () -> proxy.err().contains("has taken the place"));
        }
    }

    /** A reason that the new build gives is told to who has asked. */
    @Test
    void shouldTellWhyNewWorkerCannotServe() throws Exception
    {
        try (DistRun proxy = start())
        {
            awaitReady(proxy, 2);
            Path script = folder.resolve("build-2/bin/mtproto-proxy");
            Files.writeString(script, """
                #!/bin/sh
                printf '%s\\n' /bin/sh -c 'printf "not today" >&0; exit 1' io.mtproxy.cli.MtProxy
                """);
            link("build-2");
            DistRun refused = upgrade();
            assertEquals(1, refused.exitCode());
            assertTrue(refused.err().contains("ended with exit code 1 before it could serve: not today — all workers"),
                refused.err());
        }
    }

    @Test
    void shouldSayThatSingleProcessHasNoSupervisor() throws Exception
    {
        assertEquals(3, upgrade().exitCode());
        List<String> arguments = arguments("-u", "root");
        int workers = arguments.indexOf("-M");
        arguments.subList(workers, workers + 2).clear();
        try (DistRun proxy = DistRun.start(folder, launcher, List.of(), arguments))
        {
            ProcessFacts.await(proxy, READY, () -> proxy.err().contains(READY));
            DistRun refused = upgrade();

            assertEquals(1, refused.exitCode());
            assertTrue(refused.err().contains("has no supervisor") && refused.err().contains("start it with -M"),
                refused.err());
            assertFalse(proxy.err().contains("SIGHUP"));
        }
    }

    @Override
    DistRun start(String... more) throws Exception
    {
        List<String> arguments = arguments(more);
        arguments.addAll(0, List.of("-u", "root"));
        return DistRun.start(folder, launcher, List.of(), arguments);
    }

    private void layOut(String name) throws IOException
    {
        Path build = folder.resolve(name);
        try (Stream<Path> files = Files.walk(DistRun.home()))
        {
            for (Path file : (Iterable<Path>)files::iterator)
            {
                Files.copy(file, build.resolve(DistRun.home().relativize(file).toString()),
                    StandardCopyOption.COPY_ATTRIBUTES);
            }
        }
    }

    private void link(String build) throws IOException
    {
        Path next = Files.createSymbolicLink(folder.resolve("next"), folder.resolve(build));
        Files.move(next, current, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    /** Runs the verb, of whichever build, to its end. */
    private DistRun upgrade() throws Exception
    {
        DistRun verb = DistRun.start(Files.createDirectory(folder.resolve("verb-" + verbCount++)),
            List.of("upgrade", "--status-dir", folder.resolve("status").toString()));
        verb.exitCode();
        return verb;
    }

    private static LocalDateTime time(DistRun proxy, long pid, String part) throws IOException
    {
        String line = proxy.err().lines().filter(text -> text.startsWith("[" + pid + "]") && text.contains(part))
            .findFirst().orElseThrow();
        int from = line.indexOf("][") + 2;
        return LocalDateTime.parse(line.substring(from, line.indexOf(" local]")), TIME);
    }
}
