// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.io.linux;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Descriptors as numbers: the standard ones, and those that one process hands to another over a Unix socket. Java has
 * neither. At the start and when a log is opened anew; calls may block.
 */
public final class LinuxDescriptors
{
    /** Where a process reads by default. */
    public static final int STDIN = 0;
    /** Where it writes what was asked for. */
    public static final int STDOUT = 1;
    /** Where it writes everything else. */
    public static final int STDERR = 2;
    /** Most descriptors that Linux takes with one message. */
    public static final int COUNT_MAX = 253;

    /** {@code int dup2(int from, int to)}. */
    private static final @Nullable MethodHandle DUP2 = NativeCalls.find("dup2",
        FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
    /** {@code int open(const char *path, int flags, ...)}, with the mode behind. */
    private static final @Nullable MethodHandle OPEN = NativeCalls.findVariadic("open", 2,
        FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
    /** {@code int socketpair(int domain, int type, int protocol, int pair[2])}. */
    private static final @Nullable MethodHandle SOCKETPAIR = NativeCalls.find("socketpair",
        FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT,
            ValueLayout.ADDRESS));
    /** {@code ssize_t sendmsg(int fd, const struct msghdr *message, int flags)}. */
    private static final @Nullable MethodHandle SENDMSG = NativeCalls.find("sendmsg",
        FunctionDescriptor.of(ValueLayout.JAVA_LONG, ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT));
    /** {@code ssize_t recvmsg(int fd, struct msghdr *message, int flags)}. */
    private static final @Nullable MethodHandle RECVMSG = NativeCalls.find("recvmsg",
        FunctionDescriptor.of(ValueLayout.JAVA_LONG, ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT));

    /** {@code ssize_t write(int fd, const void *data, size_t length)}. */
    private static final @Nullable MethodHandle WRITE = NativeCalls.find("write",
        FunctionDescriptor.of(ValueLayout.JAVA_LONG, ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_LONG));
    /** {@code ssize_t read(int fd, void *data, size_t length)}. */
    private static final @Nullable MethodHandle READ = NativeCalls.find("read",
        FunctionDescriptor.of(ValueLayout.JAVA_LONG, ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_LONG));

    private static final int AF_UNIX = 1;
    private static final int SOCK_STREAM = 1;
    private static final int SOCK_CLOEXEC = 0x80000;
    private static final int SOL_SOCKET = 1;
    private static final int SCM_RIGHTS = 1;
    private static final int MSG_CTRUNC = 0x8;
    private static final int MSG_NOSIGNAL = 0x4000;
    private static final int MSG_CMSG_CLOEXEC = 0x40000000;
    private static final int O_RDWR = 2;
    private static final int O_WRONLY = 1;
    private static final int O_CREAT = 0x40;
    private static final int O_APPEND = 0x400;
    private static final int O_CLOEXEC = 0x80000;
    private static final int LOG_MODE = 0640;
    private static final int EINTR = 4;

    /** Of a 64-bit {@code struct msghdr}. */
    private static final long MSGHDR_LENGTH = 56;
    private static final long MSGHDR_IOV = 16;
    private static final long MSGHDR_IOV_COUNT = 24;
    private static final long MSGHDR_CONTROL = 32;
    private static final long MSGHDR_CONTROL_LENGTH = 40;
    private static final long MSGHDR_FLAGS = 48;
    /** Of a 64-bit {@code struct cmsghdr}: length, level, type; then the descriptors. */
    private static final int CMSGHDR_LENGTH = 16;
    private static final long CMSG_LEVEL = 8;
    private static final long CMSG_TYPE = 12;

    private LinuxDescriptors()
    {
    }

    /** @return whether descriptors can be handed over here. */
    public static boolean isAvailable()
    {
        return DUP2 != null && SOCKETPAIR != null && SENDMSG != null && RECVMSG != null;
    }

    /** Makes one descriptor mean what another one means, in one step; what it meant before is closed. */
    public static void duplicate(int from, int to) throws IOException
    {
        try (Arena arena = Arena.ofConfined())
        {
            MemorySegment state = NativeCalls.newErrnoState(arena);
            int result = (int)present(DUP2).invokeExact(state, from, to);
            check(result, "dup2", state);
        }
        catch (Throwable e)
        {
            throw asIo(e, "dup2(" + from + ", " + to + ")");
        }
    }

    /** Closes a descriptor that no object of Java owns. Never throws. */
    public static void close(int descriptor)
    {
        // it is gone whatever the answer
        LinuxSocketCalls.close(descriptor);
    }

    /**
     * Opens a log: to append, made with mode 0640 if missing. [C-LOG-06]
     *
     * @throws IOException whose message is the system's reason alone.
     */
    public static int openLog(String path) throws IOException
    {
        return open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC);
    }

