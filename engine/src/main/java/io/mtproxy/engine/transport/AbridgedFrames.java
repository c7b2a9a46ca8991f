// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.transport;

import io.mtproxy.crypto.RandomSource;
import java.nio.ByteOrder;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * Abridged framing: lengths in words, in one byte if they are short. [P-OBF-30] [P-OBF-31]
 *
 * <pre>
 *   short  | q nnnnnnn | payload                   0 &lt; n &lt; 7f
 *   long   | q 1111111 | u24 words | payload       words &gt;= 7f
 * </pre>
 *
 * q = quick ack wanted, in frames from clients only.
 */
public final class AbridgedFrames implements FrameCodec
{
    /** The only one; it has no state. */
    public static final AbridgedFrames INSTANCE = new AbridgedFrames();
    /** Tag in the header. [P-OBF-14] */
    public static final int TAG = 0xefefefef;

    private static final int PROXY_FLAGS = 0x40000000;
    private static final int QUICK_ACK_BIT = 0x80;
    private static final int LONG_FORM = 0x7f;
    private static final int SHORT_HEADER_LENGTH = 1;
    private static final int LONG_HEADER_LENGTH = 4;
    private static final int WORDS_MAX = PAYLOAD_LENGTH_MAX / Integer.BYTES;

    private AbridgedFrames()
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
        return SHORT_HEADER_LENGTH;
    }

    @Override
    public int headerLength(byte firstByte)
    {
        return (firstByte & LONG_FORM) == LONG_FORM ? LONG_HEADER_LENGTH : SHORT_HEADER_LENGTH;
    }

    @Override
    public FrameHeader.Result decodeHeader(DirectBuffer plain, int offset, FrameHeader into)
    {
        int first = plain.getByte(offset);
        int words = first & LONG_FORM;
        int wordsMin = 1;
        if (words == LONG_FORM)
        {
            words = plain.getInt(offset, ByteOrder.LITTLE_ENDIAN) >>> Byte.SIZE;
            wordsMin = LONG_FORM;
        }

        if (words < wordsMin || words > WORDS_MAX)
        {
            return FrameHeader.Result.MALFORMED;
        }

        int length = words * Integer.BYTES;
        into.set(length, length, (first & QUICK_ACK_BIT) != 0);
        return FrameHeader.Result.OK;
    }

    @Override
    public int encodedHeaderLength(int payloadLength)
    {
        return payloadLength < LONG_FORM * Integer.BYTES ? SHORT_HEADER_LENGTH : LONG_HEADER_LENGTH;
    }

    @Override
    public int encodeHeader(MutableDirectBuffer out, int offset, int payloadLength, int paddingLength)
    {
        assert payloadLength >= 0 && payloadLength % Integer.BYTES == 0 : payloadLength;
        assert paddingLength == 0 : paddingLength;

        int words = payloadLength / Integer.BYTES;
        if (words < LONG_FORM)
        {
            out.putByte(offset, (byte)words);
            return SHORT_HEADER_LENGTH;
        }

        out.putInt(offset, (words << Byte.SIZE) | LONG_FORM, ByteOrder.LITTLE_ENDIAN);
        return LONG_HEADER_LENGTH;
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
        out.putInt(offset, confirm, ByteOrder.BIG_ENDIAN);
        return Integer.BYTES;
    }
}
