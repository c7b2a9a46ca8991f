// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.client;

import io.mtproxy.engine.memory.Chunk;
import io.mtproxy.engine.memory.ChunkChain;
import io.mtproxy.engine.transport.AfterHandshake;
import io.mtproxy.engine.transport.FakeTlsRecords;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Puts what one client gets into records, in the chunks where it is encrypted to: a header goes in front, and its length is
 * written when the record is full or the turn ends. So all that one turn brings shares records, as in C. How long a record
 * may get, and after how much it may get longer, is what was learnt of the domain. [P-TLS-35]
 * <p>
 * A header may lie across two chunks; the places of its two length bytes are kept apart for that.
 */
final class AnswerRecords
{
    private static final int HEADER_LENGTH = FakeTlsRecords.HEADER_LENGTH;
    private static final int LENGTH_HIGH = 3;
    private static final int LENGTH_LOW = 4;

    private final ChunkChain output;
    private @Nullable UnsafeBuffer highBuffer;
    private @Nullable UnsafeBuffer lowBuffer;
    private int highOffset;
    private int lowOffset;
    private boolean isOpen;
    private int payloadLength;
    private final List<AfterHandshake.Step> steps;
    private int step;
    /** Payload of all records so far; stands still at the last step. */
    private int sentLength;
    private int lengthMax;

    /** @param after how the records of the domain grow. */
    AnswerRecords(ChunkChain output, AfterHandshake after)
    {
        this.output = output;
        this.steps = after.recordSteps();
        this.lengthMax = steps.getFirst().recordLength();
    }

    /**
     * Opens a record unless one is open.
     *
     * @return how much it still takes; 0 when no chunk is left for its header.
     */
    int room()
    {
        if (!isOpen && !open())
        {
            return 0;
        }
        return lengthMax - payloadLength;
    }

    private boolean open()
    {
        for (int i = 0; i < HEADER_LENGTH; i++)
        {
            Chunk chunk = output.tailWithRoom();
            if (chunk == null)
            {
                return false;
            }
            int offset = chunk.writeOffset();
            chunk.buffer().putByte(offset, FakeTlsRecords.headerByte(i, 0));
            output.commit(1);
            if (i == LENGTH_HIGH)
            {
                highBuffer = chunk.buffer();
                highOffset = offset;
            }
            else if (i == LENGTH_LOW)
            {
                lowBuffer = chunk.buffer();
                lowOffset = offset;
            }
        }
        isOpen = true;
        payloadLength = 0;
        return true;
    }

    /** So many bytes were put into the open record. */
    void add(int length)
    {
        payloadLength += length;
        if (payloadLength == lengthMax)
        {
            end();
        }
    }

    /** Ends the open record, before anything is written to the socket. */
    void end()
    {
        UnsafeBuffer high = highBuffer;
        UnsafeBuffer low = lowBuffer;
        if (isOpen && high != null && low != null)
        {
            high.putByte(highOffset, FakeTlsRecords.headerByte(LENGTH_HIGH, payloadLength));
            low.putByte(lowOffset, FakeTlsRecords.headerByte(LENGTH_LOW, payloadLength));
            isOpen = false;
            grow();
        }
    }

    private void grow()
    {
        if (step == steps.size() - 1)
        {
            return;
        }
        sentLength += payloadLength;
        while (step < steps.size() - 1 && sentLength >= steps.get(step + 1).sentBytes())
        {
            step++;
        }
        lengthMax = steps.get(step).recordLength();
    }
}
