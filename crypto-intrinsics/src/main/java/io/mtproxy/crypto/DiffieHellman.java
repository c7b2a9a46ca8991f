// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.crypto;

import java.math.BigInteger;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * One exchange in the 2048-bit group that Telegram's servers use between themselves. [P-RPC-22] [P-RPC-23]
 * <p>
 * Milliseconds a power, garbage and not in constant time: never in a duty cycle. What is an array here is zeroed by
 * {@link #close}; the numbers in between cannot be.
 */
public final class DiffieHellman implements AutoCloseable
{
    /** Length in bytes of each value of the group, big-endian with leading zeros. */
    public static final int VALUE_LENGTH = 256;
    /** The generator g. */
    public static final int GENERATOR = 3;
    /** Names the group on the wire: the first 4 bytes, little-endian, of SHA-1 over its description. */
    public static final int PARAMETER_ID = 0x00620b93;

    /** Bytes at the start of a value that {@link #isAcceptable} looks at. */
    private static final int CHECKED_LENGTH = 8;
    private static final String PRIME_HEX = "8952131b1e3a69ba5f85cf8bd266c12b13831613bd2a4ef835a4d53f9dbb4248" +
        "2dbd462b31d86c816c5977520f1170739ed2ddd6d81b9eb65faaac148753c9e4" +
        "f072dc11a492730683fa0067826b18c51d7ecba52b826075c0b955e5acafdd74" +
        "c3795fd9520b480f3be3ba0665338a498ca5daf101760509a38c49e300746408" +
        "774bb3ed26181a6455766ae9497bb9c3a3ad5cbaf76b73845fbb96bb6d0f684f" +
        "95d2d39ccbb4a904fab1de4349ce1c2087b6c951ed99f952e34fd1a3fd148335" +
        "75414729a38be868a4f9ec623a5d24621aba01b255c7e8385d16ac93b02d2a54" +
        "0a7642982d22ada3ccde5c8d266faa25dd2de9f6d49104162f685c45fe34ddab";
    private static final BigInteger PRIME = new BigInteger(PRIME_HEX, 16);
    private static final long PRIME_START = HexFormat.fromHexDigitsToLong(PRIME_HEX, 0, 2 * CHECKED_LENGTH);

    private final byte[] exponent = new byte[VALUE_LENGTH];
    private final byte[] publicValue = new byte[VALUE_LENGTH];

    /** Draws the secret exponent, again while its power would not be acceptable to the other side. */
    public DiffieHellman(RandomSource random)
    {
        do
        {
            random.nextBytes(exponent, 0, VALUE_LENGTH);
            power(BigInteger.valueOf(GENERATOR), publicValue, 0);
        }
        while (!isAcceptable(publicValue, 0));
    }

    /** Whether a received value may be used: it neither starts with 8 zero bytes nor reaches the prime's start. */
    public static boolean isAcceptable(byte[] value, int offset)
    {
        long start = 0;
        for (int i = 0; i < CHECKED_LENGTH; i++)
        {
            start = start << Byte.SIZE | (value[offset + i] & 0xff);
        }
        return start != 0 && Long.compareUnsigned(start, PRIME_START) < 0;
    }

    /** Writes the 256 bytes to send: g to the power of the secret exponent. */
    public void publicValue(byte[] out, int outOffset)
    {
        System.arraycopy(publicValue, 0, out, outOffset, VALUE_LENGTH);
    }

    /**
     * Writes the 256 bytes that only both sides know.
     *
     * @param peer holding the other side's value, which {@link #isAcceptable}.
     */
    public void sharedValue(byte[] peer, int peerOffset, byte[] out, int outOffset)
    {
        if (!isAcceptable(peer, peerOffset))
        {
            throw new IllegalArgumentException("the other side's value is out of range");
        }
        power(new BigInteger(1, peer, peerOffset, VALUE_LENGTH), out, outOffset);
    }

    /**
     * Mixes the shared value into the material from which keys are made: xor from its start, and where the material is
     * shorter, the rest of the shared value behind it. [P-RPC-22]
     *
     * @param material of at least 256 bytes, of which the first {@code length} are in use.
     * @param shared value of 256 bytes.
     * @return how many bytes of the material are in use now.
     */
    public static int mix(byte[] material, int length, byte[] shared)
    {
        int common = Math.min(length, VALUE_LENGTH);
        for (int i = 0; i < common; i++)
        {
            material[i] ^= shared[i];
        }
        System.arraycopy(shared, common, material, common, VALUE_LENGTH - common);
        return Math.max(length, VALUE_LENGTH);
    }

    /** Zeroes the exponent; what was computed from it stays correct, nothing more can be. */
    @Override
    public void close()
    {
        Arrays.fill(exponent, (byte)0);
        Arrays.fill(publicValue, (byte)0);
    }

    private void power(BigInteger base, byte[] out, int outOffset)
    {
        byte[] power = base.modPow(new BigInteger(1, exponent), PRIME).toByteArray();
        // A sign byte may stand in front, and leading zeros are missing.
        int length = Math.min(power.length, VALUE_LENGTH);
        Arrays.fill(out, outOffset, outOffset + VALUE_LENGTH - length, (byte)0);
        System.arraycopy(power, power.length - length, out, outOffset + VALUE_LENGTH - length, length);
        Arrays.fill(power, (byte)0);
    }
}
