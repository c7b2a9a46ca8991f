// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.io.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * The system calls of sockets, by descriptor and address. Every answer below zero is an error number with its sign turned; a
 * call that a signal ended is made again. Nothing is allocated and no lock taken: addresses go as numbers, since a
 * {@link MemorySegment} for each would be garbage.
 * <p>
 * Any thread may call; each keeps the error numbers of its own calls.
 */
public final class LinuxSocketCalls
{
    /** {@code sys/socket.h}: AF_INET. */
    public static final int AF_INET = 2;
    /** {@code sys/socket.h}: AF_INET6. */
    public static final int AF_INET6 = 10;
    /** {@code sys/socket.h}: SHUT_RD. */
    public static final int SHUT_RD = 0;
    /** {@code sys/socket.h}: SHUT_WR. */
    public static final int SHUT_WR = 1;
    /** Bytes of a 64-bit {@code struct iovec}: address, length. */
    public static final int IOVEC_LENGTH = 16;
    /** Most {@code struct iovec} that one call takes. */
    public static final int IOVEC_COUNT_MAX = 1024;
    /** Bytes of a 64-bit {@code struct msghdr}. */
    public static final int MSGHDR_LENGTH = 56;
    /** Where a {@code struct msghdr} has the address of its iovecs. */
    public static final int MSGHDR_IOV = 16;
    /** Where a {@code struct msghdr} has the number of its iovecs. */
    public static final int MSGHDR_IOV_COUNT = 24;

    /** Negative answer: nothing can be read, written or accepted now. */
    public static final int WOULD_BLOCK = -11;
    /** Negative answer: there is no connection, or not yet. */
    public static final int NOT_CONNECTED = -107;
    /** Negative answer: the connection is being made. */
    public static final int IN_PROGRESS = -115;

    private static final int INTERRUPTED = -4;
    /** A waiting connection went before it was accepted. */
    private static final int ABORTED = -103;

    private static final long SOCK_STREAM = 1;
    private static final long SOCK_NONBLOCK = 0x800;
    private static final long SOCK_CLOEXEC = 0x80000;
    private static final long MSG_NOSIGNAL = 0x4000;

    /** {@code int socket(int family, int type, int protocol)}. */
    private static final MethodHandle SOCKET = NativeCalls.findSystemCall("socket");
    /** {@code int bind(int fd, const struct sockaddr *address, socklen_t length)}. */
    private static final MethodHandle BIND = NativeCalls.findSystemCall("bind");
    /** {@code int listen(int fd, int backlog)}. */
    private static final MethodHandle LISTEN = NativeCalls.findSystemCall("listen");
    /** {@code int accept4(int fd, struct sockaddr *address, socklen_t *length, int flags)}. */
    private static final MethodHandle ACCEPT4 = NativeCalls.findSystemCall("accept4");
    /** {@code int connect(int fd, const struct sockaddr *address, socklen_t length)}. */
    private static final MethodHandle CONNECT = NativeCalls.findSystemCall("connect");
    /** {@code ssize_t recv(int fd, void *data, size_t length, int flags)}. */
    private static final MethodHandle RECV = NativeCalls.findSystemCall("recv");
    /** {@code ssize_t send(int fd, const void *data, size_t length, int flags)}. */
    private static final MethodHandle SEND = NativeCalls.findSystemCall("send");
    /** {@code ssize_t sendmsg(int fd, const struct msghdr *message, int flags)}. */
    private static final MethodHandle SENDMSG = NativeCalls.findSystemCall("sendmsg");
    /** {@code int shutdown(int fd, int how)}. */
    private static final MethodHandle SHUTDOWN = NativeCalls.findSystemCall("shutdown");
    /** {@code int close(int fd)}. */
    private static final MethodHandle CLOSE = NativeCalls.findSystemCall("close");
    /** {@code int getsockname(int fd, struct sockaddr *address, socklen_t *length)}. */
    private static final MethodHandle GETSOCKNAME = NativeCalls.findSystemCall("getsockname");
    /** {@code int getpeername(int fd, struct sockaddr *address, socklen_t *length)}. */
    private static final MethodHandle GETPEERNAME = NativeCalls.findSystemCall("getpeername");
    /** {@code int setsockopt(int fd, int level, int name, const void *value, socklen_t length)}. */
    private static final MethodHandle SETSOCKOPT = NativeCalls.findSystemCall("setsockopt");
    /** {@code int getsockopt(int fd, int level, int name, void *value, socklen_t *length)}. */
    private static final MethodHandle GETSOCKOPT = NativeCalls.findSystemCall("getsockopt");

