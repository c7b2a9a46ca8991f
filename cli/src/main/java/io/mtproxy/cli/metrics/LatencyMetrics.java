// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.metrics;

import io.mtproxy.engine.status.StatusReport;
import io.mtproxy.engine.status.api.Histogram;
import io.mtproxy.engine.status.api.LatencyMetric;
import org.jspecify.annotations.Nullable;

/**
 * Histograms of times. Bounds are powers of two in ns, where buckets of the status file end, so that every cumulative
 * count is exact.
 */
final class LatencyMetrics
{
    private static final MetricFamily FIRST_PACKET = histogram("first_packet_seconds",
        "From accept to the first packet of the client that is handed on to a middle proxy.");
    private static final MetricFamily CLIENT_HANDSHAKE = histogram("client_handshake_seconds",
        "From accept to a header that one of the secrets opens.");
    private static final MetricFamily TRANSIT = histogram("transit_seconds",
        "Way of a packet through the proxy, measured for the first packet of one read in 16.");
    private static final MetricFamily DUTY_CYCLE = histogram("duty_cycle_seconds",
        "Turns of the threads of agents, waiting not included.");

    /** About 1 us to 1 s. */
    private static final Range SHORT = new Range(10, 30);
    /** About 65 us to 69 s. */
    private static final Range LONG = new Range(16, 36);
    /** About 1 ms to 69 s. */
    private static final Range ROUND_TRIP = new Range(20, 36);

    private LatencyMetrics()
    {
    }

    /** Bounds that are powers of two, in ns and as they are written. */
    private static final class Range
    {
        final long[] boundsNs;
        final String[] texts;

        Range(int first, int last)
        {
            boundsNs = new long[last - first + 1];
            texts = new String[boundsNs.length];
            for (int i = 0; i < boundsNs.length; i++)
            {
                boundsNs[i] = 1L << first + i;
                texts[i] = MetricWriter.bound(boundsNs[i]);
            }
        }
    }

    static void write(MetricWriter out, StatusReport report)
    {
        MetricFamily before = null;
        for (LatencyMetric metric : LatencyMetric.values())
        {
            MetricFamily family = family(metric);
            if (family != null)
            {
                if (family != before)
                {
                    out.family(family);
                }
                before = family;
                Range range = family == TRANSIT || family == DUTY_CYCLE ? SHORT : LONG;
                write(out, labels(metric), range, report.latency(metric));
            }
        }
    }

    /** Writes one histogram of the family of round trips. */
    static void roundTrip(MetricWriter out, String labels, Histogram histogram)
    {
        write(out, labels, ROUND_TRIP, histogram);
    }

    static MetricFamily histogram(String name, String help)
    {
        return MetricFamily.of(MetricFamily.Type.HISTOGRAM, name, help);
    }

    private static void write(MetricWriter out, String labels, Range range, Histogram histogram)
    {
        // one pass over the fine buckets, each of which lies within one of ours
        long[] bounds = range.boundsNs;
        long[] counts = new long[bounds.length + 1];
        int at = 0;
        for (int bucket = 0; bucket < histogram.bucketCount(); bucket++)
        {
            while (at < bounds.length && histogram.end(bucket) > bounds[at])
            {
                at++;
            }
            counts[at] += histogram.countAt(bucket);
        }
        out.histogramNs(labels, range.texts, counts, histogram.sum());
    }

    /** @return null for what is kept by DC. */
    private static @Nullable MetricFamily family(LatencyMetric metric)
    {
        return switch (metric)
        {
            case FIRST_BYTE -> FIRST_PACKET;
            case HANDSHAKE -> CLIENT_HANDSHAKE;
            case TO_DATACENTER, TO_CLIENT -> TRANSIT;
            case DUTY_CYCLE -> DUTY_CYCLE;
            case LINK_ROUND_TRIP -> null;
        };
    }

    private static String labels(LatencyMetric metric)
    {
        return switch (metric)
        {
            case TO_DATACENTER -> MetricWriter.labels("direction", "to_datacenter");
            case TO_CLIENT -> MetricWriter.labels("direction", "to_client");
            case FIRST_BYTE, HANDSHAKE, DUTY_CYCLE, LINK_ROUND_TRIP -> "";
        };
    }
}
