// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.status;

import io.mtproxy.engine.status.api.Histogram;
import io.mtproxy.engine.status.api.LatencyMetric;
import io.mtproxy.engine.status.api.LinkStage;
import io.mtproxy.engine.status.api.LinkState;
import io.mtproxy.engine.status.api.StallExample;
import io.mtproxy.engine.status.api.StallLeg;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.IntFunction;
import org.agrona.concurrent.UnsafeBuffer;

/** The tables of one file as a reader sees them. A file that lacks one has no rows there. */
final class StatusTables
{
    private final StatusTable latencies;
    private final StatusTable secrets;
    private final StatusTable distinct;
    private final StatusTable dcs;
    private final StatusTable links;
    private final StatusTable stalls;

    /** @param section by type, one of no bytes where the file has none. */
    StatusTables(IntFunction<UnsafeBuffer> section)
    {
        latencies = table(section.apply(StatusLayout.SECTION_LATENCIES));
        secrets = table(section.apply(StatusLayout.SECTION_SECRETS));
        distinct = table(section.apply(StatusLayout.SECTION_DISTINCT));
        dcs = table(section.apply(StatusLayout.SECTION_DCS));
        links = table(section.apply(StatusLayout.SECTION_LINKS));
        stalls = table(section.apply(StatusLayout.SECTION_STALLS));
    }

    private static StatusTable table(UnsafeBuffer section)
    {
        return StatusTable.isSound(section) ? new StatusTable(section) : StatusTable.empty();
    }

    /** Takes rows one by one. */
    @FunctionalInterface
    private interface RowConsumer
    {
        /** @param offset of the row in its section. */
        void accept(int owner, int offset, long key);
    }

    private static void forEach(StatusTable table, RowConsumer consumer)
    {
        int rowCount = table.usedRowCount();
        for (int owner = 0; owner < table.ownerCount(); owner++)
        {
            for (int row = 0; row < rowCount; row++)
            {
                int offset = table.offset(owner, row);
                long key = table.key(offset);
                if (key != StatusTable.UNUSED)
                {
                    consumer.accept(owner, offset, key);
                }
            }
        }
    }

    /** @return the histogram over all agents; over all DCs as well for {@link LatencyMetric#LINK_ROUND_TRIP}. */
    Histogram latency(LatencyMetric metric)
    {
        Histogram[] sum = {Histogram.empty()};
        if (metric == LatencyMetric.LINK_ROUND_TRIP)
        {
            forEach(dcs, (owner, offset, key) -> sum[0] = sum[0].plus(roundTrip(offset)));
            return sum[0];
        }
        forEach(latencies, (owner, offset, key) ->
        {
            if (key == metric.id())
            {
                sum[0] = sum[0].plus(latencyAt(offset));
            }
        });
        return sum[0];
    }

    private Histogram latencyAt(int offset)
    {
        return LatencyRecorder.read(latencies.section, offset + Long.BYTES, latencies.rowLength() - Long.BYTES);
    }

    private Histogram roundTrip(int offset)
    {
        return LatencyRecorder.read(dcs.section, offset + DcRows.HISTOGRAM_OFFSET,
            dcs.rowLength() - DcRows.HISTOGRAM_OFFSET);
    }

    /** Adds what the file says of secrets; gauges and distinct values only of a process that lives. */
    void collect(SecretUnion union, boolean isCurrent)
    {
        forEach(secrets, (owner, offset, key) ->
        {
            long[] values = new long[SecretCounter.values().length];
            for (SecretCounter counter : SecretCounter.values())
            {
                values[counter.index()] =
                    isCurrent || counter.isTotal() ? secrets.word(offset, counter.offset()) : 0;
            }
            if (secrets.isStill(offset, key))
            {
                union.add(key, values);
            }
        });
        if (isCurrent)
        {
            forEach(distinct, (owner, offset, word) ->
            {
                int row = (int)(word >>> DistinctValues.ROW_SHIFT);
                if (owner < secrets.ownerCount() && row < secrets.rowCount())
                {
                    long key = secrets.key(secrets.offset(owner, row));
                    union.addDistinct(key, (word & DistinctValues.KEY_FLAG) != 0, word & DistinctValues.HASH_MASK);
                }
            });
        }
    }

