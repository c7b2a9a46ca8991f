// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.docker;

import static io.mtproxy.docker.StartScript.ADDRESS_URL;
import static io.mtproxy.docker.StartScript.CONFIGURATION;
import static io.mtproxy.docker.StartScript.CONFIGURATION_URL;
import static io.mtproxy.docker.StartScript.PROXY_EXIT_CODE;
import static io.mtproxy.docker.StartScript.PROXY_SECRET_URL;
import static io.mtproxy.docker.StartScript.SECRET;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.stream.Collectors.joining;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mtproxy.docker.StartScript.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The container's start script as a process, with nothing of the outside world. */
class RunScriptIT
{
    private static final Path ROOT = Path.of(System.getProperty("mtproxy.root", ".."));
    private static final Path SCRIPT = ROOT.resolve("docker/run.sh");
    private static final String OTHER = "fedcba9876543210fedcba9876543210";
    private static final String ERROR_PAGE = "<html><head><title>502 Bad Gateway</title></head></html>\n";

    @TempDir private Path folder;
    private StartScript script;

    @BeforeEach
    void newImage() throws IOException
    {
        script = new StartScript(SCRIPT, folder);
    }

    // ---- secrets

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 128})
    @DisplayName("[C-DOCK-01] [C-DOCK-12] secrets of SECRET are lower-cased and written to the file")
    void shouldTakeSecretsOfVariable(int count) throws Exception
    {
        String secrets = secrets(count, ",");

        Outcome outcome = script.with("SECRET", secrets.toUpperCase(Locale.ROOT)).run();

        assertStarted(outcome);
        assertEquals(secrets + "\n", script.read("data/secret"));
        assertEquals(List.of("-- --mtproto-secret-file /data/secret"), inImage("data/secret_cmd"));
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "0123456789abcdef0123456789abcde", "0123456789abcdef0123456789abcdef0", "g123456789abcdef0123456789abcdef",
        "dd0123456789abcdef0123456789abcdef", SECRET + ",", "," + SECRET, SECRET + ",," + OTHER, SECRET + ", " + OTHER,
        SECRET + " ", " " + SECRET, SECRET + "\n", SECRET + ";" + OTHER, " ", SECRET + "\n" + OTHER, "*"
    })
    @DisplayName("[C-DOCK-01] [C-DOCK-11] a bad SECRET ends with 1, before the network and without being shown")
    void shouldRefuseBadVariable(String value) throws Exception
    {
        Outcome outcome = script.with("SECRET", value).run();

        assertFailed(1, "SECRET must be", outcome);
        assertEquals("", script.read("data/secret"));
        assertEquals(List.of(), script.calls("curl"));
        assertFalse(String.join("\n", outcome.lines()).contains("0123456789abc"), outcome::toString);
    }

    @Test
    @DisplayName("[C-DOCK-01] [C-DOCK-11] 129 secrets of SECRET end with 1")
    void shouldRefuseTooManyOfVariable() throws Exception
    {
        assertFailed(1, "1 to 128 secrets", script.with("SECRET", secrets(129, ",")).run());
    }

    @Test
    @DisplayName("[C-DOCK-11] no secret at all ends with 1, and none is made up")
    void shouldRefuseToStartWithoutSecret() throws Exception
    {
        assertFailed(1, "No secret", script.without("SECRET").run());
        assertFailed(1, "No secret", script.with("SECRET", "").run());
        assertEquals("", script.read("data/secret"));
    }

    @Test
    @DisplayName("[C-DOCK-01] [C-DOCK-02] the file comes before SECRET, also before a bad one")
    void shouldPreferFile() throws Exception
    {
        script.file("data/secret", OTHER).with("SECRET", "bad");

        Outcome outcome = script.run();

        assertStarted(outcome);
        assertEquals(OTHER + "\n", script.read("data/secret"));
        assertTrue(outcome.lines().contains("[*]   Secret 1: " + OTHER), outcome::toString);
        assertEquals("", outcome.line("[*]   Secret 2"));
    }

    @Test
    @DisplayName("[C-DOCK-01] [C-DOCK-20] an empty file leaves it to SECRET, the next start has it in the file")
    void shouldKeepSecretForNextStart() throws Exception
    {
        assertStarted(script.file("data/secret", "").run());

        assertStarted(script.without("SECRET").run());
        assertEquals(SECRET + "\n", script.read("data/secret"));
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "%1$s,%2$s", "%1$s %2$s\n", "%1$s\n%2$s", "\n\t%1$s ,\t, %2$s,\n\n", "# two\n%1$s # first\n#%1$s\n%2$s#\n",
        "%1$s\r\n%2$s\r\n", "%1$s\r%2$s", "# comment\r\n%1$s # first\r\n\r\n%2$s\r\n# end", "%1$s,%2$s,"
    })
    @DisplayName("[C-DOCK-02] [C-DOCK-12] separators and comments of the file; CRLF [improve]; comments are lost")
    void shouldReadFile(String form) throws Exception
    {
        script.file("data/secret", form.formatted(SECRET.toUpperCase(Locale.ROOT), OTHER)).without("SECRET");

        assertStarted(script.run());
        assertEquals(SECRET + "," + OTHER + "\n", script.read("data/secret"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "0123456789abcdef|/data/secret:1:", "dd0123456789abcdef0123456789abcdef|/data/secret:1:",
        "'\n\n0123456789abcdef0123456789abcdef;'|/data/secret:3:", "*|/data/secret:1:", "' '|holds no secret",
        "'# none\n,\n'|holds no secret", "'0123456789abcdef0123456789abcdef #\nee'|/data/secret:2:"
    })
    @DisplayName("[C-DOCK-02] [C-DOCK-11] a bad file ends with 1 and is left alone")
    void shouldRefuseBadFile(String content, String message) throws Exception
    {
        assertFailed(1, message, script.file("data/secret", content).run());
        assertEquals(content, script.read("data/secret"));
        assertEquals("", script.read("data/secret_cmd"));
    }

    @Test
    @DisplayName("[C-DOCK-02] [C-DOCK-11] 128 secrets in the file are taken, 129 end with 1")
    void shouldCountSecretsOfFile() throws Exception
    {
        assertStarted(script.file("data/secret", secrets(128, "\n")).run());
        assertFailed(1, "more than 128", script.file("data/secret", secrets(129, "\n")).run());
    }

    @Test
    @DisplayName("[C-DOCK-11] a folder in place of the file ends with 1")
    void shouldRefuseFolder() throws Exception
    {
        Files.createDirectory(script.path("data/secret"));

        assertFailed(1, "is not a file", script.run());
    }

    @Test
    @DisplayName("[C-DOCK-12] secrets are written before the network steps")
    void shouldWriteSecretsBeforeNetwork() throws Exception
    {
        assertFailed(2, "cannot be downloaded", script.noConnection(CONFIGURATION_URL).run());
        assertEquals(SECRET + "\n", script.read("data/secret"));
        assertEquals(List.of("-- --mtproto-secret-file /data/secret"), inImage("data/secret_cmd"));
    }

    // ---- tag, workers, trace

    @ParameterizedTest
    @CsvSource({
        "0123456789abcdef0123456789ABCDEF, true", "0123456789abcdef0123456789abcde, false", "' ', false",
        "0123456789abcdef0123456789abcdeg, false", "'0123456789abcdef0123456789abcdef -v', false",
        "'x\n0123456789abcdef0123456789abcdef', false"
    })
    @DisplayName("[C-DOCK-03] [C-DOCK-16] [C-DOCK-18] a tag is lower-cased and passed last, a bad one costs two warnings")
    void shouldPassTagOnlyWhenGood(String tag, boolean isGood) throws Exception
    {
        Outcome outcome = script.with("TAG", tag).run();

        assertStarted(outcome);
        List<String> tail = isGood ? List.of("-P", tag.toLowerCase(Locale.ROOT)) : List.of();
        assertEquals(arguments("2", tail), outcome.arguments());
        assertEquals(isGood ? 0 : 2, outcome.lines().stream().filter(line -> line.startsWith("[!]")).count());
        assertEquals(("[*]   Tag: " + (isGood ? tag.toLowerCase(Locale.ROOT) : tag)).lines().findFirst().orElse(""),
            outcome.line("[*]   Tag:"));
    }

    @ParameterizedTest
    @CsvSource({"4, 4", "'', 2", "abc, abc", "-1, -1", "'1 -v *', '1 -v *'"})
    @DisplayName("[C-DOCK-04] WORKERS is passed as it is, 2 when empty")
    void shouldPassWorkers(String given, String passed) throws Exception
    {
        assertEquals(arguments(passed, List.of()), script.with("WORKERS", given).run().arguments());
    }

    @Test
    @DisplayName("[C-DOCK-05] [C-DOCK-10] DEBUG traces on stderr; without it everything is on stdout")
    void shouldTraceOnlyWhenAsked() throws Exception
    {
        assertEquals("", script.run().errors());
        assertTrue(script.with("DEBUG", "0").run().errors().contains("+ find_secrets"));
    }

    // ---- files from Telegram

    @Test
    @DisplayName("[C-DOCK-07] the configuration is downloaded at every start, over the one that is there")
    void shouldDownloadConfigurationAtEveryStart() throws Exception
    {
        assertStarted(script.file("etc/telegram/backend.conf", "proxy 192.0.2.9:1;").run());
        assertEquals(CONFIGURATION, script.read("etc/telegram/backend.conf"));

        assertStarted(script.answer(CONFIGURATION_URL, "proxy_for1 192.0.2.2:2;").run());
        assertEquals("proxy_for1 192.0.2.2:2;", script.read("etc/telegram/backend.conf"));
        assertEquals("proxy_for1 192.0.2.2:2;", script.read("data/backend.conf"));
        assertEquals(2, calls(CONFIGURATION_URL).size());
    }

    @Test
    @DisplayName("[C-DOCK-07] [improve] each download has a time limit")
    void shouldLimitTimeOfDownloads() throws Exception
    {
        script.with("MTPROXY_DOWNLOAD_TIMEOUT", "11").run();

        List<String> calls = script.calls("curl");
        assertEquals(3, calls.size());
        assertTrue(calls.stream().allMatch(call -> call.contains("--max-time 11 ") && call.contains("-f ")),
            calls::toString);
    }

    @Test
    @DisplayName("[C-DOCK-13] no connection and no earlier file ends with 2")
    void shouldFailWithoutConfiguration() throws Exception
    {
        assertFailed(2, "cannot be downloaded", script.noConnection(CONFIGURATION_URL).run());
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "", ERROR_PAGE, "default 2;", "proxy_for 1 192.0.2.1:8888", "proxy_for 1 192.0.2.1:8888;\nproxy_for 2 192.0",
        "proxy_for 1 192.0.2.1:8888;;", "proxy 192.0.2.1:8888;\0", "proxy 192.0.2.1;", "prox 192.0.2.1:1;",
        "proxy 192.0.2.1:1; <p>"
    })
    @DisplayName("[C-DOCK-07] [C-DOCK-21] [improve] what is no whole configuration replaces nothing")
    void shouldKeepLastGoodConfiguration(String answer) throws Exception
    {
        script.answer(CONFIGURATION_URL, answer);
        assertFailed(2, "error page", script.run());
        assertEquals("", script.read("etc/telegram/backend.conf"));

        Outcome outcome = script.file("etc/telegram/backend.conf", CONFIGURATION).run();

        assertStarted(outcome);
        assertEquals(CONFIGURATION, script.read("etc/telegram/backend.conf"));
        assertTrue(outcome.line("[!]").contains("last good one"), outcome::toString);
    }

    @Test
    @DisplayName("[C-DOCK-07] [C-DOCK-21] [improve] an HTTP error is a failed download; a new container has the kept file")
    void shouldUseConfigurationOfVolume() throws Exception
    {
        script.run();
        Files.delete(script.path("etc/telegram/backend.conf"));

        Outcome outcome = script.answerError(CONFIGURATION_URL, "proxy 192.0.2.66:1;").run();

        assertStarted(outcome);
        assertEquals(CONFIGURATION, script.read("etc/telegram/backend.conf"));
        assertTrue(outcome.line("[!]").contains("last good one"), outcome::toString);
    }

    @Test
    @DisplayName("[C-DOCK-07] [C-DOCK-21] a bad earlier file is no way out")
    void shouldNotUseBadEarlierFile() throws Exception
    {
        script.noConnection(CONFIGURATION_URL).file("etc/telegram/backend.conf", ERROR_PAGE);

        assertFailed(2, "no earlier one", script.run());
    }

    @Test
    @DisplayName("[C-DOCK-06] [improve] the proxy secret is downloaded when missing, mode 0600, and then left alone")
    void shouldDownloadProxySecretOnce() throws Exception
    {
        String name = "etc/telegram/hello-explorers-how-are-you-doing";

        assertStarted(script.run());
        assertEquals(StartScript.proxySecret(), script.read(name));
        assertEquals("rw-------",
            PosixFilePermissions.toString(Files.getPosixFilePermissions(script.path(name))));

        assertStarted(script.answer(PROXY_SECRET_URL, "x".repeat(64)).run());
        assertEquals(StartScript.proxySecret(), script.read(name));
        assertEquals(1, calls(PROXY_SECRET_URL).size());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "\u0001\u00ff", ERROR_PAGE, "no such page, but long enough to be one, 404"})
    @DisplayName("[C-DOCK-06] [C-DOCK-21] [improve] an answer that is no proxy secret ends with 2, or the kept one is used")
    void shouldCheckProxySecret(String answer) throws Exception
    {
        script.answer(PROXY_SECRET_URL, answer);
        assertFailed(2, "proxy secret", script.run());

        Outcome outcome = script.file("data/proxy-secret", StartScript.proxySecret()).run();

        assertStarted(outcome);
        assertEquals(StartScript.proxySecret(), script.read("etc/telegram/hello-explorers-how-are-you-doing"));
        assertTrue(outcome.line("[!]").contains("proxy secret"), outcome::toString);
    }

    @Test
    @DisplayName("[C-DOCK-06] [improve] the proxy secret can be given by a variable, its zeros too")
    void shouldTakeProxySecretOfVariable() throws Exception
    {
        byte[] bytes = new byte[40];
        bytes[1] = '\n';
        bytes[2] = (byte)0xff;
        bytes[39] = '\\';

        assertStarted(script.with("MTPROXY_PROXY_SECRET", HexFormat.of().formatHex(bytes)).run());

        assertEquals(HexFormat.of().formatHex(bytes), HexFormat.of().formatHex(
            Files.readAllBytes(script.path("etc/telegram/hello-explorers-how-are-you-doing"))));
        assertEquals(List.of(), calls(PROXY_SECRET_URL));
        assertFailed(1, "MTPROXY_PROXY_SECRET", script.with("MTPROXY_PROXY_SECRET", "00".repeat(31)).run());
    }

    // ---- addresses

    @Test
    @DisplayName("[C-DOCK-14] [C-DOCK-16] the answer of the address service is the external address")
    void shouldAskForExternalAddress() throws Exception
    {
        Outcome outcome = script.answer(ADDRESS_URL, " 203.0.113.255\r\n").run();

        assertEquals("[*]   External IP: 203.0.113.255", outcome.line("[*]   External IP"));
        assertTrue(outcome.arguments().contains("172.17.0.2:203.0.113.255"), outcome::toString);
        assertTrue(calls(ADDRESS_URL).getFirst().contains(" -4 "));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "\n"})
    @DisplayName("[C-DOCK-14] no external address ends with 3")
    void shouldFailWithoutExternalAddress(String answer) throws Exception
    {
        assertFailed(3, "cannot be found", script.answer(ADDRESS_URL, answer).run());
        assertFailed(3, "cannot be found", script.noConnection(ADDRESS_URL).run());
    }

    @ParameterizedTest
    @ValueSource(strings = {
        ERROR_PAGE, "2001:db8::1", "198.51.100.256", "198.51.100", "198.51.100.7.1", "198.51.100.07", "198.51.100.7:1"
    })
    @DisplayName("[C-DOCK-21] [improve] an answer that is no IPv4 address ends with 3")
    void shouldCheckExternalAddress(String answer) throws Exception
    {
        assertFailed(3, "no IPv4 address", script.answer(ADDRESS_URL, answer).run());
        assertFailed(3, "no IPv4 address", script.with("MTPROXY_EXTERNAL_IP", answer).run());
    }

    @Test
    @DisplayName("[C-DOCK-21] [improve] an HTTP error of the address service ends with 3")
    void shouldNoticeErrorOfAddressService() throws Exception
    {
        assertFailed(3, "cannot be found", script.answerError(ADDRESS_URL, "198.51.100.7").run());
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "", "8.8.8.8 dev ppp0 \n", "8.8.8.8 dev eth0 src fe80::1\n", "RTNETLINK answers: Network is unreachable\n"
    })
    @DisplayName("[C-DOCK-15] no source address of a route to 8.8.8.8 ends with 4")
    void shouldFailWithoutInternalAddress(String route) throws Exception
    {
        assertFailed(4, "8.8.8.8", script.route(route).run());
    }

    @Test
    @DisplayName("[C-DOCK-15] the internal address is the source of the route to 8.8.8.8")
    void shouldFindInternalAddress() throws Exception
    {
        Outcome outcome = script.route("8.8.8.8 dev eth0 src 10.0.0.5 \n").run();

        assertTrue(outcome.arguments().contains("10.0.0.5:198.51.100.7"), outcome::toString);
    }

    // ---- summary and start

    @Test
    @DisplayName("[C-DOCK-10] [C-DOCK-16] banner first, prefixes, links of each secret, tag, address, reminder")
    void shouldShowSummary() throws Exception
    {
        Outcome outcome = script.with("SECRET", SECRET + "," + OTHER).run();

        List<String> lines = outcome.lines();
        assertTrue(lines.subList(0, 3).stream().allMatch(line -> line.startsWith("####")), outcome::toString);
        assertTrue(lines.subList(3, lines.size()).stream().allMatch(line -> line.matches("\\[[+*!F]] .*")),
            outcome::toString);
        List<String> summary = lines.stream().filter(line -> line.startsWith("[*]")).toList();
        assertEquals(List.of(
            "[*] Configuration:",
            "[*]   Secret 1: " + SECRET,
            "[*]   Link 1: tg://proxy?server=198.51.100.7&port=443&secret=" + SECRET,
            "[*]   Link 1: https://t.me/proxy?server=198.51.100.7&port=443&secret=" + SECRET,
            "[*]   Secret 2: " + OTHER,
            "[*]   Link 2: tg://proxy?server=198.51.100.7&port=443&secret=" + OTHER,
            "[*]   Link 2: https://t.me/proxy?server=198.51.100.7&port=443&secret=" + OTHER,
            "[*]   Tag: no tag",
            "[*]   External IP: 198.51.100.7"), summary.subList(0, summary.size() - 1));
        assertTrue(summary.getLast().contains("port 443: change it"), outcome::toString);
    }

    @Test
    @DisplayName("[C-DOCK-17] [C-DOCK-19] after a second the proxy takes the script's place, and its exit code is the container's")
    void shouldBecomeProxy() throws Exception
    {
        Outcome outcome = script.run("/bin/sh", "-c", "exec /bin/bash \"$0\"", SCRIPT.toString());

        assertEquals(PROXY_EXIT_CODE, outcome.exitCode());
        assertEquals(outcome.pid(), script.proxyPid());
        assertEquals(List.of("1"), script.calls("sleep"));
    }

    @Test
    @DisplayName("[C-DOCK-18] the arguments, in that order")
    void shouldPassArguments() throws Exception
    {
        assertEquals("-p 2398 --http-stats -H 443 -M 2 -C 60000 " +
            "--aes-pwd /etc/telegram/hello-explorers-how-are-you-doing -u root /etc/telegram/backend.conf " +
            "--allow-skip-dh --nat-info 172.17.0.2:198.51.100.7 --mtproto-secret-file /data/secret",
            String.join(" ", script.run().arguments()));
    }

    @Test
    @DisplayName("[C-DOCK-02] [C-DOCK-06] [C-DOCK-07] [C-DOCK-19] paths where nothing stands in front of them")
    void shouldUsePathsOfContract() throws Exception
    {
        String head = Files.readString(SCRIPT);
        Process process = new ProcessBuilder("/bin/bash", "-c", head.substring(0, head.indexOf("configuration_url=")) +
            "echo $secret_file $secret_arguments_file $configuration_file $proxy_secret_file $program").start();

        assertEquals("/data/secret /data/secret_cmd /etc/telegram/backend.conf " +
            "/etc/telegram/hello-explorers-how-are-you-doing /usr/local/bin/mtproto-proxy\n",
            new String(process.getInputStream().readAllBytes(), UTF_8));
    }

    // ---- what is added

    @Test
    @DisplayName("[C-DOCK-20] with addresses and files given nobody is asked")
    void shouldStartOffline() throws Exception
    {
        script.with("MTPROXY_OFFLINE", "1").with("MTPROXY_EXTERNAL_IP", "203.0.113.1")
            .with("MTPROXY_INTERNAL_IP", "10.1.1.1")
            .file("etc/telegram/backend.conf", "proxy  192.0.2.1:1 ; # of the operator\n")
            .file("etc/telegram/hello-explorers-how-are-you-doing", StartScript.proxySecret());

        Outcome outcome = script.run();

        assertStarted(outcome);
        assertEquals(List.of(), script.calls("curl"));
        assertTrue(outcome.arguments().contains("10.1.1.1:203.0.113.1"), outcome::toString);
        assertEquals("proxy  192.0.2.1:1 ; # of the operator\n", script.read("etc/telegram/backend.conf"));
    }

    @Test
    @DisplayName("[C-DOCK-20] without what is needed to start offline the exit codes are those of the missing thing")
    void shouldSayWhatIsMissingOffline() throws Exception
    {
        script.with("MTPROXY_OFFLINE", "yes");
        assertFailed(2, "backend.conf", script.run());
        script.file("etc/telegram/backend.conf", CONFIGURATION);
        assertFailed(2, "hello-explorers", script.run());
        script.file("etc/telegram/hello-explorers-how-are-you-doing", StartScript.proxySecret());
        assertFailed(3, "MTPROXY_EXTERNAL_IP", script.run());
        script.with("MTPROXY_EXTERNAL_IP", "203.0.113.1").with("MTPROXY_INTERNAL_IP", "localhost");
        assertFailed(4, "MTPROXY_INTERNAL_IP", script.run());
        assertEquals(List.of(), script.calls("curl"));
    }

    @Test
    @DisplayName("[C-DOCK-20] ports can be given, also the one that the links name")
    void shouldUseGivenPorts() throws Exception
    {
        Outcome outcome = script.with("MTPROXY_PORT", "8443").with("MTPROXY_STATS_PORT", "9000").run();

        assertEquals(List.of("-p", "9000", "--http-stats", "-H", "8443"), outcome.arguments().subList(0, 5));
        assertTrue(outcome.line("[*]   Link 1:").contains("&port=8443&"), outcome::toString);
        assertTrue(script.with("MTPROXY_LINK_PORT", "444").run().line("[*]   Link 1:").contains("&port=444&"));
    }

    @ParameterizedTest
    @CsvSource({
        "MTPROXY_PORT, 0", "MTPROXY_PORT, 65536", "MTPROXY_PORT, '443,444'", "MTPROXY_LINK_PORT, x",
        "MTPROXY_STATS_PORT, -1", "MTPROXY_STATS_PORT, 0443", "MTPROXY_DOWNLOAD_TIMEOUT, 0",
        "MTPROXY_REFRESH_INTERVAL, 59", "MTPROXY_REFRESH_INTERVAL, 1h", "MTPROXY_PORT, 99999999999999999999"
    })
    @DisplayName("[C-DOCK-20] a bad value of an added variable ends with 1 and its name")
    void shouldRefuseBadSettings(String variable, String value) throws Exception
    {
        assertFailed(1, variable + " is '" + value + "',", script.with(variable, value).run());
    }

    @Test
    @DisplayName("[C-DOCK-16] [improve] secrets are not printed when that is asked for, by a trace neither")
    void shouldHideSecrets() throws Exception
    {
        Outcome outcome = script.with("MTPROXY_HIDE_SECRETS", "1").with("DEBUG", "1")
            .with("SECRET", SECRET + "," + OTHER).run();

        assertStarted(outcome);
        assertFalse((outcome.lines() + outcome.errors()).contains(SECRET), outcome::toString);
        assertFalse((outcome.lines() + outcome.errors()).contains(OTHER), outcome::toString);
        assertEquals("[*]   Link 2: tg://proxy?server=198.51.100.7&port=443&secret=(hidden)",
            outcome.line("[*]   Link 2:"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "no", "OFF", "false", ""})
    @DisplayName("[C-DOCK-16] secrets are printed unless switched off")
    void shouldShowSecrets(String value) throws Exception
    {
        assertEquals("[*]   Secret 1: " + SECRET,
            script.with("MTPROXY_HIDE_SECRETS", value).run().line("[*]   Secret 1"));
    }

    @ParameterizedTest
    @CsvSource({"3600, 3600", ", 86400"})
    @DisplayName("[C-DOCK-07] [C-DOCK-17] [improve] a new configuration found later, by default within a day, is written, and the " +
        "proxy gets SIGHUP")
    void shouldAskForReloadWhenConfigurationIsNew(String interval, String slept) throws Exception
    {
        // The stand-in for sleep lets the pause before the start pass and one interval. The first download is the
        // start's, so the file is another one by then only if something wrote to it in between: the proxy does.
        script.proxyWaitsForReload();
        if (interval == null)
        {
            script.without("MTPROXY_REFRESH_INTERVAL");
        }
        else
        {
            script.with("MTPROXY_REFRESH_INTERVAL", interval);
        }
        StartScript.command(script.path("usr/local/bin/mtproto-proxy"), """
            #!/bin/sh
            echo "proxy 192.0.2.3:3;" >"$STAND_INS/getProxyConfig"
            trap 'exit 7' HUP
            mkdir "$STAND_INS/ready"
            while :
            do
                /bin/sleep 0.05
            done
            """);
        StartScript.command(folder.resolve("stand-ins/sleep"), """
            #!/bin/sh
            echo "$1" >>"$STAND_INS/sleep.calls"
            [ "$1" != 1 ] || exit 0
            until [ -d "$STAND_INS/ready" ]
            do
                /bin/sleep 0.05
            done
            mkdir "$STAND_INS/slept"
            """);

        Outcome outcome = script.run();

        assertEquals(PROXY_EXIT_CODE, outcome.exitCode());
        assertEquals("proxy 192.0.2.3:3;\n", script.read("etc/telegram/backend.conf"));
        assertEquals("proxy 192.0.2.3:3;\n", script.read("data/backend.conf"));
        assertTrue(script.calls("sleep").contains(slept));
    }

    @Test
    @DisplayName("[C-DOCK-07] nothing is fetched later where that is switched off")
    void shouldNotStayBesideProxyWhenSwitchedOff() throws Exception
    {
        assertStarted(script.run());

        assertEquals(List.of("1"), script.calls("sleep"));
    }

    @Test
    @DisplayName("[C-DOCK-12] no temporary file is left")
    void shouldLeaveNothingBehind() throws Exception
    {
        Path temporary = Files.createDirectory(folder.resolve("temporary"));
        script.with("TMPDIR", temporary.toString());

        script.run();
        script.noConnection(ADDRESS_URL).run();

        assertEquals(List.of(), names(temporary));
        assertEquals(List.of("backend.conf", "proxy-secret", "secret", "secret_cmd"), names(script.path("data")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"run.sh", "healthcheck.sh"})
    void shouldBeCleanShell(String name) throws Exception
    {
        String file = ROOT.resolve("docker").resolve(name).toString();
        assertEquals("", output("/bin/bash", "-n", file));
        assumeTrue(isThere("shellcheck"), "shellcheck is not installed");
        assertEquals("", output("shellcheck", file));
    }

    private static String output(String... command) throws IOException
    {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        return new String(process.getInputStream().readAllBytes(), UTF_8);
    }

    private static boolean isThere(String command)
    {
        return List.of(System.getenv("PATH").split(":")).stream()
            .anyMatch(path -> Files.isExecutable(Path.of(path, command)));
    }

    private static List<String> names(Path folder) throws IOException
    {
        try (var files = Files.list(folder))
        {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    private static void assertStarted(Outcome outcome)
    {
        assertEquals(PROXY_EXIT_CODE, outcome.exitCode(), outcome::toString);
        assertFalse(outcome.arguments().isEmpty(), outcome::toString);
        assertEquals("", outcome.line("[F]"));
    }

    private static void assertFailed(int exitCode, String message, Outcome outcome)
    {
        assertEquals(exitCode, outcome.exitCode(), outcome::toString);
        assertTrue(outcome.line("[F]").contains(message), outcome::toString);
        assertEquals(outcome.line("[F]"), outcome.lines().getLast());
        assertEquals(List.of(), outcome.arguments());
        assertEquals("", outcome.errors());
    }

    private static List<String> arguments(String workers, List<String> tail)
    {
        List<String> arguments = new ArrayList<>(List.of("-p", "2398", "--http-stats", "-H", "443", "-M", workers, "-C",
            "60000", "--aes-pwd", "/etc/telegram/hello-explorers-how-are-you-doing", "-u", "root",
            "/etc/telegram/backend.conf", "--allow-skip-dh", "--nat-info", "172.17.0.2:198.51.100.7",
            "--mtproto-secret-file", "/data/secret"));
        arguments.addAll(tail);
        return arguments;
    }

    private List<String> inImage(String file) throws IOException
    {
        return script.read(file).replace(script.path("").toString(), "").lines().toList();
    }

    private List<String> calls(String url) throws IOException
    {
        return script.calls("curl").stream().filter(call -> call.endsWith(url)).toList();
    }

    private static String secrets(int count, String separator)
    {
        return IntStream.range(0, count).mapToObj("%032x"::formatted).collect(joining(separator));
    }
}
