// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.supervisor;

import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The place of one worker, filled again and again. For the supervisor's thread. [C-LIFE-13] */
final class WorkerPlace
{
    private final RestartPolicy policy = new RestartPolicy();
    private final int index;
    private WorkerLaunch launch;
    private @Nullable WorkerProcess worker;
    private boolean isToldReady;
    private long dueNs = System.nanoTime();

    /**
     * @param index  among the places.
     * @param launch of its worker, until one of another build takes the place.
     */
    WorkerPlace(int index, WorkerLaunch launch)
    {
        this.index = index;
        this.launch = launch;
    }

    int index()
    {
        return index;
    }

    /** @return who has the place now, living or not; null while it is empty. */
    @Nullable
    WorkerProcess worker()
    {
        return worker;
    }

    /** @return how a new one is started. */
    WorkerLaunch launch()
    {
        return launch;
    }

    /** Puts a worker there that has been started in the way that is its own from now on. */
    void fill(WorkerProcess started, WorkerLaunch how)
    {
        worker = started;
        launch = how;
        isToldReady = started.isReady();
    }

    /** @return true once, when the worker has begun to serve since the place was filled. */
    boolean hasBecomeReady()
    {
        WorkerProcess now = worker;
        if (isToldReady || now == null || !now.isReady())
        {
            return false;
        }
        isToldReady = true;
        return true;
    }

    /** Nobody is there any more. @return milliseconds until somebody else is to be started. */
    long empty(long livedMs)
    {
        long delayMs = policy.onEnd(livedMs);
        worker = null;
        dueNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(delayMs);
        return delayMs;
    }

    /** @return whether the place is empty and a worker is to be started now. */
    boolean isDue()
    {
        return worker == null && System.nanoTime() - dueNs >= 0;
    }
}
