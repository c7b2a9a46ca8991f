// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mtproxy.cli.view.ProxyFiles;
import io.mtproxy.engine.ConfigState;
import io.mtproxy.engine.io.linux.LinuxProcess;
import io.mtproxy.engine.io.linux.LinuxSignals;
import io.mtproxy.engine.status.ProxyCounter;
import io.mtproxy.engine.status.StatusFileReader;
import io.mtproxy.soak.ClientSwarm;
import io.mtproxy.soak.FakeTlsClientPeer;
import io.mtproxy.soak.FreePorts;
import io.mtproxy.soak.SoakReport;
import io.mtproxy.soak.SoakReport.ErrorKind;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** {@code -M}: the distribution as a master and its workers. [C-CLI-63] [C-LIFE-12] */
@EnabledOnOs(OS.LINUX)
class WorkersIT extends WorkerProcesses
{
    /** Nobody serves TLS there. */
    private static final String DOMAIN = "localhost";
    private static final int SIGSTOP = 19;
    private static final int SIGCONT = 18;

    /**
     * [C-LIFE-10] [C-LIFE-15] [C-BUG-15] [C-LIFE-07] [C-STAT-04] [C-SIG-01] [C-EXIT-20] Files that only root may read, a port that only
     * root may open, and no process that is still root.
     */
    @Test
    void shouldServeByWorkersWithoutRights() throws Exception
    {
        ProcessFacts.assumeUsersCanChange();
        port = LifeCycleIT.freePortBelow1024();
        int statsPort = FreePorts.next();
        try (DistRun proxy = start("-u", "nobody", "-p", String.valueOf(statsPort), "--http-stats"))
        {
            List<Long> workers = awaitReady(proxy, 2);

            for (long pid : List.of(proxy.pid(), workers.get(0), workers.get(1)))
            {
                assertFalse(ProcessFacts.status(pid, "Uid").startsWith("0"), () -> "pid " + pid + " is root");
                assertEquals(ProcessFacts.status(pid, "Gid").split("\t", -1)[0], ProcessFacts.status(pid, "Groups"));
                assertEquals(0, Long.parseLong(ProcessFacts.status(pid, "CapPrm"), 16));
            }
            for (long pid : workers)
            {
                String line = Files.readString(Path.of("/proc", String.valueOf(pid), "cmdline"));
                assertFalse(line.contains(SECRET) || line.contains("proxy-secret"), "no secret in the arguments");
            }
            SoakReport report = exchange(proxy, 8, 40);
            ProcessFacts.await(proxy, "all counted", () -> total(ProxyCounter.ANSWERS_TO_CLIENT) == report
                .messagesAnswered());
            assertEquals(2L * LINKS_PER_WORKER, datacenter.snapshot().linksReady());
            assertEquals(report.messagesAnswered(), shown(statsPort, "tot_forwarded_responses"));
            assertEquals(2, shown(statsPort, "workers"));

            proxy.terminate();
            assertEquals(0, proxy.exitCode());
            assertEquals(List.of(), datacenter.violations());
            awaitEnd(proxy, workers);
            assertEquals(1, count(proxy.err(), "starting 2 workers"), proxy.err());
            assertEquals(3, count(proxy.err(), READY), proxy.err());
            assertTrue(proxy.err().contains("terminated by SIGTERM"), proxy.err());
        }
    }

