// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.soak.load;

import io.mtproxy.soak.LittleEndian;
import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * The payload of requests and answers: a header that says what it is, and bytes that follow from it.
 *
 * <pre>
 *   0 auth key id    8 client    12 sequence    16 length    20 answer length    24 link + 1, or 0    28 zero
 *  32 pattern, or what {@link LargeAnswers} of that link gives
 * </pre>
 */
final class LoadPayload
{
    /** Length in front of the pattern. */
    static final int HEADER_LENGTH = 32;
    /** Shortest payload: an encrypted message. [P-PAY-03] */
    static final int LENGTH_MIN = 56;
    /** Longest: a client's packet less its padding. [P-OBF-21] */
    static final int LENGTH_MAX = 1_044_480 - 16;

    private static final int CLIENT_OFFSET = 8;
    private static final int SEQUENCE_OFFSET = 12;
    private static final int LENGTH_OFFSET = 16;
    private static final int ANSWER_LENGTH_OFFSET = 20;
    private static final int LINK_OFFSET = 24;
    private static final int START_MASK = 0xfff0;
    private static final long AUTH_KEY_ID = 0x5eed_0fab_adca_fe01L;

    private final byte[] table = new byte[LENGTH_MAX + START_MASK + 16];

    LoadPayload()
    {
        new SplittableRandom(AUTH_KEY_ID).nextBytes(table);
    }

    /** Writes a whole payload. */
    void write(byte[] out, int at, int client, int sequence, int length, int answerLength)
    {
        writeHeader(out, at, client, sequence, length, answerLength, 0);
        System.arraycopy(table, start(client, sequence), out, at + HEADER_LENGTH, length - HEADER_LENGTH);
    }

    /** Writes the first {@link #HEADER_LENGTH} bytes. */
    static void writeHeader(byte[] out, int at, int client, int sequence, int length, int answerLength, int link)
    {
        LittleEndian.putLong(out, at, AUTH_KEY_ID);
        LittleEndian.putInt(out, at + CLIENT_OFFSET, client);
        LittleEndian.putInt(out, at + SEQUENCE_OFFSET, sequence);
        LittleEndian.putInt(out, at + LENGTH_OFFSET, length);
        LittleEndian.putInt(out, at + ANSWER_LENGTH_OFFSET, answerLength);
        LittleEndian.putLong(out, at + LINK_OFFSET, link & 0xffff_ffffL);
    }

    /** Whether a header of ours is at {@code at}, with a possible length. */
    static boolean isHeader(byte[] in, int at)
    {
        int length = length(in, at);
        return LittleEndian.getLong(in, at) == AUTH_KEY_ID && length >= LENGTH_MIN && length <= LENGTH_MAX;
    }

    /**
     * Whether a piece of the pattern is right.
     *
     * @param done bytes of the pattern before the piece.
     */
    boolean isPattern(int client, int sequence, int done, byte[] in, int at, int length)
    {
        int start = start(client, sequence) + done;
        return Arrays.equals(table, start, start + length, in, at, at + length);
    }

    static int client(byte[] in, int at)
    {
        return LittleEndian.getInt(in, at + CLIENT_OFFSET);
    }

    static int sequence(byte[] in, int at)
    {
        return LittleEndian.getInt(in, at + SEQUENCE_OFFSET);
    }

    static int length(byte[] in, int at)
    {
        return LittleEndian.getInt(in, at + LENGTH_OFFSET);
    }

    static int answerLength(byte[] in, int at)
    {
        return LittleEndian.getInt(in, at + ANSWER_LENGTH_OFFSET);
    }

    static int link(byte[] in, int at)
    {
        return LittleEndian.getInt(in, at + LINK_OFFSET);
    }

    private static int start(int client, int sequence)
    {
        return (client * 0x9e37_79b9 + sequence * 0x85eb_ca6b) >>> 8 & START_MASK;
    }
}
