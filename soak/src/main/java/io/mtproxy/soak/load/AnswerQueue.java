// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.soak.load;

import java.util.Arrays;

/** Answers that are owed, oldest first; grows, never shrinks. */
final class AnswerQueue
{
    private long[] ids = new long[64];
    private int[] clients = new int[64];
    private int[] sequences = new int[64];
    private int[] lengths = new int[64];
    private int head;
    private int count;

    boolean isEmpty()
    {
        return count == 0;
    }

    void add(long id, int client, int sequence, int length)
    {
        if (count == ids.length)
        {
            grow();
        }
        int at = head + count & ids.length - 1;
        ids[at] = id;
        clients[at] = client;
        sequences[at] = sequence;
        lengths[at] = length;
        count++;
    }

    long id()
    {
        return ids[head];
    }

    int client()
    {
        return clients[head];
    }

    int sequence()
    {
        return sequences[head];
    }

    int length()
    {
        return lengths[head];
    }

    void remove()
    {
        head = head + 1 & ids.length - 1;
        count--;
    }

    private void grow()
    {
        int old = ids.length;
        ids = Arrays.copyOf(ids, 2 * old);
        clients = Arrays.copyOf(clients, 2 * old);
        sequences = Arrays.copyOf(sequences, 2 * old);
        lengths = Arrays.copyOf(lengths, 2 * old);
        // what wrapped goes behind what did not
        System.arraycopy(ids, 0, ids, old, head);
        System.arraycopy(clients, 0, clients, old, head);
        System.arraycopy(sequences, 0, sequences, old, head);
        System.arraycopy(lengths, 0, lengths, old, head);
    }
}
