// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import com.sun.management.ThreadMXBean;
import io.mtproxy.crypto.RandomSource;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

/** Frames and payload checks make no garbage. */
class TransportAllocationTest
{
    private static final ThreadMXBean THREADS = (ThreadMXBean)ManagementFactory.getThreadMXBean();
    private static final FrameCodec[] CODECS = {AbridgedFrames.INSTANCE, IntermediateFrames.INSTANCE,
        PaddedIntermediateFrames.INSTANCE};

    private final UnsafeBuffer buffer = new UnsafeBuffer(ByteBuffer.allocateDirect(256));
    private final FrameHeader header = new FrameHeader();
    private final RandomSource random = new SeededRandom(1);

    @Test
    void shouldAllocateNothingAfterWarmUp()
    {
        // The JVM itself may allocate some bytes on this thread when it links or recompiles something; garbage of ours
        // would be there in every round.
        long leastBytes = Long.MAX_VALUE;
        long checksum = 0;
        for (int round = 0; round < 10; round++)
        {
            long before = THREADS.getCurrentThreadAllocatedBytes();
            checksum += run(20_000);
            leastBytes = Math.min(leastBytes, THREADS.getCurrentThreadAllocatedBytes() - before);
        }

        assertEquals(0, leastBytes);
        assertNotEquals(0, checksum);
    }

    private long run(int count)
    {
        long checksum = 0;
        for (int i = 0; i < count; i++)
        {
            for (FrameCodec codec : CODECS)
            {
                int paddingLength = codec.paddingLength(random);
                int headerLength = codec.encodeHeader(buffer, 0, 4 * (i & 0x3ff), paddingLength);
                codec.encodePadding(buffer, headerLength, paddingLength, random);
                if (codec.decodeHeader(buffer, 0, header) == FrameHeader.Result.OK)
                {
                    checksum += header.wireLength();
                }
                checksum += codec.encodeQuickAck(buffer, 0, i, random);
            }

            buffer.putLong(0, i & 1, ByteOrder.LITTLE_ENDIAN);
            checksum += PayloadFilter.classify(buffer, 0, 56, 56) == PayloadFilter.Verdict.DROP ? 1 : 2;
            checksum += PayloadFilter.encodePong(buffer, 16, PayloadFilter.pingId(buffer, 0));
        }
        return checksum;
    }
}
