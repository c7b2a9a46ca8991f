// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.status;

import io.mtproxy.engine.status.api.DcState;
import io.mtproxy.engine.status.api.Histogram;
import io.mtproxy.engine.status.api.StallLeg;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Puts together what several agents and processes count of the same DCs. */
final class DcUnion
{
    private final Map<Integer, Place> places = new TreeMap<>();

    /** One DC. */
    private static final class Place
    {
        final long[] values = new long[DcCounter.values().length];
        Histogram roundTrip = Histogram.empty();
        /** Of the process that is being added: its agents all see the same servers. */
        long servers;
        long readyServers;
        long serversMost;
        long readyServersLeast = Long.MAX_VALUE;

        long get(DcCounter counter)
        {
            return values[counter.index()];
        }
    }

    void add(int dcId, long[] values, Histogram roundTrip)
    {
        Place place = places.computeIfAbsent(dcId, unknown -> new Place());
        for (int i = 0; i < values.length; i++)
        {
            place.values[i] += values[i];
        }
        place.servers = Math.max(place.servers, values[DcCounter.SERVERS.index()]);
        place.readyServers = Math.max(place.readyServers, values[DcCounter.READY_SERVERS.index()]);
        place.roundTrip = place.roundTrip.plus(roundTrip);
    }

    /** What follows is another process's. */
    void endProcess()
    {
        for (Place place : places.values())
        {
            place.serversMost = Math.max(place.serversMost, place.servers);
            if (place.servers > 0)
            {
                place.readyServersLeast = Math.min(place.readyServersLeast, place.readyServers);
            }
            place.servers = 0;
            place.readyServers = 0;
        }
    }

    List<DcState> states()
    {
        List<DcState> states = new ArrayList<>();
        places.forEach((dcId, place) ->
        {
            Map<StallLeg, Long> stalls = new EnumMap<>(StallLeg.class);
            for (StallLeg leg : StallLeg.values())
            {
                stalls.put(leg, place.get(DcCounter.ofStalls(leg)));
            }
            states.add(new DcState(dcId, (int)place.serversMost,
                place.serversMost == 0 ? 0 : (int)place.readyServersLeast, place.get(DcCounter.CONNECTIONS),
                place.get(DcCounter.HANDSHAKES), place.get(DcCounter.PACKETS_TO_DATACENTER),
                place.get(DcCounter.BYTES_TO_DATACENTER), place.get(DcCounter.PACKETS_TO_CLIENT),
                place.get(DcCounter.BYTES_TO_CLIENT), place.get(DcCounter.DROPPED), stalls, place.roundTrip));
        });
        return states;
    }
}
