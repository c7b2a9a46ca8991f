// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.rpc;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import java.util.function.IntUnaryOperator;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class RpcKeysVectorTest
{
    private final RpcKeys keys = new RpcKeys();

    @Test
    @DisplayName("[P-RPC-20] [P-RPC-22] keys of rpc_keys.json, with IPv4, IPv6 and DH, by one object")
    void shouldDeriveTheKeysOfTheVectors()
    {
        for (JsonNode vector : RpcVectors.read("rpc_keys.json").get("cases"))
        {
            keys.clear();
            keys.secret(RpcVectors.hex(vector.get("secret")))
                .clientNonce(RpcVectors.hex(vector.get("client_nonce")))
                .serverNonce(RpcVectors.hex(vector.get("server_nonce")))
                .clientTimestamp(vector.get("client_timestamp").asInt());
            if (!vector.get("dh_shared").isNull())
            {
                keys.dhShared(RpcVectors.hex(vector.get("dh_shared")));
            }
            keys.derive(end(vector, "client"), end(vector, "server"));
            assertKeys(vector, "client_to_server", "server_to_client", vector.get("name").asText());
        }
    }

    @Test
    @DisplayName("[P-RPC-20] [P-RPC-22] keys that the C program used")
    void shouldDeriveTheKeysOfC()
    {
        JsonNode captured = RpcVectors.read("captured_from_c.json");
        for (String name : new String[]{"rpc_v4", "rpc_v6", "rpc_dh"})
        {
            JsonNode vector = captured.get(name);
            keys.clear();
            keys.secret(RpcVectors.hex(vector.get("secret")))
                .clientNonce(RpcVectors.hex(vector.get("nonce_c")))
                .serverNonce(RpcVectors.hex(vector.get("nonce_s")))
                .clientTimestamp(vector.get("ts").asInt());
            if (vector.has("shared"))
            {
                keys.dhShared(RpcVectors.hex(vector.get("shared")));
            }
            keys.derive(capturedEnd(vector, "c"), capturedEnd(vector, "s"));
            assertKeys(vector, "c2s", "s2c", name);
        }
    }

    @Test
    @DisplayName("[P-RPC-21] IPv4 is translated, v4-mapped counts as IPv4, IPv6 is not translated")
    void shouldTranslateIpv4Only()
    {
        IntUnaryOperator plusOne = ipv4 -> ipv4 + 1;

        assertEquals(0x0a000002, RpcEndpoint.of(RpcVectors.address("10.0.0.1", 80), plusOne).ipv4());
        assertEquals(0x0a000002, RpcEndpoint.of(RpcVectors.address("::ffff:10.0.0.1", 80), plusOne).ipv4());
        assertFalse(RpcEndpoint.of(RpcVectors.address("::ffff:10.0.0.1", 80), plusOne).isIpv6());
        assertEquals(0, RpcEndpoint.of(RpcVectors.address("2001:db8::1", 80), plusOne).ipv4());
        assertEquals(80, RpcEndpoint.of(RpcVectors.address("2001:db8::1", 80), plusOne).port());
    }

    @Test
    @DisplayName("[P-RPC-20] key material is zeroed and never shown")
    void shouldZeroResults()
    {
        keys.secret(new byte[]{1, 2, 3}).derive(
            RpcEndpoint.of(RpcVectors.address("192.0.2.1", 1), IntUnaryOperator.identity()),
            RpcEndpoint.of(RpcVectors.address("192.0.2.2", 2), IntUnaryOperator.identity()));
        keys.clear();

        assertArrayEquals(new byte[RpcKeys.KEY_LENGTH], keys.clientToServerKey());
        assertArrayEquals(new byte[RpcKeys.IV_LENGTH], keys.clientToServerIv());
        assertArrayEquals(new byte[RpcKeys.KEY_LENGTH], keys.serverToClientKey());
        assertArrayEquals(new byte[RpcKeys.IV_LENGTH], keys.serverToClientIv());
        assertEquals("RpcKeys{masked}", keys.toString());
    }

    private void assertKeys(JsonNode vector, String out, String in, String name)
    {
        assertArrayEquals(RpcVectors.hex(vector.get(out + "_key")), keys.clientToServerKey(), name);
        assertArrayEquals(RpcVectors.hex(vector.get(out + "_iv")), keys.clientToServerIv(), name);
        assertArrayEquals(RpcVectors.hex(vector.get(in + "_key")), keys.serverToClientKey(), name);
        assertArrayEquals(RpcVectors.hex(vector.get(in + "_iv")), keys.serverToClientIv(), name);
    }

    private static RpcEndpoint end(JsonNode vector, String side)
    {
        return RpcEndpoint.of(RpcVectors.address(vector.get(side + "_ip").asText(), vector.get(side + "_port").asInt()),
            IntUnaryOperator.identity());
    }

    private static RpcEndpoint capturedEnd(JsonNode vector, String side)
    {
        JsonNode ipv6 = vector.path(side + "_ip6");
        return RpcEndpoint.of(RpcVectors.address((int)vector.get(side + "_ip").asLong(),
            ipv6.isMissingNode() ? NullNode.instance : ipv6,
            vector.get(side + "_port").asInt()), IntUnaryOperator.identity());
    }
}
