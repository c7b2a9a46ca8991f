// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.relay;

import java.nio.ByteBuffer;
import org.agrona.concurrent.AtomicBuffer;
import org.agrona.concurrent.ControlledMessageHandler;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.ringbuffer.OneToOneRingBuffer;
import org.agrona.concurrent.ringbuffer.RingBufferDescriptor;

/**
 * The one way by which data crosses from one agent to another (architecture A2): a ring of messages with one writer and
 * one reader. A writer claims a slot, lets a cipher put the bytes there, and commits; it never waits. A full ring is
 * normal: the writer stops reading its sockets and tries again.
 */
public final class RelayRing
{
    /** Most payload bytes in one message; what is longer crosses in consecutive parts (architecture A3). */
    public static final int PART_LENGTH_MAX = 16 * 1024;
    /** Smallest ring whose messages may be that long: Agrona takes an eighth of the capacity at most. */
    public static final int CAPACITY_MIN = 256 * 1024;

    private final OneToOneRingBuffer ring;
    private final Runnable drainNow;
    /** The reader is inside {@link #read}: its handler must not start another, which a full ring could ask for. */
    private boolean reading;

    /**
     * @param capacity bytes, a power of two, at least {@link #CAPACITY_MIN}.
     * @param drainNow empties the ring at once where reader and writer share a thread; does nothing elsewhere.
     */
    public RelayRing(int capacity, Runnable drainNow)
    {
        if (capacity < CAPACITY_MIN)
        {
            throw new IllegalArgumentException("ring of " + capacity + " bytes, at least " + CAPACITY_MIN);
        }
        this.ring = new OneToOneRingBuffer(new UnsafeBuffer(
            ByteBuffer.allocateDirect(capacity + RingBufferDescriptor.TRAILER_LENGTH)));
        this.drainNow = drainNow;
    }

    /**
     * Claims room for one message.
     *
     * @param typeId one of the message types.
     * @param length of the message in bytes.
     * @return index of the message in {@link #buffer}, to be given to {@link #commit} or {@link #abort}; negative when
     *         the ring is full.
     */
    public int tryClaim(int typeId, int length)
    {
        int index = ring.tryClaim(typeId, length);
        if (index < 0)
        {
            drainNow.run();
            index = ring.tryClaim(typeId, length);
        }
        return index;
    }

    /** @return the memory that indexes of {@link #tryClaim} point into. */
    public AtomicBuffer buffer()
    {
        return ring.buffer();
    }

    /** Hands a filled message over. */
    public void commit(int index)
    {
        ring.commit(index);
    }

    /** Gives a claimed message up; the reader will not see it. */
    public void abort(int index)
    {
        ring.abort(index);
    }

    /**
     * Lets the reader handle what is there.
     *
     * @param handler  may answer ABORT to be given the same message again later.
     * @param countMax most messages to handle.
     * @return messages handled; 0 when called by a handler of this same ring.
     */
    public int read(ControlledMessageHandler handler, int countMax)
    {
        if (reading)
        {
            return 0;
        }
        reading = true;
        try
        {
            int handled = ring.controlledRead(handler, countMax);
            // One read ends where the memory ends; what stands at its beginning belongs to the same turn.
            boolean isAtEnd = (ring.consumerPosition() & (ring.capacity() - 1L)) == 0;
            return isAtEnd && !isEmpty() ? handled + ring.controlledRead(handler, countMax - handled) : handled;
        }
        finally
        {
            reading = false;
        }
    }

    /** @return whether nothing waits for the reader. */
    public boolean isEmpty()
    {
        return ring.size() == 0;
    }
}
