// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.soak;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Objects;

/**
 * The two ends of an RPC connection as both sides must see them, since the keys depend on them. [P-RPC-21]
 *
 * @param server the middle proxy's end.
 * @param client the proxy's end, after network address translation.
 */
public record LinkEnds(InetSocketAddress server, InetSocketAddress client)
{
    public LinkEnds
    {
        Objects.requireNonNull(server.getAddress(), "server address is not resolved");
        Objects.requireNonNull(client.getAddress(), "client address is not resolved");
        if (server.getAddress().getAddress().length != client.getAddress().getAddress().length)
        {
            throw new IllegalArgumentException("one end is IPv4, the other IPv6: " + server + ", " + client);
        }
    }

    boolean isIpv6()
    {
        return server.getAddress().getAddress().length == 16;
    }

    /** IPv4 as host-order integer, 0 for IPv6. [P-RPC-20] */
    int serverIpv4()
    {
        return ipv4(server.getAddress());
    }

    int clientIpv4()
    {
        return ipv4(client.getAddress());
    }

    private static int ipv4(InetAddress address)
    {
        byte[] octets = address.getAddress();
        return octets.length == 4 ? Integer.reverseBytes(LittleEndian.getInt(octets, 0)) : 0;
    }
}
