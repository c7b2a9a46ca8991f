// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Whoever comes to the proxy with the name of its domain and is no client of ours gets the domain itself: the same page,
 * the same certificates, the same group. Real programs are asked, here and there; those that are missing are skipped.
 * [P-TLS-60] [C-CLT-20]
 */
class RealTlsClientIT
{
    private static final String PAGE = "/page.html";
    private static final int PAGE_BYTES = 150_000;
    private static final long LEARN_TIMEOUT_S = 120;

    @TempDir private static Path folder;
    private static final Map<FrontServer.Kind, FrontServer> SERVERS = new TreeMap<>();
    private static TestChain chain;
    private static ProxyProcess proxy;
    private static String page;

    /** Who visits. */
    enum Visitor
    {
        OPENSSL,
        CURL,
        /** Offers X25519MLKEM768. */
        NODE
    }

    @BeforeAll
    static void start() throws IOException, InterruptedException
    {
        for (FrontServer.Kind kind : FrontServer.Kind.values())
        {
            FrontHosts.assumePossible(folder, kind.site().address());
        }
        assumeTrue(ToolRun.isHere("openssl"), "skipped: there is no openssl to make certificates with");
        assumeTrue(ProxyUnderTest.ours().isPresent(), "skipped: there is no main class on the class path");
        ProcessFacts.open(folder, "rwxr-xr-x");
        List<FrontServer.Kind> kinds = Stream.of(FrontServer.Kind.values()).filter(FrontServer.Kind::isHere).toList();
        chain = TestChain.make(folder, TestChain.Algorithm.ECDSA,
            kinds.stream().map(kind -> kind.site().domain()).toList());
        byte[] noise = new byte[PAGE_BYTES / 2];
        new Random(4).nextBytes(noise);
        page = "<html><body><p>" + HexFormat.of().formatHex(noise) + "</p></body></html>\n";
        Path pages = Files.createDirectory(folder.resolve("pages"));
        ProcessFacts.open(pages, "rwxr-xr-x");
        ProcessFacts.open(Files.writeString(pages.resolve(PAGE.substring(1)), page), "rw-r--r--");
        Map<String, String> addresses = new TreeMap<>();
        List<String> arguments = new ArrayList<>(List.of("-S", ParitySetup.SECRET));
        for (FrontServer.Kind kind : kinds)
        {
            SERVERS.put(kind, FrontServer.start(kind, kind.site(), folder, pages, chain, true));
            addresses.put(kind.site().domain(), kind.site().address());
            arguments.addAll(List.of("-D", kind.site().domain()));
        }
        proxy = FrontHosts.write(folder, addresses).around(ProxyUnderTest.ours().orElseThrow()).start(
            Files.createDirectory(folder.resolve("proxy")), "default 2;\nproxy_for 2 127.0.0.1:9;\n",
            "a secret of some length that both sides have".getBytes(StandardCharsets.US_ASCII), arguments);
        awaitAddresses(kinds);
    }

    @AfterAll
    static void stop()
    {
        if (proxy != null)
        {
            proxy.close();
        }
        SERVERS.values().forEach(FrontServer::close);
        SERVERS.clear();
    }

    /** Until a domain's address is known, what is to be passed on to it is closed. [C-CLT-22] */
    private static void awaitAddresses(List<FrontServer.Kind> kinds) throws IOException, InterruptedException
    {
        long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(LEARN_TIMEOUT_S);
        for (FrontServer.Kind kind : kinds)
        {
            while (!curl(kind, "127.0.0.1", proxy.port()).out().contains("200"))
            {
                assertTrue(System.nanoTime() - deadlineNs < 0, () -> kind + " is not reached");
                Thread.sleep(20);
            }
        }
    }

    static Stream<Object[]> pairs()
    {
        return Stream.of(FrontServer.Kind.values())
            .flatMap(kind -> Stream.of(Visitor.values()).map(visitor -> new Object[]{kind, visitor}));
    }

    @ParameterizedTest
    @MethodSource("pairs")
    void shouldShowTheSiteItself(FrontServer.Kind kind, Visitor visitor) throws IOException, InterruptedException
    {
        assumeTrue(SERVERS.containsKey(kind), () -> "skipped: there is no " + kind + " here to be the domain");
        assumeTrue(visitor == Visitor.OPENSSL || visitor == Visitor.CURL && ToolRun.isHere("curl") ||
            visitor == Visitor.NODE && ModernNode.isHere(), () -> "skipped: there is no " + visitor + " here to visit");

        Visit direct = visit(kind, visitor, kind.site().address(), 443);
        Visit fronted = visit(kind, visitor, "127.0.0.1", proxy.port());

        assertTrue(direct.text().contains(page.strip()), () -> "the site itself does not work: " + direct.text());
        assertTrue(direct.certificates().contains("-----BEGIN CERTIFICATE-----"), direct::certificates);
        assertEquals(direct.text(), fronted.text());
        assertEquals(direct.certificates(), fronted.certificates());
        assertEquals(direct.flight().hello(), fronted.flight().hello());
        assertEquals(direct.flight().types().subList(0, 3), fronted.flight().types().subList(0, 3));
        if (visitor == Visitor.NODE)
        {
            assertEquals(kind == FrontServer.Kind.NODE ? TlsFlight.GROUP_HYBRID : TlsFlight.GROUP_X25519,
                fronted.flight().group(), "group of the key share");
        }
    }

