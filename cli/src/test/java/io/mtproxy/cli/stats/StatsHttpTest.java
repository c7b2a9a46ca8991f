// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.stats;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mtproxy.cli.options.NetworkList;
import io.mtproxy.engine.ConfigState;
import io.mtproxy.engine.status.DcCounter;
import io.mtproxy.engine.status.ProxyCounter;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * HTTP on the stats port, byte by byte. The table holds C-HTTP-10, C-HTTP-11, C-HTTP-12, C-HTTP-13, C-HTTP-14,
 * C-HTTP-15, C-HTTP-16, C-HTTP-17, C-HTTP-18, C-HTTP-21 and C-LIM-14.
 */
class StatsHttpTest
{
    private final StatsFixture stats = new StatsFixture();

    @BeforeEach
    void start() throws IOException
    {
        stats.start();
    }

    @AfterEach
    void stop()
    {
        stats.close();
        assertEquals(List.of(), stats.log);
    }

    static List<HttpRequests> requests()
    {
        return HttpRequests.all();
    }

    @ParameterizedTest
    @MethodSource("requests")
    void shouldAnswerAsContractSays(HttpRequests row) throws IOException
    {
        try (Socket socket = StatsFixture.connect(stats.port(), "127.0.0.1"))
        {
            socket.getOutputStream().write(row.request().getBytes(ISO_8859_1));
            assertEquals(row.answer(), StatsFixture.Reply.read(socket, row.answer()).summary());
        }
    }

    /** [C-HTTP-18] Every request in pieces of one byte. */
    @ParameterizedTest
    @ValueSource(strings = {"GET /stats HTTP/1.1\r\nHost: x\r\n\r\n", "GET /stats\n", "PUT /x HTTP/1.1\r\n",
        "GET /stats FOO\r\n"})
    void shouldTakeRequestByteByByte(String request) throws IOException
    {
        try (Socket socket = StatsFixture.connect(stats.port(), "127.0.0.1"))
        {
            socket.setTcpNoDelay(true);
            for (byte octet : request.getBytes(ISO_8859_1))
            {
                socket.getOutputStream().write(octet);
                socket.getOutputStream().flush();
            }
            assertEquals(stats.send(request).summary(), StatsFixture.Reply.read(socket).summary());
        }
    }

    /** [C-HTTP-20] */
    @Test
    void shouldSendHeadersOfReportInOrder() throws IOException
    {
        StatsFixture.Reply reply = stats.send("GET /stats HTTP/1.0\r\n\r\n");

        assertEquals("HTTP/1.1 200 OK\r\nServer: MTProxy/1.0\r\nDate: Wed, 25 Nov 2026 09:46:40 GMT\r\n" +
            "Content-Type: text/plain\r\nConnection: close\r\nContent-Length: " + reply.body().length(), reply.head());
    }

    /** [C-HTTP-20] [C-HTTP-22] The length is that of C's page. */
    @Test
    void shouldSendHeadersAndPageOfErrors() throws IOException
    {
        StatsFixture.Reply reply = stats.send("GET / HTTP/1.1\r\nConnection: keep-alive\r\n\r\n");

        assertEquals("HTTP/1.1 404 Not Found\r\nServer: MTProxy/1.0\r\nDate: Wed, 25 Nov 2026 09:46:40 GMT\r\n" +
            "Content-Type: text/html\r\nConnection: keep-alive\r\nContent-Length: 168", reply.head());
        assertEquals(168, reply.body().length());
        assertTrue(reply.body().contains("<title>404 Not Found</title>"), reply.body());
        assertTrue(reply.body().contains("<h1>404 Not Found</h1>"), reply.body());
        assertTrue(reply.body().contains("MTProxy/1.0"), reply.body());
        assertEquals(reply.body(), stats.send("GET /\r\n").text());
    }

