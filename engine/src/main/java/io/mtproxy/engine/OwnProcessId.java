// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine;

import io.mtproxy.engine.rpc.IpAddresses;
import io.mtproxy.engine.rpc.ProcessId;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.InterfaceAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.util.Collections;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The process id that this proxy shows on every link: the same for all of them, fixed at the latest by the first one.
 * [P-RPC-32] [C-MID-06]
 */
final class OwnProcessId implements Function<InetSocketAddress, ProcessId>
{
    private static final int PREFERRED_NETWORK = 10;
    private static final int NETWORK_SHIFT = 24;

    private final int hostIpv4;
    private final int statsPort;
    private final long osPid;
    private final int startSeconds;
    private final AtomicReference<@Nullable ProcessId> decided = new AtomicReference<>();

    /**
     * @param hostIpv4     the host's main address as an integer, 0 if it has none.
     * @param statsPort    of {@code -p}, or {@link ProcessId#NO_PORT}.
     * @param osPid        process id of the system; folded to 16 bits on the wire.
     * @param startSeconds wall clock at the start.
     */
    OwnProcessId(int hostIpv4, int statsPort, long osPid, int startSeconds)
    {
        this.hostIpv4 = hostIpv4;
        this.statsPort = statsPort;
        this.osPid = osPid;
        this.startSeconds = startSeconds;
    }

    /** @param linkAddress local end of the link that asks; counts where the host has no address of its own. */
    @Override
    public ProcessId apply(InetSocketAddress linkAddress)
    {
        ProcessId known = decided.get();
        if (known != null)
        {
            return known;
        }
        int ipv4 = hostIpv4;
        if (ipv4 == 0)
        {
            int linkIpv4 = IpAddresses.toIpv4(linkAddress.getAddress());
            ipv4 = linkIpv4 == IpAddresses.LOOPBACK_IPV4 ? 0 : linkIpv4;
        }
        ProcessId own = ProcessId.ofSender(ipv4, statsPort, osPid, startSeconds);
        ProcessId earlier = decided.compareAndExchange(null, own);
        return earlier == null ? own : earlier;
    }

    /** Shows it as the C program does; the address is 0.0.0.0 while it is not known yet. [C-LIFE-07] */
    @Override
    public String toString()
    {
        ProcessId known = decided.get();
        ProcessId own = known == null ? ProcessId.ofSender(hostIpv4, statsPort, osPid, startSeconds) : known;
        int ipv4 = own.ipv4();
        return "[" + (ipv4 >>> 24) + "." + (ipv4 >>> 16 & 0xff) + "." + (ipv4 >>> 8 & 0xff) + "." + (ipv4 & 0xff) +
            ":" + own.port() + ":" + own.pid() + ":" + own.startSeconds() + "]";
    }

    /**
     * Finds the host's main address: that of {@code --address} if it is in 10.0.0.0/8, else one in that network, else the
     * one with the most general netmask; loopback never.
     *
     * @return as a host-order integer; 0 if there is none.
     */
    static int findHostIpv4(@Nullable InetAddress ownAddress)
    {
        if (ownAddress != null && isPreferred(IpAddresses.toIpv4(ownAddress)))
        {
            return IpAddresses.toIpv4(ownAddress);
        }
        int best = 0;
        int bestPrefix = Integer.SIZE + 1;
        try
        {
            for (NetworkInterface network : Collections.list(NetworkInterface.getNetworkInterfaces()))
            {
                if (network.isLoopback() || !network.isUp())
                {
                    continue;
                }
                for (InterfaceAddress address : network.getInterfaceAddresses())
                {
                    int ipv4 = IpAddresses.toIpv4(address.getAddress());
                    int prefix = isPreferred(ipv4) ? 0 : address.getNetworkPrefixLength();
                    if (ipv4 != 0 && prefix < bestPrefix)
                    {
                        best = ipv4;
                        bestPrefix = prefix;
                    }
                }
            }
        }
        catch (SocketException e)
        {
            return best;
        }
        return best;
    }

    private static boolean isPreferred(int ipv4)
    {
        return ipv4 >>> NETWORK_SHIFT == PREFERRED_NETWORK;
    }
}
