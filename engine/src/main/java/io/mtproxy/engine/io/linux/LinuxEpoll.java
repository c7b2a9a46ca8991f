// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.io.linux;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * One {@code epoll} descriptor, the list of events that it fills, and the counter ({@code eventfd}) by which another thread
 * ends a wait. One thread owns it; {@link #wakeup} is for all. Nothing is allocated after it was made.
 * <p>
 * The wait is an ordinary call: declared critical, it kept the JVM from its safepoints.
 */
public final class LinuxEpoll implements AutoCloseable
{
    /** {@code sys/epoll.h}: EPOLLIN. */
    public static final int IN = 1;
    /** {@code sys/epoll.h}: EPOLLOUT. */
    public static final int OUT = 4;
    /** {@code sys/epoll.h}: EPOLLERR and EPOLLHUP, told unasked. */
    public static final int FAILED = 8 | 16;

    private static final long ADD = 1;
    private static final long REMOVE = 2;
    private static final long CHANGE = 3;
    private static final int EPOLL_CLOEXEC = 0x80000;
    private static final int INTERRUPTED = 4;
    private static final long EFD_NONBLOCK_CLOEXEC = 0x80800;

    /** {@code struct epoll_event}: bits and data, which only x86-64 packs. */
    private static final boolean IS_PACKED = System.getProperty("os.arch", "").equals("amd64");
    private static final int EVENT_LENGTH = IS_PACKED ? 12 : 16;
    private static final int EVENT_DATA = IS_PACKED ? 4 : 8;
    /** The counter's events carry this; no token of a socket is below zero. */
    private static final long COUNTER_TOKEN = -1;
    /** More wait for the next call. */
    private static final int EVENT_COUNT_MAX = 512;

    /** {@code int epoll_create1(int flags)}. */
    private static final MethodHandle EPOLL_CREATE1 = NativeCalls.findSystemCall("epoll_create1");
    /** {@code int epoll_ctl(int epoll, int operation, int fd, struct epoll_event *event)}. */
    private static final MethodHandle EPOLL_CTL = NativeCalls.findSystemCall("epoll_ctl");
    /** {@code int epoll_wait(int epoll, struct epoll_event *events, int count, int timeoutMs)}. */
    private static final MethodHandle EPOLL_WAIT = NativeCalls.findSystemCall("epoll_wait");
    /** {@code int eventfd(unsigned int value, int flags)}. */
    private static final MethodHandle EVENTFD = NativeCalls.findSystemCall("eventfd");
    /** {@code int eventfd_write(int fd, eventfd_t value)}. */
    private static final MethodHandle EVENTFD_WRITE = NativeCalls.findSystemCall("eventfd_write");
    /** {@code int eventfd_read(int fd, eventfd_t *value)}. */
    private static final MethodHandle EVENTFD_READ = NativeCalls.findSystemCall("eventfd_read");

    private final MemorySegment errnoState = NativeCalls.newErrnoState(Arena.ofAuto());
    /** Of many threads at once: nobody reads it. */
    private final MemorySegment wakersErrnoState = NativeCalls.newErrnoState(Arena.ofAuto());
    private final UnsafeBuffer events = buffer(EVENT_COUNT_MAX * EVENT_LENGTH);
    /** The event that a change names, and the counter's value when that is read. */
    private final UnsafeBuffer scratch = buffer(2 * Long.BYTES);
    private final int descriptor;
    private final int counter;
    /** Whether the counter was raised and not read since: one wake-up is enough for a wait. */
    private final AtomicBoolean isWoken = new AtomicBoolean();
    /** Threads that are about to raise the counter; below zero once it is closed. */
    private final AtomicInteger wakers = new AtomicInteger();
    private boolean isClosed;

    /** @throws IOException when the system gives no descriptor; the message is its reason alone. */
    public LinuxEpoll() throws IOException
    {
        descriptor = create();
        int created = -1;
        try
        {
            created = createCounter();
            add(created, IN, COUNTER_TOKEN);
        }
        catch (IOException e)
        {
            LinuxSocketCalls.close(created);
            LinuxSocketCalls.close(descriptor);
            throw e;
        }
        counter = created;
    }

    private static UnsafeBuffer buffer(int length)
    {
        return new UnsafeBuffer(ByteBuffer.allocateDirect(length));
    }

    private int create() throws IOException
    {
        try
        {
            long result = (long)EPOLL_CREATE1.invokeExact(errnoState, EPOLL_CLOEXEC, 0L, 0L, 0L, 0L);
            return checked(result);
        }
        catch (IOException e)
        {
            throw e;
        }
        catch (Throwable e)
        {
            throw NativeCalls.unexpected("epoll_create1", e);
        }
    }

    private int createCounter() throws IOException
    {
        try
        {
            long result = (long)EVENTFD.invokeExact(errnoState, 0, EFD_NONBLOCK_CLOEXEC, 0L, 0L, 0L);
            return checked(result);
        }
        catch (IOException e)
        {
            throw e;
        }
        catch (Throwable e)
        {
            throw NativeCalls.unexpected("eventfd", e);
        }
    }

    /**
     * Watches a descriptor.
     *
     * @param bits  of {@link #IN} and {@link #OUT}.
     * @param token of its events, not below zero.
     * @throws IOException when the system refuses; the message is its reason alone.
     */
    public void add(int watched, int bits, long token) throws IOException
    {
        checked(control(ADD, watched, bits, token));
    }

    /** Watches for something else from now on. */
    public void change(int watched, int bits, long token) throws IOException
    {
        checked(control(CHANGE, watched, bits, token));
    }

    /** Watches no longer: what no other process has goes by itself when it is closed. */
    public void remove(int watched)
    {
        control(REMOVE, watched, 0, 0);
    }

    private long control(long operation, int watched, int bits, long token)
    {
        try
        {
            scratch.putInt(0, bits, ByteOrder.nativeOrder());
            scratch.putLong(EVENT_DATA, token, ByteOrder.nativeOrder());
            return (long)EPOLL_CTL.invokeExact(errnoState, descriptor, operation, (long)watched,
                scratch.addressOffset(), 0L);
        }
        catch (Throwable e)
        {
            throw NativeCalls.unexpected("epoll_ctl", e);
        }
    }

    /**
     * Waits until something that is watched for has happened.
     *
     * @param timeoutMs the longest wait, 0 for none.
     * @return how many events there are, for {@link #token} and {@link #bits}; 0 after a wake-up alone, and once this is
     *         closed.
     */
    public int await(int timeoutMs)
    {
        if (isClosed)
        {
            return 0;
        }
        try
        {
            long result = (long)EPOLL_WAIT.invokeExact(errnoState, descriptor, events.addressOffset(),
                (long)EVENT_COUNT_MAX, (long)timeoutMs, 0L);
            int count = (int)result;
            if (count >= 0)
            {
                return count;
            }
            if (NativeCalls.errno(errnoState) == INTERRUPTED)
            {
                return 0;
            }
            throw new IllegalStateException("epoll_wait: " + LinuxSocketCalls.words(-NativeCalls.errno(errnoState)));
        }
        catch (IllegalStateException e)
        {
            throw e;
        }
        catch (Throwable e)
        {
            throw NativeCalls.unexpected("epoll_wait", e);
        }
    }

    /** @return the token of an event; below zero for a wake-up, which {@link #takeWakeup} must then end. */
    public long token(int event)
    {
        return events.getLong(event * EVENT_LENGTH + EVENT_DATA, ByteOrder.nativeOrder());
    }

    /** @return what happened, as bits. */
    public int bits(int event)
    {
        return events.getInt(event * EVENT_LENGTH, ByteOrder.nativeOrder());
    }

    /** Takes a wake-up back, so that the next wait waits. */
    public void takeWakeup()
    {
        try
        {
            @SuppressWarnings("unused") long ignored =
                (long)EVENTFD_READ.invokeExact(errnoState, counter, scratch.addressOffset(), 0L, 0L, 0L);
        }
        catch (Throwable e)
        {
            throw NativeCalls.unexpected("eventfd_read", e);
        }
        // in this order: who wakes before does not raise the counter, and this sees what they did before that
        isWoken.getAndSet(false);
    }

    /** Ends the current or next wait at once. Any thread may call, also after the end. */
    public void wakeup()
    {
        if (!isWoken.getAndSet(true))
        {
            if (wakers.incrementAndGet() > 0)
            {
                raise();
            }
            wakers.decrementAndGet();
        }
    }

    private void raise()
    {
        try
        {
            @SuppressWarnings("unused") long ignored =
                (long)EVENTFD_WRITE.invokeExact(wakersErrnoState, counter, 1L, 0L, 0L, 0L);
        }
        catch (Throwable e)
        {
            throw NativeCalls.unexpected("eventfd_write", e);
        }
    }

    @Override
    public void close()
    {
        if (isClosed)
        {
            return;
        }
        isClosed = true;
        // a descriptor's number is given out again at once: nobody may write to it any more
        wakers.addAndGet(Integer.MIN_VALUE);
        while (wakers.get() != Integer.MIN_VALUE)
        {
            Thread.onSpinWait();
        }
        LinuxSocketCalls.close(counter);
        LinuxSocketCalls.close(descriptor);
    }

    private int checked(long result) throws IOException
    {
        if ((int)result < 0)
        {
            throw new IOException(LinuxSocketCalls.words(-NativeCalls.errno(errnoState)));
        }
        return (int)result;
    }
}
