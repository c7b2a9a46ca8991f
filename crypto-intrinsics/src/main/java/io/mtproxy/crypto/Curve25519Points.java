// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.crypto;

import static io.mtproxy.crypto.Field25519.LIMBS;
import static io.mtproxy.crypto.Field25519.copy;
import static io.mtproxy.crypto.Field25519.multiply;
import static io.mtproxy.crypto.Field25519.square;
import static io.mtproxy.crypto.Field25519.squareTimes;

/**
 * Draws random points of Curve25519's prime-order subgroup: what a TLS server's X25519 key share looks like. [P-TLS-22]
 * <p>
 * Nobody ever needs the private key behind such a share, so none is kept, and a cheaper way than a ladder of 255 steps will
 * do: multiples of a point that is drawn evenly from the subgroup and never shown, by factors of 132 bits, with the
 * multiples of each six bits in a table. Who sees the shares would have to find logarithms to an unknown base to tell them
 * from evenly drawn ones. Points are made a batch at a time, as one division then serves all of them.
 * <p>
 * One object an agent; nothing allocates after construction. Times depend on the factors, which nobody has a use for.
 */
public final class Curve25519Points
{
    /** Length of a u-coordinate in bytes. */
    public static final int LENGTH = Field25519.LENGTH;

    /** Points made at once: the division costs as much as a point, and this makes its part small. */
    private static final int BATCH_COUNT = 32;
    private static final int WINDOW_COUNT = 22;
    private static final int WINDOW_BITS = 6;
    private static final int WINDOW_MASK = (1 << WINDOW_BITS) - 1;
    /** Multiples of a window, of either sign: -32 to 31. */
    private static final int MULTIPLE_MAX = 1 << WINDOW_BITS - 1;
    /** The order of the group has 253 bits, and so many more make a remainder even. */
    private static final int HIDDEN_FACTOR_LENGTH = 40;

    private final RandomSource random;
    private final byte[] coordinates = new byte[BATCH_COUNT * LENGTH];
    private final byte[] drawn = new byte[WINDOW_COUNT];
    /** By window, then by multiple from 1 on: what {@link Edwards25519#addAffine} takes. */
    private final long[] table = new long[WINDOW_COUNT * MULTIPLE_MAX * Edwards25519.ADDEND_LIMBS];
    private final Edwards25519 point = new Edwards25519();
    private int left;

    private final long[][] numerators = new long[BATCH_COUNT][LIMBS];
    private final Fractions fractions = new Fractions(BATCH_COUNT);

    public Curve25519Points(RandomSource random)
    {
        this.random = random;
        makeTable();
    }

    /** Writes the 32 bytes of one point: dear, but with nothing to prepare. */
    public static void drawOne(RandomSource random, byte[] out, int offset)
    {
        Edwards25519 one = new Edwards25519();
        drawHidden(random, one);
        Fractions single = new Fractions(1);
        Field25519.subtract(single.denominators[0], one.z, one.y);
        single.invert(1);
        Field25519.add(one.x, one.z, one.y);
        multiply(one.x, one.x, single.denominators[0]);
        Field25519.encode(one.x, out, offset);
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

    private static void drawHidden(RandomSource random, Edwards25519 out)
    {
        byte[] factor = new byte[HIDDEN_FACTOR_LENGTH];
        do
        {
            random.nextBytes(factor, 0, factor.length);
            out.setMultipleOfBase(factor);
        }
        while (Field25519.isZero(out.x));
    }

    private void makeTable()
    {
        Edwards25519 unit = new Edwards25519();
        drawHidden(random, unit);
        Edwards25519[] multiples = new Edwards25519[MULTIPLE_MAX];
        Fractions inverses = new Fractions(MULTIPLE_MAX);
        for (int window = 0; window < WINDOW_COUNT; window++)
        {
            for (int i = 0; i < MULTIPLE_MAX; i++)
            {
                multiples[i] = new Edwards25519();
                multiples[i].set(unit);
                if (i > 0)
                {
                    multiples[i].add(multiples[i - 1]);
                }
                copy(inverses.denominators[i], multiples[i].z);
            }
            inverses.invert(MULTIPLE_MAX);
            for (int i = 0; i < MULTIPLE_MAX; i++)
            {
                Edwards25519 multiple = multiples[i];
                multiply(multiple.x, multiple.x, inverses.denominators[i]);
                multiply(multiple.y, multiple.y, inverses.denominators[i]);
                multiply(multiple.t, multiple.x, multiple.y);
                multiple.writeAddend(table, (window * MULTIPLE_MAX + i) * Edwards25519.ADDEND_LIMBS);
            }
            // the next window counts in steps of 64, which is twice 32
            unit.set(multiples[MULTIPLE_MAX - 1]);
            Field25519.setSmall(unit.z, 1);
            unit.add(unit);
        }
    }

    private void fill()
    {
        for (int i = 0; i < BATCH_COUNT; i++)
        {
            drawPoint(numerators[i], fractions.denominators[i]);
        }
        fractions.invert(BATCH_COUNT);
        for (int i = 0; i < BATCH_COUNT; i++)
        {
            multiply(numerators[i], numerators[i], fractions.denominators[i]);
            Field25519.encode(numerators[i], coordinates, i * LENGTH);
        }
        left = BATCH_COUNT;
    }

    /** Draws a point of the subgroup and gives its u-coordinate as a fraction; neither part is zero. */
    private void drawPoint(long[] numerator, long[] denominator)
    {
        do
        {
            random.nextBytes(drawn, 0, WINDOW_COUNT);
            point.setNeutral();
            for (int window = 0; window < WINDOW_COUNT; window++)
            {
                int multiple = (drawn[window] & WINDOW_MASK) - MULTIPLE_MAX;
                if (multiple != 0)
                {
                    point.addAffine(table, (window * MULTIPLE_MAX + Math.abs(multiple) - 1) *
                        Edwards25519.ADDEND_LIMBS, multiple < 0);
                }
            }
            Field25519.add(numerator, point.z, point.y);
            Field25519.subtract(denominator, point.z, point.y);
        }
        while (Field25519.isZero(denominator) || Field25519.isZero(numerator));
    }

    /** Denominators that are inverted together: one inversion and three products for each. */
    private static final class Fractions
    {
        final long[][] denominators;
        private final long[][] products;
        private final long[] inverse = new long[LIMBS];
        private final long[] a = new long[LIMBS];
        private final long[] b = new long[LIMBS];
        private final long[] c = new long[LIMBS];
        private final long[] tenOnes = new long[LIMBS];
        private final long[] fiftyOnes = new long[LIMBS];

        Fractions(int count)
        {
            denominators = new long[count][LIMBS];
            products = new long[count][LIMBS];
        }

        /** Replaces the first denominators, none of them zero, by their inverses. */
        void invert(int count)
        {
            copy(products[0], denominators[0]);
            for (int i = 1; i < count; i++)
            {
                multiply(products[i], products[i - 1], denominators[i]);
            }
            // p - 2 = (2^250 - 1) * 32 + 11
            powerOf250Ones(products[count - 1]);
            squareTimes(b, b, 5);
            multiply(inverse, b, a);
            for (int i = count - 1; i > 0; i--)
            {
                multiply(c, inverse, products[i - 1]);
                multiply(inverse, inverse, denominators[i]);
                copy(denominators[i], c);
            }
            copy(denominators[0], inverse);
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
    }
}
