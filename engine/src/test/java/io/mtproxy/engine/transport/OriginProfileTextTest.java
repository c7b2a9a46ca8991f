// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;

/** A profile as text and back; nothing else is taken for one. */
class OriginProfileTextTest
{
    private static final OriginProfileText.Learnt LEARNT = new OriginProfileText.Learnt("www.example.com",
        1_764_072_000_000L, new OriginProfile(new OriginProfile.HelloShape(true, 0x1302, true, false),
            new FlightSizes(List.of(new FlightSizes.Flight(List.of(23, 2811, 281, 69)),
                new FlightSizes.Flight(List.of(23, 2811, 280, 69))), 9, -22),
            new AfterHandshake(List.of(255, 255), AfterHandshake.stepsOf(List.of(1225, 1225, 16_401, 16_401, 3))),
            new AnswerDelays(List.of(900, 1100))));
    private static final String TEXT = """
        mtproto-proxy origin profile 1
        domain www.example.com
        learnt-ms 1764072000000
        hello versions-first yes cipher 1302 hybrid yes change-cipher-spec no
        alpn 9
        hybrid-share -22
        flight 23 2811 281 69
        flight 23 2811 280 69
        tickets 255 255
        records 0 1225 2450 16401
        delays-us 900 1100
        """;

    @Test
    void shouldWriteAndReadBack()
    {
        assertEquals(summed(TEXT), OriginProfileText.write(LEARNT));
        assertEquals(Optional.of(LEARNT), OriginProfileText.read(summed(TEXT)));
        OriginProfileText.Learnt bare =
            new OriginProfileText.Learnt("a", 0, OriginProfile.of(false, 1));
        assertEquals(Optional.of(bare), OriginProfileText.read(OriginProfileText.write(bare)));
    }

    /** Cut or changed anywhere it is no profile. */
    @Test
    void shouldRefuseWhatIsNotWhole()
    {
        String text = summed(TEXT);
        for (int i = 0; i < text.length(); i++)
        {
            assertTrue(OriginProfileText.read(text.substring(0, i)).isEmpty(), "cut at " + i);
            String changed = text.substring(0, i) + (char)(text.charAt(i) ^ 1) + text.substring(i + 1);
            assertTrue(OriginProfileText.read(changed).isEmpty(), "changed at " + i);
        }
        assertFalse(OriginProfileText.read(text + text).isPresent());
        assertTrue(OriginProfileText.read(summed(TEXT.replace("profile 1", "profile 2"))).isEmpty());
    }

    /** Whole, but what it says cannot be. */
    @Test
    void shouldRefuseWhatCannotBe()
    {
        for (String[] change : new String[][]{{"flight 23", "flight -23"}, {"flight 23", "flight 23000"},
            {"cipher 1302", "cipher 1304"}, {"records 0 1225", "records 5 1225"}, {"2450 16401", "2450 99999"},
            {"alpn 9", "alpn"}, {"alpn 9", "alpn nine"}, {"alpn 9\n", ""}, {"hybrid yes", "hybrid perhaps"},
            {"delays-us 900", "delays-us -1"}, {"tickets 255", "tickets 0"}, {"learnt-ms 1", "learnt-ms x"},
            {"flight 23 2811 281 69\nflight 23 2811 280 69\n", ""}, {"hello versions-first yes", "hello"}})
        {
            assertTrue(TEXT.contains(change[0]), change[0]);
            assertTrue(OriginProfileText.read(summed(TEXT.replace(change[0], change[1]))).isEmpty(), change[1]);
        }
    }

    private static String summed(String text)
    {
        CRC32 crc = new CRC32();
        crc.update(text.getBytes(java.nio.charset.StandardCharsets.UTF_8));
        return text + "crc32 " + String.format("%08x", crc.getValue()) + "\n";
    }
}
