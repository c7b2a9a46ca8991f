// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.io.epoll;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.abort;

import io.mtproxy.engine.LeastAllocation;
import io.mtproxy.engine.io.Interest;
import io.mtproxy.engine.io.PollKey;
import io.mtproxy.engine.io.SocketPoller;
import io.mtproxy.engine.io.TcpListener;
import io.mtproxy.engine.io.TcpNetwork.ListenOptions;
import io.mtproxy.engine.io.TcpSocket;
import io.mtproxy.engine.io.linux.LinuxSocketCalls;
import io.mtproxy.engine.io.linux.LinuxSockets;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Over loopback, with ports that the system chooses. */
class EpollNetworkTest
{
    private static final long WAIT_NS = 50_000_000;
    private static final long PATIENCE_NS = 10_000_000_000L;
    private static final InetAddress LOOPBACK4 = address(127, 0, 0, 1);
    private static final InetAddress LOOPBACK6 = address(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1);

    private final EpollNetwork network = new EpollNetwork(false);
    private final List<AutoCloseable> opened = new ArrayList<>();
    private SocketPoller poller;

    @BeforeEach
    void openPoller() throws IOException
    {
        poller = network.openPoller();
    }

    @AfterEach
    void closeAll() throws Exception
    {
        for (AutoCloseable closeable : opened)
        {
            closeable.close();
        }
        poller.close();
    }

    @Test
    void shouldCarryBytesBothWays() throws IOException
    {
        Pair pair = connectedPair();
        assertEquals(5, pair.client.write(buffers("hello"), 0, 1));
        assertEquals("hello", read(pair.server, 5));
        assertEquals(9, pair.server.write(buffers("one", "", "two", "six"), 0, 4));
        assertEquals("onetwosix", read(pair.client, 9));
        assertEquals(0, pair.client.read(ByteBuffer.allocateDirect(10)), "nothing more");

        assertEquals(pair.client.localAddress(), pair.server.remoteAddress());
        assertEquals(pair.server.localAddress(), pair.client.remoteAddress());
    }

    @Test
    void shouldReportConnectThenNothing() throws IOException
    {
        TcpListener listener = listen(options(false, false, 0), 1)[0];
        TcpSocket client = open(network.connect(new InetSocketAddress(LOOPBACK4, listener.port()), null));
        AtomicInteger seen = new AtomicInteger();
        PollKey key = poller.register(client, Interest.CONNECT, seen::set);
        pollUntil(() -> seen.get() != 0);
        assertEquals(Interest.CONNECT, seen.get());
        assertTrue(client.finishConnect());
        key.interest(Interest.NONE);
        seen.set(0);
        assertEquals(0, poller.poll(SocketPoller.NO_WAIT));
        assertEquals(0, seen.get());
    }

    @Test
    void shouldReportConnectEvenWhenConnectedBefore() throws IOException
    {
        TcpSocket client = connectedPair().client;
        AtomicInteger seen = new AtomicInteger();
        PollKey key = poller.register(client, Interest.CONNECT, seen::set);
        pollUntil(() -> seen.get() != 0);
        assertEquals(Interest.CONNECT, seen.get());
        assertTrue(client.finishConnect());
        key.interest(Interest.WRITE);
        poller.poll(WAIT_NS);
        assertEquals(Interest.WRITE, seen.get());
    }

    @Test
    void shouldReportRefusedConnection() throws IOException
    {
        TcpListener listener = listen(options(false, false, 0), 1)[0];
        listener.close();
        TcpSocket client;
        try
        {
            client = open(network.connect(new InetSocketAddress(LOOPBACK4, listener.port()), null));
        }
        catch (IOException refusedAtOnce)
        {
            return;
        }
        AtomicInteger seen = new AtomicInteger();
        poller.register(client, Interest.CONNECT, seen::set);
        pollUntil(() -> seen.get() != 0);
        IOException e = assertThrows(IOException.class, client::finishConnect);
        assertEquals("Connection refused", e.getMessage());
        assertThrows(IllegalStateException.class, client::localAddress);
    }

    @Test
    void shouldFailWhereNameIsNotResolved()
    {
        assertThrows(IOException.class,
            () -> network.connect(InetSocketAddress.createUnresolved("nowhere.invalid", 1), null));
    }

