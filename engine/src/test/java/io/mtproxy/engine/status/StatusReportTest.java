// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.status;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mtproxy.engine.status.api.DcState;
import io.mtproxy.engine.status.api.LatencyMetric;
import io.mtproxy.engine.status.api.LinkStage;
import io.mtproxy.engine.status.api.LinkState;
import io.mtproxy.engine.status.api.SecretUsage;
import io.mtproxy.engine.status.api.StallExample;
import io.mtproxy.engine.status.api.StallLeg;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.agrona.concurrent.EpochClock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StatusReportTest
{
    private static final List<String> AGENTS = List.of("client-0", "client-1", "datacenter-0", "conductor");
    private static final EpochClock CLOCK = () -> 1_700_000_000_123L;

    @TempDir Path folder;

    @Test
    void shouldAddUpLatenciesOfAgentsAndProcesses() throws IOException
    {
        StatusFile one = create("one");
        StatusFile two = create("two");
        one.agent(0).latency(LatencyMetric.HANDSHAKE).record(100);
        one.agent(1).latency(LatencyMetric.HANDSHAKE).record(200);
        two.agent(1).latency(LatencyMetric.HANDSHAKE).record(400);
        two.agent(1).dcs().row(2).roundTrip().record(5);
        two.agent(1).dcs().row(-4).roundTrip().record(6);
        StatusReport report = report("one", "two");

        assertEquals(3, report.latency(LatencyMetric.HANDSHAKE).count());
        assertEquals(700, report.latency(LatencyMetric.HANDSHAKE).sum());
        assertEquals(0, report.latency(LatencyMetric.FIRST_BYTE).count());
        assertEquals(11, report.latency(LatencyMetric.LINK_ROUND_TRIP).sum());
        close(one, two);
    }

    /** [C-STAT-08] [C-BUG-11] */
    @Test
    void shouldUniteDistinctValuesOfAgentsAndProcesses() throws IOException
    {
        StatusFile one = create("one");
        StatusFile two = create("two");
        one.secretOrder(new long[]{77, 88});
        two.secretOrder(new long[]{77, 88});
        // the same secret stands in different rows
        one.agent(0).secrets().take(99);
        SecretRow first = one.agent(0).secrets().take(77);
        SecretRow second = one.agent(1).secrets().take(77);
        SecretRow third = two.agent(0).secrets().take(77);
        one.agent(0).distinct().addAddress(first, 1001);
        one.agent(0).distinct().addAddress(first, 1002);
        int gone = one.agent(1).distinct().addAddress(second, 1009);
        one.agent(1).distinct().addAddress(second, 1002);
        two.agent(0).distinct().addAddress(third, 1001);
        two.agent(0).distinct().addAddress(third, 1003);
        two.agent(0).distinct().addKey(third, 1003);
        one.agent(1).distinct().remove(gone);

        SecretUsage usage = report("one", "two").secrets().get(0);

        assertEquals(1, usage.position());
        assertEquals(3, usage.addresses());
        assertEquals(1, usage.authKeys());
        assertEquals(0, usage.inexact());
        assertEquals(0, report("one", "two").secrets().get(1).addresses());
        close(one, two);
    }

    /** Nobody looks at the 65,536 places of which a few have been used, and everybody at those that have been. */
    @Test
    void shouldLookNoFurtherThanValuesReach() throws IOException
    {
        int count = 200;
        StatusFile file = create("one");
        file.secretOrder(new long[]{77});
        StatusTable table = new StatusTable(file.section(StatusLayout.SECTION_DISTINCT));
        SecretRow row = file.agent(1).secrets().take(77);
        int before = table.usedRowCount();
        List<Integer> places = new ArrayList<>();
        for (int i = 0; i < count; i++)
        {
            places.add(file.agent(1).distinct().addAddress(row, 1000 + i));
        }

        assertTrue(before < count && table.usedRowCount() >= count && table.usedRowCount() < table.rowCount() / 100,
            "from " + before + " to " + table.usedRowCount());
        assertEquals(count, report("one").secrets().get(0).addresses());
        places.subList(0, count - 1).forEach(file.agent(1).distinct()::remove);
        assertEquals(1, report("one").secrets().get(0).addresses(), "the last place is still looked at");
        // what comes from a file may say anything
        for (int said : new int[]{0, -1, Integer.MAX_VALUE})
        {
            table.section.putInt(4 * Integer.BYTES, said);
            assertEquals(table.rowCount(), table.usedRowCount(), "said: " + said);
            assertEquals(1, report("one").secrets().get(0).addresses(), "said: " + said);
        }
        close(file);
    }

    /** What is beyond the bound is counted, and said to be. */
    @Test
    void shouldSayWhatItCannotUnite()
    {
        SecretRows rows = SecretRows.inMemory();
        DistinctValues values = DistinctValues.inMemory(2);
        SecretRow row = rows.take(5);
        int place = values.addAddress(row, 1);
        assertTrue(place >= 0);
        assertTrue(values.addKey(row, 1) >= 0);
        assertEquals(DistinctValues.NO_PLACE, values.addKey(row, 2));
        values.remove(place);
        assertTrue(values.addKey(row, 2) >= 0);

        SecretUnion union = new SecretUnion();
        long[] counts = new long[SecretCounter.values().length];
        counts[SecretCounter.KEYS_UNLISTED.index()] = 3;
        union.add(5, counts);
        union.addDistinct(5, true, 42);
        SecretUsage usage = union.usages(new long[]{5}).get(0);
        assertEquals(4, usage.authKeys());
        assertEquals(3, usage.inexact());
    }

    @Test
    void shouldCountTotalsOfAllAndGaugesOfTheLiving() throws IOException
    {
        StatusFile dead = create("dead");
        StatusFile alive = create("alive");
        alive.secretOrder(new long[]{77});
        SecretRow before = dead.agent(0).secrets().take(77);
        before.add(SecretCounter.CONNECTIONS, 5);
        before.add(SecretCounter.HANDSHAKES, 7);
        dead.agent(0).distinct().addAddress(before, 9);
        dead.agent(0).dcs().row(2).add(DcCounter.CONNECTIONS, 5);
        dead.agent(0).dcs().row(2).add(DcCounter.HANDSHAKES, 7);
        SecretRow now = alive.agent(0).secrets().take(77);
        now.add(SecretCounter.CONNECTIONS, 1);
        now.add(SecretCounter.HANDSHAKES, 2);
        now.add(SecretCounter.BYTES_TO_CLIENT, 1 << 20);
        StatusFileReader living = open("alive");
        StatusReport report = new StatusReport(List.of(open("dead"), living), List.of(living));

        SecretUsage usage = report.secrets().get(0);
        assertEquals(1, usage.connections());
        assertEquals(9, usage.handshakes());
        assertEquals(1 << 20, usage.bytesToClient());
        assertEquals(0, usage.addresses());
        DcState dc = report.dcs().get(0);
        assertEquals(0, dc.connections());
        assertEquals(7, dc.handshakes());
        close(dead, alive);
    }

    @Test
    void shouldShowSecretsInLoadOrderAndThenThoseThatAreGone() throws IOException
    {
        StatusFile file = create("one");
        SecretRows rows = file.agent(0).secrets();
        rows.take(1).add(SecretCounter.HANDSHAKES, 1);
        rows.take(0xabcdL).add(SecretCounter.HANDSHAKES, 2);
        rows.take(0xef01L).add(SecretCounter.HANDSHAKES, 3);
        file.secretOrder(new long[]{0xef01L, 0x1111L});

        List<SecretUsage> usages = report("one").secrets();

        assertEquals(List.of(1, 2, 0, 0), usages.stream().map(SecretUsage::position).toList());
        assertEquals(List.of(3L, 0L, 1L, 2L), usages.stream().map(SecretUsage::handshakes).toList());
        assertEquals("000000000000ef01", usages.get(0).id());
        assertTrue(usages.get(2).isNoSecret());
        close(file);
    }

    @Test
    void shouldKeepRowsOfSecretsThatAreGoneUntilTheyAreNeeded()
    {
        SecretRows rows = SecretRows.inMemory();
        SecretRow gone = rows.take(1000);
        gone.add(SecretCounter.HANDSHAKES, 4);
        rows.giveBack(gone);
        assertEquals(4, rows.take(1000).get(SecretCounter.HANDSHAKES), "the same secret goes on");

        rows.giveBack(gone);
        SecretRow last = gone;
        for (int key = 1; key <= SecretRows.ROW_COUNT; key++)
        {
            last = rows.take(key);
            assertEquals(0, last.get(SecretCounter.HANDSHAKES));
        }
        last.add(SecretCounter.HANDSHAKES, 1);
        assertEquals(SecretRow.NO_INDEX, rows.take(5000).index(), "all rows are held");
    }

    @Test
    void shouldShowServersOfADcOnceForEachProcessAndTheFewestReady() throws IOException
    {
        StatusFile one = create("one");
        StatusFile two = create("two");
        for (int agent = 0; agent < 2; agent++)
        {
            one.agent(agent).dcs().row(-3).set(DcCounter.SERVERS, 4);
            one.agent(agent).dcs().row(-3).set(DcCounter.READY_SERVERS, 4);
            two.agent(agent).dcs().row(-3).set(DcCounter.SERVERS, 4);
            two.agent(agent).dcs().row(-3).set(DcCounter.READY_SERVERS, 2);
        }
        one.agent(2).dcs().row(-3).countStall(StallLeg.TO_CLIENT_RING_FULL);
        one.agent(0).dcs().row(0).add(DcCounter.DROPPED, 3);

        List<DcState> dcs = report("one", "two").dcs();

        assertEquals(List.of(-3, 0), dcs.stream().map(DcState::dcId).toList());
        assertEquals(4, dcs.get(0).servers());
        assertEquals(2, dcs.get(0).readyServers());
        assertEquals(1, dcs.get(0).stalls().get(StallLeg.TO_CLIENT_RING_FULL));
        assertEquals(0, dcs.get(0).stalls().get(StallLeg.CLIENT_NOT_READING));
        assertEquals(3, dcs.get(1).dropped());
        close(one, two);
    }

    @Test
    void shouldCountDcsBeyondTheLastRowTogether()
    {
        DcRows rows = DcRows.inMemory();
        for (int dc = 1; dc < DcRows.ROW_COUNT; dc++)
        {
            assertEquals(dc, rows.row(dc).dcId());
        }
        DcRow others = rows.row(1000);
        assertEquals(DcState.OTHERS, others.dcId());
        assertEquals(others, rows.row(1001));
        assertEquals(7, rows.row(7).dcId());
    }

    @Test
    void shouldShowLinks() throws IOException
    {
        StatusFile file = create("one");
        LinkRows rows = file.agent(2).links();
        InetSocketAddress server = new InetSocketAddress(InetAddress.ofLiteral("192.0.2.7"), 8888);
        LinkRow link = rows.take(0, 1, server);
        link.set(LinkCounter.STAGE, LinkStage.READY.code());
        link.set(LinkCounter.SINCE_EPOCH_MS, 123);
        link.set(LinkCounter.LAST_CLOSE, ProxyCounter.LINK_CLOSED_BAD_CRC.id());
        link.set(LinkCounter.CLIENTS, 9);
        link.set(LinkCounter.IS_CONGESTED, 1);
        link.add(LinkCounter.BYTES_SENT, 40);
        rows.take(3, 0, new InetSocketAddress(InetAddress.ofLiteral("2001:db8::1"), 443));

        List<LinkState> links = report("one").links();
        assertEquals(new LinkState("datacenter-0", "192.0.2.7:8888", 1, LinkStage.READY, 123, 0,
            ProxyCounter.LINK_CLOSED_BAD_CRC, 9, 0, true, 40, 0, 0, 0), links.get(0));
        assertEquals("[2001:db8:0:0:0:0:0:1]:443", links.get(1).server());
        assertNull(links.get(1).lastClose());

        rows.giveBack(0);
        assertEquals(List.of("[2001:db8:0:0:0:0:0:1]:443"),
            report("one").links().stream().map(LinkState::server).toList());
        rows.take(9, 0, server);
        assertEquals(0, report("one").links().get(0).bytesSent(), "another server's row begins anew");
        close(file);
    }

    @Test
    void shouldShowTheLastStallsFirst() throws IOException
    {
        StatusFile file = create("one");
        for (int i = 1; i <= 40; i++)
        {
            file.agent(i % 2).stalls().add(1000 + i, StallLeg.LINK_CONGESTED, -i, i * 10L, 1, 2, 3);
        }
        for (int i = 41; i <= 100; i++)
        {
            file.agent(0).stalls().add(1000 + i, StallLeg.CLIENT_NOT_READING, -i, i * 10L, 1, 2, 3);
        }
        List<StallExample> stalls = report("one").stalls();
        assertEquals(32 + 20, stalls.size());
        assertEquals(new StallExample(1100, StallLeg.CLIENT_NOT_READING, -100, 1000, 1, 2, 3), stalls.get(0));
        assertEquals(new StallExample(1001, StallLeg.LINK_CONGESTED, -1, 10, 1, 2, 3), stalls.get(51));
        close(file);
    }

    @Test
    void shouldGoOnWithTablesOfAnotherProcess() throws IOException
    {
        StatusFile ended = create("one");
        SecretRow row = ended.agent(1).secrets().take(77);
        row.add(SecretCounter.HANDSHAKES, 5);
        row.add(SecretCounter.CONNECTIONS, 2);
        ended.agent(0).secrets().take(77).add(SecretCounter.HANDSHAKES, 1);
        ended.agent(1).dcs().row(2).add(DcCounter.BYTES_TO_CLIENT, 900);
        ended.agent(1).dcs().row(2).roundTrip().record(50);
        ended.agent(2).latency(LatencyMetric.DUTY_CYCLE).record(60);
        ended.counters(1).add(ProxyCounter.TCP_READ_BYTES, 8);
        ended.counters(1).add(ProxyCounter.POLLS, 8);
        close(ended);

        // with one client agent less
        StatusFile next = StatusFile.create(path("one"), List.of("client-0", "datacenter-0", "conductor"), "",
            () -> CLOCK.time() + 5000);
        next.secretOrder(new long[]{77});
        next.agent(0).secrets().take(77).add(SecretCounter.HANDSHAKES, 10);
        next.agent(0).dcs().row(2).add(DcCounter.BYTES_TO_CLIENT, 1);

        StatusReport report = report("one");
        assertEquals(16, report.secrets().get(0).handshakes());
        assertEquals(0, report.secrets().get(0).connections());
        assertEquals(901, report.dcs().get(0).bytesToClient());
        assertEquals(50, report.dcs().get(0).roundTrip().sum());
        assertEquals(60, report.latency(LatencyMetric.DUTY_CYCLE).sum());
        StatusFileReader reader = open("one");
        assertEquals(8, reader.get(ProxyCounter.TCP_READ_BYTES));
        assertEquals(0, reader.get(ProxyCounter.POLLS), "held against the time since this start");
        assertEquals(2, reader.startCount());
        assertEquals(CLOCK.time(), reader.firstStartEpochMs());
        assertEquals(CLOCK.time() + 5000, reader.startEpochMs());
        close(next);
    }

    private StatusFile create(String name) throws IOException
    {
        return StatusFile.create(path(name), AGENTS, "", CLOCK);
    }

    private StatusFileReader open(String name) throws IOException
    {
        return StatusFileReader.open(path(name));
    }

    private StatusReport report(String... names) throws IOException
    {
        List<StatusFileReader> readers = new ArrayList<>();
        for (String name : names)
        {
            readers.add(open(name));
        }
        return StatusReport.of(readers);
    }

    private Path path(String name)
    {
        return folder.resolve(name + ".status");
    }

    private static void close(StatusFile... files)
    {
        for (StatusFile file : files)
        {
            file.close();
        }
    }
}
