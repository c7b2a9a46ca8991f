// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.soak;

import java.util.Arrays;

/** Reads TL values out of bytes of a peer; everything is bounds-checked. */
final class TlReader
{
    /** The bytes are not what they claim to be. */
    static final class MalformedException extends Exception
    {
        private static final long serialVersionUID = 1;

        MalformedException(String text)
        {
            super(text, null, false, false);
        }
    }

    private final byte[] bytes;
    private final int end;
    private int position;

    TlReader(byte[] bytes)
    {
        this(bytes, 0, bytes.length);
    }

    TlReader(byte[] bytes, int offset, int length)
    {
        this.bytes = bytes;
        this.position = offset;
        this.end = offset + length;
    }

    int remaining()
    {
        return end - position;
    }

    int readInt() throws MalformedException
    {
        return LittleEndian.getInt(bytes, take(4));
    }

    long readLong() throws MalformedException
    {
        return LittleEndian.getLong(bytes, take(8));
    }

    byte[] readRaw(int length) throws MalformedException
    {
        int at = take(length);
        return Arrays.copyOfRange(bytes, at, at + length);
    }

    byte[] readRest()
    {
        byte[] rest = Arrays.copyOfRange(bytes, position, end);
        position = end;
        return rest;
    }

    /** A TL string. [P-RPC-42] */
    byte[] readBytes() throws MalformedException
    {
        int first = bytes[take(1)] & 0xff;
        int length = first;
        int headerLength = 1;
        if (first == 0xfe)
        {
            int at = take(3);
            length = bytes[at] & 0xff | (bytes[at + 1] & 0xff) << 8 | (bytes[at + 2] & 0xff) << 16;
            headerLength = 4;
        }
        else if (first == 0xff)
        {
            throw new MalformedException("string of a length above 24 bits");
        }
        byte[] value = readRaw(length);
        take(-(headerLength + length) & 3);
        return value;
    }

    void skip(int length) throws MalformedException
    {
        take(length);
    }

    void expect(int constructor) throws MalformedException
    {
        int found = readInt();
        if (found != constructor)
        {
            throw new MalformedException("constructor " + Integer.toHexString(found));
        }
    }

    void expectRaw(byte[] expected) throws MalformedException
    {
        if (!Arrays.equals(expected, readRaw(expected.length)))
        {
            throw new MalformedException("another nonce");
        }
    }

    private int take(int length) throws MalformedException
    {
        if (length < 0 || length > end - position)
        {
            throw new MalformedException("end of data");
        }
        int at = position;
        position += length;
        return at;
    }
}
