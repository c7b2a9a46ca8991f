// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code doctor --front} as a process beside a running proxy: what it sees of domains that are played here. */
class DoctorIT
{
    private static final FrontServer.Site ONE_RECORD = new FrontServer.Site("one.record.test", "127.43.5.1");
    private static final FrontServer.Site NGINX = new FrontServer.Site("nginx.doctor.test", "127.43.5.2");
    private static final FrontServer.Site OTHER = new FrontServer.Site("other.doctor.test", "127.43.5.3");
    private static final long LEARN_TIMEOUT_S = 120;

    @TempDir private static Path folder;
    private static final List<AutoCloseable> OPENED = new ArrayList<>();
    private static FrontHosts hosts;
    private static ProxyProcess proxy;
    private static boolean hasNginx;

    @BeforeAll
    static void start() throws Exception
    {
        FrontHosts.assumePossible(folder, ONE_RECORD.address());
        assumeTrue(ProxyUnderTest.ours().isPresent(), "skipped: there is no main class on the class path");
        ProcessFacts.open(folder, "rwxr-xr-x");
        Map<String, String> addresses = new TreeMap<>();
        hasNginx = FrontServer.Kind.NGINX.isHere() && ToolRun.isHere("openssl");
        OPENED.add(RecordOrigin.open(ONE_RECORD.address(), 443, RecordOrigin.Shape.ofSignature(2240), 9));
        for (FrontServer.Site site : List.of(ONE_RECORD, NGINX, OTHER))
        {
            addresses.put(site.domain(), site.address());
        }
        if (hasNginx)
        {
            Path pages = Files.createDirectory(folder.resolve("pages"));
            ProcessFacts.open(pages, "rwxr-xr-x");
            OPENED.add(FrontServer.start(FrontServer.Kind.NGINX, NGINX, folder, pages,
                TestChain.make(folder, TestChain.Algorithm.ECDSA, List.of(NGINX.domain())), true));
            OPENED.add(FrontServer.start(FrontServer.Kind.NGINX, OTHER, folder, pages,
                TestChain.make(folder, TestChain.Algorithm.RSA, List.of(OTHER.domain())), true));
        }
        hosts = FrontHosts.write(folder, addresses);
        Files.writeString(folder.resolve("secrets"), ParitySetup.SECRET + "\n");
        proxy = hosts.around(ProxyUnderTest.ours().orElseThrow()).start(
            Files.createDirectory(folder.resolve("proxy")), "default 2;\nproxy_for 2 127.0.0.1:9;\n",
            "a secret of some length that both sides have".getBytes(StandardCharsets.US_ASCII),
            List.of("--mtproto-secret-file", folder.resolve("secrets").toString(), "-D", ONE_RECORD.domain(), "-D",
                NGINX.domain(), "--status-dir", folder.resolve("status").toString()));
    }

    @AfterAll
    static void stop() throws Exception
    {
        if (proxy != null)
        {
            proxy.close();
        }
        for (AutoCloseable each : OPENED)
        {
            each.close();
        }
        OPENED.clear();
    }

    /** Domain, port and secret are those of the proxy that runs. */
    @Test
    void shouldFindNothingWhereTheDomainSendsOneRecord() throws Exception
    {
        ToolRun run = awaitLearnt("--status-dir", folder.resolve("status").toString(), "--domain", ONE_RECORD.domain());

        // a delay is that of this machine, at this moment
        boolean isDelayed = differences(run).equals(List.of("delay"));
        assertEquals(isDelayed ? 1 : 0, run.exitCode(), () -> run.out() + run.err());
        assertTrue(run.out().contains("score " + (isDelayed ? 92 : 100) + " of 100"), run::out);
        for (String field : List.of("ServerHello", "group of the key share", "encrypted records", "size of the flight",
            "answer to strangers", "bad input", "plain HTTP", "silence"))
        {
            assertTrue(run.out().lines().anyMatch(line -> line.matches("  ok +" + field + " .*")), () -> field + run
                .out());
        }
        assertTrue(run.out().contains("X25519MLKEM768"), run::out);
        assertNoSecret(run);
    }

