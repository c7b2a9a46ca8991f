// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.bench;

import io.mtproxy.cli.metrics.MetricsPage;
import io.mtproxy.cli.view.ProcessView;
import io.mtproxy.cli.view.ProxyView;
import io.mtproxy.cli.view.Snapshot;
import io.mtproxy.engine.ConfigState;
import io.mtproxy.engine.status.DcCounter;
import io.mtproxy.engine.status.DcRow;
import io.mtproxy.engine.status.SecretCounter;
import io.mtproxy.engine.status.SecretRow;
import io.mtproxy.engine.status.StatusFile;
import io.mtproxy.engine.status.api.LatencyMetric;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** How long does one scrape of the largest proxy take, 128 secrets and 20 DCs with all their histograms filled? */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 1, jvmArgsAppend = {"--add-opens=java.base/jdk.internal.misc=ALL-UNNAMED", "-XX:+UseSerialGC"})
public class MetricsBenchmark
{
    private static final long NOW_MS = 1_795_600_000_000L;
    private static final int SECRETS = 128;
    private static final int DCS = 20;

    private ProxyView view;

    @Setup
    public void fill()
    {
        StatusFile file = StatusFile.inMemory(List.of("client-0", "datacenter-0"), "version=1\n", () -> NOW_MS);
        file.configuration(new ConfigState(NOW_MS, 4711, "0123abcd", DCS, 2 * DCS, SECRETS).toText());
        long[] keys = new long[SECRETS];
        for (int i = 0; i < SECRETS; i++)
        {
            keys[i] = 0x1234_0000_0000_0000L + i;
            SecretRow row = file.agent(0).secrets().take(keys[i]);
            row.add(SecretCounter.BYTES_TO_CLIENT, Long.MAX_VALUE / 1000);
        }
        file.secretOrder(keys);
        for (int dc = 1; dc <= DCS; dc++)
        {
            DcRow row = file.agent(1).dcs().row(dc);
            row.set(DcCounter.SERVERS, 2);
            for (int i = 0; i < 1000; i++)
            {
                row.roundTrip().record(TimeUnit.MICROSECONDS.toNanos(1000L + 10L * i));
            }
        }
        for (int i = 1; i < 1000; i++)
        {
            file.agent(0).latency(LatencyMetric.TO_CLIENT).record(i * 1000L);
        }
        view = new ProxyView("443", List.of(new ProcessView("engine", file.reader(), true)), List.of());
    }

    /** The page. */
    @Benchmark
    public String metrics()
    {
        return MetricsPage.of(view, view.configState(), "application/openmetrics-text").text();
    }

    /** What {@code stat} and {@code top} copy for each picture. */
    @Benchmark
    public Snapshot snapshot()
    {
        return Snapshot.of(view, NOW_MS);
    }
}
