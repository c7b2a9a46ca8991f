// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.transport;

import io.mtproxy.crypto.RandomSource;
import java.util.SplittableRandom;

/** The same numbers for the same seed; allocates nothing. */
final class SeededRandom implements RandomSource
{
    private final SplittableRandom random;

    SeededRandom(long seed)
    {
        random = new SplittableRandom(seed);
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
