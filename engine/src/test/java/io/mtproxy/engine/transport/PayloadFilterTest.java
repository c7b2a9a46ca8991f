// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.databind.JsonNode;
import io.mtproxy.engine.transport.PayloadFilter.Verdict;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is forwarded, and as what. [P-PAY-01] [P-PAY-02] [P-PAY-03] [P-PAY-04] [P-OBF-50] */
class PayloadFilterTest
{
    private static final int RPC_PING = 0x5730a2df;
    private static final int REQ_PQ_MULTI = 0xbe7e8ef1;

    private final UnsafeBuffer payload = new UnsafeBuffer(ByteBuffer.allocateDirect(128));

    @TestFactory
    Stream<DynamicTest> shouldDecideAsTheReferenceDoes()
    {
        return TransportVectors.read("payload_filter.json").get("cases").valueStream()
            .map(node -> DynamicTest.dynamicTest(node.get("name").textValue(), () -> verify(node)));
    }

    private static void verify(JsonNode node)
    {
        byte[] bytes = TransportVectors.bytes(node, "payload");
        int offset = 3;
        // No byte behind what must be readable, so that the bounds checks see a look too far.
        for (int available = Math.min(bytes.length, PayloadFilter.HEAD_LENGTH); available <= bytes.length; available++)
        {
            UnsafeBuffer buffer = new UnsafeBuffer(ByteBuffer.allocateDirect(offset + available));
            buffer.putBytes(offset, bytes, 0, available);
            assertSame(expected(node), PayloadFilter.classify(buffer, offset, available, bytes.length));
        }
    }

    private static Verdict expected(JsonNode node)
    {
        if (node.get("forwarded").booleanValue())
        {
            return node.get("flag_not_encrypted").booleanValue() ? Verdict.FORWARD_PLAIN : Verdict.FORWARD_ENCRYPTED;
        }
        return node.path("note").asText().startsWith("answered") ? Verdict.PING : Verdict.DROP;
    }

    /** [P-OBF-50] Whatever follows the opcode, by length alone; before all other checks. [P-PAY-01] */
    @Test
    void shouldAnswerPingsOfTwelveBytesOnly()
    {
        payload.putInt(0, RPC_PING, ByteOrder.LITTLE_ENDIAN);
        payload.setMemory(4, 124, (byte)0x5a);
        for (int length = 4; length <= 128; length += 4)
        {
            assertSame(length == 12 ? Verdict.PING : Verdict.DROP, classify(length));
        }

        // One bit off, it is an encrypted message like others.
        payload.putInt(0, RPC_PING ^ 1, ByteOrder.LITTLE_ENDIAN);
        assertSame(Verdict.DROP, classify(12));
        assertSame(Verdict.FORWARD_ENCRYPTED, classify(64));
    }

    /** [P-OBF-50] The answer has the same 8 id bytes. */
    @Test
    void shouldAnswerAPingWithItsId()
    {
        payload.putInt(8, RPC_PING, ByteOrder.LITTLE_ENDIAN);
        payload.putLong(12, 0x8877665544332211L, ByteOrder.LITTLE_ENDIAN);
        byte[] pong = new byte[PayloadFilter.PING_LENGTH];

        assertEquals(12, PayloadFilter.encodePong(new UnsafeBuffer(pong), 0, PayloadFilter.pingId(payload, 8)));
        assertEquals("a7ea30841122334455667788", TransportVectors.hex(pong));
    }

    /** [P-PAY-03] A key id with bits in one half only is a key id. */
    @ParameterizedTest
    @ValueSource(longs = {1, 0x80000000L, 0x100000000L, Long.MIN_VALUE, -1})
    void shouldTakeAnyKeyIdButZero(long authKeyId)
    {
        payload.putLong(0, authKeyId, ByteOrder.LITTLE_ENDIAN);

        assertEquals(authKeyId, PayloadFilter.authKeyId(payload, 0));
        assertSame(Verdict.DROP, classify(52));
        assertSame(Verdict.FORWARD_ENCRYPTED, classify(56));
        assertSame(Verdict.FORWARD_ENCRYPTED, classify(60));
        assertSame(Verdict.FORWARD_ENCRYPTED, PayloadFilter.classify(payload, 0, 24, FrameCodec.PAYLOAD_LENGTH_MAX));
    }

    /** [P-PAY-02] */
    @Test
    void shouldDropWhatIsNotWholeWords()
    {
        payload.putLong(0, 1, ByteOrder.LITTLE_ENDIAN);
        for (int length = 0; length <= 128; length++)
        {
            assertSame(length >= 56 && length % 4 == 0 ? Verdict.FORWARD_ENCRYPTED : Verdict.DROP, classify(length));
        }
    }

    /** [P-PAY-02] [P-PAY-04] Sums that would overflow included. */
    @ParameterizedTest
    @CsvSource({
        "40, 20, FORWARD_PLAIN", "40, 19, DROP", "40, 21, DROP", "44, 24, FORWARD_PLAIN", "44, 25, DROP",
        "44, 21, FORWARD_PLAIN", "44, 0, DROP", "44, -1, DROP", "44, 2147483647, DROP", "44, 2147483630, DROP",
        "44, -2147483648, DROP", "36, 20, DROP", "28, 8, DROP", "24, 20, DROP"})
    void shouldCheckTheInnerLength(int length, int innerLength, Verdict expected)
    {
        plainMessage(innerLength, REQ_PQ_MULTI);

        assertSame(expected, classify(length));
    }

    /** [P-PAY-04] Four functions, and none that differs from one of them by a bit. */
    @ParameterizedTest
    @ValueSource(ints = {0x60469778, 0xbe7e8ef1, 0xd712e4be, 0xf5045f1f})
    void shouldForwardFourFunctions(int function)
    {
        plainMessage(20, function);
        assertSame(Verdict.FORWARD_PLAIN, classify(40));
        for (int bit = 0; bit < Integer.SIZE; bit++)
        {
            plainMessage(20, function ^ 1 << bit);
            assertSame(Verdict.DROP, classify(40));
        }
    }

    /** [P-PAY-01] Never throws for what a client sends. */
    @Test
    void shouldJudgeAnyBytes()
    {
        SplittableRandom random = new SplittableRandom(17);
        for (int i = 0; i < 100_000; i++)
        {
            int length = random.nextInt(65);
            byte[] bytes = new byte[length];
            random.nextBytes(bytes);
            PayloadFilter.classify(new UnsafeBuffer(bytes), 0, length, length);
        }
    }

    @Test
    void shouldRefuseToJudgeHalfAHead()
    {
        assertThrows(IllegalArgumentException.class, () -> PayloadFilter.classify(payload, 0, 23, 24));
        assertThrows(IllegalArgumentException.class, () -> PayloadFilter.classify(payload, 0, 3, 4));
    }

    private void plainMessage(int innerLength, int function)
    {
        payload.putLong(0, 0);
        payload.putInt(16, innerLength, ByteOrder.LITTLE_ENDIAN);
        payload.putInt(20, function, ByteOrder.LITTLE_ENDIAN);
    }

    private Verdict classify(int length)
    {
        return PayloadFilter.classify(payload, 0, length, length);
    }
}
