// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.crypto;

import static io.mtproxy.crypto.Vectors.bytes;
import static io.mtproxy.crypto.Vectors.hex;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("Diffie-Hellman [P-RPC-22] [P-RPC-23]")
class DiffieHellmanTest
{
    private static final JsonNode DH = Vectors.read("dh.json");

    @Test
    @DisplayName("the parameter id is the start of SHA-1 over generator and prime [P-RPC-23]")
    void shouldNameTheGroupByItsHash()
    {
        byte[] description = bytes(DH, "params_hash_input");
        byte[] hash = new byte[Digests.SHA1_LENGTH];
        new Digests(new CipherScratch()).sha1(description, 0, description.length, hash, 0);

        assertEquals(DiffieHellman.PARAMETER_ID, littleEndian(hash).getInt(0));
        assertEquals(DiffieHellman.PARAMETER_ID, DH.required("dh_params_select").intValue());
        assertEquals(DiffieHellman.GENERATOR, littleEndian(description).getInt(0));
        assertEquals(DiffieHellman.GENERATOR, DH.required("generator").intValue());
    }

    @Test
    @DisplayName("powers and shared value of dh.json, from both sides [P-RPC-23]")
    void shouldMatchVectors()
    {
        checkExchange(bytes(DH, "a"), bytes(DH, "g_a"), bytes(DH, "g_b"), bytes(DH, "shared"));
        checkExchange(bytes(DH, "b"), bytes(DH, "g_b"), bytes(DH, "g_a"), bytes(DH, "shared"));
    }

    @Test
    @DisplayName("an exchange with the C program [P-RPC-22] [P-RPC-23]")
    void shouldMatchCaptureFromC()
    {
        JsonNode capture = Vectors.read("captured_from_c.json").required("rpc_dh");
        byte[] shared = bytes(capture, "shared");
        checkExchange(bytes(capture, "client_exponent"), bytes(capture, "g_a"), bytes(capture, "g_b"), shared);

        byte[] frame = bytes(capture, "client_nonce_frame");
        assertEquals(DiffieHellman.PARAMETER_ID, littleEndian(frame).getInt(44));

        byte[] material = material(
            bytes(capture, "nonce_s"),
            bytes(capture, "nonce_c"),
            capture.required("ts").intValue(),
            capture.required("s_ip").intValue(),
            capture.required("c_port").intValue(),
            "CLIENT",
            capture.required("c_ip").intValue(),
            capture.required("s_port").intValue(),
            bytes(capture, "secret"));
        byte[] mixed = Arrays.copyOf(material, 512);
        int length = DiffieHellman.mix(mixed, material.length, shared);
        byte[] key = new byte[32];
        Digests digests = new Digests(new CipherScratch());
        digests.md5(mixed, 1, length - 1, key, 0);
        digests.sha1(mixed, 0, length, key, 12);
        assertArrayEquals(bytes(capture, "c2s_key"), key);
    }

    private static void checkExchange(byte[] exponent, byte[] publicValue, byte[] peer, byte[] shared)
    {
        try (DiffieHellman exchange = new DiffieHellman(new FixedRandom(exponent)))
        {
            byte[] out = new byte[300];
            Arrays.fill(out, (byte)0x55);
            exchange.publicValue(out, 7);
            assertArrayEquals(publicValue, Arrays.copyOfRange(out, 7, 263));

            byte[] around = new byte[300];
            System.arraycopy(peer, 0, around, 11, 256);
            exchange.sharedValue(around, 11, out, 20);
            assertArrayEquals(shared, Arrays.copyOfRange(out, 20, 276));
            assertEquals(0x55, out[276]);
        }
    }

    @Test
    @DisplayName("a short power keeps its leading zeros: 256 bytes big-endian [P-RPC-23]")
    void shouldPadShortPowers()
    {
        byte[] one = new byte[256];
        one[255] = 1;
        byte[] large = hex(DH.required("g_a").textValue());
        byte[] zero = new byte[256];
        // Exponents of 0 and 1 give values that the other side would refuse: so the next one is drawn.
        DiffieHellman exchange = new DiffieHellman(new FixedRandom(zero, one, bytes(DH, "a")));
        byte[] out = new byte[256];
        exchange.publicValue(out, 0);
        assertArrayEquals(large, out);

        exchange.close();
        Arrays.fill(out, (byte)0x55);
        exchange.sharedValue(large, 0, out, 0);
        assertArrayEquals(one, out, "the exponent is zeroed, and a power of 0 is 1");
    }