    @Test
    void shouldTakePartOfWhatDoesNotFitAndReportRoomAgain() throws IOException
    {
        Pair pair = connectedPair();
        ByteBuffer[] large = {ByteBuffer.allocateDirect(8 << 20), ByteBuffer.allocateDirect(32 << 20)};
        long sent = 0;
        for (long written; (written = pair.server.write(large, 0, 2)) > 0;)
        {
            sent += written;
        }
        assertTrue(sent < 40 << 20, "more than any buffer takes");
        assertEquals(sent, large[0].position() + large[1].position());
        assertEquals(0, pair.server.write(large, 0, 2));

        AtomicInteger seen = new AtomicInteger();
        poller.register(pair.server, Interest.WRITE, seen::set);
        assertEquals(0, poller.poll(SocketPoller.NO_WAIT));
        ByteBuffer into = ByteBuffer.allocateDirect(1 << 20);
        long received = 0;
        while (received < sent)
        {
            into.clear();
            received += Math.max(0, pair.client.read(into));
        }
        pollUntil(() -> seen.get() == Interest.WRITE);
    }

    @Test
    void shouldReportEndOfStream() throws IOException
    {
        Pair pair = connectedPair();
        AtomicInteger seen = new AtomicInteger();
        poller.register(pair.server, Interest.READ, seen::set);
        pair.client.close();
        pair.client.close();
        pollUntil(() -> seen.get() == Interest.READ);
        assertEquals(TcpSocket.END_OF_STREAM, pair.server.read(ByteBuffer.allocateDirect(10)));
        assertNotNull(pair.client.remoteAddress(), "known after the end too");
    }

    /** [P-TLS-60] An end passed on leaves the other way open. */
    @Test
    void shouldEndOneWayOnly() throws IOException
    {
        Pair pair = connectedPair();
        poller.register(pair.client, Interest.READ, ready ->
        {
        });
        assertEquals(3, pair.client.write(buffers("bye"), 0, 1));
        pair.client.shutdownOutput();
        assertEquals("bye", read(pair.server, 3));
        pollRead(pair.server, TcpSocket.END_OF_STREAM);
        assertEquals(5, pair.server.write(buffers("still"), 0, 1));
        assertEquals("still", read(pair.client, 5));
    }

    /** [P-TLS-60] A reset is one for the peer too, also of a socket that a poller watches. */
    @Test
    void shouldResetPeer() throws IOException
    {
        Pair pair = connectedPair();
        poller.register(pair.client, Interest.READ, ready ->
        {
        });
        pair.client.reset();
        pair.client.reset();
        IOException e = assertThrows(IOException.class, () -> pollRead(pair.server, TcpSocket.END_OF_STREAM));
        assertEquals("Connection reset by peer", e.getMessage());
    }

    private void pollRead(TcpSocket socket, int wanted) throws IOException
    {
        int[] got = {0};
        IOException[] failed = {null};
        pollUntil(() ->
        {
            try
            {
                got[0] = socket.read(ByteBuffer.allocateDirect(10));
            }
            catch (IOException e)
            {
                failed[0] = e;
            }
            return got[0] != 0 || failed[0] != null;
        });
        if (failed[0] != null)
        {
            throw failed[0];
        }
        assertEquals(wanted, got[0]);
    }

    @Test
    void shouldReportReset() throws IOException
    {
        TcpListener listener = listen(options(false, false, 0), 1)[0];
        TcpSocket server;
        try (Socket client = new Socket(LOOPBACK4, listener.port()))
        {
            server = accept(listener);
            client.setOption(StandardSocketOptions.SO_LINGER, 0);
        }
        AtomicInteger seen = new AtomicInteger();
        poller.register(server, Interest.READ, seen::set);
        pollUntil(() -> seen.get() == Interest.READ);
        assertThrows(IOException.class, () -> server.read(ByteBuffer.allocateDirect(10)));
        assertThrows(IOException.class, () -> server.write(buffers("x"), 0, 1));
    }