    /** Where a call of this thread leaves its error number. */
    private static final ThreadLocal<MemorySegment> ERROR_STATE =
        ThreadLocal.withInitial(() -> NativeCalls.newErrnoState(Arena.ofAuto()));

    private LinuxSocketCalls()
    {
    }

    /** @return a new TCP socket that does not block and that no other program inherits. */
    public static int socket(int family)
    {
        try
        {
            MemorySegment state = ERROR_STATE.get();
            long result = (long)SOCKET.invokeExact(state, family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0L, 0L,
                0L);
            return answer(result, state);
        }
        catch (Throwable e)
        {
            throw NativeCalls.unexpected("socket", e);
        }
    }

    /** Gives a socket its own address, a {@code struct sockaddr}. */
    public static int bind(int descriptor, long address, int length)
    {
        try
        {
            MemorySegment state = ERROR_STATE.get();
            long result = (long)BIND.invokeExact(state, descriptor, address, (long)length, 0L, 0L);
            return answer(result, state);
        }
        catch (Throwable e)
        {
            throw NativeCalls.unexpected("bind", e);
        }
    }

    /** Lets a bound socket take connections. */
    public static int listen(int descriptor, int backlog)
    {
        try
        {
            MemorySegment state = ERROR_STATE.get();
            long result = (long)LISTEN.invokeExact(state, descriptor, (long)backlog, 0L, 0L, 0L);
            return answer(result, state);
        }
        catch (Throwable e)
        {
            throw NativeCalls.unexpected("listen", e);
        }
    }

    /**
     * Takes a waiting connection.
     *
     * @param address where the peer's {@code struct sockaddr} goes.
     * @param length  of the address, an {@code int} there: room before, length after.
     * @return a socket that does not block and that no other program inherits.
     */
    public static int accept(int descriptor, long address, long length)
    {
        try
        {
            MemorySegment state = ERROR_STATE.get();
            int answer;
            do
            {
                long result = (long)ACCEPT4.invokeExact(state, descriptor, address, length, SOCK_NONBLOCK |
                    SOCK_CLOEXEC, 0L);
                answer = answer(result, state);
            }
            while (answer == INTERRUPTED || answer == ABORTED);
            return answer;
        }
        catch (Throwable e)
        {
            throw NativeCalls.unexpected("accept4", e);
        }
    }

    /** Starts a connection to a {@code struct sockaddr}; where the answer is {@link #IN_PROGRESS} it goes on alone. */
    public static int connect(int descriptor, long address, int length)
    {
        try
        {
            MemorySegment state = ERROR_STATE.get();
            long result = (long)CONNECT.invokeExact(state, descriptor, address, (long)length, 0L, 0L);
            int answer = answer(result, state);
            return answer == INTERRUPTED ? IN_PROGRESS : answer;
        }
        catch (Throwable e)
        {
            throw NativeCalls.unexpected("connect", e);
        }
    }

    /** @return bytes read, at most as many as there is room for; 0 at the end of the stream. */
    public static int receive(int descriptor, long address, int length)
    {
        try
        {
            MemorySegment state = ERROR_STATE.get();
            int answer;
            do
            {
                long result = (long)RECV.invokeExact(state, descriptor, address, (long)length, 0L, 0L);
                answer = answer(result, state);
            }
            while (answer == INTERRUPTED);
            return answer;
        }
        catch (Throwable e)
        {
            throw NativeCalls.unexpected("recv", e);
        }
    }

    /** @return bytes taken of those at the address. */
    public static int send(int descriptor, long address, int length)
    {
        try
        {
            MemorySegment state = ERROR_STATE.get();
            int answer;
            do
            {
                long result = (long)SEND.invokeExact(state, descriptor, address, (long)length, MSG_NOSIGNAL, 0L);
                answer = answer(result, state);
            }
            while (answer == INTERRUPTED);
            return answer;
        }
        catch (Throwable e)
        {
            throw NativeCalls.unexpected("send", e);
        }
    }

