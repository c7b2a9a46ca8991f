// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.rpc;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import io.mtproxy.engine.rpc.RpcFrames.FrameStatus;
import java.util.zip.CRC32;
import java.util.zip.CRC32C;
import java.util.zip.Checksum;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RpcFramesTest
{
    @Test
    @DisplayName("[P-RPC-01] [P-RPC-04] the layout and the sequence numbers are those of the specification")
    void shouldHaveTheLayoutOfTheSpecification()
    {
        assertEquals(0, RpcFrames.LENGTH_OFFSET);
        assertEquals(4, RpcFrames.SEQUENCE_OFFSET);
        assertEquals(8, RpcFrames.PAYLOAD_OFFSET);
        assertEquals(12, RpcFrames.OVERHEAD);
        assertEquals(-2, RpcFrames.SEQUENCE_NONCE);
        assertEquals(-1, RpcFrames.SEQUENCE_HANDSHAKE);
        assertEquals(0, RpcFrames.SEQUENCE_FIRST);
    }

    @Test
    @DisplayName("[P-RPC-02] a length of 4 is a padding word")
    void shouldTakeAFourForPadding()
    {
        assertEquals(FrameStatus.PADDING, RpcFrames.check(4));
    }

    @ParameterizedTest
    @ValueSource(ints = {16, 20, 44, 1024, 16 * 1024 * 1024, 16 * 1024 * 1024 + 4096})
    @DisplayName("[P-RPC-03] whole words from 16 bytes to 16 MiB + 4096 are frames")
    void shouldTakeFrames(int length)
    {
        assertEquals(FrameStatus.OK, RpcFrames.check(length));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, -1, -4, Integer.MIN_VALUE, Integer.MIN_VALUE + 16, 1, 2, 3, 5, 8, 12, 13, 17, 18, 19, 26,
        16 * 1024 * 1024 + 4100, Integer.MAX_VALUE, Integer.MAX_VALUE - 3})
    @DisplayName("[P-RPC-03] any other length is malformed")
    void shouldRefuseOtherLengths(int length)
    {
        assertEquals(FrameStatus.MALFORMED, RpcFrames.check(length));
    }

    @Test
    @DisplayName("[P-RPC-05] the JDK's check sums are the two of the protocol, whole and in parts")
    void shouldHaveTheCheckSumsOfTheVectors()
    {
        JsonNode vectors = RpcVectors.read("crc.json");
        for (JsonNode vector : vectors.get("cases"))
        {
            byte[] data = RpcVectors.hex(vector.get("data"));
            assertEquals(vector.get("crc32").asLong(), checkSum(new CRC32(), data));
            assertEquals(vector.get("crc32c").asLong(), checkSum(new CRC32C(), data));
        }
        for (JsonNode vector : vectors.get("chained"))
        {
            CRC32 crc32 = new CRC32();
            CRC32C crc32c = new CRC32C();
            for (JsonNode part : vector.get("parts"))
            {
                crc32.update(RpcVectors.hex(part));
                crc32c.update(RpcVectors.hex(part));
            }
            assertEquals(vector.get("crc32").asLong(), crc32.getValue());
            assertEquals(vector.get("crc32c").asLong(), crc32c.getValue());
        }
    }

    private static long checkSum(Checksum checksum, byte[] data)
    {
        checksum.update(data);
        return checksum.getValue();
    }
}
