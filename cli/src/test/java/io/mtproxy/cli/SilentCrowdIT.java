// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mtproxy.soak.ClientOptions;
import io.mtproxy.soak.FakeTlsClientPeer;
import io.mtproxy.soak.Payloads;
import io.mtproxy.soak.Transport;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Thousands of connections that say nothing, too little or garbage, before and after they are handed over to the domain:
 * memory stays bounded, and a client of ours is served all the while. As many as the limit of descriptors lets both sides
 * have, 10,000 at most. [P-TLS-30] [C-CLT-21] [C-BUG-21]
 */
@Tag("extended")
class SilentCrowdIT
{
    private static final String DOMAIN = "crowd.test";
    private static final String ADDRESS = "127.43.6.1";
    private static final int COUNT_MAX = 10_000;
    private static final int OWN_DESCRIPTORS = 700;
    /** Connections of one source address; each has tens of thousands of ports. */
    private static final int PER_ADDRESS = 1_000;
    private static final long HANG_S = 60;
    private static final long BYTES_PER_CONNECTION_MAX = 24 * 1024;
    private static final int RPC_PING_ID = 5;

    @TempDir private Path folder;

    @Test
    void shouldServeClientsBesideACrowdThatSaysNothing() throws Exception
    {
        FrontHosts.assumePossible(folder, ADDRESS);
        assumeTrue(ProxyUnderTest.ours().isPresent(), "skipped: there is no main class on the class path");
        int count = (int)Math.min(COUNT_MAX, (descriptorLimit() - OWN_DESCRIPTORS) / 2);
        FrontHosts hosts = FrontHosts.write(folder, Map.of(DOMAIN, ADDRESS));
        List<SocketChannel> crowd = new ArrayList<>();
        try (RecordOrigin origin = RecordOrigin.open(ADDRESS, 443, RecordOrigin.Shape.ofRange(false, 2900, 2900), 3);
            ProxyProcess proxy = hosts.around(ProxyUnderTest.ours().orElseThrow()).start(folder,
                "default 2;\nproxy_for 2 127.0.0.1:9;\n",
                "a secret of some length that both sides have".getBytes(StandardCharsets.US_ASCII),
                List.of("-S", ParitySetup.SECRET, "-D", DOMAIN, "-c", Integer.toString(2 * COUNT_MAX +
                    OWN_DESCRIPTORS))))
        {
            for (int i = 0; i < 200; i++)
            {
                assertPong(proxy.port(), i);
            }
            long before = residentBytes(proxy);
            long handedBefore = origin.connectionCount();
            long slowestMs = 0;
            SplittableRandom random = new SplittableRandom(8);
            for (int i = 0; i < count; i++)
            {
                crowd.add(connect(proxy.port(), i, random));
                if (i % 500 == 0)
                {
                    slowestMs = Math.max(slowestMs, assertPong(proxy.port(), 1000 + i));
                }
            }
            long whileSilent = residentBytes(proxy);
            long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(HANG_S);
            // above three quarters of the buffers those that hold some are closed, the longest silent first [C-LIM-10]
            while (origin.connectionCount() - handedBefore + closedCount(crowd) < count)
            {
                String sofar = origin.connectionCount() - handedBefore + " handed over, " + closedCount(crowd) +
                    " closed";
                assertTrue(System.nanoTime() - deadlineNs < 0, () -> sofar + " of " + count);
                slowestMs = Math.max(slowestMs, assertPong(proxy.port(), (int)System.nanoTime()));
                Thread.sleep(50);
            }
            long handedOver = residentBytes(proxy);
            long closed = closedCount(crowd);
            for (SocketChannel each : crowd)
            {
                each.close();
            }
            crowd.clear();
            slowestMs = Math.max(slowestMs, assertPong(proxy.port(), -1));

            String figures =
                "%d connections, %d of them closed; resident %d MB before, %d MB while silent, %d MB handed over; slowest ping %d ms"
                    .formatted(count, closed, before >> 20, whileSilent >> 20, handedOver >> 20, slowestMs);
            Files.writeString(ProjectFolders.cli().resolve(Path.of("target", "silent-crowd.txt")), figures + "\n");
            assertTrue(whileSilent - before < count * BYTES_PER_CONNECTION_MAX, figures);
            assertTrue(handedOver - before < count * BYTES_PER_CONNECTION_MAX, figures);
            assertTrue(proxy.isAlive());
        }
        finally
        {
            for (SocketChannel each : crowd)
            {
                each.close();
            }
        }
    }

