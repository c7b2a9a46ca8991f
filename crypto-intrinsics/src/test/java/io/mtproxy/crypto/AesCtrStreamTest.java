// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.crypto;

import static io.mtproxy.crypto.Vectors.content;
import static io.mtproxy.crypto.Vectors.direct;
import static io.mtproxy.crypto.Vectors.directSlice;
import static io.mtproxy.crypto.Vectors.hex;
import static io.mtproxy.crypto.Vectors.random;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.security.GeneralSecurityException;
import java.util.Arrays;
import javax.crypto.Cipher;
import javax.crypto.spec.SecretKeySpec;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** [P-OBF-13] AES-256-CTR with a 128-bit big-endian counter, one key stream for the life of a connection. */
@DisplayName("AES-256-CTR stream [P-OBF-13]")
class AesCtrStreamTest
{
    private static final byte[] KEY = random(32, 1);
    private static final byte[] IV = random(16, 2);

    private final CipherScratch scratch = new CipherScratch();
    private final AesCtrStream stream = new AesCtrStream(scratch);

    @Test
    void shouldMatchNistSp80038aF55()
    {
        byte[] plain = hex(
            "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51" +
                "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710");
        byte[] expected = hex(
            "601ec313775789a5b7a7f504bbf3d228f443e3ca4d62b59aca84e990cacaf5c5" +
                "2b0930daa23de94ce87017ba2d84988ddfc9c58db67aada613c2dd08457941a6");
        stream.init(
            hex("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4"),
            hex("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff"));

        assertArrayEquals(expected, crypt(plain));
    }

    @ParameterizedTest
    @ValueSource(strings = {"ffffffffffffffffffffffffffffffff", "fffffffffffffffffffffffffffffffe",
        "0000000000000000ffffffffffffffff", "000000000000000000000000ffffffff", "7fffffffffffffffffffffffffffffff"})
    void shouldCarryThroughAllBytesOfTheCounter(String iv)
    {
        byte[] plain = random(100, 3);

        stream.init(KEY, hex(iv));
        assertArrayEquals(reference(KEY, hex(iv), plain), crypt(plain));

        for (int position = 0; position <= plain.length; position++)
        {
            stream.init(KEY, hex(iv), position);
            byte[] rest = Arrays.copyOfRange(plain, position, plain.length);
            byte[] expected = Arrays.copyOfRange(reference(KEY, hex(iv), plain), position, plain.length);
            assertArrayEquals(expected, crypt(rest), () -> "taken up with iv " + iv);
            assertEquals(plain.length, stream.position());
        }
    }

    @Test
    void shouldTakeEveryLengthFromEveryAlignment()
    {
        for (int length = 0; length <= 200; length++)
        {
            checkLength(length, length % 17, length % 13);
        }
        for (int runs = 1; runs <= 3; runs++)
        {
            for (int around = -17; around <= 17; around++)
            {
                checkLength(runs * CipherScratch.LENGTH + around, runs, Math.floorMod(around, 8));
            }
        }
    }

    private void checkLength(int length, int inOffset, int outOffset)
    {
        byte[] plain = random(length, length);
        byte[] expected = reference(KEY, IV, plain);
        UnsafeBuffer in = directSlice(new byte[inOffset + length], 5);
        UnsafeBuffer out = directSlice(new byte[outOffset + length + 1], 3);
        in.putBytes(inOffset, plain);

        stream.init(KEY, IV);
        stream.update(in, inOffset, out, outOffset, length);
        assertArrayEquals(expected, content(out, outOffset, length), () -> "direct to direct, length " + length);
        assertArrayEquals(plain, content(in, inOffset, length), "the input is not touched");
        assertEquals(0, out.getByte(outOffset + length), "nothing is written behind the output");

        byte[] array = new byte[outOffset + length];
        stream.init(KEY, IV);
        stream.update(in, inOffset, array, outOffset, length);
        assertArrayEquals(expected, Arrays.copyOfRange(array, outOffset, array.length), "direct to array");

        out.setMemory(0, out.capacity(), (byte)0);
        byte[] source = new byte[inOffset + length];
        System.arraycopy(plain, 0, source, inOffset, length);
        stream.init(KEY, IV);
        stream.update(source, inOffset, out, outOffset, length);
        assertArrayEquals(expected, content(out, outOffset, length), "array to direct");
    }

