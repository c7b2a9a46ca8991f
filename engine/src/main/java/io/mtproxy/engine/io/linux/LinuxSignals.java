// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.io.linux;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** How the process takes signals, where Java says nothing about it. Called at the start, before threads are many. */
public final class LinuxSignals
{
    /** {@code asm-generic/signal.h}: SIGHUP. */
    public static final int SIGHUP = 1;
    /** {@code asm-generic/signal.h}: SIGINT. */
    public static final int SIGINT = 2;
    /** {@code asm-generic/signal.h}: SIGKILL. */
    public static final int SIGKILL = 9;
    /** {@code asm-generic/signal.h}: SIGUSR1. */
    public static final int SIGUSR1 = 10;
    /** {@code asm-generic/signal.h}: SIGTERM. */
    public static final int SIGTERM = 15;

    /** {@code sighandler_t signal(int number, sighandler_t handler)}. */
    private static final @Nullable MethodHandle SIGNAL = NativeCalls.find("signal",
        FunctionDescriptor.of(ValueLayout.JAVA_LONG, ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG));
    /** {@code asm-generic/signal-defs.h}: SIG_DFL. */
    private static final long SIG_DFL = 0;
    /** {@code asm-generic/signal-defs.h}: SIG_IGN. */
    private static final long SIG_IGN = 1;
    /** {@code asm-generic/signal.h}: SIGIO, which is SIGPOLL as well. */
    private static final int SIGIO = 29;
    /** Those of the real-time signals that do not end the C program. */
    private static final int[] REAL_TIME_IGNORED = {55, 56, 57, 60, 63, 64};
    /** {@code asm-generic/signal-defs.h}: SIG_ERR. */
    private static final long SIG_ERR = -1;
    /** A function of the C library that takes a number and has no effect. */
    private static final String WITHOUT_EFFECT = "abs";

    private LinuxSignals()
    {
    }

    /**
     * Takes a signal as the system does by default. One that was ignored when the process started, as SIGHUP below nohup
     * and SIGINT behind a {@code &} in a script, stays ignored whatever handler Java is given, unless this goes before.
     *
     * @return 0, or the error number: 38 where the platform has no such call.
     */
    public static int restoreDefault(int number)
    {
        return set(number, SIG_DFL);
    }

    /**
     * Takes a signal with a function that does nothing. Unlike one that is ignored Java can then handle it, and unlike
     * {@link #restoreDefault} there is no moment in which it would end the process.
     *
     * @return 0, or the error number: 38 where the platform has no such call.
     */
    public static int handleByNothing(int number)
    {
        OptionalLong address = NativeCalls.address(WITHOUT_EFFECT);
        return address.isPresent() ? set(number, address.getAsLong()) : NativeCalls.ENOSYS;
    }

    /**
     * Ignores the signals that do nothing to the C program and that Java has no name for; SIGPIPE is the JVM's own care.
     * [C-SIG-07] [C-SIG-09] [C-SIG-10]
     */
    public static void ignoreHarmless()
    {
        set(SIGIO, SIG_IGN);
        for (int number : REAL_TIME_IGNORED)
        {
            set(number, SIG_IGN);
        }
    }

    private static int set(int number, long handler)
    {
        if (SIGNAL == null)
        {
            return NativeCalls.ENOSYS;
        }
        try (Arena arena = Arena.ofConfined())
        {
            MemorySegment state = NativeCalls.newErrnoState(arena);
            long previous = (long)SIGNAL.invokeExact(state, number, handler);
            return previous == SIG_ERR ? NativeCalls.errno(state) : 0;
        }
        catch (Throwable e)
        {
            throw NativeCalls.unexpected("signal(" + number + ", " + handler + ")", e);
        }
    }
}
