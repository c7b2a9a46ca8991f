// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.client;

import io.mtproxy.engine.memory.ChunkChain;
import java.util.Arrays;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * What a connection has sent before it is known whose it is, or before the domain it is passed on to is connected. A little
 * waits in an array of its length, so that ten thousand strangers do not use up the chunks that clients need; more waits in
 * chunks. So a silent connection costs no buffer, and half a hello at most {@link #SMALL_LENGTH_MAX} bytes of the heap.
 */
final class StartBytes
{
    /** Longest start that is kept outside of chunks, each of which is sixteen times as long. */
    static final int SMALL_LENGTH_MAX = 1024;

    private final ChunkChain chunks;
    /** All that waits; null when nothing does, or when it waits in chunks. */
    private byte @Nullable [] small;

    /** @param chunks where more than a little waits; nobody else puts bytes there while something waits here. */
    StartBytes(ChunkChain chunks)
    {
        this.chunks = chunks;
    }

    /**
     * Copies bytes to the end.
     *
     * @return false when the pool is used up: then the owner can only be closed.
     */
    boolean append(DirectBuffer from, int offset, int length)
    {
        byte[] before = small;
        int beforeLength = before == null ? 0 : before.length;
        if (length == 0)
        {
            return true;
        }
        if (chunks.isEmpty() && beforeLength + length <= SMALL_LENGTH_MAX)
        {
            byte[] joined = before == null ? new byte[length] : Arrays.copyOf(before, beforeLength + length);
            from.getBytes(offset, joined, beforeLength, length);
            small = joined;
            return true;
        }
        small = null;
        return (before == null || chunks.append(new UnsafeBuffer(before), 0, beforeLength)) &&
            chunks.append(from, offset, length);
    }

    /** @return bytes waiting. */
    int length()
    {
        byte[] waiting = small;
        return waiting == null ? chunks.length() : waiting.length;
    }

    /** @return bytes of chunks held. */
    int heldLength()
    {
        return chunks.heldLength();
    }

    /** Moves all that waits to the front of a buffer. @return how much that was. */
    int takeAll(MutableDirectBuffer to)
    {
        int length = takeSmall(to);
        if (length == 0)
        {
            length = chunks.length();
            chunks.take(to, 0, length);
        }
        return length;
    }

    /** Moves what waits in no chunk to the front of a buffer. @return how much that was. */
    int takeSmall(MutableDirectBuffer to)
    {
        byte[] waiting = small;
        if (waiting == null)
        {
            return 0;
        }
        to.putBytes(0, waiting);
        small = null;
        return waiting.length;
    }

    /** Forgets everything, and gives the chunks back. */
    void clear()
    {
        small = null;
        chunks.clear();
    }
}
