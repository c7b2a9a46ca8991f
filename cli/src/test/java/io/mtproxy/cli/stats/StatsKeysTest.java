// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.stats;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mtproxy.engine.io.PollKey;
import io.mtproxy.engine.io.ReadyHandler;
import io.mtproxy.engine.io.SocketPoller;
import io.mtproxy.engine.io.TcpListener;
import io.mtproxy.engine.io.TcpNetwork;
import io.mtproxy.engine.io.TcpSocket;
import io.mtproxy.engine.io.epoll.EpollNetwork;
import io.mtproxy.engine.status.ProxyCounter;
import io.mtproxy.soak.ClientOptions;
import io.mtproxy.soak.ClientPeer;
import io.mtproxy.soak.DatacenterServer;
import io.mtproxy.soak.DatacenterSettings;
import io.mtproxy.soak.Payloads;
import io.mtproxy.soak.Transport;
import java.io.IOException;
import java.lang.reflect.Method;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every row of {@code docs/spec/stats-keys.tsv}, moved by what it counts: a real engine between clients and middle proxies over
 * sockets, and the pages that it is seen by. Rows of the stats port and of the process itself are those of
 * {@link StatsOwnKeysTest}. [C-STAT-04] [C-STAT-10] [C-STAT-11]
 */
class StatsKeysTest
{
    private static final byte[] KEY = HexFormat.of().parseHex("a1b2c3d4".repeat(16));
    private static final long WAIT_S = 60;
    private static final List<Class<?>> PROOFS = List.of(StatsKeysTest.class, StatsOwnKeysTest.class);

    private final ProvedKeys keys = new ProvedKeys();
    private final List<AutoCloseable> opened = new ArrayList<>();

    @TempDir private Path folder;

    @AfterEach
    void end(TestInfo test) throws Exception
    {
        for (AutoCloseable resource : opened.reversed())
        {
            resource.close();
        }
        keys.verify(test);
    }

    /** No row without a test; a test that is named compares what it says, or it fails itself. */
    @Test
    void shouldHaveProofOfEveryRow() throws IOException
    {
        Set<String> rows = new TreeSet<>();
        for (Map<String, String> row : StatsFixture.specification())
        {
            rows.add(row.get("key"));
        }
        Set<String> proved = new TreeSet<>();
        for (Class<?> type : PROOFS)
        {
            for (Method method : type.getDeclaredMethods())
            {
                Proves claims = method.getAnnotation(Proves.class);
                if (claims != null)
                {
                    assertTrue(method.isAnnotationPresent(Test.class), method + " does not run");
                    proved.addAll(Arrays.asList(claims.value()));
                }
            }
        }
        assertEquals(rows, proved);
    }

    private <T extends AutoCloseable> T open(T resource)
    {
        opened.add(resource);
        return resource;
    }

    private DatacenterServer datacenter() throws IOException
    {
        return open(DatacenterServer.start(DatacenterSettings.of(KEY, DatacenterSettings.Mode.ECHO)));
    }

    private Path conf(String text) throws IOException
    {
        return Files.writeString(folder.resolve("proxy-multi.conf"), text);
    }

    private ReportedProxy.Settings settings(int datacenterPort) throws IOException
    {
        return new ReportedProxy.Settings(
            conf("min_connections 2;\nproxy_for 2 127.0.0.1:" + datacenterPort + ";\ndefault 2;\n"), KEY);
    }

    /** @return the report of a proxy whose links stand and that nobody uses. */
    private static Map<String, String> idle(ReportedProxy proxy, int links) throws Exception
    {
        String count = Integer.toString(links);
        return proxy.await("idle with " + links + " links", report -> report.get("ready_outbound_connections").equals(
            count) && report.get("outbound_connections").equals(count) && report.get("allocated_aes_crypto").equals(
                count) &&
            report.get("allocated_aes_crypto_temp").equals("0") && !report.get("ready_targets").equals("0") &&
            report.get("total_special_connections").equals("0") && report.get("active_targets").equals(report.get(
                "allocated_targets")) && report.get("ready_targets").equals(report.get("active_targets")));
    }

