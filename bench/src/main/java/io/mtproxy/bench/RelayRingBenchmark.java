// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.bench;

import io.mtproxy.engine.relay.RelayRing;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.ControlledMessageHandler;
import org.agrona.concurrent.MessageHandler;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.ringbuffer.OneToOneRingBuffer;
import org.agrona.concurrent.ringbuffer.RingBufferDescriptor;
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
 * What does a ring between two agents cost on one thread, sixteen messages at a time: claimed, filled by a copy,
 * committed and read, compared with Agrona's ring alone and with the copies alone?
 * <p>
 * Two forks, 3 x 1 s of warm-up, 5 x 1 s measured, ns for 16 messages. With {@code -prof gc} nothing is allocated, but
 * for {@code arrayDeque}, which makes an array a message.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 2, jvmArgsAppend = {"--add-opens=java.base/jdk.internal.misc=ALL-UNNAMED", "-XX:+UseSerialGC"})
public class RelayRingBenchmark
{
    private static final int MESSAGES = 16;
    private static final int TYPE = 1;

    /** Message length in bytes. */
    @Param({"192", "1024", "8192"}) public int length;

    private final RelayRing ring = new RelayRing(RelayRing.CAPACITY_MIN, () ->
    {
    });
    private final OneToOneRingBuffer bare = new OneToOneRingBuffer(
        new UnsafeBuffer(ByteBuffer.allocateDirect(RelayRing.CAPACITY_MIN + RingBufferDescriptor.TRAILER_LENGTH)));
    private final ArrayDeque<byte[]> deque = new ArrayDeque<>();
    private UnsafeBuffer from;
    private UnsafeBuffer to;
    private final ControlledMessageHandler controlled = this::onMessage;
    private final MessageHandler handler = this::onBareMessage;
    private long seen;

    /** Makes memory. */
    @Setup
    public void setup()
    {
        from = new UnsafeBuffer(ByteBuffer.allocateDirect(length));
        to = new UnsafeBuffer(ByteBuffer.allocateDirect(length));
    }

    /** What the agents do. */
    @Benchmark
    public long relayRing()
    {
        for (int i = 0; i < MESSAGES; i++)
        {
            int index = ring.tryClaim(TYPE, length);
            ring.buffer().putBytes(index, from, 0, length);
            ring.commit(index);
        }
        ring.read(controlled, Integer.MAX_VALUE);
        // one read ends where the memory ends
        ring.read(controlled, Integer.MAX_VALUE);
        return seen;
    }

    /** Baseline: Agrona's ring, which copies by itself. */
    @Benchmark
    public long bareRing()
    {
        for (int i = 0; i < MESSAGES; i++)
        {
            bare.write(TYPE, from, 0, length);
        }
        bare.read(handler);
        bare.read(handler);
        return seen;
    }

    /** Baseline: no ring, the copies alone. */
    @Benchmark
    public UnsafeBuffer copies()
    {
        for (int i = 0; i < MESSAGES; i++)
        {
            to.putBytes(0, from, 0, length);
        }
        return to;
    }

    /** Baseline: what one would write without rings. */
    @Benchmark
    public long arrayDeque()
    {
        for (int i = 0; i < MESSAGES; i++)
        {
            byte[] message = new byte[length];
            from.getBytes(0, message);
            deque.add(message);
        }
        for (byte[] message = deque.poll(); message != null; message = deque.poll())
        {
            seen += message.length;
        }
        return seen;
    }

    private ControlledMessageHandler.Action onMessage(int type, MutableDirectBuffer buffer, int index, int count)
    {
        seen += count;
        return ControlledMessageHandler.Action.CONTINUE;
    }

    private void onBareMessage(int type, MutableDirectBuffer buffer, int index, int count)
    {
        seen += count;
    }
}