    @Test
    void shouldGoOnWhereverTheStreamIsCut()
    {
        byte[] plain = random(200, 4);
        byte[] expected = reference(KEY, IV, plain);
        for (int cut = 0; cut <= plain.length; cut++)
        {
            stream.init(KEY, IV);
            byte[] first = crypt(Arrays.copyOfRange(plain, 0, cut));
            byte[] second = crypt(Arrays.copyOfRange(plain, cut, plain.length));
            assertArrayEquals(Arrays.copyOfRange(expected, 0, cut), first);
            assertArrayEquals(Arrays.copyOfRange(expected, cut, plain.length), second);
        }

        stream.init(KEY, IV);
        for (int i = 0; i < plain.length; i++)
        {
            assertEquals(expected[i], crypt(new byte[]{plain[i]})[0], "byte by byte");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 15, 16, 33, 1000, 16 * 1024, 16 * 1024 + 1, 40_000})
    void shouldCryptOverlappingPlaces(int distance)
    {
        for (int length : new int[]{1, 64, 16 * 1024, 16 * 1024 + 1, 50_000})
        {
            byte[] plain = random(length, 5);
            byte[] expected = reference(KEY, IV, plain);
            for (int from : new int[]{0, distance})
            {
                UnsafeBuffer direct = direct(distance + length);
                byte[] array = new byte[distance + length];
                UnsafeBuffer heap = new UnsafeBuffer(array);
                int to = distance - from;
                String what = length + " bytes from " + from + " to " + to;

                direct.putBytes(from, plain);
                stream.init(KEY, IV);
                stream.update(direct, from, direct, to, length);
                assertArrayEquals(expected, content(direct, to, length), what);

                heap.putBytes(from, plain);
                stream.init(KEY, IV);
                stream.update(heap, from, heap, to, length);
                assertArrayEquals(expected, content(heap, to, length), what);

                heap.putBytes(from, plain);
                stream.init(KEY, IV);
                stream.update(array, from, heap, to, length);
                assertArrayEquals(expected, content(heap, to, length), what);

                heap.putBytes(from, plain);
                stream.init(KEY, IV);
                stream.update(heap, from, array, to, length);
                assertArrayEquals(expected, content(heap, to, length), what);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 15, 16, 64, 16 * 1024 - 1, 16 * 1024, 50_001})
    void shouldSkip(int skipped)
    {
        byte[] plain = random(skipped + 40, 6);
        stream.init(KEY, IV);
        stream.skip(skipped);

        assertEquals(skipped, stream.position());
        assertArrayEquals(
            Arrays.copyOfRange(reference(KEY, IV, plain), skipped, plain.length),
            crypt(Arrays.copyOfRange(plain, skipped, plain.length)));
    }

    @Test
    void shouldRefuseToWorkWithoutKey()
    {
        assertThrows(IllegalStateException.class, () -> crypt(new byte[4]));
        stream.init(KEY, IV);
        crypt(new byte[4]);
        stream.close();
        stream.close();
        assertThrows(IllegalStateException.class, () -> crypt(new byte[4]));
        assertThrows(IllegalStateException.class, () -> stream.skip(1));

        stream.init(KEY, IV);
        byte[] plain = random(40, 7);
        assertArrayEquals(reference(KEY, IV, plain), crypt(plain), "usable again");
    }

    /** A cipher goes from a closed stream to the next one: neither may see anything of the other. */
    @Test
    void shouldNotReachTheStreamThatHasItsCipherNow()
    {
        byte[] plain = random(100, 9);
        stream.init(KEY, IV);
        crypt(plain);
        stream.close();
        byte[] otherKey = random(AesCtrStream.KEY_LENGTH, 10);
        AesCtrStream other = new AesCtrStream(scratch);
        other.init(otherKey, IV);

        stream.close();
        assertThrows(IllegalStateException.class, () -> crypt(plain));
        stream.init(KEY, IV);
        assertArrayEquals(reference(KEY, IV, plain), crypt(plain));
        UnsafeBuffer buffer = directSlice(plain, 1);
        other.update(buffer, 0, buffer, 0, plain.length);
        assertArrayEquals(reference(otherKey, IV, plain), content(buffer, 0, plain.length));
    }

    @Test
    void shouldLeaveNoKeyInTheScratch()
    {
        stream.init(KEY, IV);
        assertArrayEquals(new byte[32], scratch.key.getEncoded());
        assertEquals("RawKey", scratch.key.toString());
        assertThrows(IllegalArgumentException.class, () -> stream.init(new byte[16], IV));
        assertThrows(IllegalArgumentException.class, () -> stream.init(KEY, new byte[15]));
        assertArrayEquals(new byte[32], scratch.key.getEncoded());

        UnsafeBuffer buffer = directSlice(random(100, 8), 0);
        stream.init(KEY, IV);
        stream.update(buffer, 0, buffer, 0, 100);
        scratch.close();
        assertArrayEquals(new byte[CipherScratch.LENGTH], scratch.input);
        assertArrayEquals(new byte[CipherScratch.LENGTH], scratch.output);
    }

    private byte[] crypt(byte[] plain)
    {
        UnsafeBuffer buffer = directSlice(plain, 1);
        stream.update(buffer, 0, buffer, 0, plain.length);
        return content(buffer, 0, plain.length);
    }

    /** Counter mode written out: nothing in common with the cipher under test but the AES block. */
    private static byte[] reference(byte[] key, byte[] iv, byte[] plain)
    {
        try
        {
            Cipher block = Cipher.getInstance("AES/ECB/NoPadding");
            block.init(Cipher.ENCRYPT_MODE, new SecretKeySpec(key, "AES"));
            byte[] counter = iv.clone();
            byte[] counters = new byte[(plain.length + 15) / 16 * 16];
            for (int i = 0; i < counters.length; i += 16)
            {
                System.arraycopy(counter, 0, counters, i, 16);
                int k = 15;
                while (k >= 0 && ++counter[k] == 0)
                {
                    k--;
                }
            }
            byte[] keyStream = block.doFinal(counters);
            byte[] result = plain.clone();
            for (int i = 0; i < result.length; i++)
            {
                result[i] ^= keyStream[i];
            }
            return result;
        }
        catch (GeneralSecurityException e)
        {
            throw new AssertionError(e);
        }
    }
}
