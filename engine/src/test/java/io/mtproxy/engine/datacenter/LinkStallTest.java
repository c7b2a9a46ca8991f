// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.datacenter;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.mtproxy.engine.status.DcCounter;
import io.mtproxy.engine.status.api.StallLeg;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Answers that find no room in the ring to a client agent. */
class LinkStallTest
{
    @Test
    void shouldNameRingThatStaysFull()
    {
        try (DatacenterBench bench = new DatacenterBench())
        {
            bench.addReadyServer(1, 1);
            long id = bench.bind(1, 0);
            bench.fillToClientRing(0, 0);
            bench.peer(0).answer(id, 0, new byte[3000]);
            bench.advance(TimeUnit.MILLISECONDS.toNanos(900));
            assertEquals(0, bench.status.stalls().count(), "a ring may be full for a moment");

            bench.advance(TimeUnit.SECONDS.toNanos(5));
            assertEquals(1, bench.status.stalls().count());
            assertEquals(1, bench.status.dcs().row(DatacenterBench.DC).get(DcCounter.STALLS_TO_CLIENT_RING_FULL),
                StallLeg.TO_CLIENT_RING_FULL::toString);

            bench.readOnce(0, Integer.MAX_VALUE);
            bench.advance(TimeUnit.SECONDS.toNanos(5));
            assertEquals(1, bench.status.stalls().count(), "it goes on");
            bench.takeMessages(0);
            bench.assertNoViolations();
        }
    }
}
