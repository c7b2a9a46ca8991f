// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.datacenter;

import io.mtproxy.crypto.RandomSource;
import java.util.Random;

/** The same numbers each time. */
final class SeededRandom implements RandomSource
{
    private final Random random;

    SeededRandom(long seed)
    {
        this.random = new Random(seed);
    }

    @Override
    public void nextBytes(byte[] out, int offset, int length)
    {
        for (int i = 0; i < length; i++)
        {
            out[offset + i] = (byte)random.nextInt();
        }
    }

    @Override
    public int nextInt(int bound)
    {
        return random.nextInt(bound);
    }

    @Override
    public long nextLong()
    {
        return random.nextLong();
    }
}
