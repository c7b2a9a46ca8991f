// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.transport;

import io.mtproxy.crypto.RandomSource;
import java.nio.ByteOrder;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * Intermediate framing: a u32 length in bytes, whose bit 31 in frames from clients asks for a quick ack. [P-OBF-32]
 *
 * <pre>
 *   | length u32 LE, q in bit 31 | payload
 * </pre>
 */
public final class IntermediateFrames implements FrameCodec
{
    /** The only one; it has no state. */
    public static final IntermediateFrames INSTANCE = new IntermediateFrames();
    /** Tag in the header. [P-OBF-14] */
    public static final int TAG = 0xeeeeeeee;

    static final int PROXY_FLAGS = 0x20000000;
    static final int QUICK_ACK_BIT = 0x80000000;
    static final int WORD_MASK = -Integer.BYTES;

    private IntermediateFrames()
    {
    }

    @Override
    public int tag()
    {
        return TAG;
    }

    @Override
    public int proxyFlags()
    {
        return PROXY_FLAGS;
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

    @Override
    public FrameHeader.Result decodeHeader(DirectBuffer plain, int offset, FrameHeader into)
    {
        int word = plain.getInt(offset, ByteOrder.LITTLE_ENDIAN);
        int length = word & ~QUICK_ACK_BIT;
        if (length == 0 || length > PAYLOAD_LENGTH_MAX || length != (length & WORD_MASK))
        {
            return FrameHeader.Result.MALFORMED;
        }

        into.set(length, length, (word & QUICK_ACK_BIT) != 0);
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
        assert paddingLength == 0 : paddingLength;

        out.putInt(offset, payloadLength, ByteOrder.LITTLE_ENDIAN);
        return Integer.BYTES;
    }

    @Override
    public int paddingLength(RandomSource random)
    {
        return 0;
    }

    @Override
    public void encodePadding(MutableDirectBuffer out, int offset, int paddingLength, RandomSource random)
    {
        assert paddingLength == 0 : paddingLength;
    }

    @Override
    public int encodeQuickAck(MutableDirectBuffer out, int offset, int confirm, RandomSource random)
    {
        out.putInt(offset, confirm, ByteOrder.LITTLE_ENDIAN);
        return Integer.BYTES;
    }
}
