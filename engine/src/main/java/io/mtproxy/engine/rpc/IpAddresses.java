// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.rpc;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.nio.ByteOrder;
import org.agrona.MutableDirectBuffer;

/** The two forms in which the RPC protocol writes addresses: 16 bytes, or a host-order IPv4 integer. [P-RPC-40] */
public final class IpAddresses
{
    /** Length of the long form. */
    public static final int LENGTH = 16;
    /** 127.0.0.1 as a host-order integer. */
    public static final int LOOPBACK_IPV4 = 0x7f000001;

    private static final int MAPPED_PREFIX_LENGTH = 12;

    private IpAddresses()
    {
    }

    /** Writes the long form: IPv6, or IPv4 as {@code 00*10 ff ff a b c d}. */
    public static void put(MutableDirectBuffer buffer, int offset, InetAddress address)
    {
        if (address instanceof Inet4Address)
        {
            putIpv4(buffer, offset, toIpv4(address));
        }
        else
        {
            buffer.putBytes(offset, address.getAddress());
        }
    }

    /** Writes the long form of an IPv4 address given as a host-order integer. */
    public static void putIpv4(MutableDirectBuffer buffer, int offset, int ipv4)
    {
        buffer.putLong(offset, 0);
        buffer.putShort(offset + 8, (short)0);
        buffer.putShort(offset + 10, (short)-1);
        buffer.putInt(offset + MAPPED_PREFIX_LENGTH, ipv4, ByteOrder.BIG_ENDIAN);
    }

    /** @return the host-order integer of an IPv4 address, {@code a<<24 | b<<16 | c<<8 | d}; 0 for IPv6. */
    public static int toIpv4(InetAddress address)
    {
        if (!(address instanceof Inet4Address))
        {
            return 0;
        }
        byte[] bytes = address.getAddress();
        return (bytes[0] << 24) | ((bytes[1] & 0xff) << 16) | ((bytes[2] & 0xff) << 8) | (bytes[3] & 0xff);
    }
}