    /** Compares with the first report until all of it is so; gauges are shown once a second. */
    private void eventually(ReportedProxy proxy, Map<String, String> before, Consumer<ProvedKeys> check)
        throws Exception
    {
        long endNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(WAIT_S);
        while (true)
        {
            try
            {
                check.accept(keys.between(before, proxy.report()));
                return;
            }
            catch (AssertionError e)
            {
                if (System.nanoTime() - endNs >= 0)
                {
                    throw e;
                }
                Thread.sleep(20);
            }
        }
    }

    @Test
    @Proves({"active_connections", "inbound_connections", "active_inbound_connections", "inbound_connections_accepted",
        "active_special_connections", "total_special_connections", "total_connections", "allocated_connections",
        "allocated_inbound_connections", "allocated_socket_connections", "total_allocated_connections",
        "total_allocated_inbound_connections", "total_allocated_socket_connections", "max_connection",
        "conn_generation",
        "allocated_aes_crypto", "total_encrypted_connections", "tot_forwarded_queries", "tot_forwarded_responses",
        "tot_forwarded_simple_acks", "ext_connections", "ext_connections_created", "secret_<N>_active_connections",
        "secret_<N>_active_auth_keys", "tcp_readv_calls", "tcp_readv_bytes", "tcp_writev_calls", "tcp_writev_bytes",
        "epoll_calls", "tot_idle_time"})
    void shouldCountClientsAndTheirPackets() throws Exception
    {
        ReportedProxy proxy = open(settings(datacenter().port()).start());
        ProxyClients clients = open(new ProxyClients(List.of("0123456789abcdef0123456789abcdef",
            "00112233445566778899aabbccddeeff")));
        Map<String, String> before = idle(proxy, 2);

        clients.talk(proxy.compared(), Transport.ABRIDGED, 0, "127.0.0.1", 101, 2);
        clients.talk(proxy.compared(), Transport.INTERMEDIATE, 0, "127.0.0.2", 101, 1);
        ClientPeer acknowledged = clients.peer(Transport.PADDED, 1);
        Socket third = clients.open(proxy.compared(), "127.0.0.3");
        third.getOutputStream().write(acknowledged.start());
        third.getOutputStream().write(acknowledged.frame(Payloads.encrypted(102, 640, new SplittableRandom(1)), true));
        while (acknowledged.packets().isEmpty() || acknowledged.quickAcks().isEmpty())
        {
            byte[] bytes = new byte[4096];
            acknowledged.receive(Arrays.copyOf(bytes, third.getInputStream().read(bytes)));
        }
        // one has its ciphers and sends no packet, one says nothing at all
        clients.open(proxy.compared(), "127.0.0.4").getOutputStream().write(clients.peer(Transport.ABRIDGED, 0)
            .start());
        clients.open(proxy.compared(), "127.0.0.5");

        eventually(proxy, before, now -> now
            .moved(5, "active_connections", "inbound_connections", "active_inbound_connections",
                "inbound_connections_accepted", "active_special_connections", "total_special_connections",
                "total_connections", "allocated_connections", "allocated_inbound_connections",
                "allocated_socket_connections", "total_allocated_connections", "total_allocated_inbound_connections",
                "total_allocated_socket_connections", "max_connection", "conn_generation")
            .moved(4, "allocated_aes_crypto", "total_encrypted_connections", "tot_forwarded_queries",
                "tot_forwarded_responses")
            .moved(1, "tot_forwarded_simple_acks")
            .moved(3, "ext_connections", "ext_connections_created")
            .moved(2, "secret_1_active_connections")
            .moved(1, "secret_1_active_auth_keys", "secret_2_active_connections", "secret_2_active_auth_keys")
            .grew(4, "tcp_readv_calls", "tcp_writev_calls", "epoll_calls")
            // what clients sent comes in once and goes out once, and so does its echo
            .grew(2 * 640, "tcp_readv_bytes", "tcp_writev_bytes")
            .grew(0, "tot_idle_time"));

        Map<String, String> during = proxy.report();
        clients.close();
        eventually(proxy, during, now -> now
            .moved(-5, "active_connections", "inbound_connections", "active_inbound_connections",
                "active_special_connections", "total_special_connections", "total_connections", "allocated_connections",
                "allocated_inbound_connections", "allocated_socket_connections", "total_allocated_connections",
                "total_allocated_inbound_connections", "total_allocated_socket_connections", "max_connection")
            .moved(-4, "allocated_aes_crypto", "total_encrypted_connections")
            .moved(-3, "ext_connections")
            .moved(-2, "secret_1_active_connections")
            .moved(-1, "secret_1_active_auth_keys", "secret_2_active_connections", "secret_2_active_auth_keys"));
    }

