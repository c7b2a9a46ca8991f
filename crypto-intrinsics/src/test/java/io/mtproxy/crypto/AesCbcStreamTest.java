// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.crypto;

import static io.mtproxy.crypto.Vectors.bytes;
import static io.mtproxy.crypto.Vectors.content;
import static io.mtproxy.crypto.Vectors.directSlice;
import static io.mtproxy.crypto.Vectors.hex;
import static io.mtproxy.crypto.Vectors.random;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import javax.crypto.Cipher;
import javax.crypto.spec.SecretKeySpec;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** [P-RPC-06] AES-256-CBC, one uninterrupted chain for each direction of a link. */
@DisplayName("AES-256-CBC chain [P-RPC-06]")
class AesCbcStreamTest
{
    private static final byte[] KEY = random(32, 1);
    private static final byte[] IV = random(16, 2);

    private final CipherScratch scratch = new CipherScratch();
    private final AesCbcStream encrypt = new AesCbcStream(scratch);
    private final AesCbcStream decrypt = new AesCbcStream(scratch);

    @Test
    void shouldMatchNistSp80038aF25()
    {
        byte[] key = hex("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4");
        byte[] iv = hex("000102030405060708090a0b0c0d0e0f");
        byte[] plain = hex(
            "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51" +
                "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710");
        byte[] wire = hex(
            "f58c4c04d6e5f1ba779eabfb5f7bfbd69cfc4e967edb808d679f777bc6702c7d" +
                "39f23369a9d9bacfa530e26304231461b2eb05e2c39be9fcda6c19078c6a9d1b");
        encrypt.initEncrypt(key, iv);
        decrypt.initDecrypt(key, iv);

        assertArrayEquals(wire, crypt(encrypt, plain));
        assertArrayEquals(plain, crypt(decrypt, wire));
    }

    @Test
    void shouldTakeEveryLengthFromEveryAlignment()
    {
        for (int length = 0; length <= 208; length += 16)
        {
            checkLength(length);
        }
        for (int runs = 1; runs <= 3; runs++)
        {
            for (int around = -32; around <= 32; around += 16)
            {
                checkLength(runs * CipherScratch.LENGTH + around);
            }
        }
    }

    private void checkLength(int length)
    {
        byte[] plain = random(length, length);
        byte[] wire = reference(KEY, IV, plain);
        for (int offset = 0; offset < 17; offset += 4 + offset % 3)
        {
            byte[] source = new byte[offset + length];
            System.arraycopy(plain, 0, source, offset, length);
            UnsafeBuffer buffer = directSlice(new byte[offset + length + 1], offset);
            byte[] back = new byte[offset + length];

            encrypt.initEncrypt(KEY, IV);
            encrypt.update(new UnsafeBuffer(source), offset, buffer, offset, length);
            assertArrayEquals(wire, content(buffer, offset, length), () -> "length " + length);
            assertEquals(0, buffer.getByte(offset + length), "nothing is written behind the output");

            decrypt.initDecrypt(KEY, IV);
            decrypt.update(buffer, offset, back, offset, length);
            assertArrayEquals(source, back);

            decrypt.initDecrypt(KEY, IV);
            decrypt.update(buffer, offset, buffer, 0, length);
            assertArrayEquals(plain, content(buffer, 0, length), "overlapping");

            encrypt.initEncrypt(KEY, IV);
            encrypt.update(buffer, 0, buffer, offset, length);
            assertArrayEquals(wire, content(buffer, offset, length), "overlapping the other way");
        }
    }

    @Test
    void shouldGoOnWhereverTheChainIsCut()
    {
        byte[] plain = random(256, 3);
        byte[] wire = reference(KEY, IV, plain);
        for (int cut = 0; cut <= plain.length; cut += 16)
        {
            encrypt.initEncrypt(KEY, IV);
            assertArrayEquals(Arrays.copyOfRange(wire, 0, cut), crypt(encrypt, Arrays.copyOfRange(plain, 0, cut)));
            assertArrayEquals(Arrays.copyOfRange(wire, cut, 256), crypt(encrypt, Arrays.copyOfRange(plain, cut, 256)));

            decrypt.initDecrypt(KEY, IV);
            assertArrayEquals(Arrays.copyOfRange(plain, 0, cut), crypt(decrypt, Arrays.copyOfRange(wire, 0, cut)));
            assertArrayEquals(Arrays.copyOfRange(plain, cut, 256), crypt(decrypt, Arrays.copyOfRange(wire, cut, 256)));
        }
    }