    /** [C-HTTP-12] The body is there for HEAD too. */
    @Test
    void shouldSendBodyForHead() throws IOException
    {
        assertTrue(stats.send("HEAD /stats HTTP/1.1\r\n\r\n").body().contains("501 Not Implemented"));
    }

    /** [C-HTTP-16] */
    @Test
    void shouldSendReportAloneWithoutVersion() throws IOException
    {
        assertTrue(stats.send("GET /stats\r\n").text().startsWith("pid\t"));
    }

    /** [C-HTTP-17] The method that there is. */
    @Test
    void shouldSayWhichMethodIsAllowed() throws IOException
    {
        assertTrue(stats.send("PUT / HTTP/1.1\r\n\r\n").head().endsWith("\r\nAllow: GET"));
    }

    /** [C-HTTP-03] The host's own other addresses are others; forwarding headers change nothing. */
    @Test
    void shouldAnswerOnly127001() throws IOException
    {
        String get = "GET /stats HTTP/1.1\r\nX-Forwarded-For: 127.0.0.1\r\n";
        assertEquals("404 close end", StatsFixture.send(stats.port(), "127.0.0.2", get + "\r\n").summary());
        assertEquals("404 keep open",
            StatsFixture.send(stats.port(), "127.0.0.2", get + "Connection: keep-alive\r\n\r\n").summary());
        assertEquals("404 close end",
            StatsFixture.send(stats.port(), "127.0.0.2", "GET /healthz HTTP/1.1\r\n\r\n").summary());
        assertEquals("501 close end",
            StatsFixture.send(stats.port(), "127.0.0.2", "HEAD /stats HTTP/1.1\r\n\r\n").summary());
        assertEquals("400 close end",
            StatsFixture.send(stats.port(), "127.0.0.2", "GET /stats HTTP/2.0\r\n\r\n").summary());
        assertEquals("bare end", StatsFixture.send(stats.port(), "127.0.0.2", "GET /stats\r\n").summary());
    }

    /** [C-HTTP-02] [C-BUG-02] Bound to 127.0.0.1, whatever other addresses the host has, IPv6 included. */
    @Test
    void shouldListenOn127001Only() throws IOException
    {
        List<InetAddress> others = new ArrayList<>(List.of(InetAddress.ofLiteral("127.0.0.2"),
            InetAddress.ofLiteral("::1")));
        NetworkInterface.networkInterfaces().flatMap(NetworkInterface::inetAddresses)
            .filter(address -> !address.isLoopbackAddress() && !address.isLinkLocalAddress()).forEach(others::add);
        for (InetAddress other : others)
        {
            try (Socket socket = new Socket())
            {
                assertThrows(IOException.class,
                    () -> socket.connect(new InetSocketAddress(other, stats.port()), 1_000), other.toString());
            }
        }
        assertEquals("200 close end", stats.send("GET /stats HTTP/1.0\r\n\r\n").summary());
    }

    /** [C-HTTP-23] The answer shows the requests before it; a malformed one counts elsewhere. */
    @Test
    void shouldCountRequests() throws IOException
    {
        assertEquals("0", stats.report().get("http_queries"));
        stats.send("GET / HTTP/1.1\r\n\r\n");
        stats.send("HEAD / HTTP/1.1\r\n\r\n");
        stats.send("POST / HTTP/1.1\r\n\r\n");
        stats.send("GET / HTTP/1.1\r\nContent-Length: 1\r\n\r\n");
        stats.send("GET /stats\r\n");
        StatsFixture.send(stats.port(), "127.0.0.2", "GET / HTTP/1.1\r\n\r\n");
        stats.send("GET / HTTP/3.0\r\n\r\n");
        stats.send("PUT / HTTP/1.1\r\n\r\n");
        stats.send("\0\0\0\0");
        stats.epochMs.addAndGet(10_000);
        Map<String, String> report = stats.report();

        assertEquals("7", report.get("http_queries"));
        assertEquals("1", report.get("http_bad_headers"));
        assertEquals("0.700000", report.get("http_qps"));
        assertEquals("11", report.get("inbound_connections_accepted"));
    }