    /** Opens {@code /dev/null} for both directions. */
    public static int openNull() throws IOException
    {
        return open("/dev/null", O_RDWR | O_CLOEXEC);
    }

    /** Writes all of it; blocks for as long as that takes. What was copied on the way is zeroed. */
    public static void write(int descriptor, byte[] data) throws IOException
    {
        try (Arena arena = Arena.ofConfined())
        {
            MemorySegment state = NativeCalls.newErrnoState(arena);
            MemorySegment copy = arena.allocateFrom(ValueLayout.JAVA_BYTE, data);
            for (long from = 0; from < data.length;)
            {
                long result =
                    (long)present(WRITE).invokeExact(state, descriptor, copy.asSlice(from), data.length - from);
                if (result >= 0 || NativeCalls.errno(state) != EINTR)
                {
                    check(result, "write", state);
                    from += result;
                }
            }
            copy.fill((byte)0);
        }
        catch (Throwable e)
        {
            throw asIo(e, "write(" + descriptor + ")");
        }
    }

    /** @return the next byte, or -1 at the end or when the descriptor fails; blocks until then. */
    public static int read(int descriptor)
    {
        if (READ == null)
        {
            return -1;
        }
        try (Arena arena = Arena.ofConfined())
        {
            MemorySegment state = NativeCalls.newErrnoState(arena);
            MemorySegment data = arena.allocate(ValueLayout.JAVA_BYTE);
            long result;
            do
            {
                result = (long)READ.invokeExact(state, descriptor, data, 1L);
            }
            while (result < 0 && NativeCalls.errno(state) == EINTR);
            return result == 1 ? data.get(ValueLayout.JAVA_BYTE, 0) & 0xff : -1;
        }
        catch (Throwable e)
        {
            throw NativeCalls.unexpected("read(" + descriptor + ")", e);
        }
    }

    /** Lets whoever waits to read from a socket see its end. Never throws. */
    public static void endReading(int socket)
    {
        // nothing is lost where that is no socket
        LinuxSocketCalls.shutdown(socket, LinuxSocketCalls.SHUT_RD);
    }

    /** @return two connected Unix sockets, both closed when another program takes the process over. */
    public static int[] socketPair() throws IOException
    {
        try (Arena arena = Arena.ofConfined())
        {
            MemorySegment state = NativeCalls.newErrnoState(arena);
            MemorySegment pair = arena.allocate(ValueLayout.JAVA_INT, 2);
            int result = (int)present(SOCKETPAIR).invokeExact(state, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair);
            check(result, "socketpair", state);
            return pair.toArray(ValueLayout.JAVA_INT);
        }
        catch (Throwable e)
        {
            throw asIo(e, "socketpair");
        }
    }

    /**
     * Sends descriptors over a Unix socket, in as many messages as that takes, each with one byte that says how many come
     * in it.
     */
    public static void send(int socket, List<Integer> descriptors) throws IOException
    {
        int from = 0;
        do
        {
            int to = Math.min(descriptors.size(), from + COUNT_MAX);
            sendSome(socket, descriptors.subList(from, to));
            from = to;
        }
        while (from < descriptors.size());
    }

    /**
     * Receives descriptors that {@link #send} sent; blocks until they are there.
     *
     * @param count how many there are.
     * @return as many, now this process's.
     */
    public static List<Integer> receive(int socket, int count) throws IOException
    {
        List<Integer> received = new ArrayList<>();
        do
        {
            received.addAll(receiveSome(socket));
        }
        while (received.size() < count);
        if (received.size() != count)
        {
            received.forEach(LinuxDescriptors::close);
            throw new IOException(received.size() + " descriptors came, " + count + " were expected");
        }
        return received;
    }

    private static void sendSome(int socket, List<Integer> descriptors) throws IOException
    {
        try (Arena arena = Arena.ofConfined())
        {
            MemorySegment state = NativeCalls.newErrnoState(arena);
            int length = CMSGHDR_LENGTH + Integer.BYTES * descriptors.size();
            MemorySegment control = arena.allocate(align(length), Long.BYTES);
            control.set(ValueLayout.JAVA_LONG, 0, length);
            control.set(ValueLayout.JAVA_INT, CMSG_LEVEL, SOL_SOCKET);
            control.set(ValueLayout.JAVA_INT, CMSG_TYPE, SCM_RIGHTS);
            for (int i = 0; i < descriptors.size(); i++)
            {
                control.set(ValueLayout.JAVA_INT, CMSGHDR_LENGTH + (long)Integer.BYTES * i, descriptors.get(i));
            }
            MemorySegment count = arena.allocateFrom(ValueLayout.JAVA_BYTE, (byte)descriptors.size());
            MemorySegment message = message(arena, count, control, descriptors.isEmpty() ? 0 : control.byteSize());
            long result;
            do
            {
                result = (long)present(SENDMSG).invokeExact(state, socket, message, MSG_NOSIGNAL);
            }
            while (result < 0 && NativeCalls.errno(state) == EINTR);
            check(result, "sendmsg", state);
        }
        catch (Throwable e)
        {
            throw asIo(e, "sendmsg(" + socket + ")");
        }
    }

