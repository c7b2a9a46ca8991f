// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.view;

import io.mtproxy.engine.status.ProxyCounter;
import io.mtproxy.engine.status.api.DcState;
import io.mtproxy.engine.status.api.Histogram;
import io.mtproxy.engine.status.api.LatencyMetric;
import io.mtproxy.engine.status.api.SecretUsage;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.ToLongFunction;

/** What happened between two snapshots, a second. What begins anew in between counts from 0. */
public final class Change
{
    private static final double MS_PER_SECOND = 1000;

    private final Snapshot now;
    private final Snapshot before;
    private final double seconds;
    private final Map<String, Snapshot.ProcessSample> processes = new HashMap<>();
    private final Map<String, SecretUsage> secrets = new HashMap<>();
    private final Map<Integer, DcState> dcs = new HashMap<>();

    /** @param before taken earlier; the same as {@code now} when there is none, which gives rates of 0. */
    public Change(Snapshot before, Snapshot now)
    {
        this.before = before;
        this.now = now;
        this.seconds = Math.max(0, now.epochMs() - before.epochMs()) / MS_PER_SECOND;
        before.processes().forEach(process -> processes.put(process.name(), process));
        before.secrets().forEach(secret -> secrets.put(secret.id(), secret));
        before.dcs().forEach(dc -> dcs.put(dc.dcId(), dc));
    }

    /** @return the later one. */
    public Snapshot now()
    {
        return now;
    }

    /** @return seconds between them. */
    public double seconds()
    {
        return seconds;
    }

    /** @return of the whole proxy. */
    public double perSecond(ProxyCounter counter)
    {
        return rate(before.get(counter), now.get(counter));
    }

    /** @return of a process. */
    public double perSecond(Snapshot.ProcessSample process, ProxyCounter counter)
    {
        Snapshot.ProcessSample earlier = processes.get(process.name());
        boolean isSame = earlier != null && earlier.startEpochMs() == process.startEpochMs();
        return rate(isSame ? Objects.requireNonNull(earlier).get(counter) : 0, process.get(counter));
    }

    /** @return of a secret. */
    public double perSecond(SecretUsage secret, ToLongFunction<SecretUsage> value)
    {
        SecretUsage earlier = secrets.get(secret.id());
        return rate(earlier == null ? 0 : value.applyAsLong(earlier), value.applyAsLong(secret));
    }

    /** @return of a DC. */
    public double perSecond(DcState dc, ToLongFunction<DcState> value)
    {
        DcState earlier = dcs.get(dc.dcId());
        return rate(earlier == null ? 0 : value.applyAsLong(earlier), value.applyAsLong(dc));
    }

    /** @return the lengths of time that were recorded in between; all there are when the two are the same. */
    public Histogram latency(LatencyMetric metric)
    {
        return minus(now.latency(metric), before.latency(metric));
    }

    /** @return the round trips of a DC that were recorded in between. */
    public Histogram roundTrip(DcState dc)
    {
        DcState earlier = dcs.get(dc.dcId());
        return minus(dc.roundTrip(), earlier == null ? Histogram.empty() : earlier.roundTrip());
    }

    private Histogram minus(Histogram later, Histogram earlier)
    {
        if (now == before || earlier.bucketCount() != later.bucketCount())
        {
            return later;
        }
        long[] counts = new long[later.bucketCount()];
        long max = 0;
        for (int bucket = 0; bucket < counts.length; bucket++)
        {
            counts[bucket] = Math.max(0, later.countAt(bucket) - earlier.countAt(bucket));
            max = counts[bucket] > 0 ? Math.min(later.max(), later.end(bucket) - 1) : max;
        }
        return new Histogram(counts, later.subBucketBits(), Math.max(0, later.sum() - earlier.sum()), max);
    }

    private double rate(long from, long to)
    {
        return seconds <= 0 ? 0 : Math.max(0, to - from) / seconds;
    }
}
