// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.sim;

import java.io.ByteArrayOutputStream;
import java.util.ArrayDeque;
import java.util.Arrays;

/** One end of a simulated connection that just sends what it is told, as fast as the network takes it, and keeps what comes. */
final class SimulatedPipe implements Runnable
{
    private static final int READ_LENGTH_MAX = 1 << 20;

    final SimulatedConnection.PeerEnd end;
    /** Set while nothing is read. */
    boolean isReadingPaused;
    private final ByteArrayOutputStream received = new ByteArrayOutputStream();
    private final ArrayDeque<byte[]> waiting = new ArrayDeque<>();
    private boolean isEnding;
    private boolean isReset;

    SimulatedPipe(SimulatedConnection.PeerEnd end)
    {
        this.end = end;
    }

    SimulatedPipe send(byte[] bytes)
    {
        waiting.addLast(bytes);
        return this;
    }

    /** Ends the stream when everything has been sent. */
    void end()
    {
        isEnding = true;
    }

    void reset()
    {
        isReset = true;
        end.reset();
    }

    byte[] received()
    {
        return received.toByteArray();
    }

    /** @return whether the engine has ended its stream and everything before that has come. */
    boolean isAtEnd()
    {
        return end.isAtEnd();
    }

    @Override
    public void run()
    {
        if (isReset)
        {
            return;
        }
        while (!waiting.isEmpty() && end.room() > 0)
        {
            byte[] bytes = waiting.removeFirst();
            int run = Math.min(bytes.length, end.room());
            end.write(Arrays.copyOf(bytes, run));
            if (run < bytes.length)
            {
                waiting.addFirst(Arrays.copyOfRange(bytes, run, bytes.length));
            }
        }
        if (isEnding && waiting.isEmpty())
        {
            end.end();
        }
        if (!isReadingPaused)
        {
            received.writeBytes(end.read(READ_LENGTH_MAX));
        }
    }
}
