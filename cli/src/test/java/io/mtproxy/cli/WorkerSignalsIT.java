// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mtproxy.engine.io.linux.LinuxProcess;
import io.mtproxy.engine.io.linux.LinuxSignals;
import io.mtproxy.engine.status.ProxyCounter;
import io.mtproxy.soak.ClientSwarm;
import io.mtproxy.soak.FreePorts;
import io.mtproxy.soak.SoakReport;
import io.mtproxy.soak.Transport;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Signals and a master with its workers, at moments that are chosen to be bad. */
@EnabledOnOs(OS.LINUX)
class WorkerSignalsIT extends WorkerProcesses
{
    private static final int SIGQUIT = 3;
    private static final int CLIENT_COUNT = 200;

    /**
     * [C-SIG-01] [C-SIG-02] [C-SIG-20] [C-EXIT-20] As from a terminal or a service manager: workers hear of it twice, from
     * the system and from their master, and end before their master has seen its own signal.
     */
    @ParameterizedTest
    @ValueSource(strings = {"TERM", "INT"})
    void shouldEndWithZeroWhenWholeGroupIsSignalled(String signal) throws Exception
    {
        List<String> arguments = arguments("-u", "root", "--worker-exit", "stop");
        try (DistRun proxy = DistRun.start(folder, List.of("setsid"), arguments))
        {
            List<Long> workers = awaitReady(proxy, 2);
            kill(signal, -proxy.pid());

            assertEquals(0, proxy.exitCode(), proxy.err());
            awaitEnd(proxy, workers);
            assertTrue(proxy.err().contains("terminated by SIG" + signal), proxy.err());
            assertFalse(proxy.err().contains("so all end"), proxy.err());
        }
    }

    /**
     * [C-SIG-04] [C-SIG-05] [C-SIG-21] [C-LOG-08] [C-CLI-74] While a worker starts: signals do not end it, and what the
     * master is asked for meanwhile reaches it.
     */
    @Test
    void shouldReachWorkerThatIsStarting() throws Exception
    {
        Path log = folder.resolve("log");
        try (DistRun proxy = start("-u", "root", "-l", log.toString()))
        {
            ProcessFacts.await(proxy, READY, () -> Files.exists(log) && count(Files.readString(log), READY) == 3);
            List<Long> before = workers(proxy);
            LinuxProcess.signal(before.getFirst(), LinuxSignals.SIGKILL);
            ProcessFacts.await(proxy, "a new process", () -> workers(proxy).size() == 2 && isJava(added(proxy,
                before)));
            long pid = added(proxy, before);
            LinuxProcess.signal(pid, LinuxSignals.SIGHUP);
            LinuxProcess.signal(pid, LinuxSignals.SIGUSR1);

            Files.writeString(folder.resolve("secrets"), OTHER_SECRET);
            proxy.signal(LinuxSignals.SIGHUP);
            ProcessFacts.await(proxy, "the other one", () -> count(Files.readString(log), " reloaded: ") >= 1);
            Files.move(log, folder.resolve("log.1"));
            proxy.signal(LinuxSignals.SIGUSR1);
            ProcessFacts.await(proxy, "a new worker", () -> (Files.readString(folder.resolve("log.1")) +
                (Files.exists(log) ? Files.readString(log) : "")).contains("has taken the place"));

            assertTrue(workers(proxy).contains(pid), "the same process");
            ProcessFacts.await(proxy, "its log", () -> ProcessFacts.descriptor(pid, 2).equals(log.toRealPath()
                .toString()));
            ProcessFacts.await(proxy, "links", () -> datacenter.snapshot().linksReady() == 2L * LINKS_PER_WORKER);
            SoakReport report = run(swarm(16, OTHER_SECRET));
            assertTrue(report.isClean() && report.messagesAnswered() > 0, report::toString);
        }
    }

