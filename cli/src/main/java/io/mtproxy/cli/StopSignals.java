// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import io.mtproxy.engine.io.linux.LinuxSignals;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * SIGTERM and SIGINT of this process: before the main loop they end it with 1, then the first one ends it in good order
 * and the second one at once. [C-SIG-01] [C-SIG-02] [C-SIG-03] [C-SIG-12] [C-SIG-20]
 * <p>
 * The exit code is ours, not 143: the handler only passes the signal on, and {@code main} returns.
 */
final class StopSignals implements StopWait
{
    /** A start or a stop that was ended by force. */
    static final int EXIT_FORCED = 1;

    private static final Map<String, Integer> NUMBERS =
        Map.of("TERM", LinuxSignals.SIGTERM, "INT", LinuxSignals.SIGINT);
    /** Time for a stop in good order; at its end the process ends all the same. */
    private static final long STOP_TIME_MS = 900;

    private final LogLines log;
    private final BlockingQueue<String> received = new LinkedBlockingQueue<>();
    private Phase phase = Phase.STARTING;

    private enum Phase
    {
        STARTING,
        RUNNING,
        STOPPING
    }

    private StopSignals(LogLines log)
    {
        this.log = log;
    }

    /** Takes both signals for the rest of the process's life. */
    static StopSignals install(LogLines log)
    {
        StopSignals signals = new StopSignals(log);
        NUMBERS.forEach((name, number) ->
        {
            if (SystemLimits.isSignalIgnored(number))
            {
                LinuxSignals.restoreDefault(number);
            }
            handle(name, () -> signals.onSignal(name));
        });
        return signals;
    }

    @Override
    public synchronized void mainLoopBegins()
    {
        phase = Phase.RUNNING;
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
            case RUNNING -> beginStop(name);
            case STOPPING -> Runtime.getRuntime().halt(EXIT_FORCED);
        }
    }

    private void beginStop(String name)
    {
        phase = Phase.STOPPING;
        received.add("SIG" + name);
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
