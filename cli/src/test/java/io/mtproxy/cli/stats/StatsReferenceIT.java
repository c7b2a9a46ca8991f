// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.stats;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mtproxy.soak.DatacenterServer;
import io.mtproxy.soak.DatacenterSettings;
import io.mtproxy.soak.Transport;
import java.io.IOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The stats port of the C program and ours, asked the same. The environment variable MTPROXY_REFERENCE names the binary;
 * without it these tests are skipped.
 */
class StatsReferenceIT
{
    private static final List<String> SECRETS =
        List.of("0123456789abcdef0123456789abcdef", "00112233445566778899aabbccddeeff");
    private static final byte[] KEY = HexFormat.of().parseHex("a1b2c3d4".repeat(16));

    private final ProxyClients clients = new ProxyClients(SECRETS);
    private DatacenterServer datacenter;
    private ComparedProxy reference;
    private ComparedProxy ours;

    @TempDir private Path folder;

    @BeforeEach
    void start() throws Exception
    {
        String binary = System.getenv("MTPROXY_REFERENCE");
        assumeTrue(binary != null && !binary.isBlank(), "skipped: MTPROXY_REFERENCE is not set");
        datacenter = DatacenterServer.start(DatacenterSettings.of(KEY, DatacenterSettings.Mode.ECHO));
        Path conf = Files.writeString(folder.resolve("proxy-multi.conf"),
            "min_connections 3;\nproxy_for 2 127.0.0.1:" + datacenter.port() + ";\ndefault 2;\n");
        Path key = Files.write(folder.resolve("key"), KEY);
        reference = ComparedProxy.reference(binary, folder, conf, key, SECRETS);
        ours = ComparedProxy.ours(conf, KEY, SECRETS);
    }

    @AfterEach
    void stop() throws Exception
    {
        clients.close();
        for (ComparedProxy proxy : Arrays.asList(reference, ours))
        {
            if (proxy != null)
            {
                proxy.stop();
            }
        }
        if (datacenter != null)
        {
            datacenter.close();
        }
    }

    /**
     * Status lines and headers, and how the connection goes on. [C-HTTP-10] [C-HTTP-11] [C-HTTP-12] [C-HTTP-13]
     * [C-HTTP-14] [C-HTTP-15] [C-HTTP-16] [C-HTTP-17] [C-HTTP-18] [C-HTTP-20] [C-HTTP-21] [C-HTTP-22]
     */
    @Test
    void shouldAnswerRequestsAsReferenceDoes() throws IOException
    {
        List<String> differences = new ArrayList<>();
        for (HttpRequests row : HttpRequests.all())
        {
            if (!row.isDifferent())
            {
                compare(differences, row.toString(), "127.0.0.1", row.request(), row.answer());
            }
        }
        assertEquals("", String.join("\n", differences));
    }

    /** [C-HTTP-03] */
    @Test
    void shouldAnswerOtherAddressesAsReferenceDoes() throws IOException
    {
        List<String> differences = new ArrayList<>();
        for (String request : List.of("GET /stats HTTP/1.1\r\n\r\n", "GET /stats\r\n", "HEAD /stats HTTP/1.0\r\n\r\n",
            "GET /stats HTTP/1.1\r\nConnection: keep-alive\r\n\r\n", "GET /stats HTTP/7\r\n\r\n"))
        {
            compare(differences, request, "127.0.0.2", request, "404 keep open");
        }
        assertEquals("", String.join("\n", differences));
    }

    /** @param usual an answer that is waited for no longer once it is there. */
    private void compare(List<String> differences, String name, String from, String request, String usual)
        throws IOException
    {
        StatsFixture.Reply theirs = send(reference, from, request, usual);
        StatsFixture.Reply own = send(ours, from, request, usual);
        if (!headers(theirs).equals(headers(own)) || theirs.isClosed() != own.isClosed())
        {
            differences.add(name + "\n  reference: " + theirs.summary() + "\n" + headers(theirs) + "\n  ours: " +
                own.summary() + "\n" + headers(own));
        }
    }

    private static StatsFixture.Reply send(ComparedProxy proxy, String from, String request, String usual)
        throws IOException
    {
        try (Socket socket = StatsFixture.connect(proxy.statsPort(), from))
        {
            socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
            return StatsFixture.Reply.read(socket, usual);
        }
    }

    /** Everything but bodies, the time, and the length of the report. */
    private static String headers(StatsFixture.Reply reply)
    {
        StringBuilder kept = new StringBuilder();
        boolean isReport = false;
        for (String line : reply.text().split("\r\n"))
        {
            isReport = line.startsWith("HTTP/1.1 ") ? line.contains(" 200 ") : isReport;
            if (line.startsWith("Date: ") || line.startsWith("Content-Length: ") && isReport)
            {
                kept.append(line, 0, line.indexOf(' ')).append('\n');
            }
            else if (line.matches("(HTTP/1\\.1 |[A-Za-z-]+: ).*"))
            {
                kept.append(line).append('\n');
            }
        }
        return kept.toString();
    }

