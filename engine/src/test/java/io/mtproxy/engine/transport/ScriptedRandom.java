// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.transport;

import io.mtproxy.crypto.RandomSource;
import java.util.ArrayDeque;

/** Gives what a test put in, in that order, and fails when something else is asked for. */
final class ScriptedRandom implements RandomSource
{
    private final ArrayDeque<Long> script = new ArrayDeque<>();

    ScriptedRandom add(long value)
    {
        script.add(value);
        return this;
    }

    /** A 64-bit draw that begins with these bytes, little-endian. */
    ScriptedRandom addBytes(byte[] bytes)
    {
        long value = 0;
        for (int i = 0; i < bytes.length; i++)
        {
            value |= (bytes[i] & 0xffL) << (i * Byte.SIZE);
        }
        return add(value);
    }

    boolean isUsedUp()
    {
        return script.isEmpty();
    }

    @Override
    public void nextBytes(byte[] out, int offset, int length)
    {
        throw new UnsupportedOperationException();
    }

    @Override
    public int nextInt(int bound)
    {
        int value = Math.toIntExact(script.remove());
        if (value < 0 || value >= bound)
        {
            throw new IllegalStateException(value + " scripted, but 0.." + (bound - 1) + " asked for");
        }
        return value;
    }

    @Override
    public long nextLong()
    {
        return script.remove();
    }
}
