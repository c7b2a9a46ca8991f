// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mtproxy.crypto.RandomSource;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Limits of what clients may send, and everything that is written to them. */
class FrameCodecTest
{
    private static final FrameCodec ABRIDGED = AbridgedFrames.INSTANCE;
    private static final FrameCodec INTERMEDIATE = IntermediateFrames.INSTANCE;
    private static final FrameCodec PADDED = PaddedIntermediateFrames.INSTANCE;
    static final List<FrameCodec> CODECS = List.of(ABRIDGED, INTERMEDIATE, PADDED);

    private final UnsafeBuffer buffer = new UnsafeBuffer(ByteBuffer.allocateDirect(64));
    private final FrameHeader header = new FrameHeader();

    /** [P-OBF-21] [P-OBF-30] Words from 1 to 0x7e in one byte, from 0x7f in four, to the limit. */
    @ParameterizedTest
    @CsvSource({
        "01,             4, false", "81,             4, true", "7e,           504, false", "fe,           504, true",
        "7f7f0000,     508, false", "ff7f0000,     508, true", "7f800000,     512, false", "7fff0000,    1020, false",
        "7f000100,     1024, false", "7f00fc03, 1044480, false", "ff00fc03, 1044480, true"})
    void shouldReadAbridgedHeaders(String bytes, int length, boolean quickAck)
    {
        verifyHeader(ABRIDGED, bytes, length, length, quickAck);
    }

    /** [P-OBF-21] [P-OBF-30] Nothing, too much, or more bytes than needed. */
    @ParameterizedTest
    @ValueSource(strings = {
        "00", "80", "7f000000", "ff000000", "7f010000", "7f7e0000", "ff7e0000", "7f01fc03", "ff01fc03", "7fffffff",
        "7f000080", "ffffffff"})
    void shouldRefuseAbridgedHeaders(String bytes)
    {
        verifyMalformed(ABRIDGED, bytes);
    }

    /** [P-OBF-21] [P-OBF-32] */
    @ParameterizedTest
    @CsvSource({
        "04000000,       4, false", "04000080,       4, true", "fc010000,     508, false", "7f7f0000,       0, false",
        "00f00f00, 1044480, false", "00f00f80, 1044480, true"})
    void shouldReadIntermediateHeaders(String bytes, int length, boolean quickAck)
    {
        if (length == 0)
        {
            verifyMalformed(INTERMEDIATE, bytes);
        }
        else
        {
            verifyHeader(INTERMEDIATE, bytes, length, length, quickAck);
        }
    }

    /** [P-OBF-21] [P-OBF-32] Zero, not whole words, above the limit, bit 30. */
    @ParameterizedTest
    @ValueSource(strings = {
        "00000000", "00000080", "01000000", "02000000", "03000000", "05000000", "fff00f00", "04f00f00", "04f00f80",
        "04000040", "040000c0", "fcffff7f", "ffffffff"})
    void shouldRefuseIntermediateHeaders(String bytes)
    {
        verifyMalformed(INTERMEDIATE, bytes);
    }

    /** [P-OBF-21] [P-OBF-33] What is over whole words is cut off; the limit is one for both. */
    @ParameterizedTest
    @CsvSource({
        "04000000,       4,       4, false", "05000000,       5,       4, false", "06000080,       6,       4, true",
        "07000000,       7,       4, false", "08000000,       8,       8, false", "13000000,      19,      16, false",
        "fff00f00,       0,       0, false", "ffef0f00, 1044479, 1044476, false", "00f00f80, 1044480, 1044480, true"})
    void shouldReadPaddedHeaders(String bytes, int wireLength, int payloadLength, boolean quickAck)
    {
        if (wireLength == 0)
        {
            verifyMalformed(PADDED, bytes);
        }
        else
        {
            verifyHeader(PADDED, bytes, wireLength, payloadLength, quickAck);
        }
    }

