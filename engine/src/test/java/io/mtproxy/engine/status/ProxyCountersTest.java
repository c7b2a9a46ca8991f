// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.status;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.mtproxy.engine.LeastAllocation;
import org.junit.jupiter.api.Test;

class ProxyCountersTest
{
    private final ProxyCounters counters = ProxyCounters.inMemory();

    @Test
    void shouldCountEachCounterByItself()
    {
        for (ProxyCounter counter : ProxyCounter.values())
        {
            counters.add(counter, counter.id());
            counters.increment(counter);
        }
        for (ProxyCounter counter : ProxyCounter.values())
        {
            assertEquals(counter.id() + 1, counters.get(counter));
        }
    }

    @Test
    void shouldGrowShrinkAndSetGauges()
    {
        counters.add(ProxyCounter.EXT_CONNECTIONS, 5);
        counters.add(ProxyCounter.EXT_CONNECTIONS, -2);
        assertEquals(3, counters.get(ProxyCounter.EXT_CONNECTIONS));

        counters.set(ProxyCounter.EXT_CONNECTIONS, 7);
        assertEquals(7, counters.get(ProxyCounter.EXT_CONNECTIONS));
    }

    @Test
    void shouldKeepLargest()
    {
        counters.proposeMax(ProxyCounter.DUTY_CYCLE_NS_MAX, 10);
        counters.proposeMax(ProxyCounter.DUTY_CYCLE_NS_MAX, 4);
        assertEquals(10, counters.get(ProxyCounter.DUTY_CYCLE_NS_MAX));
    }

    @Test
    void shouldNotAllocate()
    {
        assertEquals(0, LeastAllocation.bytesOf(() -> updateMany(20_000)));
    }

    private void updateMany(int rounds)
    {
        for (int i = 0; i < rounds; i++)
        {
            counters.increment(ProxyCounter.POLLS);
            counters.add(ProxyCounter.TCP_READ_BYTES, i);
            counters.set(ProxyCounter.BUFFERS_USED, i);
            counters.proposeMax(ProxyCounter.DUTY_CYCLE_NS_MAX, i);
        }
    }
}