    /** [C-HTTP-21] A connection that says nothing is closed, one in the middle of a head too. */
    @ParameterizedTest
    @ValueSource(strings = {"", "GE", "GET /stats HTTP/1.1\r\nHost: x\r\n",
        "GET /x HTTP/1.1\r\nConnection: keep-alive\r\n\r\n"})
    void shouldCloseIdleConnection(String begin) throws IOException
    {
        try (StatsFixture quick = new StatsFixture())
        {
            quick.context.idleLimit(Duration.ofMillis(100));
            quick.start();
            try (Socket socket = StatsFixture.connect(quick.port(), "127.0.0.1"))
            {
                socket.getOutputStream().write(begin.getBytes(ISO_8859_1));
                assertTrue(StatsFixture.Reply.readToEnd(socket).isClosed());
            }
        }
    }

    /** [C-BUG-18] Idle connections do not keep the operator out: the one silent longest goes. */
    @Test
    void shouldServeWhenConnectionsAreUsedUp() throws IOException
    {
        List<Socket> idle = new ArrayList<>();
        try (StatsFixture small = new StatsFixture())
        {
            small.context.connectionCountMax(4);
            small.start();
            for (int i = 0; i < 10; i++)
            {
                small.nanos.incrementAndGet();
                idle.add(StatsFixture.connect(small.port(), "127.0.0.1"));
            }
            small.nanos.incrementAndGet();
            assertEquals("200 close end", small.send("GET /stats HTTP/1.1\r\n\r\n").summary());
            assertTrue(StatsFixture.Reply.readToEnd(idle.getFirst()).isClosed());
            assertFalse(StatsFixture.Reply.read(idle.getLast(), "nothing open").isClosed());
        }
        finally
        {
            for (Socket socket : idle)
            {
                socket.close();
            }
        }
    }

    /** [C-HTTP-21] A client that asks and does not read holds one thread and no more than a socket's buffers. */
    @Test
    void shouldServeOthersWhileOneDoesNotRead() throws IOException
    {
        try (Socket socket = StatsFixture.connect(stats.port(), "127.0.0.1"))
        {
            Thread writer = Thread.ofVirtual().start(() ->
            {
                try
                {
                    byte[] many = "GET /stats HTTP/1.1\r\nConnection: keep-alive\r\n\r\n".repeat(1000)
                        .getBytes(ISO_8859_1);
                    for (int i = 0; i < 200; i++)
                    {
                        socket.getOutputStream().write(many);
                    }
                }
                catch (IOException e)
                {
                    // closed at the end of the test
                }
            });
            for (int i = 0; i < 20; i++)
            {
                assertEquals("200 close end", stats.send("GET /stats HTTP/1.1\r\n\r\n").summary());
            }
            assertTrue(writer.isAlive());
        }
    }

    /** [C-HTTP-02] {@code -p A:B} takes the first port that is free. */
    @Test
    void shouldOpenFirstFreePortOfRange() throws IOException
    {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1")))
        {
            int port = taken.getLocalPort();
            IOException refused = assertThrows(IOException.class, () -> StatsPort.open(port, port));
            assertTrue(refused.getMessage().startsWith("stats port " + port + " cannot be opened: "),
                refused.getMessage());
            try (StatsPort next = StatsPort.open(port, Math.min(65535, port + 20)))
            {
                assertTrue(next.number() > port && next.number() <= port + 20);
            }
        }
    }

