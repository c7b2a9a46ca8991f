// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.rpc;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.function.IntUnaryOperator;

/** One end of the TCP connection to a middle proxy, in the form that goes into the keys. [P-RPC-20] */
public final class RpcEndpoint
{
    private static final byte[] NO_IPV6 = {};

    private final int ipv4;
    private final byte[] ipv6;
    private final int port;

    private RpcEndpoint(int ipv4, byte[] ipv6, int port)
    {
        this.ipv4 = ipv4;
        this.ipv6 = ipv6;
        this.port = port;
    }

    /**
     * @param address     of one end, as we see it. A v4-mapped address counts as IPv4, which Java sees to.
     * @param translation of host-order IPv4 addresses by the {@code --nat-info} rules. [P-RPC-21]
     */
    public static RpcEndpoint of(InetSocketAddress address, IntUnaryOperator translation)
    {
        InetAddress ip = address.getAddress();
        byte[] bytes = ip.getAddress();
        return bytes.length == IpAddresses.LENGTH ?
            new RpcEndpoint(0, bytes, address.getPort()) :
            new RpcEndpoint(translation.applyAsInt(IpAddresses.toIpv4(ip)), NO_IPV6, address.getPort());
    }

    /** @return whether this is an IPv6 end. */
    public boolean isIpv6()
    {
        return ipv6.length != 0;
    }

    /** @return host-order address, translated; 0 for IPv6. */
    public int ipv4()
    {
        return ipv4;
    }

    /** @return port. */
    public int port()
    {
        return port;
    }

    void copyIpv6(byte[] to, int offset)
    {
        System.arraycopy(ipv6, 0, to, offset, IpAddresses.LENGTH);
    }
}
