// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.datacenter;

import static io.mtproxy.engine.datacenter.DatacenterBench.SERVER_V4;
import static io.mtproxy.engine.datacenter.DatacenterBench.id;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mtproxy.engine.datacenter.DatacenterBench.Message;
import io.mtproxy.engine.memory.Chunk;
import io.mtproxy.engine.relay.RelayRing;
import io.mtproxy.engine.relay.ToClientMessage;
import io.mtproxy.engine.relay.ToClientMessage.ClosedCause;
import io.mtproxy.engine.status.ProxyCounter;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** A defect of ours costs the link in which it shows, and nobody else; the operator hears of it. */
class LinkDefectTest
{
    private static final int PART = RelayRing.PART_LENGTH_MAX;

    private final RuntimeException defect = new IllegalStateException("defect");

    @Test
    void shouldEndOnlyTheLinkThatReadsIntoADefect() // [P-CON-22]
    {
        try (DatacenterBench bench = new DatacenterBench())
        {
            bench.addReadyServer(2, 2);
            long[] ids = bindOneToEachLink(bench);
            bench.socket(0).defect = defect;
            bench.peer(0).answer(ids[0], 0, new byte[64]);
            bench.settle();
            assertLost(bench, 0);
            assertEquals(List.of(ids[0]), lostIds(bench));
            bench.peer(1).answer(ids[1], 0, new byte[64]);
            bench.settle();
            assertEquals(ids[1], bench.takeMessages(0).getFirst().id());
            assertTrue(bench.network.attemptCount > 2, "the link is replaced");
            bench.assertNoViolations();
        }
    }

    @Test
    void shouldEndOnlyTheLinkThatWritesIntoADefectAtTheEndOfATurn() // [P-CON-22]
    {
        try (DatacenterBench bench = new DatacenterBench())
        {
            bench.addReadyServer(2, 2);
            long[] ids = bindOneToEachLink(bench);
            bench.socket(0).defect = defect;
            bench.request(ids[0], 0, false, 64);
            bench.request(ids[1], 0, false, 64);
            bench.turn();
            assertLost(bench, 0);
            bench.settle();
            assertEquals(List.of(ids[0]), lostIds(bench));
            assertEquals(2, bench.peer(1).requests().size());
            bench.assertNoViolations();
        }
    }

    /** The rest of the turn finds a link that is lost but not closed yet, since its end must wait. */
    @Test
    void shouldSwallowWhatComesBehindADefectInTheMiddleOfATurn() // [P-CON-22] [P-RPC-40]
    {
        try (DatacenterBench bench = new DatacenterBench(2, DatacenterBench.settings()))
        {
            bench.addReadyServer(2, 2);
            long[] ids = bindOneToEachLink(bench);
            long other = bindToFirstLink(bench, 1);
            bench.socket(0).defect = defect;
            int writes = bench.socket(0).writeCount;
            for (int i = 0; i < 14; i++)
            {
                bench.request(ids[0], 0, false, PART - 56);
                bench.request(other, 0, false, PART - 56);
            }
            bench.request(ids[1], 0, false, 64);
            bench.clientClose(other);
            bench.turn();
            assertEquals(writes + 1, bench.socket(0).writeCount, "written early, and not again");
            assertLost(bench, 0);
            bench.settle();
            assertEquals(2, bench.peer(1).requests().size());
            assertTrue(lostIds(bench).contains(ids[0]));
            bench.assertNoViolations();
        }
    }

