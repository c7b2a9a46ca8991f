// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.agent;

import org.jctools.queues.varhandle.MpscVarHandleArrayQueue;

/** What others ask of the {@link Conductor}; may be called by any thread. It looks several times a second. */
public final class ConductorCommands
{
    private static final int CAPACITY = 64;

    private final MpscVarHandleArrayQueue<Command> queue = new MpscVarHandleArrayQueue<>(CAPACITY);

    private enum Command
    {
        RELOAD,
        REFUSED
    }

    /**
     * Lets the conductor read configuration and secrets anew. Requests that come before it has begun are one, so one that
     * finds the queue full is not lost. [C-REL-10]
     */
    public void reload()
    {
        queue.offer(Command.RELOAD);
    }

    /** Lets the conductor show that a newer configuration was refused by somebody who reads it for all. [C-REL-11] */
    public void reloadRefused()
    {
        queue.offer(Command.REFUSED);
    }

    /** Calls the conductor for each command. */
    void drain(Conductor conductor)
    {
        for (Command command = queue.poll(); command != null; command = queue.poll())
        {
            switch (command)
            {
                case RELOAD -> conductor.onReload();
                case REFUSED -> conductor.onReloadRefused();
            }
        }
    }
}
