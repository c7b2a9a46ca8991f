// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.mtproxy.engine.config.ProxyMultiConf.Server;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ProxyMultiConfTest
{
    private static final String FILE = "proxy-multi.conf";

    /** Numbers, and two names that are one host. */
    private final HostResolver resolver = host ->
    {
        long ipv4 = Ipv4Text.parseShort(host);
        if (host.equals("one.example") || host.equals("uno.example"))
        {
            ipv4 = 0x0a000001;
        }
        if (ipv4 < 0)
        {
            throw new UnknownHostException("nobody knows it");
        }
        return InetAddress.getByAddress(
            new byte[]{(byte)(ipv4 >>> 24), (byte)(ipv4 >>> 16), (byte)(ipv4 >>> 8), (byte)ipv4});
    };

    @TempDir Path folder;

    @Test
    @DisplayName("[P-CON-01] [P-CON-10] dc_lookup.json: exact id, then the default, then nothing")
    void shouldLookUpAsTheVectorsSay() throws ConfigurationException, IOException
    {
        for (JsonNode vector : vectors().get("cases"))
        {
            ProxyMultiConf conf = parse(vector.get("config").asText());
            assertEquals(vector.get("default").asInt(), conf.defaultDc());
            for (JsonNode lookup : vector.get("lookups"))
            {
                List<Integer> ports = new ArrayList<>();
                lookup.get("ports").forEach(port -> ports.add(port.asInt()));
                assertEquals(ports, ports(conf.lookup(lookup.get("dc").asInt())), lookup.toString());
            }
        }
    }

    @Test
    @DisplayName("[P-CON-01] the invalid files of dc_lookup.json")
    void shouldRefuseTheInvalidFilesOfTheVectors() throws IOException
    {
        for (JsonNode vector : vectors().get("invalid"))
        {
            assertEquals(1, refuse(vector.get("config").asText()).exitCode(), vector.get("why").asText());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"proxy_for 1 10.0.0.1:80;", "proxy 10.0.0.1:80;", "proxy_for1 10.0.0.1:80;",
        "proxy10.0.0.1:80;", "proxy_for -5 10.0.0.1:80;", "proxy_for 1\t10.0.0.1:80;", "proxy_for\t1  10.0.0.1:80 ;",
        "# c\n \t\r\n proxy 10.0.0.1 # c\n : 80 # c\r\n;# end", "proxy 10.0.0.1:\t 80\n\n;\n",
        "default2;proxy 10.0.0.1:80;", "default 2;\r\nproxy 10.0.0.1:80;\r\n", "proxy 10.0.0.1:80;default -32768;",
        "proxy 10.0.0.1:65535;", "proxy 10.0.0.1:0000000000000000000080;", "timeout 10;timeout30000;proxy 10.0.0.1:1;",
        "max_connections 1000;min_connections 1000;proxy 10.0.0.1:1;", "min_connections1;proxy 10.0.0.1:1;",
        "proxy_for 32767 10.0.0.1:1;proxy_for -32768 10.0.0.1:1;", "proxy [2001:db8::1]:80;", "proxy 10.1:80;",
        "proxy [::ffff:10.0.0.1]:80;", "proxy one.example:80;", "proxy 10.0.0.1:80;#", "proxy_for 0 10.0.0.1:1;"})
    @DisplayName("[C-CFG-01] [C-CFG-02] [C-CFG-03] [C-CFG-04] files that are good")
    void shouldTakeGoodFiles(String text) throws ConfigurationException
    {
        assertTrue(parse(text).servers().size() >= 1);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        C-CFG-01 | proxy 10.0.0.1:80                     | 1 | no ";"
        C-CFG-02 | proxy_for 1\\n10.0.0.1:80;            | 1 | space or TAB must stand
        C-CFG-02 | proxy_for \\n1 10.0.0.1:80;           | 1 | a dc is expected
        C-CFG-02 | proxy_for 1#\\n10.0.0.1:80;           | 1 | space or TAB must stand
        C-CFG-02 | proxy 10.0.0.1:\\n80;                 | 1 | a port is expected
        C-CFG-02 | default\\n2;proxy 10.0.0.1:1;         | 1 | a dc is expected
        C-CFG-02 | timeout\\n20;proxy 10.0.0.1:1;        | 1 | a number is expected
        C-CFG-02 | proxy_for 1[2001:db8::1]:80;          | 1 | space or TAB must stand
        C-CFG-03 | proxy 10.0.0.1:80;;                   | 1 | empty statement
        C-CFG-03 | PROXY 10.0.0.1:80;                    | 1 | no statement begins so
        C-CFG-03 | // c\\nproxy 10.0.0.1:80;             | 1 | no statement begins so
        C-CFG-03 | server 10.0.0.1:80;                   | 1 | no statement begins so
        C-CFG-03 | proxy 10.0.0.1:80;{                   | 1 | no statement begins so
        C-CFG-03 | proxy 10.0.0.1:80;\\u000bproxy 1.1:1; | 1 | no statement begins so
        C-CFG-03 | \\u00ef\\u00bb\\u00bfproxy 1.1:1;     | 1 | byte-order mark
        C-CFG-03 | proxy_forx 10.0.0.1:80;               | 1 | a dc is expected
        C-CFG-03 | proxy_for +1 10.0.0.1:80;             | 1 | a dc is expected
        C-CFG-03 | proxy_for - 1 10.0.0.1:80;            | 1 | a dc is expected
        C-CFG-06 | proxy_for 1 10.1:1;\\nproxy_for 2 10.1:1;\\n\\nproxy_for 1 10.1:2; | 4 | dc 1 is intermixed
        C-CFG-06 | proxy 10.1:1;proxy_for 1 10.1:1;proxy_for 0 10.1:1; | 1 | dc 0 is intermixed
        C-CFG-08 | min_connections 0;proxy 10.1:1;       | 1 | min_connections is outside 1..8
        C-CFG-08 | min_connections 9;proxy 10.1:1;       | 1 | min_connections is outside 1..8
        C-CFG-08 | max_connections 3;proxy 10.1:1;       | 1 | max_connections is outside 4..1000
        C-CFG-08 | max_connections 1001;proxy 10.1:1;    | 1 | max_connections is outside 4..1000
        C-CFG-09 | timeout 9;proxy 10.1:1;               | 1 | timeout is outside 10..30000
        C-CFG-09 | timeout 30001;proxy 10.1:1;           | 1 | timeout is outside 10..30000
        C-CFG-10 | default 2;                            | 1 | at least one is needed
        C-CFG-10 | # nothing\\n                          | 2 | at least one is needed
        C-CFG-11 | proxy 10.1:4294967739;                | 1 | the port is outside 1..65535, near "4294967739;"
        C-CFG-11 | proxy 10.1:18446744073709551697;      | 1 | the port is outside
        C-CFG-11 | proxy 10.1:0;                         | 1 | the port is outside
        C-CFG-11 | proxy 10.1:65536;                     | 1 | the port is outside
        C-CFG-11 | proxy_for 18446744073709551617 1.1:1; | 1 | the dc is outside
        C-CFG-11 | proxy_for 32768 10.1:1;               | 1 | the dc is outside
        C-CFG-11 | proxy_for -32769 10.1:1;              | 1 | the dc is outside
        C-CFG-11 | default 99999999999999999999;proxy 10.1:1; | 1 | the dc is outside
        C-CFG-11 | min_connections 4294967297;proxy 10.1:1; | 1 | min_connections is outside
        C-CFG-12 | proxy 10.1:1;\\n\\u0000proxy 10.1:2;  | 2 | NUL byte
        C-CFG-20 | \\nproxy two.example:80;              | 2 | host "two.example" cannot be used: nobody knows it
        C-CFG-22 | proxy 2001:db8::1:80;                 | 1 | an IPv6 address needs brackets
        C-CFG-22 | proxy ::1:80;                         | 1 | a host is expected
        C-CFG-22 | proxy [2001:db8::1:80;                | 1 | a host is expected
        C-CFG-22 | proxy [fe80::1%lo]:80;                | 1 | a host is expected
        C-CFG-22 | proxy []:80;                          | 1 | it is no IPv6 address
        C-CFG-22 | proxy [10.0.0.1]:80;                  | 1 | it is no IPv6 address
        C-CFG-22 | proxy [1::2::3]:80;                   | 1 | it is no IPv6 address
        C-CFG-23 | proxy 0.0.0.0:80;                     | 1 | it stands for no address
        C-CFG-23 | proxy [::]:80;                        | 1 | it stands for no address
        C-CFG-23 | proxy [::ffff:0.0.0.0]:80;            | 1 | it stands for no address
        C-CFG-31 | proxy 10.1:1;\\r\\n\\r\\nproxy x       | 3 | ":" and a port must follow
        """)
    @DisplayName("[C-CFG-02] [C-CFG-03] [C-CFG-06] [C-CFG-08] [C-CFG-09] [C-CFG-11] [C-CFG-12] [C-CFG-22] [C-CFG-23] " +
        "[C-CFG-31] files that are not")
    void shouldRefuseBadFiles(String clause, String text, int line, String what)
    {
        ConfigurationException refused = refuse(unescape(text));

        String first = refused.lines().getFirst();
        assertTrue(first.startsWith(FILE + ":" + line + ": fatal: "), clause + " " + first);
        assertTrue(first.contains(what), clause + " " + first);
        assertTrue(first.contains(" — "), "says what to do: " + first);
        assertEquals(2, refused.lines().size(), refused.lines().toString());
        assertEquals(1, refused.exitCode(), "[C-EXIT-06]");
    }

    @Test
    @DisplayName("[C-CFG-30] [C-CFG-32] [C-EXIT-06] every problem has a line with file, line, fatal, excerpt; then one that nothing was applied")
    void shouldFindEveryProblem()
    {
        ConfigurationException refused = refuse("""
            default 2
            proxy_for 1 10.0.0.1:70000;
            servers {
              proxy_for 2 10.0.0.1:80;
            bogus;
            proxy_for 3 nowhere.example:80; max_connections 2000;
            """);

        assertEquals(List.of(1, 2, 3, 5, 6, 6), refused.lines().subList(0, 6).stream()
            .map(line -> Integer.parseInt(line.split(":", -1)[1])).toList(), refused.lines().toString());
        assertEquals(FILE + ":2: fatal: the port is outside 1..65535, near \"70000;\" — " +
            "correct the line or fetch the file again", refused.lines().get(1));
        assertEquals(FILE + ": the configuration was not applied", refused.lines().getLast());
    }

    @Test
    @DisplayName("[C-CFG-30] at most 20 problems and 20 characters of text are shown, none of them unprintable")
    void shouldShowTwentyProblemsAtMost()
    {
        ConfigurationException refused = refuse("\u001b[31mbogus text that is long;\n".repeat(25));

        assertEquals(21, refused.lines().size());
        assertTrue(refused.lines().getFirst().contains("near \"?[31mbogus text that\""), refused.lines().getFirst());
        assertTrue(refused.lines().getLast().contains("25 problems, the first 20 are shown"));
    }

    @Test
    @DisplayName("[C-CFG-05] default: anywhere, the last one wins, 0 if there is none; one without servers is warned of")
    void shouldWarnOfADefaultWithoutServers() throws ConfigurationException
    {
        assertEquals(List.of(), parse("default 7;proxy_for 2 10.1:1;default 2;").warnings());
        assertEquals(2, parse("default 7;proxy_for 2 10.1:1;default 2;").defaultDc());
        assertEquals(List.of(), parse("proxy 10.1:1;").warnings());
        assertEquals(0, parse("proxy_for 1 10.1:1;").defaultDc());
        assertEquals(1, parse("proxy_for 1 10.1:1;").warnings().size());
        String warning = parse("proxy_for 1 10.1:1;\ndefault 5;").warnings().getFirst();
        assertTrue(warning.startsWith(FILE + ":2: warning: the default is dc 5"), warning);
    }

    @Test
    @DisplayName("[C-CFG-06] [C-CFG-07] [P-CON-11] clusters in file order, other statements between; equal servers are one")
    void shouldShareEqualServers() throws ConfigurationException
    {
        ProxyMultiConf conf = parse("""
            proxy_for 1 10.0.0.1:80; timeout 300;
            proxy_for 1 10.0.0.1:80;
            proxy_for 1 10.0.0.1:81;
            proxy_for -1 one.example:80;
            proxy_for 5 uno.example:80;
            """);

        assertEquals(List.of(80, 80, 81), ports(conf.lookup(1)));
        assertEquals(2, conf.servers().size());
        assertSame(conf.lookup(1).get(0), conf.lookup(1).get(1));
        assertSame(conf.lookup(1).get(0), conf.lookup(-1).get(0));
        assertSame(conf.lookup(1).get(0), conf.lookup(5).get(0));
        assertEquals(List.of(1, -1, 5), List.copyOf(conf.clusters().keySet()));
    }

    @Test
    @DisplayName("[C-CFG-08] min and max count for the servers behind them; both may be repeated; defaults 4 and 8")
    void shouldApplyConnectionsToServersBehind() throws ConfigurationException
    {
        List<Server> servers = parse("""
            proxy_for 1 10.0.0.1:1;
            max_connections 20; min_connections 10;
            proxy_for 1 10.0.0.1:2;
            min_connections 2; max_connections 2;
            proxy_for 1 10.0.0.1:3;
            """).lookup(1);

        assertEquals(List.of(4, 10, 2), servers.stream().map(Server::minConnections).toList());
        assertEquals(List.of(8, 20, 2), servers.stream().map(Server::maxConnections).toList());
    }

    @Test
    @DisplayName("[C-CFG-10] [C-LIM-07] 1024 dcs and 4096 servers are taken, in the last dc too; one more is not")
    void shouldBoundDcsAndServers() throws ConfigurationException
    {
        StringBuilder full = new StringBuilder();
        for (int i = 0; i < 4096; i++)
        {
            full.append("proxy_for ").append(Math.min(i, 1023)).append(" 10.0.0.1:").append(i + 1).append(";\n");
        }
        ProxyMultiConf conf = parse(full.toString());
        assertEquals(4096, conf.servers().size());
        assertEquals(1024, conf.clusters().size());
        assertEquals(3073, conf.lookup(1023).size());

        List<String> oneMore = refuse(full + "proxy_for 1023 10.0.0.1:5000;\nproxy_for 1023 10.0.0.1:5001;").lines();
        assertEquals(2, oneMore.size());
        assertTrue(oneMore.getFirst().startsWith(FILE + ":4097: fatal: more than 4096 servers"), oneMore.getFirst());

        String dcs = full.substring(0, full.indexOf("proxy_for 1023 10.0.0.1:1025"));
        List<String> oneMoreDc = refuse(dcs + "proxy_for 2000 10.0.0.1:5000;\n").lines();
        assertTrue(oneMoreDc.getFirst().startsWith(FILE + ":1025: fatal: more than 1024 dcs"), oneMoreDc.getFirst());
    }

    @Test
    @DisplayName("[C-LIM-08] hosts of 63 characters, brackets included, are taken, 64 are not")
    void shouldBoundTheHost()
    {
        assertTrue(refuse("proxy " + "a".repeat(63) + ":1;").lines().getFirst().contains("nobody knows it"));
        assertTrue(refuse("proxy " + "a".repeat(64) + ":1;").lines().getFirst().contains("more than 63 characters"));
        assertTrue(refuse("proxy [" + "1".repeat(62) + "]:1;").lines().getFirst().contains("more than 63 characters"));
    }

    @Test
    @DisplayName("[C-CFG-22] IPv6 in brackets; 4-in-6 is IPv4")
    void shouldTakeIpv6InBrackets() throws ConfigurationException, UnknownHostException
    {
        assertEquals(InetAddress.getByName("2001:db8::7"), parse("proxy [2001:DB8::7]:443;").servers().getFirst()
            .address().getAddress());
        assertEquals(InetAddress.getByName("10.0.0.1"), parse("proxy [::ffff:10.0.0.1]:443;").servers().getFirst()
            .address().getAddress());
    }

    @Test
    @DisplayName("[C-CFG-24] each name is asked for once a load")
    void shouldResolveEachNameOnce() throws ConfigurationException
    {
        List<String> asked = new ArrayList<>();
        HostResolver counting = host ->
        {
            asked.add(host);
            return resolver.resolve(host);
        };
        ProxyMultiConf.parse(FILE, "proxy 10.1:1;proxy 10.1:2;proxy 10.2:2;".getBytes(StandardCharsets.US_ASCII),
            counting);
        assertEquals(List.of("10.1", "10.2"), asked);
    }

    @Test
    @DisplayName("length and MD5 of the file; the value cannot be changed")
    void shouldKnowLengthAndMd5() throws ConfigurationException
    {
        ProxyMultiConf conf = parse("proxy 10.1:1;");
        assertEquals(13, conf.length());
        assertEquals("50a06015b1ac9df8823ce48a3a431a9b", conf.md5Hex());
        Map<Integer, List<Server>> clusters = conf.clusters();
        assertThrows(UnsupportedOperationException.class, clusters::clear);
        assertThrows(UnsupportedOperationException.class, () -> conf.lookup(0).clear());
    }

    @Test
    @DisplayName("[C-EXIT-04] missing file or empty name: exit 1, two lines")
    void shouldRefuseAMissingFile()
    {
        for (String name : new String[]{"", folder.resolve("missing").toString(), "no\u0000name"})
        {
            ConfigurationException refused =
                assertThrows(ConfigurationException.class, () -> ProxyMultiConf.load(name, resolver));
            assertEquals(1, refused.exitCode());
            assertEquals(2, refused.lines().size());
        }
    }

    @Test
    @DisplayName("[C-EXIT-05] [C-CFG-10] directory or more than 16 MiB: exit 2, with the name; 16 MiB are read")
    void shouldRefuseADirectoryAndALongFile() throws IOException, ConfigurationException
    {
        ConfigurationException directory =
            assertThrows(ConfigurationException.class, () -> ProxyMultiConf.load(folder.toString(), resolver));
        assertEquals(2, directory.exitCode());
        assertTrue(directory.lines().getFirst().contains("\"" + folder + "\": it is a directory"));

        byte[] text = new byte[16 * 1024 * 1024];
        Arrays.fill(text, (byte)' ');
        System.arraycopy("proxy 10.1:1;".getBytes(StandardCharsets.US_ASCII), 0, text, 0, 13);
        Path file = Files.write(folder.resolve("long.conf"), text);
        assertEquals(16_777_216, ProxyMultiConf.load(file.toString(), resolver).length());
        Files.write(file, Arrays.copyOf(text, text.length + 1));
        ConfigurationException tooLong =
            assertThrows(ConfigurationException.class, () -> ProxyMultiConf.load(file.toString(), resolver));
        assertEquals(2, tooLong.exitCode());
        assertTrue(tooLong.lines().getFirst().contains("longer than 16777216 bytes"));
    }

    @Test
    @DisplayName("[C-CFG-30] any bytes give a value or problems, never another exception, and end")
    void shouldSurviveAnyBytes()
    {
        Random random = new Random(4);
        String[] words = {"proxy", "_for", " ", "1", "-", ":", ";", "\n", "#", "[", "]", "::", "10.1", "default", "80",
            "max_connections", "\u0000", "\u00ff", "timeout", "\t", "x.y"};
        for (int i = 0; i < 20_000; i++)
        {
            StringBuilder text = new StringBuilder();
            for (int n = random.nextInt(30); n > 0; n--)
            {
                text.append(words[random.nextInt(words.length)]);
            }
            try
            {
                assertTrue(parse(text.toString()).servers().size() > 0);
            }
            catch (ConfigurationException e)
            {
                assertTrue(e.lines().size() > 1);
            }
        }
    }

    private ProxyMultiConf parse(String text) throws ConfigurationException
    {
        return ProxyMultiConf.parse(FILE, text.getBytes(StandardCharsets.ISO_8859_1), resolver);
    }

    private ConfigurationException refuse(String text)
    {
        return assertThrows(ConfigurationException.class, () -> parse(text));
    }

    private static String unescape(String text)
    {
        return text.replace("\\n", "\n").replace("\\r", "\r").replace("\\u000b", "\u000b")
            .replace("\\u0000", "\u0000").replace("\\u00ef\\u00bb\\u00bf", "\u00ef\u00bb\u00bf");
    }

    private static List<Integer> ports(List<Server> servers)
    {
        return servers.stream().map(server -> server.address().getPort()).toList();
    }

    private static JsonNode vectors() throws IOException
    {
        String named = System.getProperty("mtproxy.root");
        Path at = Path.of(named == null ? "" : named).toAbsolutePath();
        while (!Files.isDirectory(at.resolve("docs/spec")))
        {
            at = at.getParent();
        }
        return new ObjectMapper().readTree(at.resolve("docs/spec/vectors/dc_lookup.json").toFile());
    }
}