    /** [C-HTTP-02] Who connects before the server has started waits; nobody can after it has ended. */
    @Test
    void shouldBeginAndEndWithServer() throws IOException
    {
        StatsPort port = StatsPort.open(0, 0);
        try (Socket early = StatsFixture.connect(port.number(), "127.0.0.1"))
        {
            early.getOutputStream().write("GET /x HTTP/1.0\r\n\r\n".getBytes(ISO_8859_1));
            StatsServer server = StatsServer.start(port, stats.context);
            assertEquals("404 close end", StatsFixture.Reply.read(early).summary());
            try (Socket open = StatsFixture.connect(port.number(), "127.0.0.1"))
            {
                open.getOutputStream().write("GET /x HTTP/1.1\r\nConnection: keep-alive\r\n\r\n".getBytes(ISO_8859_1));
                open.getInputStream().readNBytes(20);
                server.close();
                server.close();
                assertTrue(StatsFixture.Reply.readToEnd(open).isClosed());
            }
            assertThrows(ConnectException.class, () -> StatsFixture.connect(port.number(), "127.0.0.1"));
        }
    }

    /** [C-HTTP-11] */
    @Test
    void shouldShowHealth() throws IOException
    {
        stats.status.heartbeat(stats.epochMs.get());
        assertEquals("ok\n", stats.send("GET /healthz HTTP/1.1\r\n\r\n").body());
        assertEquals("503", stats.send("GET /readyz HTTP/1.1\r\n\r\n").codes());

        stats.status.counters(1).set(ProxyCounter.READY_TARGETS, 2);
        assertEquals("ok\n", stats.send("GET /readyz HTTP/1.1\r\n\r\n").body());

        stats.epochMs.addAndGet(60_000);
        StatsFixture.Reply reply = stats.send("GET /healthz HTTP/1.1\r\nConnection: keep-alive\r\n\r\n");
        assertEquals("503 keep open", reply.summary());
        assertTrue(reply.body().contains("has said nothing for 60000 ms"), reply.body());
    }

    /** [C-HTTP-11] Half of the datacenters is enough. */
    @Test
    void shouldBeReadyWithHalfOfDatacenters() throws IOException
    {
        stats.status.counters(1).set(ProxyCounter.READY_TARGETS, 1);
        for (int dc = 1; dc <= 5; dc++)
        {
            stats.status.agent(1).dcs().row(dc).set(DcCounter.SERVERS, 2);
        }
        stats.status.agent(1).dcs().row(1).set(DcCounter.READY_SERVERS, 2);
        stats.status.agent(1).dcs().row(2).set(DcCounter.READY_SERVERS, 1);
        StatsFixture.Reply reply = stats.send("GET /readyz HTTP/1.1\r\n\r\n");
        assertEquals("503", reply.codes());
        assertEquals("only 2 of 5 datacenters can be reached\n", reply.body());

        stats.status.agent(1).dcs().row(5).set(DcCounter.READY_SERVERS, 1);
        assertEquals("ok\n", stats.send("GET /readyz HTTP/1.1\r\n\r\n").body());
        assertEquals("ok\n", stats.send("GET /healthz HTTP/1.1\r\n\r\n").body());
    }

    /** [C-HTTP-11] Not old age makes a configuration stale, but that it could not be renewed for a day. */
    @Test
    void shouldNotBeReadyWithStaleConfiguration() throws IOException
    {
        try (StatsFixture stale = new StatsFixture())
        {
            stale.status.counters(1).set(ProxyCounter.READY_TARGETS, 1);
            ConfigState old = new ConfigState(stale.epochMs.get() - 86_400_001, 98, "0123abcd", 3, 4, 2);
            AtomicReference<ConfigState> inUse = new AtomicReference<>(old);
            stale.context.configState(inUse::get);
            stale.start();
            assertEquals("200", stale.send("GET /readyz HTTP/1.1\r\n\r\n").codes());

            inUse.set(old.refused(stale.epochMs.get()));
            StatsFixture.Reply reply = stale.send("GET /readyz HTTP/1.1\r\n\r\n");
            assertEquals("503", reply.codes());
            assertTrue(reply.body().contains(" is stale: a newer one was refused at 2026-11-"), reply.body());
            assertEquals("200", stale.send("GET /healthz HTTP/1.1\r\n\r\n").codes());

            inUse.set(new ConfigState(stale.epochMs.get() - 3_600_000, 98, "0123abcd", 3, 4, 2)
                .refused(stale.epochMs.get()));
            assertEquals("200", stale.send("GET /readyz HTTP/1.1\r\n\r\n").codes());
        }
    }

