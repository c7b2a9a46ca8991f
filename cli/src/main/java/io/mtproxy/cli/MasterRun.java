// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import io.mtproxy.cli.supervisor.ControlSocket;
import io.mtproxy.cli.supervisor.Supervisor;
import io.mtproxy.cli.supervisor.WorkerLaunch;
import io.mtproxy.cli.supervisor.WorkerOrder;
import io.mtproxy.cli.stats.StatsPorts;
import io.mtproxy.engine.ConfigState;
import io.mtproxy.engine.ProxyEngine;
import io.mtproxy.engine.config.ConfigRefresher;
import io.mtproxy.engine.config.ConfigurationException;
import io.mtproxy.engine.io.linux.LinuxDescriptors;
import io.mtproxy.engine.status.StatusDirectory;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.agrona.CloseHelper;
import org.agrona.concurrent.SystemEpochClock;
import org.jspecify.annotations.Nullable;

/**
 * The master of {@code -M}: holds the sockets and what the starting user could read, and has workers that serve. It opens
 * no link of its own. [C-LIFE-12] [C-LIFE-15] [C-CLI-63]
 */
final class MasterRun
{
    private static final int EXIT_FAILED = 1;

    private final ProxyStart start;
    private final LogLines log;
    private final StartPlan plan;
    private final List<String> arguments;
    private final WorkerStatus status;
    /** What a worker that is started now begins with. */
    private volatile ConfigRefresher.Fresh current;
    private volatile ConfigState configState;

    MasterRun(ProxyStart start, LogLines log, StartPlan plan, List<String> arguments)
    {
        this.start = start;
        this.log = log;
        this.plan = plan;
        this.arguments = arguments;
        this.status = new WorkerStatus(plan.statusDirectory());
        this.current = new ConfigRefresher.Fresh(plan.conf(), plan.config().clients().secrets());
        this.configState = stateOf(current);
    }

    /** @return the exit code, when all workers have ended. [C-EXIT-20] [C-EXIT-22] */
    int execute(StopWait stop) throws ConfigurationException, InterruptedException
    {
        int count = plan.line().legacy().workerCount();
        log.print("starting " + count + " workers");
        String tuple = ProxyEngine.processTuple(plan.config(), SystemEpochClock.INSTANCE);
        String reason;
        status.takeOver();
        try (StartPlan closedAtEnd = plan;
            Supervisor supervisor = newSupervisor(count))
        {
            startAll(supervisor);
            startStats(supervisor, count, tuple);
            ControlSocket control = openControl(supervisor);
            try
            {
                log.print("process tuple " + tuple + ", client ports " + plan.config().listening().ports());
                RunningProxy.describe(log, closedAtEnd);
                reason = superviseUntilStopped(supervisor, stop);
            }
            finally
            {
                // before somebody else may have the folder
                CloseHelper.quietClose(control);
            }
        }
        if (reason == null)
        {
            return EXIT_FAILED;
        }
        log.print("terminated by " + reason);
        return 0;
    }

    private @Nullable String superviseUntilStopped(Supervisor supervisor, StopWait stop) throws InterruptedException
    {
        stop.whenAsked(StopWait.Request.RELOAD, () -> reload(supervisor));
        stop.whenAsked(StopWait.Request.REOPEN_LOGS, () -> reopenLogs(supervisor));
        plan.output().detach();
        stop.mainLoopBegins();
        log.print("main loop begins");
        PlacesLeft places = new PlacesLeft(plan.config(), plan.line().legacy().workerCount(), log);
        String reason = supervisor.run(stop::await, () -> places.check(status.sources(supervisor.workers()).workers()));
        log.print((reason == null ? "a worker has ended" : reason + " received") + ", closing");
        return reason;
    }

    /** The master answers for all of them. [C-HTTP-01] [C-STAT-04] */
    private void startStats(Supervisor supervisor, int workerCount, String tuple)
    {
        StatsPorts ports = plan.statsPorts();
        if (ports != null)
        {
            ports.start(() -> start.statsContext(plan, workerCount, true)
                .sources(() -> status.sources(supervisor.workers()))
                .configState(() -> configState)
                .processTuple(() -> tuple));
        }
    }

