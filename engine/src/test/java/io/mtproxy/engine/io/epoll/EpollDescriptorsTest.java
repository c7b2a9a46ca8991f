// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.io.epoll;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mtproxy.engine.io.Interest;
import io.mtproxy.engine.io.PollKey;
import io.mtproxy.engine.io.SocketPoller;
import io.mtproxy.engine.io.TcpListener;
import io.mtproxy.engine.io.TcpNetwork.ListenOptions;
import io.mtproxy.engine.io.TcpSocket;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a number of the system must not do: stay open, be inherited, block, or be taken for the one that had it before. */
@Timeout(60)
class EpollDescriptorsTest
{
    private static final long PATIENCE_NS = 10_000_000_000L;
    private static final int O_NONBLOCK = 04000;
    private static final int O_CLOEXEC = 02000000;
    /** More than the poller takes from the system at once, and than its tables have at first. */
    private static final int MANY = 700;
    /** No address of this host. */
    private static final byte[] ELSEWHERE = {(byte)192, 0, 2, 1};

    private final EpollNetwork network = new EpollNetwork(false);
    private final List<AutoCloseable> opened = new ArrayList<>();
    private SocketPoller poller;
    private TcpListener listener;

    @BeforeEach
    void open() throws IOException
    {
        poller = network.openPoller();
        listener = network.listen(options(0), 1)[0];
    }

    @AfterEach
    void close() throws Exception
    {
        for (AutoCloseable closeable : opened)
        {
            closeable.close();
        }
        listener.close();
        poller.close();
    }

    /** An event that waits in the same poll belongs to the socket that is gone, though another one has its number now. */
    @Test
    void shouldNotReportEventOfOneSocketToAnotherWithItsNumber() throws IOException
    {
        Pair[] pairs = {connectedPair(), connectedPair()};
        List<String> reported = new ArrayList<>();
        for (int i = 0; i < 2; i++)
        {
            TcpSocket other = pairs[1 - i].server;
            poller.register(pairs[i].server, Interest.READ, ready ->
            {
                if (reported.isEmpty())
                {
                    reported.add("old");
                    other.close();
                    // gets the number, and the place in the poller's table, that have just become free
                    register(connect(), reported);
                }
            });
        }
        for (Pair pair : pairs)
        {
            send(pair.client);
            awaitReadable(pair.server);
        }
        assertEquals(1, poller.poll(PATIENCE_NS));
        poller.poll(SocketPoller.NO_WAIT);
        assertEquals(List.of("old"), reported);
    }

    @Test
    void shouldReportMoreThanTheSystemTellsAtOnce() throws IOException
    {
        Pair[] pairs = new Pair[MANY];
        PollKey[] keys = new PollKey[MANY];
        int[] counts = new int[MANY];
        for (int i = 0; i < MANY; i++)
        {
            int at = i;
            pairs[i] = connectedPair();
            keys[i] = poller.register(pairs[i].server, Interest.NONE, ready -> counts[at]++);
            send(pairs[i].client);
        }
        assertEquals(0, poller.poll(SocketPoller.NO_WAIT));
        for (PollKey key : keys)
        {
            key.interest(Interest.READ);
        }
        long start = System.nanoTime();
        while (Arrays.stream(counts).anyMatch(count -> count == 0))
        {
            assertTrue(System.nanoTime() - start < PATIENCE_NS, "one is never reported");
            poller.poll(SocketPoller.NO_WAIT);
        }
    }

    /** A connection that failed is told again and again by the system, whatever was asked for. */
    @Test
    void shouldWaitWhileNobodyWantsToHearOfReset() throws IOException
    {
        Pair pair = connectedPair();
        PollKey key = poller.register(pair.server, Interest.READ, ready ->
        {
        });
        poller.poll(SocketPoller.NO_WAIT);
        key.interest(Interest.NONE);
        pair.client.reset();
        long start = System.nanoTime();
        assertEquals(0, poller.poll(20_000_000));
        assertTrue(System.nanoTime() - start >= 20_000_000);
        assertTrue(pair.server.localAddress().getPort() > 0, "known of a connection that was reset");
        key.interest(Interest.READ);
        assertEquals(1, poller.poll(PATIENCE_NS));
        assertThrows(IOException.class, () -> pair.server.read(ByteBuffer.allocateDirect(1)));
    }

