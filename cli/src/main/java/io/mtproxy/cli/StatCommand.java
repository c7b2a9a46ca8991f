// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import io.mtproxy.cli.instances.InstanceException;
import io.mtproxy.cli.view.Change;
import io.mtproxy.cli.view.Snapshot;
import io.mtproxy.cli.view.StatJson;
import io.mtproxy.cli.view.StatReport;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code stat}: the numbers of a proxy, running or dead, once or again and again. */
@Command(name = StatCommand.NAME, sortOptions = false,
    header = "numbers of a proxy, running or dead",
    description = "Prints what the status files of a proxy say: traffic, latency, processes, datacenters, secrets, links.",
    footer = {"", "Exit codes: 0 it runs, 1 it does not and its last numbers were printed, 2 wrong usage, 3 no proxy " +
        "to look at."})
final class StatCommand extends ProxyVerb
{
    static final String NAME = "stat";

    private static final int SECONDS_MAX = 24 * 3600;
    private static final String SECONDS_DEFAULT = "2";

    private final Supplier<StopWait> stops;

    @Option(names = "--json", description = "prints one JSON object on one line") private boolean isJson;

    @Option(names = "--watch", paramLabel = "SECONDS", arity = "0..1", fallbackValue = SECONDS_DEFAULT,
        description = "prints again every so many seconds, with rates, until Ctrl-C (default ${FALLBACK-VALUE})") private int watchSeconds;

    StatCommand(Terminal terminal, Supplier<StopWait> stops)
    {
        super(terminal);
        this.stops = stops;
    }

    @Override
    int run() throws InstanceException, IOException, InterruptedException
    {
        checkRange("--watch", watchSeconds, 0, SECONDS_MAX);
        Supplier<Snapshot> snapshots = snapshots();
        Snapshot first = snapshots.get();
        print(new Change(first, first));
        return watchSeconds == 0 ? exitCode(first) : watch(snapshots, first);
    }

    private int watch(Supplier<Snapshot> snapshots, Snapshot first) throws InterruptedException
    {
        StopWait stop = stops.get();
        stop.mainLoopBegins();
        Snapshot before = first;
        while (stop.await(TimeUnit.SECONDS.toMillis(watchSeconds)) == null && !terminal().out().checkError())
        {
            Snapshot now = snapshots.get();
            if (!isJson)
            {
                terminal().out().println();
            }
            print(new Change(before, now));
            before = now;
        }
        return exitCode(before);
    }

    private void print(Change change)
    {
        Snapshot now = change.now();
        if (isJson)
        {
            terminal().out().println(StatJson.text(now));
        }
        else
        {
            StatReport.lines(change).forEach(terminal().out()::println);
        }
        terminal().out().flush();
    }

    private static int exitCode(Snapshot now)
    {
        return now.life() == Snapshot.Life.RUNS ? 0 : EXIT_FAILED;
    }
}
