// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.memory;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mtproxy.engine.LeastAllocation;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ChunkChainTest
{
    private static final int CHUNK = ChunkPool.CHUNK_LENGTH;

    private final ChunkPool pool = new ChunkPool(64L * CHUNK);
    private final ChunkChain chain = new ChunkChain(pool);
    private final FakeTcpSocket socket = new FakeTcpSocket();
    private final ByteBuffer[] gather = ChunkChain.newGatherArray();

    /** Every operation in random order and size, beside a plain array that does the same. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void shouldBehaveLikePlainQueueOfBytes(long seed) throws IOException
    {
        Random random = new Random(seed);
        byte[] model = new byte[0];
        for (int step = 0; step < 4_000; step++)
        {
            int size = random.nextInt(4) == 0 ? random.nextInt(3 * CHUNK) : random.nextInt(200);
            switch (random.nextInt(6))
            {
                case 0 ->
                {
                    byte[] bytes = new byte[size];
                    random.nextBytes(bytes);
                    if (model.length + size < 40 * CHUNK)
                    {
                        assertTrue(chain.append(new UnsafeBuffer(bytes), 0, size));
                        model = concat(model, bytes);
                    }
                }
                case 1 ->
                {
                    byte[] out = new byte[Math.min(size, model.length) + 2];
                    chain.take(new UnsafeBuffer(out), 1, out.length - 2);
                    assertArrayEquals(Arrays.copyOf(model, out.length - 2),
                        Arrays.copyOfRange(out, 1, out.length - 1), () -> "seed " + seed);
                    model = Arrays.copyOfRange(model, out.length - 2, model.length);
                }
                case 2 ->
                {
                    int dropped = Math.min(size, model.length);
                    chain.drop(dropped);
                    model = Arrays.copyOfRange(model, dropped, model.length);
                }
                case 3 ->
                {
                    socket.room = size;
                    socket.taken.reset();
                    assertEquals(size >= model.length, chain.writeTo(socket, gather));
                    int written = Math.min(size, model.length);
                    assertArrayEquals(Arrays.copyOf(model, written), socket.taken.toByteArray());
                    model = Arrays.copyOfRange(model, written, model.length);
                }
                case 4 ->
                {
                    Chunk chunk = chain.tailWithRoom();
                    byte[] bytes = new byte[Math.min(size, chunk.room())];
                    random.nextBytes(bytes);
                    chunk.buffer().putBytes(chunk.writeOffset(), bytes);
                    chain.commit(bytes.length);
                    model = concat(model, bytes);
                }
                default ->
                {
                    if (random.nextInt(50) == 0)
                    {
                        chain.clear();
                        model = new byte[0];
                    }
                }
            }
            assertEquals(model.length, chain.length());
            assertEquals(model.length == 0, chain.isEmpty());
            assertEquals(model.length == 0, chain.head() == null);
            assertEquals(pool.usedCount() * CHUNK, chain.heldLength());
            assertArrayEquals(model, content(), () -> "seed " + seed);
        }
        chain.clear();
        assertEquals(0, pool.usedCount(), "the pool is full again");
        assertEquals(0, chain.heldLength());
    }

    @Test
    void shouldHoldNothingWhenEmpty()
    {
        append(3 * CHUNK + 7);
        assertEquals(4 * CHUNK, chain.heldLength());
        chain.drop(3 * CHUNK + 7);
        assertEquals(0, pool.usedCount());
        assertNull(chain.head());
    }

    @Test
    void shouldGiveUntouchedChunkBackOnEmptyCommit()
    {
        assertNotNull(chain.tailWithRoom());
        chain.commit(0);
        assertEquals(0, pool.usedCount());

        append(CHUNK);
        chain.tailWithRoom();
        chain.commit(0);
        assertEquals(1, pool.usedCount());
        assertArrayEquals(new int[]{CHUNK, CHUNK}, new int[]{chain.length(), chain.heldLength()});
    }

    @Test
    void shouldGivePendingChunkBackOnClear()
    {
        append(CHUNK);
        chain.tailWithRoom();
        chain.clear();
        assertEquals(0, pool.usedCount());
    }

    @Test
    @DisplayName("[C-LIM-10] a used-up pool is an answer, not an error, and the owner can give all back")
    void shouldSayWhenPoolIsUsedUp()
    {
        ChunkPool small = new ChunkPool(0);
        ChunkChain first = new ChunkChain(small);
        int all = small.chunkCountMax() * CHUNK;
        assertFalse(first.append(new UnsafeBuffer(new byte[all + 1]), 0, all + 1));
        assertEquals(all, first.length());
        assertNull(first.tailWithRoom());
        assertFalse(new ChunkChain(small).append(new UnsafeBuffer(new byte[1]), 0, 1));

        first.clear();
        assertEquals(0, small.usedCount());
        assertTrue(first.append(new UnsafeBuffer(new byte[1]), 0, 1));
    }

    @Test
    void shouldKeepAllWhenSocketFails()
    {
        append(2 * CHUNK);
        socket.isBroken = true;
        assertThrows(IOException.class, () -> chain.writeTo(socket, gather));
        assertEquals(2 * CHUNK, chain.length());
    }

    @Test
    void shouldWriteNoMoreChunksThanGatherHolds() throws IOException
    {
        append(5 * CHUNK);
        socket.room = 10 * CHUNK;
        assertTrue(chain.writeTo(socket, new ByteBuffer[2]), "all that was offered");
        assertEquals(2, socket.buffersSeen);
        assertEquals(3 * CHUNK, chain.length());
        assertTrue(chain.writeTo(socket, gather));
        assertTrue(chain.isEmpty());
        assertTrue(chain.writeTo(socket, gather), "nothing to write");
    }

    @Test
    void shouldRefuseToTakeMoreThanThereIs()
    {
        append(10);
        assertThrows(IllegalArgumentException.class, () -> chain.drop(11));
        assertThrows(IllegalArgumentException.class, () -> chain.take(new UnsafeBuffer(new byte[20]), 0, 11));
        assertEquals(10, chain.length());
    }

    @Test
    void shouldNotAllocateOnceWarm()
    {
        UnsafeBuffer bytes = new UnsafeBuffer(new byte[3 * CHUNK]);
        assertEquals(0, LeastAllocation.bytesOf(() -> useMany(bytes, 20_000)));
    }

    private void useMany(UnsafeBuffer bytes, int rounds)
    {
        for (int i = 0; i < rounds; i++)
        {
            chain.append(bytes, 0, CHUNK + 100);
            chain.take(bytes, 0, 100);
            chain.drop(CHUNK);
        }
    }

    private void append(int length)
    {
        assertTrue(chain.append(new UnsafeBuffer(new byte[length]), 0, length));
    }

    private byte[] content()
    {
        byte[] bytes = new byte[chain.length()];
        int offset = 0;
        for (Chunk chunk = chain.head(); chunk != null; chunk = chunk.next())
        {
            chunk.buffer().getBytes(chunk.readOffset(), bytes, offset, chunk.length());
            offset += chunk.length();
        }
        assertEquals(bytes.length, offset);
        return bytes;
    }

    private static byte[] concat(byte[] first, byte[] second)
    {
        byte[] both = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        return both;
    }
}