    /** @return bytes taken of those that a {@code struct msghdr} names. */
    public static int sendMessage(int descriptor, long message)
    {
        try
        {
            MemorySegment state = ERROR_STATE.get();
            int answer;
            do
            {
                long result = (long)SENDMSG.invokeExact(state, descriptor, message, MSG_NOSIGNAL, 0L, 0L);
                answer = answer(result, state);
            }
            while (answer == INTERRUPTED);
            return answer;
        }
        catch (Throwable e)
        {
            throw NativeCalls.unexpected("sendmsg", e);
        }
    }

    /** Ends one way, or both, of a connection. */
    public static int shutdown(int descriptor, int how)
    {
        try
        {
            MemorySegment state = ERROR_STATE.get();
            long result = (long)SHUTDOWN.invokeExact(state, descriptor, (long)how, 0L, 0L, 0L);
            return answer(result, state);
        }
        catch (Throwable e)
        {
            throw NativeCalls.unexpected("shutdown", e);
        }
    }

    /** Closes a descriptor; it is gone whatever the answer. */
    public static int close(int descriptor)
    {
        try
        {
            MemorySegment state = ERROR_STATE.get();
            long result = (long)CLOSE.invokeExact(state, descriptor, 0L, 0L, 0L, 0L);
            return answer(result, state);
        }
        catch (Throwable e)
        {
            throw NativeCalls.unexpected("close", e);
        }
    }

    /** Writes a socket's own {@code struct sockaddr}; its length as in {@link #accept}. */
    public static int ownAddress(int descriptor, long address, long length)
    {
        try
        {
            MemorySegment state = ERROR_STATE.get();
            long result = (long)GETSOCKNAME.invokeExact(state, descriptor, address, length, 0L, 0L);
            return answer(result, state);
        }
        catch (Throwable e)
        {
            throw NativeCalls.unexpected("getsockname", e);
        }
    }

    /** Writes the peer's {@code struct sockaddr}; {@link #NOT_CONNECTED} while there is none. */
    public static int peerAddress(int descriptor, long address, long length)
    {
        try
        {
            MemorySegment state = ERROR_STATE.get();
            long result = (long)GETPEERNAME.invokeExact(state, descriptor, address, length, 0L, 0L);
            return answer(result, state);
        }
        catch (Throwable e)
        {
            throw NativeCalls.unexpected("getpeername", e);
        }
    }

    /**
     * Sets an option.
     *
     * @param value  where the value is.
     * @param length of the value in bytes.
     */
    public static int setOption(int descriptor, int level, int name, long value, int length)
    {
        try
        {
            MemorySegment state = ERROR_STATE.get();
            long result = (long)SETSOCKOPT.invokeExact(state, descriptor, (long)level, (long)name, value, (long)length);
            return answer(result, state);
        }
        catch (Throwable e)
        {
            throw NativeCalls.unexpected("setsockopt", e);
        }
    }

    /**
     * Reads an option.
     *
     * @param value  where the value goes.
     * @param length of the value, an {@code int} there: room before, length after.
     */
    public static int option(int descriptor, int level, int name, long value, long length)
    {
        try
        {
            MemorySegment state = ERROR_STATE.get();
            long result = (long)GETSOCKOPT.invokeExact(state, descriptor, (long)level, (long)name, value, length);
            return answer(result, state);
        }
        catch (Throwable e)
        {
            throw NativeCalls.unexpected("getsockopt", e);
        }
    }

    /** Only the lower half of a result is the function's: none of these answers more than 2 GiB. */
    private static int answer(long result, MemorySegment state)
    {
        return (int)result < 0 ? -NativeCalls.errno(state) : (int)result;
    }

    /** @return what a negative answer means, in the C library's words. */
    public static String words(int answer)
    {
        return switch (-answer)
        {
            case 1 -> "Operation not permitted";
            case 9 -> "Bad file descriptor";
            case 12 -> "Cannot allocate memory";
            case 13 -> "Permission denied";
            case 22 -> "Invalid argument";
            case 23 -> "Too many open files in system";
            case 24 -> "Too many open files";
            case 32 -> "Broken pipe";
            case 97 -> "Address family not supported by protocol";
            case 98 -> "Address already in use";
            case 99 -> "Cannot assign requested address";
            case 100 -> "Network is down";
            case 101 -> "Network is unreachable";
            case 104 -> "Connection reset by peer";
            case 105 -> "No buffer space available";
            case 107 -> "Transport endpoint is not connected";
            case 110 -> "Connection timed out";
            case 111 -> "Connection refused";
            case 112 -> "Host is down";
            case 113 -> "No route to host";
            default -> "error " + -answer;
        };
    }
}
