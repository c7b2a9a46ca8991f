// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.soak;

import java.security.GeneralSecurityException;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.util.Arrays;
import javax.crypto.Cipher;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/** The few algorithms of the protocol from the JDK, without checked exceptions for what every JDK has. */
public final class Jce
{
    private static final int MLKEM_KEY_LENGTH = 1184;

    private Jce()
    {
    }

    /** One direction of an obfuscated2 stream: counter block big-endian, starts at the IV. [P-OBF-13] */
    public static Cipher aesCtr(byte[] key, byte[] iv)
    {
        return cipher("AES/CTR/NoPadding", Cipher.ENCRYPT_MODE, key, iv);
    }

    public static Cipher aesCbcEncrypt(byte[] key, byte[] iv)
    {
        return cipher("AES/CBC/NoPadding", Cipher.ENCRYPT_MODE, key, iv);
    }

    public static Cipher aesCbcDecrypt(byte[] key, byte[] iv)
    {
        return cipher("AES/CBC/NoPadding", Cipher.DECRYPT_MODE, key, iv);
    }

    /** Single blocks, for IGE. */
    public static Cipher aesEcb(int mode, byte[] key)
    {
        try
        {
            Cipher cipher = Cipher.getInstance("AES/ECB/NoPadding");
            cipher.init(mode, new SecretKeySpec(key, "AES"));
            return cipher;
        }
        catch (GeneralSecurityException e)
        {
            throw new IllegalStateException(e);
        }
    }

    /** @return the 1184 bytes that a client offers, of a new key. */
    public static byte[] mlKem768PublicKey()
    {
        try
        {
            byte[] encoded = KeyPairGenerator.getInstance("ML-KEM-768").generateKeyPair().getPublic().getEncoded();
            return Arrays.copyOfRange(encoded, encoded.length - MLKEM_KEY_LENGTH, encoded.length);
        }
        catch (GeneralSecurityException e)
        {
            throw new IllegalStateException(e);
        }
    }

    /** Input and output must not overlap (the JCE would copy). Stream and block lengths come out as they went in. */
    public static void update(Cipher cipher, byte[] in, int inOffset, int length, byte[] out, int outOffset)
    {
        if (length == 0)
        {
            return;
        }
        try
        {
            int written = cipher.update(in, inOffset, length, out, outOffset);
            if (written != length)
            {
                throw new IllegalStateException("cipher took " + length + " bytes and gave " + written);
            }
        }
        catch (GeneralSecurityException e)
        {
            throw new IllegalStateException(e);
        }
    }

    public static byte[] md5(byte[]... parts)
    {
        return digest(digest("MD5"), parts);
    }

    public static byte[] sha1(byte[]... parts)
    {
        return digest(digest("SHA-1"), parts);
    }

    public static byte[] sha256(byte[]... parts)
    {
        return digest(digest("SHA-256"), parts);
    }

    static MessageDigest digest(String algorithm)
    {
        try
        {
            return MessageDigest.getInstance(algorithm);
        }
        catch (GeneralSecurityException e)
        {
            throw new IllegalStateException(e);
        }
    }

    private static byte[] digest(MessageDigest digest, byte[]... parts)
    {
        for (byte[] part : parts)
        {
            digest.update(part);
        }
        return digest.digest();
    }

    private static Cipher cipher(String transformation, int mode, byte[] key, byte[] iv)
    {
        try
        {
            Cipher cipher = Cipher.getInstance(transformation);
            cipher.init(mode, new SecretKeySpec(key, "AES"), new IvParameterSpec(iv));
            return cipher;
        }
        catch (GeneralSecurityException e)
        {
            throw new IllegalStateException(e);
        }
    }
}
