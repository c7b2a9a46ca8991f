// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import io.mtproxy.cli.options.ArgumentLine;
import io.mtproxy.engine.config.ConfigurationException;
import io.mtproxy.engine.io.linux.LinuxDescriptors;
import java.io.DataInputStream;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.IOException;
import java.util.List;

/**
 * A worker of {@code -M}, started by its master and by nobody else: standard input is the socket to it. [C-LIFE-12]
 */
final class WorkerRun
{
    /** System property by which a process knows that it is a worker; its value is the number. */
    static final String PROPERTY = "mtproxy.worker";

    private static final int EXIT_FAILED = 1;

    private final Terminal terminal;
    private final LogLines log;

    WorkerRun(Terminal terminal, LogLines log)
    {
        this.terminal = terminal;
        this.log = log;
    }

    /** @return the exit code, when this worker is to end. */
    int execute(StopWait stop)
    {
        String reason;
        // not closed before the process ends, as its end means something
        FileInputStream master = new FileInputStream(FileDescriptor.in);
        try (RunningProxy proxy = start(new DataInputStream(master)))
        {
            proxy.describe(log);
            LogOutput output = proxy.plan().output();
            stop.whenAsked(StopWait.Request.RELOAD, proxy::reload);
            stop.whenAsked(StopWait.Request.REOPEN_LOGS, output::reopen);
            output.detach();
            stop.mainLoopBegins();
            log.print("main loop begins");
            watchMaster();
            LinuxDescriptors.write(LinuxDescriptors.STDIN, new byte[1]);
            reason = stop.await();
            log.print(reason + " received, closing");
        }
        catch (ConfigurationException e)
        {
            e.lines().forEach(log::print);
            return e.exitCode();
        }
        catch (IOException e)
        {
            log.print("the master cannot be understood: " + e.getMessage());
            return EXIT_FAILED;
        }
        catch (InterruptedException e)
        {
            Thread.currentThread().interrupt();
            return EXIT_FAILED;
        }
        log.print("terminated by " + reason);
        return 0;
    }

    private RunningProxy start(DataInputStream master) throws IOException, ConfigurationException
    {
        int socketCount = master.readInt();
        List<Integer> sockets = LinuxDescriptors.receive(LinuxDescriptors.STDIN, socketCount);
        WorkerSettings settings = WorkerSettings.read(master);
        ArgumentLine line = new ArgumentLine(terminal.program());
        line.legacy().handSecrets(settings.secrets());
        line.parse(settings.arguments().toArray(String[]::new));
        ProxyStart start = new ProxyStart(terminal, log);
        return start.launch(start.handed(line, settings, sockets));
    }

    /** Ends this process when the other end of its standard input is gone, at once and whatever it does. [C-LIFE-14] */
    private void watchMaster()
    {
        Thread.ofPlatform().daemon().name("master-watch").start(() ->
        {
            while (LinuxDescriptors.read(LinuxDescriptors.STDIN) >= 0)
            {
                // the master says nothing more
            }
            log.print("the master is gone, exiting");
            Runtime.getRuntime().halt(EXIT_FAILED);
        });
    }
}
