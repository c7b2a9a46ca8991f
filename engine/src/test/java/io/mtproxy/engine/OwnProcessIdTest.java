// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mtproxy.engine.rpc.ProcessId;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** The id by which middle proxies know this process. */
class OwnProcessIdTest
{
    private static final int TEN_ONE_TWO_THREE = 0x0a010203;

    /** [C-MID-06] [P-RPC-32] An address in 10.0.0.0/8 where there is one, else another, never that of loopback. */
    @Test
    void shouldFindAddressOfHost() throws SocketException
    {
        Set<Integer> candidates = new TreeSet<>();
        for (NetworkInterface network : NetworkInterface.networkInterfaces().toList())
        {
            for (InetAddress address : network.inetAddresses().toList())
            {
                if (network.isUp() && address instanceof Inet4Address && !address.isLoopbackAddress())
                {
                    candidates.add(ByteBuffer.wrap(address.getAddress()).getInt());
                }
            }
        }
        if (candidates.stream().anyMatch(address -> address >>> 24 == 10))
        {
            candidates.removeIf(address -> address >>> 24 != 10);
        }

        int found = OwnProcessId.findHostIpv4(null);

        assertTrue(candidates.isEmpty() ? found == 0 : candidates.contains(found),
            () -> Integer.toHexString(found) + " of " + candidates);
        assertEquals(TEN_ONE_TWO_THREE, OwnProcessId.findHostIpv4(InetAddress.ofLiteral("10.1.2.3")));
        assertEquals(found, OwnProcessId.findHostIpv4(InetAddress.ofLiteral("192.0.2.1")));
    }

    /** [C-LIM-16] [C-LIFE-07] [P-RPC-32] Upstream C asserts on process ids above 65535. */
    @Test
    void shouldFoldLargeProcessId()
    {
        OwnProcessId id = new OwnProcessId(TEN_ONE_TWO_THREE, 8888, 0x0012_3456L, 77);

        assertEquals("[10.1.2.3:8888:" + (0x3456 ^ 0x12) + ":77]", id.toString());
        assertEquals(new ProcessId(TEN_ONE_TWO_THREE, 8888, 0x3456 ^ 0x12, 77),
            id.apply(new InetSocketAddress("192.0.2.1", 5)));
    }

    /** [P-RPC-32] Without an address of its own the host has that of the first link, and keeps it. */
    @Test
    void shouldTakeAddressOfFirstLink()
    {
        OwnProcessId id = new OwnProcessId(0, 0, 5, 77);

        assertEquals(List.of("[0.0.0.0:65535:5:77]"), List.of(id.toString()));
        assertEquals(new ProcessId(0xc0000201, ProcessId.NO_PORT, 5, 77), id.apply(new InetSocketAddress("192.0.2.1",
            5)));
        assertEquals(0xc0000201, id.apply(new InetSocketAddress("192.0.2.2", 5)).ipv4());
    }
}
