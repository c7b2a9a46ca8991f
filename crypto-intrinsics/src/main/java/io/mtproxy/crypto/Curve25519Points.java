// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.crypto;

import java.util.Arrays;

/**
 * Draws random points of Curve25519's prime-order subgroup: what a TLS server's X25519 key share looks like. [P-TLS-22]
 * <p>
 * Nobody ever needs the private key behind such a share, so none is made: a random u-coordinate is drawn until it lies on
 * the curve (one in two does), and three doublings bring it into the subgroup, which makes it as evenly spread as a real
 * public key. That costs about a tenth of the JDK's key pair, whose ladder has 255 steps. Points are made a batch at a
 * time, as one division then serves all of them.
 *
 * <pre>
 *   curve    v^2 = u^3 + 486662 u^2 + u over the numbers modulo 2^255 - 19
 *   number   five limbs of 51 bits: l0 + l1 * 2^51 + l2 * 2^102 + l3 * 2^153 + l4 * 2^204, each below 2^52
 * </pre>
 *
 * One object an agent; nothing allocates after construction. Times depend on the points, which everybody may see.
 */
public final class Curve25519Points
{
    /** Length of a u-coordinate in bytes. */
    public static final int LENGTH = 32;

    /** Points made at once: the division costs as much as all the rest of a point, and this makes its part small. */
    private static final int BATCH_COUNT = 16;
    private static final int DOUBLINGS = 3;
    private static final long CURVE_A = 486_662;
    private static final int LIMBS = 5;
    private static final int LIMB_BITS = 51;
    private static final long LIMB_MASK = (1L << LIMB_BITS) - 1;
    private static final long FOLD = 19;
    /** Twice the modulus, limb by limb: added before a subtraction so that no limb goes below zero. */
    private static final long TWICE_MODULUS_LOW = 2 * (LIMB_MASK - 18);
    private static final long TWICE_MODULUS = 2 * LIMB_MASK;

    private final RandomSource random;
    private final byte[] coordinates = new byte[BATCH_COUNT * LENGTH];
    private final byte[] drawn = new byte[LENGTH];
    private int left;

    private final long[][] numerators = new long[BATCH_COUNT][LIMBS];
    private final long[][] denominators = new long[BATCH_COUNT][LIMBS];
    private final long[][] products = new long[BATCH_COUNT][LIMBS];
    private final long[] inverse = new long[LIMBS];
    private final long[] a = new long[LIMBS];
    private final long[] b = new long[LIMBS];
    private final long[] c = new long[LIMBS];
    private final long[] d = new long[LIMBS];
    private final long[] e = new long[LIMBS];
    private final long[] tenOnes = new long[LIMBS];
    private final long[] fiftyOnes = new long[LIMBS];

    public Curve25519Points(RandomSource random)
    {
        this.random = random;
    }

    /** Writes the 32 bytes of a fresh point: its u-coordinate, little-endian, the highest bit clear. */
    public void next(byte[] out, int offset)
    {
        if (left == 0)
        {
            fill();
        }
        left--;
        System.arraycopy(coordinates, left * LENGTH, out, offset, LENGTH);
    }

    private void fill()
    {
        for (int i = 0; i < BATCH_COUNT; i++)
        {
            drawPoint(numerators[i], denominators[i]);
        }
        divideAll();
        left = BATCH_COUNT;
    }

    /** Draws a point of the subgroup as a fraction; neither part is zero. */
    private void drawPoint(long[] numerator, long[] denominator)
    {
        do
        {
            do
            {
                random.nextBytes(drawn, 0, LENGTH);
                decode(drawn, numerator);
            }
            while (!isOnCurve(numerator));
            setSmall(denominator, 1);
            for (int i = 0; i < DOUBLINGS; i++)
            {
                twice(numerator, denominator);
            }
        }
        while (isZero(denominator) || isZero(numerator));
    }