    @Test
    void shouldLeaveNothingOpen() throws IOException
    {
        InetAddress elsewhere = InetAddress.getByAddress(ELSEWHERE);
        long before = 0;
        for (int i = 0; i < 5; i++)
        {
            // the first round may load what the JVM keeps open
            before = i == 1 ? descriptors().filter(EpollDescriptorsTest::isOfNetwork).count() : before;
            Pair pair = connectedPair();
            poller.register(pair.client, Interest.READ, ready ->
            {
            });
            pair.client.close();
            pair.server.reset();
            network.openPoller().close();
            Stream.of(network.listen(options(0), 3)).forEach(TcpListener::close);
            assertThrows(IOException.class, () -> network.listen(options(listener.port()), 2));
            assertThrows(IOException.class, () -> network
                .connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), listener.port()), elsewhere));
        }
        assertEquals(before, descriptors().filter(EpollDescriptorsTest::isOfNetwork).count());
    }

    /** Nor may a program that is started inherit them. */
    @Test
    void shouldNeverBlock() throws IOException
    {
        Pair pair = connectedPair();
        int[] numbers = {((EpollSocket)pair.client).descriptor(), ((EpollSocket)pair.server).descriptor(),
            ((EpollListener)listener).descriptor()};
        for (int number : numbers)
        {
            assertEquals(O_NONBLOCK | O_CLOEXEC, flags(number) & (O_NONBLOCK | O_CLOEXEC), "of " + number);
        }
        for (Path descriptor : descriptors().filter(EpollDescriptorsTest::isOfPoller).toList())
        {
            assertTrue((flags(Integer.parseInt(descriptor.getFileName().toString())) & O_CLOEXEC) != 0);
        }
    }

    /** No wake-up is lost: each waker waits until the poller has come back after its own. */
    @Test
    void shouldComeBackAfterEachWakeUp() throws InterruptedException
    {
        AtomicLong asked = new AtomicLong();
        AtomicLong seen = new AtomicLong();
        Thread[] wakers = new Thread[2];
        for (int i = 0; i < wakers.length; i++)
        {
            wakers[i] = new Thread(() ->
            {
                for (int round = 0; round < 5_000; round++)
                {
                    long own = asked.incrementAndGet();
                    poller.wakeup();
                    while (seen.get() < own)
                    {
                        Thread.yield();
                    }
                }
            });
            wakers[i].start();
        }
        while (seen.get() < 10_000)
        {
            long start = System.nanoTime();
            poller.poll(PATIENCE_NS);
            assertTrue(System.nanoTime() - start < PATIENCE_NS, "a wait went to its end");
            seen.set(asked.get());
        }
        for (Thread waker : wakers)
        {
            waker.join();
        }
    }

    private void register(TcpSocket socket, List<String> reported)
    {
        try
        {
            poller.register(socket, Interest.READ, ready -> reported.add("new"));
        }
        catch (IOException e)
        {
            throw new AssertionError(e);
        }
    }

    private TcpSocket connect()
    {
        try
        {
            TcpSocket socket =
                network.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), listener.port()), null);
            opened.add(socket);
            return socket;
        }
        catch (IOException e)
        {
            throw new AssertionError(e);
        }
    }

    private Pair connectedPair() throws IOException
    {
        TcpSocket client = connect();
        long start = System.nanoTime();
        TcpSocket server = listener.accept();
        while (server == null || !client.finishConnect())
        {
            assertTrue(System.nanoTime() - start < PATIENCE_NS);
            Thread.onSpinWait();
            server = server == null ? listener.accept() : server;
        }
        opened.add(server);
        return new Pair(client, server);
    }

    private static void send(TcpSocket socket) throws IOException
    {
        assertEquals(1, socket.write(new ByteBuffer[]{ByteBuffer.allocateDirect(1)}, 0, 1));
    }

    /** By a poller of its own, so that the one under test finds all events in one wait. */
    private void awaitReadable(TcpSocket socket) throws IOException
    {
        Path table = Path.of("/proc/net/tcp");
        String own = String.format(":%04X ", socket.localAddress().getPort());
        String peer = String.format(":%04X ", socket.remoteAddress().getPort());
        long start = System.nanoTime();
        while (Files.readAllLines(table).stream()
            .noneMatch(line -> line.contains(own + "0100007F" + peer) && line.contains(":00000001 ")))
        {
            assertTrue(System.nanoTime() - start < PATIENCE_NS);
        }
    }

    private static Stream<Path> descriptors() throws IOException
    {
        try (Stream<Path> files = Files.list(Path.of("/proc/self/fd")))
        {
            return files.toList().stream();
        }
    }

    private static boolean isOfNetwork(Path descriptor)
    {
        return isOfPoller(descriptor) || meaning(descriptor).startsWith("socket:");
    }

    private static boolean isOfPoller(Path descriptor)
    {
        return meaning(descriptor).contains("eventpoll") || meaning(descriptor).contains("eventfd");
    }

    private static String meaning(Path descriptor)
    {
        try
        {
            return Files.readSymbolicLink(descriptor).toString();
        }
        catch (IOException e)
        {
            return "";
        }
    }

    private static int flags(int descriptor) throws IOException
    {
        return Files.readAllLines(Path.of("/proc/self/fdinfo/" + descriptor)).stream()
            .filter(line -> line.startsWith("flags:"))
            .mapToInt(line -> Integer.parseInt(line.substring(6).strip(), 8)).findFirst().orElseThrow();
    }

    private static ListenOptions options(int port)
    {
        return new ListenOptions(port, false, null, 1024, 0, false);
    }

    private record Pair(TcpSocket client, TcpSocket server)
    {
    }
}