    /** [C-HTTP-11] A loop that hangs is told from one that waits: that one still polls. */
    @Test
    void shouldShowLoopThatHangs() throws IOException
    {
        stats.status.heartbeat(stats.epochMs.get());
        stats.status.counters(0).set(ProxyCounter.POLLS, 5);
        stats.status.counters(1).set(ProxyCounter.POLLS, 7);
        assertEquals("ok\n", stats.send("GET /healthz HTTP/1.1\r\n\r\n").body());

        stats.nanos.addAndGet(LoopWatch.STILL_NS_MAX + 1);
        stats.status.counters(0).increment(ProxyCounter.POLLS);
        StatsFixture.Reply reply = stats.send("GET /healthz HTTP/1.1\r\n\r\n");
        assertEquals("503 close end", reply.summary());
        assertTrue(reply.body().contains("loop datacenter-0 of process "), reply.body());

        stats.status.counters(1).increment(ProxyCounter.POLLS);
        assertEquals("ok\n", stats.send("GET /healthz HTTP/1.1\r\n\r\n").body());
    }

    /** [C-HTTP-11] In the form that the client takes. */
    @Test
    void shouldServeMetrics() throws IOException
    {
        StatsFixture.Reply reply = stats.send("GET /metrics HTTP/1.1\r\n\r\n");
        assertTrue(reply.head().contains("\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"),
            reply.head());

        reply = stats.send("GET /metrics HTTP/1.1\r\nAccept: application/openmetrics-text;version=1.0.0,\r\n" +
            "ACCEPT: text/plain;version=0.0.4;q=0.5\r\n\r\n");
        assertTrue(reply.head().contains("\r\nContent-Type: application/openmetrics-text; version=1.0.0; " +
            "charset=utf-8\r\n"), reply.head());
        assertTrue(reply.body().endsWith("# EOF\n"), reply.body());
    }

    /** [C-HTTP-02] [C-BUG-17] What C's port answers strangers holds for the new pages, too. */
    @Test
    void shouldShowMetricsTo127001Only() throws IOException
    {
        assertEquals("404 close end",
            StatsFixture.send(stats.port(), "127.0.0.2", "GET /metrics HTTP/1.1\r\n\r\n").summary());
    }

    /** [C-BUG-17] Who is not on the list gets no byte, and nothing but the metrics is served. */
    @Test
    void shouldRefuseWhoIsNotAllowedWithoutWord() throws IOException
    {
        try (StatsFixture metrics = new StatsFixture())
        {
            metrics.context.allowed(NetworkList.parse("127.0.0.2,127.1.0.0/16")).withoutReport();
            metrics.start();
            String get = "GET /metrics HTTP/1.1\r\n\r\n";

            assertEquals("nothing end", StatsFixture.send(metrics.port(), "127.0.0.1", get).summary());
            assertEquals("nothing end", StatsFixture.send(metrics.port(), "127.0.0.1", "").summary());
            assertEquals("nothing end", StatsFixture.send(metrics.port(), "127.2.0.1", get).summary());
            assertEquals("200 close end", StatsFixture.send(metrics.port(), "127.0.0.2", get).summary());
            assertEquals("200 close end", StatsFixture.send(metrics.port(), "127.1.2.3", get).summary());
            assertEquals("404 close end",
                StatsFixture.send(metrics.port(), "127.0.0.2", "GET /stats HTTP/1.1\r\n\r\n").summary());
            assertEquals("nothing end",
                StatsFixture.send(metrics.port(), "127.0.0.2", ",\0\0\0").summary());
        }
    }
}
