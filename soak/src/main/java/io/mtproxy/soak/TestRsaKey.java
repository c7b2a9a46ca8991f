// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.soak;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.interfaces.RSAPrivateCrtKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import javax.crypto.Cipher;

/**
 * The RSA key of the simulated datacenter. It stands in this repository for everyone to read and protects nothing;
 * client libraries in tests are told its public half.
 */
public final class TestRsaKey
{
    /** Length of the modulus. */
    static final int LENGTH = 256;

    private static final String PRIVATE_KEY = "TEST-ONLY-rsa-private-key.pem";
    private static final String PUBLIC_KEY = "TEST-ONLY-rsa-public-key.pem";

    private final RSAPrivateCrtKey key;
    private final long fingerprint;

    TestRsaKey()
    {
        try
        {
            byte[] der = Base64.getMimeDecoder().decode(
                resource(PRIVATE_KEY).lines().filter(line -> !line.startsWith("#") && !line.startsWith("-"))
                    .reduce("", String::concat));
            key = (RSAPrivateCrtKey)KeyFactory.getInstance("RSA").generatePrivate(new PKCS8EncodedKeySpec(der));
        }
        catch (GeneralSecurityException e)
        {
            throw new IllegalStateException(e);
        }
        fingerprint = fingerprint(key.getModulus(), key.getPublicExponent());
    }

    /** The public half as {@code RSA PUBLIC KEY}, which is what client libraries take. */
    public static String publicKeyPem()
    {
        return resource(PUBLIC_KEY);
    }

    /** Modulus of the public half. */
    public BigInteger modulus()
    {
        return key.getModulus();
    }

    /** Exponent of the public half. */
    public BigInteger publicExponent()
    {
        return key.getPublicExponent();
    }

    /** Last 64 bits of the SHA1 of modulus and exponent as TL strings. */
    public long fingerprint()
    {
        return fingerprint;
    }

    /** Raw RSA: 256 bytes in, 256 bytes out; empty if the input is no number below the modulus. */
    byte[] decrypt(byte[] encrypted)
    {
        try
        {
            Cipher cipher = Cipher.getInstance("RSA/ECB/NoPadding");
            cipher.init(Cipher.DECRYPT_MODE, key);
            return cipher.doFinal(encrypted);
        }
        catch (GeneralSecurityException e)
        {
            return new byte[0];
        }
    }

    static long fingerprint(BigInteger modulus, BigInteger exponent)
    {
        ByteBuilder text = new ByteBuilder();
        Tl.putBytes(text, unsigned(modulus));
        Tl.putBytes(text, unsigned(exponent));
        return LittleEndian.getLong(Jce.sha1(text.toByteArray()), 12);
    }

    /** Big-endian without leading zeros. */
    static byte[] unsigned(BigInteger value)
    {
        byte[] signed = value.toByteArray();
        return signed[0] == 0 && signed.length > 1 ? java.util.Arrays.copyOfRange(signed, 1, signed.length) : signed;
    }

    /** Big-endian, exactly {@code length} bytes. */
    static byte[] unsigned(BigInteger value, int length)
    {
        byte[] shortest = unsigned(value);
        byte[] padded = new byte[length];
        System.arraycopy(shortest, 0, padded, length - shortest.length, shortest.length);
        return padded;
    }

    private static String resource(String name)
    {
        try (InputStream in = TestRsaKey.class.getResourceAsStream(name))
        {
            if (in == null)
            {
                throw new IllegalStateException("resource " + name + " is missing");
            }
            return new String(in.readAllBytes(), StandardCharsets.US_ASCII);
        }
        catch (IOException e)
        {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public String toString()
    {
        return "TestRsaKey[fingerprint " + Long.toHexString(fingerprint) + "]";
    }
}
