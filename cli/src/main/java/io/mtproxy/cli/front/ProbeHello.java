// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.front;

import io.mtproxy.engine.config.Secret;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPairGenerator;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.random.RandomGenerator;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Hellos as browsers and Telegram's clients send them; a domain answers them, and a proxy does when they are signed with its
 * secret. [P-TLS-15] [P-TLS-51]
 */
public final class ProbeHello
{
    /** Where the Random stands that a secret signs. */
    public static final int RANDOM_OFFSET = 11;
    /** Length of it, and of the session id. */
    public static final int RANDOM_LENGTH = 32;

    private static final int STAMP_OFFSET = 28;
    /** Record of a hello that is padded. */
    private static final int RECORD_LENGTH = 512;
    private static final int ENCAPSULATION_KEY_LENGTH = 1184;
    private static final int CIPHERS_OFFSET = 78;
    private static final byte[] ALPN = HexFormat.of().parseHex("0010000e000c02683208687474702f312e31");
    private static final byte[] VERSIONS = HexFormat.of().parseHex("002b0007060a0a03040303");

    private ProbeHello()
    {
    }

    /** What a hello offers for the exchange of keys. */
    public enum Offer
    {
        /** X25519 */
        PLAIN,
        /** X25519MLKEM768, with a key that is one, and X25519. */
        HYBRID
    }

    /** Draws a hello for a domain. */
    public static byte[] encode(String domain, Offer offer, RandomGenerator random)
    {
        byte[] extensions = extensions(domain.getBytes(StandardCharsets.UTF_8), offer, random);
        Bytes body = new Bytes().hex("0303").random(random, RANDOM_LENGTH).hex("20").random(random, RANDOM_LENGTH);
        body.hex("00200a0a130113021303c02bc02fc02cc030cca9cca8c013c014009c009d002f0035" + "0100");
        int padding = RECORD_LENGTH - 4 - body.length() - 2 - extensions.length - 4;
        Bytes all = new Bytes().bytes(extensions);
        if (padding >= 0)
        {
            all.hex("0015").u16(padding).bytes(new byte[padding]);
        }
        body.u16(all.length()).bytes(all.toByteArray());
        return new Bytes().hex("160301").u16(body.length() + 4).hex("0100").u16(body.length()).bytes(body.toByteArray())
            .toByteArray();
    }

    /** Signs a hello, so that the proxy takes it for one of its clients'. [P-TLS-15] [P-TLS-16] */
    public static void sign(byte[] hello, Secret secret, long epochSeconds)
    {
        Arrays.fill(hello, RANDOM_OFFSET, RANDOM_OFFSET + RANDOM_LENGTH, (byte)0);
        byte[] key = new byte[Secret.LENGTH];
        secret.copyTo(key, 0);
        try
        {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key, "HmacSHA256"));
            byte[] digest = mac.doFinal(hello);
            for (int i = STAMP_OFFSET; i < RANDOM_LENGTH; i++)
            {
                digest[i] ^= (byte)(epochSeconds >>> Byte.SIZE * (i - STAMP_OFFSET));
            }
            System.arraycopy(digest, 0, hello, RANDOM_OFFSET, RANDOM_LENGTH);
        }
        catch (GeneralSecurityException e)
        {
            throw new IllegalStateException("this Java has no HmacSHA256", e);
        }
        finally
        {
            Arrays.fill(key, (byte)0);
        }
    }

    /** A hello of TLS 1.2 with ciphers that nobody has: a server can only refuse it. */
    static byte[] withoutKnownCipher(String domain, RandomGenerator random)
    {
        byte[] hello = encode(domain, Offer.PLAIN, random);
        for (int at = CIPHERS_OFFSET; at < CIPHERS_OFFSET + 32; at += 2)
        {
            hello[at] = 0;
            hello[at + 1] = (byte)0xfa;
        }
        return hello;
    }

    /** A hello for nothing but a version of TLS that does not exist. */
    static byte[] withoutKnownVersion(String domain, RandomGenerator random)
    {
        byte[] hello = encode(domain, Offer.PLAIN, random);
        int at = indexOf(hello, VERSIONS);
        hello[at + 8] = 9;
        hello[at + 10] = 9;
        return hello;
    }

    /** A hello whose list of protocols is longer than its extension. */
    static byte[] withBrokenExtension(String domain, RandomGenerator random)
    {
        byte[] hello = encode(domain, Offer.PLAIN, random);
        hello[indexOf(hello, ALPN) + 5]++;
        return hello;
    }

    private static int indexOf(byte[] bytes, byte[] part)
    {
        int at = 0;
        while (!Arrays.equals(bytes, at, at + part.length, part, 0, part.length))
        {
            at++;
        }
        return at;
    }

    private static byte[] extensions(byte[] name, Offer offer, RandomGenerator random)
    {
        boolean isHybrid = offer == Offer.HYBRID;
        Bytes out = new Bytes().hex("1a1a0000");
        out.hex("0000").u16(name.length + 5).u16(name.length + 3).hex("00").u16(name.length).bytes(name);
        out.hex("00170000" + "ff01000100");
        out.hex(isHybrid ? "000a000c000a2a2a11ec001d00170018" : "000a000a00082a2a001d00170018");
        out.hex("000b00020100" + "00230000").bytes(ALPN).hex("0005000501" + "00000000");
        out.hex("000d001200100403080404010503080505010806" + "0601" + "00120000");
        byte[] point = new byte[RANDOM_LENGTH];
        random.nextBytes(point);
        int hybridLength = isHybrid ? 4 + ENCAPSULATION_KEY_LENGTH + point.length : 0;
        out.hex("0033").u16(0x2b + hybridLength).u16(0x29 + hybridLength).hex("2a2a000100");
        if (isHybrid)
        {
            out.hex("11ec").u16(ENCAPSULATION_KEY_LENGTH + point.length).bytes(encapsulationKey()).bytes(point);
        }
        out.hex("001d0020").bytes(point);
        return out.hex("002d00020101").bytes(VERSIONS).hex("001b0003020002" + "3a3a000100").toByteArray();
    }

    /** Servers check that it is one. Its private half is never used. */
    private static byte[] encapsulationKey()
    {
        try
        {
            byte[] encoded =
                KeyPairGenerator.getInstance("ML-KEM-768").generateKeyPair().getPublic().getEncoded();
            return Arrays.copyOfRange(encoded, encoded.length - ENCAPSULATION_KEY_LENGTH, encoded.length);
        }
        catch (GeneralSecurityException e)
        {
            throw new IllegalStateException("this Java has no ML-KEM-768", e);
        }
    }

    private static final class Bytes
    {
        private final ByteArrayOutputStream out = new ByteArrayOutputStream();

        Bytes hex(String digits)
        {
            return bytes(HexFormat.of().parseHex(digits));
        }

        Bytes bytes(byte[] bytes)
        {
            out.writeBytes(bytes);
            return this;
        }

        Bytes random(RandomGenerator random, int length)
        {
            byte[] bytes = new byte[length];
            random.nextBytes(bytes);
            return bytes(bytes);
        }

        Bytes u16(int value)
        {
            out.write(value >>> Byte.SIZE);
            out.write(value);
            return this;
        }

        int length()
        {
            return out.size();
        }

        byte[] toByteArray()
        {
            return out.toByteArray();
        }
    }
}