    /**
     * The same clients at both: every key marked "same" has the same value. [C-STAT-08] [C-STAT-09] [C-STAT-10]
     * [C-STAT-07] [C-STAT-12] [C-HTTP-23]
     */
    @Test
    void shouldCountAsReferenceDoes() throws Exception
    {
        for (ComparedProxy proxy : List.of(reference, ours))
        {
            awaitRow(proxy, "ready_outbound_connections", "3");
            work(proxy);
        }
        List<String> keys = new ArrayList<>();
        for (Map<String, String> row : StatsFixture.specification())
        {
            if ("same".equals(row.get("compare")))
            {
                keys.add(row.get("key"));
            }
        }
        keys.removeIf(key -> key.contains("<N>"));
        keys.addAll(List.of("secret_1_active_connections", "secret_1_active_auth_keys", "secret_2_active_connections",
            "secret_2_active_auth_keys"));
        String expected = "";
        String actual = "different";
        // gauges are shown once a second
        for (int attempt = 0; attempt < 20 && !expected.equals(actual); attempt++)
        {
            Thread.sleep(250);
            expected = select(report(reference), keys);
            actual = select(report(ours), keys);
        }
        assertEquals(expected, actual);
        assertEquals("2", report(ours).get("secret_1_active_connections"));
        assertEquals("3", report(ours).get("secret_1_active_auth_keys"));
        assertEquals("1", report(ours).get("secret_2_active_connections"));
    }

    private static String select(Map<String, String> report, List<String> keys)
    {
        StringBuilder text = new StringBuilder();
        keys.forEach(key -> text.append(key).append('\t').append(report.get(key)).append('\n'));
        return text.toString();
    }

    /** Two addresses and three keys under the first secret; one that ends; one that says nothing; one that is refused. */
    private void work(ComparedProxy proxy) throws IOException
    {
        clients.talk(proxy, Transport.ABRIDGED, 0, "127.0.0.1", 101, 3);
        clients.talk(proxy, Transport.INTERMEDIATE, 0, "127.0.0.1", 102, 1);
        clients.talk(proxy, Transport.PADDED, 0, "127.0.0.3", 103, 2);
        clients.talk(proxy, Transport.ABRIDGED, 0, "127.0.0.3", 103, 2);
        clients.talk(proxy, Transport.ABRIDGED, 1, "127.0.0.3", 103, 1);
        clients.talk(proxy, Transport.ABRIDGED, 1, "127.0.0.4", 104, 1).close();
        clients.open(proxy, "127.0.0.5").getOutputStream().write(clients.peer(Transport.ABRIDGED, 1).start());
        // a request that is answered by 404, and a malformed one
        StatsFixture.send(proxy.statsPort(), "127.0.0.1", "GET / HTTP/1.0\r\n\r\n");
        StatsFixture.send(proxy.statsPort(), "127.0.0.1", "GET / HTTP/4.0\r\n\r\n");
    }

    private static void awaitRow(ComparedProxy proxy, String key, String value) throws IOException, InterruptedException
    {
        // one request each, so that both have had as many
        Thread.sleep(3_000);
        assertEquals(value, report(proxy).get(key));
    }

    private static Map<String, String> report(ComparedProxy proxy) throws IOException
    {
        return StatsFixture.rows(StatsFixture.send(proxy.statsPort(), "127.0.0.1", "GET /stats HTTP/1.0\r\n\r\n")
            .body());
    }

    /** [P-RPC-80] [C-HTTP-05] The same client and the same queries, the first bytes of each answer compared. */
    @Test
    void shouldSpeakRpcAsReferenceDoes() throws IOException
    {
        List<String> transcripts = new ArrayList<>();
        for (ComparedProxy proxy : List.of(reference, ours))
        {
            StringBuilder text = new StringBuilder();
            for (int schema = 0; schema < 5; schema++)
            {
                try (RpcTestClient client = RpcTestClient.connect(proxy.statsPort(), KEY))
                {
                    client.sendFrame(client.noncePayload(schema, now(), new int[0]));
                    text.append(schema).append(schema == 3 ? hex(client.receiveFrame(), 12) : client.isClosedByServer())
                        .append('\n');
                }
            }
            for (int flags : new int[]{0, 0x800, 0x1000})
            {
                try (RpcTestClient client = RpcTestClient.connect(proxy.statsPort(), KEY))
                {
                    text.append(hex(client.handshake(now(), flags), 8)).append('\n');
                    text.append(hex(client.ask(RpcTestClient.buffer(12).putInt(RpcTestClient.PING).putLong(3).array()),
                        12)).append('\n');
                    for (int function : new int[]{0x166bb7c6, 0x12345678})
                    {
                        text.append(hex(client.ask(RpcTestClient.buffer(16).putInt(0x2374df3d).putLong(5)
                            .putInt(function).array()), 1000)).append('\n');
                    }
                    text.append(hex(client.ask(RpcTestClient.buffer(16).putInt(0x2374df3d).putLong(5)
                        .putInt(0xefb3c36b).array()), 16)).append('\n');
                }
            }
            for (int difference : new int[]{-60, 60})
            {
                try (RpcTestClient client = RpcTestClient.connect(proxy.statsPort(), KEY))
                {
                    client.sendFrame(client.noncePayload(3, now() + difference, new int[0]));
                    text.append(client.isClosedByServer()).append('\n');
                }
            }
            transcripts.add(text.toString());
        }
        assertEquals(transcripts.get(0), transcripts.get(1));
    }

    private static int now()
    {
        return (int)(System.currentTimeMillis() / 1000);
    }

    private static String hex(ByteBuffer bytes, int lengthMax)
    {
        return HexFormat.of().formatHex(bytes.array(), 0, Math.min(bytes.limit(), lengthMax));
    }
}
