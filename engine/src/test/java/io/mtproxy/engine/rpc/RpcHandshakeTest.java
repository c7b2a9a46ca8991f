// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.rpc;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import com.fasterxml.jackson.databind.JsonNode;
import io.mtproxy.engine.rpc.RpcHandshake.Verdict;
import java.nio.ByteOrder;
import java.util.Random;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class RpcHandshakeTest
{
    private static final ProcessId OWN = new ProcessId(0xc6336407, 0xffff, 4321, 1_700_000_000);
    private static final ProcessId SERVER = new ProcessId(0x959aaf32, 8888, 999, 1_600_000_000);
    private static final ProcessId ANYONE = new ProcessId(0, 0, 0, 0);

    @Test
    @DisplayName("[P-RPC-31] [P-RPC-32] our payload is byte-exact with the vector")
    void shouldEncodeTheHandshakeOfTheVectors()
    {
        for (JsonNode vector : RpcVectors.read("rpc_frames.json").get("payloads"))
        {
            if (vector.get("name").asText().equals("handshake (client)"))
            {
                JsonNode fields = vector.get("fields");
                UnsafeBuffer out = new UnsafeBuffer(new byte[RpcHandshake.LENGTH]);
                RpcHandshake.encode(out, 0, pid(fields.get("sender_pid")), pid(fields.get("peer_pid")));
                assertArrayEquals(RpcVectors.hex(vector.get("payload")), out.byteArray());
                return;
            }
        }
        fail("vector is missing");
    }

    @Test
    @DisplayName("[P-RPC-33] [P-RPC-35] the server's payloads of the vectors")
    void shouldVerifyTheHandshakesOfTheVectors()
    {
        for (JsonNode vector : RpcVectors.read("rpc_frames.json").get("payloads"))
        {
            byte[] payload = RpcVectors.hex(vector.get("payload"));
            Verdict verdict = RpcHandshake.verify(new UnsafeBuffer(payload), 0, payload.length,
                new ProcessId(0xc6336407, 0xffff, 4321, 0x6553f09c));
            Verdict expected = switch (vector.get("name").asText())
            {
                case "handshake (server, crc32c agreed)" -> Verdict.ACCEPTED_CRC32C;
                case "handshake (server, crc32)" -> Verdict.ACCEPTED;
                case "handshake error" -> Verdict.ERROR_RECEIVED;
                case "handshake (client)" -> Verdict.PEER_DIFFERS;
                default -> Verdict.TYPE_WRONG;
            };
            assertEquals(expected, verdict, vector.get("name").asText());
        }
    }

    @Test
    @DisplayName("[P-RPC-33] the handshake cases of rpc_handshake_cases.json")
    void shouldReactAsTheVectorsSay()
    {
        for (JsonNode vector : RpcVectors.read("rpc_handshake_cases.json").get("cases"))
        {
            if (vector.get("reply").asText().equals("handshake"))
            {
                assertCase(vector.get("change").asText(), vector.get("action").asText());
            }
        }
    }

    @Test
    @DisplayName("[P-RPC-33] random bytes are judged, never thrown at")
    void shouldJudgeAnyBytes()
    {
        Random random = new Random(12);
        for (int i = 0; i < 20_000; i++)
        {
            byte[] bytes = new byte[4 * (1 + random.nextInt(10))];
            random.nextBytes(bytes);
            UnsafeBuffer buffer = new UnsafeBuffer(bytes);
            buffer.putInt(0, RpcType.RPC_HANDSHAKE, ByteOrder.LITTLE_ENDIAN);
            RpcHandshake.verify(buffer, 0, bytes.length, OWN);
        }
    }

    private static void assertCase(String change, String action)
    {
        switch (change)
        {
            case "sender pid arbitrary" ->
            {
                assertVerdict(action, payload(0, new ProcessId(9, 9, 9, 9), OWN, 32));
                assertVerdict(action, payload(0, ANYONE, OWN, 32));
            }
            case "peer pid all zero" -> assertVerdict(action, payload(0, SERVER, ANYONE, 32));
            case "peer pid = our sender pid" -> assertVerdict(action, payload(0, SERVER, OWN, 32));
            case "peer pid with another ip/port/pid/time" ->
            {
                assertVerdict(action, payload(0, SERVER, new ProcessId(1, 0, 0, 0), 32));
                assertVerdict(action, payload(0, SERVER, new ProcessId(0, 1, 0, 0), 32));
                assertVerdict(action, payload(0, SERVER, new ProcessId(0, 0, 1, 0), 32));
                assertVerdict(action, payload(0, SERVER, new ProcessId(0, 0, 0, 1), 32));
            }
            case "flags & 0xff != 0" ->
            {
                for (int bit = 0; bit < 8; bit++)
                {
                    assertVerdict(action, payload(0x800 | (1 << bit), SERVER, OWN, 32));
                }
            }
            case "flags 0x1000 or 0x100 (unknown high bits)" ->
            {
                assertVerdict(action, payload(0x1000, SERVER, OWN, 32));
                assertVerdict(action, payload(0x100, SERVER, OWN, 32));
            }
            case "flags 0x800" -> assertVerdict(action, payload(0x800, SERVER, OWN, 32));
            case "payload length != 32" ->
            {
                assertVerdict(action, payload(0, SERVER, OWN, 28));
                assertVerdict(action, payload(0, SERVER, OWN, 36));
                assertVerdict(action, payload(0, SERVER, OWN, 4));
            }
            case "opcode not HANDSHAKE" ->
            {
                UnsafeBuffer other = payload(0, SERVER, OWN, 32);
                other.putInt(0, RpcType.RPC_PING, ByteOrder.LITTLE_ENDIAN);
                assertVerdict(action, other);
            }
            default -> fail("unknown change: " + change);
        }
    }

    private static void assertVerdict(String action, UnsafeBuffer payload)
    {
        Verdict verdict = RpcHandshake.verify(payload, 0, payload.capacity(), OWN);
        assertEquals(action, switch (verdict)
        {
            case ACCEPTED -> "accept";
            case ACCEPTED_CRC32C -> "accept, switch to crc32c";
            case ERROR_RECEIVED, TYPE_WRONG, SIZE_WRONG, PEER_DIFFERS, FLAGS_UNKNOWN -> "close";
        });
    }

    private static UnsafeBuffer payload(int flags, ProcessId sender, ProcessId peer, int length)
    {
        UnsafeBuffer payload = new UnsafeBuffer(new byte[64]);
        payload.putInt(0, RpcType.RPC_HANDSHAKE, ByteOrder.LITTLE_ENDIAN);
        payload.putInt(4, flags, ByteOrder.LITTLE_ENDIAN);
        sender.encode(payload, 8);
        peer.encode(payload, 20);
        return new UnsafeBuffer(payload, 0, length);
    }

    private static ProcessId pid(JsonNode node)
    {
        return ProcessId.decode(new UnsafeBuffer(RpcVectors.hex(node)), 0);
    }
}
