// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.datacenter;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class BackoffTest
{
    private static final double SECOND_NS = TimeUnit.SECONDS.toNanos(1);

    @Test
    void shouldGrowFromOneSecondUntilItPassesTwenty() // [P-CON-31] [C-MID-02] [C-LIM-24]
    {
        for (int seed = 0; seed < 200; seed++)
        {
            Backoff backoff = new Backoff(new SeededRandom(seed));
            double last = backoff.nextDelayNs() / SECOND_NS;
            assertTrue(last >= 1.0 && last <= 1.1, "first " + last);
            while (last < 20)
            {
                double next = backoff.nextDelayNs() / SECOND_NS;
                assertTrue(next >= 1.5 * last - 1e-6 && next <= 1.5 * last + 0.2 + 1e-6, last + " then " + next);
                last = next;
            }
            assertEquals(last, backoff.nextDelayNs() / SECOND_NS);
            assertEquals(last, backoff.nextDelayNs() / SECOND_NS);
        }
    }

    @Test
    void shouldBeginAgainWithTheServersOwnFirstDelay() // [P-CON-31]
    {
        Backoff backoff = new Backoff(new SeededRandom(3));
        long first = backoff.nextDelayNs();
        backoff.nextDelayNs();
        backoff.nextDelayNs();
        backoff.reset();
        assertEquals(first, backoff.nextDelayNs());
    }
}
