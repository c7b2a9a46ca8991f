// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.bench;

import io.mtproxy.engine.status.AgentStatus;
import io.mtproxy.engine.status.DcCounter;
import io.mtproxy.engine.status.DcRow;
import io.mtproxy.engine.status.LatencyRecorder;
import io.mtproxy.engine.status.PacketLatency;
import io.mtproxy.engine.status.PacketSampler;
import io.mtproxy.engine.status.ProxyCounter;
import io.mtproxy.engine.status.ProxyCounters;
import io.mtproxy.engine.status.ProxyEvents;
import io.mtproxy.engine.status.SecretCounter;
import io.mtproxy.engine.status.SecretRow;
import io.mtproxy.engine.status.StatusFile;
import io.mtproxy.engine.status.api.LatencyMetric;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.SingleWriterRecorder;
import org.agrona.concurrent.SystemEpochClock;
import org.agrona.concurrent.SystemNanoClock;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What does it cost an agent to count, to record a length of time and to keep the accounts of a packet in its mapped status
 * file? Beside it the clock, which is what is saved where no time is asked for, and HdrHistogram's recorder for one writer.
 * <p>
 * Two forks, 3 x 1 s of warm-up, 5 x 1 s measured, ns a call. With {@code -prof gc}: {@code gc.alloc.rate.norm} is 0 for
 * all of ours.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 2, jvmArgsAppend = {"--add-opens=java.base/jdk.internal.misc=ALL-UNNAMED", "-XX:+UseSerialGC"})
public class StatusBenchmark
{
    private static final long LONGEST_NS = 1L << 40;

    private Path folder;
    private StatusFile file;
    private ProxyCounters counters;
    private LatencyRecorder recorder;
    private SecretRow secret;
    private DcRow dc;
    private PacketSampler sampler;
    private PacketLatency latency;
    private final SingleWriterRecorder hdr = new SingleWriterRecorder(LONGEST_NS, 1);
    private long value;

    /** Makes a real file. */
    @Setup
    public void setup() throws IOException
    {
        folder = Files.createTempDirectory("status-bench");
        file = StatusFile.create(folder.resolve("engine.status"), List.of("client-0", "datacenter-0", "conductor"), "",
            SystemEpochClock.INSTANCE);
        AgentStatus agent = file.agent(0);
        counters = agent.counters();
        recorder = agent.latency(LatencyMetric.HANDSHAKE);
        secret = agent.secrets().take(1);
        dc = agent.dcs().row(2);
        sampler = new PacketSampler(SystemNanoClock.INSTANCE);
        latency = new PacketLatency(agent.latency(LatencyMetric.TO_CLIENT), SystemNanoClock.INSTANCE);
    }

    /** Takes the file away. */
    @TearDown
    public void tearDown() throws IOException
    {
        file.close();
        try (var files = Files.list(folder))
        {
            for (Path one : files.toList())
            {
                Files.delete(one);
            }
        }
        Files.delete(folder);
    }

    /** One counter. */
    @Benchmark
    public void counter()
    {
        counters.add(ProxyCounter.TCP_READ_BYTES, 7);
    }

    /** One length of time, another one each time. */
    @Benchmark
    public void latency()
    {
        value = value * 0x5851F42D4C957F2DL + 1;
        recorder.record(value >>> 34);
    }

    /** The same by HdrHistogram, to one digit, which takes an eighth of the buckets' precision. */
    @Benchmark
    public void latencyByHdrHistogram()
    {
        value = value * 0x5851F42D4C957F2DL + 1;
        hdr.recordValue(value >>> 34);
    }

    /** The accounts of one packet: for its secret and its DC. */
    @Benchmark
    public void packetAccounts()
    {
        counters.add(ProxyCounter.PAYLOAD_BYTES_TO_CLIENT, 1400);
        secret.add(SecretCounter.BYTES_TO_CLIENT, 1400);
        dc.add(DcCounter.BYTES_TO_CLIENT, 1400);
        secret.add(SecretCounter.PACKETS_TO_CLIENT, 1);
        dc.add(DcCounter.PACKETS_TO_CLIENT, 1);
    }

    /** A read, its first packet, and the write, of which one in 16 asks the clock. */
    @Benchmark
    public void packetTiming()
    {
        sampler.onRead();
        latency.onPacket(sampler.takeStamp());
        sampler.endRead();
        latency.onWritten();
    }

    /** An event for the flight recorder, which nobody has started. */
    @Benchmark
    public void eventWhileNobodyRecords()
    {
        ProxyEvents.stall("LINK_CONGESTED", 2, 1, 1);
    }

    /** What is not asked for each packet. */
    @Benchmark
    public long clock()
    {
        return System.nanoTime();
    }
}
