// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.sim;

import io.mtproxy.crypto.RandomSource;
import java.util.random.RandomGenerator;

/** Randomness of the engine that follows from the seed of a run. */
final class SeededRandomSource implements RandomSource
{
    private final RandomGenerator random;

    SeededRandomSource(RandomGenerator random)
    {
        this.random = random;
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
