// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.relay;

import io.mtproxy.engine.io.SocketPoller;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Wakes an agent thread that waits in its poller, and costs next to nothing while it does not (architecture A10).
 * <p>
 * The receiver marks itself as waiting, looks at its rings and queues once more, and only then waits; a sender looks at
 * the mark after its last commit of a turn. One signal for each thread, shared by the agents on it.
 */
public final class WakeSignal
{
    private final AtomicInteger waiting = new AtomicInteger();
    private final SocketPoller poller;

    public WakeSignal(SocketPoller poller)
    {
        this.poller = poller;
    }

    /** Receiver: says that it is about to wait. It must look for work once more after this call. */
    public void beginWait()
    {
        waiting.set(1);
    }

    /**
     * Receiver: says that it is awake.
     *
     * @return whether a sender has woken it.
     */
    public boolean endWait()
    {
        boolean isWoken = waiting.get() == 0;
        waiting.setRelease(0);
        return isWoken;
    }

    /** Sender: wakes the receiver if it waits. Any thread; call it once after the last message of a turn. */
    public void wakeIfWaiting()
    {
        VarHandle.fullFence();
        if (waiting.getPlain() == 1 && waiting.compareAndSet(1, 0))
        {
            poller.wakeup();
        }
    }
}