    /** Whether u^3 + 486662 u^2 + u is a square, by Euler: the power of (p - 1) / 2 is then 1. */
    private boolean isOnCurve(long[] u)
    {
        square(e, u);
        multiplySmall(d, u, CURVE_A);
        add(e, e, d);
        e[0]++;
        multiply(e, e, u);
        // 2^254 - 10 = (2^250 - 1) * 16 + 6
        powerOf250Ones(e);
        for (int i = 0; i < 4; i++)
        {
            square(b, b);
        }
        square(d, e);
        multiply(c, d, e);
        square(c, c);
        multiply(b, b, c);
        return isOne(b);
    }

    /** Sets {@link #b} to x to the power of 2^250 - 1, and {@link #a} to x^11; overwrites c, keeps x. */
    private void powerOf250Ones(long[] x)
    {
        square(a, x);
        squareTimes(b, a, 2);
        multiply(b, b, x);
        multiply(a, a, b);
        square(c, a);
        multiply(b, b, c);
        // b = x^31: each line doubles the run of ones in the exponent
        squareTimes(c, b, 5);
        multiply(b, c, b);
        copy(tenOnes, b);
        squareTimes(c, b, 10);
        multiply(b, c, b);
        squareTimes(c, b, 20);
        multiply(b, c, b);
        squareTimes(c, b, 10);
        multiply(b, c, tenOnes);
        copy(fiftyOnes, b);
        squareTimes(c, b, 50);
        multiply(b, c, b);
        squareTimes(c, b, 100);
        multiply(b, c, b);
        squareTimes(c, b, 50);
        multiply(b, c, fiftyOnes);
    }

    /** Doubles a point: (X^2 - Z^2)^2 / 4XZ(X^2 + 486662 XZ + Z^2). */
    private void twice(long[] x, long[] z)
    {
        square(a, x);
        square(b, z);
        multiply(c, x, z);
        subtract(d, a, b);
        square(x, d);
        multiplySmall(d, c, CURVE_A);
        add(d, d, a);
        add(d, d, b);
        multiply(d, d, c);
        multiplySmall(z, d, 4);
    }

    /** Turns all fractions into coordinates with one inversion. */
    private void divideAll()
    {
        copy(products[0], denominators[0]);
        for (int i = 1; i < BATCH_COUNT; i++)
        {
            multiply(products[i], products[i - 1], denominators[i]);
        }
        // p - 2 = (2^250 - 1) * 32 + 11
        powerOf250Ones(products[BATCH_COUNT - 1]);
        squareTimes(b, b, 5);
        multiply(inverse, b, a);
        for (int i = BATCH_COUNT - 1; i >= 0; i--)
        {
            if (i > 0)
            {
                multiply(d, inverse, products[i - 1]);
                multiply(inverse, inverse, denominators[i]);
            }
            else
            {
                copy(d, inverse);
            }
            multiply(d, d, numerators[i]);
            encode(d, coordinates, i * LENGTH);
        }
    }

    // ---- numbers modulo 2^255 - 19; a result may be one of the operands

    private static void squareTimes(long[] out, long[] x, int count)
    {
        square(out, x);
        for (int i = 1; i < count; i++)
        {
            square(out, out);
        }
    }

    private static void square(long[] out, long[] x)
    {
        multiply(out, x, x);
    }

    /** Each product of two limbs is split at bit 51, so that sums of its halves stay in a long. */
    private static void multiply(long[] out, long[] x, long[] y)
    {
        long x0 = x[0];
        long x1 = x[1];
        long x2 = x[2];
        long x3 = x[3];
        long x4 = x[4];
        long y0 = y[0];
        long y1 = y[1];
        long y2 = y[2];
        long y3 = y[3];
        long y4 = y[4];
        long f1 = y1 * FOLD;
        long f2 = y2 * FOLD;
        long f3 = y3 * FOLD;
        long f4 = y4 * FOLD;

        long r0 = low(x0, y0) + low(x1, f4) + low(x2, f3) + low(x3, f2) + low(x4, f1);
        long r1 = low(x0, y1) + low(x1, y0) + low(x2, f4) + low(x3, f3) + low(x4, f2) +
            high(x0, y0) + high(x1, f4) + high(x2, f3) + high(x3, f2) + high(x4, f1);
        long r2 = low(x0, y2) + low(x1, y1) + low(x2, y0) + low(x3, f4) + low(x4, f3) +
            high(x0, y1) + high(x1, y0) + high(x2, f4) + high(x3, f3) + high(x4, f2);
        long r3 = low(x0, y3) + low(x1, y2) + low(x2, y1) + low(x3, y0) + low(x4, f4) +
            high(x0, y2) + high(x1, y1) + high(x2, y0) + high(x3, f4) + high(x4, f3);
        long r4 = low(x0, y4) + low(x1, y3) + low(x2, y2) + low(x3, y1) + low(x4, y0) +
            high(x0, y3) + high(x1, y2) + high(x2, y1) + high(x3, y0) + high(x4, f4);
        long r5 = high(x0, y4) + high(x1, y3) + high(x2, y2) + high(x3, y1) + high(x4, y0);

        // r5 is below 2^57 and 19 times it below 2^62
        r0 += FOLD * r5;
        carry(out, r0, r1, r2, r3, r4);
    }

