// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.crypto;

import static io.mtproxy.crypto.Field25519.LIMBS;
import static io.mtproxy.crypto.Field25519.copy;
import static io.mtproxy.crypto.Field25519.multiply;
import static io.mtproxy.crypto.Field25519.setSmall;
import static io.mtproxy.crypto.Field25519.subtract;

import java.math.BigInteger;

/**
 * A point of Curve25519 in the coordinates of its twisted Edwards form, in which points are added without exceptions:
 * x = X / Z, y = Y / Z, T = XY / Z. The u-coordinate of X25519 is (1 + y) / (1 - y). (RFC 7748, RFC 8032)
 */
final class Edwards25519
{
    /** A point that is added: Y + X, Y - X, 2dT, and Z where that is not 1. */
    static final int ADDEND_LIMBS = 3 * LIMBS;

    private static final long[] TWICE_D = Field25519.of(new BigInteger(
        "16295367250680780974490674513165176452449235426866156013048779062215315747161"));
    private static final long[] BASE_X = Field25519.of(new BigInteger(
        "15112221349535400772501151409588531511454012693041857206046113283949847762202"));
    private static final long[] BASE_Y = Field25519.of(new BigInteger(
        "46316835694926478169428394003475163141307993866256225615783033603165251855960"));

    final long[] x = new long[LIMBS];
    final long[] y = new long[LIMBS];
    final long[] z = new long[LIMBS];
    final long[] t = new long[LIMBS];

    private final long[] a = new long[LIMBS];
    private final long[] b = new long[LIMBS];
    private final long[] c = new long[LIMBS];
    private final long[] d = new long[LIMBS];
    private final long[] e = new long[LIMBS];
    private final long[] addend = new long[ADDEND_LIMBS];
    private final long[] addendZ = new long[LIMBS];

    /** Becomes the neutral point. */
    void setNeutral()
    {
        setSmall(x, 0);
        setSmall(y, 1);
        setSmall(z, 1);
        setSmall(t, 0);
    }

    /** Becomes the base point, which generates the prime-order subgroup. */
    void setBase()
    {
        copy(x, BASE_X);
        copy(y, BASE_Y);
        setSmall(z, 1);
        multiply(t, x, y);
    }

    void set(Edwards25519 other)
    {
        copy(x, other.x);
        copy(y, other.y);
        copy(z, other.z);
        copy(t, other.t);
    }

    /** Becomes a multiple of the base point, by a factor that is little-endian. */
    void setMultipleOfBase(byte[] factor)
    {
        Edwards25519 base = new Edwards25519();
        base.setBase();
        setNeutral();
        for (int bit = factor.length * Byte.SIZE - 1; bit >= 0; bit--)
        {
            add(this);
            if ((factor[bit / Byte.SIZE] >> bit % Byte.SIZE & 1) != 0)
            {
                add(base);
            }
        }
    }

    /** Adds a point, which may be this one. */
    void add(Edwards25519 other)
    {
        other.writeAddend(addend, 0);
        copy(addendZ, other.z);
        Field25519.add(d, addendZ, addendZ);
        multiply(d, d, z);
        add(addend, 0, false);
    }

    /** Writes what {@link #addAffine} takes, for a point whose Z is 1. */
    void writeAddend(long[] out, int offset)
    {
        Field25519.add(a, y, x);
        System.arraycopy(a, 0, out, offset, LIMBS);
        subtract(a, y, x);
        System.arraycopy(a, 0, out, offset + LIMBS, LIMBS);
        multiply(a, t, TWICE_D);
        System.arraycopy(a, 0, out, offset + 2 * LIMBS, LIMBS);
    }

    /** Adds a point from a table, or subtracts it. */
    void addAffine(long[] table, int offset, boolean isNegative)
    {
        Field25519.add(d, z, z);
        add(table, offset, isNegative);
    }

    /** The rest of an addition, with twice the product of both Z in d. (Hisil and others, 2008, section 3.1) */
    private void add(long[] from, int offset, boolean isNegative)
    {
        int sum = isNegative ? offset + LIMBS : offset;
        int difference = isNegative ? offset : offset + LIMBS;
        subtract(a, y, x);
        multiply(a, a, from, difference);
        Field25519.add(b, y, x);
        multiply(b, b, from, sum);
        multiply(c, t, from, offset + 2 * LIMBS);
        subtract(e, b, a);
        Field25519.add(b, b, a);
        // what a negative point has in T is negative
        subtract(a, d, c);
        Field25519.add(d, d, c);
        long[] f = isNegative ? d : a;
        long[] g = isNegative ? a : d;
        multiply(x, e, f);
        multiply(y, g, b);
        multiply(t, e, b);
        multiply(z, f, g);
    }
}
