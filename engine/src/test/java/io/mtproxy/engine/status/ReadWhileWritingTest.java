// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.status;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mtproxy.engine.status.api.Histogram;
import io.mtproxy.engine.status.api.LatencyMetric;
import io.mtproxy.engine.status.api.LinkState;
import io.mtproxy.engine.status.api.SecretUsage;
import io.mtproxy.engine.status.api.StallExample;
import io.mtproxy.engine.status.api.StallLeg;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Tables written by one thread and read through a second map, as by another process: no value is torn, no row is half of
 * another, and writers never wait. Numbers are chosen so that halves which do not belong together show.
 */
@Timeout(300)
class ReadWhileWritingTest
{
    private static final List<String> AGENTS = List.of("client-0", "datacenter-0", "conductor");
    private static final long BOTH_HALVES = (1L << 32) + 1;
    private static final int ROUNDS = 300_000;
    /** Fewer show nothing. */
    private static final int LOOKS_MIN = 10;

    @TempDir Path folder;

    /** Reads until the writer is done. */
    private interface Look
    {
        void at(StatusReport report) throws IOException;
    }

    private void run(Writer writer, Look look) throws Exception
    {
        try (StatusFile file =
            StatusFile.create(folder.resolve("engine.status"), AGENTS, "", () -> 1_700_000_000_000L))
        {
            StatusReport report =
                StatusReport.of(List.of(StatusFileReader.open(folder.resolve("engine.status"))));
            AtomicBoolean isDone = new AtomicBoolean();
            AtomicInteger looks = new AtomicInteger();
            Throwable[] failure = new Throwable[1];
            Thread thread = new Thread(() ->
            {
                try
                {
                    // again where the system gave this thread all the time there was
                    for (int time = 0; time == 0 || looks.get() <= LOOKS_MIN; time++)
                    {
                        writer.write(file);
                    }
                }
                catch (Throwable e)
                {
                    failure[0] = e;
                }
                isDone.set(true);
            });
            thread.start();
            while (!isDone.get())
            {
                look.at(report);
                looks.incrementAndGet();
            }
            thread.join();
            look.at(report);
            assertNull(failure[0]);
        }
    }

    /** Writes all the time. */
    private interface Writer
    {
        void write(StatusFile file) throws IOException;
    }

    @Test
    void shouldShowHistogramsThatOnlyGrow() throws Exception
    {
        long[] last = new long[3];
        run(file ->
        {
            LatencyRecorder recorder = file.agent(0).latency(LatencyMetric.HANDSHAKE);
            for (int i = 0; i < 30 * ROUNDS; i++)
            {
                recorder.record(BOTH_HALVES);
            }
        }, report ->
        {
            Histogram now = report.latency(LatencyMetric.HANDSHAKE);
            assertTrue(now.count() >= last[0] && now.sum() >= last[1], "went back");
            assertEquals(0, now.sum() % BOTH_HALVES, "torn");
            // the sum is written behind its bucket and read behind it: it may be ahead, by what came while this was read
            assertTrue(now.sum() / BOTH_HALVES >= now.count() - 1, "the sum is more than one behind");
            assertTrue(now.max() == 0 || now.max() == BOTH_HALVES);
            last[0] = now.count();
            last[1] = now.sum();
        });
        assertEquals(0, last[0] % (30L * ROUNDS));
        assertTrue(last[0] > 0);
    }

    /** Rows of links that come and go: server and numbers of one and the same. */
    @Test
    void shouldShowLinksInOnePiece() throws Exception
    {
        run(file ->
        {
            LinkRows rows = file.agent(1).links();
            for (int i = 1; i < ROUNDS; i++)
            {
                InetSocketAddress server = new InetSocketAddress(InetAddress.ofLiteral("192.0.2.1"), 1 + i % 60_000);
                LinkRow row = rows.take(i, 0, server);
                row.set(LinkCounter.OPENED, server.getPort());
                row.set(LinkCounter.BYTES_SENT, server.getPort());
                rows.giveBack(i);
            }
        }, report ->
        {
            for (LinkState link : report.links())
            {
                long port = Long.parseLong(link.server().substring(link.server().indexOf(':') + 1));
                assertTrue(link.opened() == port || link.opened() == 0, link::toString);
                assertTrue(link.bytesSent() == port || link.bytesSent() == 0, link::toString);
            }
        });
    }

    @Test
    void shouldShowStallsInOnePiece() throws Exception
    {
        run(file ->
        {
            StallLog log = file.agent(0).stalls();
            for (int i = 1; i < 10 * ROUNDS; i++)
            {
                log.add(i, StallLeg.LINK_CONGESTED, i, i, i, i, i);
            }
        }, report ->
        {
            for (StallExample stall : report.stalls())
            {
                long i = stall.epochMs();
                assertEquals(new StallExample(i, StallLeg.LINK_CONGESTED, (int)i, i, i, i, i), stall);
            }
        });
    }

    /** A row that goes from one secret to the next never shows the numbers of one under the name of the other. */
    @Test
    void shouldShowSecretsInOnePiece() throws Exception
    {
        run(file ->
        {
            SecretRows rows = file.agent(0).secrets();
            for (int i = 0; i < SecretRows.ROW_COUNT - 1; i++)
            {
                rows.take(-2 - i);
            }
            for (int i = 1000; i < ROUNDS; i++)
            {
                SecretRow row = rows.take(i);
                row.add(SecretCounter.HANDSHAKES, i);
                row.add(SecretCounter.BYTES_TO_CLIENT, i * BOTH_HALVES);
                rows.giveBack(row);
            }
        }, report ->
        {
            for (SecretUsage usage : report.secrets())
            {
                long key = Long.parseUnsignedLong(usage.id(), 16);
                assertTrue(usage.handshakes() == 0 || usage.handshakes() == key, usage::toString);
                assertTrue(usage.bytesToClient() == 0 || usage.bytesToClient() == key * BOTH_HALVES, usage::toString);
            }
        });
    }
}