    /** A browser on its own gets the same page; and where the domain takes it, by a hybrid key share. */
    @Tag("extended")
    @ParameterizedTest
    @EnumSource(FrontServer.Kind.class)
    void shouldShowTheSiteToABrowser(FrontServer.Kind kind) throws IOException, InterruptedException
    {
        assumeTrue(ToolRun.isHere("chromium"), "skipped: there is no chromium here");
        // it answers one request only at a time, and a browser opens several connections
        assumeTrue(kind != FrontServer.Kind.OPENSSL, "skipped: openssl s_server is no server for a browser");
        assumeTrue(SERVERS.containsKey(kind), () -> "skipped: there is no " + kind + " here to be the domain");

        Visit direct = browse(kind, kind.site().address(), 443);
        Visit fronted = browse(kind, "127.0.0.1", proxy.port());

        assertTrue(direct.text().contains(page.substring(15, page.length() - 20)), direct::text);
        assertEquals(direct.text(), fronted.text());
        assertEquals(direct.flight().hello(), fronted.flight().hello());
        assertEquals(kind == FrontServer.Kind.NODE ? TlsFlight.GROUP_HYBRID : TlsFlight.GROUP_X25519,
            fronted.flight().group(), "group of the key share");
    }

    /** What ends a connection at the domain ends it at the proxy: bytes and kind of end are the same. */
    @ParameterizedTest
    @EnumSource(FrontServer.Kind.class)
    void shouldEndAsTheSiteDoes(FrontServer.Kind kind) throws IOException, InterruptedException
    {
        assumeTrue(SERVERS.containsKey(kind), () -> "skipped: there is no " + kind + " here to be the domain");
        Map<String, byte[]> probes = new TreeMap<>(Map.of(
            "a hello of TLS 1.2 without a cipher that it has", BadHellos.unknownCiphers(kind.site().domain()),
            "a hello whose key share is cut off", BadHellos.brokenKeyShare(kind.site().domain()),
            "a hello for TLS 1.4", BadHellos.unknownVersion(kind.site().domain())));
        if (kind.equals(SERVERS.keySet().iterator().next()))
        {
            // what names no domain goes to the first one
            probes.put("HTTP", ascii("GET / HTTP/1.1\r\nHost: " + kind.site().domain() + "\r\n\r\n"));
            probes.put("garbage", ascii("\u0003garbage that is nothing at all, and long enough\r\n\r\n"));
            probes.put("alert", HexFormat.of().parseHex("15030100020100160301000101"));
            probes.put("a hello of TLS 1.0", HexFormat.of().parseHex(
                "160301002d010000290301" + "07".repeat(32) + "000002002f0100"));
        }
        Map<String, String> direct = new TreeMap<>();
        Map<String, String> fronted = new TreeMap<>();
        for (Map.Entry<String, byte[]> probe : probes.entrySet())
        {
            direct.put(probe.getKey(), ending(kind.site().address(), 443, probe.getValue()));
            fronted.put(probe.getKey(), ending("127.0.0.1", proxy.port(), probe.getValue()));
        }

        assertEquals(direct, fronted);
    }

    @Test
    void shouldServeWhileSomebodyStallsTheSite() throws IOException, InterruptedException
    {
        FrontServer.Kind kind = SERVERS.containsKey(FrontServer.Kind.NGINX) ?
            FrontServer.Kind.NGINX :
            FrontServer.Kind.NODE;
        assumeTrue(SERVERS.containsKey(kind) && ToolRun.isHere("curl"), "skipped: no server here, or no curl");
        try (Socket idle = new Socket(InetAddress.getLoopbackAddress(), proxy.port()))
        {
            idle.getOutputStream().write(ascii("GET / HTTP/1.1\r\n"));

            ToolRun run = curl(kind, "127.0.0.1", proxy.port());

            assertTrue(run.out().contains("200"), run::err);
        }
    }

    /**
     * One visit.
     *
     * @param text         page, with what the visitor prints around it.
     * @param certificates that were shown.
     * @param flight       the first answer, as a watcher saw it.
     */
    private record Visit(String text, String certificates, TlsFlight flight)
    {
    }