    /**
     * [C-LIFE-13] [C-BUG-06] [C-STAT-06] The others lose nothing, the place is filled, what was counted stays counted at every
     * moment, and nothing of what the dead one had is left.
     */
    @Test
    void shouldReplaceKilledWorker() throws Exception
    {
        int statsPort = FreePorts.next();
        try (DistRun proxy =
            start("-u", "root", "--threads", "1+1", "-p", String.valueOf(statsPort), "--http-stats"))
        {
            List<Long> workers = awaitReady(proxy, 2);
            long before;
            SoakReport report;
            long lost;
            try (ClientSwarm swarm = ClientSwarm.start(swarm(12)))
            {
                ProcessFacts.await(proxy, "answers", () -> swarm.snapshot().messagesAnswered() > 200 &&
                    total(ProxyCounter.SPECIAL_CONNECTIONS) == 12);
                StatusFileReader victim = reader(0);
                lost = victim.get(ProxyCounter.SPECIAL_CONNECTIONS);
                LinuxProcess.signal(victim.pid(), LinuxSignals.SIGKILL);
                ProcessFacts.await(proxy, "its end", () -> !victim.isAlive());
                before = victim.get(ProxyCounter.ANSWERS_TO_CLIENT);
                long[] shown = {before};
                ProcessFacts.await(proxy, "a new worker", () ->
                {
                    long now = shown(statsPort, "tot_forwarded_responses");
                    assertTrue(now >= shown[0], () -> now + " after " + shown[0]);
                    shown[0] = now;
                    return proxy.err().contains("has taken the place");
                });
                report = swarm.awaitAnswers(swarm.snapshot().messagesAnswered() + 100);
            }
            long gone = report.errors().getOrDefault(ErrorKind.CONNECTION_RESET, 0L) +
                report.errors().getOrDefault(ErrorKind.CLOSED_BY_PROXY, 0L);

            assertEquals(0, report.mismatches(), report::toString);
            assertTrue(gone <= lost, () -> "more than the " + lost + " clients of that worker: " + report);
            assertEquals(0, report.errors().getOrDefault(ErrorKind.CONNECT_FAILED, 0L), report::toString);
            assertTrue(proxy.err().contains("was killed by signal 9, 1 others serve on, a new one is started"),
                proxy.err());
            assertTrue(reader(0).get(ProxyCounter.ANSWERS_TO_CLIENT) >= before);
            List<Long> now = awaitReady(proxy, 2);
            assertEquals(1, now.stream().filter(workers::contains).count());
            ProcessFacts.await(proxy, "nobody left", () -> shown(statsPort, "total_special_connections") == 0 &&
                shown(statsPort, "secret_1_active_connections") == 0 && shown(statsPort, "secret_1_active_auth_keys") ==
                    0);
            long answers = shown(statsPort, "tot_forwarded_responses");
            long underWay = report.errors().getOrDefault(ErrorKind.MESSAGE_LOST, 0L);
            assertTrue(answers >= report.messagesAnswered() && answers <= report.messagesAnswered() + underWay,
                () -> answers + " counted: " + report);
            ProcessFacts.await(proxy, "links", () -> datacenter.snapshot().linksReady() == 2L * LINKS_PER_WORKER);
            exchange(proxy, 8, 40);
            proxy.terminate();
            assertEquals(0, proxy.exitCode());
        }
    }

    /** [C-LIFE-13] [C-EXIT-22] */
    @Test
    void shouldStopAllWhenToldSo() throws Exception
    {
        try (DistRun proxy = start("-u", "root", "--worker-exit", "stop"))
        {
            List<Long> workers = awaitReady(proxy, 2);
            LinuxProcess.signal(workers.getFirst(), LinuxSignals.SIGKILL);

            assertEquals(1, proxy.exitCode());
            awaitEnd(proxy, workers);
            assertTrue(proxy.err().contains("was killed by signal 9, so all end"), proxy.err());
        }
    }

    /** [C-SIG-12] [C-EXIT-21] [C-LIFE-01] */
    @Test
    void shouldEndWithOneBeforeWorkersServe() throws Exception
    {
        int exitCode = 0;
        // the signal must come within the time that workers take to start, which a busy machine may miss
        for (int attempt = 0; attempt < 5 && exitCode == 0; attempt++)
        {
            try (DistRun proxy = start("-u", "root"))
            {
                ProcessFacts.await(proxy, "the start", () -> proxy.err().contains("starting 2 workers"));
                List<Long> workers = workers(proxy);
                proxy.terminate();
                exitCode = proxy.exitCode();
                awaitEnd(proxy, workers);
                assertEquals(exitCode == 1, proxy.err().contains("SIGTERM before the start was complete, exiting"),
                    proxy.err());
            }
        }
        assertEquals(1, exitCode);
    }

    /** [C-SIG-03] While it waits for a worker that hangs; the workers follow, as the master is gone. */
    @Test
    void shouldEndWithOneAtSecondSignal() throws Exception
    {
        int exitCode = 0;
        // the second signal must come within the time that a master waits, which a busy machine may miss
        for (int attempt = 0; attempt < 5 && exitCode == 0; attempt++)
        {
            try (DistRun proxy = start("-u", "root"))
            {
                List<Long> workers = awaitReady(proxy, 2);
                LinuxProcess.signal(workers.getFirst(), SIGSTOP);
                proxy.terminate();
                ProcessFacts.awaitAnyhow(proxy, "the first", () -> proxy.err().lines().anyMatch(
                    line -> line.startsWith("[" + proxy.pid() + "]") && line.endsWith("SIGTERM received, closing")));
                proxy.signal(LinuxSignals.SIGTERM);
                exitCode = proxy.exitCode();
                LinuxProcess.signal(workers.getFirst(), SIGCONT);
                awaitEnd(proxy, workers);
            }
        }
        assertEquals(1, exitCode);
    }

