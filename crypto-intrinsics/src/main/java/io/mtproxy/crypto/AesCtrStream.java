// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.crypto;

import javax.crypto.Cipher;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.jspecify.annotations.Nullable;

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
    /** Lent by the agent from the first key to {@link #close}; null otherwise. */
    private @Nullable Cipher cipher;
    private long position;

    public AesCtrStream(CipherScratch scratch)
    {
        this.scratch = scratch;
    }

    /** Starts a stream at position 0. Allocates: for handshakes, never for a packet. */
    public void init(byte[] key, byte[] iv)
    {
        Cipher keyed = cipher == null ? scratch.takeCtr() : cipher;
        cipher = null;
        Ciphers.init(keyed, Cipher.ENCRYPT_MODE, scratch, key, iv);
        position = 0;
        cipher = keyed;
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
        scratch.crypt(advance(length), in, inOffset, out, outOffset, length);
    }

    /** Takes the next bytes from a buffer and puts the result into an array. */
    public void update(DirectBuffer in, int inOffset, byte[] out, int outOffset, int length)
    {
        scratch.crypt(advance(length), in, inOffset, out, outOffset, length);
    }

    /** Takes the next bytes from an array and puts the result into a buffer. */
    public void update(byte[] in, int inOffset, MutableDirectBuffer out, int outOffset, int length)
    {
        scratch.crypt(advance(length), in, inOffset, out, outOffset, length);
    }

    /** Moves on by {@code length} bytes of the stream whose plaintext nobody wants. */
    public void skip(long length)
    {
        Cipher skipping = advance(length);
        for (long left = length; left > 0;)
        {
            int run = (int)Math.min(left, CipherScratch.LENGTH);
            Ciphers.update(skipping, scratch.input, 0, run, scratch.output, 0);
            left -= run;
        }
    }

    /**
     * Takes the key and the rest of the key stream out of memory, as far as the JDK lets us, and gives the cipher to
     * whoever needs one next. May be called again.
     */
    @Override
    public void close()
    {
        Cipher done = cipher;
        cipher = null;
        position = 0;
        if (done != null)
        {
            Ciphers.clear(done, scratch);
            scratch.giveBackCtr(done);
        }
    }

    private Cipher advance(long length)
    {
        Cipher keyed = cipher;
        if (keyed == null)
        {
            throw new IllegalStateException("no key: the stream was not started or is closed");
        }
        position += length;
        return keyed;
    }
}
