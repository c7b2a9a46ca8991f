// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.io.epoll;

import io.mtproxy.engine.io.Interest;
import io.mtproxy.engine.io.PollKey;
import io.mtproxy.engine.io.ReadyHandler;
import io.mtproxy.engine.io.SocketPoller;
import io.mtproxy.engine.io.TcpListener;
import io.mtproxy.engine.io.TcpSocket;
import io.mtproxy.engine.io.linux.LinuxEpoll;
import java.io.IOException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Waits in {@code epoll}. Sockets stand in a table; an event carries the place in it and how often that place was given
 * out, so that one of a socket that is gone is not taken for one of its follower. What an owner wants to hear of is told to
 * the system before the next wait, once, however often it changed.
 */
final class EpollPoller implements SocketPoller
{
    private static final long NS_PER_MS = 1_000_000;
    private static final int FIRST_CAPACITY = 64;

    private final LinuxEpoll epoll;
    private @Nullable EpollEndpoint[] endpoints = new EpollEndpoint[FIRST_CAPACITY];
    /** How often each place was given out; its sign bit stays clear, as a token is not below zero. */
    private int[] generations = new int[FIRST_CAPACITY];
    /** Places that were given back, as a stack. */
    private int[] free = new int[FIRST_CAPACITY];
    private int freeCount;
    private int usedCount;
    /** What waits to be told to the system. */
    private @Nullable EpollEndpoint[] changed = new EpollEndpoint[FIRST_CAPACITY];
    private int changedCount;
    private boolean isClosed;

    EpollPoller(LinuxEpoll epoll)
    {
        this.epoll = epoll;
    }

    @Override
    public int poll(long timeoutNs)
    {
        tellChanges();
        // rounded up: the system waits in whole ms, and 0 would spin until the last one is over
        int timeoutMs = timeoutNs <= NO_WAIT ? 0 : (int)Math.min((timeoutNs - 1) / NS_PER_MS + 1, Integer.MAX_VALUE);
        int count = epoll.await(timeoutMs);
        int reported = 0;
        for (int event = 0; event < count && !isClosed; event++)
        {
            long token = epoll.token(event);
            if (token < 0)
            {
                epoll.takeWakeup();
            }
            else if (report((int)token, (int)(token >>> Integer.SIZE), epoll.bits(event)))
            {
                reported++;
            }
        }
        return reported;
    }

    /** An earlier handler of the same poll may have closed this socket, or want no more of it. */
    private boolean report(int slot, int generation, int bits)
    {
        EpollEndpoint endpoint = endpoints[slot];
        if (endpoint == null || generations[slot] != generation)
        {
            return false;
        }
        int wanted = endpoint.wantedOps;
        int ready = (bits & LinuxEpoll.FAILED) != 0 ? wanted : wanted & opsOf(bits);
        ReadyHandler handler = endpoint.handler;
        if (ready == 0 || handler == null)
        {
            return false;
        }
        handler.onReady(ready);
        return true;
    }

    private static int opsOf(int bits)
    {
        return ((bits & LinuxEpoll.IN) != 0 ? Interest.READ | Interest.ACCEPT : 0) |
            ((bits & LinuxEpoll.OUT) != 0 ? Interest.WRITE | Interest.CONNECT : 0);
    }

    private static int bitsOf(int ops)
    {
        return ((ops & (Interest.READ | Interest.ACCEPT)) != 0 ? LinuxEpoll.IN : 0) |
            ((ops & (Interest.WRITE | Interest.CONNECT)) != 0 ? LinuxEpoll.OUT : 0);
    }

    @Override
    public PollKey register(TcpSocket socket, int ops, ReadyHandler handler) throws IOException
    {
        return register((EpollEndpoint)socket, ops, handler);
    }

    @Override
    public PollKey register(TcpListener listener, ReadyHandler handler) throws IOException
    {
        return register((EpollEndpoint)listener, Interest.ACCEPT, handler);
    }

    private PollKey register(EpollEndpoint endpoint, int ops, ReadyHandler handler) throws IOException
    {
        if (isClosed || endpoint.descriptor() == EpollEndpoint.CLOSED || endpoint.poller != null)
        {
            throw new IOException("closed, or watched already");
        }
        int slot = freeCount > 0 ? free[--freeCount] : newSlot();
        endpoint.slot = slot;
        endpoint.handler = handler;
        endpoint.wantedOps = ops;
        endpoint.watchedBits = bitsOf(ops);
        if (endpoint.watchedBits != 0)
        {
            try
            {
                epoll.add(endpoint.descriptor(), endpoint.watchedBits, token(slot));
            }
            catch (IOException e)
            {
                free[freeCount++] = slot;
                throw e;
            }
        }
        endpoints[slot] = endpoint;
        endpoint.poller = this;
        return endpoint;
    }

    private int newSlot()
    {
        if (usedCount == endpoints.length)
        {
            int capacity = 2 * usedCount;
            endpoints = Arrays.copyOf(endpoints, capacity);
            generations = Arrays.copyOf(generations, capacity);
            free = Arrays.copyOf(free, capacity);
        }
        return usedCount++;
    }

    private long token(int slot)
    {
        return (long)generations[slot] << Integer.SIZE | slot;
    }

    /** The owner of this one wants to hear of something else. */
    void changed(EpollEndpoint endpoint)
    {
        if (!endpoint.isChanged)
        {
            endpoint.isChanged = true;
            if (changedCount == changed.length)
            {
                changed = Arrays.copyOf(changed, 2 * changedCount);
            }
            changed[changedCount++] = endpoint;
        }
    }

    private void tellChanges()
    {
        int kept = 0;
        for (int i = 0; i < changedCount; i++)
        {
            EpollEndpoint endpoint = changed[i];
            changed[i] = null;
            if (endpoint != null && !tell(endpoint))
            {
                changed[kept++] = endpoint;
            }
        }
        changedCount = kept;
    }

    /**
     * What nobody wants to hear of is not watched at all: a connection that has failed would be told again and again.
     *
     * @return whether the system took it; it may be short of memory, and is asked again before the next wait.
     */
    private boolean tell(EpollEndpoint endpoint)
    {
        int bits = bitsOf(endpoint.wantedOps);
        int watched = endpoint.watchedBits;
        endpoint.isChanged = false;
        if (bits == watched || endpoint.poller != this)
        {
            return true;
        }
        try
        {
            if (bits == 0)
            {
                epoll.remove(endpoint.descriptor());
            }
            else if (watched == 0)
            {
                epoll.add(endpoint.descriptor(), bits, token(endpoint.slot));
            }
            else
            {
                epoll.change(endpoint.descriptor(), bits, token(endpoint.slot));
            }
            endpoint.watchedBits = bits;
            return true;
        }
        catch (IOException e)
        {
            endpoint.isChanged = true;
            return false;
        }
    }

    /** A socket is about to be closed, by which the system forgets it, unless another process has it too. */
    void forget(EpollEndpoint endpoint)
    {
        if (isClosed)
        {
            return;
        }
        if (endpoint instanceof EpollListener && endpoint.watchedBits != 0)
        {
            epoll.remove(endpoint.descriptor());
        }
        int slot = endpoint.slot;
        endpoints[slot] = null;
        generations[slot] = generations[slot] + 1 & Integer.MAX_VALUE;
        free[freeCount++] = slot;
        endpoint.poller = null;
        endpoint.handler = null;
    }

    @Override
    public void wakeup()
    {
        epoll.wakeup();
    }

    @Override
    public void close()
    {
        isClosed = true;
        epoll.close();
    }
}
