// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.bench;

import io.mtproxy.crypto.RandomSource;
import java.util.SplittableRandom;

/** Random numbers that cost next to nothing, so that they are not what is measured. */
final class FastRandom implements RandomSource
{
    private final SplittableRandom random = new SplittableRandom(1);

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
