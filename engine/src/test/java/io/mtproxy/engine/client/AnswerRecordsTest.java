// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.client;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mtproxy.engine.LeastAllocation;
import io.mtproxy.engine.memory.Chunk;
import io.mtproxy.engine.memory.ChunkChain;
import io.mtproxy.engine.memory.ChunkPool;
import io.mtproxy.engine.transport.AfterHandshake;
import io.mtproxy.engine.transport.FakeTlsRecords;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

/** Records around bytes of any amount, written wherever in a chunk they begin. */
class AnswerRecordsTest
{
    private static final int ROUND_LENGTH = 200_000;

    private final ChunkPool pool = new ChunkPool(64L * ChunkPool.CHUNK_LENGTH);
    private final ChunkChain chain = new ChunkChain(pool);
    private AnswerRecords records = new AnswerRecords(chain, AfterHandshake.UNKNOWN);
    private final UnsafeBuffer plain = new UnsafeBuffer(ByteBuffer.allocateDirect(ROUND_LENGTH));
    private final UnsafeBuffer wire = new UnsafeBuffer(ByteBuffer.allocateDirect(2 * ROUND_LENGTH));
    private final FakeTlsRecords reader = new FakeTlsRecords();

    /** [P-TLS-35] */
    @Test
    void shouldPutEverythingIntoRecords()
    {
        SplittableRandom random = new SplittableRandom(8);
        for (int round = 0; round < 200; round++)
        {
            byte[] bytes = new byte[1 + random.nextInt(60_000)];
            random.nextBytes(bytes);
            ByteArrayOutputStream sent = new ByteArrayOutputStream();
            for (int done = 0; done < bytes.length;)
            {
                int run = Math.min(bytes.length - done, 1 + random.nextInt(5000));
                write(new UnsafeBuffer(bytes, done, run), run);
                done += run;
                if (random.nextInt(3) == 0)
                {
                    records.end();
                    // leaves the next record to begin anywhere in a chunk
                    drain(sent);
                }
            }
            records.end();
            drain(sent);
            byte[] got = sent.toByteArray();
            assertRecordsAreShort(got);
            UnsafeBuffer buffer = new UnsafeBuffer(got);
            assertTrue(reader.strip(buffer, 0, got.length));
            byte[] payload = new byte[reader.payloadLength()];
            buffer.getBytes(reader.payloadOffset(), payload);
            assertArrayEquals(bytes, payload);
        }
        assertEquals(0, pool.usedCount());
    }

    /** [P-TLS-35] */
    private static void assertRecordsAreShort(byte[] wireBytes)
    {
        for (int at = 0; at < wireBytes.length;)
        {
            int length = (wireBytes[at + 3] & 0xff) << 8 | wireBytes[at + 4] & 0xff;
            assertTrue(length > 0 && length <= AfterHandshake.RECORD_LENGTH_MAX, "record of " + length);
            at += 5 + length;
        }
    }

    /** [P-TLS-35] Records get longer where the domain's do, wherever a turn ends, and never longer than those. */
    @Test
    void shouldGrowAsTheDomainsRecordsDo()
    {
        AfterHandshake.Step small = new AfterHandshake.Step(0, 1225);
        AfterHandshake.Step middle = new AfterHandshake.Step(10_000, 4113);
        AfterHandshake.Step large = new AfterHandshake.Step(40_000, 16_401);
        records = new AnswerRecords(chain, new AfterHandshake(List.of(), List.of(small, middle, large)));
        write(plain, 7000);
        records.end();
        write(plain, 90_000);
        records.end();
        ByteArrayOutputStream sent = new ByteArrayOutputStream();
        drain(sent);
        List<Integer> lengths = new ArrayList<>();
        byte[] wireBytes = sent.toByteArray();
        for (int at = 0; at < wireBytes.length; at += 5 + lengths.getLast())
        {
            lengths.add((wireBytes[at + 3] & 0xff) << 8 | wireBytes[at + 4] & 0xff);
        }
        assertEquals(Collections.nCopies(5, 1225), lengths.subList(0, 5));
        assertEquals(7000 - 5 * 1225, lengths.get(5));
        // 7000 + 3 * 1225 is the first sum from 10,000 on
        assertEquals(Collections.nCopies(3, 1225), lengths.subList(6, 9));
        assertEquals(Collections.nCopies(8, 4113), lengths.subList(9, 17));
        assertEquals(Collections.nCopies(3, 16_401), lengths.subList(17, 20));
        assertEquals(97_000, lengths.stream().mapToInt(length -> length).sum());
    }

    /** Records both ways make no garbage. */
    @Test
    void shouldAllocateNothingAfterWarmUp()
    {
        assertEquals(0, LeastAllocation.bytesOf(() ->
        {
            for (int i = 0; i < 20; i++)
            {
                write(plain, ROUND_LENGTH);
                records.end();
                int length = chain.length();
                chain.take(wire, 0, length);
                assertTrue(reader.strip(wire, 0, length));
                assertTrue(reader.payloadLength() == ROUND_LENGTH);
            }
        }));
    }

    private void write(UnsafeBuffer from, int length)
    {
        for (int done = 0; done < length;)
        {
            int room = records.room();
            Chunk chunk = chain.tailWithRoom();
            int run = Math.min(Math.min(length - done, room), chunk.room());
            chunk.buffer().putBytes(chunk.writeOffset(), from, done, run);
            chain.commit(run);
            records.add(run);
            done += run;
        }
    }

    private void drain(ByteArrayOutputStream to)
    {
        byte[] bytes = new byte[chain.length()];
        chain.take(new UnsafeBuffer(bytes), 0, bytes.length);
        to.writeBytes(bytes);
    }
}
