// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.crypto;

import java.math.BigInteger;
import java.util.Arrays;

/**
 * Numbers modulo 2^255 - 19, for points of Curve25519. A result may be one of the operands.
 *
 * <pre>
 *   number   five limbs of 51 bits: l0 + l1 * 2^51 + l2 * 2^102 + l3 * 2^153 + l4 * 2^204, each below 2^52
 * </pre>
 *
 * {@link #isZero} and {@link #encode} bring their number into its one form below the modulus.
 */
final class Field25519
{
    /** Longs of a number. */
    static final int LIMBS = 5;
    /** Bytes of a number. */
    static final int LENGTH = 32;

    private static final int LIMB_BITS = 51;
    private static final long LIMB_MASK = (1L << LIMB_BITS) - 1;
    private static final long FOLD = 19;
    /** Twice the modulus, limb by limb: added before a subtraction so that no limb goes below zero. */
    private static final long TWICE_MODULUS_LOW = 2 * (LIMB_MASK - 18);
    private static final long TWICE_MODULUS = 2 * LIMB_MASK;
    /** Two numbers shifted by these together have the part of their product from bit 51 on in the high word. */
    private static final int SHIFT_X = 11;
    private static final int SHIFT_Y = 2;

    private Field25519()
    {
    }

    static long[] of(BigInteger value)
    {
        long[] limbs = new long[LIMBS];
        for (int i = 0; i < LIMBS; i++)
        {
            limbs[i] = value.shiftRight(i * LIMB_BITS).longValue() & LIMB_MASK;
        }
        return limbs;
    }

    static void square(long[] out, long[] x)
    {
        multiply(out, x, x, 0);
    }

    static void squareTimes(long[] out, long[] x, int count)
    {
        square(out, x);
        for (int i = 1; i < count; i++)
        {
            square(out, out);
        }
    }

    static void multiply(long[] out, long[] x, long[] y)
    {
        multiply(out, x, y, 0);
    }

    /**
     * The words of each column's products are added up as they are, and so are their parts from bit 51 on; what is below
     * bit 51 is the difference of both sums, as it fits a word.
     *
     * @param y limbs from an offset of an array of many numbers.
     */
    static void multiply(long[] out, long[] x, long[] y, int yOffset)
    {
        long x0 = x[0];
        long x1 = x[1];
        long x2 = x[2];
        long x3 = x[3];
        long x4 = x[4];
        long y0 = y[yOffset];
        long y1 = y[yOffset + 1];
        long y2 = y[yOffset + 2];
        long y3 = y[yOffset + 3];
        long y4 = y[yOffset + 4];
        long f1 = y1 * FOLD;
        long f2 = y2 * FOLD;
        long f3 = y3 * FOLD;
        long f4 = y4 * FOLD;

        long l0 = x0 * y0 + x1 * f4 + x2 * f3 + x3 * f2 + x4 * f1;
        long l1 = x0 * y1 + x1 * y0 + x2 * f4 + x3 * f3 + x4 * f2;
        long l2 = x0 * y2 + x1 * y1 + x2 * y0 + x3 * f4 + x4 * f3;
        long l3 = x0 * y3 + x1 * y2 + x2 * y1 + x3 * y0 + x4 * f4;
        long l4 = x0 * y4 + x1 * y3 + x2 * y2 + x3 * y1 + x4 * y0;

        x0 <<= SHIFT_X;
        x1 <<= SHIFT_X;
        x2 <<= SHIFT_X;
        x3 <<= SHIFT_X;
        x4 <<= SHIFT_X;
        y0 <<= SHIFT_Y;
        y1 <<= SHIFT_Y;
        y2 <<= SHIFT_Y;
        y3 <<= SHIFT_Y;
        y4 <<= SHIFT_Y;
        f1 <<= SHIFT_Y;
        f2 <<= SHIFT_Y;
        f3 <<= SHIFT_Y;
        f4 <<= SHIFT_Y;
        long h0 = Math.multiplyHigh(x0, y0) + Math.multiplyHigh(x1, f4) + Math.multiplyHigh(x2, f3) +
            Math.multiplyHigh(x3, f2) + Math.multiplyHigh(x4, f1);
        long h1 = Math.multiplyHigh(x0, y1) + Math.multiplyHigh(x1, y0) + Math.multiplyHigh(x2, f4) +
            Math.multiplyHigh(x3, f3) + Math.multiplyHigh(x4, f2);
        long h2 = Math.multiplyHigh(x0, y2) + Math.multiplyHigh(x1, y1) + Math.multiplyHigh(x2, y0) +
            Math.multiplyHigh(x3, f4) + Math.multiplyHigh(x4, f3);
        long h3 = Math.multiplyHigh(x0, y3) + Math.multiplyHigh(x1, y2) + Math.multiplyHigh(x2, y1) +
            Math.multiplyHigh(x3, y0) + Math.multiplyHigh(x4, f4);
        long h4 = Math.multiplyHigh(x0, y4) + Math.multiplyHigh(x1, y3) + Math.multiplyHigh(x2, y2) +
            Math.multiplyHigh(x3, y1) + Math.multiplyHigh(x4, y0);

        // h4 is below 2^56, the others below 2^60
        carry(out, l0 - (h0 << LIMB_BITS) + FOLD * h4, l1 - (h1 << LIMB_BITS) + h0, l2 - (h2 << LIMB_BITS) + h1,
            l3 - (h3 << LIMB_BITS) + h2, l4 - (h4 << LIMB_BITS) + h3);
    }