    @Test
    @Proves({"outbound_connections", "ready_outbound_connections", "active_outbound_connections",
        "outbound_connections_created", "allocated_outbound_connections", "total_allocated_outbound_connections",
        "ready_targets", "allocated_targets", "active_targets", "inactive_targets", "free_targets",
        "unused_connections_closed", "total_ready_targets", "total_allocated_targets", "total_declared_targets",
        "total_inactive_targets", "total_connect_failures", "dropped_queries", "config_size", "config_md5",
        "config_auth_clusters", "config_loaded_at"})
    void shouldCountLinksAndConfigurations() throws Exception
    {
        int first = datacenter().port();
        int second = datacenter().port();
        ReportedProxy.Settings settings = settings(first);
        String text = Files.readString(settings.conf);
        settings.loadedAtEpochMs = 1_700_000_000_000L;
        ReportedProxy proxy = open(settings.start());
        ProxyClients clients = open(new ProxyClients(settings.secrets));
        Map<String, String> before = idle(proxy, 2);

        String longer = text + "proxy_for 3 127.0.0.1:" + second + ";\n";
        conf(longer);
        long reloadedS = System.currentTimeMillis() / 1000;
        proxy.engine().reload();
        eventually(proxy, before, now -> now
            .moved(2, "outbound_connections", "ready_outbound_connections", "active_outbound_connections",
                "outbound_connections_created", "allocated_outbound_connections",
                "total_allocated_outbound_connections")
            .moved(1, "ready_targets", "allocated_targets", "active_targets", "total_ready_targets",
                "total_allocated_targets", "total_declared_targets", "config_auth_clusters")
            .moved(longer.length() - text.length(), "config_size")
            .became("config_md5", md5(longer))
            .grew(reloadedS - 1_700_000_000L, "config_loaded_at"));

        // who is bound to the second keeps it while it is configured no more
        ClientPeer peer = new ClientPeer(ClientOptions.of(Transport.ABRIDGED,
            HexFormat.of().parseHex(settings.secrets.getFirst()), 3, 5));
        Socket bound = clients.open(proxy.compared(), "127.0.0.1");
        exchange(bound, peer);
        Map<String, String> withSecond = proxy.await("ext_connections", 1);
        conf(text);
        proxy.engine().reload();
        eventually(proxy, withSecond, now -> now
            .moved(-1, "active_targets", "total_declared_targets", "config_auth_clusters")
            .moved(1, "inactive_targets", "total_inactive_targets"));
        Map<String, String> draining = proxy.report();
        bound.close();
        eventually(proxy, draining, now -> now
            .moved(-1, "inactive_targets", "total_inactive_targets", "allocated_targets", "total_allocated_targets")
            .moved(1, "free_targets"));
        // one of the two may have been closed while the other was in use
        eventually(proxy, withSecond, now -> now
            .moved(2, "unused_connections_closed")
            .moved(-2, "outbound_connections", "ready_outbound_connections", "active_outbound_connections")
            .moved(-1, "ready_targets", "total_ready_targets"));

        Map<String, String> alone = proxy.report();
        try (ServerSocket nobody = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1")))
        {
            conf(text + "proxy_for 4 127.0.0.1:" + nobody.getLocalPort() + ";\n");
        }
        proxy.engine().reload();
        eventually(proxy, alone, now -> now.grew(1, "total_connect_failures"));
        Socket unserved = clients.open(proxy.compared(), "127.0.0.1");
        ClientPeer other = new ClientPeer(ClientOptions.of(Transport.ABRIDGED,
            HexFormat.of().parseHex(settings.secrets.getFirst()), 4, 5));
        unserved.getOutputStream().write(other.start());
        unserved.getOutputStream().write(other.frame(Payloads.encrypted(9, 64, new SplittableRandom(2)), false));
        eventually(proxy, alone, now -> now.moved(1, "dropped_queries"));
    }

    private static void exchange(Socket socket, ClientPeer peer) throws IOException
    {
        socket.getOutputStream().write(peer.start());
        socket.getOutputStream().write(peer.frame(Payloads.encrypted(7, 64, new SplittableRandom(3)), false));
        byte[] bytes = new byte[4096];
        while (peer.packets().isEmpty())
        {
            peer.receive(Arrays.copyOf(bytes, socket.getInputStream().read(bytes)));
        }
    }

    private static String md5(String text)
    {
        try
        {
            return HexFormat.of().formatHex(MessageDigest.getInstance("MD5").digest(text.getBytes(US_ASCII)));
        }
        catch (NoSuchAlgorithmException e)
        {
            throw new AssertionError(e);
        }
    }

    @Test
    @Proves({"dropped_responses", "dropped_simple_acks"})
    void shouldCountAnswersForNobody() throws Exception
    {
        ScriptedDatacenter datacenter = open(new ScriptedDatacenter(KEY));
        ReportedProxy proxy = open(settings(datacenter.port()).start());
        Map<String, String> before = idle(proxy, 2);

        datacenter.say(peer -> peer.answer(0x7eed_0000_0000_0001L, 0, new byte[64]));
        datacenter.say(peer -> peer.answer(0x7eed_0000_0000_0002L, 0, new byte[64]));
        datacenter.say(peer -> peer.simpleAck(0x7eed_0000_0000_0001L, 5));

        eventually(proxy, before, now -> now.moved(2, "dropped_responses").moved(1, "dropped_simple_acks"));
    }

    @Test
    @Proves({"accept_connection_limit_failed", "accept_rate_limit_failed", "total_accept_connections_failed",
        "cur_accept_rate_remaining"})
    void shouldCountRefusedClients() throws Exception
    {
        int port = datacenter().port();
        ReportedProxy.Settings few = settings(port);
        few.connectionCountMax = 3;
        ReportedProxy proxy = open(few.start());
        ProxyClients clients = open(new ProxyClients(few.secrets));
        Map<String, String> before = idle(proxy, 2);
        for (int i = 0; i < 5; i++)
        {
            clients.open(proxy.compared(), "127.0.0.1");
        }
        eventually(proxy, before, now -> now.moved(2, "accept_connection_limit_failed")
            .became("total_accept_connections_failed", "0 0 2 0 0"));

        ReportedProxy.Settings slow = settings(port);
        slow.acceptRateMax = 1;
        ReportedProxy rated = open(slow.start());
        Map<String, String> full = rated.await("a full bucket",
            report -> report.get("cur_accept_rate_remaining").equals("1.000000"));
        Map<String, String> now = rated.await("tokens taken", report ->
        {
            try
            {
                clients.open(rated.compared(), "127.0.0.1");
            }
            catch (IOException e)
            {
                throw new AssertionError(e);
            }
            return Double.parseDouble(report.get("cur_accept_rate_remaining")) < 1 &&
                !report.get("accept_rate_limit_failed").equals("0");
        });
        keys.between(now, full).grew(0, "cur_accept_rate_remaining");
        keys.between(full, now).grew(1, "accept_rate_limit_failed")
            .became("total_accept_connections_failed", "0 0 0 " + now.get("accept_rate_limit_failed") + " 0");
    }

    /** A system that fails at every second step. */
    @Test
    @Proves({"accept_calls_failed", "accept_init_accepted_failed", "total_accept_connections_failed"})
    void shouldCountFailedAccepts() throws Exception
    {
        FailingNetwork network = new FailingNetwork();
        ReportedProxy.Settings settings = settings(datacenter().port());
        settings.network = network;
        ReportedProxy proxy = open(settings.start());
        ProxyClients clients = open(new ProxyClients(settings.secrets));
        Map<String, String> before = idle(proxy, 2);

        network.acceptFailures.set(2);
        network.emptyAccepts.set(5);
        network.registerFailures.set(3);
        for (int i = 0; i < 4; i++)
        {
            clients.open(proxy.compared(), "127.0.0.1");
        }
        eventually(proxy, before, now -> now.moved(2, "accept_calls_failed").moved(3, "accept_init_accepted_failed")
            .became("total_accept_connections_failed", "3 2 0 0 0"));
        proxy.await("total_special_connections", 1);
        proxy.await("accepts_without_a_connection", 5);
    }

    @Test
    @Proves({"total_used_buffers_size", "total_used_buffers", "rwm_total_msgs", "rwm_total_msg_parts",
        "allocated_buffer_bytes", "buffer_chunk_alloc_ops", "allocated_buffer_chunks", "max_allocated_buffer_chunks",
        "total_network_buffers_used_size", "total_network_buffers_allocated_bytes", "total_network_buffers_used",
        "total_network_buffer_chunks_allocated", "total_network_buffer_chunks_allocated_max", "connections_failed_lru",
        "connections_failed_flood"})
    void shouldCountMemoryAndWhoIsClosedForIt() throws Exception
    {
        ScriptedDatacenter datacenter = open(new ScriptedDatacenter(KEY));
        ReportedProxy.Settings settings = settings(datacenter.port());
        settings.messageBuffersLength = 64L << 20;
        ReportedProxy proxy = open(settings.start());
        ProxyClients clients = open(new ProxyClients(settings.secrets));
        Map<String, String> before = idle(proxy, 2);
        // each takes nothing of 8 MiB, of which the system keeps a part; the least recently used is closed at 24 of 32 MiB
        for (int i = 0; i < 40 && proxy.report().get("connections_failed_lru").equals("0"); i++)
        {
            askAndReadNothing(proxy, clients, datacenter, 8 << 20);
            if (i == 0)
            {
                eventually(proxy, before, now -> now
                    .grew(1, "total_used_buffers", "rwm_total_msgs", "rwm_total_msg_parts", "buffer_chunk_alloc_ops",
                        "allocated_buffer_chunks", "max_allocated_buffer_chunks", "total_network_buffers_used",
                        "total_network_buffer_chunks_allocated", "total_network_buffer_chunks_allocated_max")
                    .grew(1 << 16, "total_used_buffers_size", "allocated_buffer_bytes",
                        "total_network_buffers_used_size", "total_network_buffers_allocated_bytes"));
            }
            Thread.sleep(300);
        }
        eventually(proxy, before, now -> now.grew(1, "connections_failed_lru"));
        clients.close();
        proxy.await("total_used_buffers", 0);
        proxy.await("total_network_buffers_used_size", 0);

        settings.clientBufferLength = 1 << 20;
        settings.messageBuffersLength = 256L << 20;
        ReportedProxy strict = open(settings.start());
        Map<String, String> idle = idle(strict, 2);
        askAndReadNothing(strict, clients, datacenter, 15 << 20);
        eventually(strict, idle, now -> now.moved(1, "connections_failed_flood"));
    }

    private static void askAndReadNothing(ReportedProxy proxy, ProxyClients clients, ScriptedDatacenter datacenter,
        int length) throws Exception
    {
        Socket socket = clients.openSlow(proxy.compared());
        ClientPeer peer = clients.peer(Transport.INTERMEDIATE, 0);
        int before = datacenter.requestCount();
        socket.getOutputStream().write(peer.start());
        socket.getOutputStream().write(peer.frame(Payloads.encrypted(5, 64, new SplittableRandom(5)), false));
        long endNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(WAIT_S);
        while (datacenter.requestCount() == before)
        {
            assertTrue(System.nanoTime() - endNs < 0, "no request came");
            Thread.sleep(5);
        }
        datacenter.answerNewest(length);
    }

    /** Started in two ways; the second differs in everything that can be set. */
    @Test
    @Proves({"max_connections", "max_special_connections", "total_max_special_connections", "max_accept_rate",
        "max_buffer_chunks", "max_allocated_buffer_bytes", "default_rpc_flags", "aes_pwd_hash", "window_clamp",
        "config_filename", "proxy_tag_set", "version", "listening_connections", "jobs_created", "jobs_active"})
    void shouldShowSettings() throws Exception
    {
        int port = datacenter().port();
        ReportedProxy.Settings usual = settings(port);
        ReportedProxy first = open(usual.start());
        Map<String, String> before = idle(first, 2);
        ReportedProxy.Settings other = new ReportedProxy.Settings(Files.copy(usual.conf, folder.resolve("other.conf")),
            KEY);
        other.connectionCountMax = 77;
        other.clientCountMax = 55;
        other.acceptRateMax = 33;
        other.messageBuffersLength = 64L << 20;
        other.isDhSkipAllowed = true;
        other.isKeyKnown = false;
        other.windowClamp = 65536;
        other.proxyTag = "0123456789abcdef0123456789abcdef";
        other.version = "another";
        other.ports = new Integer[]{0, 0};
        other.isDedicated = true;
        ReportedProxy second = open(other.start());
        eventually(second, before, now -> now
            .became("max_connections", "77")
            .became("max_special_connections", "55")
            .became("total_max_special_connections", "55")
            .became("max_accept_rate", "33")
            .became("max_buffer_chunks", "32")
            .became("max_allocated_buffer_bytes", "67108864")
            .became("default_rpc_flags", "2056")
            .became("aes_pwd_hash", "none")
            .became("window_clamp", "65536")
            .became("config_filename", folder.resolve("other.conf").toString())
            .became("proxy_tag_set", "1")
            .became("version", "another")
            .moved(1, "listening_connections", "jobs_created", "jobs_active"));
        assertEquals(HexFormat.of().formatHex(MessageDigest.getInstance("MD5").digest(KEY)),
            before.get("aes_pwd_hash"));
        assertEquals("1000", before.get("max_connections"));
        assertEquals(1000, first.engine().status().get(ProxyCounter.MAX_CONNECTIONS), "for the other views");
        assertEquals(2000, first.engine().status().get(ProxyCounter.MAX_SPECIAL_CONNECTIONS));
        assertEquals(33, second.engine().status().get(ProxyCounter.MAX_ACCEPT_RATE));
        assertEquals("2000", before.get("max_special_connections"));
    }

    /** Sockets of the system, some of whose calls fail. */
    private static final class FailingNetwork implements TcpNetwork
    {
        private final EpollNetwork network = new EpollNetwork(false);
        final AtomicInteger acceptFailures = new AtomicInteger();
        final AtomicInteger emptyAccepts = new AtomicInteger();
        final AtomicInteger registerFailures = new AtomicInteger();

        private static boolean isDue(AtomicInteger failures)
        {
            return failures.getAndUpdate(left -> Math.max(0, left - 1)) > 0;
        }

        @Override
        public SocketPoller openPoller() throws IOException
        {
            return new FailingPoller(this, network.openPoller());
        }

        @Override
        public TcpListener[] listen(ListenOptions options, int count) throws IOException
        {
            TcpListener[] listeners = network.listen(options, count);
            for (int i = 0; i < count; i++)
            {
                listeners[i] = new FailingListener(this, listeners[i]);
            }
            return listeners;
        }

        @Override
        public TcpSocket connect(InetSocketAddress remote, @Nullable InetAddress source) throws IOException
        {
            return network.connect(remote, source);
        }
    }

    private record FailingPoller(FailingNetwork network, SocketPoller poller) implements SocketPoller
    {
        @Override
        public int poll(long timeoutNs)
        {
            return poller.poll(timeoutNs);
        }

        @Override
        public PollKey register(TcpSocket socket, int ops, ReadyHandler handler) throws IOException
        {
            if (FailingNetwork.isDue(network.registerFailures))
            {
                throw new IOException("No space left on device");
            }
            return poller.register(socket, ops, handler);
        }

        @Override
        public PollKey register(TcpListener listener, ReadyHandler handler) throws IOException
        {
            return poller.register(((FailingListener)listener).listener, handler);
        }

        @Override
        public void wakeup()
        {
            poller.wakeup();
        }

        @Override
        public void close()
        {
            poller.close();
        }
    }

    private record FailingListener(FailingNetwork network, TcpListener listener) implements TcpListener
    {
        @Override
        public @Nullable TcpSocket accept() throws IOException
        {
            if (FailingNetwork.isDue(network.acceptFailures))
            {
                throw new IOException("Too many open files");
            }
            return FailingNetwork.isDue(network.emptyAccepts) ? null : listener.accept();
        }

        @Override
        public int port()
        {
            return listener.port();
        }

        @Override
        public void close()
        {
            listener.close();
        }
    }
}
