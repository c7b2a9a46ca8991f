// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.agent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mtproxy.crypto.SecureRandomSource;
import io.mtproxy.engine.transport.AfterHandshake;
import io.mtproxy.engine.transport.OriginProfile;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;
import org.agrona.concurrent.SystemNanoClock;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A domain on loopback is looked at, over real sockets. */
class OriginProbeTest
{
    private static final int NS_PER_MS = 1_000_000;

    private ServerSocket server;
    private OriginProbe probe;
    private final AtomicInteger hellos = new AtomicInteger();

    @BeforeEach
    void listen() throws IOException
    {
        server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        probe = new OriginProbe(() -> host ->
        {
            if (host.equals("nowhere.example"))
            {
                throw new UnknownHostException("no such name");
            }
            return InetAddress.getLoopbackAddress();
        }, SystemNanoClock.INSTANCE, new SecureRandomSource(), server.getLocalPort());
    }

    @AfterEach
    void close() throws IOException
    {
        server.close();
    }

    /**
     * [P-TLS-50] [P-TLS-52] Twenty hellos at once; what all of them bring makes the profile. Eight with other offers follow,
     * and one that is meant to go on.
     */
    @Test
    void shouldLearnFromTwentyAnswers()
    {
        answer(index -> index < 20 ? 3000 + index % 3 : 3001);

        List<OriginProber.Finding> early = new ArrayList<>();
        OriginProber.Finding finding = probe.look("www.example.com", early::add);

        assertEquals(List.of(new OriginProber.Finding(InetAddress.getLoopbackAddress(), true, null, "")), early);
        assertEquals("", finding.problem());
        assertEquals(20 + 8 + 1, hellos.get());
        assertEquals(InetAddress.getLoopbackAddress(), finding.address());
        assertTrue(finding.isHere());
        OriginProfile profile = finding.profile();
        assertNotNull(profile);
        assertEquals(new OriginProfile.HelloShape(true, 0x1301, false, true), profile.hello());
        assertEquals(20, profile.flight().flights().size());
        assertEquals(20 * 3001 - 1, profile.flight().flights().stream().limit(20).mapToInt(flight -> flight.length())
            .sum());
        assertEquals(0, profile.flight().alpnLength());
        assertEquals(0, profile.flight().hybridLength());
        assertEquals(8, profile.delays().sortedUs().size());
        assertEquals(AfterHandshake.UNKNOWN, profile.after());
    }

    /** [P-TLS-24] OpenSSL tells its groups to those who did not offer the best: a hybrid share shortens its flights. */
    @Test
    void shouldLearnByHowMuchAHybridShareShortensFlights()
    {
        answer(index -> index < 20 ? 3000 + index % 3 : index < 24 ? 2979 : 3001);

        OriginProfile profile = look("www.example.com").profile();

        assertNotNull(profile);
        assertEquals(-22, profile.flight().hybridLength());
        assertEquals(0, profile.flight().alpnLength());
    }

    /** [P-TLS-50] One that fails is enough: the address is known, the profile is not. */
    @Test
    void shouldWantAllAnswers()
    {
        answer(index -> index == 7 ? 0 : 3000);

        OriginProber.Finding finding = look("www.example.com");

        assertNotNull(finding.address());
        assertNull(finding.profile());
        assertTrue(finding.problem().contains("encrypted record"), finding.problem());
    }

    /** [P-TLS-50] */
    @Test
    void shouldSayWhyNothingIsKnown() throws IOException
    {
        OriginProber.Finding finding = look("nowhere.example");
        assertNull(finding.address());
        assertTrue(finding.problem().contains("no such name"), finding.problem());

        server.close();
        finding = look("www.example.com");
        assertNotNull(finding.address());
        assertNull(finding.profile());
        assertTrue(finding.problem().contains("cannot be reached"), finding.problem());
    }

    /** [P-TLS-50] A name in brackets is an address. */
    @Test
    void shouldTakeIpv6AddressInBrackets()
    {
        OriginProber.Finding finding = look("[::1]");
        assertEquals(InetAddress.ofLiteral("::1"), finding.address());
        assertTrue(finding.isHere());
    }

    /** [P-TLS-50] [C-LIM-25] Five seconds for all of them, whatever the domain does. */
    @Test
    void shouldNotWaitForSilence()
    {
        long startNs = System.nanoTime();
        OriginProber.Finding finding = look("www.example.com");
        long tookMs = (System.nanoTime() - startNs) / NS_PER_MS;

        assertNull(finding.profile());
        assertTrue(tookMs >= 4000 && tookMs < 60_000, "took " + tookMs + " ms");
    }

    private OriginProber.Finding look(String domain)
    {
        return probe.look(domain, early -> assertNull(early.profile()));
    }

    /** Answers each hello as a TLS 1.3 server does, with an encrypted record of a length by the hello's number. */
    private void answer(IntFunction<Integer> length)
    {
        Thread.ofVirtual().start(() ->
        {
            while (!server.isClosed())
            {
                try
                {
                    Socket socket = server.accept();
                    Thread.ofVirtual().start(() -> answerOne(socket, length));
                }
                catch (IOException e)
                {
                    return;
                }
            }
        });
    }

    private void answerOne(Socket socket, IntFunction<Integer> length)
    {
        try (socket)
        {
            byte[] hello = new byte[4096];
            int helloLength = socket.getInputStream().readNBytes(hello, 0, 5);
            helloLength += socket.getInputStream().readNBytes(hello, 5, (hello[3] & 0xff) << 8 | hello[4] & 0xff);
            assertTrue(helloLength > 100);
            int index = hellos.getAndIncrement();
            byte[] answer = HexFormat.of().parseHex("160303007a020000760303" + "ab".repeat(32) + "20" +
                HexFormat.of().formatHex(hello, 44, 76) + "130100002e" + "002b00020304" + "00330024001d0020" +
                "cd".repeat(32) + "140303000101170303" + HexFormat.of().toHexDigits(length.apply(index).shortValue()) +
                "00".repeat(length.apply(index)));
            // in two pieces, as segments may be
            socket.getOutputStream().write(answer, 0, 50);
            socket.getOutputStream().flush();
            socket.getOutputStream().write(answer, 50, answer.length - 50);
            socket.getInputStream().read();
        }
        catch (IOException e)
        {
            // the probe has gone
        }
    }
}
