// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.client;

import org.jspecify.annotations.Nullable;

/**
 * The connections of one agent in the order in which they last sent something, linked through the connections
 * themselves. [P-CON-50]
 */
final class RecentSenders
{
    private @Nullable ClientConnection oldest;
    private @Nullable ClientConnection newest;

    /** @return the connection that has been silent for longest, or null. */
    @Nullable
    ClientConnection oldest()
    {
        return oldest;
    }

    /** @return connections in the order; counted when asked, for tests and reports. */
    int count()
    {
        int count = 0;
        for (ClientConnection at = oldest; at != null; at = at.newerSender)
        {
            count++;
        }
        return count;
    }

    /** Puts a connection last, as it has just sent something. */
    void touch(ClientConnection connection)
    {
        if (newest == connection)
        {
            return;
        }
        remove(connection);
        connection.olderSender = newest;
        if (newest != null)
        {
            newest.newerSender = connection;
        }
        newest = connection;
        if (oldest == null)
        {
            oldest = connection;
        }
    }

    /** Takes a connection out; one that is not in stays out. */
    void remove(ClientConnection connection)
    {
        ClientConnection older = connection.olderSender;
        ClientConnection newer = connection.newerSender;
        if (older != null)
        {
            older.newerSender = newer;
        }
        else if (oldest == connection)
        {
            oldest = newer;
        }
        if (newer != null)
        {
            newer.olderSender = older;
        }
        else if (newest == connection)
        {
            newest = older;
        }
        connection.olderSender = null;
        connection.newerSender = null;
    }
}
