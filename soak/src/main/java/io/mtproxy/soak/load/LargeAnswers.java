// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.soak.load;

import io.mtproxy.soak.Jce;
import io.mtproxy.soak.LittleEndian;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.zip.Checksum;
import javax.crypto.Cipher;

/**
 * Long answers of one link without the price of encrypting them: AES-CBC encrypts a gigabyte a second, and decrypts
 * twenty. So the ciphertext of a long answer's inside is the same bytes each time; what a proxy will decrypt them to
 * follows from the link's key and is worked out once. Only the blocks around, with the frame's header and its sum, are
 * encrypted, and the chain is tied together at both seams. To a proxy it is a frame like any other.
 *
 * <pre>
 *  plain     frame header 24 │ payload header 32 │ 8 zeros │ inside: n * 16 │ 0..12 zeros │ sum 4 │ 0..3 padding words
 *  blocks    encrypted: 4                                  │ constant: n    │ encrypted: 1
 * </pre>
 */
final class LargeAnswers
{
    /** Answers from this length on are made here. */
    static final int LENGTH_MIN = 4096;

    private static final int BLOCK_LENGTH = 16;
    private static final int HEAD_LENGTH = 64;
    /** Bytes of a payload before its inside. */
    private static final int PAYLOAD_HEAD_LENGTH = LoadPayload.HEADER_LENGTH + 8;
    private static final int FRAME_HEADER_LENGTH = 24;
    private static final int PADDING_WORD = 4;
    private static final int RPC_PROXY_ANS = 0x4403da0d;

    private final int number;
    private final Table table;
    private final byte[] inside;
    private final byte[] head = new byte[HEAD_LENGTH];
    private final byte[] headCipher = new byte[HEAD_LENGTH];
    private final byte[] block = new byte[BLOCK_LENGTH];
    private final byte[] blockCipher = new byte[BLOCK_LENGTH];

    /** The constant ciphertext, and every link's reading of it, by the link's number; shared by all threads. */
    static final class Table
    {
        private static final int LINKS_MAX = 4096;

        private final byte[] ciphertext = new byte[LoadPayload.LENGTH_MAX & -BLOCK_LENGTH];
        private final AtomicReferenceArray<LargeAnswers> links = new AtomicReferenceArray<>(LINKS_MAX);

        Table()
        {
            new SplittableRandom(LoadPayload.LENGTH_MAX).nextBytes(ciphertext);
        }

        /**
         * Whether a piece of an answer's body is what the link sent.
         *
         * @param bodyLength of the payload, without its header.
         * @param done       bytes of the body before the piece.
         */
        boolean isRight(int number, int bodyLength, int done, byte[] in, int at, int length)
        {
            LargeAnswers link = number > 0 ? links.get(number % LINKS_MAX) : null;
            if (link == null)
            {
                return false;
            }
            // the first inner block depends on the header's ciphertext, which the receiver does not know
            int shift = PAYLOAD_HEAD_LENGTH - LoadPayload.HEADER_LENGTH;
            int insideEnd = insideLength(bodyLength + LoadPayload.HEADER_LENGTH);
            int start = done - shift;
            int from = Math.clamp(start, BLOCK_LENGTH, insideEnd);
            int to = Math.clamp(start + (long)length, from, insideEnd);
            boolean isInsideRight = from == to ||
                Arrays.equals(link.inside, from, to, in, at + from - start, at + to - start);
            return isInsideRight && areZeros(in, at, Math.min(at + length, at - start)) &&
                areZeros(in, Math.max(at, at + insideEnd - start), at + length);
        }

        private static boolean areZeros(byte[] in, int from, int to)
        {
            int bits = 0;
            for (int i = from; i < to; i++)
            {
                bits |= in[i];
            }
            return bits == 0;
        }
    }

    /**
     * @param number of the link, from 1.
     * @param key    that the link encrypts with.
     */
    LargeAnswers(int number, Table table, byte[] key)
    {
        this.number = number;
        this.table = table;
        this.inside = new byte[table.ciphertext.length];
        Cipher decrypt = Jce.aesCbcDecrypt(key, new byte[BLOCK_LENGTH]);
        Jce.update(decrypt, table.ciphertext, 0, inside.length, inside, 0);
        table.links.set(number % Table.LINKS_MAX, this);
    }

    /**
     * Appends one whole frame. What was encrypted before must have ended with a block.
     *
     * @param encrypt of the link.
     * @param sum     of the link, CRC-32 or CRC-32C.
     */
    void append(
        ByteBuffer out, Cipher encrypt, Checksum sum, int frameSequence, long extConnectionId, int client, int sequence,
        int payloadLength)
    {
        int insideLength = insideLength(payloadLength);
        int zeros = payloadLength - PAYLOAD_HEAD_LENGTH - insideLength;
        LittleEndian.putInt(head, 0, FRAME_HEADER_LENGTH + payloadLength + 4);
        LittleEndian.putInt(head, 4, frameSequence);
        LittleEndian.putInt(head, 8, RPC_PROXY_ANS);
        LittleEndian.putInt(head, 12, 0);
        LittleEndian.putLong(head, 16, extConnectionId);
        LoadPayload.writeHeader(head, FRAME_HEADER_LENGTH, client, sequence, payloadLength, 0, number);
        Jce.update(encrypt, head, 0, HEAD_LENGTH, headCipher, 0);
        out.put(headCipher);
        out.put(table.ciphertext, 0, insideLength);

        sum.reset();
        sum.update(head, 0, HEAD_LENGTH);
        xor(inside, 0, headCipher, HEAD_LENGTH - BLOCK_LENGTH);
        sum.update(block, 0, BLOCK_LENGTH);
        sum.update(inside, BLOCK_LENGTH, insideLength - BLOCK_LENGTH);
        Arrays.fill(block, (byte)0);
        sum.update(block, 0, zeros);
        LittleEndian.putInt(block, zeros, (int)sum.getValue());
        for (int at = zeros + 4; at < BLOCK_LENGTH; at += PADDING_WORD)
        {
            LittleEndian.putInt(block, at, PADDING_WORD);
        }
        // the cipher chains from the last block that it made itself: take that out, and put the last constant one in
        xor(block, 0, table.ciphertext, insideLength - BLOCK_LENGTH);
        xor(block, 0, headCipher, HEAD_LENGTH - BLOCK_LENGTH);
        Jce.update(encrypt, block, 0, BLOCK_LENGTH, blockCipher, 0);
        out.put(blockCipher);
    }

    private static int insideLength(int payloadLength)
    {
        return payloadLength - PAYLOAD_HEAD_LENGTH & -BLOCK_LENGTH;
    }

    private void xor(byte[] a, int aOffset, byte[] b, int bOffset)
    {
        for (int i = 0; i < BLOCK_LENGTH; i++)
        {
            block[i] = (byte)(a[aOffset + i] ^ b[bOffset + i]);
        }
    }
}