    /** A worker that cannot start is told at the start, not at the first replacement. (architecture A11) */
    @Test
    void shouldFailWhenWorkersCannotStart() throws Exception
    {
        ProcessFacts.assumeUsersCanChange();
        Path program = Files.createDirectory(folder.resolve("closed"));
        try (Stream<Path> files = Files.walk(DistRun.home()))
        {
            for (Path file : (Iterable<Path>)files::iterator)
            {
                Files.copy(file, program.resolve(DistRun.home().relativize(file).toString()),
                    StandardCopyOption.REPLACE_EXISTING);
            }
        }
        ProcessFacts.open(program, "rwx------");
        Path launcher = program.resolve(Path.of("bin", "mtproto-proxy"));
        try (DistRun proxy = DistRun.start(folder, launcher, List.of(), arguments("-u", "nobody")))
        {
            assertEquals(1, proxy.exitCode());
            assertTrue(proxy.err().contains("before it could serve"), proxy.err());
        }
    }

    /** [C-LIFE-17] [C-BUG-20] By whichever worker, and after a restart as well. */
    @Test
    void shouldAcceptHelloOnceOverAllWorkers() throws Exception
    {
        byte[] hello = FakeTlsClientPeer.hello(HexFormat.of().parseHex(SECRET), DOMAIN,
            (int)(System.currentTimeMillis() / 1000), new SplittableRandom(), FakeTlsClientPeer.RECORD_LENGTH);
        try (DistRun proxy = start("-u", "root", "-D", DOMAIN))
        {
            awaitReady(proxy, 2);
            assertTrue(isAccepted(hello), proxy::toString);
            for (int i = 0; i < 40; i++)
            {
                assertFalse(isAccepted(hello), "accepted again");
            }
            ProcessFacts.await(proxy, "both workers", () -> total(ProxyCounter.FAKE_TLS_HELLOS_REPLAYED) == 40);
            proxy.terminate();
            assertEquals(0, proxy.exitCode());
        }
        try (DistRun proxy = start("-u", "root", "-D", DOMAIN))
        {
            ProcessFacts.await(proxy, READY, () -> count(proxy.err(), READY) == 3);
            assertFalse(isAccepted(hello), "accepted again after a restart");
            hello = FakeTlsClientPeer.hello(HexFormat.of().parseHex(SECRET), DOMAIN,
                (int)(System.currentTimeMillis() / 1000), new SplittableRandom(), FakeTlsClientPeer.RECORD_LENGTH);
            assertTrue(isAccepted(hello), "a fresh one");
        }
    }