    @Test
    void shouldEndALinkThatMeetsADefectWhenItGoesOn() // [P-CON-22]
    {
        try (DatacenterBench bench = new DatacenterBench())
        {
            bench.addReadyServer(2, 2);
            long[] ids = bindOneToEachLink(bench);
            bench.fillToClientRing(0, 0);
            bench.peer(0).answer(ids[0], 0, new byte[64]);
            bench.settle();
            assertEquals(1, bench.counter(ProxyCounter.TO_CLIENT_RING_FULL));
            assertFalse(bench.socket(0).isClosed);
            bench.onToClientRingFull = () ->
            {
                bench.onToClientRingFull = () ->
                {
                };
                throw defect;
            };
            bench.turn();
            assertLost(bench, 0);
            bench.takeMessages(0);
            bench.settle();
            assertEquals(List.of(ids[0]), lostIds(bench));
            bench.peer(1).answer(ids[1], 0, new byte[64]);
            bench.settle();
            assertEquals(ids[1], bench.takeMessages(0).getFirst().id());
            bench.assertNoViolations();
        }
    }

    @Test
    void shouldTryAgainAfterADefectWhileConnecting() // [P-CON-31]
    {
        try (DatacenterBench bench = new DatacenterBench())
        {
            bench.network.defect = defect;
            bench.addServer(SERVER_V4, 2, 2);
            assertEquals(2, bench.counter(ProxyCounter.LINK_CLOSED_INTERNAL_ERROR));
            assertEquals(2, bench.counter(ProxyCounter.CONNECT_FAILURES));
            assertEquals(List.of(defect, defect), bench.defects);
            bench.defects.clear();
            bench.network.defect = null;
            bench.advance(TimeUnit.SECONDS.toNanos(2));
            assertEquals(2, bench.counter(ProxyCounter.READY_OUTBOUND_CONNECTIONS));
        }
    }

    /** Once began a frame on a link whose last one had been broken off: an assertion failed, the whole turn with it. */
    @Test
    void shouldSwallowRequestsBehindTheOneForWhichNoChunkWasLeft() // [C-LIM-10]
    {
        try (DatacenterBench bench = new DatacenterBench(1, DatacenterBench.settings(), 1, false))
        {
            bench.addReadyServer(1, 1);
            long id = bench.bind(1, 0);
            bench.socket(0).writeBudget = 0;
            bench.network.accepting = FakeNetwork.Accepting.SILENT;
            for (int i = 0; i < 14; i++)
            {
                bench.request(id, 0, false, PART - 56);
            }
            List<Chunk> taken = Stream.generate(bench.pool::take).takeWhile(Objects::nonNull).toList();
            bench.turn();
            taken.forEach(bench.pool::giveBack);
            assertTrue(bench.fromClients[0].isEmpty());
            assertEquals(1, bench.counter(ProxyCounter.LINK_CLOSED_BUFFERS_EXHAUSTED));
        }
    }

    private void assertLost(DatacenterBench bench, int at)
    {
        assertTrue(bench.socket(at).isClosed);
        assertEquals(1, bench.counter(ProxyCounter.LINK_CLOSED_INTERNAL_ERROR));
        assertEquals(1, bench.counter(ProxyCounter.ERRORS));
        assertEquals(List.of(defect), bench.defects);
        bench.defects.clear();
    }

    private static List<Long> lostIds(DatacenterBench bench)
    {
        return bench.takeMessages(0).stream()
            .filter(message -> message.type() == ToClientMessage.CLOSED &&
                message.flags() == ClosedCause.LINK_LOST.ordinal())
            .map(Message::id).toList();
    }

    /** @return a client of the first link and one of the second; others are gone again. */
    private static long[] bindOneToEachLink(DatacenterBench bench)
    {
        long[] ids = new long[2];
        for (int slot = 1; ids[0] == 0 || ids[1] == 0; slot++)
        {
            long bound = bench.bind(slot, 0);
            int at = bench.positionOf(bound);
            if (ids[at] == 0)
            {
                ids[at] = bound;
            }
            else
            {
                bench.clientClose(bound);
                bench.settle();
            }
        }
        return ids;
    }

    private static long bindToFirstLink(DatacenterBench bench, int clientAgent)
    {
        for (int slot = 1;; slot++)
        {
            long bound = id(clientAgent, slot, 1);
            bench.request(bound, 0, true, 64);
            bench.settle();
            if (bench.positionOf(bound) == 0)
            {
                return bound;
            }
        }
    }
}
