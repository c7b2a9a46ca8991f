// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.rpc;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * RPC_NONCE, the clear first payload of each side, from which the keys of the link come. [P-RPC-10]
 *
 * <pre>
 *   0      4          8        12          16                32      36
 *   +------+----------+--------+-----------+-----------------+-------+-----------------+
 *   | type | selector | schema | timestamp | nonce, 16 bytes | n     | n selectors ... |
 *   +------+----------+--------+-----------+-----------------+-------+-----------------+
 *                                                            '- schemas 2 and 3 only --'
 * </pre>
 */
public final class RpcNonce
{
    /** Length of the random part. [P-RPC-14] */
    public static final int NONCE_LENGTH = 16;
    /** Length of what we send: schema 1. [P-RPC-11] */
    public static final int LENGTH = 16 + NONCE_LENGTH;
    /** Largest difference of the two clocks in seconds. [P-RPC-13] */
    public static final int TIME_DIFFERENCE_SECONDS_MAX = 30;

    private static final int TYPE_OFFSET = 0;
    private static final int SELECTOR_OFFSET = 4;
    private static final int SCHEMA_OFFSET = 8;
    private static final int TIMESTAMP_OFFSET = 12;
    private static final int NONCE_OFFSET = 16;
    private static final int EXTRA_COUNT_OFFSET = 32;
    private static final int EXTRA_OFFSET = 36;
    private static final int EXTRA_COUNT_MAX = 8;
    private static final int DH_LENGTH = 4 + 256;

    private static final int SCHEMA_CLEAR = 0;
    private static final int SCHEMA_AES = 1;
    private static final int SCHEMA_AES_EXTRA = 2;
    private static final int SCHEMA_AES_EXTRA_DH = 3;

    private RpcNonce()
    {
    }

    /** How the server's nonce was taken; all but ACCEPTED close the link. [P-RPC-13] */
    public enum Verdict
    {
        /** Keys can be derived. */
        ACCEPTED,
        /** Not an RPC_NONCE. */
        TYPE_WRONG,
        /** A size that does not fit the schema. */
        SIZE_WRONG,
        /** The server wants no encryption. */
        SCHEMA_CLEAR_REFUSED,
        /** The server does not know our secret. */
        SELECTOR_DIFFERS,
        /** The server wants Diffie-Hellman, which we did not ask for. */
        SCHEMA_DH_NOT_ASKED,
        /** A schema nobody knows. */
        SCHEMA_UNKNOWN,
        /** The clocks differ by more than 30 s. */
        TIME_DIFFERS,
        /** More bytes came with the nonce, before there were keys. */
        BYTES_BEHIND
    }

    /**
     * Writes our payload. [P-RPC-11]
     *
     * @param keySelector      first four bytes of the secret, little-endian.
     * @param timestampSeconds Unix time; it goes into the keys too, so the caller keeps it.
     * @param nonce            16 unpredictable bytes; the caller keeps them.
     */
    public static void encode(
        MutableDirectBuffer buffer, int offset, int keySelector, int timestampSeconds, byte[] nonce)
    {
        buffer.putInt(offset + TYPE_OFFSET, RpcType.RPC_NONCE, LITTLE_ENDIAN);
        buffer.putInt(offset + SELECTOR_OFFSET, keySelector, LITTLE_ENDIAN);
        buffer.putInt(offset + SCHEMA_OFFSET, SCHEMA_AES, LITTLE_ENDIAN);
        buffer.putInt(offset + TIMESTAMP_OFFSET, timestampSeconds, LITTLE_ENDIAN);
        buffer.putBytes(offset + NONCE_OFFSET, nonce, 0, NONCE_LENGTH);
    }

    /**
     * Judges the server's payload. [P-RPC-13]
     *
     * @param length           of the payload, at least one word.
     * @param keySelector      ours.
     * @param timestampSeconds the one we sent.
     * @param behindLength     bytes received behind the nonce frame, {@link RpcFrameReader#behindLength}.
     */
    public static Verdict verify(
        DirectBuffer buffer, int offset, int length, int keySelector, int timestampSeconds, int behindLength)
    {
        if (buffer.getInt(offset + TYPE_OFFSET, LITTLE_ENDIAN) != RpcType.RPC_NONCE)
        {
            return Verdict.TYPE_WRONG;
        }
        if (length < LENGTH)
        {
            return Verdict.SIZE_WRONG;
        }
        Verdict verdict = verifySchema(buffer, offset, length, keySelector);
        if (verdict != Verdict.ACCEPTED)
        {
            return verdict;
        }
        int difference = buffer.getInt(offset + TIMESTAMP_OFFSET, LITTLE_ENDIAN) - timestampSeconds;
        if (difference > TIME_DIFFERENCE_SECONDS_MAX || difference < -TIME_DIFFERENCE_SECONDS_MAX)
        {
            return Verdict.TIME_DIFFERS;
        }
        return behindLength == 0 ? Verdict.ACCEPTED : Verdict.BYTES_BEHIND;
    }

    /** Takes the random part out of an accepted payload. */
    public static void getNonce(DirectBuffer buffer, int offset, byte[] nonce)
    {
        buffer.getBytes(offset + NONCE_OFFSET, nonce, 0, NONCE_LENGTH);
    }

    private static Verdict verifySchema(DirectBuffer buffer, int offset, int length, int keySelector)
    {
        int selector = buffer.getInt(offset + SELECTOR_OFFSET, LITTLE_ENDIAN);
        return switch (buffer.getInt(offset + SCHEMA_OFFSET, LITTLE_ENDIAN))
        {
            case SCHEMA_CLEAR -> length == LENGTH ? Verdict.SCHEMA_CLEAR_REFUSED : Verdict.SIZE_WRONG;
            case SCHEMA_AES -> length != LENGTH ?
                Verdict.SIZE_WRONG :
                selector == keySelector ? Verdict.ACCEPTED : Verdict.SELECTOR_DIFFERS;
            case SCHEMA_AES_EXTRA -> !fitsExtra(buffer, offset, length, 0) ?
                Verdict.SIZE_WRONG :
                selector == keySelector || hasExtra(buffer, offset, keySelector) ?
                    Verdict.ACCEPTED :
                    Verdict.SELECTOR_DIFFERS;
            case SCHEMA_AES_EXTRA_DH -> fitsExtra(buffer, offset, length, DH_LENGTH) ?
                Verdict.SCHEMA_DH_NOT_ASKED :
                Verdict.SIZE_WRONG;
            default -> Verdict.SCHEMA_UNKNOWN;
        };
    }

    private static boolean fitsExtra(DirectBuffer buffer, int offset, int length, int moreLength)
    {
        if (length < EXTRA_OFFSET)
        {
            return false;
        }
        int count = buffer.getInt(offset + EXTRA_COUNT_OFFSET, LITTLE_ENDIAN);
        return count >= 0 && count <= EXTRA_COUNT_MAX && length == EXTRA_OFFSET + count * Integer.BYTES + moreLength;
    }

    private static boolean hasExtra(DirectBuffer buffer, int offset, int keySelector)
    {
        int count = buffer.getInt(offset + EXTRA_COUNT_OFFSET, LITTLE_ENDIAN);
        for (int i = 0; i < count; i++)
        {
            if (buffer.getInt(offset + EXTRA_OFFSET + i * Integer.BYTES, LITTLE_ENDIAN) == keySelector)
            {
                return true;
            }
        }
        return false;
    }
}
