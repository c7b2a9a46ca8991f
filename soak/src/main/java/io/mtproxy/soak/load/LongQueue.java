// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.soak.load;

import java.util.Arrays;

/** Numbers, first in first out; grows, never shrinks. */
final class LongQueue
{
    private long[] values = new long[4];
    private int head;
    private int count;

    boolean isEmpty()
    {
        return count == 0;
    }

    void add(long value)
    {
        if (count == values.length)
        {
            int old = values.length;
            values = Arrays.copyOf(values, 2 * old);
            System.arraycopy(values, 0, values, old, head);
        }
        values[head + count & values.length - 1] = value;
        count++;
    }

    long remove()
    {
        long value = values[head];
        head = head + 1 & values.length - 1;
        count--;
        return value;
    }

    void clear()
    {
        head = 0;
        count = 0;
    }
}
