// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.transport;

import io.mtproxy.crypto.Curve25519Points;
import io.mtproxy.crypto.RandomSource;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/** The hello with which a domain is looked at: that of a browser, as the C program sends it. [P-TLS-51] */
public final class OriginProbeHello
{
    /** Length of every hello. */
    public static final int LENGTH = 517;
    /** Where the 32 bytes of the session id are. */
    public static final int SESSION_ID_OFFSET = 44;

    private static final int RANDOM_LENGTH = 32;
    private static final int GREASE_COUNT = 7;

    private OriginProbeHello()
    {
    }

    /** Draws a hello for a domain whose name has at most {@link FakeTlsDomains#NAME_LENGTH_MAX} bytes. */
    public static byte[] encode(String domain, RandomSource random)
    {
        byte[] name = domain.getBytes(StandardCharsets.UTF_8);
        byte[] grease = drawGrease(random);
        Bytes out = new Bytes();
        out.hex("16030102000100" + "01fc0303").random(random, RANDOM_LENGTH).hex("20").random(random, RANDOM_LENGTH);
        out.hex("0022").grease(grease, 0).hex("130113021303c02bc02fc02cc030cca9cca8c013c014009c009d002f0035000a");
        out.hex("01000191").grease(grease, 2).hex("0000");
        out.hex("0000").u16(name.length + 5).u16(name.length + 3).hex("00").u16(name.length).bytes(name);
        out.hex("00170000" + "ff01000100" + "000a000a0008").grease(grease, 4).hex("001d00170018");
        out.hex("000b00020100" + "00230000" + "0010000e000c02683208687474702f312e31" + "0005000501" + "00000000");
        out.hex("000d0014001204030804040105030805050108060601" + "0201" + "00120000");
        out.hex("0033002b0029").grease(grease, 4).hex("000100" + "001d0020");
        byte[] share = new byte[Curve25519Points.LENGTH];
        new Curve25519Points(random).next(share, 0);
        out.bytes(share);
        out.hex("002d00020101" + "002b000b0a").grease(grease, 6).hex("0304030303020301" + "001b0003020002");
        out.grease(grease, 3).hex("000100" + "0015");
        int padding = LENGTH - out.size() - 2;
        if (padding < 0)
        {
            throw new IllegalArgumentException("domain name of " + name.length + " bytes");
        }
        return out.u16(padding).bytes(new byte[padding]).toByteArray();
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
        private final ByteArrayOutputStream out = new ByteArrayOutputStream(LENGTH);

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

        Bytes u16(int value)
        {
            out.write(value >>> Byte.SIZE);
            out.write(value);
            return this;
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
