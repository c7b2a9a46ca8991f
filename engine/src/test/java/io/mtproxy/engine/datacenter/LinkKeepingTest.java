// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.datacenter;

import static io.mtproxy.engine.datacenter.DatacenterBench.SERVER_V4;
import static io.mtproxy.engine.datacenter.DatacenterBench.SERVER_V6;
import static io.mtproxy.engine.datacenter.DatacenterBench.TICK_NS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mtproxy.engine.relay.ServerEntry;
import io.mtproxy.engine.relay.ToClientMessage;
import io.mtproxy.engine.status.ProxyCounter;
import io.mtproxy.soak.HandshakeFault;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class LinkKeepingTest
{
    private static final double SECOND_NS = TimeUnit.SECONDS.toNanos(1);

    @Test
    void shouldOpenTheFewestLinksTogetherAtTheStart() // [P-CON-30] [C-MID-01]
    {
        try (DatacenterBench bench = new DatacenterBench())
        {
            bench.addServer(SERVER_V4, 4, 8);
            assertEquals(4, bench.network.attemptCount);
            bench.settle();
            bench.advance(TimeUnit.SECONDS.toNanos(5));
            assertEquals(4, bench.network.attemptCount);
            assertEquals(4, bench.counter(ProxyCounter.READY_OUTBOUND_CONNECTIONS));
            assertEquals(4, bench.counter(ProxyCounter.OUTBOUND_CONNECTIONS));
            assertEquals(4, bench.counter(ProxyCounter.ACTIVE_OUTBOUND_CONNECTIONS));
            assertEquals(4, bench.counter(ProxyCounter.ENCRYPTED_CONNECTIONS));
            assertEquals(0, bench.counter(ProxyCounter.KEY_EXCHANGES));
            assertEquals(1, bench.counter(ProxyCounter.READY_TARGETS));
            assertEquals(1, bench.counter(ProxyCounter.ACTIVE_TARGETS));
        }
    }

    @ParameterizedTest
    @EnumSource(value = FakeNetwork.Accepting.class, names = {"REFUSE", "FAIL_AT_ONCE"})
    void shouldTryARefusingServerInRoundsThatGrowApart(FakeNetwork.Accepting refusal) // [P-CON-31] [C-MID-02]
    {
        try (DatacenterBench bench = new DatacenterBench())
        {
            bench.network.accepting = refusal;
            assertRoundsGrow(bench, 4);
            assertEquals(bench.network.attemptCount, bench.counter(ProxyCounter.LINK_CLOSED_CONNECT_FAILED));
            assertEquals(bench.network.attemptCount, bench.counter(ProxyCounter.OUTBOUND_CONNECTIONS_CREATED));
        }
    }

    @ParameterizedTest
    @EnumSource(value = HandshakeFault.class, names = {"NONCE_SELECTOR", "HANDSHAKE_ERROR", "HANDSHAKE_KEYS"})
    void shouldBackOffFromFailingHandshakesToo(HandshakeFault fault) // [C-MID-07] [P-CON-31]
    {
        try (DatacenterBench bench = new DatacenterBench())
        {
            bench.options = bench.options.withFault(fault);
            assertRoundsGrow(bench, 4);
        }
    }

    @Test
    void shouldBackOffFromAServerThatStaysSilent() // [P-CON-31] [C-MID-07]
    {
        try (DatacenterBench bench = new DatacenterBench())
        {
            bench.options = bench.options.withFault(HandshakeFault.NONCE_SILENT);
            bench.addServer(SERVER_V4, 1, 1);
            bench.advance(TimeUnit.SECONDS.toNanos(60));
            int attempts = bench.network.attemptCount;
            assertTrue(attempts >= 5 && attempts <= 8, "every 3 s at first, then less often: " + attempts);
        }
    }

    /** Rounds of 4 attempts at 0, then after d, 1.5 d + 0..0.2 and so on, each found by the next check of 0.1 s. */
    private static void assertRoundsGrow(DatacenterBench bench, int linkCount)
    {
        long startNs = bench.nowNs;
        bench.addServer(SERVER_V4, linkCount, 2 * linkCount);
        List<Double> rounds = new ArrayList<>();
        int attempts = 0;
        while (rounds.size() < 12)
        {
            bench.settle();
            if (bench.network.attemptCount != attempts)
            {
                assertEquals(attempts + linkCount, bench.network.attemptCount, "all missing links together");
                attempts = bench.network.attemptCount;
                rounds.add((bench.nowNs - startNs) / SECOND_NS);
            }
            bench.advance(TimeUnit.MILLISECONDS.toNanos(10));
        }
        double last = rounds.get(1);
        assertTrue(last >= 1.0 && last <= 1.2, "first delay of " + rounds);
        for (int i = 2; i < rounds.size(); i++)
        {
            // A delay is seen up to 0.1 s too long, as checks are 0.1 s apart.
            double delay = rounds.get(i) - rounds.get(i - 1);
            double low = last < 20 ? 1.5 * (last - 0.1) : last - 0.1;
            double high = last < 20 ? 1.5 * last + 0.3 : last + 0.1;
            assertTrue(delay >= low - 0.011 && delay <= high + 0.011, "delay " + delay + " of " + rounds);
            last = delay;
        }
        assertTrue(last >= 20 && last < 31, "stops growing beyond 20 s: " + rounds);
    }

    @Test
    void shouldBeginAgainWithShortDelaysAfterTheServerWorked() // [P-CON-31] [C-MID-02]
    {
        try (DatacenterBench bench = new DatacenterBench())
        {
            bench.network.accepting = FakeNetwork.Accepting.REFUSE;
            bench.addServer(SERVER_V4, 4, 8);
            bench.advance(TimeUnit.SECONDS.toNanos(60));
            bench.network.accepting = FakeNetwork.Accepting.YES;
            bench.advance(TimeUnit.SECONDS.toNanos(40));
            assertEquals(4, bench.servers.getFirst().marks().readyLinkCount());
            int attempts = bench.network.attemptCount;
            bench.network.accepting = FakeNetwork.Accepting.REFUSE;
            bench.network.sockets.forEach(socket -> socket.isEnded = true);
            bench.settle();
            assertEquals(0, bench.servers.getFirst().marks().readyLinkCount());
            bench.advance(TimeUnit.SECONDS.toNanos(3));
            int more = bench.network.attemptCount - attempts;
            // While some of them were still ready the lost ones were replaced at once.
            assertTrue(more >= 8 && more <= 16, more + " attempts");
        }
    }

    @Test
    void shouldReplaceALostLinkAtOnceWhileAnotherIsReady() // [P-CON-31] [P-CON-30]
    {
        try (DatacenterBench bench = new DatacenterBench())
        {
            bench.addReadyServer(4, 8);
            bench.socket(2).isEnded = true;
            bench.settle();
            assertEquals(5, bench.network.attemptCount);
            assertEquals(4, bench.servers.getFirst().marks().readyLinkCount());
            assertEquals(1, bench.counter(ProxyCounter.LINK_CLOSED_PEER_END));
            bench.socket(0).isReset = true;
            bench.settle();
            assertEquals(4, bench.servers.getFirst().marks().readyLinkCount());
            assertEquals(1, bench.counter(ProxyCounter.LINK_CLOSED_PEER_RESET));
        }
    }

    @Test
    void shouldNotStormAServerThatRefusesJustTheReplacement() // [C-MID-07]
    {
        try (DatacenterBench bench = new DatacenterBench())
        {
            bench.addReadyServer(4, 8);
            bench.advance(TimeUnit.SECONDS.toNanos(5));
            bench.network.accepting = FakeNetwork.Accepting.REFUSE;
            bench.socket(0).isEnded = true;
            bench.advance(TimeUnit.SECONDS.toNanos(10));
            int more = bench.network.attemptCount - 4;
            assertTrue(more >= 8 && more <= 13, more + " attempts in 10 s");
            bench.network.accepting = FakeNetwork.Accepting.YES;
            bench.advance(TimeUnit.SECONDS.toNanos(2));
            assertEquals(4, bench.servers.getFirst().marks().readyLinkCount());
        }
    }

    @Test
    void shouldNeverHaveMoreThanTheMostLinks() // [P-CON-30]
    {
        try (DatacenterBench bench = new DatacenterBench())
        {
            bench.addReadyServer(3, 3);
            for (int i = 0; i < 50; i++)
            {
                bench.socket(bench.network.sockets.size() - 1 - i % 3).isEnded = true;
                bench.advance(TICK_NS / 2);
                assertTrue(bench.openSocketCount() <= 3);
            }
            bench.advance(TimeUnit.SECONDS.toNanos(3));
            assertEquals(3, bench.servers.getFirst().marks().readyLinkCount());
        }
    }

    @Test
    void shouldDrawUniformlyAmongReadyLinksOfTheServer() // [P-CON-20] [P-CON-21]
    {
        try (DatacenterBench bench = new DatacenterBench())
        {
            bench.addReadyServer(4, 8);
            bench.addServer(SERVER_V6, 4, 4);
            bench.settle();
            bench.socket(1).isEnded = true;
            bench.network.accepting = FakeNetwork.Accepting.SILENT;
            bench.settle();
            int[] drawn = new int[4];
            for (int i = 0; i < 3000; i++)
            {
                bench.request(DatacenterBench.id(0, i, 1), 0, true, 64);
                bench.turn();
                List<DatacenterBench.Message> messages = bench.takeMessages(0);
                assertEquals(ToClientMessage.BOUND, messages.getFirst().type());
                drawn[messages.getFirst().value()]++;
            }
            assertEquals(0, drawn[1], "the lost one's place holds a link that is not ready");
            for (int i : new int[]{0, 2, 3})
            {
                assertTrue(drawn[i] > 880 && drawn[i] < 1120, "drawn " + drawn[i] + " of 3000 times");
            }
        }
    }

    @Test
    void shouldPublishReadyLinksByServer() // [P-CON-21]
    {
        try (DatacenterBench bench = new DatacenterBench())
        {
            bench.addReadyServer(2, 2);
            ServerEntry other = bench.addServer(SERVER_V6, 1, 1);
            assertEquals(0, other.marks().readyLinkCount());
            bench.settle();
            assertEquals(1, other.marks().readyLinkCount());
            assertEquals(2, bench.counter(ProxyCounter.READY_TARGETS));
            bench.network.accepting = FakeNetwork.Accepting.REFUSE;
            bench.socket(2).isEnded = true;
            bench.settle();
            assertEquals(0, other.marks().readyLinkCount());
            assertEquals(2, bench.servers.getFirst().marks().readyLinkCount());
            assertEquals(1, bench.counter(ProxyCounter.READY_TARGETS));
        }
    }

    @Test
    void shouldLetARemovedServerGoOnForThoseBound() // [C-REL-10]
    {
        try (DatacenterBench bench = new DatacenterBench())
        {
            bench.addReadyServer(2, 2);
            long id = bench.bind(1, 0);
            int bound = bench.positionOf(id);
            bench.commands.removeServer(0);
            bench.advance(TimeUnit.SECONDS.toNanos(2));
            assertTrue(bench.socket(1 - bound).isClosed, "nobody needs it");
            assertFalse(bench.socket(bound).isClosed);
            assertEquals(0, bench.servers.getFirst().marks().readyLinkCount());
            assertEquals(1, bench.counter(ProxyCounter.INACTIVE_TARGETS));
            assertEquals(0, bench.counter(ProxyCounter.ACTIVE_TARGETS));

            bench.request(id, 0, false, 64);
            bench.settle();
            bench.peer(bound).answer(id, 0, new byte[8]);
            bench.settle();
            assertEquals(2, bench.peer(bound).requests().size());
            assertEquals(ToClientMessage.ANSWER, bench.takeMessages(0).getFirst().type());

            bench.request(DatacenterBench.id(0, 2, 1), 0, true, 64);
            bench.settle();
            assertEquals(ToClientMessage.REFUSED, bench.takeMessages(0).getFirst().type());

            bench.clientClose(id);
            bench.advance(TimeUnit.SECONDS.toNanos(1));
            assertTrue(bench.socket(bound).isClosed);
            assertEquals(2, bench.network.attemptCount);
            assertEquals(0, bench.counter(ProxyCounter.ALLOCATED_TARGETS));
            assertEquals(1, bench.counter(ProxyCounter.FREE_TARGETS));
            assertEquals(2, bench.counter(ProxyCounter.LINK_CLOSED_SERVER_REMOVED));
            bench.assertNoViolations();
        }
    }

    @Test
    void shouldStillBindAClientThatDrewTheServerJustBeforeItsRemoval() // [C-REL-13]
    {
        try (DatacenterBench bench = new DatacenterBench())
        {
            bench.addReadyServer(2, 2);
            bench.commands.removeServer(0);
            bench.advance(TimeUnit.MILLISECONDS.toNanos(500));
            assertEquals(0, bench.servers.getFirst().marks().readyLinkCount(), "nobody new can draw it");
            long late = DatacenterBench.id(0, 3, 1);
            bench.request(late, 0, true, 64);
            bench.settle();
            assertEquals(ToClientMessage.BOUND, bench.takeMessages(0).getFirst().type());
            bench.advance(TimeUnit.SECONDS.toNanos(2));
            int bound = bench.positionOf(late);
            assertFalse(bench.socket(bound).isClosed);
            assertTrue(bench.socket(1 - bound).isClosed);
            bench.advance(TimeUnit.SECONDS.toNanos(60));
            assertEquals(ToClientMessage.ClosedCause.SERVER_REMOVED.ordinal(), bench.takeMessages(0).getLast().flags());
            assertEquals(0, bench.openSocketCount());
            bench.assertNoViolations();
        }
    }

    @Test
    void shouldGoOnWithTheLinksOfAServerThatReturns() // [C-REL-13]
    {
        try (DatacenterBench bench = new DatacenterBench())
        {
            ServerEntry entry = bench.addReadyServer(2, 2);
            long id = bench.bind(1, 0);
            int bound = bench.positionOf(id);
            bench.commands.removeServer(0);
            bench.advance(TimeUnit.SECONDS.toNanos(30));
            assertEquals(1, bench.openSocketCount());
            bench.commands.addServer(entry);
            bench.advance(TimeUnit.SECONDS.toNanos(90));
            assertFalse(bench.socket(bound).isClosed, "it does not drain any more");
            assertEquals(2, entry.marks().readyLinkCount());
            assertEquals(3, bench.network.attemptCount);
            assertEquals(1, bench.counter(ProxyCounter.ALLOCATED_TARGETS));
            assertEquals(0, bench.counter(ProxyCounter.INACTIVE_TARGETS));
            bench.assertNoViolations();
        }
    }

    @Test
    void shouldApplyOtherNumbersOfLinksWithoutTouchingThoseThatStand() // [C-REL-13]
    {
        try (DatacenterBench bench = new DatacenterBench())
        {
            ServerEntry entry = bench.addReadyServer(2, 2);
            entry.marks().congested(1, true);
            bench.commands.updateServer(new ServerEntry(0, entry.address(), 5, 6, 0, 2, entry.marks()));
            bench.advance(TimeUnit.SECONDS.toNanos(20));
            assertEquals(5, entry.marks().readyLinkCount());
            assertTrue(entry.marks().isCongested(1));
            assertFalse(entry.marks().isCongested(5));

            bench.commands.updateServer(new ServerEntry(0, entry.address(), 1, 1, 0, 2, entry.marks()));
            bench.advance(TimeUnit.SECONDS.toNanos(20));
            assertEquals(5, entry.marks().readyLinkCount(), "links that stand stay");
            for (int i = 0; i < 4; i++)
            {
                bench.socket(i).isEnded = true;
            }
            bench.advance(TimeUnit.SECONDS.toNanos(20));
            assertEquals(1, entry.marks().readyLinkCount());
            assertEquals(5, bench.network.attemptCount, "none is replaced above the new number");
        }
    }

    @Test
    void shouldEndADrainWhenItsTimeIsOver() // [C-REL-10]
    {
        try (DatacenterBench bench = new DatacenterBench())
        {
            bench.addReadyServer(1, 1);
            long id = bench.bind(1, 0);
            bench.commands.removeServer(0);
            bench.advance(TimeUnit.MILLISECONDS.toNanos(59_800));
            assertFalse(bench.socket(0).isClosed);
            bench.advance(TimeUnit.MILLISECONDS.toNanos(400));
            assertTrue(bench.socket(0).isClosed);
            DatacenterBench.Message last = bench.takeMessages(0).getLast();
            assertEquals(ToClientMessage.CLOSED, last.type());
            assertEquals(id, last.id());
            assertEquals(ToClientMessage.ClosedCause.SERVER_REMOVED.ordinal(), last.flags());
        }
    }

    @Test
    void shouldEndRemovedLinksThatAreNotReadyAtOnce() // [C-REL-10]
    {
        try (DatacenterBench bench = new DatacenterBench())
        {
            bench.network.accepting = FakeNetwork.Accepting.SILENT;
            bench.addServer(SERVER_V4, 2, 2);
            bench.commands.removeServer(0);
            bench.commands.removeServer(17);
            bench.settle();
            assertEquals(0, bench.openSocketCount());
        }
    }

    @Test
    void shouldEndAllLinksByCommand()
    {
        try (DatacenterBench bench = new DatacenterBench())
        {
            bench.addReadyServer(4, 8);
            bench.commands.close();
            bench.advance(TimeUnit.SECONDS.toNanos(2));
            assertEquals(0, bench.openSocketCount());
            assertEquals(4, bench.network.attemptCount);
            assertEquals(4, bench.counter(ProxyCounter.LINK_CLOSED_SHUTDOWN));
        }
    }

    @Test
    void shouldSayHowLongItsThreadMayWait()
    {
        try (DatacenterBench bench = new DatacenterBench())
        {
            bench.addReadyServer(1, 1);
            assertFalse(bench.agent.hasWork());
            assertTrue(bench.agent.waitNsMax() <= TICK_NS);
            bench.nowNs += TICK_NS;
            assertEquals(0, bench.agent.waitNsMax());
            bench.commands.removeServer(9);
            assertTrue(bench.agent.hasWork());
        }
    }
}
