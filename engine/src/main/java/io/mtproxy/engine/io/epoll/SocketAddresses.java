// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.io.epoll;

import io.mtproxy.engine.io.linux.LinuxSocketCalls;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * One {@code struct sockaddr} in memory that the system reads or writes, and its length behind it. Each thread has one:
 * nothing stays in it.
 */
final class SocketAddresses
{
    private static final ThreadLocal<SocketAddresses> OF_THREAD = ThreadLocal.withInitial(SocketAddresses::new);

    private static final int FAMILY = 0;
    private static final int PORT = 2;
    private static final int IPV4_ADDRESS = 4;
    private static final int IPV4_LENGTH = 16;
    private static final int IPV6_FLOW = 4;
    private static final int IPV6_ADDRESS = 8;
    private static final int IPV6_SCOPE = 24;
    private static final int IPV6_LENGTH = 28;
    /** Behind the largest address. */
    private static final int LENGTH = 32;

    private final UnsafeBuffer memory = new UnsafeBuffer(ByteBuffer.allocateDirect(LENGTH + Integer.BYTES));

    private SocketAddresses()
    {
    }

    static SocketAddresses ofThread()
    {
        return OF_THREAD.get();
    }

    /** Writes an address as its own family has it. */
    void set(InetAddress address, int port)
    {
        byte[] bytes = address.getAddress();
        boolean isIpv4 = address instanceof Inet4Address;
        memory.setMemory(0, LENGTH, (byte)0);
        memory.putShort(FAMILY, (short)(isIpv4 ? LinuxSocketCalls.AF_INET : LinuxSocketCalls.AF_INET6),
            ByteOrder.nativeOrder());
        memory.putShort(PORT, (short)port, ByteOrder.BIG_ENDIAN);
        memory.putBytes(isIpv4 ? IPV4_ADDRESS : IPV6_ADDRESS, bytes);
        if (address instanceof Inet6Address ipv6)
        {
            memory.putInt(IPV6_FLOW, 0);
            memory.putInt(IPV6_SCOPE, ipv6.getScopeId(), ByteOrder.nativeOrder());
        }
        memory.putInt(LENGTH, isIpv4 ? IPV4_LENGTH : IPV6_LENGTH, ByteOrder.nativeOrder());
    }

    /** Says how much room there is, before the system writes an address. */
    void setRoom()
    {
        memory.putInt(LENGTH, LENGTH, ByteOrder.nativeOrder());
    }

    /** @return what the system wrote; a v4-mapped address is given as IPv4. [P-NET-01] */
    InetSocketAddress get()
    {
        boolean isIpv4 = memory.getShort(FAMILY, ByteOrder.nativeOrder()) == LinuxSocketCalls.AF_INET;
        byte[] bytes = new byte[isIpv4 ? 4 : 16];
        memory.getBytes(isIpv4 ? IPV4_ADDRESS : IPV6_ADDRESS, bytes);
        int port = memory.getShort(PORT, ByteOrder.BIG_ENDIAN) & 0xffff;
        try
        {
            InetAddress address = InetAddress.getByAddress(bytes);
            int scope = isIpv4 ? 0 : memory.getInt(IPV6_SCOPE, ByteOrder.nativeOrder());
            return new InetSocketAddress(
                scope == 0 ? address : Inet6Address.getByAddress(null, bytes, scope), port);
        }
        catch (UnknownHostException e)
        {
            throw new IllegalStateException(e);
        }
    }

    /** @return where the address is. */
    long address()
    {
        return memory.addressOffset();
    }

    /** @return where the length of the address is. */
    long lengthAddress()
    {
        return memory.addressOffset() + LENGTH;
    }

    /** @return bytes of the address. */
    int length()
    {
        return memory.getInt(LENGTH, ByteOrder.nativeOrder());
    }
}
