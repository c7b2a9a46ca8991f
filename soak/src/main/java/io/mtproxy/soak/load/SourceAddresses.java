// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.soak.load;

import java.util.ArrayList;
import java.util.List;

/** Loopback addresses to connect from: one has ports for some 28,000 connections to one place. */
final class SourceAddresses
{
    private static final int CONNECTIONS_AN_ADDRESS = 10_000;

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

    /** @return addresses enough for that many connections; none where the usual one will do. */
    static List<String> of(int connections)
    {
        List<String> addresses = new ArrayList<>();
        for (int i = 0; connections > CONNECTIONS_AN_ADDRESS && i * CONNECTIONS_AN_ADDRESS < connections; i++)
        {
            addresses.add("127.0.0." + (2 + i));
        }
        return addresses;
    }
}