    @Test
    void shouldReportWhatIsNotReadAgainAndFollowInterest() throws IOException
    {
        Pair pair = connectedPair();
        AtomicInteger calls = new AtomicInteger();
        PollKey key = poller.register(pair.server, Interest.READ, ops -> calls.incrementAndGet());
        pair.client.write(buffers("x"), 0, 1);
        pollUntil(() -> calls.get() == 1);
        assertEquals(1, poller.poll(WAIT_NS));
        assertEquals(2, calls.get(), "level-triggered");

        key.interest(Interest.NONE);
        assertEquals(0, poller.poll(SocketPoller.NO_WAIT));
        key.interest(Interest.READ | Interest.WRITE);
        assertEquals(1, poller.poll(WAIT_NS));
        assertEquals(3, calls.get(), "one call for both");
        pair.server.close();
        key.interest(Interest.READ);
        assertEquals(0, poller.poll(SocketPoller.NO_WAIT));
    }

    @Test
    void shouldNotReportSocketThatHandlerOfSamePollClosed() throws IOException
    {
        Pair first = connectedPair();
        Pair second = connectedPair();
        List<String> reported = new ArrayList<>();
        poller.register(first.server, Interest.READ, ops ->
        {
            reported.add("first");
            second.server.close();
        });
        poller.register(second.server, Interest.READ, ops ->
        {
            reported.add("second");
            first.server.close();
        });
        first.client.write(buffers("x"), 0, 1);
        second.client.write(buffers("x"), 0, 1);
        pollUntil(() -> !reported.isEmpty());
        poller.poll(SocketPoller.NO_WAIT);
        assertEquals(1, new HashSet<>(reported).size(), reported::toString);
    }

    @Test
    void shouldNotReportInterestThatHandlerOfSamePollDropped() throws IOException
    {
        Pair first = connectedPair();
        Pair second = connectedPair();
        List<String> reported = new ArrayList<>();
        PollKey[] keys = new PollKey[2];
        keys[0] = poller.register(first.server, Interest.READ, ops ->
        {
            reported.add("first");
            keys[1].interest(Interest.NONE);
        });
        keys[1] = poller.register(second.server, Interest.READ, ops ->
        {
            reported.add("second");
            keys[0].interest(Interest.NONE);
        });
        first.client.write(buffers("x"), 0, 1);
        second.client.write(buffers("x"), 0, 1);
        pollUntil(() -> !reported.isEmpty());
        poller.poll(SocketPoller.NO_WAIT);
        assertEquals(1, new HashSet<>(reported).size(), reported::toString);
    }

    @Test
    void shouldSurviveHandlerThatClosesPoller() throws IOException
    {
        Pair pair = connectedPair();
        poller.register(pair.server, Interest.WRITE, ops -> poller.close());
        poller.poll(WAIT_NS);
        assertEquals(0, poller.poll(WAIT_NS));
        poller.wakeup();
    }

    @Test
    void shouldWakeUpFromAnotherThread() throws InterruptedException
    {
        Thread waker = new Thread(poller::wakeup);
        long start = System.nanoTime();
        waker.start();
        assertEquals(0, poller.poll(PATIENCE_NS));
        assertTrue(System.nanoTime() - start < PATIENCE_NS / 2);
        waker.join();

        poller.wakeup();
        start = System.nanoTime();
        poller.poll(PATIENCE_NS);
        assertTrue(System.nanoTime() - start < PATIENCE_NS / 2, "a wake-up before the wait counts too");
    }

    @Test
    void shouldWaitAtLeastAsLongAsAsked()
    {
        for (long timeoutNs : new long[]{1, 300_000, 1_000_000, 1_000_001})
        {
            poller.poll(SocketPoller.NO_WAIT);
            long start = System.nanoTime();
            poller.poll(timeoutNs);
            assertTrue(System.nanoTime() - start >= timeoutNs);
        }
        assertEquals(0, poller.poll(SocketPoller.NO_WAIT));
        assertEquals(0, poller.poll(-5));
    }

