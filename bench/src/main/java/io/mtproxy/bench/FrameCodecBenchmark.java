// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.bench;

import io.mtproxy.engine.transport.AbridgedFrames;
import io.mtproxy.engine.transport.FrameCodec;
import io.mtproxy.engine.transport.FrameHeader;
import io.mtproxy.engine.transport.IntermediateFrames;
import io.mtproxy.engine.transport.PaddedIntermediateFrames;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.agrona.concurrent.UnsafeBuffer;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What does it cost to judge the header of a client's frame and to write that of an answer, in each framing, compared
 * with reading and writing four bytes?
 * <p>
 * Two forks, 3 x 1 s of warm-up, 5 x 1 s measured, ns a frame. With {@code -prof gc} nothing is allocated.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 2, jvmArgsAppend = {"--add-opens=java.base/jdk.internal.misc=ALL-UNNAMED", "-XX:+UseSerialGC"})
public class FrameCodecBenchmark
{
    /** Framing. */
    @Param({"abridged", "intermediate", "padded"}) public String framing = "";

    /** Payload length in bytes. */
    @Param({"128", "16384"}) public int length;

    private final UnsafeBuffer in = new UnsafeBuffer(ByteBuffer.allocateDirect(8));
    private final UnsafeBuffer out = new UnsafeBuffer(ByteBuffer.allocateDirect(16));
    private final FrameHeader header = new FrameHeader();
    private final FastRandom random = new FastRandom();
    private FrameCodec codec;

    /** Chooses the codec and makes the header that it reads. */
    @Setup
    public void setup()
    {
        codec = FrameCodec.ofTag(switch (framing)
        {
            case "abridged" -> AbridgedFrames.INSTANCE.tag();
            case "intermediate" -> IntermediateFrames.INSTANCE.tag();
            default -> PaddedIntermediateFrames.INSTANCE.tag();
        });
        codec.encodeHeader(in, 0, length, 0);
    }

    /** From a client. */
    @Benchmark
    public int decodeHeader()
    {
        codec.headerLength(in.getByte(0));
        codec.decodeHeader(in, 0, header);
        return header.payloadLength();
    }

    /** To a client, its padding drawn. */
    @Benchmark
    public int encodeHeader()
    {
        int paddingLength = codec.paddingLength(random);
        int headerLength = codec.encodeHeader(out, 0, length, paddingLength);
        codec.encodePadding(out, headerLength, paddingLength, random);
        return headerLength;
    }

    /** Baseline: four bytes in. */
    @Benchmark
    public int readInt()
    {
        return in.getInt(0, ByteOrder.LITTLE_ENDIAN);
    }

    /** Baseline: four bytes out. */
    @Benchmark
    public UnsafeBuffer writeInt()
    {
        out.putInt(0, length, ByteOrder.LITTLE_ENDIAN);
        return out;
    }
}
