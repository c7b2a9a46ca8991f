// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.crypto;

import java.security.GeneralSecurityException;
import javax.crypto.Cipher;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * One direction of an AES-256-CBC chain, never restarted, over whole blocks. [P-RPC-06]
 * <p>
 * One side of each call is the heap array in which the caller parses or builds frames, so that the copy to or from
 * direct memory is the only one (architecture A4). Used by one agent with that agent's {@link CipherScratch}.
 */
public final class AesCbcStream
{
    /** Block length in bytes: every length given here is a multiple of it. */
    public static final int BLOCK_LENGTH = 16;
    /** Length of a key in bytes. */
    public static final int KEY_LENGTH = 32;
    /** Length of the initial vector in bytes. */
    public static final int IV_LENGTH = 16;

    private final CipherScratch scratch;
    private final Cipher cipher;

    public AesCbcStream(CipherScratch scratch)
    {
        this.scratch = scratch;
        this.cipher = Ciphers.newCipher("AES/CBC/NoPadding");
    }

    /** Starts an encrypting chain. Allocates: once for each link. */
    public void initEncrypt(byte[] key, byte[] iv)
    {
        init(Cipher.ENCRYPT_MODE, key, iv);
    }

    /** Starts a decrypting chain. Allocates: once for each link. */
    public void initDecrypt(byte[] key, byte[] iv)
    {
        init(Cipher.DECRYPT_MODE, key, iv);
    }

    private void init(int mode, byte[] key, byte[] iv)
    {
        try
        {
            cipher.init(mode, new SecretKeySpec(key, "AES"), new IvParameterSpec(iv));
        }
        catch (GeneralSecurityException e)
        {
            throw new IllegalArgumentException(e);
        }
    }

    /** Takes the next blocks from an array and puts the result into direct memory: the way out. */
    public void update(byte[] in, int inOffset, MutableDirectBuffer out, int outOffset, int length)
    {
        for (int done = 0; done < length;)
        {
            int run = Math.min(length - done, CipherScratch.LENGTH);
            Ciphers.update(cipher, in, inOffset + done, run, scratch.output, 0);
            out.putBytes(outOffset + done, scratch.output, 0, run);
            done += run;
        }
    }

    /** Takes the next blocks from direct memory and puts the result into an array: the way in. */
    public void update(DirectBuffer in, int inOffset, byte[] out, int outOffset, int length)
    {
        for (int done = 0; done < length;)
        {
            int run = Math.min(length - done, CipherScratch.LENGTH);
            in.getBytes(inOffset + done, scratch.input, 0, run);
            Ciphers.update(cipher, scratch.input, 0, run, out, outOffset + done);
            done += run;
        }
    }

    /** Takes the next blocks from one place in direct memory to another. */
    public void update(DirectBuffer in, int inOffset, MutableDirectBuffer out, int outOffset, int length)
    {
        for (int done = 0; done < length;)
        {
            int run = Math.min(length - done, CipherScratch.LENGTH);
            in.getBytes(inOffset + done, scratch.input, 0, run);
            Ciphers.update(cipher, scratch.input, 0, run, scratch.output, 0);
            out.putBytes(outOffset + done, scratch.output, 0, run);
            done += run;
        }
    }
}
