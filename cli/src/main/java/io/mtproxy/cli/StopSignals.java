// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import io.mtproxy.engine.io.linux.LinuxSignals;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * SIGTERM and SIGINT of this process: before the main loop they end it with 1, then the first one ends it in good order
 * and a second one of its kind at once. [C-SIG-01] [C-SIG-02] [C-SIG-03] [C-SIG-12] [C-SIG-20] SIGHUP and SIGUSR1 never
 * end it, and one that comes during the start is done at its end. [C-SIG-04] [C-SIG-05] [C-SIG-21]
 * <p>
 * A worker hears of a stop twice when its whole group is signalled, by the system and by its master, so that a second
 * signal means nothing there: who takes too long is ended by the master.
 * <p>
 * The exit code is ours, not 143: the handler only passes the signal on, and {@code main} returns.
 */
final class StopSignals implements StopWait
{
    /** A start or a stop that was ended by force. */
    static final int EXIT_FORCED = 1;

    private static final Map<String, Integer> STOPS =
        Map.of("TERM", LinuxSignals.SIGTERM, "INT", LinuxSignals.SIGINT);
    private static final Map<Request, Integer> REQUESTS =
        Map.of(Request.RELOAD, LinuxSignals.SIGHUP, Request.REOPEN_LOGS, LinuxSignals.SIGUSR1);
    /** Time for a stop in good order; at its end the process ends all the same. */
    private static final long STOP_TIME_MS = 900;

    private final LogLines log;
    private final boolean isWorker;
    private final BlockingQueue<String> received = new LinkedBlockingQueue<>();
    private final Map<Request, Runnable> actions = new EnumMap<>(Request.class);
    /** Asked for before it could be done. */
    private final Set<Request> early = EnumSet.noneOf(Request.class);
    private final Set<String> stopsSeen = new HashSet<>();
    private Phase phase = Phase.STARTING;

    private enum Phase
    {
        STARTING,
        RUNNING,
        STOPPING
    }

    private StopSignals(LogLines log, boolean isWorker)
    {
        this.log = log;
        this.isWorker = isWorker;
    }

    /** Takes the signals for the rest of the process's life. */
    static StopSignals install(LogLines log)
    {
        return install(log, false);
    }

    /** Takes the signals of a process that has a master. */
    static StopSignals installInWorker(LogLines log)
    {
        return install(log, true);
    }

    private static StopSignals install(LogLines log, boolean isWorker)
    {
        StopSignals signals = new StopSignals(log, isWorker);
        STOPS.forEach((name, number) ->
        {
            if (SystemLimits.isSignalIgnored(number))
            {
                LinuxSignals.restoreDefault(number);
            }
            handle(name, () -> signals.onSignal(name));
        });
        REQUESTS.forEach((request, number) ->
        {
            // the launcher ignores them until here
            if (SystemLimits.isSignalIgnored(number))
            {
                LinuxSignals.handleByNothing(number);
            }
            handle(request.signal, () -> signals.onRequest(request));
        });
        LinuxSignals.ignoreHarmless();
        return signals;
    }

    @Override
    public synchronized void whenAsked(Request request, Runnable action)
    {
        actions.put(request, action);
    }

    @Override
    public void mainLoopBegins()
    {
        Set<Request> due;
        synchronized (this)
        {
            phase = Phase.RUNNING;
            due = EnumSet.copyOf(early);
        }
        due.forEach(this::act);
    }

    @Override
    public String await() throws InterruptedException
    {
        return received.take();
    }

    @Override
    public @Nullable String await(long timeoutMs) throws InterruptedException
    {
        return received.poll(timeoutMs, TimeUnit.MILLISECONDS);
    }

    /** On a thread that the JVM makes for each signal. */
    private synchronized void onSignal(String name)
    {
        switch (phase)
        {
            case STARTING ->
            {
                log.print("SIG" + name + " before the start was complete, exiting");
                Runtime.getRuntime().halt(EXIT_FORCED);
            }
            case RUNNING ->
            {
                stopsSeen.add(name);
                beginStop("SIG" + name);
            }
            case STOPPING -> onSecond(name);
        }
    }

    private void onSecond(String name)
    {
        if (!stopsSeen.add(name) && !isWorker)
        {
            Runtime.getRuntime().halt(EXIT_FORCED);
        }
    }

    private void onRequest(Request request)
    {
        if (request == Request.RELOAD)
        {
            log.print("SIGHUP received");
        }
        synchronized (this)
        {
            if (phase == Phase.STARTING)
            {
                early.add(request);
                return;
            }
        }
        act(request);
    }

    private void act(Request request)
    {
        Runnable action;
        synchronized (this)
        {
            action = actions.get(request);
        }
        if (action != null)
        {
            action.run();
        }
    }

    @Override
    public synchronized void askToStop(String reason)
    {
        if (phase == Phase.RUNNING)
        {
            beginStop(reason);
        }
    }

    private void beginStop(String reason)
    {
        phase = Phase.STOPPING;
        received.add(reason);
        Thread.ofPlatform().daemon().name("stop-limit").start(() ->
        {
            try
            {
                Thread.sleep(STOP_TIME_MS);
            }
            catch (InterruptedException e)
            {
                return;
            }
            log.warn("not everything closed within " + STOP_TIME_MS + " ms, ending all the same");
            Runtime.getRuntime().halt(0);
        });
    }

    /**
     * {@code sun.misc.Signal.handle} by reflection: it has no successor, and its name alone is a warning of the compiler
     * that cannot be switched off.
     */
    private static void handle(String name, Runnable action)
    {
        try
        {
            Class<?> signalClass = Class.forName("sun.misc.Signal");
            Class<?> handlerClass = Class.forName("sun.misc.SignalHandler");
            InvocationHandler invocation = (proxy, method, arguments) -> invoke(proxy, method, arguments, action);
            Object handler =
                Proxy.newProxyInstance(StopSignals.class.getClassLoader(), new Class<?>[]{handlerClass}, invocation);
            signalClass.getMethod("handle", signalClass, handlerClass)
                .invoke(null, signalClass.getConstructor(String.class).newInstance(name), handler);
        }
        catch (ReflectiveOperationException e)
        {
            throw new IllegalStateException("this Java lets nobody handle SIG" + name, e);
        }
    }

    private static @Nullable Object invoke(Object proxy, Method method, Object @Nullable [] arguments, Runnable action)
    {
        return switch (method.getName())
        {
            case "handle" ->
            {
                action.run();
                yield null;
            }
            case "equals" -> arguments != null && proxy == arguments[0];
            case "hashCode" -> System.identityHashCode(proxy);
            default -> "StopSignals";
        };
    }
}
