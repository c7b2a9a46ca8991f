// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.mtproxy.soak.ClientOptions;
import io.mtproxy.soak.FakeTlsClientPeer;
import io.mtproxy.soak.Transport;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Ports 443 and 80, and a domain that is an IPv6 address: C, where MTPROXY_REFERENCE names it, and ours. All is played on
 * loopback addresses, so that at the domain's own port ours finds that it would pass on to this machine and closes, by a
 * clause of its own; where the domain is elsewhere, port 80 goes to port 80 (FrontingSimulationTest).
 */
class FrontPortsIT
{
    private static final String DOMAIN = "ports.test";
    private static final String ADDRESS = "127.43.8.1";
    private static final String LOOPBACK = "127.0.0.1";
    private static final byte[] GARBAGE = "GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
    private static final int TIMEOUT_MS = 20_000;

    @TempDir private Path folder;

    static Stream<ProxyUnderTest> programs()
    {
        return Stream.of(ProxyUnderTest.ours(), ProxyUnderTest.reference()).flatMap(Optional::stream);
    }

    /** [P-TLS-12] [P-TLS-60] */
    @ParameterizedTest
    @MethodSource("programs")
    void shouldAnswerAtPort443(ProxyUnderTest program) throws Exception
    {
        assumePossible(443);
        try (RecordOrigin _ = open(ADDRESS, 443); ProxyProcess proxy = start(program, 443))
        {
            assertEquals("accepted", say(proxy.port(), null, DOMAIN));
        }
    }

    /** [P-TLS-12] No hello is ours at port 80: it goes to port 80 of the domain that it names. [P-TLS-60] */
    @ParameterizedTest
    @MethodSource("programs")
    void shouldTakeNoHelloAtPort80(ProxyUnderTest program) throws Exception
    {
        assumePossible(80);
        try (RecordOrigin _ = open(ADDRESS, 443);
            RecordOrigin plain = open(ADDRESS, 80);
            ProxyProcess proxy = start(program, 80))
        {
            String passedOn = isOurs(program) ? "closed" : "passed on";
            assertEquals(passedOn, say(proxy.port(), plain, DOMAIN));
            assertEquals(passedOn, say(proxy.port(), plain, ""));
        }
    }

    /** [P-TLS-50] [P-TLS-60] */
    @ParameterizedTest
    @MethodSource("programs")
    void shouldTakeAnIpv6AddressForADomain(ProxyUnderTest program) throws Exception
    {
        assumePossible(443);
        FrontHosts.assumeFree("::1", 443);
        try (RecordOrigin origin = open("::1", 443);
            ProxyProcess proxy = program.start(folder, "default 2;\nproxy_for 2 127.0.0.1:9;\n", key(),
                List.of("-S", ParitySetup.SECRET, "-D", "[::1]")))
        {
            assertEquals("accepted", say(proxy.port(), null, "[::1]"));
            assertEquals("passed on", say(proxy.port(), origin, "::1"));
            assertEquals("passed on", say(proxy.port(), origin, ""));
        }
    }

    private void assumePossible(int port) throws IOException, InterruptedException
    {
        FrontHosts.assumePossible(folder, ADDRESS);
        FrontHosts.assumeFree(LOOPBACK, port);
    }

    private static boolean isOurs(ProxyUnderTest program)
    {
        return ProxyUnderTest.ours().equals(Optional.of(program));
    }

    private static RecordOrigin open(String address, int port) throws IOException
    {
        return RecordOrigin.open(address, port, RecordOrigin.Shape.ofRange(false, 2817, 2817), port);
    }

    private static byte[] key()
    {
        return "a secret of some length that both sides have".getBytes(StandardCharsets.US_ASCII);
    }

    /** Starts a program on a port of 127.0.0.1 only, as the domain has it elsewhere. */
    private ProxyProcess start(ProxyUnderTest program, int port) throws IOException, InterruptedException
    {
        Path configuration = Files.writeString(folder.resolve("proxy-multi.conf"),
            "default 2;\nproxy_for 2 127.0.0.1:9;\n");
        Path keyFile = Files.write(folder.resolve("proxy-secret"), key());
        List<String> line = new ArrayList<>(FrontHosts.write(folder, Map.of(DOMAIN, ADDRESS)).around(program)
            .command());
        line.addAll(List.of("-u", System.getProperty("user.name"), "-c", "1000", "-H", Integer.toString(port),
            "--address", LOOPBACK, "--aes-pwd", keyFile.toString(), "-S", ParitySetup.SECRET, "-D", DOMAIN,
            configuration.toString()));
        return ProxyProcess.start(line, port, folder.resolve("proxy.log"));
    }

    /**
     * Says a good hello that names a domain, or garbage when that is empty.
     *
     * @param origin that may get it; null where none is expected to.
     * @return what came of it.
     */
    private static String say(int port, @Nullable RecordOrigin origin, String name) throws IOException
    {
        FakeTlsClientPeer peer = new FakeTlsClientPeer(
            ClientOptions.of(Transport.PADDED, HelloScript.SECRET, 2, System.nanoTime()),
            name, TimeUnit.MILLISECONDS.toSeconds(System.currentTimeMillis()));
        byte[] said = name.isEmpty() ? GARBAGE : peer.hello();
        if (origin != null)
        {
            origin.expect(said);
        }
        ByteArrayOutputStream received = new ByteArrayOutputStream();
        try (Socket socket = new Socket(InetAddress.ofLiteral(LOOPBACK), port))
        {
            socket.setSoTimeout(TIMEOUT_MS);
            socket.getOutputStream().write(said);
            InputStream in = socket.getInputStream();
            byte[] run = new byte[8192];
            while (true)
            {
                int length = in.read(run);
                if (length < 0)
                {
                    return "closed";
                }
                received.write(run, 0, length);
                peer.receive(Arrays.copyOf(run, length));
                if (peer.isAccepted())
                {
                    return "accepted";
                }
                if (origin != null && Arrays.equals(origin.mark(), received.toByteArray()))
                {
                    return "passed on";
                }
            }
        }
        catch (SocketException reset)
        {
            return "closed";
        }
    }
}