    @Test
    @DisplayName("two chains encrypted together are what each is alone, for every length and place [P-RPC-06]")
    void shouldEncryptTwoChainsTogether()
    {
        byte[] otherKey = random(32, 5);
        byte[] otherIv = random(16, 6);
        AesCbcStream other = new AesCbcStream(scratch);
        int[] lengths = {0, 16, 48, 112, 128, 144, 256, 400, 8176, 8192, 8208, 16384, 40_000};
        for (int i = 0; i < lengths.length; i++)
        {
            int length = lengths[i];
            byte[] plain = random(2 * length, i);
            byte[] otherPlain = random(2 * length, 100 + i);
            UnsafeBuffer buffer = directSlice(plain, 1);
            UnsafeBuffer otherBuffer = directSlice(otherPlain, 3);
            UnsafeBuffer out = directSlice(new byte[2 * length + 16], 5);
            encrypt.initEncrypt(KEY, IV);
            other.initEncrypt(otherKey, otherIv);

            encrypt.updateBoth(buffer, 0, out, 0, other, otherBuffer, 0, otherBuffer, 0, length);
            other.updateBoth(otherBuffer, length, otherBuffer, length, encrypt, buffer, length, out, length, length);

            assertArrayEquals(reference(KEY, IV, plain), content(out, 0, 2 * length), () -> "length " + length);
            assertArrayEquals(reference(otherKey, otherIv, otherPlain), content(otherBuffer, 0, 2 * length),
                () -> "in place, length " + length);
            assertEquals(0, out.getByte(2 * length), "nothing is written behind the output");
        }
        encrypt.close();
        UnsafeBuffer block = new UnsafeBuffer(new byte[32]);
        assertThrows(IllegalStateException.class, () -> other.updateBoth(block, 0, block, 0, encrypt, block, 16, block,
            16, 16));
        assertThrows(IllegalStateException.class, () -> encrypt.updateBoth(block, 0, block, 0, other, block, 16, block,
            16, 16));
        assertThrows(IllegalArgumentException.class, () -> other.updateBoth(block, 0, block, 0, other, block, 16, block,
            16, 8));
    }

    @Test
    @DisplayName("each direction of rpc_frames.json is one chain [P-RPC-06]")
    void shouldMatchTheConnectionsOfTheVectors()
    {
        int steps = 0;
        for (JsonNode connection : Vectors.read("rpc_frames.json").required("connections"))
        {
            for (String direction : new String[]{"c2s", "s2c"})
            {
                String keys = "c2s".equals(direction) ? "client_to_server_" : "server_to_client_";
                encrypt.initEncrypt(bytes(connection, keys + "key"), bytes(connection, keys + "iv"));
                decrypt.initDecrypt(bytes(connection, keys + "key"), bytes(connection, keys + "iv"));
                for (JsonNode step : connection.required("steps"))
                {
                    if (direction.equals(step.required("dir").textValue()) && step.required("encrypted").booleanValue())
                    {
                        assertArrayEquals(bytes(step, "wire"), crypt(encrypt, bytes(step, "plain")));
                        assertArrayEquals(bytes(step, "plain"), crypt(decrypt, bytes(step, "wire")));
                        steps++;
                    }
                }
            }
        }
        assertTrue(steps > 0);
    }

    @Test
    @DisplayName("what the C program sent [P-RPC-06]")
    void shouldMatchCapturesFromC()
    {
        for (String name : new String[]{"rpc_v4", "rpc_v6"})
        {
            JsonNode capture = Vectors.read("captured_from_c.json").required(name);
            decrypt.initDecrypt(bytes(capture, "c2s_key"), bytes(capture, "c2s_iv"));
            encrypt.initEncrypt(bytes(capture, "c2s_key"), bytes(capture, "c2s_iv"));

            assertArrayEquals(bytes(capture, "client_plain"), crypt(decrypt, bytes(capture, "client_encrypted")));
            assertArrayEquals(bytes(capture, "client_encrypted"), crypt(encrypt, bytes(capture, "client_plain")));
        }
    }

    @Test
    void shouldRefuseToWorkWithoutKeyAndWithPartsOfBlocks()
    {
        assertThrows(IllegalStateException.class, () -> crypt(encrypt, new byte[16]));
        encrypt.initEncrypt(KEY, IV);
        assertThrows(IllegalArgumentException.class, () -> crypt(encrypt, new byte[15]));
        assertThrows(IllegalArgumentException.class, () -> crypt(encrypt, new byte[17]));
        encrypt.close();
        encrypt.close();
        assertThrows(IllegalStateException.class, () -> crypt(encrypt, new byte[16]));

        encrypt.initDecrypt(KEY, IV);
        byte[] plain = random(64, 4);
        assertArrayEquals(plain, crypt(encrypt, reference(KEY, IV, plain)), "usable again, the other way round");
    }

    private static byte[] crypt(AesCbcStream stream, byte[] in)
    {
        UnsafeBuffer buffer = directSlice(in, 1);
        stream.update(buffer, 0, buffer, 0, in.length);
        return content(buffer, 0, in.length);
    }

    /** Chaining written out: nothing in common with the cipher under test but the AES block. */
    private static byte[] reference(byte[] key, byte[] iv, byte[] plain)
    {
        try
        {
            Cipher block = Cipher.getInstance("AES/ECB/NoPadding");
            block.init(Cipher.ENCRYPT_MODE, new SecretKeySpec(key, "AES"));
            byte[] chain = iv.clone();
            byte[] result = new byte[plain.length];
            for (int i = 0; i < plain.length; i += 16)
            {
                for (int k = 0; k < 16; k++)
                {
                    chain[k] ^= plain[i + k];
                }
                chain = block.doFinal(chain);
                System.arraycopy(chain, 0, result, i, 16);
            }
            return result;
        }
        catch (GeneralSecurityException e)
        {
            throw new AssertionError(e);
        }
    }
}
