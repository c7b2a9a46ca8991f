// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.crypto;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.math.BigInteger;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Arithmetic of limbs beside that of big numbers, near every border where a carry may be lost. */
class Field25519Test
{
    private static final BigInteger P = BigInteger.TWO.pow(255).subtract(BigInteger.valueOf(19));
    private static final long LIMB_MAX = (1L << 51) - 1;
    private static final int LIMB_BITS = 51;

    private final SplittableRandom random = new SplittableRandom(3);

    @Test
    void shouldCalculateAsBigNumbersDo()
    {
        long[] out = new long[Field25519.LIMBS];
        for (int i = 0; i < 20_000; i++)
        {
            long[] x = draw();
            long[] y = draw();
            Field25519.multiply(out, x, y);
            assertEquals(value(x).multiply(value(y)).mod(P), reduced(out));
            Field25519.square(out, x);
            assertEquals(value(x).pow(2).mod(P), reduced(out));
            Field25519.add(out, x, y);
            assertEquals(value(x).add(value(y)).mod(P), reduced(out));
            Field25519.subtract(out, x, y);
            assertEquals(value(x).subtract(value(y)).mod(P), reduced(out));
        }
    }

    /** Results are operands again, over and over: no limb may creep beyond what a product takes. */
    @Test
    void shouldStayExactOverLongChains()
    {
        long[] x = draw();
        long[] y = draw();
        BigInteger bigX = value(x).mod(P);
        BigInteger bigY = value(y).mod(P);
        for (int i = 0; i < 5000; i++)
        {
            Field25519.subtract(x, x, y);
            bigX = bigX.subtract(bigY).mod(P);
            Field25519.multiply(y, x, y);
            bigY = bigX.multiply(bigY).mod(P);
            Field25519.add(x, x, y);
            bigX = bigX.add(bigY).mod(P);
            assertEquals(bigX, reduced(x));
            assertEquals(bigY, reduced(y));
        }
    }

    @Test
    void shouldKnowZeroInAllItsForms()
    {
        for (BigInteger zero : new BigInteger[]{BigInteger.ZERO, P})
        {
            assertEquals(true, Field25519.isZero(Field25519.of(zero)));
            assertEquals(false, Field25519.isZero(Field25519.of(zero.add(BigInteger.ONE))));
        }
    }

    /** Limbs small, at the border, beyond it as carries leave them, or anything. */
    private long[] draw()
    {
        long[] limbs = new long[Field25519.LIMBS];
        for (int i = 0; i < limbs.length; i++)
        {
            limbs[i] = switch (random.nextInt(4))
            {
                case 0 -> random.nextInt(30);
                case 1 -> LIMB_MAX - random.nextInt(30);
                case 2 -> 2 * LIMB_MAX + 1 - random.nextInt(30);
                default -> random.nextLong(LIMB_MAX);
            };
        }
        return limbs;
    }

    private static BigInteger value(long[] limbs)
    {
        BigInteger value = BigInteger.ZERO;
        for (int i = limbs.length - 1; i >= 0; i--)
        {
            value = value.shiftLeft(LIMB_BITS).add(BigInteger.valueOf(limbs[i]));
        }
        return value;
    }

    private static BigInteger reduced(long[] limbs)
    {
        byte[] bytes = new byte[Field25519.LENGTH];
        Field25519.encode(limbs.clone(), bytes, 0);
        byte[] reversed = new byte[bytes.length];
        for (int i = 0; i < bytes.length; i++)
        {
            reversed[bytes.length - 1 - i] = bytes[i];
        }
        return new BigInteger(1, reversed);
    }
}
