// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.soak;

import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class FreePortsTest
{
    @Test
    void shouldGiveNoneTwice() throws IOException
    {
        Set<Integer> given = new HashSet<>();
        for (int i = 0; i < 100; i++)
        {
            int first = FreePorts.next(2);
            assertTrue(given.add(first) && given.add(first + 1), () -> first + " once more");
        }
    }

    /** A port of the system's own range may be taken by any connection before it is opened. */
    @Test
    void shouldStayBelowPortsThatConnectionsGet() throws IOException
    {
        try (ServerSocket anyPort = new ServerSocket(0, 1, InetAddress.getLoopbackAddress()))
        {
            int port = FreePorts.next();
            assertTrue(port < anyPort.getLocalPort() && port >= 10_000, () -> "port " + port);
        }
    }

    /** On one address alone, as servers of tests often are. */
    @Test
    void shouldPassByPortThatIsTaken() throws IOException
    {
        int next = FreePorts.next() + 1;
        try (ServerSocket taken = new ServerSocket(next, 1, InetAddress.ofLiteral("127.0.0.5")))
        {
            assertNotEquals(taken.getLocalPort(), FreePorts.next());
        }
    }
}
