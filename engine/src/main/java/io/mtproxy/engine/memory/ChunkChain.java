// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.memory;

import io.mtproxy.engine.io.TcpSocket;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Bytes waiting in chunks, first in, first out: a frame that arrived in part, or what a socket did not take at once.
 * Owns its chunks; empty it holds none. Used by one agent.
 */
public final class ChunkChain
{
    /** Most chunks written by one call; more only makes the call longer. */
    private static final int GATHER_COUNT_MAX = 64;

    private final ChunkPool pool;
    private @Nullable Chunk head;
    private @Nullable Chunk tail;
    /** Given out by {@link #tailWithRoom} and not yet in the chain, as nothing has been put into it. */
    private @Nullable Chunk pending;
    private int length;
    private int chunkCount;

    public ChunkChain(ChunkPool pool)
    {
        this.pool = pool;
    }

    /** @return bytes waiting. */
    public int length()
    {
        return length;
    }

    /** @return bytes of memory held, which is more than {@link #length} where chunks are partly filled. */
    public int heldLength()
    {
        return chunkCount * ChunkPool.CHUNK_LENGTH;
    }

    public boolean isEmpty()
    {
        return length == 0;
    }

    /** @return the first chunk, to read from its {@link Chunk#readOffset}; null when the chain is empty. */
    public @Nullable Chunk head()
    {
        return head;
    }

    /**
     * Gives a chunk with room behind the last byte, to be filled from its {@link Chunk#writeOffset} and then
     * {@link #commit}ted, with 0 if nothing was filled.
     *
     * @return the chunk, with room for at least one byte, or null when the pool is used up.
     */
    public @Nullable Chunk tailWithRoom()
    {
        if (tail != null && tail.room() > 0)
        {
            return tail;
        }
        if (pending == null)
        {
            pending = pool.take();
            if (pending != null)
            {
                chunkCount++;
            }
        }
        return pending;
    }

    /** Says that the caller has filled so many bytes of the chunk that {@link #tailWithRoom} gave it. */
    public void commit(int filledLength)
    {
        Chunk filled = pending;
        if (filled == null)
        {
            assert tail != null : "nothing to commit into";
            tail.writeOffset += filledLength;
        }
        else
        {
            pending = null;
            if (filledLength == 0)
            {
                chunkCount--;
                pool.giveBack(filled);
            }
            else
            {
                filled.writeOffset = filledLength;
                link(filled);
            }
        }
        length += filledLength;
    }

    /**
     * Copies bytes to the end.
     *
     * @return false when the pool is used up: then part of the bytes may be in, and the owner can only be closed.
     */
    public boolean append(DirectBuffer from, int offset, int appendLength)
    {
        for (int done = 0; done < appendLength;)
        {
            Chunk chunk = tailWithRoom();
            if (chunk == null)
            {
                return false;
            }
            int run = Math.min(appendLength - done, chunk.room());
            chunk.buffer().putBytes(chunk.writeOffset, from, offset + done, run);
            commit(run);
            done += run;
        }
        return true;
    }

    /** Copies the first bytes out and drops them; there must be so many. */
    public void take(MutableDirectBuffer to, int offset, int takeLength)
    {
        if (takeLength > length)
        {
            throw new IllegalArgumentException("take " + takeLength + " of " + length + " bytes");
        }
        for (int done = 0; done < takeLength;)
        {
            Chunk first = first();
            int run = Math.min(takeLength - done, first.length());
            to.putBytes(offset + done, first.buffer(), first.readOffset, run);
            drop(run);
            done += run;
        }
    }

    /** Drops the first bytes; there must be so many. Chunks that become empty go back to the pool. */
    public void drop(int dropLength)
    {
        if (dropLength > length)
        {
            throw new IllegalArgumentException("drop " + dropLength + " of " + length + " bytes");
        }
        length -= dropLength;
        for (int left = dropLength; left > 0;)
        {
            Chunk first = first();
            int run = Math.min(left, first.length());
            first.readOffset += run;
            left -= run;
            if (first.length() == 0)
            {
                releaseHead();
            }
        }
    }

    /**
     * Writes the first bytes, in one call, and drops what the socket has taken.
     *
     * @param gather views used for the call, owned by the agent.
     * @return whether the socket took all that was offered; false means that it takes no more now.
     */
    public boolean writeTo(TcpSocket socket, ByteBuffer[] gather) throws IOException
    {
        int count = 0;
        int offered = 0;
        for (Chunk chunk = head; chunk != null && count < gather.length; chunk = chunk.next)
        {
            gather[count++] = chunk.readView();
            offered += chunk.length();
        }
        if (offered == 0)
        {
            return true;
        }
        long written = socket.write(gather, 0, count);
        drop((int)written);
        return written == offered;
    }

    /** Gives every chunk back; the bytes are lost. */
    public void clear()
    {
        while (head != null)
        {
            releaseHead();
        }
        if (pending != null)
        {
            commit(0);
        }
        length = 0;
    }

    /** @return an array of the size that {@link #writeTo} wants. */
    public static ByteBuffer[] newGatherArray()
    {
        return new ByteBuffer[GATHER_COUNT_MAX];
    }

    private Chunk first()
    {
        Chunk first = head;
        assert first != null : "more taken out than waits";
        return first;
    }

    private void link(Chunk chunk)
    {
        if (tail == null)
        {
            head = chunk;
        }
        else
        {
            tail.next = chunk;
        }
        tail = chunk;
    }

    private void releaseHead()
    {
        Chunk released = first();
        head = released.next;
        if (head == null)
        {
            tail = null;
        }
        chunkCount--;
        pool.giveBack(released);
    }
}
