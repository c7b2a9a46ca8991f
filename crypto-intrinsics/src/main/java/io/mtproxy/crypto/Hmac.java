// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.crypto;

import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Objects;
import org.agrona.DirectBuffer;

/**
 * HMAC-SHA256 (RFC 2104) over the JDK's SHA-256; one object an agent.
 * <p>
 * The JDK's own {@code Mac} allocates at each init and result and keeps copies of keys that nobody can zero; here the
 * padded keys are our arrays, and nothing allocates.
 */
public final class Hmac implements AutoCloseable
{
    /** Length of a result in bytes. */
    public static final int LENGTH = 32;

    /** Block length of SHA-256 in bytes. */
    private static final int BLOCK_LENGTH = 64;
    private static final byte INNER_PAD = 0x36;
    private static final byte OUTER_PAD = 0x5c;

    private final CipherScratch scratch;
    private final MessageDigest sha256 = Ciphers.newDigest("SHA-256");
    private final byte[] innerKey = new byte[BLOCK_LENGTH];
    private final byte[] outerKey = new byte[BLOCK_LENGTH];
    private final byte[] innerDigest = new byte[LENGTH];
    private boolean hasKey;

    public Hmac(CipherScratch scratch)
    {
        this.scratch = scratch;
    }

    /** Takes a key of any length and is ready for a message; a message that was begun is forgotten. */
    public void init(byte[] key)
    {
        init(key, 0, key.length);
    }

    /** Takes a key out of an array and is ready for a message; a message that was begun is forgotten. */
    public void init(byte[] key, int keyOffset, int keyLength)
    {
        sha256.reset();
        Arrays.fill(outerKey, (byte)0);
        if (keyLength > BLOCK_LENGTH)
        {
            sha256.update(key, keyOffset, keyLength);
            Ciphers.digest(sha256, outerKey, 0, LENGTH);
        }
        else
        {
            System.arraycopy(key, keyOffset, outerKey, 0, keyLength);
        }
        for (int i = 0; i < BLOCK_LENGTH; i++)
        {
            innerKey[i] = (byte)(outerKey[i] ^ INNER_PAD);
            outerKey[i] ^= OUTER_PAD;
        }
        hasKey = true;
        sha256.update(innerKey);
    }

    /** Adds the next bytes of the message. */
    public void update(byte[] in, int inOffset, int length)
    {
        checkKey();
        sha256.update(in, inOffset, length);
    }

    /** Adds the next bytes of the message. */
    public void update(DirectBuffer in, int inOffset, int length)
    {
        checkKey();
        Ciphers.update(sha256, scratch, in, inOffset, length);
    }

    /** Writes the 32 bytes of the result and is ready for another message under the same key. */
    public void doFinal(byte[] out, int outOffset)
    {
        checkKey();
        Objects.checkFromIndexSize(outOffset, LENGTH, out.length);
        Ciphers.digest(sha256, innerDigest, 0, LENGTH);
        sha256.update(outerKey);
        sha256.update(innerDigest);
        Ciphers.digest(sha256, out, outOffset, LENGTH);
        sha256.update(innerKey);
    }

    /** Zeroes the key. May be called again; {@link #init} makes the object usable once more. */
    @Override
    public void close()
    {
        hasKey = false;
        Arrays.fill(innerKey, (byte)0);
        Arrays.fill(outerKey, (byte)0);
        Arrays.fill(innerDigest, (byte)0);
        sha256.reset();
    }

    private void checkKey()
    {
        if (!hasKey)
        {
            throw new IllegalStateException("no key: not started or closed");
        }
    }
}
