// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.view;

import io.mtproxy.engine.ConfigState;
import io.mtproxy.engine.status.DcCounter;
import io.mtproxy.engine.status.DcRow;
import io.mtproxy.engine.status.LinkCounter;
import io.mtproxy.engine.status.LinkRow;
import io.mtproxy.engine.status.ProxyCounter;
import io.mtproxy.engine.status.SecretCounter;
import io.mtproxy.engine.status.SecretRow;
import io.mtproxy.engine.status.StatusFile;
import io.mtproxy.engine.status.api.LatencyMetric;
import io.mtproxy.engine.status.api.LinkStage;
import io.mtproxy.engine.status.api.StallLeg;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;

/** Fills a status file with something of everything. */
public final class FullStatus
{
    private static final long SECRET_KEY = 0x1234_0000_0000_0000L;
    private static final long FIRST_MS = 1_795_600_000_000L;

    private FullStatus()
    {
    }

    /**
     * Fills the file of a client agent 0 and a datacenter agent 1.
     *
     * @param secretCount secrets in use.
     * @param dcCount     DCs, from 1.
     */
    public static void fill(StatusFile file, int secretCount, int dcCount)
    {
        file.configuration(new ConfigState(FIRST_MS, 4711, "0123abcd", dcCount, 2 * dcCount, secretCount).toText());
        for (ProxyCounter counter : ProxyCounter.values())
        {
            file.counters(1).set(counter, counter.id());
        }
        long[] keys = new long[secretCount];
        for (int i = 0; i < secretCount; i++)
        {
            keys[i] = SECRET_KEY + i;
            SecretRow row = file.agent(0).secrets().take(keys[i]);
            int number = i + 1;
            for (SecretCounter counter : SecretCounter.values())
            {
                row.add(counter, counter.name().endsWith("_UNLISTED") ? 0 : 1000L * number + counter.name().length());
            }
            file.agent(0).distinct().addAddress(row, number);
        }
        file.secretOrder(keys);
        for (int dc = 1; dc <= dcCount; dc++)
        {
            DcRow row = file.agent(1).dcs().row(dc);
            row.set(DcCounter.SERVERS, 2);
            row.set(DcCounter.READY_SERVERS, dc % 3);
            row.set(DcCounter.CONNECTIONS, 10L * dc);
            row.add(DcCounter.BYTES_TO_CLIENT, 1L << 20 + dc % 10);
            row.add(DcCounter.BYTES_TO_DATACENTER, 1000L * dc);
            row.add(DcCounter.DROPPED, dc);
            row.countStall(StallLeg.MIDDLE_PROXY_SILENT);
            row.roundTrip().record(TimeUnit.MILLISECONDS.toNanos(10L * dc));
            row.roundTrip().record(TimeUnit.MILLISECONDS.toNanos(100L * dc));
            LinkRow link = file.agent(1).links().take(dc, 0,
                new InetSocketAddress("192.0.2." + dc % 250, 8888));
            link.set(LinkCounter.STAGE, LinkStage.READY.code());
            link.set(LinkCounter.SINCE_EPOCH_MS, FIRST_MS);
            link.set(LinkCounter.CLIENTS, 10L * dc);
            link.add(LinkCounter.BYTES_SENT, 5000L * dc);
        }
        for (LatencyMetric metric : LatencyMetric.values())
        {
            if (metric != LatencyMetric.LINK_ROUND_TRIP)
            {
                for (int i = 1; i <= 100; i++)
                {
                    file.agent(0).latency(metric).record(TimeUnit.MICROSECONDS.toNanos(i * 10L));
                }
            }
        }
        file.agent(1).stalls().add(FIRST_MS, StallLeg.LINK_CONGESTED, 2, TimeUnit.SECONDS.toNanos(7), 4096, 100, 200);
    }
}
