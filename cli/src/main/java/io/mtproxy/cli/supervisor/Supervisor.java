// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.supervisor;

import io.mtproxy.engine.io.linux.LinuxSignals;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * The master of {@code -M}: starts the workers, fills the place of one that ended, hands signals on and ends them all.
 * [C-LIFE-12] [C-LIFE-13] [C-SIG-01] [C-SIG-02] [C-SIG-05]
 * <p>
 * For one thread, except {@link #signal} and {@link #workers}.
 */
public final class Supervisor implements AutoCloseable
{
    private static final long POLL_MS = 50;
    private static final long READY_LIMIT_S = 60;
    private static final long SECOND_NS = TimeUnit.SECONDS.toNanos(1);
    /** Time for workers to end in good order; then they are killed, and all is over within a second. [C-SIG-20] */
    private static final long STOP_TIME_MS = 650;
    private static final long STOP_POLL_MS = 5;

    private final Plan plan;
    private final Consumer<String> log;
    private final Place[] places;

    /** @param log for lines that an operator wants to see. */
    public Supervisor(Plan plan, Consumer<String> log)
    {
        this.plan = plan;
        this.log = log;
        this.places = new Place[plan.workerCount()];
        for (int i = 0; i < places.length; i++)
        {
            places[i] = new Place();
        }
    }

    /**
     * What workers are and how they are looked after.
     *
     * @param workerCount 1 or more.
     * @param isReplacing whether one that ended is replaced; else all end. [C-LIFE-13]
     * @param command     of the worker of a place, numbered from 0.
     * @param sockets     descriptors that each of them listens on.
     * @param settings    of the worker of a place, made anew for each start and zeroed afterwards.
     */
    public record Plan(int workerCount, boolean isReplacing, IntFunction<List<String>> command, List<Integer> sockets,
        IntFunction<byte[]> settings)
    {
    }

    /** A worker that serves. */
    public record Worker(int index, long pid)
    {
    }

    /** Where the supervisor hears that it is to end. */
    @FunctionalInterface
    public interface StopSource
    {
        /** @return what asked to stop, or null when nothing did in that time. */
        @Nullable
        String await(long timeoutMs) throws InterruptedException;
    }

    /** The place of one worker. */
    private static final class Place
    {
        private final RestartPolicy policy = new RestartPolicy();
        private volatile @Nullable WorkerProcess worker;
        private boolean isToldReady;
        private long dueNs;
    }

    /**
     * Starts all workers and waits until each of them serves.
     *
     * @throws IOException when one cannot; all of them are then ended by {@link #close}.
     */
    public void start() throws IOException, InterruptedException
    {
        for (int i = 0; i < places.length; i++)
        {
            start(i);
            places[i].isToldReady = true;
        }
        long deadlineNs = System.nanoTime() + (READY_LIMIT_S + places.length) * SECOND_NS;
        for (Place place : places)
        {
            WorkerProcess worker = place.worker;
            while (worker != null && !worker.isReady())
            {
                if (!worker.isAlive())
                {
                    throw new IOException(worker.describeEnd() + " before it could serve");
                }
                if (System.nanoTime() - deadlineNs > 0)
                {
                    throw new IOException(worker + " is not ready after " + READY_LIMIT_S + " s");
                }
                TimeUnit.MILLISECONDS.sleep(STOP_POLL_MS);
            }
        }
    }

    /**
     * Looks after the workers until it is to stop.
     *
     * @param everySecond is done about once a second.
     * @return what asked to stop, or null when a worker has ended and is not to be replaced.
     */
    public @Nullable String run(StopSource stop, Runnable everySecond) throws InterruptedException
    {
        long nextNs = System.nanoTime();
        while (true)
        {
            String reason = stop.await(POLL_MS);
            if (reason != null)
            {
                return reason;
            }
            for (int i = 0; i < places.length; i++)
            {
                if (!lookAt(i))
                {
                    return null;
                }
            }
            if (System.nanoTime() - nextNs >= 0)
            {
                nextNs = System.nanoTime() + SECOND_NS;
                everySecond.run();
            }
        }
    }

    /** Hands a signal on to every worker. For any thread. */
    public void signal(int number)
    {
        for (Place place : places)
        {
            WorkerProcess worker = place.worker;
            if (worker != null)
            {
                worker.signal(number);
            }
        }
    }

    /** @return the workers that serve now. For any thread. */
    public List<Worker> workers()
    {
        List<Worker> serving = new ArrayList<>();
        for (Place place : places)
        {
            WorkerProcess worker = place.worker;
            if (worker != null && worker.isReady() && worker.isAlive())
            {
                serving.add(new Worker(worker.index(), worker.pid()));
            }
        }
        return serving;
    }

    /** Ends all workers, those that take too long by force. [C-SIG-01] */
    @Override
    public void close()
    {
        signal(LinuxSignals.SIGTERM);
        long deadlineNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(STOP_TIME_MS);
        while (livingCount() > 0 && System.nanoTime() - deadlineNs < 0)
        {
            try
            {
                TimeUnit.MILLISECONDS.sleep(STOP_POLL_MS);
            }
            catch (InterruptedException e)
            {
                Thread.currentThread().interrupt();
                break;
            }
        }
        int left = livingCount();
        if (left > 0)
        {
            log.accept("warning: " + left + " workers did not end within " + STOP_TIME_MS + " ms, killing them");
            signal(LinuxSignals.SIGKILL);
        }
    }

    /** @return false when all must end. */
    private boolean lookAt(int index)
    {
        Place place = places[index];
        WorkerProcess worker = place.worker;
        if (worker == null)
        {
            if (System.nanoTime() - place.dueNs >= 0)
            {
                startAgain(index);
            }
            return true;
        }
        if (worker.isAlive())
        {
            if (!place.isToldReady && worker.isReady())
            {
                place.isToldReady = true;
                log.accept(worker + " has taken the place of the one that ended");
            }
            return true;
        }
        if (!plan.isReplacing())
        {
            log.accept(worker.describeEnd() + ", so all end");
            return false;
        }
        long delayMs = place.policy.onEnd(worker.ageMs());
        log.accept("warning: " + worker.describeEnd() + ", " + (places.length - 1) + " others serve on, a new one is " +
            (delayMs == 0 ? "started" : "started in " + delayMs + " ms"));
        empty(place, delayMs);
        return true;
    }

    private void startAgain(int index)
    {
        try
        {
            start(index);
        }
        catch (IOException e)
        {
            Place place = places[index];
            long delayMs = Math.max(RestartPolicy.DELAY_MS_MIN, place.policy.onEnd(0));
            log.accept("warning: worker " + index + " cannot be started: " + e.getMessage() + ", trying again in " +
                delayMs + " ms");
            empty(place, delayMs);
        }
    }

    private void start(int index) throws IOException
    {
        Place place = places[index];
        place.isToldReady = false;
        place.worker =
            WorkerProcess.start(index, plan.command().apply(index), plan.sockets(), plan.settings().apply(index));
    }

    private static void empty(Place place, long delayMs)
    {
        place.worker = null;
        place.dueNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(delayMs);
    }

    private int livingCount()
    {
        int count = 0;
        for (Place place : places)
        {
            WorkerProcess worker = place.worker;
            count += worker != null && worker.isAlive() ? 1 : 0;
        }
        return count;
    }
}
