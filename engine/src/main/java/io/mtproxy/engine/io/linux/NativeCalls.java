// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.io.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Finds functions of the C library and reads the error number of a call. */
final class NativeCalls
{
    /** Answer where the platform has no such call. */
    static final int ENOSYS = 38;

    static final boolean IS_LINUX = System.getProperty("os.name", "").toLowerCase(Locale.ROOT).contains("linux");

    private static final Linker LINKER = Linker.nativeLinker();
    private static final StructLayout CAPTURE_LAYOUT = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO =
        CAPTURE_LAYOUT.varHandle(MemoryLayout.PathElement.groupElement("errno"));

    private NativeCalls()
    {
    }

    /**
     * @return a handle that takes a segment of {@link #newErrnoState} first, or null where the platform has no such
     *         function or native access is not allowed.
     */
    @SuppressWarnings("restricted") // the one place where functions of the C library are bound
    static @Nullable MethodHandle find(String name, FunctionDescriptor descriptor)
    {
        if (!IS_LINUX)
        {
            return null;
        }
        try
        {
            return LINKER.defaultLookup().find(name)
                .map(address -> LINKER.downcallHandle(address, descriptor, Linker.Option.captureCallState("errno")))
                .orElse(null);
        }
        catch (RuntimeException e)
        {
            // IllegalCallerException without --enable-native-access, UnsupportedOperationException elsewhere
            return null;
        }
    }

    static MemorySegment newErrnoState(Arena arena)
    {
        return arena.allocate(CAPTURE_LAYOUT);
    }

    static int errno(MemorySegment state)
    {
        return (int)ERRNO.get(state, 0L);
    }

    /** A handle threw, which the calls themselves never do: a bug of ours. */
    static IllegalStateException unexpected(String call, Throwable cause)
    {
        return new IllegalStateException(call, cause);
    }
}
