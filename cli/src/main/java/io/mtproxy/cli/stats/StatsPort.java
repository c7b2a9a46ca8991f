// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.stats;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;

/**
 * A port on which numbers are shown. That of {@code -p} is open on 127.0.0.1 and on nothing else, whatever the client ports
 * do. It can be opened early, as its number is part of the process tuple; who connects waits until
 * {@link StatsServer#start}. [C-HTTP-02] [C-BUG-02]
 */
public final class StatsPort implements AutoCloseable
{
    private static final byte[] LOOPBACK = {127, 0, 0, 1};
    private static final int BACKLOG = 128;

    private final ServerSocket socket;

    private StatsPort(ServerSocket socket)
    {
        this.socket = socket;
    }

    /**
     * Opens the first port of a range that is free, {@code -p A:B}.
     *
     * @param first 1..65535, or 0 for any.
     * @param last  not below the first.
     * @throws IOException when none can be had, with why the last could not.
     */
    public static StatsPort open(int first, int last) throws IOException
    {
        for (int port = first;; port++)
        {
            try
            {
                return new StatsPort(listen(new InetSocketAddress(InetAddress.getByAddress(LOOPBACK), port)));
            }
            catch (IOException e)
            {
                if (port >= last)
                {
                    String which = first == last ? "port " + first : "ports " + first + ".." + last;
                    throw new IOException("stats " + which + " cannot be opened: " + e.getMessage() +
                        " — free it or choose another with -p", e);
                }
            }
        }
    }

    /**
     * Opens a port of an address that an option names.
     *
     * @param option for the message.
     * @throws IOException with a message for the operator.
     */
    public static StatsPort open(String option, InetSocketAddress address) throws IOException
    {
        try
        {
            return new StatsPort(listen(address));
        }
        catch (IOException e)
        {
            throw new IOException(option + " " + address.getAddress().getHostAddress() + " port " + address.getPort() +
                " cannot be opened: " + e.getMessage() + " — free it or choose another", e);
        }
    }

    /** @return the port that is open. */
    public int number()
    {
        return socket.getLocalPort();
    }

    ServerSocket socket()
    {
        return socket;
    }

    /** Closes the port; nothing happens when it is closed. */
    @Override
    public void close()
    {
        try
        {
            socket.close();
        }
        catch (IOException ignored)
        {
            // the port is gone with the process at the latest
        }
    }

    private static ServerSocket listen(InetSocketAddress address) throws IOException
    {
        ServerSocket socket = new ServerSocket();
        try
        {
            socket.setReuseAddress(true);
            socket.bind(address, BACKLOG);
            return socket;
        }
        catch (IOException e)
        {
            socket.close();
            throw e;
        }
    }
}
