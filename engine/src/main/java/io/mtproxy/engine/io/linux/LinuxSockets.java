// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.io.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.nio.channels.SelectableChannel;
import org.jspecify.annotations.Nullable;

/**
 * Socket options that Java does not have, or not on a listening socket. Once a socket, from any thread.
 */
public final class LinuxSockets
{
    /** {@code asm-generic/socket.h}: SOL_SOCKET. */
    public static final int SOL_SOCKET = 1;
    /** {@code asm-generic/socket.h}: SO_SNDBUF. */
    public static final int SO_SNDBUF = 7;
    /** {@code asm-generic/socket.h}: SO_RCVBUF. */
    public static final int SO_RCVBUF = 8;
    /** {@code asm-generic/socket.h}: SO_KEEPALIVE. */
    public static final int SO_KEEPALIVE = 9;
    /** {@code netinet/in.h}: IPPROTO_TCP. */
    public static final int IPPROTO_TCP = 6;
    /** {@code netinet/in.h}: IPPROTO_IPV6. */
    public static final int IPPROTO_IPV6 = 41;
    /** {@code netinet/in.h}: IPV6_V6ONLY. */
    public static final int IPV6_V6ONLY = 26;
    /** {@code netinet/tcp.h}: TCP_NODELAY. */
    public static final int TCP_NODELAY = 1;
    /** {@code netinet/tcp.h}: TCP_KEEPIDLE. */
    public static final int TCP_KEEPIDLE = 4;
    /** {@code netinet/tcp.h}: TCP_KEEPINTVL. */
    public static final int TCP_KEEPINTVL = 5;
    /** {@code netinet/tcp.h}: TCP_KEEPCNT. */
    public static final int TCP_KEEPCNT = 6;
    /** {@code netinet/tcp.h}: TCP_WINDOW_CLAMP. */
    public static final int TCP_WINDOW_CLAMP = 10;
    /** {@code netinet/tcp.h}: TCP_QUICKACK. */
    public static final int TCP_QUICKACK = 12;

    /** Answer of {@link #option} when there is none. */
    public static final int UNKNOWN = -1;
    /** Answer of {@link #descriptor} when there is none. */
    public static final int NO_DESCRIPTOR = -1;

    /** {@code int setsockopt(int fd, int level, int name, const void *value, socklen_t length)}. */
    private static final @Nullable MethodHandle SETSOCKOPT = NativeCalls.find("setsockopt",
        FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT,
            ValueLayout.ADDRESS, ValueLayout.JAVA_INT));
    /** {@code int getsockopt(int fd, int level, int name, void *value, socklen_t *length)}. */
    private static final @Nullable MethodHandle GETSOCKOPT = NativeCalls.find("getsockopt",
        FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT,
            ValueLayout.ADDRESS, ValueLayout.ADDRESS));
    /** {@code int sun.nio.ch.SelChImpl.getFDVal()}. */
    private static final @Nullable MethodHandle GET_FD_VAL = findGetFdVal();

    private LinuxSockets()
    {
    }

    /** @return whether options can be set here at all. */
    public static boolean isAvailable()
    {
        return SETSOCKOPT != null && GETSOCKOPT != null && GET_FD_VAL != null;
    }

    /** @return the descriptor of a channel, valid until that is closed, or {@link #NO_DESCRIPTOR}. */
    public static int descriptor(SelectableChannel channel)
    {
        if (GET_FD_VAL == null || !channel.isOpen())
        {
            return NO_DESCRIPTOR;
        }
        try
        {
            return (int)GET_FD_VAL.invokeExact(channel);
        }
        catch (ClassCastException e)
        {
            return NO_DESCRIPTOR;
        }
        catch (Throwable e)
        {
            throw NativeCalls.unexpected("SelChImpl.getFDVal", e);
        }
    }

    /**
     * Sets an option whose value is a number.
     *
     * @return 0, or the error number; that of "no such call" where the platform has none.
     */
    public static int setOption(SelectableChannel channel, int level, int name, int value)
    {
        int descriptor = descriptor(channel);
        if (SETSOCKOPT == null || descriptor == NO_DESCRIPTOR)
        {
            return NativeCalls.ENOSYS;
        }
        try (Arena arena = Arena.ofConfined())
        {
            MemorySegment state = NativeCalls.newErrnoState(arena);
            MemorySegment number = arena.allocateFrom(ValueLayout.JAVA_INT, value);
            int result = (int)SETSOCKOPT.invokeExact(state, descriptor, level, name, number, Integer.BYTES);
            return result == 0 ? 0 : NativeCalls.errno(state);
        }
        catch (Throwable e)
        {
            throw NativeCalls.unexpected("setsockopt(" + descriptor + ", " + level + ", " + name + ", " + value + ")",
                e);
        }
    }

    /** @return the value of an option whose value is a number, or {@link #UNKNOWN}. */
    public static int option(SelectableChannel channel, int level, int name)
    {
        int descriptor = descriptor(channel);
        if (GETSOCKOPT == null || descriptor == NO_DESCRIPTOR)
        {
            return UNKNOWN;
        }
        try (Arena arena = Arena.ofConfined())
        {
            MemorySegment state = NativeCalls.newErrnoState(arena);
            MemorySegment number = arena.allocate(ValueLayout.JAVA_INT);
            MemorySegment length = arena.allocateFrom(ValueLayout.JAVA_INT, Integer.BYTES);
            int result = (int)GETSOCKOPT.invokeExact(state, descriptor, level, name, number, length);
            return result == 0 ? number.get(ValueLayout.JAVA_INT, 0) : UNKNOWN;
        }
        catch (Throwable e)
        {
            throw NativeCalls.unexpected("getsockopt(" + descriptor + ", " + level + ", " + name + ")", e);
        }
    }

    /** By reflection, as {@code --release} does not let a compiler see the class; {@code --add-exports} is needed. */
    private static @Nullable MethodHandle findGetFdVal()
    {
        try
        {
            Class<?> channelClass = Class.forName("sun.nio.ch.SelChImpl");
            return MethodHandles.lookup().findVirtual(channelClass, "getFDVal", MethodType.methodType(int.class))
                .asType(MethodType.methodType(int.class, SelectableChannel.class));
        }
        catch (ReflectiveOperationException e)
        {
            return null;
        }
    }
}
