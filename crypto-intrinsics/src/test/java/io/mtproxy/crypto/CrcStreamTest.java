// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.crypto;

import static io.mtproxy.crypto.Vectors.bytes;
import static io.mtproxy.crypto.Vectors.directSlice;
import static io.mtproxy.crypto.Vectors.random;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** [P-RPC-05] CRC-32 before and CRC-32C after negotiation. */
@DisplayName("CRC of frames [P-RPC-05]")
class CrcStreamTest
{
    private final CrcStream crc = new CrcStream(new CipherScratch());

    @Test
    @DisplayName("the check values of both polynomials [P-RPC-05], the second after a change of kind [P-RPC-33]")
    void shouldMatchCheckValues()
    {
        byte[] check = "123456789".getBytes(StandardCharsets.US_ASCII);
        assertEquals(CrcKind.CRC32, crc.kind());
        crc.update(check, 0, check.length);
        assertEquals(0xCBF43926, crc.value());

        crc.reset(CrcKind.CRC32C);
        assertEquals(CrcKind.CRC32C, crc.kind());
        crc.update(check, 0, check.length);
        assertEquals(0xE3069283, crc.value());

        crc.reset();
        assertEquals(0, crc.value());
        assertEquals(CrcKind.CRC32C, crc.kind());
    }

    @Test
    @DisplayName("crc.json, cut at each offset [P-RPC-05]")
    void shouldMatchVectors()
    {
        for (JsonNode vector : Vectors.read("crc.json").required("cases"))
        {
            byte[] data = bytes(vector, "data");
            for (int cut = 0; cut <= data.length; cut++)
            {
                assertEquals((int)vector.required("crc32").longValue(), sum(CrcKind.CRC32, data, cut));
                assertEquals((int)vector.required("crc32c").longValue(), sum(CrcKind.CRC32C, data, cut));
            }
        }
    }

    private int sum(CrcKind kind, byte[] data, int cut)
    {
        crc.reset(kind);
        crc.update(directSlice(data, 13), 0, cut);
        crc.update(data, cut, data.length - cut);
        return crc.value();
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("any length, alignment and memory [P-RPC-05]")
    void shouldTakeEveryLengthFromAnyMemory(CrcKind kind)
    {
        int polynomial = switch (kind)
        {
            case CRC32 -> 0xEDB88320;
            case CRC32C -> 0x82F63B78;
        };
        for (int length = 0; length < 2 * CipherScratch.LENGTH + 200; length += length < 200 ? 1 : 4093)
        {
            int offset = length % 7;
            byte[] in = random(offset + length, length);
            byte[] shifted = new byte[in.length + 9];
            System.arraycopy(in, 0, shifted, 9, in.length);
            int expected = reference(polynomial, in, offset, length);

            crc.reset(kind);
            crc.update(in, offset, length);
            assertEquals(expected, crc.value());
            crc.reset();
            crc.update(directSlice(in, 5), offset, length);
            assertEquals(expected, crc.value());
            crc.reset();
            crc.update(new UnsafeBuffer(shifted, 9, in.length), offset, length);
            assertEquals(expected, crc.value());
        }
        assertThrows(IndexOutOfBoundsException.class, () -> crc.update(directSlice(new byte[3], 0), 1, 3));
        assertThrows(IndexOutOfBoundsException.class, () -> crc.update(new UnsafeBuffer(new byte[9], 2, 3), 1, 3));
    }

    @Test
    @DisplayName("frames the C program sent: CRC-32 over all but the last four bytes [P-RPC-05]")
    void shouldMatchFramesFromC()
    {
        for (String name : new String[]{"rpc_v4", "rpc_v6", "rpc_dh"})
        {
            byte[] frame = bytes(Vectors.read("captured_from_c.json").required(name), "client_nonce_frame");
            crc.reset();
            crc.update(frame, 0, frame.length - 4);
            assertEquals(ByteBuffer.wrap(frame).order(ByteOrder.LITTLE_ENDIAN).getInt(frame.length - 4), crc.value());
        }
    }

    /** Bit by bit, as in the definition. */
    private static int reference(int polynomial, byte[] in, int offset, int length)
    {
        int sum = -1;
        for (int i = offset; i < offset + length; i++)
        {
            sum ^= in[i] & 0xff;
            for (int bit = 0; bit < 8; bit++)
            {
                sum = (sum & 1) != 0 ? sum >>> 1 ^ polynomial : sum >>> 1;
            }
        }
        return ~sum;
    }
}