    @Test
    void shouldSayWhatGivesAwayAProxyBeforeNginx() throws Exception
    {
        assumeTrue(hasNginx, "skipped: there is no nginx here, or no openssl");
        ToolRun run = awaitLearnt("--status-dir", folder.resolve("status").toString(), "--domain", NGINX.domain(),
            "--mtproto-secret-file", folder.resolve("secrets").toString());

        assertEquals(1, run.exitCode(), () -> run.out() + run.err());
        List<String> differences = new ArrayList<>(differences(run));
        boolean isDelayed = differences.remove("delay");
        assertEquals(List.of("encrypted records", "session tickets"), differences, run::out);
        assertTrue(run.out().contains("score " + (isDelayed ? 75 : 83) +
            " of 100, given away by: encrypted records -12, "),
            run::out);
        assertTrue(run.out().lines().anyMatch(line -> line.matches("  note +hybrid key share .*")), run::out);
        assertTrue(run.out().lines().anyMatch(line -> line.matches("  ok +certificate .*")), run::out);
        assertNoSecret(run);
    }

    /** The proxy passes strangers on to one site, and the operator means another. */
    @Test
    void shouldSeeThatNameAndSiteDoNotFit() throws Exception
    {
        assumeTrue(hasNginx, "skipped: there is no nginx here, or no openssl");
        ToolRun run = doctor("--domain", NGINX.domain(), "--connect", "127.0.0.1:" + proxy.port(), "--origin",
            OTHER.address() + ":443");

        assertEquals(1, run.exitCode(), run::err);
        assertTrue(differences(run).containsAll(List.of("address", "certificate", "answer to strangers",
            "certificate's validity")), run::out);
        assertTrue(run.out().contains("without a secret nobody is a client"), run::out);
    }

    @Test
    void shouldSeeADomainThatSpeaksNoTls() throws Exception
    {
        try (RecordTap silent = RecordTap.open("127.0.0.1", 9))
        {
            ToolRun run = doctor("--domain", NGINX.domain(), "--connect", "127.0.0.1:" + proxy.port(), "--origin",
                "127.0.0.1:" + silent.port());

            assertEquals(1, run.exitCode(), run::err);
            assertTrue(differences(run).contains("TLS 1.3"), run::out);
        }
    }

    @Test
    void shouldRefuseWrongUsage() throws Exception
    {
        for (String[] arguments : new String[][]{
            {"--domain", "x.test"}, {"--front", "--what"}, {"--front", "--hellos", "0"},
            {"--front", "--domain", NGINX.domain(), "--connect", "127.0.0.1"},
            {"--front", "--domain", NGINX.domain(), "--connect", "127.0.0.1:port"},
            {"--front", "--domain", NGINX.domain(), "--connect", "127.0.0.1:1", "-S", "123"}})
        {
            ToolRun run = doctor(false, arguments);
            assertEquals(2, run.exitCode(), () -> Arrays.toString(arguments) + run.out() + run.err());
            assertEquals("", run.out());
            assertFalse(run.err().isEmpty());
        }
        ToolRun none = doctor(false, "--front", "--status-dir", folder.resolve("nothing").toString());
        assertEquals(3, none.exitCode(), none::err);
        assertTrue(none.err().contains("no proxy"), none::err);
    }

    /** Until the proxy has looked at the domain, sizes differ; it says so. [P-TLS-53] */
    private static ToolRun awaitLearnt(String... arguments) throws Exception
    {
        long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(LEARN_TIMEOUT_S);
        ToolRun run;
        do
        {
            run = doctor(arguments);
        }
        while (run.out().contains("nothing is learnt yet") && System.nanoTime() - deadlineNs < 0);
        return run;
    }

    private static List<String> differences(ToolRun run)
    {
        return run.out().lines().filter(line -> line.startsWith("  DIFFERS"))
            .map(line -> line.substring(11, 33).strip()).sorted(
                (first, second) -> run.out().indexOf(first) - run.out().indexOf(second)).toList();
    }

    private static void assertNoSecret(ToolRun run)
    {
        assertFalse((run.out() + run.err()).contains(ParitySetup.SECRET), "a secret is shown");
    }

    private static ToolRun doctor(String... arguments) throws IOException, InterruptedException
    {
        List<String> all = new ArrayList<>(List.of("--front", "--hellos", "12", "--silence", "1"));
        all.addAll(List.of(arguments));
        return doctor(true, all.toArray(String[]::new));
    }

    private static ToolRun doctor(boolean hasHosts, String... arguments) throws IOException, InterruptedException
    {
        List<String> line = new ArrayList<>(ProxyUnderTest.ours().orElseThrow().command());
        line.add("doctor");
        line.addAll(List.of(arguments));
        return ToolRun.of(folder, "", Map.of(), hasHosts ? hosts.command(line) : line);
    }
}
