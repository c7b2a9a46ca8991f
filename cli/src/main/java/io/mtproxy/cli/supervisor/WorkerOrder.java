// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.supervisor;

import org.jspecify.annotations.Nullable;

/**
 * What a master asks of a worker over their link, one byte each. An order waits there until the worker serves, so that
 * none is lost that comes while it starts; a signal could be, or end a JVM that is not ready for it. [C-SIG-05] [C-SIG-21]
 */
public enum WorkerOrder
{
    /** Begin to accept, now that all has been said that was asked for since the settings were made. */
    ACCEPT('A'),
    /** Read configuration and secrets anew. */
    RELOAD('R'),
    /** Show that the master has refused a newer configuration; nothing else changes. */
    RELOAD_REFUSED('F'),
    /** Open the log anew. */
    REOPEN_LOGS('L'),
    /** Accept nobody any more, and end when the last client has gone or the drain timeout is over. */
    DRAIN('D');

    private final byte code;

    WorkerOrder(char code)
    {
        this.code = (byte)code;
    }

    /** @return what stands for it on the link. */
    byte code()
    {
        return code;
    }

    /** @return the order, or null for one that this build does not know. */
    public static @Nullable WorkerOrder ofCode(int code)
    {
        for (WorkerOrder order : values())
        {
            if (order.code == code)
            {
                return order;
            }
        }
        return null;
    }
}
