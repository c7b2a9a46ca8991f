// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.datacenter;

import io.mtproxy.crypto.RandomSource;
import java.util.concurrent.TimeUnit;

/**
 * How long a server is left alone after a round of attempts: 1.0 to 1.1 s at first, then each time half as long again
 * and up to 0.2 s more, until it passes 20 s. [P-CON-31] [C-MID-02]
 */
final class Backoff
{
    private static final long FIRST_NS = TimeUnit.SECONDS.toNanos(1);
    private static final int FIRST_SPREAD_NS = (int)TimeUnit.MILLISECONDS.toNanos(100);
    private static final int STEP_SPREAD_NS = (int)TimeUnit.MILLISECONDS.toNanos(200);
    private static final long GROWTH_END_NS = TimeUnit.SECONDS.toNanos(20);

    private final RandomSource random;
    private final long firstNs;
    private long delayNs;

    Backoff(RandomSource random)
    {
        this.random = random;
        this.firstNs = FIRST_NS + random.nextInt(FIRST_SPREAD_NS + 1);
        this.delayNs = firstNs;
    }

    /** @return ns from the round that begins now to the next one, should this one fail. */
    long nextDelayNs()
    {
        long result = delayNs;
        if (delayNs < GROWTH_END_NS)
        {
            delayNs += delayNs / 2 + random.nextInt(STEP_SPREAD_NS + 1);
        }
        return result;
    }

    /** Called when the server was seen to work. */
    void reset()
    {
        delayNs = firstNs;
    }
}