    /** [C-SIG-06] [C-LIFE-14] What the product does not handle ends the master, and then the workers; SIGQUIT is the JVM's. */
    @Test
    void shouldEndWorkersWithMasterThatIsKilledBySignal() throws Exception
    {
        try (DistRun proxy = start("-u", "root"))
        {
            List<Long> workers = awaitReady(proxy, 2);
            proxy.signal(SIGQUIT);
            ProcessFacts.await(proxy, "threads", () -> proxy.out().contains("Full thread dump"));
            assertEquals(workers, workers(proxy));
            kill("ALRM", proxy.pid());

            assertEquals(128 + 14, proxy.exitCode());
            awaitEnd(proxy, workers);
        }
    }

    /**
     * [C-SIG-01] [C-SIG-20] With many clients, in one process and in several: exit 0, every client is closed and none is
     * refused before, and counters say what has happened. How fast this is, soak measures.
     */
    @ParameterizedTest
    @ValueSource(ints = {0, 2})
    void shouldCountEveryClientToTheEnd(int workerCount) throws Exception
    {
        List<String> arguments = arguments("-u", "root");
        if (workerCount == 0)
        {
            int at = arguments.indexOf("-M");
            arguments.subList(at, at + 2).clear();
        }
        boolean isInTime = false;
        // what a busy machine keeps from ending within the second is ended by force, and counts no more
        for (int attempt = 0; attempt < 5 && !isInTime; attempt++)
        {
            port = FreePorts.next();
            arguments.set(arguments.indexOf("-H") + 1, String.valueOf(port));
            isInTime = isEveryClientCounted(arguments, workerCount);
        }
        assertTrue(isInTime);
    }

    /** @return false where the proxy was ended by force. */
    private boolean isEveryClientCounted(List<String> arguments, int workerCount) throws Exception
    {
        try (DistRun proxy = DistRun.start(folder, arguments))
        {
            ProcessFacts.await(proxy, "links",
                () -> datacenter.snapshot().linksReady() == (long)Math.max(1, workerCount) * LINKS_PER_WORKER);
            SoakReport report;
            try (ClientSwarm swarm = ClientSwarm.start(swarm(CLIENT_COUNT).withLengths(64, 4096)
                .withTransports(List.of(Transport.PADDED)).withRate(5, 4).withConnections(2000, 0)))
            {
                ProcessFacts.await(proxy, "clients",
                    () -> sum(workerCount, ProxyCounter.SPECIAL_CONNECTIONS) == CLIENT_COUNT &&
                        swarm.snapshot().messagesAnswered() > 2 * CLIENT_COUNT);
                report = swarm.snapshot();
                proxy.terminate();
                assertEquals(0, proxy.exitCode(), proxy.err());
            }
            assertEquals(0, report.errors().size() + report.mismatches(), report::toString);
            if (proxy.err().contains("did not end within") || proxy.err().contains("not everything closed within"))
            {
                return false;
            }
            assertEquals(CLIENT_COUNT, sum(workerCount, ProxyCounter.CLOSED_SHUTDOWN));
            assertEquals(CLIENT_COUNT, sum(workerCount, ProxyCounter.INBOUND_CONNECTIONS_ACCEPTED));
            assertEquals(0, sum(workerCount, ProxyCounter.SPECIAL_CONNECTIONS));
            assertTrue(sum(workerCount, ProxyCounter.ANSWERS_TO_CLIENT) >= report.messagesAnswered());
            assertFalse(proxy.err().contains("warning: "), proxy.err());
            return true;
        }
    }

    private long sum(int workerCount, ProxyCounter counter) throws Exception
    {
        return workerCount == 0 ? reader("engine").get(counter) : total(counter);
    }

    private long added(DistRun proxy, List<Long> before)
    {
        return workers(proxy).stream().filter(pid -> !before.contains(pid)).findFirst().orElse(0L);
    }

    /** @return whether that process has become Java, which may be long before Java takes signals. */
    private static boolean isJava(long pid) throws Exception
    {
        Path line = Path.of("/proc", String.valueOf(pid), "cmdline");
        return pid > 0 && Files.exists(line) && Files.readString(line).split("\0", -1)[0].endsWith("java");
    }

    /** @param pid negative for a whole group. */
    private static void kill(String signal, long pid) throws Exception
    {
        Process kill = new ProcessBuilder("kill", "-" + signal, "--", String.valueOf(pid)).inheritIO().start();
        assertEquals(0, kill.waitFor());
    }
}