    @Test
    void shouldReportWaitingConnectionsAndAcceptThemAll() throws IOException
    {
        TcpListener listener = listen(options(false, false, 0), 1)[0];
        AtomicInteger seen = new AtomicInteger();
        poller.register(listener, seen::set);
        assertNull(listener.accept());
        for (int i = 0; i < 3; i++)
        {
            open(network.connect(new InetSocketAddress(LOOPBACK4, listener.port()), null));
        }
        pollUntil(() -> seen.get() == Interest.ACCEPT);
        for (int i = 0; i < 3; i++)
        {
            assertNotNull(accept(listener));
        }
        assertNull(listener.accept());
        listener.close();
        listener.close();
        assertThrows(IOException.class, listener::accept);
    }

    @Test
    @DisplayName("[P-NET-03] [P-NET-04] listening and accepted sockets in plain mode")
    void shouldSetOptionsInPlainMode() throws IOException
    {
        TcpListener listener = listen(options(false, false, 131072), 1)[0];
        int listening = ((EpollListener)listener).descriptor();
        assertEquals(1, tcpOption(listening, LinuxSockets.TCP_NODELAY));
        assertEquals(1, LinuxSockets.option(listening, LinuxSockets.SOL_SOCKET, LinuxSockets.SO_KEEPALIVE));
        assertEquals(1, LinuxSockets.option(listening, LinuxSockets.SOL_SOCKET, 2), "SO_REUSEADDR");
        assertEquals(0, tcpOption(listening, LinuxSockets.TCP_QUICKACK));
        assertEquals(131072, tcpOption(listening, LinuxSockets.TCP_WINDOW_CLAMP));

        open(network.connect(new InetSocketAddress(LOOPBACK4, listener.port()), null));
        int accepted = ((EpollSocket)accept(listener)).descriptor();
        assertEquals(1, tcpOption(accepted, LinuxSockets.TCP_NODELAY));
        assertEquals(1, LinuxSockets.option(accepted, LinuxSockets.SOL_SOCKET, LinuxSockets.SO_KEEPALIVE));
        assertRaised(accepted);
    }

    /** A small clamp shows it best: Linux takes a larger one down to what the first receive buffer holds. */
    @Test
    @DisplayName("[P-NET-03] [P-NET-04] accepted sockets inherit the window clamp")
    void shouldHandWindowClampOn() throws IOException
    {
        TcpListener listener = listen(options(false, false, 30_000), 1)[0];
        open(network.connect(new InetSocketAddress(LOOPBACK4, listener.port()), null));
        assertEquals(30_000, tcpOption(((EpollSocket)accept(listener)).descriptor(), LinuxSockets.TCP_WINDOW_CLAMP));
    }

    @Test
    @DisplayName("[P-NET-03] [P-NET-04] listening and accepted sockets in TLS-only mode")
    void shouldSetOptionsInTlsOnlyMode() throws IOException
    {
        TcpListener listener = listen(options(false, true, 0), 1)[0];
        int listening = ((EpollListener)listener).descriptor();
        assertEquals(1, tcpOption(listening, LinuxSockets.TCP_NODELAY));
        assertEquals(1, tcpOption(listening, LinuxSockets.TCP_QUICKACK));
        assertEquals(0, tcpOption(listening, LinuxSockets.TCP_WINDOW_CLAMP));

        open(network.connect(new InetSocketAddress(LOOPBACK4, listener.port()), null));
        int accepted = ((EpollSocket)accept(listener)).descriptor();
        assertEquals(1, tcpOption(accepted, LinuxSockets.TCP_NODELAY));
        int plain = LinuxSocketCalls.socket(LinuxSocketCalls.AF_INET);
        assertTrue(LinuxSockets.option(accepted, LinuxSockets.SOL_SOCKET, LinuxSockets.SO_RCVBUF) <= 2 *
            LinuxSockets.option(plain, LinuxSockets.SOL_SOCKET, LinuxSockets.SO_RCVBUF), "not raised");
        LinuxSocketCalls.close(plain);
    }

