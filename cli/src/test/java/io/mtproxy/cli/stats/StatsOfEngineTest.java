// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.stats;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;

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
        await("ready_outbound_connections", "2");
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

        Map<String, String> report = await("secret_2_active_connections", "1");
        assertEquals("2", report.get("secret_1_active_connections"));
        assertEquals("2", report.get("secret_1_active_auth_keys"));
        assertEquals("1", report.get("secret_2_active_auth_keys"));
        assertEquals("5", report.get("total_special_connections"));
        assertEquals("5", report.get("tot_forwarded_queries"));
        assertEquals("5", report.get("tot_forwarded_responses"));
        assertEquals("4", report.get("ext_connections"));

        clients.close();
        await("secret_1_active_connections", "0");
        report = await("secret_2_active_connections", "0");
        assertEquals("0", report.get("secret_1_active_auth_keys"));
        assertEquals("0", report.get("secret_2_active_auth_keys"));
        await("total_special_connections", "0");
        assertEquals("4", report().get("ext_connections_created"));
    }

    /** [C-HTTP-04] A client port takes a request for a header that is not complete, and says nothing. */
    @Test
    void shouldNotSpeakHttpOnClientPort() throws IOException
    {
        try (Socket socket = StatsFixture.connect(proxy.clientPort(), "127.0.0.1"))
        {
            socket.getOutputStream().write("GET /stats HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(US_ASCII));
            assertEquals("nothing open", StatsFixture.Reply.read(socket).summary());
        }
    }

    /** Asks until a row has its value; gauges are shown once a second. */
    private Map<String, String> await(String key, String value) throws IOException, InterruptedException
    {
        Map<String, String> report = report();
        for (int attempt = 0; attempt < 100 && !value.equals(report.get(key)); attempt++)
        {
            Thread.sleep(100);
            report = report();
        }
        assertEquals(value, report.get(key), key);
        return report;
    }

    private Map<String, String> report() throws IOException
    {
        try (Socket socket = StatsFixture.connect(proxy.statsPort(), "127.0.0.1"))
        {
            // it is closed behind the page, however long the first one takes a cold process
            socket.setSoTimeout(20_000);
            socket.getOutputStream().write("GET /stats HTTP/1.0\r\n\r\n".getBytes(US_ASCII));
            return StatsFixture.rows(StatsFixture.Reply.read(socket).body());
        }
    }
}
