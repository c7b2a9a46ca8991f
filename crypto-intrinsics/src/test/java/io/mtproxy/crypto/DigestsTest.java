// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.crypto;

import static io.mtproxy.crypto.Vectors.bytes;
import static io.mtproxy.crypto.Vectors.directSlice;
import static io.mtproxy.crypto.Vectors.hex;
import static io.mtproxy.crypto.Vectors.random;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DigestsTest
{
    private final Digests digests = new Digests(new CipherScratch());

    /** FIPS 180-4 examples and RFC 1321, A.5. */
    @ParameterizedTest
    @CsvSource({
        "SHA-1, abc, a9993e364706816aba3e25717850c26c9cd0d89d",
        "SHA-1, abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq, 84983e441c3bd26ebaae4aa1f95129e5e54670f1",
        "SHA-256, abc, ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        "SHA-256, abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq, " +
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
        "SHA-256, '', e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "MD5, abc, 900150983cd24fb0d6963f7d28e17f72",
        "MD5, message digest, f96b697d7cb7938d525a2f31aaf161d0",
        "MD5, '', d41d8cd98f00b204e9800998ecf8427e"})
    void shouldMatchPublishedAnswers(String algorithm, String message, String expected)
    {
        byte[] in = message.getBytes(StandardCharsets.US_ASCII);
        assertEquals(expected, Vectors.hex(digest(algorithm, in, 0, in.length)));
        assertEquals(expected, Vectors.hex(digest(algorithm, directSlice(in, 7), 0, in.length)));
    }

    @ParameterizedTest
    @CsvSource({"SHA-1", "SHA-256", "MD5"})
    void shouldTakeEveryLengthFromAnyMemory(String algorithm) throws GeneralSecurityException
    {
        MessageDigest reference = MessageDigest.getInstance(algorithm);
        for (int length = 0; length < 2 * CipherScratch.LENGTH + 200; length += length < 200 ? 1 : 4093)
        {
            int offset = length % 11;
            byte[] in = random(offset + length, length);
            byte[] message = Arrays.copyOfRange(in, offset, in.length);
            byte[] expected = reference.digest(message);
            byte[] shifted = new byte[in.length + 9];
            System.arraycopy(in, 0, shifted, 9, in.length);

            assertArrayEquals(expected, digest(algorithm, in, offset, length));
            assertArrayEquals(expected, digest(algorithm, directSlice(in, 3), offset, length));
            assertArrayEquals(expected, digest(algorithm, new UnsafeBuffer(in), offset, length));
            assertArrayEquals(expected, digest(algorithm, new UnsafeBuffer(shifted, 9, in.length), offset, length));
        }
    }

    @Test
    void shouldNotBeSpoiledByRefusedRanges()
    {
        byte[] in = {'a', 'b', 'c'};
        byte[] out = new byte[32];
        assertThrows(IllegalArgumentException.class, () -> digests.sha256(in, 0, 4, out, 0));
        assertThrows(IndexOutOfBoundsException.class, () -> digests.sha256(directSlice(in, 0), 1, 3, out, 0));
        assertThrows(IndexOutOfBoundsException.class, () -> digests.sha256(in, 0, 3, out, 1));

        digests.sha256(in, 0, 3, out, 0);
        assertArrayEquals(hex("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"), out);
    }

    @Test
    @DisplayName("obfuscated2 keys are SHA-256 of seed and secret [P-OBF-11] [P-OBF-12]")
    void shouldDeriveObfuscated2Keys()
    {
        for (JsonNode vector : Vectors.read("obfuscated2.json").required("cases"))
        {
            byte[] header = bytes(vector, "header_wire");
            byte[] there = Arrays.copyOfRange(header, 8, 56);
            byte[] back = new byte[48];
            for (int i = 0; i < 48; i++)
            {
                back[i] = there[47 - i];
            }
            assertArrayEquals(bytes(vector, "recv_key"), obfuscated2Key(there, vector.required("secret")));
            assertArrayEquals(bytes(vector, "send_key"), obfuscated2Key(back, vector.required("secret")));
            assertArrayEquals(bytes(vector, "recv_iv"), Arrays.copyOfRange(there, 32, 48));
            assertArrayEquals(bytes(vector, "send_iv"), Arrays.copyOfRange(back, 32, 48));
        }
    }

    private byte[] obfuscated2Key(byte[] seed, JsonNode secret)
    {
        byte[] key = Arrays.copyOf(seed, 48);
        if (!secret.isNull())
        {
            System.arraycopy(hex(secret.textValue()), 0, key, 32, 16);
            digests.sha256(key, 0, 48, key, 0);
        }
        return Arrays.copyOf(key, 32);
    }

    @Test
    @DisplayName("link keys are MD5 and SHA-1 over the material [P-RPC-20]")
    void shouldDeriveLinkKeys()
    {
        for (JsonNode vector : Vectors.read("rpc_keys.json").required("cases"))
        {
            checkLinkKeys(vector, "material_client", "client_to_server");
            checkLinkKeys(vector, "material_server", "server_to_client");
        }
    }

    private void checkLinkKeys(JsonNode vector, String materialName, String direction)
    {
        byte[] material = bytes(vector, materialName);
        byte[] key = new byte[32];
        digests.md5(material, 1, material.length - 1, key, 0);
        digests.sha1(material, 0, material.length, key, 12);
        assertArrayEquals(bytes(vector, direction + "_key"), key);

        byte[] iv = new byte[16];
        digests.md5(directSlice(material, 2), 2, material.length - 2, iv, 0);
        assertArrayEquals(bytes(vector, direction + "_iv"), iv);
    }

    private byte[] digest(String algorithm, byte[] in, int offset, int length)
    {
        byte[] out = new byte[40];
        int digestLength = switch (algorithm)
        {
            case "SHA-1" ->
            {
                digests.sha1(in, offset, length, out, 1);
                yield Digests.SHA1_LENGTH;
            }
            case "SHA-256" ->
            {
                digests.sha256(in, offset, length, out, 1);
                yield Digests.SHA256_LENGTH;
            }
            default ->
            {
                digests.md5(in, offset, length, out, 1);
                yield Digests.MD5_LENGTH;
            }
        };
        return Arrays.copyOfRange(out, 1, 1 + digestLength);
    }

    private byte[] digest(String algorithm, DirectBuffer in, int offset, int length)
    {
        byte[] out = new byte[40];
        int digestLength = switch (algorithm)
        {
            case "SHA-1" ->
            {
                digests.sha1(in, offset, length, out, 1);
                yield Digests.SHA1_LENGTH;
            }
            case "SHA-256" ->
            {
                digests.sha256(in, offset, length, out, 1);
                yield Digests.SHA256_LENGTH;
            }
            default ->
            {
                digests.md5(in, offset, length, out, 1);
                yield Digests.MD5_LENGTH;
            }
        };
        return Arrays.copyOfRange(out, 1, 1 + digestLength);
    }
}
