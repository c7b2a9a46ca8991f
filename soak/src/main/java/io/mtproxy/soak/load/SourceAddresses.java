// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.soak.load;

import java.util.ArrayList;
import java.util.List;

/** Loopback addresses to connect from: one has ports for some 28,000 connections to one place. */
final class SourceAddresses
{
    private static final int CONNECTIONS_AN_ADDRESS = 10_000;
    private static final int PEOPLE_MAX = 200;

    private SourceAddresses()
    {
    }

    /** @return addresses that no other process uses. */
    static List<String> ofProcess(int number, int connections)
    {
        List<String> addresses = new ArrayList<>();
        for (int i = 0; i * CONNECTIONS_AN_ADDRESS < connections; i++)
        {
            addresses.add("127.0." + (1 + number) + "." + (2 + i));
        }
        return addresses;
    }

    /**
     * @return addresses enough for a scenario; none where the usual one will do. Clients that connect again and again have
     *         one each: from a single address the system searches longer for a free port than all else takes.
     */
    static List<String> of(LoadScenario scenario)
    {
        List<String> addresses = new ArrayList<>();
        int connections = scenario.connections();
        int count = scenario.isReconnecting() ?
            Math.min(connections, PEOPLE_MAX) :
            connections > CONNECTIONS_AN_ADDRESS ? Math.ceilDiv(connections, CONNECTIONS_AN_ADDRESS) : 0;
        for (int i = 0; i < count; i++)
        {
            addresses.add("127.0.0." + (2 + i));
        }
        return addresses;
    }
}