    /** [P-OBF-21] [P-OBF-34] Zero to three bytes hold no word; above the limit; bit 30. */
    @ParameterizedTest
    @ValueSource(strings = {
        "00000000", "00000080", "01000000", "01000080", "02000000", "03000000", "03000080", "01f00f00", "04f00f00",
        "04000040", "040000c0", "ffffffff"})
    void shouldRefusePaddedHeaders(String bytes)
    {
        verifyMalformed(PADDED, bytes);
    }

    private void verifyHeader(FrameCodec codec, String bytes, int wireLength, int payloadLength, boolean quickAck)
    {
        assertSame(FrameHeader.Result.OK, decode(codec, bytes));
        assertEquals(wireLength, header.wireLength());
        assertEquals(payloadLength, header.payloadLength());
        assertEquals(quickAck, header.quickAck());
    }

    private void verifyMalformed(FrameCodec codec, String bytes)
    {
        assertSame(FrameHeader.Result.MALFORMED, decode(codec, bytes));
    }

    /** From a buffer that ends with the header. */
    private FrameHeader.Result decode(FrameCodec codec, String hex)
    {
        byte[] bytes = HexFormat.of().parseHex(hex);
        assertTrue(codec.headerLengthMin() <= bytes.length);
        assertEquals(bytes.length, codec.headerLength(bytes[0]));
        return codec.decodeHeader(new UnsafeBuffer(bytes), 0, header);
    }

    /** [P-OBF-21] Whatever the four bytes are: within the limits, or malformed. */
    @ParameterizedTest
    @FieldSource("CODECS")
    void shouldNeverLetALengthPassTheLimits(FrameCodec codec)
    {
        SplittableRandom random = new SplittableRandom(7);
        int okCount = 0;
        for (int i = 0; i < 200_000; i++)
        {
            // As many short numbers as long ones, with and without the upper bits.
            buffer.putInt(0, (random.nextInt() >>> random.nextInt(Integer.SIZE)) | (random.nextInt() & 0xc000007f));
            if (codec.decodeHeader(buffer, 0, header) == FrameHeader.Result.OK)
            {
                okCount++;
                assertTrue(header.payloadLength() > 0 && header.payloadLength() % 4 == 0);
                assertTrue(header.wireLength() <= FrameCodec.PAYLOAD_LENGTH_MAX);
                assertEquals(header.payloadLength(), header.wireLength() & -4);
                assertTrue(codec == PADDED || header.wireLength() == header.payloadLength());
            }
        }
        assertTrue(okCount > 1000, "only " + okCount + " headers were fine");
    }

    /** [P-OBF-31] One byte to 504, four from 508; never bit 7. [P-RPC-62] */
    @ParameterizedTest
    @CsvSource({
        "0, 00", "4, 01", "500, 7d", "504, 7e", "508, 7f7f0000", "512, 7f800000", "1044480, 7f00fc03",
        "16777216, 7f000040", "67108860, 7fffffff"})
    void shouldWriteAbridgedHeaders(int length, String expected)
    {
        assertEquals(expected, encodeHeader(ABRIDGED, length, 0));
    }

    /** [P-OBF-32] [P-RPC-62] An answer without data is a frame without a payload. */
    @ParameterizedTest
    @CsvSource({"0, 00000000", "4, 04000000", "504, f8010000", "1044480, 00f00f00", "16777216, 00000001"})
    void shouldWriteIntermediateHeaders(int length, String expected)
    {
        assertEquals(expected, encodeHeader(INTERMEDIATE, length, 0));
        assertEquals(expected, encodeHeader(PADDED, length, 0));
    }

    /** [P-OBF-35] Padding counts in the length. [P-RPC-62] */
    @ParameterizedTest
    @CsvSource({"0, 1, 01000000", "0, 3, 03000000", "4, 3, 07000000", "504, 2, fa010000", "16777216, 3, 03000001"})
    void shouldWritePaddedHeaders(int length, int paddingLength, String expected)
    {
        assertEquals(expected, encodeHeader(PADDED, length, paddingLength));
    }

