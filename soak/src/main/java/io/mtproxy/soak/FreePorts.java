// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.soak;

import java.io.IOException;
import java.net.BindException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Ports for a process that must be told them before it can open them. They are below those that the system gives to
 * connections, so that none of these takes one in between, nor meets itself while it looks whether the process listens;
 * this process gives none twice before it has given all, and another begins elsewhere.
 */
public final class FreePorts
{
    private static final int FIRST = 10_000;
    private static final int SYSTEM_FIRST_DEFAULT = 32_768;
    private static final Path SYSTEM_RANGE = Path.of("/proc/sys/net/ipv4/ip_local_port_range");
    /** Prime, so that processes whose ids are near begin far from each other. */
    private static final int SPREAD = 997;

    private static final AtomicInteger TAKEN = new AtomicInteger();

    private FreePorts()
    {
    }

    /** @return a port on which nobody listens, on any address. */
    public static int next() throws IOException
    {
        return next(1);
    }

    /**
     * @param count of ports in a row.
     * @return the first of them; nobody listens on one of them.
     */
    public static int next(int count) throws IOException
    {
        int length = end() - FIRST;
        int begin = (int)(ProcessHandle.current().pid() * SPREAD % length);
        for (int tries = 0; tries < length; tries++)
        {
            int first = FIRST + Math.floorMod(begin + TAKEN.getAndAdd(count), length);
            if (first + count <= FIRST + length && areFree(first, count))
            {
                return first;
            }
        }
        throw new IOException("no " + count + " free ports in a row between " + FIRST + " and " + (FIRST + length));
    }

    /** @return the first port that the system gives by itself; where it gives nearly all, none is better than another. */
    private static int end() throws IOException
    {
        int first = Files.exists(SYSTEM_RANGE) ?
            Integer.parseInt(Files.readString(SYSTEM_RANGE).strip().split("\\s+", -1)[0]) :
            SYSTEM_FIRST_DEFAULT;
        return first < 2 * FIRST ? SYSTEM_FIRST_DEFAULT : first;
    }

    private static boolean areFree(int first, int count) throws IOException
    {
        for (int port = first; port < first + count; port++)
        {
            try
            {
                new ServerSocket(port).close();
            }
            catch (BindException e)
            {
                return false;
            }
        }
        return true;
    }
}
