// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.soak.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mtproxy.soak.Jce;
import io.mtproxy.soak.LittleEndian;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import javax.crypto.Cipher;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Frames that were not encrypted as a whole, decrypted as a whole. */
class LargeAnswersTest
{
    private static final byte[] KEY = new byte[32];
    private static final byte[] IV = new byte[16];
    private static final int HEADER_LENGTH = 24;
    private static final int NUMBER = 3;

    private final LargeAnswers.Table table = new LargeAnswers.Table();
    private final LargeAnswers answers = new LargeAnswers(NUMBER, table, KEY);

    /** [P-RPC-01] [P-RPC-06] [P-RPC-07] [P-RPC-62] */
    @ParameterizedTest
    @ValueSource(ints = {4096, 4100, 4104, 4108, 262_144, LoadPayload.LENGTH_MAX})
    void shouldMakeFramesThatDecryptLikeAnyOther(int length)
    {
        byte[] plain = decrypt(length, 3);

        int at = 0;
        for (int i = 0; i < 3; i++)
        {
            assertEquals(HEADER_LENGTH + length + 4, LittleEndian.getInt(plain, at));
            assertEquals(7 + i, LittleEndian.getInt(plain, at + 4));
            assertEquals(42, LittleEndian.getLong(plain, at + 16));
            CRC32C sum = new CRC32C();
            sum.update(plain, at, HEADER_LENGTH + length);
            assertEquals((int)sum.getValue(), LittleEndian.getInt(plain, at + HEADER_LENGTH + length));
            at += HEADER_LENGTH + length + 4;
            for (; at % 16 != 0; at += 4)
            {
                assertEquals(4, LittleEndian.getInt(plain, at));
            }
        }
        assertEquals(plain.length, at);
    }

    @Test
    void shouldKnowTheBodyInPiecesOfAnySize()
    {
        for (int length : new int[]{4096, 4108})
        {
            byte[] plain = decrypt(length, 1);
            int body = HEADER_LENGTH + LoadPayload.HEADER_LENGTH;
            int bodyLength = length - LoadPayload.HEADER_LENGTH;
            for (int piece = 1; piece < bodyLength; piece += piece < 40 ? 1 : 997)
            {
                for (int done = 0; done < bodyLength; done += piece)
                {
                    int part = Math.min(piece, bodyLength - done);
                    assertTrue(table.isRight(NUMBER, bodyLength, done, plain, body + done, part));
                }
            }
            plain[body + bodyLength - 1] ^= 1;
            assertFalse(table.isRight(NUMBER, bodyLength, 0, plain, body, bodyLength));
            plain[body + bodyLength - 1] ^= 1;
            plain[body + 1000] ^= 1;
            assertFalse(table.isRight(NUMBER, bodyLength, 0, plain, body, bodyLength));
        }
        assertFalse(table.isRight(NUMBER + 1, 4064, 0, new byte[4096], 0, 4064));
    }

    private byte[] decrypt(int length, int count)
    {
        ByteBuffer out = ByteBuffer.allocate(count * (length + 64));
        Cipher encrypt = Jce.aesCbcEncrypt(KEY, IV);
        for (int i = 0; i < count; i++)
        {
            answers.append(out, encrypt, new CRC32C(), 7 + i, 42, 5, 6, length);
        }
        byte[] plain = new byte[out.position()];
        Jce.update(Jce.aesCbcDecrypt(KEY, IV), out.array(), 0, plain.length, plain, 0);
        return plain;
    }
}
