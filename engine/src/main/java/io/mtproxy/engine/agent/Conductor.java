// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.agent;

import io.mtproxy.engine.status.StatusFile;
import java.util.function.Consumer;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.EpochClock;

/**
 * Everything slow: whatever may block runs here, on a thread that is asleep most of the time. It keeps the status file's
 * heartbeat and tells the operator of errors of ours, each kind once.
 */
public final class Conductor implements Agent
{
    private static final long HEARTBEAT_MS = 1000;

    private final StatusFile statusFile;
    private final EpochClock clock;
    private final Consumer<String> log;
    private long nextHeartbeatMs;
    private long errorsReadToMs;

    public Conductor(StatusFile statusFile, EpochClock clock, Consumer<String> log)
    {
        this.statusFile = statusFile;
        this.clock = clock;
        this.log = log;
    }

    @Override
    public String roleName()
    {
        return "conductor";
    }

    @Override
    public int doWork()
    {
        long nowMs = clock.time();
        if (nowMs < nextHeartbeatMs)
        {
            return 0;
        }
        nextHeartbeatMs = nowMs + HEARTBEAT_MS;
        statusFile.heartbeat(nowMs);
        reportErrors(nowMs);
        return 1;
    }

    private void reportErrors(long nowMs)
    {
        statusFile.reader().readErrors((count, firstMs, lastMs, text) ->
        {
            if (firstMs >= errorsReadToMs)
            {
                log.accept("internal error, please report it: " + text);
            }
        });
        errorsReadToMs = nowMs;
    }
}
