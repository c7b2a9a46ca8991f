// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import io.mtproxy.cli.options.ArgumentLine;
import io.mtproxy.cli.options.OptionException;
import io.mtproxy.cli.supervisor.WorkerLink;
import io.mtproxy.engine.config.ConfigurationException;
import io.mtproxy.engine.io.linux.LinuxDescriptors;
import io.mtproxy.engine.status.ProxyCounter;
import io.mtproxy.engine.status.StatusFileReader;
import java.io.DataInputStream;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A worker of {@code -M}, started by its master and by nobody else: standard input is the socket to it. [C-LIFE-12]
 */
final class WorkerRun
{
    /** System property by which a process knows that it is a worker; its value is the number. */
    static final String PROPERTY = "mtproxy.worker";

    private static final int EXIT_FAILED = 1;
    /** How long a replacement waits for links to all servers once it has one, and for the first. */
    private static final long ALL_LINKS_NS_MAX = TimeUnit.SECONDS.toNanos(1);
    private static final long FIRST_LINK_NS_MAX = TimeUnit.SECONDS.toNanos(5);
    private static final long LINK_POLL_MS = 5;

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
            WorkerOrders orders = new WorkerOrders(proxy, stop, log);
            orders.listen();
            reason = proxy.plan().isReplacement() ? acceptWithLinks(proxy, orders, stop) : null;
            if (reason == null)
            {
                log.print("main loop begins");
                WorkerLink.serves();
                reason = stop.await();
            }
            log.print(reason + (reason.startsWith("SIG") ? " received" : "") + ", closing");
            orders.close();
        }
        catch (ConfigurationException e)
        {
            e.lines().forEach(log::print);
            WorkerLink.fails(String.join("; ", e.lines()));
            return e.exitCode();
        }
        catch (OptionException e)
        {
            e.lines().forEach(log::print);
            WorkerLink.fails(String.join("; ", e.lines()));
            return e.exitCode();
        }
        catch (IOException e)
        {
            String line = "the master cannot be understood: " + e.getMessage();
            log.print(line);
            WorkerLink.fails(line);
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

    /**
     * Lets clients in once there is where to send their packets and the master agrees, for until then others serve them. When
     * no middle proxy can be reached they fare no worse here than there.
     *
     * @return what asked to stop meanwhile, or null.
     */
    private static @Nullable String acceptWithLinks(RunningProxy proxy, WorkerOrders orders, StopWait stop)
        throws IOException, InterruptedException
    {
        StatusFileReader status = proxy.engine().status();
        int servers = proxy.plan().conf().servers().size();
        long beginNs = System.nanoTime();
        String reason = null;
        for (long ready = 0; reason == null && ready < servers; ready = status.get(ProxyCounter.READY_TARGETS))
        {
            long waitedNs = System.nanoTime() - beginNs;
            if (waitedNs > (ready > 0 ? ALL_LINKS_NS_MAX : FIRST_LINK_NS_MAX))
            {
                break;
            }
            reason = stop.await(LINK_POLL_MS);
        }
        WorkerLink.prepared();
        while (reason == null && !orders.isAccepting())
        {
            reason = stop.await(LINK_POLL_MS);
        }
        return reason;
    }
}
