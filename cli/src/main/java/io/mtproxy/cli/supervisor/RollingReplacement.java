// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.supervisor;

import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Replaces the workers of all places by those of another build, one after the other: a new one is started beside the old
 * one, and when it serves the old one is sent to drain. The first new one that cannot serve ends it, and the old ones that
 * are left go on. (architecture A11)
 * <p>
 * {@link #step} is for the supervisor's thread, {@link #await} for who has asked.
 */
final class RollingReplacement
{
    private final WorkerLaunch launch;
    private final Consumer<String> progress;
    private final CompletableFuture<String> failure = new CompletableFuture<>();
    private int place;
    private @Nullable WorkerProcess candidate;
    private String outcome = "";

    /**
     * @param launch   of the new build.
     * @param progress gets a line for each worker that is replaced.
     */
    RollingReplacement(WorkerLaunch launch, Consumer<String> progress)
    {
        this.launch = launch;
        this.progress = progress;
    }

    /** Does what can be done now. @return whether it is over: {@link #tellEnd} is due. */
    boolean step(Supervisor supervisor)
    {
        try
        {
            WorkerProcess now = candidate;
            if (now == null)
            {
                candidate = supervisor.launch(launch, place, true);
                return false;
            }
            if (now.hasEnded())
            {
                supervisor.forget(now);
                return finish(now.describeEnd());
            }
            if (now.isReady())
            {
                progress.accept(supervisor.replace(place, now, launch));
                candidate = null;
                return ++place == supervisor.placeCount() && finish("");
            }
            if (now.ageMs() > Supervisor.READY_LIMIT_MS)
            {
                supervisor.kill(now);
                return finish(now + " does not serve after " + Supervisor.READY_LIMIT_MS / 1000 + " s");
            }
            return false;
        }
        catch (IOException e)
        {
            return finish("no worker can be started: " + e.getMessage());
        }
    }

    /** Ends it, as the proxy ends. */
    void cancel()
    {
        finish("the proxy is ending");
        tellEnd();
    }

    /** Lets who has asked go on; when he does, the next replacement may be asked for. */
    void tellEnd()
    {
        failure.complete(outcome);
    }

    /** Waits for the end. @throws IOException with the reason when not all places have a new worker. */
    void await() throws IOException, InterruptedException
    {
        try
        {
            String reason = failure.get();
            if (!reason.isEmpty())
            {
                throw new IOException(reason);
            }
        }
        catch (ExecutionException e)
        {
            throw new IllegalStateException("never completed that way", e);
        }
    }

    private boolean finish(String reason)
    {
        String kept = place == 0 ? "all workers are the old ones" : place + " workers are new, the others the old ones";
        outcome = reason.isEmpty() ? "" : reason + " — " + kept;
        return true;
    }
}
