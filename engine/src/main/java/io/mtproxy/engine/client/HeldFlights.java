// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.client;

import java.util.PriorityQueue;

/**
 * Answers to hellos that wait for as long as the domain would have taken. One for each client agent; bounded by its
 * connections, each of which waits once.
 */
final class HeldFlights
{
    private final PriorityQueue<FakeTlsHandshake> waiting =
        new PriorityQueue<>((one, other) -> Long.signum(one.dueNs() - other.dueNs()));

    /** Holds a flight until its time has come. */
    void add(FakeTlsHandshake handshake)
    {
        waiting.add(handshake);
    }

    /** @return flights that have gone out. */
    int poll(long nowNs)
    {
        int released = 0;
        for (FakeTlsHandshake next = waiting.peek(); next != null && next.dueNs() - nowNs <= 0; next = waiting.peek())
        {
            waiting.remove().release();
            released++;
        }
        return released;
    }

    /** @return how long there is nothing to do. */
    long waitNsMax(long nowNs)
    {
        FakeTlsHandshake next = waiting.peek();
        return next == null ? Long.MAX_VALUE : next.dueNs() - nowNs;
    }
}