    @Test
    @DisplayName("[P-NET-03] [C-MID-04] outgoing IPv4: keep-alive 40/40/5, bound to the source address")
    void shouldSetOptionsOfOutgoingIpv4() throws IOException
    {
        TcpListener listener = listen(options(false, false, 0), 1)[0];
        InetAddress source = address(127, 0, 0, 2);
        TcpSocket client = open(network.connect(new InetSocketAddress(LOOPBACK4, listener.port()), source));
        int channel = ((EpollSocket)client).descriptor();
        assertEquals(1, LinuxSockets.option(channel, LinuxSockets.SOL_SOCKET, LinuxSockets.SO_REUSEADDR));
        assertEquals(1, LinuxSockets.option(channel, LinuxSockets.SOL_SOCKET, LinuxSockets.SO_KEEPALIVE));
        assertEquals(1, LinuxSockets.option(channel, LinuxSockets.IPPROTO_TCP, LinuxSockets.TCP_NODELAY));
        assertEquals(40, tcpOption(channel, LinuxSockets.TCP_KEEPIDLE));
        assertEquals(40, tcpOption(channel, LinuxSockets.TCP_KEEPINTVL));
        assertEquals(5, tcpOption(channel, LinuxSockets.TCP_KEEPCNT));
        assertRaised(channel);
        assertEquals(source, accept(listener).remoteAddress().getAddress());
    }

    @Test
    @DisplayName("[P-NET-02] [P-NET-03] outgoing IPv6: default keep-alive timers, both families, not bound")
    void shouldSetOptionsOfOutgoingIpv6() throws IOException
    {
        assumeIpv6();
        TcpListener listener = listen(options(true, false, 0), 1)[0];
        TcpSocket client =
            open(new EpollNetwork(true).connect(new InetSocketAddress(LOOPBACK6, listener.port()), LOOPBACK4));
        int channel = ((EpollSocket)client).descriptor();
        assertEquals(1, LinuxSockets.option(channel, LinuxSockets.SOL_SOCKET, LinuxSockets.SO_REUSEADDR));
        assertEquals(1, LinuxSockets.option(channel, LinuxSockets.SOL_SOCKET, LinuxSockets.SO_KEEPALIVE));
        assertEquals(1, LinuxSockets.option(channel, LinuxSockets.IPPROTO_TCP, LinuxSockets.TCP_NODELAY));
        assertEquals(7200, tcpOption(channel, LinuxSockets.TCP_KEEPIDLE));
        assertEquals(0, LinuxSockets.option(channel, LinuxSockets.IPPROTO_IPV6, LinuxSockets.IPV6_V6ONLY));
        assertEquals(LOOPBACK6, accept(listener).remoteAddress().getAddress());
    }

    @Test
    @DisplayName("[P-NET-01] without -6 only IPv4 is listened on")
    void shouldListenOnIpv4Only() throws IOException
    {
        assumeIpv6();
        TcpListener listener = listen(options(false, false, 0), 1)[0];
        assertThrows(IOException.class, () -> new Socket(LOOPBACK6, listener.port()).close());
        try (Socket client = new Socket(LOOPBACK4, listener.port()))
        {
            assertInstanceOf(Inet4Address.class, accept(listener).localAddress().getAddress());
            assertTrue(client.isConnected());
        }
    }

    @Test
    @DisplayName("[P-NET-01] without -6 the address of --address is listened on, no other")
    void shouldListenOnNamedAddress() throws IOException
    {
        InetAddress named = address(127, 0, 0, 3);
        TcpListener listener = listen(new ListenOptions(0, false, named, 128, 0, false), 1)[0];
        assertThrows(IOException.class, () -> new Socket(LOOPBACK4, listener.port()).close());
        open(network.connect(new InetSocketAddress(named, listener.port()), null));
        assertEquals(named, accept(listener).localAddress().getAddress());
    }

    @Test
    @DisplayName("[P-NET-01] with -6 one socket serves both families, and a v4-mapped peer is IPv4")
    void shouldServeBothFamilies() throws IOException
    {
        assumeIpv6();
        TcpListener listener = listen(new ListenOptions(0, true, address(127, 0, 0, 3), 128, 131072, false), 1)[0];
        int listening = ((EpollListener)listener).descriptor();
        assertEquals(0, LinuxSockets.option(listening, LinuxSockets.IPPROTO_IPV6, LinuxSockets.IPV6_V6ONLY));
        assertEquals(131072, tcpOption(listening, LinuxSockets.TCP_WINDOW_CLAMP));

        open(network.connect(new InetSocketAddress(LOOPBACK4, listener.port()), null));
        TcpSocket fromIpv4 = accept(listener);
        assertEquals(LOOPBACK4, fromIpv4.remoteAddress().getAddress());
        assertEquals(LOOPBACK4, fromIpv4.localAddress().getAddress());

        open(network.connect(new InetSocketAddress(LOOPBACK6, listener.port()), null));
        TcpSocket fromIpv6 = accept(listener);
        assertInstanceOf(Inet6Address.class, fromIpv6.remoteAddress().getAddress());
        assertInstanceOf(Inet6Address.class, fromIpv6.localAddress().getAddress());
    }