    private static Visit visit(FrontServer.Kind kind, Visitor visitor, String address, int port)
        throws IOException, InterruptedException
    {
        try (RecordTap tap = RecordTap.open(address, port))
        {
            return switch (visitor)
            {
                case OPENSSL ->
                {
                    ToolRun run = ToolRun.of(folder, "GET " + PAGE + " HTTP/1.0\r\nHost: " + kind.site().domain() +
                        "\r\n\r\n",
                        Map.of(), List.of("openssl", "s_client", "-connect", "127.0.0.1:" + tap.port(), "-servername",
                            kind.site().domain(), "-CAfile", chain.root().toString(), "-verify_return_error",
                            "-showcerts",
                            "-ign_eof"));
                    yield new Visit(lines(run.out(), line -> line.startsWith("<html>")), certificates(run.out()),
                        first(tap));
                }
                case CURL ->
                {
                    ToolRun run = curl(kind, "127.0.0.1", tap.port());
                    yield new Visit(run.out().substring(0, run.out().indexOf("-----BEGIN") < 0 ?
                        run.out().length() :
                        run.out().indexOf("\n--certificates--")), certificates(run.out()), first(tap));
                }
                case NODE ->
                {
                    ToolRun run = ToolRun.of(folder, "", Map.of(), List.of(ModernNode.program().toString(), "-e", NODE,
                        "127.0.0.1", Integer.toString(tap.port()), kind.site().domain(), chain.root().toString(),
                        PAGE));
                    assertEquals(0, run.exitCode(), run::err);
                    yield new Visit(lines(run.out(), line -> line.startsWith("<html>")), certificates(run.out()),
                        first(tap));
                }
            };
        }
    }

    private static final String NODE = """
        const [address, port, name, root, page] = process.argv.slice(1);
        const pem = raw => '-----BEGIN CERTIFICATE-----\\n' + raw.toString('base64') + '\\n-----END CERTIFICATE-----';
        const request = require('https').get({host: address, port, servername: name, path: page, agent: false,
          headers: {Host: name}, ca: require('fs').readFileSync(root)}, response => {
          const peer = response.socket.getPeerCertificate(true);
          console.log(pem(peer.raw));
          console.log(pem(peer.issuerCertificate.raw));
          response.pipe(process.stdout);
        });
        request.on('error', error => { console.error(error); process.exit(1); });
        """;

    private static ToolRun curl(FrontServer.Kind kind, String address, int port) throws IOException,
        InterruptedException
    {
        assumeTrue(ToolRun.isHere("curl"), "skipped: there is no curl here");
        return ToolRun.of(folder, "", Map.of(), List.of("curl", "-sS", "--cacert", chain.root().toString(),
            "--connect-to", kind.site().domain() + ":443:" + address + ":" + port, "https://" + kind.site().domain() +
                PAGE, "-w",
            "%{http_code} %{http_version}\n--certificates--\n%{certs}"));
    }

    private static Visit browse(FrontServer.Kind kind, String address, int port) throws IOException,
        InterruptedException
    {
        Path profile = Files.createTempDirectory(folder, "browser");
        try (RecordTap tap = RecordTap.open(address, port))
        {
            ToolRun run = ToolRun.of(folder, "", Map.of("HOME", profile.toString()), List.of("chromium", "--headless",
                "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-extensions",
                "--disable-background-networking", "--user-data-dir=" + profile, "--ignore-certificate-errors",
                "--host-resolver-rules=MAP " + kind.site().domain() + ":443 127.0.0.1:" + tap.port(), "--dump-dom",
                "https://" + kind.site().domain() + PAGE));
            return new Visit(run.out(), "", first(tap));
        }
    }

    private static TlsFlight first(RecordTap tap)
    {
        return TlsFlight.read(tap.answers().stream().filter(answer -> answer.length > 0).findFirst().orElseThrow());
    }

    /** @return what came back and how the connection ended; what is encrypted or a date is not compared. */
    private static String ending(String address, int port, byte[] probe) throws IOException
    {
        try (Socket socket = new Socket())
        {
            socket.connect(new InetSocketAddress(InetAddress.ofLiteral(address), port), 5_000);
            socket.setSoTimeout(3_000);
            socket.getOutputStream().write(probe);
            StringBuilder text = new StringBuilder();
            try
            {
                byte[] all = socket.getInputStream().readAllBytes();
                text.append(new String(all, StandardCharsets.ISO_8859_1)).append("|FIN");
            }
            catch (java.net.SocketTimeoutException open)
            {
                text.append("|open");
            }
            catch (java.net.SocketException reset)
            {
                text.append("|RST");
            }
            return lines(text.toString(), line -> !line.startsWith("Date:"));
        }
    }

    private static String certificates(String text)
    {
        StringBuilder found = new StringBuilder();
        int at = text.indexOf("-----BEGIN CERTIFICATE-----");
        while (at >= 0)
        {
            String end = "-----END CERTIFICATE-----";
            int until = text.indexOf(end, at) + end.length();
            found.append(text, at, until).append('\n');
            at = text.indexOf("-----BEGIN CERTIFICATE-----", until);
        }
        return found.toString();
    }

    private static String lines(String text, Predicate<String> filter)
    {
        return String.join("\n", text.lines().filter(filter).toList());
    }

    private static byte[] ascii(String text)
    {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
