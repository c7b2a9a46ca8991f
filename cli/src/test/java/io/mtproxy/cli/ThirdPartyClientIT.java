// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.mtproxy.soak.DatacenterServer;
import io.mtproxy.soak.DatacenterSettings;
import io.mtproxy.soak.DatacenterSettings.Mode;
import io.mtproxy.soak.TestRsaKey;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Clients that others wrote make their key exchange and encrypted calls through the proxy with a simulated datacenter.
 * <p>
 * Needs node and, the first time, npm with its registry; without them the tests are skipped. Where the environment
 * variable MTPROXY_REFERENCE names the reference proxy, the same is done through that: it shows that a failure is ours.
 */
class ThirdPartyClientIT
{
    private static final String SECRET = ParitySetup.SECRET;
    private static final String DOMAIN = "localhost";
    private static final byte[] DATACENTER_KEY =
        "third-party clients third-party clients third-party clients".getBytes(StandardCharsets.US_ASCII);
    private static final int DC = 2;
    private static final int CALLS = 20;
    private static final int LINKS = 4;
    private static final int FILE_BYTES = 1_548_577;
    private static final int SENT_BYTES = 2 * 512 * 1024;
    private static final long TIMEOUT_MS = 60_000;

    private static NodeClients clients;
    private static String whyNot = "";

    @TempDir private Path folder;

    /**
     * One client through one proxy.
     *
     * @param script    that runs it.
     * @param transport that it reports.
     * @param secret    as in a link; its start decides the transport.
     * @param dc        that the client asks for.
     */
    record Case(ProxyUnderTest proxy, String script, String transport, String secret, int dc)
    {
        @Override
        public String toString()
        {
            return "%s, %s, DC %d, through %s".formatted(script, transport, dc, proxy);
        }
    }

    static List<Case> plainCases()
    {
        return proxies().stream().flatMap(proxy -> Stream.of(
            new Case(proxy, "gramjs.mjs", "abridged", SECRET, DC),
            new Case(proxy, "gramjs.mjs", "abridged", SECRET, 4),
            new Case(proxy, "mtcute.mjs", "intermediate", SECRET, DC),
            new Case(proxy, "mtcute.mjs", "intermediate", SECRET, -DC),
            new Case(proxy, "mtcute.mjs", "padded", "dd" + SECRET, DC))).toList();
    }

    static List<Case> fakeTlsCases()
    {
        final String secret =
            "ee" + SECRET + HexFormat.of().formatHex(DOMAIN.getBytes(StandardCharsets.US_ASCII));
        return proxies().stream().map(proxy -> new Case(proxy, "mtcute.mjs", "fake-tls", secret, DC)).toList();
    }

    @BeforeAll
    static void install() throws InterruptedException
    {
        try
        {
            clients = NodeClients.install(
                ProjectFolders.cli().resolve(Path.of("src", "test", "interop")),
                ProjectFolders.cli().resolve(Path.of("target", "interop")));
        }
        catch (final NodeClients.NotInstallable reason)
        {
            whyNot = reason.getMessage();
        }
    }

    /** [P-OBF-01] [P-OBF-12] [P-OBF-16] */
    @ParameterizedTest
    @MethodSource("plainCases")
    void clientMakesItsKeyAndCalls(final Case one) throws IOException, InterruptedException
    {
        play(one, List.of("-S", SECRET));
    }

    /** [P-OBF-01] [P-TLS-21] [P-TLS-33] [P-TLS-40] */
    @ParameterizedTest(allowZeroInvocations = true)
    @MethodSource("fakeTlsCases")
    void fakeTlsClientMakesItsKeyAndCalls(final Case one) throws IOException, InterruptedException
    {
        play(one, List.of("-S", SECRET, "-D", DOMAIN));
    }

    private void play(final Case one, final List<String> arguments) throws IOException, InterruptedException
    {
        assumeTrue(!one.proxy().command().isEmpty(),
            "skipped: there is no main class on the class path and MTPROXY is not set");
        assumeTrue(whyNot.isEmpty(), () -> "skipped: the third-party clients are not here: " + whyNot);

        final DatacenterSettings settings = DatacenterSettings.of(DATACENTER_KEY, Mode.MTPROTO).withDcId(DC);
        try (DatacenterServer datacenter = DatacenterServer.start(settings);
            ProxyProcess proxy = one.proxy().start(
                folder, "proxy_for %d 127.0.0.1:%d;%ndefault %d;%n".formatted(DC, datacenter.port(), DC),
                DATACENTER_KEY, arguments))
        {
            await("the links of " + one.proxy(), () -> datacenter.snapshot().linksReady() >= LINKS);

            final NodeClients.Outcome outcome = clients.run(
                one.script(),
                Map.of("MTPROXY_RSA_PUBLIC_KEY", TestRsaKey.publicKeyPem(), "MTPROXY_CALLS", Integer.toString(CALLS)),
                "127.0.0.1", Integer.toString(proxy.port()), one.secret(), Integer.toString(one.dc()));

            final String all = outcome.output() + System.lineSeparator() + proxy.output();
            assertEquals(0, outcome.exitCode(), all);
            final JsonNode report = new ObjectMapper().readTree(outcome.output());
            assertTrue(report.path("ok").asBoolean(), all);
            assertEquals(one.transport(), report.path("transport").asText(), all);
            assertEquals(CALLS, report.path("steps").path("calls").asInt(), all);
            assertEquals(DC, report.path("steps").path("nearestDc").path("thisDc").asInt(), all);
            assertEquals(FILE_BYTES, report.path("steps").path("fileBytes").asInt(), all);
            assertEquals(SENT_BYTES, report.path("steps").path("sentBytes").asInt(), all);
            assertTrue(report.path("steps").has("pong"), all);

            await("the end of the client's connection", () -> datacenter.snapshot().closes() == 1);
            assertEquals(1, datacenter.snapshot().keysAgreed(), all);
            assertEquals(List.of(), datacenter.violations(), all);
            assertTrue(proxy.isAlive(), all);
        }
    }

    /** Never empty: without a proxy to test there is one that is none, so that the skipped test says why. */
    private static List<ProxyUnderTest> proxies()
    {
        final List<ProxyUnderTest> proxies = new ArrayList<>();
        proxies.add(ProxyUnderTest.ours().orElse(new ProxyUnderTest("mtproto-proxy", List.of())));
        ProxyUnderTest.reference().ifPresent(proxies::add);
        return proxies;
    }

    private static void await(final String what, final BooleanSupplier condition) throws InterruptedException
    {
        final long deadlineNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(TIMEOUT_MS);
        while (!condition.getAsBoolean())
        {
            assertTrue(System.nanoTime() - deadlineNs < 0, () -> what + " did not come in time");
            Thread.sleep(10);
        }
    }
}
