// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.supervisor;

import io.mtproxy.engine.io.linux.LinuxDescriptors;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/**
 * A worker's end of the Unix socket to its master, which is its standard input. The two may be of different builds after an
 * upgrade, so nothing of this changes its meaning; what is new gets a byte of its own.
 *
 * <pre>
 *   master   count of sockets, 4 bytes; the sockets themselves (SCM_RIGHTS); settings
 *   worker   2 when it is a replacement that could accept now, and waits for the order to do so
 *   worker   1 once it serves, or a text that says why it does not, up to its end
 *   master   one byte for each {@link WorkerOrder}; a worker passes over those that it does not know
 * </pre>
 */
public final class WorkerLink
{
    static final byte SERVES = 1;
    static final byte PREPARED = 2;

    private WorkerLink()
    {
    }

    /** Says that this worker is ready to accept. */
    public static void prepared() throws IOException
    {
        LinuxDescriptors.write(LinuxDescriptors.STDIN, new byte[]{PREPARED});
    }

    /** Says that this worker serves. */
    public static void serves() throws IOException
    {
        LinuxDescriptors.write(LinuxDescriptors.STDIN, new byte[]{SERVES});
    }

    /** Says why this worker ends without having served. Never throws. */
    public static void fails(String reason)
    {
        try
        {
            LinuxDescriptors.write(LinuxDescriptors.STDIN, reason.getBytes(StandardCharsets.UTF_8));
        }
        catch (IOException e)
        {
            // the master is gone
        }
    }

    /** @return code of the next order, see {@link WorkerOrder#ofCode}, or -1 when the master is gone; waits for it. */
    public static int nextOrder()
    {
        return LinuxDescriptors.read(LinuxDescriptors.STDIN);
    }

    /** Lets {@link #nextOrder} return: a thread that stays in it makes Java wait 300 ms at its end. Never throws. */
    public static void endOrders()
    {
        LinuxDescriptors.endReading(LinuxDescriptors.STDIN);
    }
}
