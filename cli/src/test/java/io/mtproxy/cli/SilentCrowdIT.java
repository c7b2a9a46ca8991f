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
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Thousands of connections that say nothing, too little or garbage, before and after they are handed over to the domain:
 * memory stays bounded, and clients of ours are served all the while. As many as the limit of descriptors lets one process
 * have on both sides, 10,000 at most; two workers have them all. [P-TLS-30] [C-CLT-21] [C-BUG-21] [C-LIM-10]
 */
@Tag("extended")
class SilentCrowdIT
{
    private static final String DOMAIN = "crowd.test";
    private static final int COUNT_MAX = 10_000;
    private static final int OWN_DESCRIPTORS = 700;
    private static final long HANG_S = 60;
    private static final long BYTES_PER_CONNECTION_MAX = 24 * 1024;
    private static final int RPC_PING_ID = 5;
    /** Good clients come so often, one after the other. */
    private static final long GAP_MS = 10;
    private static final int ALONE_COUNT = 500;

    @TempDir private Path folder;
    private final List<Long> tookUs = new ArrayList<>();

    @ParameterizedTest
    @ValueSource(ints = {0, 2})
    void shouldServeClientsBesideACrowdThatSaysNothing(int workers) throws Exception
    {
        // what the first one leaves at its port takes a while to go
        String address = "127.43.6." + (1 + workers);
        FrontHosts.assumePossible(folder, address);
        assumeTrue(ProxyUnderTest.ours().isPresent(), "skipped: there is no main class on the class path");
        int count = (int)Math.min(COUNT_MAX, Math.max(1, workers) * (descriptorLimit() - OWN_DESCRIPTORS) / 2);
        FrontHosts hosts = FrontHosts.write(folder, Map.of(DOMAIN, address));
        List<String> arguments = new ArrayList<>(List.of("-S", ParitySetup.SECRET, "-D", DOMAIN, "-c",
            Integer.toString(2 * COUNT_MAX + OWN_DESCRIPTORS)));
        arguments.addAll(workers == 0 ? List.of() : List.of("-M", Integer.toString(workers)));
        try (RecordOrigin origin = RecordOrigin.open(address, 443, RecordOrigin.Shape.ofRange(false, 2900, 2900), 3);
            ProxyProcess proxy = hosts.around(ProxyUnderTest.ours().orElseThrow()).start(folder,
                "default 2;\nproxy_for 2 127.0.0.1:9;\n",
                "a secret of some length that both sides have".getBytes(StandardCharsets.US_ASCII), arguments))
        {
            ping(proxy.port(), ALONE_COUNT);
            tookUs.clear();
            ping(proxy.port(), ALONE_COUNT);
            String alone = latencies();
            long before = residentBytes(proxy);
            long handedBefore = origin.connectionCount();
            try (SilentCrowd crowd = SilentCrowd.start(proxy.port(), count))
            {
                do
                {
                    ping(proxy.port(), 1);
                }
                while (!crowd.isStanding());
                String coming = latencies();
                long whileSilent = residentBytes(proxy);
                long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(HANG_S);
                while (origin.connectionCount() - handedBefore + crowd.closedCount() < count)
                {
                    String sofar = origin.connectionCount() - handedBefore + " handed over, " + crowd.closedCount() +
                        " closed";
                    assertTrue(System.nanoTime() - deadlineNs < 0, () -> sofar + " of " + count);
                    ping(proxy.port(), 10);
                }
                String waiting = latencies();
                long handedOver = residentBytes(proxy);
                ping(proxy.port(), ALONE_COUNT);
                String figures =
                    ("%d connections, %d of them closed; resident %d MB before, %d MB while silent, %d MB " +
                        "handed over%nwhole handshakes with a ping, ms: alone %s; while the crowd comes %s; " +
                        "until all are handed over %s; behind that %s%n").formatted(count, crowd.closedCount(),
                            before >> 20, whileSilent >> 20, handedOver >> 20, alone, coming, waiting, latencies());
                Files.writeString(ProjectFolders.cli().resolve(Path.of("target", "silent-crowd-" + workers + ".txt")),
                    figures);
                assertEquals(0, crowd.closedCount(), figures);
                assertTrue(whileSilent - before < count * BYTES_PER_CONNECTION_MAX, figures);
                assertTrue(handedOver - before < count * BYTES_PER_CONNECTION_MAX, figures);
            }
            ping(proxy.port(), 1);
            assertTrue(proxy.isAlive());
        }
    }

    private void ping(int port, int times) throws IOException, InterruptedException
    {
        for (int i = 0; i < times; i++)
        {
            tookUs.add(assertPong(port, (int)System.nanoTime()));
            Thread.sleep(GAP_MS);
        }
    }

    /** @return how long handshakes took since the last call. */
    private String latencies()
    {
        List<Long> sorted = tookUs.stream().sorted().toList();
        tookUs.clear();
        return "%.2f, p99 %.2f, max %.2f (%d)".formatted(sorted.get(sorted.size() / 2) / 1e3,
            sorted.get(sorted.size() * 99 / 100) / 1e3, sorted.getLast() / 1e3, sorted.size());
    }

    /** @return microseconds that a whole handshake and a ping took. [P-OBF-50] */
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
        return TimeUnit.NANOSECONDS.toMicros(System.nanoTime() - startNs);
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

    /** @return of all its processes. */
    private static long residentBytes(ProxyProcess proxy) throws IOException
    {
        long sum = 0;
        for (ProcessHandle each : Stream.concat(ProcessHandle.of(proxy.pid()).stream(),
            ProcessHandle.of(proxy.pid()).stream().flatMap(ProcessHandle::descendants)).toList())
        {
            sum += Files.readAllLines(Path.of("/proc", Long.toString(each.pid()), "status")).stream()
                .filter(line -> line.startsWith("VmRSS:")).mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                .sum();
        }
        return sum << 10;
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
