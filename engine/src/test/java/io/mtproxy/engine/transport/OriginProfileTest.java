// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mtproxy.crypto.RandomSource;
import io.mtproxy.engine.transport.OriginProbeHello.Kind;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** What is learnt from a domain, and what is drawn from that. */
class OriginProfileTest
{
    private static final HexFormat HEX = HexFormat.of();

    private final RandomSource random = new SeededRandom(4);
    private final byte[] hello = OriginProbeHello.encode("www.example.com", Kind.PLAIN, random);

    /** [P-TLS-24] A signature's two numbers: one up, one down, mostly neither, whatever part of that was seen. */
    @Test
    void shouldDrawLengthsOfSignaturesInQuarters()
    {
        FlightSizes sizes = FlightSizes.ofLengths(3000, 3000, 3001, 2999, 3000, 3000);
        int[] counts = counts(sizes, 2999, 3);
        assertEquals(10_000, counts[0], 600);
        assertEquals(20_000, counts[1], 600);
        assertEquals(10_000, counts[2], 600);
        assertEquals(3000, FlightSizes.ofLengths(3000, 3000).drawLength(random, true, false));
    }

    /** [P-TLS-24] [P-TLS-52] What is no signature's spread is drawn as it was seen, and no mean that nobody ever saw. */
    @Test
    void shouldDrawOtherLengthsAsSeen()
    {
        int[] counts = counts(FlightSizes.ofLengths(3000, 3003, 3000, 3000), 2999, 5);
        assertEquals(0, counts[0] + counts[2] + counts[3]);
        assertEquals(30_000, counts[1], 600);
        assertEquals(10_000, counts[4], 600);
        counts = counts(FlightSizes.ofLengths(1, 2), 0, 4);
        assertEquals(0, counts[0] + counts[3]);
    }

    private int[] counts(FlightSizes sizes, int min, int count)
    {
        int[] counts = new int[count];
        for (int i = 0; i < 40_000; i++)
        {
            counts[sizes.drawLength(random, true, false) - min]++;
        }
        return counts;
    }

    /** [P-TLS-21] One record that makes the flight as long as several. */
    @Test
    void shouldMakeOneRecordOfSeveral()
    {
        assertEquals(23 + 2811 + 281 + 69 + 15, new FlightSizes.Flight(List.of(23, 2811, 281, 69)).length());
        assertEquals(FlightSizes.LENGTH_MAX, new FlightSizes.Flight(List.of(16_000, 16_000)).length());
        FlightSizes sizes = new FlightSizes(List.of(new FlightSizes.Flight(List.of(23, 1000))), 9, -22);
        assertEquals(1028, sizes.drawLength(random, true, false));
        assertEquals(1019, sizes.drawLength(random, false, false));
        assertEquals(1006, sizes.drawLength(random, true, true));
        assertEquals(997, sizes.drawLength(random, false, true));
    }

    /** [P-TLS-52] Looks add up as long as the domain stays what it was. */
    @Test
    void shouldAddFlightsOfLaterLooks()
    {
        FlightSizes first = FlightSizes.ofLengths(3000, 3001);
        assertEquals(FlightSizes.ofLengths(3000, 3001, 3003, 2998), FlightSizes.ofLengths(3003, 2998).after(first));
        FlightSizes renewed = FlightSizes.ofLengths(3000, 3004);
        assertEquals(renewed, renewed.after(first));
        int[] many = new int[FlightSizes.COUNT_MAX];
        Arrays.fill(many, 3002);
        FlightSizes kept = FlightSizes.ofLengths(many).after(first);
        assertEquals(FlightSizes.COUNT_MAX, kept.flights().size());
        assertEquals(3002, kept.drawLength(random, true, false));
    }

    /** Drawn between what was seen; a domain that is too slow keeps its spread. */
    @Test
    void shouldDrawDelays()
    {
        AnswerDelays delays = new AnswerDelays(List.of(3000, 1000, 2000));
        assertEquals(0, new AnswerDelays(List.of()).drawNs(random, 1_000_000_000));
        assertEquals(0, delays.drawNs(random, 0));
        long min = Long.MAX_VALUE;
        long max = 0;
        long halvedMax = 0;
        for (int i = 0; i < 10_000; i++)
        {
            long ns = delays.drawNs(random, 10_000_000);
            min = Math.min(min, ns);
            max = Math.max(max, ns);
            halvedMax = Math.max(halvedMax, delays.drawNs(random, 1_500_000));
        }
        assertEquals(1_000_000, min, 10_000);
        assertEquals(3_000_000, max, 10_000);
        assertEquals(1_500_000, halvedMax, 10_000);
    }

    /** [P-TLS-35] How records grow is learnt from the records of one page. */
    @Test
    void shouldLearnHowRecordsGrow()
    {
        int max = AfterHandshake.RECORD_LENGTH_MAX;
        // header first, then full records: nginx behind an application
        assertEquals(steps(0, 300, 300, max), AfterHandshake.stepsOf(List.of(300, max, max, 5000)));
        // small ones at first: Go
        List<Integer> go = new ArrayList<>(Collections.nCopies(100, 1225));
        go.addAll(List.of(max, max, 77));
        assertEquals(steps(0, 1225, 122_500, max), AfterHandshake.stepsOf(go));
        // the end of a short page is no limit
        assertEquals(steps(0, max), AfterHandshake.stepsOf(List.of(3000)));
        assertEquals(steps(0, 300, 300, max), AfterHandshake.stepsOf(List.of(300, 3000)));
        assertEquals(steps(0, max), AfterHandshake.stepsOf(List.of()));
        // what comes twice is one
        assertEquals(steps(0, 4113), AfterHandshake.stepsOf(List.of(4113, 4113, 4113, 12)));
        // any records give something that can be
        for (int round = 0; round < 2000; round++)
        {
            List<Integer> lengths = new ArrayList<>();
            for (int i = random.nextInt(60); i >= 0; i--)
            {
                lengths.add(1 + random.nextInt(FlightSizes.LENGTH_MAX));
            }
            new AfterHandshake(List.of(), AfterHandshake.stepsOf(lengths));
        }
    }

