// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import io.mtproxy.cli.instances.InstanceException;
import io.mtproxy.cli.view.CounterTable;
import io.mtproxy.cli.view.ProxyView;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code counters}: every counter of a proxy as it stands in the files. */
@Command(name = CountersCommand.NAME, sortOptions = false,
    header = "every counter of a proxy",
    description = "Prints the counters of a proxy: number, kind, value and label, over all its agents and processes.",
    footer = {"", "Exit codes: 0 done, 2 wrong usage, 3 no proxy to look at."})
final class CountersCommand extends ProxyVerb
{
    static final String NAME = "counters";

    @Option(names = "--all", description = "also those that are 0") private boolean isWithZeros;

    @Option(names = "--by-agent", description = "a line for each agent of each process") private boolean isByAgent;

    @Parameters(arity = "0..1", paramLabel = "TEXT",
        description = "only those whose label contains it") private @Nullable String filter;

    CountersCommand(Terminal terminal)
    {
        super(terminal);
    }

    @Override
    int run() throws InstanceException, IOException
    {
        ProxyView view = views().get();
        new CounterTable(isWithZeros, filter == null ? "" : filter).lines(view, isByAgent)
            .forEach(terminal().out()::println);
        return 0;
    }
}
