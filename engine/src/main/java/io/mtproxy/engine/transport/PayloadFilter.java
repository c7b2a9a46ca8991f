// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.transport;

import java.nio.ByteOrder;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * Decides what becomes of one client payload, by its length and first bytes. [P-PAY-01..04] [P-OBF-50]
 *
 * <pre>
 *   0             8            16             20         24
 *   +-------------+------------+--------------+----------+
 *   | auth_key_id | message id | inner length | function |     auth_key_id 0: plain, else encrypted
 *   +-------------+------------+--------------+----------+
 *   | RPC_PING | id         |                                   exactly 12 bytes
 *   +----------+------------+
 * </pre>
 */
public final class PayloadFilter
{
    /** What becomes of a payload. */
    public enum Verdict
    {
        /** To the middle proxy, as an encrypted message. [P-PAY-03] */
        FORWARD_ENCRYPTED,
        /** To the middle proxy, as a plain message: flag 0x2 of RPC_PROXY_REQ. [P-PAY-04] */
        FORWARD_PLAIN,
        /** Nowhere: no answer, no close, no counter. [P-PAY-01] */
        DROP,
        /** Nowhere, but answered with {@link #encodePong}; no counter. [P-OBF-50] */
        PING
    }

    /** How many bytes of a payload must be readable, if it has so many. */
    public static final int HEAD_LENGTH = 24;
    /** Length of a ping that is answered, and of the answer, in bytes. */
    public static final int PING_LENGTH = 12;

    private static final int RPC_PING = 0x5730a2df;
    private static final int RPC_PONG = 0x8430eaa7;
    private static final int REQ_PQ = 0x60469778;
    private static final int REQ_PQ_MULTI = 0xbe7e8ef1;
    private static final int REQ_DH_PARAMS = 0xd712e4be;
    private static final int SET_CLIENT_DH_PARAMS = 0xf5045f1f;

    private static final int PING_ID_OFFSET = Integer.BYTES;
    private static final int AUTH_KEY_ID_OFFSET = 0;
    private static final int INNER_LENGTH_OFFSET = 16;
    private static final int FUNCTION_OFFSET = INNER_LENGTH_OFFSET + Integer.BYTES;

    private static final int PAYLOAD_LENGTH_MIN = 28;
    private static final int ENCRYPTED_LENGTH_MIN = 56;
    private static final int INNER_LENGTH_MIN = 20;

    private PayloadFilter()
    {
    }

    /**
     * Classifies a payload, its padding already cut.
     *
     * @param payload         buffer that holds it, or its beginning.
     * @param offset          of its first byte.
     * @param availableLength bytes of it that can be read there: at least {@link #HEAD_LENGTH} or all.
     * @param payloadLength   of the whole, in bytes.
     */
    public static Verdict classify(DirectBuffer payload, int offset, int availableLength, int payloadLength)
    {
        if (availableLength < Math.min(payloadLength, HEAD_LENGTH))
        {
            throw new IllegalArgumentException(availableLength + " bytes are too few to judge a payload of " +
                payloadLength);
        }

        if (payloadLength >= Integer.BYTES && payload.getInt(offset, ByteOrder.LITTLE_ENDIAN) == RPC_PING)
        {
            return payloadLength == PING_LENGTH ? Verdict.PING : Verdict.DROP;
        }
        if (payloadLength < PAYLOAD_LENGTH_MIN || payloadLength % Integer.BYTES != 0)
        {
            return Verdict.DROP;
        }
        if (authKeyId(payload, offset) != 0)
        {
            return payloadLength < ENCRYPTED_LENGTH_MIN ? Verdict.DROP : Verdict.FORWARD_ENCRYPTED;
        }
        return isKeyExchange(payload, offset, payloadLength) ? Verdict.FORWARD_PLAIN : Verdict.DROP;
    }

    /** The key a payload is encrypted with, 0 for a plain one; the payload has 8 bytes or more. [P-PAY-03] */
    public static long authKeyId(DirectBuffer payload, int offset)
    {
        return payload.getLong(offset + AUTH_KEY_ID_OFFSET, ByteOrder.LITTLE_ENDIAN);
    }

    /** The id in a ping of {@link #PING_LENGTH}. [P-OBF-50] */
    public static long pingId(DirectBuffer ping, int offset)
    {
        return ping.getLong(offset + PING_ID_OFFSET, ByteOrder.LITTLE_ENDIAN);
    }

    /**
     * Writes the payload that answers a ping; it goes to the client in a frame. [P-OBF-50]
     *
     * @return its length, {@link #PING_LENGTH}.
     */
    public static int encodePong(MutableDirectBuffer out, int offset, long pingId)
    {
        out.putInt(offset, RPC_PONG, ByteOrder.LITTLE_ENDIAN);
        out.putLong(offset + PING_ID_OFFSET, pingId, ByteOrder.LITTLE_ENDIAN);
        return PING_LENGTH;
    }

    private static boolean isKeyExchange(DirectBuffer payload, int offset, int payloadLength)
    {
        int innerLength = payload.getInt(offset + INNER_LENGTH_OFFSET, ByteOrder.LITTLE_ENDIAN);
        if (innerLength < INNER_LENGTH_MIN || innerLength > payloadLength - FUNCTION_OFFSET)
        {
            return false;
        }

        return switch (payload.getInt(offset + FUNCTION_OFFSET, ByteOrder.LITTLE_ENDIAN))
        {
            case REQ_PQ, REQ_PQ_MULTI, REQ_DH_PARAMS, SET_CLIENT_DH_PARAMS -> true;
            default -> false;
        };
    }
}
