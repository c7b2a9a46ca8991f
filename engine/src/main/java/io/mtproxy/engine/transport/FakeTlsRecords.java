// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.transport;

import java.nio.ByteOrder;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * The TLS records around an obfuscated2 stream: taken off what a client sends, put around what it gets.
 *
 * <pre>
 *   client  14 03 03 00 01 01 | 17 03 03 len | 64-byte header, stream ... | 17 03 03 len | stream ... | ...
 *   proxy                       17 03 03 len | stream ...                 | 17 03 03 len | stream ... | ...
 * </pre>
 *
 * One for each client connection: it keeps where in a record the stream stands. Record borders mean nothing. [P-TLS-34]
 */
public final class FakeTlsRecords
{
    /** Bytes before the payload of the first record: a ChangeCipherSpec and the record's header. [P-TLS-31] */
    public static final int FIRST_HEADER_LENGTH = 11;
    /** Bytes before the payload of every other record. */
    public static final int HEADER_LENGTH = 5;
    /** Longest first record with all before it. */
    public static final int FIRST_LENGTH_MAX = FIRST_HEADER_LENGTH + 0xffff;

    private static final int LENGTH_OFFSET = 3;
    private static final int APPLICATION_DATA = 0x17;
    private static final int VERSION = 0x0303;
    private static final byte[] FATAL_ALERT = {0x15, 3, 3, 0, 2, 2};
    private static final byte[] CHANGE_CIPHER_SPEC = {0x14, 3, 3, 0, 1, 1};

    private int recordLeft;
    /** Header of the next record as far as it is there: its bytes one after the other, and how many. */
    private long header;
    private int headerCount;
    private int payloadOffset;
    private int payloadLength;

    /** How far a look at the client's first record got. */
    public enum First
    {
        /** Nothing wrong yet, but not all of it is there. */
        NEED_MORE,
        /** It is there as a whole. */
        COMPLETE,
        /** Not what a client sends after our flight. */
        MALFORMED
    }

    /** Looks at what a client sends after the flight. [P-TLS-31] */
    public static First readFirst(DirectBuffer buffer, int offset, int length)
    {
        if (length < FIRST_HEADER_LENGTH)
        {
            return First.NEED_MORE;
        }
        for (int i = 0; i < CHANGE_CIPHER_SPEC.length; i++)
        {
            if (buffer.getByte(offset + i) != CHANGE_CIPHER_SPEC[i])
            {
                return First.MALFORMED;
            }
        }
        int at = offset + CHANGE_CIPHER_SPEC.length;
        int recordLength = firstPayloadLength(buffer, offset);
        if (!isApplicationData(buffer, at) || recordLength < Obfuscated2Handshake.HEADER_LENGTH)
        {
            return First.MALFORMED;
        }
        return length < FIRST_HEADER_LENGTH + recordLength ? First.NEED_MORE : First.COMPLETE;
    }

    /** @return length of the payload of the first record, once {@link #FIRST_HEADER_LENGTH} bytes are there. */
    public static int firstPayloadLength(DirectBuffer buffer, int offset)
    {
        return buffer.getShort(offset + FIRST_HEADER_LENGTH - 2, ByteOrder.BIG_ENDIAN) & 0xffff;
    }

    private static boolean isApplicationData(DirectBuffer buffer, int at)
    {
        return buffer.getByte(at) == APPLICATION_DATA && buffer.getShort(at + 1, ByteOrder.BIG_ENDIAN) == VERSION;
    }

    /** Starts inside a record of which so many bytes are still to come. */
    public void start(int left)
    {
        recordLeft = left;
        headerCount = 0;
    }

    /**
     * Takes the headers out of what has arrived, in place: {@link #payloadOffset} and {@link #payloadLength} then say
     * where the stream's next bytes are. The first run of them stays where it is; later ones close up behind it, which is
     * the price for frames that can be decrypted as if there were no records.
     *
     * @return false when a header is none of application data: what is readable was still good. [P-TLS-34]
     */
    public boolean strip(MutableDirectBuffer buffer, int offset, int length)
    {
        int end = offset + length;
        int at = offset;
        payloadOffset = offset;
        payloadLength = 0;
        while (at < end)
        {
            if (recordLeft > 0)
            {
                int run = Math.min(recordLeft, end - at);
                keep(buffer, at, run);
                recordLeft -= run;
                at += run;
            }
            else
            {
                header = header << Byte.SIZE | buffer.getByte(at++) & 0xff;
                if (++headerCount == HEADER_LENGTH && !beginRecord())
                {
                    return false;
                }
            }
        }
        return true;
    }

    private void keep(MutableDirectBuffer buffer, int at, int run)
    {
        if (payloadLength == 0)
        {
            payloadOffset = at;
        }
        else
        {
            buffer.putBytes(payloadOffset + payloadLength, buffer, at, run);
        }
        payloadLength += run;
    }

    private boolean beginRecord()
    {
        recordLeft = (int)header & 0xffff;
        boolean isGood = header >>> Short.SIZE == (APPLICATION_DATA << Short.SIZE | VERSION);
        header = 0;
        headerCount = 0;
        return isGood;
    }

    /** @return offset of the first byte of the stream that the last {@link #strip} has found. */
    public int payloadOffset()
    {
        return payloadOffset;
    }

    /** @return how many bytes of the stream it has found. */
    public int payloadLength()
    {
        return payloadLength;
    }

    /** Writes a fatal alert as a TLS server sends it to a hello that it refuses. @return its length. */
    public static int encodeAlert(MutableDirectBuffer out, int offset, int description)
    {
        for (int i = 0; i < FATAL_ALERT.length; i++)
        {
            out.putByte(offset + i, FATAL_ALERT[i]);
        }
        out.putByte(offset + FATAL_ALERT.length, (byte)description);
        return FATAL_ALERT.length + 1;
    }

    /** @return the byte at a position of the header of a record of the proxy. [P-TLS-35] */
    public static byte headerByte(int position, int payloadLength)
    {
        return switch (position)
        {
            case 0 -> APPLICATION_DATA;
            case 1, 2 -> VERSION & 0xff;
            case LENGTH_OFFSET -> (byte)(payloadLength >>> Byte.SIZE);
            default -> (byte)payloadLength;
        };
    }
}
