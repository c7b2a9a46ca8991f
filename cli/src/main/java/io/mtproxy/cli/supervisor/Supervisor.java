// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.supervisor;

import io.mtproxy.engine.io.linux.LinuxSignals;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The master of {@code -M}: starts the workers, fills the place of one that ended, replaces them by those of another build,
 * hands orders on and ends them all. [C-LIFE-12] [C-LIFE-13] [C-SIG-01] [C-SIG-02] [C-SIG-05]
 * <p>
 * For one thread, except {@link #order}, {@link #workers} and {@link #upgrade}.
 */
public final class Supervisor implements AutoCloseable
{
    /** A worker that does not serve so long after its start never will. */
    static final long READY_LIMIT_MS = 60_000;

    private static final long POLL_MS = 50;
    private static final long SECOND_NS = TimeUnit.SECONDS.toNanos(1);
    /** Within this all processes of a group have seen a signal. */
    private static final long GROUP_SIGNAL_MS = 300;
    /** What a worker may need beyond the drain timeout to see that it is over. */
    private static final long DRAIN_GRACE_MS = 3_000;
    /** Time for workers to end in good order; then they are killed, and all is over within a second. [C-SIG-20] */
    private static final long STOP_TIME_MS = 650;
    private static final long STOP_POLL_MS = 5;

    private final Plan plan;
    private final Consumer<String> log;
    private final WorkerPlace[] places;
    /** All that have been started and not been seen to end; guarded by itself. */
    private final List<WorkerProcess> living = new ArrayList<>();
    private final List<Leaving> leaving = new ArrayList<>();
    private final AtomicReference<@Nullable RollingReplacement> replacement = new AtomicReference<>();

    /**
     * @param launch of the workers until another one is given.
     * @param log    for lines that an operator wants to see.
     */
    public Supervisor(Plan plan, WorkerLaunch launch, Consumer<String> log)
    {
        this.plan = plan;
        this.log = log;
        this.places = new WorkerPlace[plan.workerCount()];
        for (int i = 0; i < places.length; i++)
        {
            places[i] = new WorkerPlace(i, launch);
        }
    }

    /**
     * What workers are and how they are looked after.
     *
     * @param workerCount    1 or more.
     * @param isReplacing    whether one that ended is replaced; else all end. [C-LIFE-13]
     * @param sockets        descriptors that each of them listens on.
     * @param settings       made anew for each start and zeroed afterwards.
     * @param drainTimeoutMs after which a worker that is replaced has closed the clients that are left.
     */
    public record Plan(int workerCount, boolean isReplacing, List<Integer> sockets, Settings settings,
        long drainTimeoutMs)
    {
    }

    /** What a worker is handed at its start. */
    @FunctionalInterface
    public interface Settings
    {
        /**
         * @param number        by which the worker and its status file are named.
         * @param place         that it is for, from 0; while one drains, two have the same.
         * @param isReplacement whether others serve already.
         */
        byte[] of(int number, int place, boolean isReplacement);
    }

    /** A worker that serves, or that drains. */
    public record Worker(int number, long pid)
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

    /** A worker that is to end by itself until then. */
    private record Leaving(WorkerProcess worker, long deadlineNs)
    {
    }

    /**
     * Starts all workers and waits until each of them serves.
     *
     * @throws IOException when one cannot; all of them are then ended by {@link #close}.
     */
    public void start() throws IOException, InterruptedException
    {
        for (WorkerPlace place : places)
        {
            place.fill(launch(place.launch(), place.index(), false), place.launch());
        }
        long deadlineNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(READY_LIMIT_MS) + places.length * SECOND_NS;
        for (WorkerPlace place : places)
        {
            WorkerProcess worker = place.worker();
            while (worker != null && !worker.isReady())
            {
                if (worker.hasEnded())
                {
                    throw new IOException(worker.describeEnd());
                }
                if (System.nanoTime() - deadlineNs > 0)
                {
                    throw new IOException(worker + " is not ready after " + READY_LIMIT_MS / 1000 + " s");
                }
                TimeUnit.MILLISECONDS.sleep(STOP_POLL_MS);
            }
            place.hasBecomeReady();
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
            reason = awaitIfAnyIsStopped(stop);
            if (reason != null)
            {
                return reason;
            }
            for (WorkerPlace place : places)
            {
                if (!lookAt(place))
                {
                    return null;
                }
            }
            lookAtLeaving();
            RollingReplacement now = replacement.get();
            if (now != null && now.step(this))
            {
                replacement.set(null);
                now.tellEnd();
            }
            if (System.nanoTime() - nextNs >= 0)
            {
                nextNs = System.nanoTime() + SECOND_NS;
                everySecond.run();
            }
        }
    }

    /**
     * A worker that was told to end by somebody else may be one of a whole group that was, this process included: the signal
     * is waited for, so that this end is not taken for a failure of the worker. [C-SIG-01] [C-SIG-02]
     */
    private @Nullable String awaitIfAnyIsStopped(StopSource stop) throws InterruptedException
    {
        for (WorkerPlace place : places)
        {
            WorkerProcess worker = place.worker();
            if (worker != null && worker.isStoppedBySignal())
            {
                return stop.await(GROUP_SIGNAL_MS);
            }
        }
        return null;
    }

    /** Asks every worker for something, those that are still starting included. For any thread. */
    public void order(WorkerOrder order)
    {
        // who is being started has either its settings from now on or this order
        synchronized (living)
        {
            living.forEach(worker -> worker.order(order));
        }
    }

    /** @return the workers that serve now, and those that drain. For any thread. */
    public List<Worker> workers()
    {
        synchronized (living)
        {
            return living.stream().filter(worker -> worker.isReady() && worker.isAlive()).map(
                worker -> new Worker(worker.number(), worker.pid())).toList();
        }
    }

    /**
     * Replaces all workers one by one and waits for that. For any thread but the supervisor's.
     *
     * @param launch   of the new ones, and of those that replace them later.
     * @param progress gets a line for each.
     * @throws IOException with the reason when not all could be replaced.
     */
    public void upgrade(WorkerLaunch launch, Consumer<String> progress) throws IOException, InterruptedException
    {
        RollingReplacement mine = new RollingReplacement(launch, progress);
        if (!replacement.compareAndSet(null, mine))
        {
            throw new IOException("the workers are being replaced already — wait for the end of that");
        }
        mine.await();
    }

    /** Ends all workers, those that take too long by force. [C-SIG-01] */
    @Override
    public void close()
    {
        RollingReplacement now = replacement.get();
        if (now != null)
        {
            now.cancel();
        }
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

    int placeCount()
    {
        return places.length;
    }

    /** Starts a worker that has no place yet. */
    WorkerProcess launch(WorkerLaunch how, int place, boolean isReplacement) throws IOException
    {
        synchronized (living)
        {
            int number = freeNumber();
            WorkerProcess worker = WorkerProcess.start(number, how.command(number), plan.sockets(),
                plan.settings().of(number, place, isReplacement));
            living.add(worker);
            return worker;
        }
    }

    /** Gives a place to a worker that serves, and lets the one that has it drain. @return what has happened. */
    String replace(int index, WorkerProcess successor, WorkerLaunch how)
    {
        WorkerPlace place = places[index];
        WorkerProcess old = place.worker();
        place.fill(successor, how);
        String text = successor + " serves in an empty place";
        if (old != null && old.isAlive())
        {
            old.order(WorkerOrder.DRAIN);
            leave(old, plan.drainTimeoutMs() + DRAIN_GRACE_MS);
            text = successor + " serves in place of " + old + ", which drains for " + plan.drainTimeoutMs() / 1000 +
                " s at most";
        }
        else if (old != null)
        {
            forget(old);
        }
        log.accept(text);
        return text;
    }

    /** A worker that has ended is none any more. */
    void forget(WorkerProcess ended)
    {
        synchronized (living)
        {
            living.remove(ended);
        }
    }

    /** Ends a worker that is in no place. */
    void kill(WorkerProcess worker)
    {
        worker.signal(LinuxSignals.SIGKILL);
        leave(worker, DRAIN_GRACE_MS);
    }

    private void leave(WorkerProcess worker, long timeMs)
    {
        leaving.add(new Leaving(worker, System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(timeMs)));
    }

    private void lookAtLeaving()
    {
        for (Leaving entry : List.copyOf(leaving))
        {
            WorkerProcess worker = entry.worker();
            if (worker.hasEnded())
            {
                log.accept(worker.describeEnd());
                forget(worker);
                leaving.remove(entry);
            }
            else if (System.nanoTime() - entry.deadlineNs() > 0)
            {
                log.accept("warning: " + worker + " does not end by itself, killing it");
                worker.signal(LinuxSignals.SIGKILL);
                leaving.remove(entry);
                leave(worker, DRAIN_GRACE_MS);
            }
        }
    }

    /** @return false when all must end. */
    private boolean lookAt(WorkerPlace place)
    {
        WorkerProcess worker = place.worker();
        if (worker == null)
        {
            if (place.isDue())
            {
                startAgain(place);
            }
            return true;
        }
        if (!worker.hasEnded())
        {
            if (place.hasBecomeReady())
            {
                log.accept(worker + " has taken the place of the one that ended");
            }
            else if (!worker.isReady() && worker.ageMs() > READY_LIMIT_MS)
            {
                log.accept("warning: " + worker + " does not serve after " + READY_LIMIT_MS / 1000 + " s, killing it");
                worker.signal(LinuxSignals.SIGKILL);
            }
            return true;
        }
        forget(worker);
        if (!plan.isReplacing())
        {
            log.accept(worker.describeEnd() + ", so all end");
            return false;
        }
        long delayMs = place.empty(worker.ageMs());
        log.accept("warning: " + worker.describeEnd() + ", " + (places.length - 1) + " others serve on, a new one is " +
            (delayMs == 0 ? "started" : "started in " + delayMs + " ms"));
        return true;
    }

    private void startAgain(WorkerPlace place)
    {
        try
        {
            place.fill(launch(place.launch(), place.index(), true), place.launch());
        }
        catch (IOException e)
        {
            log.accept("warning: no worker can be started: " + e.getMessage() + ", trying again in " + place.empty(0) +
                " ms");
        }
    }

    /** @return the smallest number that no living worker has; who has it goes on counting where the one before ended. */
    private int freeNumber()
    {
        int number = 0;
        while (isTaken(number))
        {
            number++;
        }
        return number;
    }

    private boolean isTaken(int number)
    {
        return living.stream().anyMatch(worker -> worker.number() == number);
    }

    private void signal(int number)
    {
        synchronized (living)
        {
            living.forEach(worker -> worker.signal(number));
        }
    }

    private int livingCount()
    {
        synchronized (living)
        {
            return (int)living.stream().filter(WorkerProcess::isAlive).count();
        }
    }
}
