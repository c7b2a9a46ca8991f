// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.client;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Connections for a domain whose name no name server has answered for yet: they wait, as somebody whose page loads slowly
 * does. Each holds what it has sent, its place and its deadline; nothing more is read from it. One for each client agent.
 */
final class WaitingStrangers
{
    /** As long as a look at a name may take. */
    static final long LIMIT_NS = TimeUnit.SECONDS.toNanos(5);

    private static final int PURGE_MIN = 64;

    private List<Stranger> waiting = new ArrayList<>();
    private int purgeAt = PURGE_MIN;

    private record Stranger(ClientConnection connection, int domainIndex, boolean isEnded)
    {
    }

    /** @param isEnded whether the client has ended its stream behind what it has sent. */
    void add(ClientConnection connection, int domainIndex, boolean isEnded)
    {
        if (waiting.size() >= purgeAt)
        {
            // who has gone meanwhile
            waiting.removeIf(stranger -> stranger.connection.phase() != ClientPhase.FRONT_WAITING);
            purgeAt = Math.max(PURGE_MIN, 2 * waiting.size());
        }
        waiting.add(new Stranger(connection, domainIndex, isEnded));
    }

    /** More is known of the domains: each is tried again, and may wait again. */
    void retry()
    {
        List<Stranger> retried = waiting;
        waiting = new ArrayList<>();
        for (Stranger stranger : retried)
        {
            stranger.connection.frontAgain(stranger.domainIndex, stranger.isEnded);
        }
    }
}
