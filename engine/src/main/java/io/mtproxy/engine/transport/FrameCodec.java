// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.transport;

import io.mtproxy.crypto.RandomSource;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * How payloads become frames in the decrypted streams of one client, and back. [P-OBF-20..42]
 * <p>
 * Members have no state, so one of each serves all agents. A frame is read in two steps: {@link #headerLengthMin}
 * bytes, whose first says how long the header is, then the header, which says what follows it; a header is judged as
 * soon as it is complete. [P-OBF-20]
 */
public sealed interface FrameCodec permits AbridgedFrames, IntermediateFrames, PaddedIntermediateFrames
{
    /** Longest payload that a client may send, in bytes. [P-OBF-21] */
    int PAYLOAD_LENGTH_MAX = 262144 * 4 - 4096;
    /** Longest header in bytes, in either direction. */
    int HEADER_LENGTH_MAX = 4;
    /** Most padding bytes that we send behind a payload. [P-OBF-35] */
    int PADDING_LENGTH_MAX = 3;
    /** Longest quick ack in bytes: two padded frames with an extra word each. [P-OBF-42] */
    int QUICK_ACK_LENGTH_MAX = PaddedIntermediateFrames.QUICK_ACK_FRAMES_LENGTH_MAX;

    /** Whether a header with this tag can be served. [P-OBF-14] */
    static boolean isTag(int tag)
    {
        return switch (tag)
        {
            case AbridgedFrames.TAG, IntermediateFrames.TAG, PaddedIntermediateFrames.TAG -> true;
            default -> false;
        };
    }

    /**
     * The codec for the tag of a header. [P-OBF-14]
     *
     * @throws IllegalArgumentException if not {@link #isTag}, which the caller asks first.
     */
    static FrameCodec ofTag(int tag)
    {
        return switch (tag)
        {
            case AbridgedFrames.TAG -> AbridgedFrames.INSTANCE;
            case IntermediateFrames.TAG -> IntermediateFrames.INSTANCE;
            case PaddedIntermediateFrames.TAG -> PaddedIntermediateFrames.INSTANCE;
            default -> throw new IllegalArgumentException("no framing has the tag " + Integer.toHexString(tag));
        };
    }

    /** The four equal bytes by which a client asks for this framing. [P-OBF-14] */
    int tag();

    /** The bits of RPC_PROXY_REQ that tell the middle proxy of this framing. [P-RPC-41] */
    int proxyFlags();

    /** How many bytes of a frame must be there before {@link #headerLength} can be asked: 1 or 4. */
    int headerLengthMin();

    /** Length in bytes, 1 or 4, of the header that begins with this byte. */
    int headerLength(byte firstByte);

    /**
     * Reads a complete header from a client. Never throws, whatever it holds.
     *
     * @param plain  holding {@link #headerLength} bytes of it, decrypted.
     * @param offset of the header's first byte.
     * @param into   receives the lengths if they are fine.
     * @return OK, or MALFORMED for a length outside the limits. [P-OBF-21]
     */
    FrameHeader.Result decodeHeader(DirectBuffer plain, int offset, FrameHeader into);

    /** Length in bytes, 1 or 4, of the header that a payload to a client gets. */
    int encodedHeaderLength(int payloadLength);

    /**
     * Writes the header of a frame to a client. The payload and then the padding follow it.
     *
     * @param payloadLength a multiple of 4, 0 included (an empty answer is a frame too, [P-RPC-62]).
     * @param paddingLength as drawn by {@link #paddingLength}.
     * @return length of the header in bytes, {@link #encodedHeaderLength}.
     */
    int encodeHeader(MutableDirectBuffer out, int offset, int payloadLength, int paddingLength);

    /** Draws how many random bytes go behind the next payload: 0 to 3 if this framing pads, else 0. [P-OBF-35] */
    int paddingLength(RandomSource random);

    /** Writes the random bytes behind a payload. [P-OBF-35] */
    void encodePadding(MutableDirectBuffer out, int offset, int paddingLength, RandomSource random);

    /**
     * Writes a quick ack, which goes into the encrypted stream as it is. [P-OBF-41] [P-OBF-42]
     *
     * @param out     with room for {@link #QUICK_ACK_LENGTH_MAX} bytes.
     * @param confirm of RPC_SIMPLE_ACK, unchanged.
     * @return bytes written.
     */
    int encodeQuickAck(MutableDirectBuffer out, int offset, int confirm, RandomSource random);
}
