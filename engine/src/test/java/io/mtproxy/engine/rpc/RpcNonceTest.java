// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.rpc;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import com.fasterxml.jackson.databind.JsonNode;
import io.mtproxy.engine.rpc.RpcNonce.Verdict;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Random;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RpcNonceTest
{
    private static final int SELECTOR = 0x11223344;
    private static final int TIME = 1_700_000_000;

    @Test
    @DisplayName("[P-RPC-10] [P-RPC-11] our payload is schema 1 of 32 bytes, byte-exact with the vector")
    void shouldEncodeTheNonceOfTheVectors()
    {
        JsonNode vector = RpcVectors.read("rpc_frames.json").get("payloads").get(0);
        JsonNode fields = vector.get("fields");
        UnsafeBuffer out = new UnsafeBuffer(new byte[RpcNonce.LENGTH]);

        RpcNonce.encode(out, 0, fields.get("key_selector").asInt(), fields.get("timestamp").asInt(),
            RpcVectors.hex(fields.get("nonce")));

        assertEquals("nonce AES", vector.get("name").asText());
        assertArrayEquals(RpcVectors.hex(vector.get("payload")), out.byteArray());
    }

    @Test
    @DisplayName("[P-RPC-10] [P-RPC-14] all 16 bytes of the server's nonce are taken from their place")
    void shouldGetTheNonce()
    {
        byte[] nonce = new byte[RpcNonce.NONCE_LENGTH];
        JsonNode vector = RpcVectors.read("rpc_frames.json").get("payloads").get(1);

        RpcNonce.getNonce(RpcVectors.direct(RpcVectors.hex(vector.get("payload"))), 0, nonce);

        assertArrayEquals(RpcVectors.hex(vector.get("fields").get("nonce")), nonce);
    }

    @ParameterizedTest
    @CsvSource({"1, 32, 0, ACCEPTED", "1, 36, 0, SIZE_WRONG", "1, 28, 0, SIZE_WRONG", "1, 4, 0, SIZE_WRONG",
        "0, 32, 0, SCHEMA_CLEAR_REFUSED", "0, 36, 0, SIZE_WRONG",
        "2, 36, 0, ACCEPTED", "2, 32, 0, SIZE_WRONG", "2, 40, 0, SIZE_WRONG", "2, 40, 1, ACCEPTED",
        "2, 68, 8, ACCEPTED", "2, 72, 9, SIZE_WRONG", "2, 32, -1, SIZE_WRONG", "2, 36, 1073741824, SIZE_WRONG",
        "3, 296, 0, SCHEMA_DH_NOT_ASKED", "3, 300, 1, SCHEMA_DH_NOT_ASKED", "3, 36, 0, SIZE_WRONG",
        "4, 32, 0, SCHEMA_UNKNOWN", "-1, 32, 0, SCHEMA_UNKNOWN"})
    @DisplayName("[P-RPC-10] [P-RPC-13] schema and size")
    void shouldJudgeSchemaAndSize(int schema, int length, int extraCount, Verdict verdict)
    {
        assertEquals(verdict, verify(nonce(schema, length, SELECTOR, TIME, extraCount), 0));
    }

    @Test
    @DisplayName("[P-RPC-13] an extra selector counts in schema 2 only")
    void shouldAcceptAnExtraSelector()
    {
        UnsafeBuffer extra = nonce(2, 44, 7, TIME, 2);
        assertEquals(Verdict.SELECTOR_DIFFERS, verify(extra, 0));

        extra.putInt(40, SELECTOR, ByteOrder.LITTLE_ENDIAN);
        assertEquals(Verdict.ACCEPTED, verify(extra, 0));
        assertEquals(Verdict.SELECTOR_DIFFERS, verify(nonce(1, 32, 7, TIME, 0), 0));
    }

    @Test
    @DisplayName("[P-RPC-13] bytes behind the nonce, and a payload that is none, are refused")
    void shouldRefuseBytesBehindAndOtherTypes()
    {
        UnsafeBuffer payload = nonce(1, 32, SELECTOR, TIME, 0);
        assertEquals(Verdict.BYTES_BEHIND, verify(payload, 1));

        payload.putInt(0, RpcType.RPC_HANDSHAKE, ByteOrder.LITTLE_ENDIAN);
        assertEquals(Verdict.TYPE_WRONG, verify(payload, 0));
    }

    @Test
    @DisplayName("[P-RPC-13] the nonce cases of rpc_handshake_cases.json")
    void shouldReactAsTheVectorsSay()
    {
        for (JsonNode vector : RpcVectors.read("rpc_handshake_cases.json").get("cases"))
        {
            String change = vector.get("change").asText();
            // The sequence number is the reader's: RpcFrameReaderTest.
            if (vector.get("reply").asText().equals("nonce") && !change.startsWith("sequence"))
            {
                Verdict verdict = verify(change(change), 0);
                assertEquals(vector.get("action").asText(), verdict == Verdict.ACCEPTED ? "accept" : "close", change);
            }
        }
    }

    @Test
    @DisplayName("[P-RPC-13] random bytes are judged, never thrown at")
    void shouldJudgeAnyBytes()
    {
        Random random = new Random(11);
        for (int i = 0; i < 20_000; i++)
        {
            byte[] bytes = new byte[4 * (1 + random.nextInt(90))];
            random.nextBytes(bytes);
            UnsafeBuffer buffer = new UnsafeBuffer(bytes);
            buffer.putInt(0, RpcType.RPC_NONCE, ByteOrder.LITTLE_ENDIAN);
            if (bytes.length > 12)
            {
                buffer.putInt(8, random.nextInt(5), ByteOrder.LITTLE_ENDIAN);
            }
            verify(buffer, 0);
        }
    }

    private static UnsafeBuffer change(String change)
    {
        if (change.startsWith("timestamp"))
        {
            String delta = change.replaceAll(".*time ([+-][0-9]+) s", "$1");
            return nonce(1, 32, SELECTOR, TIME + Integer.parseInt(delta), 0);
        }
        return switch (change)
        {
            case "schema 0 (plain)" -> nonce(0, 32, SELECTOR, TIME, 0);
            case "schema 4" -> nonce(4, 32, SELECTOR, TIME, 0);
            case "key selector differs, schema 1" -> nonce(1, 32, 7, TIME, 0);
            case "schema 2, 0 extra keys, own selector" -> nonce(2, 36, SELECTOR, TIME, 0);
            case "schema 2, own selector among the extra keys" ->
            {
                UnsafeBuffer extra = nonce(2, 44, 7, TIME, 2);
                extra.putInt(36, SELECTOR, ByteOrder.LITTLE_ENDIAN);
                yield extra;
            }
            case "schema 2, own selector nowhere" -> nonce(2, 44, 7, TIME, 2);
            case "schema 3 (DH) although not asked for" -> nonce(3, 296, SELECTOR, TIME, 0);
            case "payload length does not fit the schema" -> nonce(1, 36, SELECTOR, TIME, 0);
            default -> fail("unknown change: " + change);
        };
    }

    private static UnsafeBuffer nonce(int schema, int length, int selector, int time, int extraCount)
    {
        UnsafeBuffer payload = new UnsafeBuffer(ByteBuffer.allocate(Math.max(40, length)));
        payload.putInt(0, RpcType.RPC_NONCE, ByteOrder.LITTLE_ENDIAN);
        payload.putInt(4, selector, ByteOrder.LITTLE_ENDIAN);
        payload.putInt(8, schema, ByteOrder.LITTLE_ENDIAN);
        payload.putInt(12, time, ByteOrder.LITTLE_ENDIAN);
        payload.putInt(32, extraCount, ByteOrder.LITTLE_ENDIAN);
        return new UnsafeBuffer(payload, 0, length);
    }

    private static Verdict verify(UnsafeBuffer payload, int behindLength)
    {
        return RpcNonce.verify(payload, 0, payload.capacity(), SELECTOR, TIME, behindLength);
    }
}
