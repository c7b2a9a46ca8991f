// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.stats;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mtproxy.soak.DatacenterServer;
import io.mtproxy.soak.DatacenterSettings;
import io.mtproxy.soak.Transport;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The report beside a real engine, with clients and a simulated datacenter over sockets. */
class StatsOfEngineTest
{
    private static final List<String> SECRETS =
        List.of("0123456789abcdef0123456789abcdef", "00112233445566778899aabbccddeeff");
    private static final byte[] KEY = HexFormat.of().parseHex("a1b2c3d4".repeat(16));

    private static final long PATIENCE_NS = 60_000_000_000L;

    private final ProxyClients clients = new ProxyClients(SECRETS);
    private DatacenterServer datacenter;
    private ComparedProxy proxy;

    @TempDir private Path folder;

    @BeforeEach
    void start() throws Exception
    {
        datacenter = DatacenterServer.start(DatacenterSettings.of(KEY, DatacenterSettings.Mode.ECHO));
        Path conf = Files.writeString(folder.resolve("proxy-multi.conf"),
            "min_connections 2;\nproxy_for 2 127.0.0.1:" + datacenter.port() + ";\ndefault 2;\n");
        proxy = ComparedProxy.ours(conf, KEY, SECRETS);
        await(Map.of("ready_outbound_connections", "2"));
    }

    @AfterEach
    void stop() throws Exception
    {
        clients.close();
        proxy.stop();
        datacenter.close();
    }

    /** [C-STAT-08] [C-STAT-09] Distinct addresses and keys, while they have a connection that sent something. */
    @Test
    void shouldShowSecretsOfLiveClients() throws Exception
    {
        clients.talk(proxy, Transport.ABRIDGED, 0, "127.0.0.1", 101, 1);
        clients.talk(proxy, Transport.INTERMEDIATE, 0, "127.0.0.1", 102, 2);
        clients.talk(proxy, Transport.PADDED, 0, "127.0.0.2", 102, 1);
        clients.talk(proxy, Transport.ABRIDGED, 1, "127.0.0.2", 103, 1);
        clients.open(proxy, "127.0.0.3").getOutputStream().write(clients.peer(Transport.ABRIDGED, 1).start());

        await(Map.of("secret_1_active_connections", "2", "secret_2_active_connections", "1",
            "secret_1_active_auth_keys", "2", "secret_2_active_auth_keys", "1", "total_special_connections", "5",
            "tot_forwarded_queries", "5", "tot_forwarded_responses", "5", "ext_connections", "4"));

        clients.close();
        await(Map.of("secret_1_active_connections", "0", "secret_2_active_connections", "0",
            "secret_1_active_auth_keys", "0", "secret_2_active_auth_keys", "0", "total_special_connections", "0",
            "ext_connections_created", "4"));
    }

    /** [C-HTTP-04] A client port takes a request for a header that is not complete, and says nothing. */
    @Test
    void shouldNotSpeakHttpOnClientPort() throws IOException
    {
        try (Socket socket = StatsFixture.connect(proxy.clientPort(), "127.0.0.1"))
        {
            socket.getOutputStream().write("GET /stats HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(US_ASCII));
            assertEquals("nothing open", StatsFixture.Reply.read(socket, "nothing open").summary());
        }
    }

    /** Asks until these rows have their values, all at once; gauges are shown once a second. */
    private void await(Map<String, String> rows) throws IOException, InterruptedException
    {
        long startNs = System.nanoTime();
        Map<String, String> report = report();
        while (!report.entrySet().containsAll(rows.entrySet()))
        {
            Map<String, String> last = report;
            assertTrue(System.nanoTime() - startNs < PATIENCE_NS, () -> rows + " did not come, last " + last);
            Thread.sleep(100);
            report = report();
        }
    }

    private Map<String, String> report() throws IOException
    {
        try (Socket socket = StatsFixture.connect(proxy.statsPort(), "127.0.0.1"))
        {
            socket.getOutputStream().write("GET /stats HTTP/1.0\r\n\r\n".getBytes(US_ASCII));
            return StatsFixture.rows(StatsFixture.Reply.readToEnd(socket).body());
        }
    }
}