    private static List<Integer> receiveSome(int socket) throws IOException
    {
        try (Arena arena = Arena.ofConfined())
        {
            MemorySegment state = NativeCalls.newErrnoState(arena);
            MemorySegment control = arena.allocate(align(CMSGHDR_LENGTH + Integer.BYTES * COUNT_MAX), Long.BYTES);
            MemorySegment count = arena.allocate(ValueLayout.JAVA_BYTE);
            MemorySegment message = message(arena, count, control, control.byteSize());
            long result;
            do
            {
                result = (long)present(RECVMSG).invokeExact(state, socket, message, MSG_CMSG_CLOEXEC);
            }
            while (result < 0 && NativeCalls.errno(state) == EINTR);
            check(result, "recvmsg", state);
            if (result == 0)
            {
                throw new IOException("the other end has closed");
            }
            List<Integer> received = descriptors(control, message.get(ValueLayout.JAVA_LONG, MSGHDR_CONTROL_LENGTH));
            boolean isCut = (message.get(ValueLayout.JAVA_INT, MSGHDR_FLAGS) & MSG_CTRUNC) != 0;
            if (isCut || received.size() != (count.get(ValueLayout.JAVA_BYTE, 0) & 0xff))
            {
                received.forEach(LinuxDescriptors::close);
                throw new IOException("descriptors were lost on the way, more may not be open");
            }
            return received;
        }
        catch (Throwable e)
        {
            throw asIo(e, "recvmsg(" + socket + ")");
        }
    }

    private static List<Integer> descriptors(MemorySegment control, long controlLength)
    {
        List<Integer> received = new ArrayList<>();
        if (controlLength < CMSGHDR_LENGTH || control.get(ValueLayout.JAVA_INT, CMSG_LEVEL) != SOL_SOCKET ||
            control.get(ValueLayout.JAVA_INT, CMSG_TYPE) != SCM_RIGHTS)
        {
            return received;
        }
        long end = control.get(ValueLayout.JAVA_LONG, 0);
        for (long at = CMSGHDR_LENGTH; at + Integer.BYTES <= end; at += Integer.BYTES)
        {
            received.add(control.get(ValueLayout.JAVA_INT, at));
        }
        return received;
    }

    private static MemorySegment message(Arena arena, MemorySegment data, MemorySegment control, long controlLength)
    {
        MemorySegment vector = arena.allocate(ValueLayout.JAVA_LONG, 2);
        vector.setAtIndex(ValueLayout.JAVA_LONG, 0, data.address());
        vector.setAtIndex(ValueLayout.JAVA_LONG, 1, data.byteSize());
        MemorySegment message = arena.allocate(MSGHDR_LENGTH, Long.BYTES);
        message.set(ValueLayout.JAVA_LONG, MSGHDR_IOV, vector.address());
        message.set(ValueLayout.JAVA_LONG, MSGHDR_IOV_COUNT, 1);
        message.set(ValueLayout.JAVA_LONG, MSGHDR_CONTROL, controlLength == 0 ? 0 : control.address());
        message.set(ValueLayout.JAVA_LONG, MSGHDR_CONTROL_LENGTH, controlLength);
        return message;
    }

    private static long align(int length)
    {
        return (length + Long.BYTES - 1L) / Long.BYTES * Long.BYTES;
    }

    private static int open(String path, int flags) throws IOException
    {
        try (Arena arena = Arena.ofConfined())
        {
            MemorySegment state = NativeCalls.newErrnoState(arena);
            int descriptor = (int)present(OPEN).invokeExact(state, arena.allocateFrom(path), flags, LOG_MODE);
            check(descriptor, "", state);
            return descriptor;
        }
        catch (Throwable e)
        {
            throw asIo(e, "open(" + path + ")");
        }
    }

    private static MethodHandle present(@Nullable MethodHandle handle) throws IOException
    {
        if (handle == null)
        {
            throw new IOException("this platform lacks a call that is needed");
        }
        return handle;
    }

    private static void check(long result, String call, MemorySegment state) throws IOException
    {
        if (result < 0)
        {
            throw new IOException((call.isEmpty() ? "" : call + ": ") + NativeCalls.reason(NativeCalls.errno(state)));
        }
    }

    private static IOException asIo(Throwable e, String call)
    {
        if (e instanceof IOException ioError)
        {
            return ioError;
        }
        throw NativeCalls.unexpected(call, e);
    }
}
