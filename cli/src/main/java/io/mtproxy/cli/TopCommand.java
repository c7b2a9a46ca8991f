// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import io.mtproxy.cli.instances.InstanceException;
import io.mtproxy.cli.top.TopLoop;
import io.mtproxy.cli.view.Change;
import io.mtproxy.cli.view.Snapshot;
import io.mtproxy.cli.view.StatReport;
import io.mtproxy.engine.io.linux.LinuxTerminal;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code top}: the numbers of a proxy, live. */
@Command(name = TopCommand.NAME, sortOptions = false,
    header = "numbers of a proxy, live",
    description = "Shows traffic, connections, latency, datacenters, secrets, processes and links of a proxy, again and " +
        "again; ? shows its keys. Without a terminal it prints one interval as text.",
    footer = {"",
        "Exit codes: 0 done, 1 the proxy does not run and its last numbers were printed, 2 wrong usage, 3 no " +
            "proxy to look at."})
final class TopCommand extends ProxyVerb
{
    static final String NAME = "top";

    private static final int SECONDS_MAX = 60;

    private final Supplier<StopWait> stops;

    @Option(names = "--every", paramLabel = "SECONDS",
        description = "from picture to picture, 1..60 (default ${DEFAULT-VALUE})") private int seconds = 2;

    TopCommand(Terminal terminal, Supplier<StopWait> stops)
    {
        super(terminal);
        this.stops = stops;
    }

    @Override
    int run() throws InstanceException, IOException, InterruptedException
    {
        checkRange("--every", seconds, 1, SECONDS_MAX);
        Supplier<Snapshot> snapshots = snapshots();
        StopWait stop = stops.get();
        stop.mainLoopBegins();
        LinuxTerminal screen = screen();
        if (screen == null)
        {
            return printOnce(snapshots, stop);
        }
        try (screen)
        {
            new TopLoop(screen, terminal().out(), snapshots, seconds).run(System.in, () -> isStopWanted(stop));
        }
        return 0;
    }

    private int printOnce(Supplier<Snapshot> snapshots, StopWait stop) throws InterruptedException
    {
        Snapshot first = snapshots.get();
        boolean isRunning = first.life() == Snapshot.Life.RUNS;
        if (isRunning && stop.await(TimeUnit.SECONDS.toMillis(seconds)) != null)
        {
            return 0;
        }
        Snapshot now = isRunning ? snapshots.get() : first;
        StatReport.lines(new Change(first, now)).forEach(terminal().out()::println);
        return now.life() == Snapshot.Life.RUNS ? 0 : EXIT_FAILED;
    }

    /** @return null where there is none that can be drawn on. */
    private @Nullable LinuxTerminal screen()
    {
        String kind = terminal().environment().getOrDefault("TERM", "");
        return kind.isEmpty() || kind.equals("dumb") ? null : LinuxTerminal.open();
    }

    private static boolean isStopWanted(StopWait stop)
    {
        try
        {
            return stop.await(0) != null;
        }
        catch (InterruptedException e)
        {
            Thread.currentThread().interrupt();
            return true;
        }
    }
}
