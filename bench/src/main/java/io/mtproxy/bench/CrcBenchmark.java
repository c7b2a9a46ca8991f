// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.bench;

import io.mtproxy.crypto.CipherScratch;
import io.mtproxy.crypto.CrcKind;
import io.mtproxy.crypto.CrcStream;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import java.util.zip.CRC32;
import java.util.zip.CRC32C;
import java.util.zip.Checksum;
import org.agrona.concurrent.UnsafeBuffer;
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
 * What does the sum over a frame cost, and what does the copy of direct memory through the scratch array add to the
 * JDK's sum over a {@code ByteBuffer} view, which would have to be made for each buffer?
 * <p>
 * Two forks, 3 x 1 s of warm-up, 5 x 1 s measured, ns a message. With {@code -prof gc}: {@code gc.alloc.rate.norm} is
 * 0 for all.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 2, jvmArgsAppend = {"--add-opens=java.base/jdk.internal.misc=ALL-UNNAMED", "-XX:+UseSerialGC"})
public class CrcBenchmark
{
    /** Message length in bytes. */
    @Param({"64", "1024", "16384"}) public int length;

    /** Which sum. */
    @Param public CrcKind kind = CrcKind.CRC32;

    private final CrcStream crc = new CrcStream(new CipherScratch());
    private Checksum checksum;
    private ByteBuffer view;
    private UnsafeBuffer direct;
    private byte[] bytes;

    /** Makes memory and chooses the sum. */
    @Setup
    public void setup()
    {
        view = ByteBuffer.allocateDirect(length);
        direct = new UnsafeBuffer(view.duplicate());
        bytes = new byte[length];
        crc.reset(kind);
        checksum = switch (kind)
        {
            case CRC32 -> new CRC32();
            case CRC32C -> new CRC32C();
        };
    }

    /** A frame in a link's array: the usual case. */
    @Benchmark
    public int array()
    {
        crc.reset();
        crc.update(bytes, 0, length);
        return crc.value();
    }

    /** A frame in direct memory. */
    @Benchmark
    public int direct()
    {
        crc.reset();
        crc.update(direct, 0, length);
        return crc.value();
    }

    /** Baseline: a view that is already there. */
    @Benchmark
    public long directView()
    {
        checksum.reset();
        checksum.update(view.clear());
        return checksum.getValue();
    }
}
