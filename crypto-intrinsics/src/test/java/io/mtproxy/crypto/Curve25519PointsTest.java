// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.crypto;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Key shares are points as a real server's, by plain arithmetic on big numbers. [P-TLS-22] */
class Curve25519PointsTest
{
    private static final BigInteger P = BigInteger.TWO.pow(255).subtract(BigInteger.valueOf(19));
    private static final BigInteger ORDER =
        BigInteger.TWO.pow(252).add(new BigInteger("27742317777372353535851937790883648493"));
    private static final BigInteger A = BigInteger.valueOf(486_662);
    private static final int BITS = 255;

    @Test
    void shouldDrawDistinctPointsOfPrimeOrderSubgroup()
    {
        Curve25519Points points = new Curve25519Points(seeded(1));
        Set<String> seen = new HashSet<>();
        byte[] share = new byte[Curve25519Points.LENGTH + 2];
        for (int i = 0; i < 40; i++)
        {
            points.next(share, 1);
            byte[] bytes = java.util.Arrays.copyOfRange(share, 1, 33);
            assertTrue(seen.add(HexFormat.of().formatHex(bytes)));
            assertTrue(bytes[31] >= 0, "highest bit");
            BigInteger u = littleEndian(bytes);
            assertTrue(u.compareTo(P) < 0 && u.signum() > 0);
            assertTrue(isOnCurve(u), "on the curve, not on its twist");
            assertEquals(BigInteger.ZERO, ladder(ORDER, u), "order of the subgroup");
        }
        assertEquals(0, share[0]);
        assertEquals(0, share[33]);
    }

    /** One without a table is as good. */
    @Test
    void shouldDrawOneAlone()
    {
        RandomSource random = seeded(4);
        Set<String> seen = new HashSet<>();
        byte[] share = new byte[Curve25519Points.LENGTH + 2];
        for (int i = 0; i < 5; i++)
        {
            Curve25519Points.drawOne(random, share, 1);
            byte[] bytes = java.util.Arrays.copyOfRange(share, 1, 33);
            assertTrue(seen.add(HexFormat.of().formatHex(bytes)));
            assertTrue(isOnCurve(littleEndian(bytes)));
            assertEquals(BigInteger.ZERO, ladder(ORDER, littleEndian(bytes)));
        }
    }

    /** Multiples of the base point are those of plain arithmetic: 1, 2, and one of all lengths of run. (RFC 7748) */
    @Test
    void shouldMultiplyTheBasePoint()
    {
        Edwards25519 point = new Edwards25519();
        for (String factor : new String[]{"01", "02", "ff", "5a69ffff00010203"})
        {
            byte[] bytes = HexFormat.of().parseHex(factor);
            point.setMultipleOfBase(bytes);
            BigInteger y = number(point.y).multiply(number(point.z).modInverse(P)).mod(P);
            BigInteger u = BigInteger.ONE.add(y).multiply(BigInteger.ONE.subtract(y).modInverse(P)).mod(P);
            assertEquals(multipleOfNine(littleEndian(bytes)), u, factor);
        }
    }

    private static BigInteger number(long[] limbs)
    {
        byte[] bytes = new byte[32];
        Field25519.encode(limbs.clone(), bytes, 0);
        return littleEndian(bytes);
    }

    /** u of a multiple of the base point. */
    private static BigInteger multipleOfNine(BigInteger factor)
    {
        BigInteger[] fraction = multiple(factor, BigInteger.valueOf(9));
        return fraction[0].multiply(fraction[1].modInverse(P)).mod(P);
    }

    @Test
    void shouldSpreadOverAllBits()
    {
        Curve25519Points points = new Curve25519Points(seeded(2));
        int[] ones = new int[BITS];
        byte[] share = new byte[Curve25519Points.LENGTH];
        int count = 4000;
        for (int i = 0; i < count; i++)
        {
            points.next(share, 0);
            for (int bit = 0; bit < BITS; bit++)
            {
                ones[bit] += share[bit / 8] >> bit % 8 & 1;
            }
        }
        for (int bit = 0; bit < BITS; bit++)
        {
            // six standard deviations
            assertEquals(count / 2.0, ones[bit], 190, "bit " + bit);
        }
    }