    private static long closedCount(List<SocketChannel> crowd) throws IOException
    {
        ByteBuffer nothing = ByteBuffer.allocate(16);
        long closed = 0;
        for (SocketChannel each : crowd)
        {
            closed += each.read(nothing.clear()) < 0 ? 1 : 0;
        }
        return closed;
    }

    /** A third says nothing, a third sends the begin of a hello, a third less than can be decided on. */
    private static SocketChannel connect(int port, int number, SplittableRandom random) throws IOException
    {
        SocketChannel channel = SocketChannel.open();
        channel.setOption(StandardSocketOptions.SO_REUSEADDR, true);
        channel.bind(new InetSocketAddress(InetAddress.ofLiteral("127.0.1." + (1 + number / PER_ADDRESS)), 0));
        channel.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        byte[] words = switch (number % 3)
        {
            case 0 -> new byte[0];
            case 1 -> new byte[]{0x16, 3, 1, 2, 0, 1, 0, 1, (byte)0xfc, 3, 3, (byte)random.nextInt()};
            default -> new byte[]{'G', 'E', 'T'};
        };
        channel.write(ByteBuffer.wrap(words));
        channel.configureBlocking(false);
        return channel;
    }

    /** @return milliseconds that a whole handshake and a ping took. [P-OBF-50] */
    private static long assertPong(int port, int seed) throws IOException
    {
        long startNs = System.nanoTime();
        FakeTlsClientPeer peer = new FakeTlsClientPeer(
            ClientOptions.of(Transport.PADDED, HelloScript.SECRET, 2, seed), DOMAIN, System.currentTimeMillis() / 1000);
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port))
        {
            socket.setTcpNoDelay(true);
            socket.setSoTimeout((int)TimeUnit.SECONDS.toMillis(HANG_S));
            socket.getOutputStream().write(peer.hello());
            read(socket, peer, peer::isAccepted);
            socket.getOutputStream().write(peer.startWith(Payloads.rpcPing(RPC_PING_ID), false));
            read(socket, peer, () -> !peer.stream().takeEvents().isEmpty());
        }
        assertEquals("", peer.violation());
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startNs);
    }

    private static void read(Socket socket, FakeTlsClientPeer peer, BooleanSupplier isDone)
        throws IOException
    {
        InputStream in = socket.getInputStream();
        byte[] run = new byte[8192];
        do
        {
            int length = in.read(run);
            assertTrue(length > 0, () -> "closed on a client: " + peer.violation());
            peer.receive(Arrays.copyOf(run, length));
        }
        while (!isDone.getAsBoolean());
    }

    private static long residentBytes(ProxyProcess proxy) throws IOException
    {
        for (String line : Files.readAllLines(Path.of("/proc", Long.toString(proxy.pid()), "status")))
        {
            if (line.startsWith("VmRSS:"))
            {
                return Long.parseLong(line.replaceAll("\\D", "")) << 10;
            }
        }
        throw new IOException("no VmRSS");
    }

    private static long descriptorLimit() throws IOException
    {
        for (String line : Files.readAllLines(Path.of("/proc/self/limits")))
        {
            if (line.startsWith("Max open files"))
            {
                return Long.parseLong(line.split(" +", -1)[3]);
            }
        }
        throw new IOException("no limit of open files");
    }
}
