// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.crypto;

import javax.crypto.Cipher;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * One direction of an AES-256-CTR stream over direct memory; its position is kept from call to call. [P-OBF-13]
 * <p>
 * Owned by one connection, used by one agent with that agent's {@link CipherScratch}. After {@link #close} it can be
 * started again with another key; until then it refuses to work, as its key is known to everybody.
 */
public final class AesCtrStream implements AutoCloseable
{
    /** Length of a key in bytes. */
    public static final int KEY_LENGTH = 32;
    /** Length of the initial counter block in bytes, big-endian. */
    public static final int IV_LENGTH = 16;

    private final CipherScratch scratch;
    private final Cipher cipher;
    private long position;
    private boolean hasKey;

    public AesCtrStream(CipherScratch scratch)
    {
        this.scratch = scratch;
        this.cipher = Ciphers.newCipher("AES/CTR/NoPadding");
    }

    /** Starts a stream at position 0. Allocates: for handshakes, never for a packet. */
    public void init(byte[] key, byte[] iv)
    {
        hasKey = false;
        Ciphers.init(cipher, Cipher.ENCRYPT_MODE, scratch, key, iv);
        position = 0;
        hasKey = true;
    }

    /**
     * Goes on with a stream that was given up at {@link #position()}, so that an idle connection needs no cipher.
     *
     * @param key of 32 bytes.
     * @param iv of position 0.
     * @param streamPosition in bytes from the start of the stream.
     */
    public void init(byte[] key, byte[] iv, long streamPosition)
    {
        byte[] counter = iv.clone();
        long carry = streamPosition / IV_LENGTH;
        for (int i = IV_LENGTH - 1; i >= 0 && carry != 0; i--)
        {
            carry += counter[i] & 0xff;
            counter[i] = (byte)carry;
            carry >>>= 8;
        }
        init(key, counter);
        skip(streamPosition % IV_LENGTH);
        position = streamPosition;
    }

    /** Bytes of the stream used up so far. */
    public long position()
    {
        return position;
    }

    /**
     * Encrypts or decrypts, which is the same, the next {@code length} bytes of the stream. Input and output may be
     * any two places, overlapping or not, of any alignment.
     */
    public void update(DirectBuffer in, int inOffset, MutableDirectBuffer out, int outOffset, int length)
    {
        advance(length);
        scratch.crypt(cipher, in, inOffset, out, outOffset, length);
    }

    /** Takes the next bytes from a buffer and puts the result into an array. */
    public void update(DirectBuffer in, int inOffset, byte[] out, int outOffset, int length)
    {
        advance(length);
        scratch.crypt(cipher, in, inOffset, out, outOffset, length);
    }

    /** Takes the next bytes from an array and puts the result into a buffer. */
    public void update(byte[] in, int inOffset, MutableDirectBuffer out, int outOffset, int length)
    {
        advance(length);
        scratch.crypt(cipher, in, inOffset, out, outOffset, length);
    }

    /** Moves on by {@code length} bytes of the stream whose plaintext nobody wants. */
    public void skip(long length)
    {
        advance(length);
        for (long left = length; left > 0;)
        {
            int run = (int)Math.min(left, CipherScratch.LENGTH);
            Ciphers.update(cipher, scratch.input, 0, run, scratch.output, 0);
            left -= run;
        }
    }

    /** Takes the key and the rest of the key stream out of memory, as far as the JDK lets us. May be called again. */
    @Override
    public void close()
    {
        hasKey = false;
        position = 0;
        Ciphers.clear(cipher, scratch);
    }

    private void advance(long length)
    {
        if (!hasKey)
        {
            throw new IllegalStateException("no key: the stream was not started or is closed");
        }
        position += length;
    }
}
