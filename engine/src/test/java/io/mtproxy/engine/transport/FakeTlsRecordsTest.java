// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.transport;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mtproxy.soak.FakeTlsClientPeer;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.SplittableRandom;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

/** Records taken off the client's stream, however it is cut. */
class FakeTlsRecordsTest
{
    private final SplittableRandom random = new SplittableRandom(5);

    /** [P-TLS-34] Records of any length, 0 and 65535 included, in pieces of any size. */
    @Test
    void shouldStripWhateverTheCuts()
    {
        for (int round = 0; round < 300; round++)
        {
            ByteArrayOutputStream stream = new ByteArrayOutputStream();
            ByteArrayOutputStream wire = new ByteArrayOutputStream();
            for (int i = random.nextInt(12); i >= 0; i--)
            {
                byte[] payload = new byte[drawLength()];
                random.nextBytes(payload);
                stream.writeBytes(payload);
                wire.writeBytes(FakeTlsClientPeer.record(payload));
            }
            byte[] sent = wire.toByteArray();
            FakeTlsRecords records = new FakeTlsRecords();
            ByteArrayOutputStream got = new ByteArrayOutputStream();
            int pieceMax = 1 + random.nextInt(random.nextBoolean() ? 20 : 100_000);
            for (int done = 0; done < sent.length;)
            {
                int run = Math.min(sent.length - done, 1 + random.nextInt(pieceMax));
                UnsafeBuffer buffer = new UnsafeBuffer(new byte[run + 8]);
                buffer.putBytes(4, sent, done, run);
                assertTrue(records.strip(buffer, 4, run));
                byte[] payload = new byte[records.payloadLength()];
                buffer.getBytes(records.payloadOffset(), payload);
                got.writeBytes(payload);
                done += run;
            }
            assertArrayEquals(stream.toByteArray(), got.toByteArray());
        }
    }

    private int drawLength()
    {
        return switch (random.nextInt(6))
        {
            case 0 -> 0;
            case 1 -> random.nextInt(4);
            case 2 -> 65_535;
            default -> random.nextInt(3000);
        };
    }

    /** [P-TLS-34] What came before a wrong record is still good. */
    @Test
    void shouldStopAtAnyOtherRecordType()
    {
        for (String header : new String[]{"1403030001", "1503030002", "1603030010", "1703010010", "1702030010",
            "0000000000"})
        {
            byte[] bytes = HexFormat.of().parseHex("1703030003aabbcc" + header + "0102");
            FakeTlsRecords records = new FakeTlsRecords();
            UnsafeBuffer buffer = new UnsafeBuffer(bytes);
            assertFalse(records.strip(buffer, 0, bytes.length), header);
            assertEquals(3, records.payloadLength());
            assertEquals((byte)0xaa, buffer.getByte(records.payloadOffset()));
        }
    }

    /** [P-TLS-31] */
    @Test
    void shouldWaitForTheWholeFirstRecord()
    {
        byte[] first = HexFormat.of().parseHex("140303000101" + "1703030040" + "55".repeat(64));
        for (int length = 0; length < first.length; length++)
        {
            assertEquals(FakeTlsRecords.First.NEED_MORE, readFirst(Arrays.copyOf(first, length)));
        }
        assertEquals(FakeTlsRecords.First.COMPLETE, readFirst(first));
        assertEquals(64, FakeTlsRecords.firstPayloadLength(new UnsafeBuffer(first), 0));
        for (int at = 0; at < 9; at++)
        {
            byte[] flipped = first.clone();
            flipped[at] ^= 1;
            assertEquals(FakeTlsRecords.First.MALFORMED, readFirst(flipped), "byte " + at);
        }
        first[10] = 63;
        assertEquals(FakeTlsRecords.First.MALFORMED, readFirst(first));
    }

    private static FakeTlsRecords.First readFirst(byte[] bytes)
    {
        return FakeTlsRecords.readFirst(new UnsafeBuffer(bytes), 0, bytes.length);
    }

    /** [P-TLS-35] */
    @Test
    void shouldWriteHeaders()
    {
        assertEquals("1703030591", header(1425));
        assertEquals("1703030001", header(1));
    }

    private static String header(int length)
    {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < FakeTlsRecords.HEADER_LENGTH; i++)
        {
            text.append(HexFormat.of().toHexDigits(FakeTlsRecords.headerByte(i, length)));
        }
        return text.toString();
    }
}