    /** The test's own ruler: the base point passes, a point of small order and one of the twist do not. */
    @Test
    void shouldTellGoodFromBad()
    {
        assertEquals(BigInteger.ZERO, ladder(ORDER, BigInteger.valueOf(9)));
        assertTrue(isOnCurve(BigInteger.valueOf(9)));
        assertTrue(!isOnCurve(BigInteger.TWO));
        BigInteger orderEight = new BigInteger(
            "39382357235489614581723060781553021112529911719440698176882885853963445705823");
        assertTrue(ladder(ORDER, orderEight).signum() != 0);
    }

    private static boolean isOnCurve(BigInteger u)
    {
        BigInteger square = u.pow(3).add(A.multiply(u.pow(2))).add(u).mod(P);
        return square.modPow(P.subtract(BigInteger.ONE).shiftRight(1), P).equals(BigInteger.ONE);
    }

    /** @return Z of the multiple: zero for the neutral point. */
    private static BigInteger ladder(BigInteger factor, BigInteger u)
    {
        return multiple(factor, u)[1];
    }

    /** @return X and Z of the multiple. (RFC 7748, section 5) */
    private static BigInteger[] multiple(BigInteger factor, BigInteger u)
    {
        BigInteger x2 = BigInteger.ONE;
        BigInteger z2 = BigInteger.ZERO;
        BigInteger x3 = u;
        BigInteger z3 = BigInteger.ONE;
        for (int bit = factor.bitLength() - 1; bit >= 0; bit--)
        {
            boolean isSwapped = factor.testBit(bit);
            BigInteger px = isSwapped ? x3 : x2;
            BigInteger pz = isSwapped ? z3 : z2;
            BigInteger qx = isSwapped ? x2 : x3;
            BigInteger qz = isSwapped ? z2 : z3;
            BigInteger sum = px.add(pz).mod(P);
            BigInteger difference = px.subtract(pz).mod(P);
            BigInteger aa = sum.multiply(sum).mod(P);
            BigInteger bb = difference.multiply(difference).mod(P);
            BigInteger e = aa.subtract(bb).mod(P);
            BigInteger da = qx.subtract(qz).multiply(sum).mod(P);
            BigInteger cb = qx.add(qz).multiply(difference).mod(P);
            BigInteger addedX = da.add(cb).pow(2).mod(P);
            BigInteger addedZ = u.multiply(da.subtract(cb).pow(2)).mod(P);
            BigInteger doubledX = aa.multiply(bb).mod(P);
            BigInteger doubledZ = e.multiply(aa.add(BigInteger.valueOf(121_665).multiply(e))).mod(P);
            x2 = isSwapped ? addedX : doubledX;
            z2 = isSwapped ? addedZ : doubledZ;
            x3 = isSwapped ? doubledX : addedX;
            z3 = isSwapped ? doubledZ : addedZ;
        }
        return new BigInteger[]{x2, z2};
    }

    private static BigInteger littleEndian(byte[] bytes)
    {
        byte[] reversed = new byte[bytes.length];
        for (int i = 0; i < bytes.length; i++)
        {
            reversed[bytes.length - 1 - i] = bytes[i];
        }
        return new BigInteger(1, reversed);
    }

    private static RandomSource seeded(long seed)
    {
        SplittableRandom random = new SplittableRandom(seed);
        return new RandomSource()
        {
            @Override
            public void nextBytes(byte[] out, int offset, int length)
            {
                for (int i = 0; i < length; i++)
                {
                    out[offset + i] = (byte)random.nextInt();
                }
            }

            @Override
            public int nextInt(int bound)
            {
                return random.nextInt(bound);
            }

            @Override
            public long nextLong()
            {
                return random.nextLong();
            }
        };
    }
}