    static void add(long[] out, long[] x, long[] y)
    {
        carry(out, x[0] + y[0], x[1] + y[1], x[2] + y[2], x[3] + y[3], x[4] + y[4]);
    }

    static void subtract(long[] out, long[] x, long[] y)
    {
        carry(out, x[0] + 2 * TWICE_MODULUS_LOW - y[0], x[1] + 2 * TWICE_MODULUS - y[1],
            x[2] + 2 * TWICE_MODULUS - y[2], x[3] + 2 * TWICE_MODULUS - y[3], x[4] + 2 * TWICE_MODULUS - y[4]);
    }

    /** Brings every limb below 2^51 but for the second, which may keep a bit more. */
    private static void carry(long[] out, long r0, long r1, long r2, long r3, long r4)
    {
        long n1 = r1 + (r0 >>> LIMB_BITS);
        long n2 = r2 + (n1 >>> LIMB_BITS);
        long n3 = r3 + (n2 >>> LIMB_BITS);
        long n4 = r4 + (n3 >>> LIMB_BITS);
        long n0 = (r0 & LIMB_MASK) + FOLD * (n4 >>> LIMB_BITS);
        out[0] = n0 & LIMB_MASK;
        out[1] = (n1 & LIMB_MASK) + (n0 >>> LIMB_BITS);
        out[2] = n2 & LIMB_MASK;
        out[3] = n3 & LIMB_MASK;
        out[4] = n4 & LIMB_MASK;
    }

    static void setSmall(long[] out, long value)
    {
        Arrays.fill(out, 0, LIMBS, 0);
        out[0] = value;
    }

    static void copy(long[] out, long[] x)
    {
        System.arraycopy(x, 0, out, 0, LIMBS);
    }

    /** Brings a number into its one form below the modulus. */
    private static void normalize(long[] x)
    {
        // twice, as a first carry may leave the second limb one bit too long
        carry(x, x[0], x[1], x[2], x[3], x[4]);
        carry(x, x[0], x[1], x[2], x[3], x[4]);
        if (x[0] >= LIMB_MASK - 18 && (x[1] & x[2] & x[3] & x[4]) == LIMB_MASK)
        {
            x[0] -= LIMB_MASK - 18;
            x[1] = 0;
            x[2] = 0;
            x[3] = 0;
            x[4] = 0;
        }
    }

    static boolean isZero(long[] x)
    {
        normalize(x);
        return (x[0] | x[1] | x[2] | x[3] | x[4]) == 0;
    }

    static void encode(long[] x, byte[] out, int offset)
    {
        normalize(x);
        putWord(out, offset, x[0] | x[1] << 51);
        putWord(out, offset + Long.BYTES, x[1] >>> 13 | x[2] << 38);
        putWord(out, offset + 2 * Long.BYTES, x[2] >>> 26 | x[3] << 25);
        putWord(out, offset + 3 * Long.BYTES, x[3] >>> 39 | x[4] << 12);
    }

    private static void putWord(byte[] out, int offset, long word)
    {
        for (int i = 0; i < Long.BYTES; i++)
        {
            out[offset + i] = (byte)(word >>> i * Byte.SIZE);
        }
    }
}
