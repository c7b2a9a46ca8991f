// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import io.mtproxy.cli.options.ArgumentLine;
import io.mtproxy.cli.options.OptionException;
import io.mtproxy.engine.config.ConfigurationException;
import io.mtproxy.engine.io.linux.LinuxProcess;
import io.mtproxy.engine.status.StatusFileReader;
import java.util.List;
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
    private static final long SECOND_MS = 1000;

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
        addNice(line.legacy().niceIncrement());
        return run(line, arguments, stop);
    }

    private int run(ArgumentLine line, String[] arguments, StopWait stop)
    {
        try
        {
            ProxyStart start = new ProxyStart(terminal, log);
            StartPlan plan = start.prepare(line);
            return line.legacy().workerCount() == 0 ?
                serve(start, plan, stop) :
                new MasterRun(start, log, plan, List.of(arguments)).execute(stop);
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
    }

    private int serve(ProxyStart start, StartPlan plan, StopWait stop) throws ConfigurationException,
        InterruptedException
    {
        String reason;
        try (RunningProxy proxy = start.launch(plan))
        {
            proxy.describe(log);
            stop.whenAsked(StopWait.Request.RELOAD, proxy::reload);
            stop.whenAsked(StopWait.Request.REOPEN_LOGS, plan.output()::reopen);
            plan.output().detach();
            stop.mainLoopBegins();
            log.print("main loop begins");
            PlacesLeft places = new PlacesLeft(plan.config(), 1, log);
            List<StatusFileReader> status = List.of(proxy.engine().status());
            do
            {
                reason = stop.await(SECOND_MS);
                places.check(status);
            }
            while (reason == null);
            log.print(reason + " received, closing");
        }
        log.print("terminated by " + reason);
        return 0;
    }

    /** At once, and no reason to stop. [C-CLI-35] */
    private void addNice(int increment)
    {
        int error = increment == 0 ? 0 : LinuxProcess.addNice(increment);
        if (error != 0)
        {
            log.warn("--nice " + increment + " is not in force, this user may not do that (error " + error + ")");
        }
    }
}
