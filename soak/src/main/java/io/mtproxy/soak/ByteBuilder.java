// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.soak;

import java.util.Arrays;

/**
 * A growing array of bytes, written little-endian at the end, taken away at the front.
 * <p>
 * {@link #discard} moves what is left to the array's start, so that offsets count from there; {@link #consume} leaves it
 * in place, for long queues of which little goes at a time.
 */
final class ByteBuilder
{
    private static final int LENGTH_INITIAL = 256;
    /** An empty builder gives an array longer than this back to the collector: many connections, few of them busy. */
    private static final int LENGTH_KEPT = 64 * 1024;

    private byte[] bytes = new byte[LENGTH_INITIAL];
    private int head;
    private int length;

    /** The array behind; valid until the next call that writes or discards. */
    byte[] array()
    {
        return bytes;
    }

    /** Where the content starts in {@link #array()}; 0 without {@link #consume}. */
    int head()
    {
        return head;
    }

    int length()
    {
        return length - head;
    }

    boolean isEmpty()
    {
        return length == head;
    }

    ByteBuilder putByte(int value)
    {
        ensure(1);
        bytes[length++] = (byte)value;
        return this;
    }

    ByteBuilder putShort(int value)
    {
        ensure(2);
        LittleEndian.putShort(bytes, length, value);
        length += 2;
        return this;
    }

    ByteBuilder putInt(int value)
    {
        ensure(4);
        LittleEndian.putInt(bytes, length, value);
        length += 4;
        return this;
    }

    ByteBuilder putLong(long value)
    {
        ensure(8);
        LittleEndian.putLong(bytes, length, value);
        length += 8;
        return this;
    }

    ByteBuilder putBytes(byte[] source)
    {
        return putBytes(source, 0, source.length);
    }

    ByteBuilder putBytes(byte[] source, int offset, int count)
    {
        ensure(count);
        System.arraycopy(source, offset, bytes, length, count);
        length += count;
        return this;
    }

    /** Makes room for {@code count} bytes that the caller writes into {@link #array()} at the returned offset. */
    int extend(int count)
    {
        ensure(count);
        int offset = length;
        length += count;
        return offset;
    }

    void setInt(int offset, int value)
    {
        LittleEndian.putInt(bytes, offset, value);
    }

    /** Takes the first {@code count} bytes away and moves the rest to the start. */
    void discard(int count)
    {
        consume(count);
        compact();
    }

    /** Takes the first {@code count} bytes away and leaves the rest where it is. */
    void consume(int count)
    {
        head += count;
        if (head == length)
        {
            clear();
        }
    }

    void clear()
    {
        head = 0;
        length = 0;
        if (bytes.length > LENGTH_KEPT)
        {
            bytes = new byte[LENGTH_INITIAL];
        }
    }

    byte[] toByteArray()
    {
        return Arrays.copyOfRange(bytes, head, length);
    }

    /** The content, after which the builder is empty. */
    byte[] take()
    {
        byte[] taken = toByteArray();
        clear();
        return taken;
    }

    void ensure(int count)
    {
        if (head > 0 && length + count > bytes.length)
        {
            compact();
        }
        int needed = Math.addExact(length, count);
        if (needed > bytes.length)
        {
            int doubled = (int)Math.min(Integer.MAX_VALUE - 8L, bytes.length * 2L);
            bytes = Arrays.copyOf(bytes, Math.max(needed, doubled));
        }
    }

    private void compact()
    {
        if (head > 0)
        {
            System.arraycopy(bytes, head, bytes, 0, length - head);
            length -= head;
            head = 0;
        }
    }
}
