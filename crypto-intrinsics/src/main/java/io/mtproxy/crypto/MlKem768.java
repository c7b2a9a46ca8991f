// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.crypto;

import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.SecureRandomSpi;
import java.security.spec.X509EncodedKeySpec;
import java.util.Arrays;
import java.util.HexFormat;
import javax.crypto.KEM;

/**
 * The server's side of ML-KEM-768 (FIPS 203): draws a secret and closes it with a client's key, so that the client alone can
 * open it. By the JDK, whose loops over polynomials are compiled to vector instructions. [P-TLS-22]
 * <p>
 * One object an agent. The JDK allocates some 40 KiB a time: fit for a handshake, not for a data path.
 */
public final class MlKem768
{
    /** Length of a client's key in bytes. */
    public static final int KEY_LENGTH = 1184;
    /** Length of what the server answers with in bytes. */
    public static final int CIPHERTEXT_LENGTH = 1088;
    /** Length of the secret in bytes. */
    public static final int SECRET_LENGTH = 32;

    private static final String ALGORITHM = "ML-KEM-768";
    /** What stands before the key in a SubjectPublicKeyInfo, the only form that the JDK reads. */
    private static final byte[] KEY_HEAD = HexFormat.of().parseHex("308204b2300b0609608648016503040402038204a100");

    private final KeyFactory keys;
    private final KEM kem;
    private final SecureRandom random;
    private final byte[] encodedKey = Arrays.copyOf(KEY_HEAD, KEY_HEAD.length + KEY_LENGTH);
    private final byte[] secret = new byte[SECRET_LENGTH];

    /** @param source where the secrets come from. */
    public MlKem768(RandomSource source)
    {
        try
        {
            keys = KeyFactory.getInstance(ALGORITHM);
            kem = KEM.getInstance(ALGORITHM);
        }
        catch (GeneralSecurityException e)
        {
            throw new IllegalStateException("this JDK has no " + ALGORITHM, e);
        }
        random = new Drawn(source);
    }

    /**
     * Draws a secret and writes what lets the owner of a key find it.
     *
     * @param key of {@link #KEY_LENGTH} bytes, as it came from the network.
     * @param out gets {@link #CIPHERTEXT_LENGTH} bytes.
     * @return false when the key is none, as one of its numbers is not below the modulus; {@code out} is as before then.
     */
    public boolean encapsulate(byte[] key, int keyOffset, byte[] out, int outOffset)
    {
        System.arraycopy(key, keyOffset, encodedKey, KEY_HEAD.length, KEY_LENGTH);
        try
        {
            PublicKey client = keys.generatePublic(new X509EncodedKeySpec(encodedKey));
            KEM.Encapsulated closed = kem.newEncapsulator(client, random).encapsulate();
            System.arraycopy(closed.encapsulation(), 0, out, outOffset, CIPHERTEXT_LENGTH);
            System.arraycopy(closed.key().getEncoded(), 0, secret, 0, SECRET_LENGTH);
            return true;
        }
        catch (GeneralSecurityException e)
        {
            return false;
        }
    }

    /** Copies the secret last drawn. Nothing of ours uses it; a test opens it at the other side. */
    public void copySecret(byte[] out, int offset)
    {
        System.arraycopy(secret, 0, out, offset, SECRET_LENGTH);
    }

    /** The JDK wants its own type of random source, and takes bytes only. */
    private static final class Drawn extends SecureRandom
    {
        private static final long serialVersionUID = 1;

        Drawn(RandomSource source)
        {
            super(new Spi(source), null);
        }

        private static final class Spi extends SecureRandomSpi
        {
            private static final long serialVersionUID = 1;

            private final transient RandomSource source;

            Spi(RandomSource source)
            {
                this.source = source;
            }

            @Override
            protected void engineSetSeed(byte[] seed)
            {
                // it is seeded already
            }

            @Override
            protected void engineNextBytes(byte[] bytes)
            {
                source.nextBytes(bytes, 0, bytes.length);
            }

            @Override
            protected byte[] engineGenerateSeed(int count)
            {
                byte[] seed = new byte[count];
                engineNextBytes(seed);
                return seed;
            }
        }
    }
}
