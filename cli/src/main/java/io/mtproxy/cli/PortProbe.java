// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import io.mtproxy.cli.options.LegacyOptions;
import io.mtproxy.engine.config.ConfigurationException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ProtocolFamily;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Holds the client ports, not listening, while the rest of the start is prepared: a port that somebody has is told before
 * anything that C looks at later, and no client connects before it can be served. [C-LIFE-05] [C-EXIT-07]
 */
final class PortProbe implements AutoCloseable
{
    private static final byte[] ANY_IPV4 = new byte[4];
    private static final byte[] ANY_IPV6 = new byte[16];

    private final List<SocketChannel> held = new ArrayList<>();

    private PortProbe()
    {
    }

    static PortProbe take(LegacyOptions legacy) throws ConfigurationException
    {
        PortProbe probe = new PortProbe();
        Set<Integer> seen = new HashSet<>();
        for (int port : legacy.ports())
        {
            String reason = seen.add(port) ? probe.tryHold(legacy, port) : "it is listed twice";
            if (!reason.isEmpty())
            {
                probe.close();
                throw ProxyStart.failed(
                    "client port " + port + " cannot be opened: " + reason + " — free it or choose another with -H");
            }
        }
        return probe;
    }

    /** @return why it cannot be had; empty when it is held. */
    private String tryHold(LegacyOptions legacy, int port)
    {
        ProtocolFamily family = legacy.isIpv6() ? StandardProtocolFamily.INET6 : StandardProtocolFamily.INET;
        try
        {
            SocketChannel channel = SocketChannel.open(family);
            held.add(channel);
            // as listening sockets have it: connections of an earlier process in TIME_WAIT do not count
            channel.setOption(StandardSocketOptions.SO_REUSEADDR, true);
            InetAddress any = InetAddress.getByAddress(legacy.isIpv6() ? ANY_IPV6 : ANY_IPV4);
            InetAddress address = legacy.address();
            channel.bind(new InetSocketAddress(legacy.isIpv6() || address == null ? any : address, port));
            return "";
        }
        catch (IOException | UnsupportedOperationException e)
        {
            return String.valueOf(e.getMessage());
        }
    }

    /** Lets the ports go; calling it again does nothing. */
    @Override
    public void close()
    {
        for (SocketChannel channel : held)
        {
            try
            {
                channel.close();
            }
            catch (IOException ignored)
            {
                // nothing was sent, so nothing is lost
            }
        }
        held.clear();
    }
}
