// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.agent;

import io.mtproxy.engine.relay.ServerEntry;
import io.mtproxy.engine.relay.WakeSignal;
import org.jctools.queues.varhandle.MpscVarHandleArrayQueue;

/** What other agents ask of one {@link DatacenterAgent}; may be called by any thread. */
public final class DatacenterCommands
{
    /** Room for every server of the longest configuration, coming and going. [C-LIM-07] */
    private static final int CAPACITY = 16 * 1024;

    private final MpscVarHandleArrayQueue<Command> queue = new MpscVarHandleArrayQueue<>(CAPACITY);
    private final WakeSignal signal;

    /** @param signal of the agent's thread. */
    public DatacenterCommands(WakeSignal signal)
    {
        this.signal = signal;
    }

    /**
     * Lets the agent keep links to a server that is its own from now on; one that still drains is kept with its links.
     *
     * @return false when the queue is full: to be tried again.
     */
    public boolean addServer(ServerEntry entry)
    {
        return offer(new AddServer(entry));
    }

    /**
     * Lets the agent keep another number of links to a server that stays.
     *
     * @return false when the queue is full: to be tried again.
     */
    public boolean updateServer(ServerEntry entry)
    {
        return offer(new UpdateServer(entry));
    }

    /**
     * Lets the agent give up a server: links go on for those bound to them until the drain time is over.
     *
     * @return false when the queue is full: to be tried again.
     */
    public boolean removeServer(int serverIndex)
    {
        return offer(new RemoveServer(serverIndex));
    }

    /**
     * Lets the agent end all links at once and open no more.
     *
     * @return false when the queue is full: to be tried again.
     */
    public boolean close()
    {
        return offer(Close.COMMAND);
    }

    /** @return whether nothing waits for the agent. */
    public boolean isEmpty()
    {
        return queue.isEmpty();
    }

    /** Calls the agent for each command. */
    int drain(DatacenterAgent agent)
    {
        int count = 0;
        for (Command command = queue.poll(); command != null; command = queue.poll())
        {
            switch (command)
            {
                case AddServer(ServerEntry entry) -> agent.onAddServer(entry);
                case UpdateServer(ServerEntry entry) -> agent.onUpdateServer(entry);
                case RemoveServer(int serverIndex) -> agent.onRemoveServer(serverIndex);
                case Close.COMMAND -> agent.onCloseLinks();
            }
            count++;
        }
        return count;
    }

    private boolean offer(Command command)
    {
        boolean isQueued = queue.offer(command);
        signal.wakeIfWaiting();
        return isQueued;
    }

    private sealed interface Command
    {
    }

    private record AddServer(ServerEntry entry) implements Command
    {
    }

    private record UpdateServer(ServerEntry entry) implements Command
    {
    }

    private record RemoveServer(int serverIndex) implements Command
    {
    }

    private enum Close implements Command
    {
        COMMAND
    }
}
