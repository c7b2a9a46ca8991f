// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mtproxy.engine.io.linux.LinuxSignals;
import io.mtproxy.engine.io.linux.LinuxProcess;
import io.mtproxy.engine.io.linux.LinuxThreads;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** {@code --cpus}: which CPUs the system lets an agent's thread run on. */
@EnabledOnOs(OS.LINUX)
class CpusIT extends WorkerProcesses
{
    private int one;
    private int other;

    @BeforeEach
    void findCpus()
    {
        List<Integer> allowed = LinuxThreads.cpus().stream().boxed().toList();
        assumeTrue(allowed.size() > 1, "there is one CPU only");
        one = allowed.getFirst();
        other = allowed.getLast();
    }

    @Test
    void shouldTieAgentsOnly() throws Exception
    {
        try (DistRun proxy = DistRun.start(folder, arguments(0, "-u", "root", "--threads", "1+1", "--cpus",
            other + "," + one)))
        {
            ProcessFacts.await(proxy, "links", () -> datacenter.snapshot().linksReady() == LINKS_PER_WORKER);

            assertEquals(String.valueOf(other), allowed(proxy.pid(), "client-0"));
            assertEquals(String.valueOf(one), allowed(proxy.pid(), "datacenter-0"));
            assertTrue(allowed(proxy.pid(), "conductor").matches(".*[-,].*"), "the rest is where it was");
            exchange(proxy, 4, 20);
        }
    }

    /** Who replaces a worker has its CPU. */
    @Test
    void shouldTieWorkersOneBehindTheOther() throws Exception
    {
        try (DistRun proxy = start("-u", "root", "--cpus", other + "," + one))
        {
            List<Long> workers = awaitReady(proxy, 2);
            List<String> cpus = List.of(allowed(workers.get(0), "relay"), allowed(workers.get(1), "relay"));
            assertEquals(Stream.of(one, other).map(String::valueOf).sorted().toList(), cpus.stream().sorted().toList());

            LinuxProcess.signal(workers.getFirst(), LinuxSignals.SIGKILL);
            ProcessFacts.await(proxy, "another worker", () -> proxy.err().contains("has taken the place of the one"));
            long successor = workers(proxy).stream().filter(pid -> !workers.contains(pid)).findFirst().orElseThrow();
            assertEquals(cpus.getFirst(), allowed(successor, "relay"));
        }
    }

    /** @return CPUs of a thread, as {@code /proc} lists them. */
    private static String allowed(long pid, String thread) throws IOException
    {
        try (Stream<Path> tasks = Files.list(Path.of("/proc", String.valueOf(pid), "task")))
        {
            for (Path task : tasks.toList())
            {
                if (Files.readString(task.resolve("comm")).strip().equals(thread))
                {
                    return Files.readAllLines(task.resolve("status")).stream()
                        .filter(line -> line.startsWith("Cpus_allowed_list:"))
                        .map(line -> line.substring(line.indexOf(':') + 1).strip()).findFirst().orElseThrow();
                }
            }
        }
        throw new AssertionError("no thread " + thread + " in " + pid);
    }
}