    private String encodeHeader(FrameCodec codec, int length, int paddingLength)
    {
        int headerLength = codec.encodeHeader(buffer, 1, length, paddingLength);
        assertEquals(codec.encodedHeaderLength(length), headerLength);
        return hexOf(1, headerLength);
    }

    /** [P-OBF-35] Each of 0, 1, 2 and 3 as often; the others never pad. */
    @Test
    void shouldDrawPaddingUniformly()
    {
        RandomSource random = new SeededRandom(11);
        int[] counts = new int[FrameCodec.PADDING_LENGTH_MAX + 1];
        for (int i = 0; i < 40_000; i++)
        {
            counts[PADDED.paddingLength(random)]++;
            assertEquals(0, ABRIDGED.paddingLength(random));
            assertEquals(0, INTERMEDIATE.paddingLength(random));
        }

        for (int count : counts)
        {
            // Six standard deviations of a binomial distribution (40000, 1/4).
            assertEquals(10_000, count, 520);
        }
    }

    /** [P-OBF-35] Random, not more than asked for. */
    @Test
    void shouldFillPaddingWithRandomBytes()
    {
        RandomSource random = new SeededRandom(12);
        for (int length = 0; length <= FrameCodec.PADDING_LENGTH_MAX; length++)
        {
            int[] ones = new int[FrameCodec.PADDING_LENGTH_MAX];
            for (int i = 0; i < 1000; i++)
            {
                buffer.putInt(0, 0x55555555);
                buffer.putByte(4, (byte)0x55);
                PADDED.encodePadding(buffer, 1, length, random);

                assertEquals(0x55, buffer.getByte(0));
                assertEquals(0x55, buffer.getByte(1 + length));
                for (int j = 0; j < length; j++)
                {
                    ones[j] += Integer.bitCount(buffer.getByte(1 + j) & 0xff);
                }
            }
            for (int j = 0; j < length; j++)
            {
                assertEquals(4000, ones[j], 270);
            }
        }
    }

    /** [P-OBF-41] Big-endian for abridged, little-endian for intermediate, bit 31 as it comes. */
    @ParameterizedTest
    @ValueSource(ints = {0x81020304, 0x01020304})
    void shouldWriteRawQuickAcks(int confirm)
    {
        String high = "%02x".formatted(confirm >>> 24);

        assertEquals(Integer.BYTES, ABRIDGED.encodeQuickAck(buffer, 3, confirm, new ScriptedRandom()));
        assertEquals(high + "020304", hexOf(3, Integer.BYTES));

        assertEquals(Integer.BYTES, INTERMEDIATE.encodeQuickAck(buffer, 3, confirm, new ScriptedRandom()));
        assertEquals("040302" + high, hexOf(3, Integer.BYTES));

        assertEquals(Integer.BYTES, PADDED.encodeQuickAck(buffer, 3, confirm, new ScriptedRandom().add(0)));
        assertEquals("040302" + high, hexOf(3, Integer.BYTES));
    }

