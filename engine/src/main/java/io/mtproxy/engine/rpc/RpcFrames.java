// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.rpc;

/**
 * Layout of a frame between proxy and middle proxy. Fields are little-endian. [P-RPC-01]
 *
 * <pre>
 *   0        4          8                        L-4      L
 *   +--------+----------+------------------------+--------+
 *   | L      | sequence | payload, whole words   | CRC    |
 *   +--------+----------+------------------------+--------+
 *   '---------------- the CRC covers ------------'
 * </pre>
 */
public final class RpcFrames
{
    /** i32: length of the whole frame, this field and the CRC included. */
    public static final int LENGTH_OFFSET = 0;
    /** i32: sequence number. */
    public static final int SEQUENCE_OFFSET = LENGTH_OFFSET + Integer.BYTES;
    /** Where the payload begins; its first word is one of {@link RpcType}. */
    public static final int PAYLOAD_OFFSET = SEQUENCE_OFFSET + Integer.BYTES;
    /** Length of the CRC behind the payload. */
    public static final int CRC_LENGTH = Integer.BYTES;
    /** Bytes of a frame that are not payload. */
    public static final int OVERHEAD = PAYLOAD_OFFSET + CRC_LENGTH;
    /** Everything is made of words of so many bytes. */
    public static final int WORD_LENGTH = Integer.BYTES;
    /** Shortest frame: a payload of one word. [P-RPC-03] */
    public static final int LENGTH_MIN = OVERHEAD + WORD_LENGTH;
    /** Longest frame we take; C has no limit. [P-RPC-03] */
    public static final int LENGTH_MAX = 16 * 1024 * 1024 + 4096;
    /** The whole of a padding word: a length of 4 with nothing behind it. [P-RPC-02] */
    public static final int PADDING_WORD = WORD_LENGTH;

    /** Sequence number of the nonce frame in each direction. [P-RPC-04] */
    public static final int SEQUENCE_NONCE = -2;
    /** Sequence number of the handshake frame in each direction. */
    public static final int SEQUENCE_HANDSHAKE = -1;
    /** Sequence number of the first frame after the handshake; from here CRC-32C counts if agreed. [P-RPC-33] */
    public static final int SEQUENCE_FIRST = 0;

    private RpcFrames()
    {
    }

    /** What the first word of a frame says. */
    public enum FrameStatus
    {
        /** A frame of this length follows. */
        OK,
        /** One padding word, to be skipped. [P-RPC-02] */
        PADDING,
        /** No length a frame can have: the link is closed. [P-RPC-03] */
        MALFORMED
    }

    /** @return what a first word means. [P-RPC-02] [P-RPC-03] */
    public static FrameStatus check(int length)
    {
        if (length == PADDING_WORD)
        {
            return FrameStatus.PADDING;
        }
        return length < LENGTH_MIN || length > LENGTH_MAX || (length & (WORD_LENGTH - 1)) != 0 ?
            FrameStatus.MALFORMED :
            FrameStatus.OK;
    }
}