    @Test
    @DisplayName("what is acceptable from the other side [P-RPC-23]")
    void shouldCheckTheRange()
    {
        int good = 0;
        for (JsonNode vector : DH.required("range_check"))
        {
            byte[] value = bytes(vector, "value");
            byte[] around = new byte[260];
            System.arraycopy(value, 0, around, 3, 256);
            boolean expected = vector.required("good").booleanValue();
            assertEquals(expected, DiffieHellman.isAcceptable(around, 3), () -> Vectors.hex(value));
            good += expected ? 1 : 0;
        }
        assertTrue(good > 0 && good < DH.required("range_check").size());

        byte[] value = new byte[256];
        assertFalse(DiffieHellman.isAcceptable(value, 0));
        value[7] = 1;
        assertTrue(DiffieHellman.isAcceptable(value, 0));
        byte[] prime = bytes(DH, "prime");
        assertFalse(DiffieHellman.isAcceptable(prime, 0));
        prime[7]--;
        assertTrue(DiffieHellman.isAcceptable(prime, 0));
        Arrays.fill(prime, (byte)0xff);
        assertFalse(DiffieHellman.isAcceptable(prime, 0));

        try (DiffieHellman exchange = new DiffieHellman(new FixedRandom(bytes(DH, "a"))))
        {
            byte[] out = new byte[256];
            assertThrows(IllegalArgumentException.class, () -> exchange.sharedValue(prime, 0, out, 0));
        }
    }

    @Test
    @DisplayName("material shorter and longer than the shared value [P-RPC-20] [P-RPC-22]")
    void shouldMixTheSharedValueIn()
    {
        int mixed = 0;
        for (JsonNode vector : Vectors.read("rpc_keys.json").required("cases"))
        {
            if (!vector.required("dh_shared").isNull())
            {
                checkMix(vector, "CLIENT", "material_client");
                checkMix(vector, "SERVER", "material_server");
                mixed++;
            }
        }
        assertEquals(2, mixed);
    }

    private static void checkMix(JsonNode vector, String side, String expectedName)
    {
        byte[] expected = bytes(vector, expectedName);
        byte[] plain = material(
            bytes(vector, "server_nonce"),
            bytes(vector, "client_nonce"),
            vector.required("client_timestamp").intValue(),
            ip(vector.required("server_ip").textValue()),
            vector.required("client_port").intValue(),
            side,
            ip(vector.required("client_ip").textValue()),
            vector.required("server_port").intValue(),
            bytes(vector, "secret"));
        byte[] material = Arrays.copyOf(plain, 512);
        int length = DiffieHellman.mix(material, plain.length, bytes(vector, "dh_shared"));

        assertEquals(Math.max(plain.length, 256), length);
        assertArrayEquals(expected, Arrays.copyOf(material, length));
    }

    /** The concatenation of P-RPC-20 for IPv4. */
    private static byte[] material(
        byte[] serverNonce,
        byte[] clientNonce,
        int timestamp,
        int serverIp,
        int clientPort,
        String side,
        int clientIp,
        int serverPort,
        byte[] secret)
    {
        byte[] bytes = new byte[86 + secret.length];
        ByteBuffer material = littleEndian(bytes);
        material.put(serverNonce).put(clientNonce).putInt(timestamp).putInt(serverIp).putShort((short)clientPort);
        material.put(side.getBytes(StandardCharsets.US_ASCII)).putInt(clientIp).putShort((short)serverPort);
        material.put(secret).put(serverNonce).put(clientNonce);
        assertEquals(0, material.remaining());
        return bytes;
    }

    private static int ip(String dotted)
    {
        int ip = 0;
        for (String octet : dotted.split("\\.", -1))
        {
            ip = ip << 8 | Integer.parseInt(octet);
        }
        return ip;
    }

    private static ByteBuffer littleEndian(byte[] bytes)
    {
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Hands out the given values one after the other. */
    private static final class FixedRandom implements RandomSource
    {
        private final byte[][] values;
        private int next;

        FixedRandom(byte[]... values)
        {
            this.values = values;
        }

        @Override
        public void nextBytes(byte[] out, int offset, int length)
        {
            System.arraycopy(values[next++], 0, out, offset, length);
        }

        @Override
        public int nextInt(int bound)
        {
            throw new UnsupportedOperationException();
        }

        @Override
        public long nextLong()
        {
            throw new UnsupportedOperationException();
        }
    }
}