    private Supervisor newSupervisor(int count) throws ConfigurationException
    {
        WorkerLaunch launch = WorkerProgram.ofThisProcess();
        if (!LinuxDescriptors.isAvailable())
        {
            throw ProxyStart.failed("-M hands sockets from process to process, which this platform cannot do — " +
                "leave it out, and use --threads");
        }
        return new Supervisor(
            new Supervisor.Plan(count, plan.line().additive().isWorkerReplaced(), plan.network().descriptors(),
                (number, place, isReplacement) -> settings(number, place, isReplacement).toBytes(),
                plan.config().middleProxies().drainTimeout().toMillis()),
            launch, log::print);
    }

    /** @return what answers verbs, or null when there is no place for it: the proxy serves all the same. */
    private @Nullable ControlSocket openControl(Supervisor supervisor)
    {
        StatusDirectory directory = plan.statusDirectory();
        if (directory == null)
        {
            return null;
        }
        try
        {
            return ControlSocket.open(directory.folder(),
                Map.of(UpgradeCommand.NAME, notes -> upgrade(supervisor, notes)));
        }
        catch (IOException e)
        {
            log.warn("no control socket in " + directory.folder() + ": " + e.getMessage() +
                " — " + UpgradeCommand.NAME + " will not find this proxy; is the name of that folder very long?");
            return null;
        }
    }

    private String upgrade(Supervisor supervisor, Consumer<String> notes) throws IOException, InterruptedException
    {
        log.print("upgrade asked for");
        try
        {
            supervisor.upgrade(WorkerProgram.onDisk(), notes);
        }
        catch (IOException e)
        {
            log.warn("upgrade failed: " + e.getMessage());
            throw e;
        }
        String done = "all workers are new ones";
        log.print("upgrade done, " + done);
        return done;
    }

    private void startAll(Supervisor supervisor) throws ConfigurationException, InterruptedException
    {
        try
        {
            supervisor.start();
        }
        catch (IOException e)
        {
            throw ProxyStart.failed(e.getMessage() + " — see its lines above; the user of -u must be allowed to read " +
                "the program and its Java");
        }
    }

    /**
     * Looks at the files first, so that what is wrong is told once and no worker is asked; what is good is what a worker
     * that is started later begins with. [C-SIG-21] [C-REL-10] [C-REL-11]
     */
    private synchronized void reload(Supervisor supervisor)
    {
        try
        {
            ConfigRefresher.Fresh fresh = ProxyStart.refresher(plan.line()).read();
            current = fresh;
            configState = stateOf(fresh);
            supervisor.order(WorkerOrder.RELOAD);
        }
        catch (ConfigurationException e)
        {
            e.lines().forEach(log::print);
            configState = configState.refused(SystemEpochClock.INSTANCE.time());
            supervisor.order(WorkerOrder.RELOAD_REFUSED);
            log.print("nothing was reloaded, the workers go on as before");
        }
    }

    private static ConfigState stateOf(ConfigRefresher.Fresh fresh)
    {
        return new ConfigState(SystemEpochClock.INSTANCE.time(), fresh.conf().length(), fresh.conf().md5Hex(),
            fresh.conf().clusters().size(), fresh.conf().servers().size(), fresh.secrets().size());
    }

    /** [C-SIG-05] [C-LOG-08] */
    private void reopenLogs(Supervisor supervisor)
    {
        plan.output().reopen();
        supervisor.order(WorkerOrder.REOPEN_LOGS);
    }

    private WorkerSettings settings(int number, int place, boolean isReplacement)
    {
        StatusDirectory directory = plan.statusDirectory();
        ConfigRefresher.Fresh fresh = current;
        return new WorkerSettings(arguments, fresh.conf(), fresh.secrets(), plan.config().middleProxies().secret(),
            plan.config().middleProxies().statsPort(),
            directory == null ? "" : directory.statusFile(WorkerStatus.name(number)).toAbsolutePath().toString(),
            isReplacement, configState.times(), place);
    }
}
