// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.io.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/** Which CPUs a thread runs on. Both calls are about the thread that makes them. */
public final class LinuxThreads
{
    /** Bytes of a CPU set; the kernel of today has at most 8192 CPUs. */
    private static final int CPU_SET_LENGTH = 1024;
    /** {@code pid_t} of the calling thread. */
    private static final int CALLING_THREAD = 0;

    /** {@code int sched_setaffinity(pid_t pid, size_t length, const cpu_set_t *set)}. */
    private static final @Nullable MethodHandle SCHED_SETAFFINITY = NativeCalls.find("sched_setaffinity",
        FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG, ValueLayout.ADDRESS));
    /** {@code int sched_getaffinity(pid_t pid, size_t length, cpu_set_t *set)}. */
    private static final @Nullable MethodHandle SCHED_GETAFFINITY = NativeCalls.find("sched_getaffinity",
        FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG, ValueLayout.ADDRESS));

    private LinuxThreads()
    {
    }

    /**
     * Ties the calling thread to some CPUs.
     *
     * @param cpus numbered from 0.
     * @return 0, or the error number: 22 when none of them may be used, 38 where the platform has no such call.
     */
    public static int pin(BitSet cpus)
    {
        if (SCHED_SETAFFINITY == null)
        {
            return NativeCalls.ENOSYS;
        }
        byte[] bits = cpus.toByteArray();
        if (bits.length > CPU_SET_LENGTH)
        {
            throw new IllegalArgumentException("no CPU has such a number: " + cpus);
        }
        try (Arena arena = Arena.ofConfined())
        {
            MemorySegment state = NativeCalls.newErrnoState(arena);
            MemorySegment set = arena.allocate(CPU_SET_LENGTH, Long.BYTES);
            MemorySegment.copy(bits, 0, set, ValueLayout.JAVA_BYTE, 0, bits.length);
            int result = (int)SCHED_SETAFFINITY.invokeExact(state, CALLING_THREAD, (long)CPU_SET_LENGTH, set);
            return result == 0 ? 0 : NativeCalls.errno(state);
        }
        catch (Throwable e)
        {
            throw NativeCalls.unexpected("sched_setaffinity(" + cpus + ")", e);
        }
    }

    /** @return the CPUs that the calling thread may run on; empty where that cannot be known. */
    public static BitSet cpus()
    {
        if (SCHED_GETAFFINITY == null)
        {
            return new BitSet();
        }
        try (Arena arena = Arena.ofConfined())
        {
            MemorySegment state = NativeCalls.newErrnoState(arena);
            MemorySegment set = arena.allocate(CPU_SET_LENGTH, Long.BYTES);
            int result = (int)SCHED_GETAFFINITY.invokeExact(state, CALLING_THREAD, (long)CPU_SET_LENGTH, set);
            return result < 0 ? new BitSet() : BitSet.valueOf(set.toArray(ValueLayout.JAVA_BYTE));
        }
        catch (Throwable e)
        {
            throw NativeCalls.unexpected("sched_getaffinity", e);
        }
    }
}
