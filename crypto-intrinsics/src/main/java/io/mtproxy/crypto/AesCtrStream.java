// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.crypto;

import java.security.GeneralSecurityException;
import javax.crypto.Cipher;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * One direction of an AES-256-CTR stream over direct memory; its position is kept from call to call. [P-OBF-13]
 * <p>
 * Owned by one connection, used by one agent with that agent's {@link CipherScratch}.
 */
public final class AesCtrStream
{
    /** Length of a key in bytes. */
    public static final int KEY_LENGTH = 32;
    /** Length of the initial counter block in bytes, big-endian. */
    public static final int IV_LENGTH = 16;

    private final CipherScratch scratch;
    private final Cipher cipher;

    public AesCtrStream(CipherScratch scratch)
    {
        this.scratch = scratch;
        this.cipher = Ciphers.newCipher("AES/CTR/NoPadding");
    }

    /** Starts a stream at position 0. Allocates: for handshakes, never for a packet. */
    public void init(byte[] key, byte[] iv)
    {
        try
        {
            cipher.init(Cipher.ENCRYPT_MODE, new SecretKeySpec(key, "AES"), new IvParameterSpec(iv));
        }
        catch (GeneralSecurityException e)
        {
            throw new IllegalArgumentException(e);
        }
    }

    /**
     * Encrypts or decrypts, which is the same, the next {@code length} bytes of the stream. Input and output may be
     * any two places, overlapping or not, of any alignment.
     */
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

    /** Moves on by {@code length} bytes of the stream whose plaintext nobody wants. */
    public void skip(long length)
    {
        for (long left = length; left > 0;)
        {
            int run = (int)Math.min(left, CipherScratch.LENGTH);
            Ciphers.update(cipher, scratch.input, 0, run, scratch.output, 0);
            left -= run;
        }
    }
}
