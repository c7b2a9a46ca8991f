// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import io.mtproxy.engine.LeastAllocation;
import io.mtproxy.crypto.RandomSource;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

/** Frames and payload checks make no garbage. */
class TransportAllocationTest
{
    private static final FrameCodec[] CODECS = {AbridgedFrames.INSTANCE, IntermediateFrames.INSTANCE,
        PaddedIntermediateFrames.INSTANCE};

    private final UnsafeBuffer buffer = new UnsafeBuffer(ByteBuffer.allocateDirect(256));
    private final FrameHeader header = new FrameHeader();
    private final RandomSource random = new SeededRandom(1);

    @Test
    void shouldAllocateNothingAfterWarmUp()
    {
        long[] checksum = new long[1];
        assertEquals(0, LeastAllocation.bytesOf(() -> checksum[0] += run(10_000)));
        assertNotEquals(0, checksum[0]);
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
