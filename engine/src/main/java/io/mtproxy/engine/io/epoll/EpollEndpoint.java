// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.io.epoll;

import io.mtproxy.engine.io.PollKey;
import io.mtproxy.engine.io.ReadyHandler;
import io.mtproxy.engine.io.linux.LinuxSocketCalls;
import org.jspecify.annotations.Nullable;

/** What a poller watches: a descriptor and, at the same time, its own registration, one object for each connection. */
abstract sealed class EpollEndpoint implements PollKey permits EpollSocket, EpollListener
{
    /** Value of {@link #descriptor} once it is closed. */
    static final int CLOSED = -1;

    private int descriptor;
    /** Who watches this, and where in its table; none before the registration and after the end. */
    @Nullable EpollPoller poller;
    int slot;
    @Nullable ReadyHandler handler;
    /** What the owner wants to hear of, as bits of {@code Interest}. */
    int wantedOps;
    /** What the system was told last. */
    int watchedBits;
    /** Whether the two may differ: the poller then tells the system before it waits. */
    boolean isChanged;

    EpollEndpoint(int descriptor)
    {
        this.descriptor = descriptor;
    }

    /** @return the descriptor, or {@link #CLOSED}. */
    final int descriptor()
    {
        return descriptor;
    }

    @Override
    public final void interest(int ops)
    {
        EpollPoller current = poller;
        if (ops != wantedOps && current != null)
        {
            wantedOps = ops;
            current.changed(this);
        }
    }

    /** Closes the descriptor and forgets the registration; once. */
    public void close()
    {
        if (descriptor != CLOSED)
        {
            EpollPoller current = poller;
            if (current != null)
            {
                current.forget(this);
            }
            int last = descriptor;
            descriptor = CLOSED;
            LinuxSocketCalls.close(last);
        }
    }
}
