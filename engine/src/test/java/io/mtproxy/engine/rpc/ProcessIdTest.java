// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.rpc;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class ProcessIdTest
{
    private final JsonNode vectors = RpcVectors.read("pid.json");

    @Test
    @DisplayName("[P-RPC-30] the 12 bytes of pid.json, both ways")
    void shouldEncodeAndDecode()
    {
        for (JsonNode vector : vectors.get("encode"))
        {
            ProcessId id = new ProcessId(
                IpAddresses.toIpv4(RpcVectors.address(vector.get("ip").asText(), 0).getAddress()),
                vector.get("port").asInt(), vector.get("pid").asInt(), vector.get("utime").asInt());
            UnsafeBuffer out = new UnsafeBuffer(new byte[ProcessId.LENGTH]);

            id.encode(out, 0);

            assertArrayEquals(RpcVectors.hex(vector.get("bytes")), out.byteArray());
            assertEquals(id, ProcessId.decode(out, 0));
        }
    }

    @Test
    @DisplayName("[P-RPC-34] matching of pid.json")
    void shouldMatch()
    {
        for (JsonNode vector : vectors.get("matches"))
        {
            ProcessId x = ProcessId.decode(new UnsafeBuffer(RpcVectors.hex(vector.get("x"))), 0);
            ProcessId y = ProcessId.decode(new UnsafeBuffer(RpcVectors.hex(vector.get("y"))), 0);
            ProcessId.Match expected = switch (vector.get("result").asInt())
            {
                case 0 -> ProcessId.Match.NONE;
                case 1 -> ProcessId.Match.COMPATIBLE;
                default -> ProcessId.Match.EQUAL;
            };
            assertEquals(expected, x.matches(y), vector.toString());
        }
    }

    @Test
    @DisplayName("[P-RPC-32] [C-LIM-16] folding of pid.json; 0 becomes 1")
    void shouldFoldProcessIds()
    {
        for (JsonNode vector : vectors.get("fold_os_pid"))
        {
            assertEquals(vector.get("pid").asInt(), ProcessId.foldOsPid(vector.get("os_pid").asLong()));
        }
        assertEquals(1, ProcessId.foldOsPid(0x00010001L));
    }

    @Test
    @DisplayName("[P-RPC-32] sender and peer: 127.0.0.1 becomes 0, no port becomes 0xffff")
    void shouldMakeOurTwoIds()
    {
        assertEquals(new ProcessId(0, 0xffff, 5, 77), ProcessId.ofSender(0x7f000001, 0, 5, 77));
        assertEquals(new ProcessId(0x0a000001, 8888, 5, 77), ProcessId.ofSender(0x0a000001, 8888, 5, 77));
        assertEquals(new ProcessId(0, 20001, 0, 0), ProcessId.ofPeer(0x7f000001, 20001));
        assertEquals(new ProcessId(0x959aaf32, 8888, 0, 0), ProcessId.ofPeer(0x959aaf32, 8888));
    }
}