    private static long low(long x, long y)
    {
        return x * y & LIMB_MASK;
    }

    private static long high(long x, long y)
    {
        return Math.multiplyHigh(x, y) << Long.SIZE - LIMB_BITS | x * y >>> LIMB_BITS;
    }

    private static void multiplySmall(long[] out, long[] x, long factor)
    {
        long r0 = low(x[0], factor) + FOLD * high(x[4], factor);
        long r1 = low(x[1], factor) + high(x[0], factor);
        long r2 = low(x[2], factor) + high(x[1], factor);
        long r3 = low(x[3], factor) + high(x[2], factor);
        long r4 = low(x[4], factor) + high(x[3], factor);
        carry(out, r0, r1, r2, r3, r4);
    }

    private static void add(long[] out, long[] x, long[] y)
    {
        carry(out, x[0] + y[0], x[1] + y[1], x[2] + y[2], x[3] + y[3], x[4] + y[4]);
    }

    private static void subtract(long[] out, long[] x, long[] y)
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

    private static void setSmall(long[] out, long value)
    {
        Arrays.fill(out, 0);
        out[0] = value;
    }

    private static void copy(long[] out, long[] x)
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

    private static boolean isZero(long[] x)
    {
        normalize(x);
        return (x[0] | x[1] | x[2] | x[3] | x[4]) == 0;
    }

    private static boolean isOne(long[] x)
    {
        normalize(x);
        return (x[0] ^ 1 | x[1] | x[2] | x[3] | x[4]) == 0;
    }

    /** Reads 255 bits. */
    private static void decode(byte[] in, long[] out)
    {
        long w0 = word(in, 0);
        long w1 = word(in, Long.BYTES);
        long w2 = word(in, 2 * Long.BYTES);
        long w3 = word(in, 3 * Long.BYTES);
        out[0] = w0 & LIMB_MASK;
        out[1] = (w0 >>> 51 | w1 << 13) & LIMB_MASK;
        out[2] = (w1 >>> 38 | w2 << 26) & LIMB_MASK;
        out[3] = (w2 >>> 25 | w3 << 39) & LIMB_MASK;
        out[4] = w3 >>> 12 & LIMB_MASK;
    }

    private static void encode(long[] x, byte[] out, int offset)
    {
        normalize(x);
        putWord(out, offset, x[0] | x[1] << 51);
        putWord(out, offset + Long.BYTES, x[1] >>> 13 | x[2] << 38);
        putWord(out, offset + 2 * Long.BYTES, x[2] >>> 26 | x[3] << 25);
        putWord(out, offset + 3 * Long.BYTES, x[3] >>> 39 | x[4] << 12);
    }

    private static long word(byte[] in, int offset)
    {
        long word = 0;
        for (int i = Long.BYTES - 1; i >= 0; i--)
        {
            word = word << Byte.SIZE | in[offset + i] & 0xff;
        }
        return word;
    }

    private static void putWord(byte[] out, int offset, long word)
    {
        for (int i = 0; i < Long.BYTES; i++)
        {
            out[offset + i] = (byte)(word >>> i * Byte.SIZE);
        }
    }
}
