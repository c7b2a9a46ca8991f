// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import java.time.Clock;
import java.time.ZoneId;
import java.util.Arrays;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * The command: a product verb where the first argument is one, else the proxy itself with the argument line of the C
 * program.
 */
public final class MtProxy
{
    private final Terminal terminal;
    private final Function<LogLines, StopWait> stopWaits;

    /** @param stopWaits asked when a command runs that can be stopped. */
    MtProxy(Terminal terminal, Function<LogLines, StopWait> stopWaits)
    {
        this.terminal = terminal;
        this.stopWaits = stopWaits;
    }

    /** Runs the command and ends the process with its exit code. */
    public static void main(String[] arguments)
    {
        boolean isWorker = System.getProperty(WorkerRun.PROPERTY) != null;
        MtProxy command =
            new MtProxy(Terminal.ofProcess(), isWorker ? StopSignals::installInWorker : StopSignals::install);
        int exitCode = isWorker ? command.executeWorker() : command.execute(arguments);
        System.out.flush();
        System.err.flush();
        System.exit(exitCode);
    }

    private int executeWorker()
    {
        LogLines log = new LogLines(terminal.err(), Clock.system(ZoneId.systemDefault()));
        return new WorkerRun(terminal, log).execute(stopWaits.apply(log));
    }

    /** @return the exit code. */
    int execute(String... arguments)
    {
        LogLines log = new LogLines(terminal.err(), Clock.system(ZoneId.systemDefault()));
        Supplier<StopWait> stops = () -> stopWaits.apply(log);
        String[] rest = arguments.length == 0 ? arguments : Arrays.copyOfRange(arguments, 1, arguments.length);
        String first = arguments.length == 0 ? "" : arguments[0];
        Verb verb = Verbs.find(first, terminal, stops);
        if (verb != null)
        {
            return verb.execute(rest);
        }
        return switch (first)
        {
            case HelpCommand.NAME -> new HelpCommand(terminal, stops).execute(rest);
            case "--version" ->
            {
                terminal.out().println(ProductVersion.text());
                yield 0;
            }
            default -> new RunCommand(terminal, log, stops).execute(arguments);
        };
    }
}
