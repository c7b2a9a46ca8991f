// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.agent;

import io.mtproxy.engine.relay.RoutingTable;
import io.mtproxy.engine.relay.WakeSignal;
import org.jctools.queues.varhandle.MpscVarHandleArrayQueue;

/** What others may ask of a client agent, from any thread; carried out in its next turn. */
public final class ClientCommands
{
    /** Commands are few: one for each reload. */
    private static final int CAPACITY = 64;

    private final MpscVarHandleArrayQueue<RoutingTable> routings = new MpscVarHandleArrayQueue<>(CAPACITY);
    private final WakeSignal signal;

    public ClientCommands(WakeSignal signal)
    {
        this.signal = signal;
    }

    /**
     * Routes new clients by this table from now on. [C-REL-12]
     *
     * @throws IllegalStateException when the agent has not taken commands for very long.
     */
    public void routing(RoutingTable routing)
    {
        if (!routings.offer(routing))
        {
            throw new IllegalStateException("the client agent takes no commands");
        }
        signal.wakeIfWaiting();
    }

    boolean isEmpty()
    {
        return routings.isEmpty();
    }

    /** @return commands carried out. */
    int drain(ClientAgent agent)
    {
        int drained = 0;
        for (RoutingTable routing = routings.poll(); routing != null; routing = routings.poll())
        {
            agent.onRouting(routing);
            drained++;
        }
        return drained;
    }
}
