// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import io.mtproxy.cli.options.ArgumentLine;
import io.mtproxy.cli.options.OptionException;
import io.mtproxy.engine.config.ConfigurationException;
import java.util.function.Supplier;

/**
 * The proxy itself, in the foreground: {@code mtproto-proxy [options] <config-file>}.
 * <p>
 * Exit codes: 0 after SIGTERM or SIGINT; 1 when the start failed; 2 for wrong usage, help included; 4 when
 * {@code --address} is none. [C-EXIT-01] [C-EXIT-03] [C-EXIT-20]
 */
final class RunCommand
{
    private static final int EXIT_HELP = 2;
    private static final int EXIT_FAILED = 1;

    private final Terminal terminal;
    private final LogLines log;
    private final Supplier<StopWait> stops;

    /** @param stops asked once, first of all. [C-LIFE-01] */
    RunCommand(Terminal terminal, LogLines log, Supplier<StopWait> stops)
    {
        this.terminal = terminal;
        this.log = log;
        this.stops = stops;
    }

    /** @return the exit code, when the proxy has ended. */
    int execute(String... arguments)
    {
        StopWait stop = stops.get();
        log.print("starting " + ProductVersion.text());
        ArgumentLine line = new ArgumentLine(terminal.program());
        try
        {
            line.parse(arguments);
        }
        catch (OptionException e)
        {
            e.lines().forEach(terminal.err()::println);
            if (e.isUsageShown())
            {
                terminal.out().print(line.usage(ProductVersion.text()));
            }
            return e.exitCode();
        }
        if (line.legacy().isHelp())
        {
            terminal.out().print(line.usage(ProductVersion.text()));
            return EXIT_HELP;
        }
        if (line.additive().isVersion())
        {
            terminal.out().println(ProductVersion.text());
            return 0;
        }
        return run(line, stop);
    }

    private int run(ArgumentLine line, StopWait stop)
    {
        String reason;
        try (RunningProxy proxy = new ProxyStart(terminal, log).start(line))
        {
            proxy.describe(log);
            stop.mainLoopBegins();
            log.print("main loop begins");
            reason = stop.await();
            log.print(reason + " received, closing");
        }
        catch (ConfigurationException e)
        {
            e.lines().forEach(log::print);
            return e.exitCode();
        }
        catch (InterruptedException e)
        {
            Thread.currentThread().interrupt();
            return EXIT_FAILED;
        }
        log.print("terminated by " + reason);
        return 0;
    }
}
