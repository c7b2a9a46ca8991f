// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mtproxy.cli.view.FullStatus;
import io.mtproxy.engine.status.ProxyCounter;
import io.mtproxy.engine.status.StatusDirectory;
import io.mtproxy.engine.status.StatusFile;
import io.mtproxy.engine.status.StatusState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.agrona.concurrent.SystemEpochClock;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code stat}, {@code top}, {@code errors} and {@code counters} over files of a proxy. */
class ProxyVerbsTest
{
    @TempDir private Path root;
    private final List<AutoCloseable> open = new ArrayList<>();

    @AfterEach
    void close() throws Exception
    {
        for (AutoCloseable each : open.reversed())
        {
            each.close();
        }
    }

    @Test
    void shouldEndWith3WhenThereIsNoProxy()
    {
        for (String verb : List.of("stat", "top", "errors", "counters"))
        {
            CommandRun run = run(verb);
            assertEquals(3, run.exitCode(), verb);
            assertTrue(run.err().getFirst().startsWith(CommandRun.PROGRAM + " " + verb + ": no proxy in " + root),
                run.err()::toString);
        }
    }

    @Test
    void shouldEndWith3WhenProxyHasNoFile() throws IOException
    {
        StatusDirectory.claim(root, "443").close();
        for (String verb : List.of("stat", "top", "errors", "counters"))
        {
            assertEquals(3, run(verb).exitCode(), verb);
        }
    }

    @Test
    void shouldShowRunningProxy() throws IOException
    {
        start("443");
        CommandRun run = run("stat");

        assertEquals(0, run.exitCode(), run.err()::toString);
        assertTrue(run.out().startsWith("proxy 443: running for "), run.out());
        for (String head : List.of("latency ", "process ", "dc ", "secret ", "middle proxy ", "ends ", "stall seen "))
        {
            assertTrue(run.out().lines().anyMatch(line -> line.startsWith(head)), head + " is not in " + run.out());
        }
        // one snapshot has no rates
        assertFalse(run.out().contains("/s"), run.out());
        assertTrue(run("stat", "--json").out().matches("\\{\"proxy\":\"443\",\"state\":\"runs\",.*}\n"));
        assertEquals(0, run("top").exitCode());
    }

    /** The stop comes at once, so that there is one report and no more. */
    @Test
    void shouldWatchUntilItIsStopped() throws IOException
    {
        start("443");

        assertEquals(1, run("stat", "--watch").out().lines().filter(line -> line.startsWith("proxy 443")).count());
        assertEquals(1, run("stat", "--watch", "5", "--json").out().lines().count());
        assertEquals(2, run("stat", "--watch", "x").exitCode());
        assertEquals(2, run("stat", "--watch", "-1").exitCode());
    }

    @Test
    void shouldShowProxyThatEnded() throws Exception
    {
        start("443");
        close();
        CommandRun run = run("stat");

        assertEquals(1, run.exitCode());
        assertTrue(run.out().matches("(?s)proxy 443: ended at 20[0-9T:-]+Z, [0-9]+ s ago.*"), run.out());
        assertEquals(1, run("top").exitCode());
        assertEquals(0, run("counters").exitCode());
    }

    @Test
    void shouldListErrors() throws IOException
    {
        StatusFile file = start("443");
        assertEquals("no errors\n", run("errors").out());
        assertEquals(0, run("errors").exitCode());

        file.errorLog().record(new IllegalStateException("first"));
        Exception second = new IllegalStateException("second");
        file.errorLog().record(second);
        file.errorLog().record(second);
        CommandRun run = run("errors");

        assertEquals(1, run.exitCode());
        assertEquals(2, run.out().lines().count(), run.out());
        assertTrue(run.out().contains("1 times, first ") && run.out().contains("IllegalStateException: first"),
            run.out());
        assertTrue(run.out().contains("2 times, first ") && run.out().contains("IllegalStateException: second"),
            run.out());
        assertTrue(run("errors", "--traces").out().contains("at io.mtproxy.cli.ProxyVerbsTest"));
    }

    @Test
    void shouldListCounters() throws IOException
    {
        StatusFile file = start("443");
        file.counters(0).set(ProxyCounter.ERRORS, 0);
        file.counters(1).set(ProxyCounter.ERRORS, 0);

        String all = run("counters", "--all").out();
        assertEquals(ProxyCounter.count() + 1, all.lines().count());
        assertTrue(all.lines().anyMatch(line -> line.matches("101 +total +101 +frames to datacenter")), all);
        assertTrue(all.lines().anyMatch(line -> line.matches("210 +total +0 +errors")), all);
        assertFalse(run("counters").out().lines().anyMatch(line -> line.startsWith("210 ")));

        List<String> few = run("counters", "RING FULL").out().lines().toList();
        assertEquals(3, few.size(), few::toString);
        String byAgent = run("counters", "--by-agent", "frames to datacenter").out();
        assertTrue(byAgent.lines().anyMatch(line -> line.matches(
            "101 +engine datacenter-0 +total +101 +frames to datacenter")), byAgent);
    }

    /** A file that is not ours, or half of one, is a line on stderr. */
    @Test
    void shouldSayWhatCannotBeRead() throws IOException
    {
        start("443");
        Files.write(root.resolve("443").resolve("worker-9.status"), new byte[5000]);
        CommandRun run = run("stat");

        assertEquals(0, run.exitCode());
        assertTrue(run.err().getFirst().contains("worker-9.status: not complete"), run.err()::toString);
    }

    private StatusFile start(String name) throws IOException
    {
        StatusDirectory proxy = StatusDirectory.claim(root, name);
        open.add(proxy);
        StatusFile file = StatusFile.create(proxy.statusFile("engine"), List.of("client-0", "datacenter-0"),
            "version=1.2.3\n", SystemEpochClock.INSTANCE);
        open.add(file);
        FullStatus.fill(file, 3, 4);
        file.state(StatusState.SERVING);
        return file;
    }

    private CommandRun run(String verb, String... options)
    {
        List<String> arguments = new ArrayList<>(List.of(verb, "--status-dir", root.toString()));
        arguments.addAll(List.of(options));
        return CommandRun.of(root, arguments.toArray(String[]::new));
    }
}
