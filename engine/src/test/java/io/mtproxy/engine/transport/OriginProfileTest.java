// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mtproxy.crypto.RandomSource;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** What is learnt from a domain, and what is drawn from that. */
class OriginProfileTest
{
    private static final HexFormat HEX = HexFormat.of();

    private final RandomSource random = new SeededRandom(4);
    private final byte[] hello = OriginProbeHello.encode("www.example.com", random);

    /** [P-TLS-52] */
    @Test
    void shouldMakeProfileOfLengths()
    {
        assertEquals(new OriginProfile(false, 3000, false), OriginProfile.ofLengths(false, new int[]{3000, 3000}));
        assertEquals(new OriginProfile(true, 3002, true), OriginProfile.ofLengths(true, new int[]{3000, 3003, 3001}));
        assertEquals(new OriginProfile(false, 3003, true), OriginProfile.ofLengths(false, new int[]{3000, 3004, 3004}));
        assertEquals(new OriginProfile(false, 3002, true), OriginProfile.ofLengths(false, new int[]{3000, 3004}));
    }

    /** [P-TLS-24] One up, one down, mostly neither. */
    @Test
    void shouldDrawLengthsInQuarters()
    {
        OriginProfile profile = new OriginProfile(false, 3000, true);
        int[] counts = new int[3];
        for (int i = 0; i < 40_000; i++)
        {
            counts[profile.drawLength(random) - 2999]++;
        }
        assertEquals(10_000, counts[0], 600);
        assertEquals(20_000, counts[1], 600);
        assertEquals(10_000, counts[2], 600);
        assertEquals(3000, new OriginProfile(false, 3000, false).drawLength(random));
        assertEquals(1, Math.min(1, new OriginProfile(false, 1, true).drawLength(random)));
    }

    /** [P-TLS-53] [C-CLT-23] */
    @Test
    void shouldDrawDefaultsInTheirRange()
    {
        int min = Integer.MAX_VALUE;
        int max = 0;
        for (int i = 0; i < 20_000; i++)
        {
            OriginProfile profile = OriginProfile.drawDefault(random);
            assertFalse(profile.reversed());
            assertTrue(profile.randomSize());
            min = Math.min(min, profile.size());
            max = Math.max(max, profile.size());
        }
        assertEquals(2500, min);
        assertEquals(3619, max);
    }

    /** [P-TLS-51] Longest name, and one byte more. */
    @Test
    void shouldFitNamesUpTo216Bytes()
    {
        assertEquals(OriginProbeHello.LENGTH, OriginProbeHello.encode("x".repeat(216), random).length);
        assertThrows(IllegalArgumentException.class, () -> OriginProbeHello.encode("x".repeat(217), random));
        assertNotEquals(HEX.formatHex(hello), HEX.formatHex(OriginProbeHello.encode("www.example.com", random)));
    }

    /** [P-TLS-52] */
    @Test
    void shouldReadBothOrdersAtEveryCut()
    {
        for (boolean isReversed : new boolean[]{false, true})
        {
            byte[] answer = answer(isReversed, 4000);
            OriginAnswer reader = new OriginAnswer();
            for (int length = 0; length < 138; length++)
            {
                assertEquals(OriginAnswer.Result.NEED_MORE, reader.read(answer, length, hello), "length " + length);
            }
            assertEquals(OriginAnswer.Result.COMPLETE, reader.read(answer, 138, hello));
            assertEquals(isReversed, reader.reversed());
            assertEquals(4000, reader.recordLength());
        }
    }

    /** [P-TLS-52] */
    @Test
    void shouldRefuseWhatCannotBeEqualled()
    {
        assertUnusable(answer -> answer[0] = 0x15);
        assertUnusable(answer -> answer[1] = 2);
        assertUnusable(answer -> answer[3] = 0x20);
        assertUnusable(answer -> answer[5] = 1);
        assertUnusable(answer -> answer[8]++);
        assertUnusable(answer -> answer[10] = 1);
        assertUnusable(answer -> answer[43] = 0);
        assertUnusable(answer -> answer[60] ^= 1);
        assertUnusable(answer -> answer[77] = 2);
        assertUnusable(answer -> answer[78] = 1);
        assertUnusable(answer -> answer[80]++);
        assertUnusable(answer -> answer[82] = 0x2b);
        assertUnusable(answer -> answer[122] = 0x33);
        assertUnusable(answer -> answer[127] = 0x17);
        assertUnusable(answer -> Arrays.fill(answer, 136, 138, (byte)0));
        assertUnusable(answer -> Arrays.fill(answer, 136, 138, (byte)0xff));
        assertUnusable(answer -> System.arraycopy(
            HEX.parseHex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c"), 0, answer, 11, 32));
    }

    private void assertUnusable(Consumer<byte[]> change)
    {
        byte[] answer = answer(false, 4000);
        change.accept(answer);
        OriginAnswer reader = new OriginAnswer();
        assertEquals(OriginAnswer.Result.UNUSABLE, reader.read(answer, answer.length, hello));
        assertFalse(reader.problem().isEmpty());
    }

    /** Any byte changed, any length: an answer, but never an exception. */
    @Test
    void shouldSurviveAnyBytes()
    {
        for (int round = 0; round < 20_000; round++)
        {
            byte[] answer = answer(random.nextInt(2) == 0, 1 + random.nextInt(5000));
            for (int i = random.nextInt(4); i >= 0; i--)
            {
                answer[random.nextInt(answer.length)] = (byte)random.nextInt(256);
            }
            OriginAnswer.Result result = new OriginAnswer().read(answer, random.nextInt(answer.length + 1), hello);
            assertTrue(List.of(OriginAnswer.Result.values()).contains(result));
        }
    }

    private byte[] answer(boolean isReversed, int recordLength)
    {
        byte[] randoms = new byte[64];
        random.nextBytes(randoms, 0, 64);
        String share = "003300240" + "01d0020" + HEX.formatHex(randoms, 32, 64);
        String versions = "002b00020304";
        return HEX.parseHex("160303007a020000760303" + HEX.formatHex(randoms, 0, 32) + "20" +
            HEX.formatHex(hello, 44, 76) + "130100002e" + (isReversed ? versions + share : share + versions) +
            "140303000101170303" + HEX.toHexDigits((short)recordLength));
    }
}