    /** @return whether the proxy answers as a server would; it closes, or passes on to nobody, what it refuses. */
    private boolean isAccepted(byte[] hello) throws Exception
    {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port))
        {
            socket.setSoTimeout(30_000);
            socket.getOutputStream().write(hello);
            return socket.getInputStream().read() == 0x16;
        }
        catch (SocketException e)
        {
            return false;
        }
    }

    /** [C-LIFE-14] */
    @Test
    void shouldEndWorkersWhenMasterIsGone() throws Exception
    {
        try (DistRun proxy = start("-u", "root"))
        {
            List<Long> workers = awaitReady(proxy, 2);
            proxy.signal(LinuxSignals.SIGKILL);
            proxy.exitCode();

            awaitEnd(proxy, workers);
            assertEquals(2, count(proxy.err(), "the master is gone, exiting"), proxy.err());
        }
    }

    /** [C-SIG-02] [C-BUG-05] [C-SIG-20] [C-LIM-27] As with SIGTERM; a worker that does not answer is killed. */
    @Test
    void shouldEndWithWorkerThatHangs() throws Exception
    {
        try (DistRun proxy = start("-u", "root"))
        {
            List<Long> workers = awaitReady(proxy, 2);
            LinuxProcess.signal(workers.getFirst(), SIGSTOP);
            proxy.signal(LinuxSignals.SIGINT);

            assertEquals(0, proxy.exitCode());
            awaitEnd(proxy, workers);
            // on a busy machine the other one as well
            assertTrue(proxy.err().contains(" workers did not end within"), proxy.err());
        }
    }

    /** [C-SIG-05] [C-LOG-08] [C-SIG-21] Logs are opened anew and the configuration read anew by all. */
    @Test
    void shouldHandSignalsOn() throws Exception
    {
        Path log = folder.resolve("log");
        try (DistRun proxy = start("-u", "root", "-l", log.toString()))
        {
            ProcessFacts.await(proxy, READY, () -> Files.exists(log) && count(Files.readString(log), READY) == 3);
            List<Long> workers = workers(proxy);
            Files.move(log, folder.resolve("log.1"));
            proxy.signal(LinuxSignals.SIGUSR1);
            ProcessFacts.await(proxy, "a new log", () -> Files.exists(log));
            for (long pid : workers)
            {
                ProcessFacts.await(proxy, "stderr", () -> ProcessFacts.descriptor(pid, 2).equals(log.toRealPath()
                    .toString()));
            }
            proxy.signal(LinuxSignals.SIGHUP);
            ProcessFacts.await(proxy, "lines", () -> Files.readString(log).contains("SIGHUP received"));
            ProcessFacts.await(proxy, "reloads", () -> count(Files.readString(log), " reloaded: ") == 2);
        }
    }

    /**
     * [C-REL-10] [C-REL-11] [C-CLI-74] All workers take a new secret, and so does one that is started later; what is wrong
     * is told once, and shown by each of them and by who takes its place.
     */
    @Test
    void shouldReloadAllWorkersAndTheirReplacements() throws Exception
    {
        try (DistRun proxy = start("-u", "root"))
        {
            awaitReady(proxy, 2);
            Path secrets = folder.resolve("secrets");
            Files.writeString(secrets, "no secret");
            proxy.signal(LinuxSignals.SIGHUP);
            ProcessFacts.await(proxy, "a refusal", () -> proxy.err().contains("nothing was reloaded"));
            assertEquals(1, count(proxy.err(), "SIGHUP received"), proxy.err());
            ProxyFiles files = new ProxyFiles("", folder.resolve("status/" + port));
            ProcessFacts.await(proxy, "both show it", () -> refusedAt(0) > 0 && refusedAt(1) > 0);
            ConfigState shown = files.look().configState();
            assertTrue(shown.refusedAtEpochMs() > shown.loadedAtEpochMs(), shown::toString);
            LinuxProcess.signal(reader(0).pid(), LinuxSignals.SIGKILL);
            ProcessFacts.await(proxy, "a new worker", () -> count(proxy.err(), "has taken the place") == 1);
            ConfigState ofReplacement = ConfigState.of(reader(0).configuration());
            assertTrue(ofReplacement.refusedAtEpochMs() > 0, ofReplacement::toString);
            assertTrue(ofReplacement.loadedAtEpochMs() <= shown.loadedAtEpochMs(), "it has loaded nothing newer");

            Files.writeString(secrets, OTHER_SECRET);
            proxy.signal(LinuxSignals.SIGHUP);
            ProcessFacts.await(proxy, "reloads", () -> count(proxy.err(), " reloaded: ") == 2);
            LinuxProcess.signal(reader(0).pid(), LinuxSignals.SIGKILL);
            ProcessFacts.await(proxy, "another", () -> count(proxy.err(), "has taken the place") == 2);
            assertEquals(0, refusedAt(0), "what is in use now is the newest");
            ProcessFacts.await(proxy, "links", () -> datacenter.snapshot().linksReady() == 2L * LINKS_PER_WORKER);
            SoakReport report = run(swarm(16, OTHER_SECRET));

            assertTrue(report.isClean() && report.messagesAnswered() > 0, report::toString);
        }
    }

    private long refusedAt(int worker) throws Exception
    {
        return ConfigState.of(reader(worker).configuration()).refusedAtEpochMs();
    }

    /** [C-LOG-03] [C-LIFE-16] Over all workers, by the master; each has as many places. */
    @Test
    void shouldWarnWhenPlacesGetScarce() throws Exception
    {
        try (DistRun proxy = start("-u", "root", "-C", "4"))
        {
            awaitReady(proxy, 2);
            try (ClientSwarm swarm = ClientSwarm.start(swarm(8)))
            {
                ProcessFacts.await(proxy, "clients", () -> swarm.snapshot().connectionsOpen() == 8);
                ProcessFacts.await(proxy, "a warning", () -> proxy.err().lines().anyMatch(
                    line -> line.startsWith("[" + proxy.pid() + "]") && line.contains(" of at most 8 clients are")));
            }
        }
    }
}
