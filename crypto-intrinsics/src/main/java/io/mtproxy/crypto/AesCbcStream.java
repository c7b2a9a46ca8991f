// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.crypto;

import javax.crypto.Cipher;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * One direction of an AES-256-CBC chain, never restarted, over whole blocks. [P-RPC-06]
 * <p>
 * On the way in the result goes to the heap array in which the caller parses frames, so that the copy out of direct memory
 * is the only one (architecture A4); on the way out two chains are best encrypted together, {@link #updateBoth}. Used by
 * one agent with that agent's {@link CipherScratch}. After {@link #close} it can be started again with another key; until
 * then it refuses to work.
 */
public final class AesCbcStream implements AutoCloseable
{
    /** Block length in bytes: every length given here is a multiple of it. */
    public static final int BLOCK_LENGTH = 16;
    /** Length of a key in bytes. */
    public static final int KEY_LENGTH = 32;
    /** Length of the initial vector in bytes. */
    public static final int IV_LENGTH = 16;

    private final CipherScratch scratch;
    private final Cipher cipher;
    private boolean hasKey;

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
        hasKey = false;
        Ciphers.init(cipher, mode, scratch, key, iv);
        hasKey = true;
    }

    /** Takes the next blocks from direct memory and puts the result into an array: the way in. */
    public void update(DirectBuffer in, int inOffset, byte[] out, int outOffset, int length)
    {
        checkUse(length);
        scratch.crypt(cipher, in, inOffset, out, outOffset, length);
    }

    /** Takes the next blocks from one place to another; the two may overlap. */
    public void update(DirectBuffer in, int inOffset, MutableDirectBuffer out, int outOffset, int length)
    {
        checkUse(length);
        scratch.crypt(cipher, in, inOffset, out, outOffset, length);
    }

    /**
     * Takes the next blocks of two encrypting chains of one agent, the same number of bytes of each. A chain is serial, so
     * alone it leaves the processor waiting most of the time; two cost hardly more than one.
     *
     * @param other another chain with the same scratch arrays.
     */
    public void updateBoth(DirectBuffer in, int inOffset, MutableDirectBuffer out, int outOffset, AesCbcStream other,
        DirectBuffer otherIn, int otherInOffset, MutableDirectBuffer otherOut, int otherOutOffset, int length)
    {
        checkUse(length);
        other.checkUse(length);
        scratch.cryptBoth(cipher, in, inOffset, out, outOffset, other.cipher, otherIn, otherInOffset, otherOut,
            otherOutOffset, length);
    }

    /** Takes the key and the last block of the chain out of memory, as far as the JDK lets us. May be called again. */
    @Override
    public void close()
    {
        hasKey = false;
        Ciphers.clear(cipher, scratch);
    }

    private void checkUse(int length)
    {
        if (!hasKey)
        {
            throw new IllegalStateException("no key: the chain was not started or is closed");
        }
        if ((length & (BLOCK_LENGTH - 1)) != 0)
        {
            throw new IllegalArgumentException(length + " bytes are not whole blocks");
        }
    }
}
