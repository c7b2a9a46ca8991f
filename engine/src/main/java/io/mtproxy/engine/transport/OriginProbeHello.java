// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.transport;

import io.mtproxy.crypto.Curve25519Points;
import io.mtproxy.crypto.MlKem768;
import io.mtproxy.crypto.RandomSource;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/** The hellos with which a domain is looked at: those of a browser. [P-TLS-51] */
public final class OriginProbeHello
{
    /** Length of every hello that is not longer by itself. */
    public static final int LENGTH_MIN = 517;
    /** Where the 32 bytes of the session id are. */
    public static final int SESSION_ID_OFFSET = 44;

    private static final int RANDOM_LENGTH = 32;
    private static final int GREASE_COUNT = 7;
    /** Modulus of ML-KEM. */
    private static final int MODULUS = 3329;
    private static final int SEED_LENGTH = 32;
    private static final int PADDING_HEADER_LENGTH = 4;

    private OriginProbeHello()
    {
    }

    /** What a hello offers. */
    public enum Kind
    {
        /** As the C program sends it. */
        PLAIN,
        /** The same without ALPN. */
        WITHOUT_ALPN,
        /** The same with a share for X25519MLKEM768 before that for X25519. */
        HYBRID
    }

    /** Draws a hello for a domain whose name has at most {@link FakeTlsDomains#NAME_LENGTH_MAX} bytes. */
    public static byte[] encode(String domain, Kind kind, RandomSource random)
    {
        byte[] name = domain.getBytes(StandardCharsets.UTF_8);
        if (name.length > FakeTlsDomains.NAME_LENGTH_MAX)
        {
            throw new IllegalArgumentException("domain name of " + name.length + " bytes");
        }
        byte[] grease = drawGrease(random);
        Bytes head = new Bytes();
        head.hex("0303").random(random, RANDOM_LENGTH).hex("20").random(random, RANDOM_LENGTH);
        head.hex("0022").grease(grease, 0).hex("130113021303c02bc02fc02cc030cca9cca8c013c014009c009d002f0035000a");
        head.hex("0100");
        byte[] extensions = extensions(name, kind, grease, random);
        int padding = LENGTH_MIN - 9 - head.size() - 2 - extensions.length - PADDING_HEADER_LENGTH;
        Bytes out = new Bytes();
        out.bytes(extensions);
        if (padding >= 0)
        {
            out.hex("0015").u16(padding).bytes(new byte[padding]);
        }
        byte[] padded = out.toByteArray();
        int length = head.size() + 2 + padded.length;
        return new Bytes().hex("160301").u16(length + 4).hex("0100").u16(length).bytes(head.toByteArray())
            .u16(padded.length).bytes(padded).toByteArray();
    }

    private static byte[] extensions(byte[] name, Kind kind, byte[] grease, RandomSource random)
    {
        boolean isHybrid = kind == Kind.HYBRID;
        Bytes out = new Bytes();
        out.grease(grease, 2).hex("0000");
        out.hex("0000").u16(name.length + 5).u16(name.length + 3).hex("00").u16(name.length).bytes(name);
        out.hex("00170000" + "ff01000100" + (isHybrid ? "000a000c000a" : "000a000a0008")).grease(grease, 4)
            .hex((isHybrid ? "11ec" : "") + "001d00170018");
        out.hex("000b00020100" + "00230000");
        out.hex(kind == Kind.WITHOUT_ALPN ? "" : "0010000e000c02683208687474702f312e31");
        out.hex("0005000501" + "00000000");
        out.hex("000d0014001204030804040105030805050108060601" + "0201" + "00120000");
        byte[] share = new byte[Curve25519Points.LENGTH];
        Curve25519Points.drawOne(random, share, 0);
        int hybridLength = isHybrid ? 4 + KeyShare.HYBRID_CLIENT_LENGTH : 0;
        out.hex("0033").u16(0x2b + hybridLength).u16(0x29 + hybridLength).grease(grease, 4).hex("000100");
        if (isHybrid)
        {
            out.hex("11ec").u16(KeyShare.HYBRID_CLIENT_LENGTH).bytes(encapsulationKey(random)).bytes(share);
        }
        out.hex("001d0020").bytes(share);
        out.hex("002d00020101" + "002b000b0a").grease(grease, 6).hex("0304030303020301" + "001b0003020002");
        return out.grease(grease, 3).hex("000100").toByteArray();
    }

    /** 768 numbers below the modulus, 12 bits each, and a seed: nobody will ever open what is closed with it. */
    private static byte[] encapsulationKey(RandomSource random)
    {
        Bytes out = new Bytes();
        for (int i = 0; i < MlKem768.KEY_LENGTH - SEED_LENGTH; i += 3)
        {
            int low = random.nextInt(MODULUS);
            int high = random.nextInt(MODULUS);
            out.u8(low).u8(low >>> 8 | high << 4).u8(high >>> 4);
        }
        return out.random(random, SEED_LENGTH).toByteArray();
    }

    /** Pairs of equal bytes that mean nothing; neighbours differ. */
    private static byte[] drawGrease(RandomSource random)
    {
        byte[] grease = new byte[GREASE_COUNT];
        random.nextBytes(grease, 0, GREASE_COUNT);
        for (int i = 0; i < GREASE_COUNT; i++)
        {
            grease[i] = (byte)((grease[i] & 0xf0) + 0x0a);
            if (i % 2 == 1 && grease[i] == grease[i - 1])
            {
                grease[i] ^= 0x10;
            }
        }
        return grease;
    }

    private static final class Bytes
    {
        private final ByteArrayOutputStream out = new ByteArrayOutputStream(LENGTH_MIN);

        Bytes hex(String digits)
        {
            return bytes(HexFormat.of().parseHex(digits));
        }

        Bytes bytes(byte[] bytes)
        {
            out.writeBytes(bytes);
            return this;
        }

        Bytes random(RandomSource random, int length)
        {
            byte[] bytes = new byte[length];
            random.nextBytes(bytes, 0, length);
            return bytes(bytes);
        }

        Bytes grease(byte[] grease, int index)
        {
            out.write(grease[index]);
            out.write(grease[index]);
            return this;
        }

        Bytes u8(int value)
        {
            out.write(value);
            return this;
        }

        Bytes u16(int value)
        {
            return u8(value >>> Byte.SIZE).u8(value);
        }

        int size()
        {
            return out.size();
        }

        byte[] toByteArray()
        {
            return out.toByteArray();
        }
    }
}
