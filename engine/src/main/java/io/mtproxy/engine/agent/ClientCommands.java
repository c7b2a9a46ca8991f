// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.agent;

import io.mtproxy.engine.client.ClientSecrets;
import io.mtproxy.engine.client.FrontingTable;
import io.mtproxy.engine.relay.RoutingTable;
import io.mtproxy.engine.relay.WakeSignal;
import org.jctools.queues.varhandle.MpscVarHandleArrayQueue;

/** What others may ask of a client agent, from any thread; carried out in its next turn. */
public final class ClientCommands
{
    /** Commands are few: one for each reload. */
    private static final int CAPACITY = 64;

    private final MpscVarHandleArrayQueue<Configuration> queue = new MpscVarHandleArrayQueue<>(CAPACITY);
    private final MpscVarHandleArrayQueue<FrontingTable> fronts = new MpscVarHandleArrayQueue<>(CAPACITY);
    private final WakeSignal signal;
    private volatile boolean isStopWanted;

    public ClientCommands(WakeSignal signal)
    {
        this.signal = signal;
    }

    /**
     * Routes and authenticates new clients by these from now on. [C-REL-10] [C-CLI-74]
     *
     * @return false when the queue is full: to be tried again.
     */
    public boolean configuration(RoutingTable routing, ClientSecrets secrets)
    {
        boolean isQueued = queue.offer(new Configuration(routing, secrets));
        signal.wakeIfWaiting();
        return isQueued;
    }

    /**
     * Passes strangers on by this table from now on, and answers hellos as it says. [P-TLS-02]
     *
     * @return false when the queue is full: to be tried again.
     */
    public boolean fronts(FrontingTable table)
    {
        boolean isQueued = fronts.offer(table);
        signal.wakeIfWaiting();
        return isQueued;
    }

    /** Accepts nobody any more, and goes on with the clients that are there. (architecture A11) */
    public void stopAccepting()
    {
        isStopWanted = true;
        signal.wakeIfWaiting();
    }

    /** @return whether nothing waits for the agent. */
    public boolean isEmpty()
    {
        return queue.isEmpty() && fronts.isEmpty() && !isStopWanted;
    }

    /** @return commands carried out. */
    int drain(ClientAgent agent)
    {
        int drained = 0;
        for (Configuration command = queue.poll(); command != null; command = queue.poll())
        {
            agent.onConfiguration(command.routing, command.secrets);
            drained++;
        }
        for (FrontingTable table = fronts.poll(); table != null; table = fronts.poll())
        {
            agent.onFronts(table);
            drained++;
        }
        if (isStopWanted)
        {
            isStopWanted = false;
            agent.onStopAccepting();
            drained++;
        }
        return drained;
    }

    private record Configuration(RoutingTable routing, ClientSecrets secrets)
    {
    }
}
