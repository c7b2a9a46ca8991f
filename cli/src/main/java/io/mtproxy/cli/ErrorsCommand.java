// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import io.mtproxy.cli.instances.InstanceException;
import io.mtproxy.cli.view.ErrorView;
import io.mtproxy.cli.view.ProxyView;
import io.mtproxy.cli.view.Texts;
import java.io.IOException;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code errors}: the distinct errors of a proxy, each once. */
@Command(name = ErrorsCommand.NAME, sortOptions = false,
    header = "errors of a proxy, each kind once",
    description = "Prints each distinct error of the proxy's own with its count, and when it happened first and last. " +
        "What clients and middle proxies do wrong is no error of the proxy: see counters.",
    footer = {"", "Exit codes: 0 there are none, 1 there are some, 2 wrong usage, 3 no proxy to look at."})
final class ErrorsCommand extends ProxyVerb
{
    static final String NAME = "errors";

    @Option(names = "--traces", description = "with stack traces, as a report needs them") private boolean isWithTraces;

    ErrorsCommand(Terminal terminal)
    {
        super(terminal);
    }

    @Override
    int run() throws InstanceException, IOException
    {
        ProxyView view = views().get();
        List<ErrorView> errors = view.errors();
        if (errors.isEmpty())
        {
            terminal().out().println("no errors");
            return 0;
        }
        for (ErrorView error : errors)
        {
            terminal().out().println(Texts.count(error.count()) + " times, first " + Texts.time(error.firstEpochMs()) +
                ", last " + Texts.time(error.lastEpochMs()) + ": " + error.title());
            if (isWithTraces)
            {
                error.text().lines().skip(1).forEach(terminal().out()::println);
            }
        }
        return EXIT_FAILED;
    }
}
