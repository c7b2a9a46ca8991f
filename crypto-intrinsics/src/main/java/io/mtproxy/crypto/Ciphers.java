// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.crypto;

import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.Provider;
import java.security.Security;
import java.util.Objects;
import javax.crypto.Cipher;
import javax.crypto.ShortBufferException;
import javax.crypto.spec.IvParameterSpec;
import org.agrona.DirectBuffer;

/** Access to the JDK's providers, looked up once. */
final class Ciphers
{
    private static final Provider CIPHERS = provider("SunJCE");
    private static final Provider DIGESTS = provider("SUN");
    private static final IvParameterSpec ZERO_IV = new IvParameterSpec(new byte[16]);
    private static final int BLOCK_LENGTH = 16;

    private Ciphers()
    {
    }

    private static Provider provider(String name)
    {
        return Objects.requireNonNull(Security.getProvider(name), name);
    }

    static Cipher newCipher(String transformation)
    {
        try
        {
            return Cipher.getInstance(transformation, CIPHERS);
        }
        catch (GeneralSecurityException e)
        {
            throw new IllegalStateException("this Java has no " + transformation, e);
        }
    }

    static MessageDigest newDigest(String algorithm)
    {
        try
        {
            return MessageDigest.getInstance(algorithm, DIGESTS);
        }
        catch (GeneralSecurityException e)
        {
            throw new IllegalStateException("this Java has no " + algorithm, e);
        }
    }

    /** Starts a chain or stream; of the key only the cipher's own schedule stays behind. */
    static void init(Cipher cipher, int mode, CipherScratch scratch, byte[] key, byte[] iv)
    {
        try
        {
            cipher.init(mode, scratch.key.set(key), new IvParameterSpec(iv));
        }
        catch (GeneralSecurityException e)
        {
            throw new IllegalArgumentException(e);
        }
        finally
        {
            scratch.key.clear();
        }
    }

    /**
     * Takes the key out of a cipher: its key schedule is zeroed when another key replaces it, and a block run under
     * the zero key overwrites what it kept of the key stream or chain.
     */
    static void clear(Cipher cipher, CipherScratch scratch)
    {
        try
        {
            cipher.init(Cipher.ENCRYPT_MODE, scratch.key.clear(), ZERO_IV);
        }
        catch (GeneralSecurityException e)
        {
            throw new IllegalStateException(e);
        }
        update(cipher, scratch.input, 0, BLOCK_LENGTH, scratch.output, 0);
    }

    static void update(Cipher cipher, byte[] in, int inOffset, int length, byte[] out, int outOffset)
    {
        try
        {
            int written = cipher.update(in, inOffset, length, out, outOffset);
            assert written == length : "a stream cipher holds nothing back";
        }
        catch (ShortBufferException e)
        {
            throw new IllegalArgumentException(e);
        }
    }

    static void digest(MessageDigest digest, byte[] out, int outOffset, int length)
    {
        try
        {
            int written = digest.digest(out, outOffset, length);
            assert written == length : written;
        }
        catch (GeneralSecurityException e)
        {
            throw new IllegalArgumentException(e);
        }
    }

    /** Hashes a range of any buffer: an array in place, direct memory through the scratch array, without garbage. */
    static void update(MessageDigest digest, CipherScratch scratch, DirectBuffer in, int inOffset, int length)
    {
        in.boundsCheck(inOffset, length);
        byte[] array = in.byteArray();
        if (array != null)
        {
            digest.update(array, CipherScratch.arrayOffset(in, inOffset), length);
            return;
        }
        for (int done = 0; done < length;)
        {
            int run = Math.min(length - done, CipherScratch.LENGTH);
            in.getBytes(inOffset + done, scratch.input, 0, run);
            digest.update(scratch.input, 0, run);
            done += run;
        }
    }
}
