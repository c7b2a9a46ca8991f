// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.soak.load;

import java.security.GeneralSecurityException;
import javax.crypto.Cipher;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/** One direction of an obfuscated2 stream, keyed again for each connection of a client. [P-OBF-13] */
final class CtrStream
{
    private static final int BLOCK_LENGTH = 16;

    private final Cipher cipher;
    private final byte[] iv = new byte[BLOCK_LENGTH];
    private final byte[] counter = new byte[BLOCK_LENGTH];
    private final byte[] discarded = new byte[BLOCK_LENGTH];
    private SecretKeySpec key = new SecretKeySpec(new byte[32], "AES");

    CtrStream()
    {
        try
        {
            cipher = Cipher.getInstance("AES/CTR/NoPadding");
        }
        catch (GeneralSecurityException e)
        {
            throw new IllegalStateException(e);
        }
    }

    /** Starts at position 0. */
    void init(byte[] newKey, byte[] newIv, int ivOffset)
    {
        key = new SecretKeySpec(newKey, "AES");
        System.arraycopy(newIv, ivOffset, iv, 0, BLOCK_LENGTH);
        init(iv);
    }

    /** Input and output must be two arrays. */
    void update(byte[] in, int inOffset, int length, byte[] out, int outOffset)
    {
        try
        {
            cipher.update(in, inOffset, length, out, outOffset);
        }
        catch (GeneralSecurityException e)
        {
            throw new IllegalStateException(e);
        }
    }

    /** Goes on at a position of the stream, as if all before it had been processed. */
    void seek(long position)
    {
        System.arraycopy(iv, 0, counter, 0, BLOCK_LENGTH);
        long carry = position / BLOCK_LENGTH;
        for (int i = BLOCK_LENGTH - 1; i >= 0 && carry != 0; i--)
        {
            carry += counter[i] & 0xff;
            counter[i] = (byte)carry;
            carry >>>= 8;
        }
        init(counter);
        int rest = (int)(position % BLOCK_LENGTH);
        if (rest > 0)
        {
            update(iv, 0, rest, discarded, 0);
        }
    }

    private void init(byte[] start)
    {
        try
        {
            cipher.init(Cipher.ENCRYPT_MODE, key, new IvParameterSpec(start));
        }
        catch (GeneralSecurityException e)
        {
            throw new IllegalStateException(e);
        }
    }
}