    @Test
    @DisplayName("[C-EXIT-07] a port that is taken, the system's reason being the message")
    void shouldRefusePortThatIsTaken() throws IOException
    {
        TcpListener listener = listen(options(false, false, 0), 1)[0];
        for (int count = 1; count <= 2; count++)
        {
            int sockets = count;
            IOException e = assertThrows(IOException.class, () -> network.listen(
                new ListenOptions(listener.port(), false, null, 128, 0, false), sockets));
            assertEquals("Address already in use", e.getMessage());
        }
        IOException e = assertThrows(IOException.class,
            () -> network.listen(new ListenOptions(0, false, address(192, 0, 2, 1), 128, 0, false), 1));
        assertEquals("Cannot assign requested address", e.getMessage());
    }

    @Test
    @DisplayName("[C-EXIT-07] a port that a group of ours has is taken for everybody else")
    void shouldRefusePortThatGroupHas() throws IOException
    {
        TcpListener[] group = listen(options(false, false, 0), 3);
        IOException e = assertThrows(IOException.class,
            () -> network.listen(new ListenOptions(group[0].port(), false, null, 128, 0, false), 3));
        assertEquals("Address already in use", e.getMessage());
    }

    @Test
    void shouldSpreadConnectionsOverGroup() throws IOException
    {
        TcpListener[] group = listen(options(false, false, 131072), 3);
        int[] accepted = new int[group.length];
        for (int i = 0; i < 300; i++)
        {
            try (Socket client = new Socket(LOOPBACK4, group[0].port()))
            {
                assertTrue(client.isConnected());
                for (int j = 0; j < group.length; j++)
                {
                    TcpSocket socket = group[j].accept();
                    if (socket != null)
                    {
                        socket.close();
                        accepted[j]++;
                    }
                }
            }
        }
        assertEquals(300, Arrays.stream(accepted).sum());
        assertTrue(Arrays.stream(accepted).allMatch(count -> count > 30), () -> Arrays.toString(accepted));
        for (TcpListener listener : group)
        {
            assertEquals(group[0].port(), listener.port());
            assertEquals(131072, tcpOption(((EpollListener)listener).descriptor(), LinuxSockets.TCP_WINDOW_CLAMP));
        }
    }

    /** Nor in a poll. */
    @Test
    void shouldNotAllocate() throws IOException
    {
        Pair pair = connectedPair();
        ByteBuffer into = ByteBuffer.allocateDirect(4096);
        poller.register(pair.server, Interest.READ, ops -> readInto(pair.server, into));
        PollKey clientKey = poller.register(pair.client, Interest.READ, ops -> readInto(pair.client, into));
        ByteBuffer[] from = {ByteBuffer.allocateDirect(100), ByteBuffer.allocateDirect(100)};
        assertEquals(0, LeastAllocation.bytesOf(() -> exchange(pair, from, clientKey, 2000)));
    }

    private void exchange(Pair pair, ByteBuffer[] from, PollKey key, int rounds)
    {
        for (int i = 0; i < rounds; i++)
        {
            from[0].clear();
            from[1].clear();
            write(pair.client, from, 2);
            poller.poll(WAIT_NS);
            from[0].clear();
            write(pair.server, from, 1);
            key.interest(Interest.READ | Interest.WRITE);
            poller.poll(SocketPoller.NO_WAIT);
            key.interest(Interest.READ);
        }
    }

    private static void write(TcpSocket socket, ByteBuffer[] from, int count)
    {
        try
        {
            socket.write(from, 0, count);
        }
        catch (IOException e)
        {
            throw new AssertionError(e);
        }
    }

    private static void readInto(TcpSocket socket, ByteBuffer into)
    {
        try
        {
            into.clear();
            socket.read(into);
        }
        catch (IOException e)
        {
            throw new AssertionError(e);
        }
    }

