// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.transport;

import io.mtproxy.crypto.RandomSource;
import java.nio.ByteOrder;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * Padded ("secure") intermediate framing: as intermediate, with random bytes behind the payload. [P-OBF-33..35]
 *
 * <pre>
 *   | length u32 LE of payload and padding, q in bit 31 | payload | padding
 * </pre>
 *
 * From a client the whole words are payload and the rest is padding, as nothing tells more of them apart.
 */
public final class PaddedIntermediateFrames implements FrameCodec
{
    /** The only one; it has no state. */
    public static final PaddedIntermediateFrames INSTANCE = new PaddedIntermediateFrames();
    /** Tag in the header. [P-OBF-14] */
    public static final int TAG = 0xdddddddd;

    // A quick ack in two frames: marker, confirm and perhaps a random word; then a zero word and perhaps a random one.
    private static final int QUICK_ACK_MARKER = 0xffffffff;
    private static final int FIRST_PAYLOAD_LENGTH_MAX = 3 * Integer.BYTES;
    private static final int SECOND_PAYLOAD_LENGTH_MAX = 2 * Integer.BYTES;
    static final int QUICK_ACK_FRAMES_LENGTH_MAX = Integer.BYTES + FIRST_PAYLOAD_LENGTH_MAX + PADDING_LENGTH_MAX +
        Integer.BYTES + SECOND_PAYLOAD_LENGTH_MAX + PADDING_LENGTH_MAX;

    private PaddedIntermediateFrames()
    {
    }

    @Override
    public int tag()
    {
        return TAG;
    }

    /** The same as without padding: the bit of its own that exists for it is never sent by C. */
    @Override
    public int proxyFlags()
    {
        return IntermediateFrames.PROXY_FLAGS;
    }

    @Override
    public int headerLengthMin()
    {
        return Integer.BYTES;
    }

    @Override
    public int headerLength(byte firstByte)
    {
        return Integer.BYTES;
    }

    /** {@inheritDoc} One to three bytes hold no word, so that nothing would be left without the padding. [P-OBF-34] */
    @Override
    public FrameHeader.Result decodeHeader(DirectBuffer plain, int offset, FrameHeader into)
    {
        int word = plain.getInt(offset, ByteOrder.LITTLE_ENDIAN);
        int wireLength = word & ~IntermediateFrames.QUICK_ACK_BIT;
        int payloadLength = wireLength & IntermediateFrames.WORD_MASK;
        if (payloadLength == 0 || wireLength > PAYLOAD_LENGTH_MAX)
        {
            return FrameHeader.Result.MALFORMED;
        }

        into.set(wireLength, payloadLength, (word & IntermediateFrames.QUICK_ACK_BIT) != 0);
        return FrameHeader.Result.OK;
    }

    @Override
    public int encodedHeaderLength(int payloadLength)
    {
        return Integer.BYTES;
    }

    @Override
    public int encodeHeader(MutableDirectBuffer out, int offset, int payloadLength, int paddingLength)
    {
        assert payloadLength >= 0 && payloadLength % Integer.BYTES == 0 : payloadLength;
        assert paddingLength >= 0 && paddingLength <= PADDING_LENGTH_MAX : paddingLength;

        out.putInt(offset, payloadLength + paddingLength, ByteOrder.LITTLE_ENDIAN);
        return Integer.BYTES;
    }

    @Override
    public int paddingLength(RandomSource random)
    {
        return random.nextInt(PADDING_LENGTH_MAX + 1);
    }

    @Override
    public void encodePadding(MutableDirectBuffer out, int offset, int paddingLength, RandomSource random)
    {
        assert paddingLength >= 0 && paddingLength <= PADDING_LENGTH_MAX : paddingLength;
        if (paddingLength == 0)
        {
            return;
        }

        long bits = random.nextLong();
        for (int i = 0; i < paddingLength; i++)
        {
            out.putByte(offset + i, (byte)(bits >>> (i * Byte.SIZE)));
        }
    }

    /** {@inheritDoc} By the toss of a coin raw, or hidden in two frames. */
    @Override
    public int encodeQuickAck(MutableDirectBuffer out, int offset, int confirm, RandomSource random)
    {
        return random.nextInt(2) == 0 ?
            encodeQuickAckRaw(out, offset, confirm) :
            encodeQuickAckFrames(out, offset, confirm, random);
    }

    private static int encodeQuickAckRaw(MutableDirectBuffer out, int offset, int confirm)
    {
        out.putInt(offset, confirm, ByteOrder.LITTLE_ENDIAN);
        return Integer.BYTES;
    }

    private int encodeQuickAckFrames(MutableDirectBuffer out, int offset, int confirm, RandomSource random)
    {
        int payloadOffset = offset + Integer.BYTES;
        out.putInt(payloadOffset, QUICK_ACK_MARKER, ByteOrder.LITTLE_ENDIAN);
        out.putInt(payloadOffset + Integer.BYTES, confirm, ByteOrder.LITTLE_ENDIAN);
        int length = finishQuickAckFrame(out, offset, 2 * Integer.BYTES, random);

        out.putInt(payloadOffset + length, 0, ByteOrder.LITTLE_ENDIAN);
        return length + finishQuickAckFrame(out, offset + length, Integer.BYTES, random);
    }

    /** Adds perhaps a random word, the padding and, in front, the header. */
    private int finishQuickAckFrame(MutableDirectBuffer out, int offset, int fixedLength, RandomSource random)
    {
        int payloadLength = fixedLength;
        if (random.nextInt(2) != 0)
        {
            out.putInt(offset + Integer.BYTES + payloadLength, (int)random.nextLong(), ByteOrder.LITTLE_ENDIAN);
            payloadLength += Integer.BYTES;
        }

        int paddingLength = paddingLength(random);
        encodePadding(out, offset + Integer.BYTES + payloadLength, paddingLength, random);
        encodeHeader(out, offset, payloadLength, paddingLength);
        return Integer.BYTES + payloadLength + paddingLength;
    }
}