    /** [P-OBF-42] Half of them raw, half in two frames whose lengths are 8..15 and 4..11, all of them occurring. */
    @Test
    void shouldMixTheFormsOfPaddedQuickAcks()
    {
        RandomSource random = new SeededRandom(13);
        int confirm = 0x89abcdef;
        int rawCount = 0;
        int[] firstLengths = new int[16];
        int[] secondLengths = new int[12];
        int lengthMax = 0;
        for (int i = 0; i < 20_000; i++)
        {
            UnsafeBuffer exact = new UnsafeBuffer(ByteBuffer.allocateDirect(FrameCodec.QUICK_ACK_LENGTH_MAX));
            int length = PADDED.encodeQuickAck(exact, 0, confirm, random);
            lengthMax = Math.max(lengthMax, length);
            if (length == Integer.BYTES)
            {
                rawCount++;
                assertEquals(confirm, exact.getInt(0, ByteOrder.LITTLE_ENDIAN));
                continue;
            }

            int first = exact.getInt(0, ByteOrder.LITTLE_ENDIAN);
            int secondOffset = Integer.BYTES + first;
            int second = exact.getInt(secondOffset, ByteOrder.LITTLE_ENDIAN);
            firstLengths[first]++;
            secondLengths[second]++;
            assertEquals(length, secondOffset + Integer.BYTES + second);
            assertEquals(-1, exact.getInt(Integer.BYTES));
            assertEquals(confirm, exact.getInt(2 * Integer.BYTES, ByteOrder.LITTLE_ENDIAN));
            assertEquals(0, exact.getInt(secondOffset + Integer.BYTES));
        }

        assertEquals(FrameCodec.QUICK_ACK_LENGTH_MAX, lengthMax);
        assertEquals(10_000, rawCount, 430);
        for (int length = 0; length < firstLengths.length; length++)
        {
            assertEquals(length < 8 ? 0 : 1250, firstLengths[length], length < 8 ? 0 : 210);
        }
        for (int length = 0; length < secondLengths.length; length++)
        {
            assertEquals(length < 4 ? 0 : 1250, secondLengths[length], length < 4 ? 0 : 210);
        }
    }

    /** [P-OBF-42] Two ordinary packets: our own reader takes them apart too. */
    @Test
    void shouldWriteQuickAcksAsOrdinaryFrames()
    {
        ScriptedRandom random = new ScriptedRandom().add(1).add(1).add(0x44332211L).add(3).add(0xaabbccL).add(0).add(0);
        byte[] bytes = new byte[PADDED.encodeQuickAck(buffer, 0, 0x80000001, random)];
        buffer.getBytes(0, bytes);

        FrameReader reader = FrameReader.readAll(PADDED, bytes);
        assertTrue(random.isUsedUp());
        assertEquals("done", reader.end());
        assertEquals(List.of(new FrameReader.Packet("ffffffff0100008011223344", false),
            new FrameReader.Packet("00000000", false)), reader.packets);
    }

    /** [P-RPC-41] Padded shares the bit of intermediate; 0x08000000 is never sent. */
    @Test
    void shouldTellTheMiddleProxyAsTheReferenceDoes()
    {
        assertEquals(0x40000000, ABRIDGED.proxyFlags());
        assertEquals(0x20000000, INTERMEDIATE.proxyFlags());
        assertEquals(0x20000000, PADDED.proxyFlags());
    }

    /** [P-OBF-20] One byte decides of an abridged header's length; it is not looked at for the others. */
    @Test
    void shouldTellTheLengthOfTheHeaderByItsFirstByte()
    {
        for (int first = 0; first < 256; first++)
        {
            assertEquals((first & 0x7f) == 0x7f ? 4 : 1, ABRIDGED.headerLength((byte)first));
            assertEquals(4, INTERMEDIATE.headerLength((byte)first));
            assertEquals(4, PADDED.headerLength((byte)first));
        }
        assertEquals(1, ABRIDGED.headerLengthMin());
        assertEquals(4, INTERMEDIATE.headerLengthMin());
        assertEquals(4, PADDED.headerLengthMin());
    }

    /** A malformed header leaves the fields alone, so that nobody takes half of it for good. */
    @Test
    void shouldNotTouchTheFieldsForAMalformedHeader()
    {
        verifyHeader(PADDED, "05000080", 5, 4, true);
        verifyMalformed(PADDED, "03000000");

        assertEquals(5, header.wireLength());
        assertEquals(4, header.payloadLength());
        assertTrue(header.quickAck());
        verifyHeader(PADDED, "09000000", 9, 8, false);
        assertFalse(header.quickAck());
    }

    private String hexOf(int offset, int length)
    {
        byte[] bytes = new byte[length];
        buffer.getBytes(offset, bytes);
        return TransportVectors.hex(bytes);
    }
}