    private static List<AfterHandshake.Step> steps(int... pairs)
    {
        List<AfterHandshake.Step> steps = new ArrayList<>();
        for (int i = 0; i < pairs.length; i += 2)
        {
            steps.add(new AfterHandshake.Step(pairs[i], pairs[i + 1]));
        }
        return steps;
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
            assertEquals(OriginProfile.HelloShape.DEFAULT, profile.hello());
            List<Integer> lengths = profile.flight().flights().stream().map(FlightSizes.Flight::length).toList();
            int size = lengths.get(1);
            assertEquals(List.of(size - 1, size, size, size + 1), lengths);
            min = Math.min(min, size);
            max = Math.max(max, size);
        }
        assertEquals(2500, min);
        assertEquals(3619, max);
    }

    /** [P-TLS-51] Longest name, and one byte more. */
    @Test
    void shouldFitNamesUpTo216Bytes()
    {
        assertEquals(OriginProbeHello.LENGTH_MIN,
            OriginProbeHello.encode("x".repeat(216), Kind.PLAIN, random).length);
        assertThrows(IllegalArgumentException.class,
            () -> OriginProbeHello.encode("x".repeat(217), Kind.PLAIN, random));
        assertNotEquals(HEX.formatHex(hello), HEX.formatHex(OriginProbeHello.encode("www.example.com", Kind.PLAIN,
            random)));
    }

    /** [P-TLS-52] Whole records only; what an answer is shows at every border of its encrypted records. */
    @Test
    void shouldReadBothOrdersAtEveryCut()
    {
        for (boolean isReversed : new boolean[]{false, true})
        {
            byte[] answer = answer(isReversed, 40, 30, 70);
            OriginAnswer reader = new OriginAnswer();
            for (int length = 0; length < answer.length; length++)
            {
                boolean isWhole = length == 138 + 40 || length == 138 + 40 + 35;
                assertEquals(isWhole ? OriginAnswer.Result.COMPLETE : OriginAnswer.Result.NEED_MORE,
                    reader.read(answer, length, hello), "length " + length);
            }
            assertEquals(OriginAnswer.Result.COMPLETE, reader.read(answer, answer.length, hello));
            assertEquals(new OriginProfile.HelloShape(isReversed, 0x1301, false, true), reader.hello());
            assertEquals(new FlightSizes.Flight(List.of(40, 30, 70)), reader.flight());
        }
    }

    /** [P-TLS-22] [P-TLS-52] A hybrid share, another cipher, no ChangeCipherSpec: seen, as far as answers can have it. */
    @Test
    void shouldReadWhatElseAnAnswerMayBe()
    {
        byte[] share = new byte[1120];
        String hello118 = HEX.formatHex(answer(false, 40), 11, 76);
        byte[] answer = HEX.parseHex("160303" + "04ba" + "020004b60303" + hello118 + "130200" + "046e" +
            "002b00020304" + "0033046411ec0460" + HEX.formatHex(share) + "1703030003aabbcc");
        OriginAnswer reader = new OriginAnswer();
        assertEquals(OriginAnswer.Result.COMPLETE, reader.read(answer, answer.length, hello), reader.problem());
        assertEquals(new OriginProfile.HelloShape(true, 0x1302, true, false), reader.hello());
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
        assertUnusable(answer -> answer[77] = 4);
        assertUnusable(answer -> answer[77] = 0);
        assertUnusable(answer -> answer[86] = 0x11);
        assertUnusable(answer -> answer[78] = 1);
        assertUnusable(answer -> answer[80]++);
        assertUnusable(answer -> answer[82] = 0x2b);
        assertUnusable(answer -> answer[122] = 0x33);
        assertUnusable(answer -> answer[127] = 0x15);
        assertUnusable(answer -> Arrays.fill(answer, 136, 138, (byte)0));
        assertUnusable(answer -> Arrays.fill(answer, 136, 138, (byte)0xff));
        assertUnusable(answer -> System.arraycopy(
            HEX.parseHex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c"), 0, answer, 11, 32));
    }

    private void assertUnusable(Consumer<byte[]> change)
    {
        byte[] answer = answer(false, 400);
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
            byte[] answer = answer(random.nextInt(2) == 0, 1 + random.nextInt(300), 1 + random.nextInt(300));
            for (int i = random.nextInt(4); i >= 0; i--)
            {
                answer[random.nextInt(answer.length)] = (byte)random.nextInt(256);
            }
            OriginAnswer.Result result = new OriginAnswer().read(answer, random.nextInt(answer.length + 1), hello);
            assertTrue(List.of(OriginAnswer.Result.values()).contains(result));
        }
    }

    private byte[] answer(boolean isReversed, int... recordLengths)
    {
        StringBuilder records = new StringBuilder();
        for (int length : recordLengths)
        {
            records.append("170303").append(HEX.toHexDigits((short)length)).append("00".repeat(length));
        }
        byte[] randoms = new byte[64];
        random.nextBytes(randoms, 0, 64);
        String share = "003300240" + "01d0020" + HEX.formatHex(randoms, 32, 64);
        String versions = "002b00020304";
        return HEX.parseHex("160303007a020000760303" + HEX.formatHex(randoms, 0, 32) + "20" +
            HEX.formatHex(hello, 44, 76) + "130100002e" + (isReversed ? versions + share : share + versions) +
            "140303000101" + records);
    }
}
