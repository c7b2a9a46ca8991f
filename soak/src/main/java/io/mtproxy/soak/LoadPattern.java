// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.soak;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.zip.CRC32;

/**
 * Payloads whose every byte follows from a seed, the client and the message's number, so that whoever receives one can
 * check it alone.
 *
 * <pre>
 *   0 auth key id, from the seed    8 client    12 sequence    16 length    20 answer length    24 intended time
 *  32 pattern
 * </pre>
 */
final class LoadPattern
{
    /** Length in front of the pattern. */
    static final int HEADER_LENGTH = 32;
    /** Shortest payload: an encrypted message. [P-PAY-03] */
    static final int LENGTH_MIN = Payloads.ENCRYPTED_LENGTH_MIN;
    /** Set in the sequence of an answer that is not an echo. */
    static final int ANSWER_BIT = 0x8000_0000;

    private static final int CLIENT_OFFSET = 8;
    private static final int SEQUENCE_OFFSET = 12;
    private static final int LENGTH_OFFSET = 16;
    private static final int ANSWER_LENGTH_OFFSET = 20;
    private static final int TIME_OFFSET = 24;
    private static final int START_MASK = (1 << 20) - 1;

    private final byte[] table = new byte[2 << 20];
    private final long authKeyId;
    private final CRC32 crc = new CRC32();

    LoadPattern(long seed)
    {
        SplittableRandom random = new SplittableRandom(seed);
        random.nextBytes(table);
        authKeyId = random.nextLong() | 1;
    }

    /** Writes a payload to {@code out}; at most 1 MiB. */
    void write(byte[] out, int client, int sequence, int length, int answerLength, long intendedNs)
    {
        LittleEndian.putLong(out, 0, authKeyId);
        LittleEndian.putInt(out, CLIENT_OFFSET, client);
        LittleEndian.putInt(out, SEQUENCE_OFFSET, sequence);
        LittleEndian.putInt(out, LENGTH_OFFSET, length);
        LittleEndian.putInt(out, ANSWER_LENGTH_OFFSET, answerLength);
        LittleEndian.putLong(out, TIME_OFFSET, intendedNs);
        System.arraycopy(table, start(client, sequence), out, HEADER_LENGTH, length - HEADER_LENGTH);
    }

    /**
     * Whether a payload is whole and unchanged; it may be followed by up to {@code paddingMax} bytes.
     *
     * @param length of payload and padding.
     */
    boolean isIntact(byte[] bytes, int offset, int length, int paddingMax)
    {
        if (length < LENGTH_MIN || LittleEndian.getLong(bytes, offset) != authKeyId)
        {
            return false;
        }
        int payloadLength = length(bytes, offset);
        if (payloadLength < LENGTH_MIN || payloadLength > length || length - payloadLength > paddingMax)
        {
            return false;
        }
        int start = start(client(bytes, offset), sequence(bytes, offset));
        int patternLength = payloadLength - HEADER_LENGTH;
        return Arrays.equals(
            table, start, start + patternLength, bytes, offset + HEADER_LENGTH, offset + payloadLength);
    }

    /** Whether these bytes start like a payload of this pattern. */
    boolean isOurs(byte[] bytes, int offset, int length)
    {
        return length >= LENGTH_MIN && LittleEndian.getLong(bytes, offset) == authKeyId;
    }

    static int client(byte[] bytes, int offset)
    {
        return LittleEndian.getInt(bytes, offset + CLIENT_OFFSET);
    }

    static int sequence(byte[] bytes, int offset)
    {
        return LittleEndian.getInt(bytes, offset + SEQUENCE_OFFSET);
    }

    static int length(byte[] bytes, int offset)
    {
        return LittleEndian.getInt(bytes, offset + LENGTH_OFFSET);
    }

    static int answerLength(byte[] bytes, int offset)
    {
        return LittleEndian.getInt(bytes, offset + ANSWER_LENGTH_OFFSET);
    }

    static long intendedNs(byte[] bytes, int offset)
    {
        return LittleEndian.getLong(bytes, offset + TIME_OFFSET);
    }

    /** The quick acknowledgement that a load server gives for a payload: its start decides. [P-RPC-66] */
    int quickAck(byte[] bytes, int offset)
    {
        crc.reset();
        crc.update(bytes, offset, LENGTH_MIN);
        return (int)crc.getValue() | 0x8000_0000;
    }

    private static int start(int client, int sequence)
    {
        long mixed = (client * 0x9e37_79b9_7f4a_7c15L + sequence) * 0xbf58_476d_1ce4_e5b9L;
        return (int)(mixed >>> 40) & START_MASK;
    }
}
