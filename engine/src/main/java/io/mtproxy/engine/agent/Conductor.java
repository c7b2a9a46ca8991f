// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.agent;

import io.mtproxy.engine.status.StatusFile;
import io.mtproxy.engine.status.StatusFileReader;
import java.util.function.Consumer;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.EpochClock;
import org.jspecify.annotations.Nullable;

/**
 * Everything slow: whatever may block runs here, on a thread that is asleep most of the time. It keeps the status file's
 * heartbeat, reloads the configuration and tells the operator of errors of ours, each kind once.
 */
public final class Conductor implements Agent
{
    private static final long HEARTBEAT_MS = 1000;

    private final StatusFile statusFile;
    private final StatusFileReader status;
    private final EpochClock clock;
    private final Consumer<String> log;
    private final ConductorCommands commands;
    private final ActiveConfiguration configuration;
    /** In TLS-only mode; null otherwise. */
    private final @Nullable OriginWatch origins;
    private long nextHeartbeatMs;
    private long errorsReadToMs;
    /** Asked for, and waiting until every agent has taken what the reload before has given it. */
    private boolean isReloadWanted;

    /**
     * @param log           for the operator.
     * @param commands      for this conductor.
     * @param configuration to be reloaded when that is asked for.
     * @param origins       in TLS-only mode; null otherwise.
     */
    public Conductor(StatusFile statusFile, EpochClock clock, Consumer<String> log, ConductorCommands commands,
        ActiveConfiguration configuration, @Nullable OriginWatch origins)
    {
        this.origins = origins;
        this.statusFile = statusFile;
        this.status = statusFile.reader();
        this.clock = clock;
        this.log = log;
        this.commands = commands;
        this.configuration = configuration;
    }

    @Override
    public String roleName()
    {
        return "conductor";
    }

    @Override
    public int doWork()
    {
        commands.drain(this);
        return reloadIfWanted() + beatIfDue();
    }

    void onReload()
    {
        isReloadWanted = true;
    }

    void onReloadRefused()
    {
        configuration.countFailure();
    }

    private int reloadIfWanted()
    {
        if (!isReloadWanted || !configuration.isTaken())
        {
            return 0;
        }
        isReloadWanted = false;
        try
        {
            configuration.reload();
        }
        catch (RuntimeException e)
        {
            // a defect of ours must not end the conductor [C-REL-11]
            configuration.countFailure();
            statusFile.errorLog().record(e);
        }
        return 1;
    }

    private int beatIfDue()
    {
        long nowMs = clock.time();
        int work = origins == null ? 0 : origins.doWork(nowMs);
        if (nowMs < nextHeartbeatMs)
        {
            return work;
        }
        nextHeartbeatMs = nowMs + HEARTBEAT_MS;
        statusFile.heartbeat(nowMs);
        reportErrors(nowMs);
        return work + 1;
    }

    private void reportErrors(long nowMs)
    {
        status.readErrors((count, firstMs, lastMs, text) ->
        {
            if (firstMs >= errorsReadToMs)
            {
                log.accept("internal error, please report it: " + text);
            }
        });
        errorsReadToMs = nowMs;
    }
}
