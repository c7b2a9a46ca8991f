// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.io.linux;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What a process is to the system: limits, niceness, session, signals to others. At the start, and seldom later. */
public final class LinuxProcess
{
    /** {@code int getrlimit(int resource, struct rlimit *limit)}. */
    private static final @Nullable MethodHandle GETRLIMIT = NativeCalls.find("getrlimit",
        FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.ADDRESS));
    /** {@code int setrlimit(int resource, const struct rlimit *limit)}. */
    private static final @Nullable MethodHandle SETRLIMIT = NativeCalls.find("setrlimit",
        FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.ADDRESS));
    /** {@code int getpriority(int which, id_t who)}. */
    private static final @Nullable MethodHandle GETPRIORITY = NativeCalls.find("getpriority",
        FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
    /** {@code int setpriority(int which, id_t who, int priority)}. */
    private static final @Nullable MethodHandle SETPRIORITY = NativeCalls.find("setpriority",
        FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
    /** {@code pid_t setsid(void)}. */
    private static final @Nullable MethodHandle SETSID = NativeCalls.find("setsid",
        FunctionDescriptor.of(ValueLayout.JAVA_INT));
    /** {@code int kill(pid_t pid, int number)}. */
    private static final @Nullable MethodHandle KILL = NativeCalls.find("kill",
        FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));

    /** {@code asm-generic/resource.h}: RLIMIT_NOFILE. */
    private static final int RLIMIT_NOFILE = 7;
    private static final int PRIO_PROCESS = 0;
    private static final int CALLING_THREAD = 0;
    private static final int NICE_MIN = -20;
    private static final int NICE_MAX = 19;
    /** No such thread: it has ended meanwhile. */
    private static final int ESRCH = 3;

    private LinuxProcess()
    {
    }

    /**
     * How many files may be open; compared as unsigned, -1 is no limit.
     *
     * @param soft in force.
     * @param hard up to which a process without rights may raise it.
     */
    public record OpenFiles(long soft, long hard)
    {
    }

    /** @return the limit of open files, or null where that cannot be known. */
    public static @Nullable OpenFiles openFiles()
    {
        if (GETRLIMIT == null)
        {
            return null;
        }
        try (Arena arena = Arena.ofConfined())
        {
            MemorySegment state = NativeCalls.newErrnoState(arena);
            MemorySegment limit = arena.allocate(ValueLayout.JAVA_LONG, 2);
            int result = (int)GETRLIMIT.invokeExact(state, RLIMIT_NOFILE, limit);
            return result != 0 ?
                null :
                new OpenFiles(limit.getAtIndex(ValueLayout.JAVA_LONG, 0),
                    limit.getAtIndex(ValueLayout.JAVA_LONG, 1));
        }
        catch (Throwable e)
        {
            throw NativeCalls.unexpected("getrlimit", e);
        }
    }

    /**
     * Sets the limit of open files for this process and those it starts later.
     *
     * @return 0, or the error number: 1 when this process may not.
     */
    public static int openFiles(OpenFiles limit)
    {
        if (SETRLIMIT == null)
        {
            return NativeCalls.ENOSYS;
        }
        try (Arena arena = Arena.ofConfined())
        {
            MemorySegment state = NativeCalls.newErrnoState(arena);
            MemorySegment values = arena.allocateFrom(ValueLayout.JAVA_LONG, limit.soft(), limit.hard());
            int result = (int)SETRLIMIT.invokeExact(state, RLIMIT_NOFILE, values);
            return result == 0 ? 0 : NativeCalls.errno(state);
        }
        catch (Throwable e)
        {
            throw NativeCalls.unexpected("setrlimit", e);
        }
    }

    /**
     * Adds to the niceness of every thread that this process has now; on Linux it belongs to a thread, and a new one has
     * that of the thread that made it. [C-CLI-35]
     *
     * @return 0, or the error number: 13 or 1 when this process may not.
     */
    public static int addNice(int increment)
    {
        if (GETPRIORITY == null || SETPRIORITY == null)
        {
            return NativeCalls.ENOSYS;
        }
        int wanted = (int)Math.max(NICE_MIN, Math.min(NICE_MAX, (long)nice() + increment));
        int error = setNice(CALLING_THREAD, wanted);
        if (error == 0)
        {
            for (int thread : threads())
            {
                int other = setNice(thread, wanted);
                error = other == 0 || other == ESRCH ? error : other;
            }
        }
        return error;
    }

    /** @return niceness of the calling thread; 0 where that cannot be known. */
    public static int nice()
    {
        if (GETPRIORITY == null)
        {
            return 0;
        }
        try (Arena arena = Arena.ofConfined())
        {
            return (int)GETPRIORITY.invokeExact(NativeCalls.newErrnoState(arena), PRIO_PROCESS, CALLING_THREAD);
        }
        catch (Throwable e)
        {
            throw NativeCalls.unexpected("getpriority", e);
        }
    }

    /**
     * Leaves the terminal for a session of its own. [C-LIFE-20]
     *
     * @return 0, or the error number: 1 when the process leads a group already.
     */
    public static int newSession()
    {
        if (SETSID == null)
        {
            return NativeCalls.ENOSYS;
        }
        try (Arena arena = Arena.ofConfined())
        {
            MemorySegment state = NativeCalls.newErrnoState(arena);
            int session = (int)SETSID.invokeExact(state);
            return session < 0 ? NativeCalls.errno(state) : 0;
        }
        catch (Throwable e)
        {
            throw NativeCalls.unexpected("setsid", e);
        }
    }

    /**
     * Sends a signal.
     *
     * @param number 0 only looks whether that could be done.
     * @return 0, or the error number: 3 when there is no such process.
     */
    public static int signal(long pid, int number)
    {
        if (KILL == null)
        {
            return NativeCalls.ENOSYS;
        }
        if (pid <= 1 || pid > Integer.MAX_VALUE)
        {
            throw new IllegalArgumentException("not a process of ours: " + pid);
        }
        try (Arena arena = Arena.ofConfined())
        {
            MemorySegment state = NativeCalls.newErrnoState(arena);
            int result = (int)KILL.invokeExact(state, (int)pid, number);
            return result == 0 ? 0 : NativeCalls.errno(state);
        }
        catch (Throwable e)
        {
            throw NativeCalls.unexpected("kill(" + pid + ", " + number + ")", e);
        }
    }

    private static int setNice(int thread, int value)
    {
        if (SETPRIORITY == null)
        {
            return NativeCalls.ENOSYS;
        }
        try (Arena arena = Arena.ofConfined())
        {
            MemorySegment state = NativeCalls.newErrnoState(arena);
            int result = (int)SETPRIORITY.invokeExact(state, PRIO_PROCESS, thread, value);
            return result == 0 ? 0 : NativeCalls.errno(state);
        }
        catch (Throwable e)
        {
            throw NativeCalls.unexpected("setpriority(" + thread + ", " + value + ")", e);
        }
    }

    private static List<Integer> threads()
    {
        try (Stream<Path> tasks = Files.list(Path.of("/proc/self/task")))
        {
            return tasks.map(task -> Integer.valueOf(task.getFileName().toString())).toList();
        }
        catch (IOException | RuntimeException e)
        {
            return List.of();
        }
    }
}
