// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.io.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Locale;
import java.util.OptionalLong;
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

    private static final FunctionDescriptor SYSTEM_CALL =
        FunctionDescriptor.of(ValueLayout.JAVA_LONG, ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG,
            ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG);

    private NativeCalls()
    {
    }

    /**
     * @return a handle that takes a segment of {@link #newErrnoState} first, or null where the platform has no such
     *         function or native access is not allowed.
     */
    static @Nullable MethodHandle find(String name, FunctionDescriptor descriptor)
    {
        return find(name, descriptor, Linker.Option.captureCallState("errno"));
    }

    /** @param fixedCount arguments before the first of those that may vary. */
    static @Nullable MethodHandle findVariadic(String name, int fixedCount, FunctionDescriptor descriptor)
    {
        return find(name, descriptor, Linker.Option.captureCallState("errno"),
            Linker.Option.firstVariadicArg(fixedCount));
    }

    @SuppressWarnings("restricted") // the one place where functions of the C library are bound
    private static @Nullable MethodHandle find(String name, FunctionDescriptor descriptor, Linker.Option... options)
    {
        if (!IS_LINUX)
        {
            return null;
        }
        try
        {
            return LINKER.defaultLookup().find(name)
                .map(address -> LINKER.downcallHandle(address, descriptor, options))
                .orElse(null);
        }
        catch (RuntimeException e)
        {
            // IllegalCallerException without --enable-native-access, UnsupportedOperationException elsewhere
            return null;
        }
    }

    /**
     * Finds a function that takes up to five numbers, the first an {@code int}, and answers a number. All are bound by one
     * shape, as the JVM makes code for each shape at the start: a function does not look at registers that it has no
     * argument for, nor at the upper half of one that holds an {@code int}.
     *
     * @return a handle {@code (MemorySegment errnoState, int, long, long, long, long) -> long}; of a function that answers an
     *         {@code int} only the lower half counts. Where the platform lacks the function, each call throws.
     */
    static MethodHandle findSystemCall(String name)
    {
        MethodHandle found = find(name, SYSTEM_CALL);
        if (found != null)
        {
            return found;
        }
        UnsupportedOperationException reason =
            new UnsupportedOperationException(name + " is missing: Linux and --enable-native-access are needed");
        return MethodHandles.dropArguments(
            MethodHandles.throwException(long.class, UnsupportedOperationException.class).bindTo(reason), 0,
            MemorySegment.class, int.class, long.class, long.class, long.class, long.class);
    }

    /** @return where a function is; empty where the platform has no such function. */
    static OptionalLong address(String name)
    {
        return IS_LINUX ?
            LINKER.defaultLookup().find(name).map(found -> OptionalLong.of(found.address()))
                .orElseGet(OptionalLong::empty) :
            OptionalLong.empty();
    }

    static MemorySegment newErrnoState(Arena arena)
    {
        return arena.allocate(CAPTURE_LAYOUT);
    }

    static int errno(MemorySegment state)
    {
        return (int)ERRNO.get(state, 0L);
    }

    /** @return an error number as words, for the few that an operator can do something about. */
    static String reason(int errno)
    {
        return switch (errno)
        {
            case 1 -> "not permitted";
            case 2 -> "no such file or folder";
            case 12 -> "not enough memory";
            case 13 -> "permission denied";
            case 20 -> "not a folder";
            case 21 -> "it is a folder";
            case 23, 24 -> "too many open files";
            case 28 -> "no space left on device";
            case 30 -> "read-only file system";
            default -> "error " + errno;
        };
    }

    /** A handle threw, which the calls themselves never do: a bug of ours. */
    static IllegalStateException unexpected(String call, Throwable cause)
    {
        return new IllegalStateException(call, cause);
    }
}
