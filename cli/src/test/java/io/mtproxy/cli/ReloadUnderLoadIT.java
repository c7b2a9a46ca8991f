// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mtproxy.engine.io.linux.LinuxSignals;
import io.mtproxy.engine.status.ProxyCounter;
import io.mtproxy.soak.ClientSwarm;
import io.mtproxy.soak.SoakReport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Many reloads, good and bad in turn, while clients are served. */
@EnabledOnOs(OS.LINUX)
class ReloadUnderLoadIT extends WorkerProcesses
{
    private static final int RELOAD_COUNT = 100;
    private static final String[] BAD =
        {"proxy_for 2 127.0.0.1:0;\n", "", "default 2;\nproxy_for 2 127.0.0.1:443", "proxy_for 40000 127.0.0.1:1;\n"};

    /**
     * [C-REL-10] [C-REL-11] [C-REL-12] [C-REL-13] [C-CLI-74] Another server and another secret come and go all the time; nobody
     * who is on what stays is closed, every byte is right, and no descriptor is left over.
     */
    @ParameterizedTest
    @CsvSource({"0", "2"})
    void shouldServeOnThroughReloads(int workerCount) throws Exception
    {
        List<String> arguments = arguments("-u", "root", "--drain-timeout", "1");
        if (workerCount == 0)
        {
            int at = arguments.indexOf("-M");
            arguments.subList(at, at + 2).clear();
        }
        Path conf = folder.resolve("proxy-multi.conf");
        String first = Files.readString(conf);
        String second = first + "proxy_for 3 127.0.0.1:" + datacenter.port() + ";\nproxy_for 4 127.0.0.1:1;\n";
        try (DistRun proxy = DistRun.start(folder, arguments))
        {
            long links = (long)Math.max(1, workerCount) * LINKS_PER_WORKER;
            ProcessFacts.await(proxy, "links", () -> datacenter.snapshot().linksReady() == links);
            List<Long> processes = processes(proxy, workerCount);
            SoakReport report;
            try (ClientSwarm swarm = ClientSwarm.start(swarm(12)))
            {
                ProcessFacts.await(proxy, "answers", () -> swarm.snapshot().messagesAnswered() > 100);
                // settled: what a process opens when it first needs it is open
                reload(proxy, workerCount, conf, second, 1, 0);
                reload(proxy, workerCount, conf, first, 2, 0);
                List<Integer> before = descriptorCounts(processes);
                int good = 2;
                int bad = 0;
                for (int i = 0; i < RELOAD_COUNT; i++)
                {
                    boolean isGood = i % 2 == 0;
                    good += isGood ? 1 : 0;
                    bad += isGood ? 0 : 1;
                    Files.writeString(folder.resolve("secrets"), SECRET + (i % 4 == 0 ? "," + OTHER_SECRET : ""));
                    reload(proxy, workerCount, conf, isGood ? (i % 4 == 0 ? second : first) : BAD[i / 2 % BAD.length],
                        good, bad);
                }
                swarm.finish();
                report = swarm.await();
                ProcessFacts.await(proxy, "nobody left", () -> sum(workerCount, ProxyCounter.SPECIAL_CONNECTIONS) == 0);
                ProcessFacts.await(proxy, "descriptors", () -> isNoneMore(descriptorCounts(processes), before));
            }
            assertTrue(report.isClean(), report::toString);
            assertEquals(12, report.connectionsOpened());
            assertEquals(links, datacenter.snapshot().linksReady());
            assertEquals(links, datacenter.snapshot().linksAccepted(), "no link was made anew");
            assertEquals(List.of(), datacenter.violations());
            proxy.terminate();
            assertEquals(0, proxy.exitCode());
        }
    }

    /** Writes the file, asks for a reload and waits until every process has done it, or refused it. */
    private void reload(DistRun proxy, int workerCount, Path conf, String text, int good, int bad) throws Exception
    {
        Files.writeString(conf, text);
        proxy.signal(LinuxSignals.SIGHUP);
        int processes = Math.max(1, workerCount);
        ProcessFacts.await(proxy, "reload " + good + " " + bad, () -> sum(workerCount, ProxyCounter.CONFIG_RELOADS) ==
            (long)good * processes && bad == refusals(proxy, workerCount));
    }

    /** @return how many were refused; with workers the master refuses for all. */
    private long refusals(DistRun proxy, int workerCount) throws Exception
    {
        return workerCount == 0 ?
            sum(0, ProxyCounter.CONFIG_RELOADS_FAILED) :
            count(proxy.err(), "nothing was reloaded");
    }

    private long sum(int workerCount, ProxyCounter counter) throws Exception
    {
        return workerCount == 0 ? reader("engine").get(counter) : total(counter);
    }

    private static List<Long> processes(DistRun proxy, int workerCount)
    {
        List<Long> pids = new ArrayList<>(List.of(proxy.pid()));
        pids.addAll(workerCount == 0 ? List.of() : workers(proxy));
        return pids;
    }

    private static List<Integer> descriptorCounts(List<Long> pids) throws IOException
    {
        List<Integer> counts = new ArrayList<>();
        for (long pid : pids)
        {
            try (Stream<Path> descriptors = Files.list(Path.of("/proc", String.valueOf(pid), "fd")))
            {
                counts.add((int)descriptors.count());
            }
        }
        return counts;
    }

    private static boolean isNoneMore(List<Integer> now, List<Integer> before)
    {
        for (int i = 0; i < now.size(); i++)
        {
            if (now.get(i) > before.get(i))
            {
                return false;
            }
        }
        return true;
    }
}
