// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.memory;

import java.nio.ByteBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * One fixed piece of direct memory, filled from the front and emptied from the front. It has one owner: the pool, or
 * the chain that took it.
 */
public final class Chunk
{
    private final ByteBuffer byteBuffer;
    private final UnsafeBuffer buffer;
    /** Behind this one: in its chain, or in the pool's list of free ones. */
    @Nullable Chunk next;
    boolean isTaken;
    /** First byte not yet taken out. */
    int readOffset;
    /** First byte not yet filled. */
    int writeOffset;

    Chunk(ByteBuffer byteBuffer)
    {
        this.byteBuffer = byteBuffer;
        this.buffer = new UnsafeBuffer(byteBuffer);
    }

    /** @return the memory, for ciphers. */
    public UnsafeBuffer buffer()
    {
        return buffer;
    }

    /** @return offset of the first byte not yet taken out. */
    public int readOffset()
    {
        return readOffset;
    }

    /** @return bytes waiting. */
    public int length()
    {
        return writeOffset - readOffset;
    }

    /** @return offset of the first byte not yet filled. */
    public int writeOffset()
    {
        return writeOffset;
    }

    /** @return bytes that can still be filled. */
    public int room()
    {
        return buffer.capacity() - writeOffset;
    }

    /** @return the chunk behind this one in its chain, or null. */
    public @Nullable Chunk next()
    {
        return next;
    }

    /** @return some of its bytes as a view for a checksum; the same object each time. */
    public ByteBuffer view(int offset, int length)
    {
        return byteBuffer.limit(offset + length).position(offset);
    }

    /** @return the waiting bytes as a view for a socket; the same object each time. */
    ByteBuffer readView()
    {
        return byteBuffer.limit(writeOffset).position(readOffset);
    }
}