    private Pair connectedPair() throws IOException
    {
        TcpListener listener = listen(options(false, false, 0), 1)[0];
        TcpSocket client = open(network.connect(new InetSocketAddress(LOOPBACK4, listener.port()), null));
        TcpSocket server = accept(listener);
        long start = System.nanoTime();
        while (!client.finishConnect())
        {
            assertTrue(System.nanoTime() - start < PATIENCE_NS);
            Thread.onSpinWait();
        }
        return new Pair(client, server);
    }

    private TcpSocket accept(TcpListener listener) throws IOException
    {
        long start = System.nanoTime();
        for (TcpSocket socket; System.nanoTime() - start < PATIENCE_NS;)
        {
            socket = listener.accept();
            if (socket != null)
            {
                return open(socket);
            }
            Thread.onSpinWait();
        }
        throw new AssertionError("nobody came");
    }

    private void pollUntil(BooleanSupplier condition)
    {
        long start = System.nanoTime();
        while (!condition.getAsBoolean())
        {
            assertTrue(System.nanoTime() - start < PATIENCE_NS, "nothing happened");
            poller.poll(WAIT_NS);
        }
    }

    private static String read(TcpSocket socket, int length) throws IOException
    {
        ByteBuffer into = ByteBuffer.allocateDirect(length);
        long start = System.nanoTime();
        while (into.hasRemaining())
        {
            assertTrue(socket.read(into) >= 0 && System.nanoTime() - start < PATIENCE_NS);
        }
        byte[] bytes = new byte[length];
        into.flip().get(bytes);
        return new String(bytes, StandardCharsets.US_ASCII);
    }

    private static void assertRaised(int descriptor)
    {
        int wanted = LinuxSocketCalls.socket(LinuxSocketCalls.AF_INET);
        for (int name : new int[]{LinuxSockets.SO_SNDBUF, LinuxSockets.SO_RCVBUF})
        {
            LinuxSockets.setOption(wanted, LinuxSockets.SOL_SOCKET, name, 16 << 20);
            assertEquals(LinuxSockets.option(wanted, LinuxSockets.SOL_SOCKET, name),
                LinuxSockets.option(descriptor, LinuxSockets.SOL_SOCKET, name));
        }
        LinuxSocketCalls.close(wanted);
    }

    private static int tcpOption(int descriptor, int name)
    {
        return LinuxSockets.option(descriptor, LinuxSockets.IPPROTO_TCP, name);
    }

    private static ByteBuffer[] buffers(String... texts)
    {
        ByteBuffer[] buffers = new ByteBuffer[texts.length];
        for (int i = 0; i < texts.length; i++)
        {
            byte[] bytes = texts[i].getBytes(StandardCharsets.US_ASCII);
            buffers[i] = ByteBuffer.allocateDirect(bytes.length).put(bytes).flip();
        }
        return buffers;
    }

    private static ListenOptions options(boolean ipv6, boolean tlsOnly, int windowClamp)
    {
        return new ListenOptions(0, ipv6, null, 128, windowClamp, tlsOnly);
    }

    private TcpListener[] listen(ListenOptions options, int count) throws IOException
    {
        TcpListener[] listeners = network.listen(options, count);
        opened.addAll(Arrays.asList(listeners));
        return listeners;
    }

    private TcpSocket open(TcpSocket socket)
    {
        opened.add(socket);
        return socket;
    }

    private static void assumeIpv6() throws IOException
    {
        try (ServerSocket socket = new ServerSocket(0, 1, LOOPBACK6))
        {
            assertTrue(socket.isBound());
        }
        catch (IOException e)
        {
            abort("this host has no IPv6");
        }
    }

    private static InetAddress address(int... bytes)
    {
        byte[] raw = new byte[bytes.length];
        for (int i = 0; i < raw.length; i++)
        {
            raw[i] = (byte)bytes[i];
        }
        try
        {
            return InetAddress.getByAddress(raw);
        }
        catch (IOException e)
        {
            throw new AssertionError(e);
        }
    }

    private record Pair(TcpSocket client, TcpSocket server)
    {
    }
}
