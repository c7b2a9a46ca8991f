// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.sim;

import java.util.ArrayDeque;
import java.util.random.RandomGenerator;

/**
 * One direction of a simulated connection: bytes on their way, and bytes that have arrived. Pieces arrive in order, each
 * after a delay of its own, cut where the network likes.
 */
final class SimulatedStream
{
    private static final long DELAY_NS_MAX = 3_000_000L;

    private final SimulatedClock clock;
    private final RandomGenerator random;
    private final int capacity;
    private final boolean isCutting;
    private final ArrayDeque<Piece> pieces = new ArrayDeque<>();
    private int length;
    private long lastArrivalNs;
    private boolean ended;
    private long endArrivalNs;

    private record Piece(byte[] bytes, long arrivalNs)
    {
    }

    /**
     * @param capacity  bytes that may be on their way or unread: the two socket buffers together.
     * @param isCutting cut and delay pieces at random; otherwise everything arrives whole and at once.
     */
    SimulatedStream(SimulatedClock clock, RandomGenerator random, int capacity, boolean isCutting)
    {
        this.clock = clock;
        this.random = random;
        this.capacity = capacity;
        this.isCutting = isCutting;
    }

    /** @return bytes that a writer can add now. */
    int room()
    {
        return ended ? 0 : capacity - length;
    }

    /** Adds bytes; the caller has looked at {@link #room}. */
    void write(byte[] bytes)
    {
        if (bytes.length > room())
        {
            throw new IllegalStateException("more bytes than room");
        }
        for (int done = 0; done < bytes.length;)
        {
            int run = isCutting ? 1 + random.nextInt(Math.min(bytes.length - done, cutLength())) : bytes.length;
            byte[] piece = new byte[run];
            System.arraycopy(bytes, done, piece, 0, run);
            pieces.addLast(new Piece(piece, arrival()));
            done += run;
        }
        length += bytes.length;
    }

    /** Mostly long pieces, sometimes a few bytes. */
    private int cutLength()
    {
        return random.nextInt(8) == 0 ? 16 : 64 * 1024;
    }

    private long arrival()
    {
        long delayNs = isCutting && random.nextInt(4) == 0 ? random.nextLong(DELAY_NS_MAX) : 0;
        lastArrivalNs = Math.max(lastArrivalNs, clock.nanoTime() + delayNs);
        return lastArrivalNs;
    }

    /** The writer has ended: what is on its way still arrives. */
    void end()
    {
        if (!ended)
        {
            ended = true;
            endArrivalNs = arrival();
        }
    }

    /** @return whether a read gives bytes now. */
    boolean hasArrived()
    {
        return !pieces.isEmpty() && pieces.peekFirst().arrivalNs <= clock.nanoTime();
    }

    /** @return whether the reader has read all and sees the end. */
    boolean isAtEnd()
    {
        return ended && pieces.isEmpty() && endArrivalNs <= clock.nanoTime();
    }

    /** @return arrived bytes, at most so many; empty when nothing has arrived. */
    byte[] read(int lengthMax)
    {
        byte[] found = new byte[Math.min(lengthMax, length)];
        int taken = 0;
        while (taken < found.length && hasArrived())
        {
            Piece piece = pieces.removeFirst();
            int run = Math.min(found.length - taken, piece.bytes.length);
            System.arraycopy(piece.bytes, 0, found, taken, run);
            taken += run;
            if (run < piece.bytes.length)
            {
                byte[] rest = java.util.Arrays.copyOfRange(piece.bytes, run, piece.bytes.length);
                pieces.addFirst(new Piece(rest, piece.arrivalNs));
            }
        }
        length -= taken;
        return taken == found.length ? found : java.util.Arrays.copyOf(found, taken);
    }
}
