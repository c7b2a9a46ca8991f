// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.soak;

import javax.crypto.Cipher;

/** AES-256 in the infinite garble extension mode of MTProto, on top of single blocks. */
final class AesIge
{
    private static final int BLOCK_LENGTH = 16;

    private AesIge()
    {
    }

    /** {@code iv} is the ciphertext before the first block, then the plaintext before it. */
    static byte[] encrypt(byte[] plain, byte[] key, byte[] iv)
    {
        return run(Cipher.ENCRYPT_MODE, plain, key, iv, 0, BLOCK_LENGTH);
    }

    static byte[] decrypt(byte[] encrypted, byte[] key, byte[] iv)
    {
        return run(Cipher.DECRYPT_MODE, encrypted, key, iv, BLOCK_LENGTH, 0);
    }

    /** Each block: output before, xored in; block cipher; input before, xored in. */
    private static byte[] run(int mode, byte[] in, byte[] key, byte[] iv, int outputOffset, int inputOffset)
    {
        if (in.length % BLOCK_LENGTH != 0)
        {
            throw new IllegalArgumentException(in.length + " bytes are not whole blocks");
        }
        Cipher cipher = Jce.aesEcb(mode, key);
        byte[] out = new byte[in.length];
        byte[] block = new byte[BLOCK_LENGTH];
        byte[] result = new byte[BLOCK_LENGTH];
        for (int at = 0; at < in.length; at += BLOCK_LENGTH)
        {
            for (int i = 0; i < BLOCK_LENGTH; i++)
            {
                byte before = at == 0 ? iv[outputOffset + i] : out[at - BLOCK_LENGTH + i];
                block[i] = (byte)(in[at + i] ^ before);
            }
            Jce.update(cipher, block, 0, BLOCK_LENGTH, result, 0);
            for (int i = 0; i < BLOCK_LENGTH; i++)
            {
                byte before = at == 0 ? iv[inputOffset + i] : in[at - BLOCK_LENGTH + i];
                out[at + i] = (byte)(result[i] ^ before);
            }
        }
        return out;
    }
}