    /** Adds what the file says of DCs; gauges only of a process that lives. */
    void collect(DcUnion union, boolean isCurrent)
    {
        forEach(dcs, (owner, offset, key) ->
        {
            long[] values = new long[DcCounter.values().length];
            for (DcCounter counter : DcCounter.values())
            {
                values[counter.index()] = isCurrent || counter.isTotal() ? dcs.word(offset, counter.offset()) : 0;
            }
            union.add(DcRows.dcOf(key), values, roundTrip(offset));
        });
    }

    /** Adds every link that has a place. */
    void collectLinks(IntFunction<String> agentName, List<LinkState> states)
    {
        forEach(links, (owner, offset, key) ->
        {
            int serverLength = Math.min(LinkRows.SERVER_LENGTH, links.rowLength() - LinkRows.SERVER_OFFSET);
            if (serverLength > 0)
            {
                byte[] server = new byte[serverLength];
                links.section.getBytes(offset + LinkRows.SERVER_OFFSET, server);
                LinkState state = new LinkState(agentName.apply(links.agentOf(owner)),
                    new String(server, StandardCharsets.US_ASCII).replace("\0", ""),
                    (int)link(offset, LinkCounter.LINK_INDEX), LinkStage.ofCode(link(offset, LinkCounter.STAGE)),
                    link(offset, LinkCounter.SINCE_EPOCH_MS), link(offset, LinkCounter.OPENED),
                    ProxyCounter.ofId((int)link(offset, LinkCounter.LAST_CLOSE)), link(offset, LinkCounter.CLIENTS),
                    link(offset, LinkCounter.WAITING_BYTES), link(offset, LinkCounter.IS_CONGESTED) != 0,
                    link(offset, LinkCounter.BYTES_SENT), link(offset, LinkCounter.BYTES_RECEIVED),
                    link(offset, LinkCounter.PACKETS_SENT), link(offset, LinkCounter.ANSWERS));
                if (links.isStill(offset, key))
                {
                    states.add(state);
                }
            }
        });
    }

    private long link(int offset, LinkCounter counter)
    {
        return links.word(offset, counter.offset());
    }

    /** Adds every example of a stall that is kept. */
    void collectStalls(List<StallExample> examples)
    {
        forEach(stalls, (owner, offset, key) ->
        {
            long legAndDc = stalls.word(offset, StallLog.LEG_AND_DC_OFFSET);
            StallLeg leg = StallLeg.ofId((int)(legAndDc >>> Integer.SIZE));
            if (leg != null)
            {
                StallExample example = new StallExample(stalls.word(offset, StallLog.EPOCH_MS_OFFSET), leg,
                    (int)legAndDc, stalls.word(offset, StallLog.DURATION_OFFSET),
                    stalls.word(offset, StallLog.WAITING_OFFSET), stalls.word(offset, StallLog.TO_DATACENTER_OFFSET),
                    stalls.word(offset, StallLog.TO_CLIENT_OFFSET));
                if (stalls.isStill(offset, key))
                {
                    examples.add(example);
                }
            }
        });
    }

    /** Adds an agent's totals to those of the one that goes on with them. */
    void addTotalsTo(int agentIndex, AgentStatus heir)
    {
        forEach(latencies, (owner, offset, key) ->
        {
            LatencyMetric metric = LatencyMetric.ofId((int)key);
            if (latencies.agentOf(owner) == agentIndex && metric != null)
            {
                heir.latency(metric).add(latencyAt(offset));
            }
        });
        forEach(secrets, (owner, offset, key) ->
        {
            if (secrets.agentOf(owner) == agentIndex)
            {
                SecretRow row = heir.secrets().take(key);
                for (SecretCounter counter : SecretCounter.values())
                {
                    row.add(counter, counter.isTotal() ? secrets.word(offset, counter.offset()) : 0);
                }
                heir.secrets().giveBack(row);
            }
        });
        forEach(dcs, (owner, offset, key) ->
        {
            if (dcs.agentOf(owner) == agentIndex)
            {
                DcRow row = heir.dcs().row(DcRows.dcOf(key));
                for (DcCounter counter : DcCounter.values())
                {
                    row.add(counter, counter.isTotal() ? dcs.word(offset, counter.offset()) : 0);
                }
                row.roundTrip().add(roundTrip(offset));
            }
        });
    }
}
