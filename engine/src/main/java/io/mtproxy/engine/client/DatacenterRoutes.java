// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.client;

import io.mtproxy.crypto.RandomSource;
import io.mtproxy.engine.relay.RelayRing;
import io.mtproxy.engine.relay.RoutingTable;
import io.mtproxy.engine.relay.ServerEntry;
import io.mtproxy.engine.relay.WakeSignal;
import org.jspecify.annotations.Nullable;

/** A client agent's ways to all datacenter agents: which server serves a DC, and which ring leads there. */
final class DatacenterRoutes
{
    private final RandomSource random;
    private final DatacenterRoute[] routes;
    private RoutingTable routing = RoutingTable.EMPTY;

    /**
     * @param rings   by datacenter agent, written here.
     * @param signals by datacenter agent.
     */
    DatacenterRoutes(RelayRing[] rings, WakeSignal[] signals, RandomSource random)
    {
        this.random = random;
        this.routes = new DatacenterRoute[rings.length];
        for (int i = 0; i < routes.length; i++)
        {
            routes[i] = new DatacenterRoute(rings[i], signals[i]);
        }
    }

    /** Takes another configuration, for clients that have no server yet. [C-REL-10] */
    void routing(RoutingTable newRouting)
    {
        routing = newRouting;
    }

    DatacenterRoute to(ServerEntry server)
    {
        return routes[server.datacenterAgent()];
    }

    /**
     * Draws a server of the DC's cluster that has a ready link, uniformly. [P-CON-10] [P-CON-21]
     *
     * @return null when there is none.
     */
    @Nullable
    ServerEntry drawServer(int dcId)
    {
        ServerEntry[] cluster = routing.lookup(dcId);
        int readyCount = 0;
        for (ServerEntry server : cluster)
        {
            readyCount += server.marks().readyLinkCount() > 0 ? 1 : 0;
        }
        if (readyCount == 0)
        {
            return null;
        }
        int drawn = random.nextInt(readyCount);
        for (ServerEntry server : cluster)
        {
            if (server.marks().readyLinkCount() > 0 && drawn-- == 0)
            {
                return server;
            }
        }
        // the owner has changed a mark between the two looks
        return null;
    }

    /** Lets clients go on that found a ring full. @return how many. */
    int resumeWaiting()
    {
        int resumed = 0;
        for (DatacenterRoute route : routes)
        {
            resumed += route.isWaitedFor() ? route.resumeWaiting() : 0;
        }
        return resumed;
    }

    /** @return whether somebody waits for room in a ring. */
    boolean isAnyWaitedFor()
    {
        for (DatacenterRoute route : routes)
        {
            if (route.isWaitedFor())
            {
                return true;
            }
        }
        return false;
    }

    /** Wakes the datacenter agents that were sent something. */
    void wakeReaders()
    {
        for (DatacenterRoute route : routes)
        {
            route.wakeReader();
        }
    }
}
