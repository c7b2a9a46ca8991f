// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.agent;

import io.mtproxy.engine.memory.ChunkPool;
import io.mtproxy.engine.status.ProxyCounter;
import io.mtproxy.engine.status.ProxyCounters;

/** Shows one pool in the counters of its agent, once a second. */
final class BufferGauges
{
    private static final long PERIOD_NS = 1_000_000_000L;

    private final ChunkPool pool;
    private final ProxyCounters counters;
    private long nextNs = Long.MIN_VALUE / 2;
    private int blocksCounted;

    BufferGauges(ChunkPool pool, ProxyCounters counters)
    {
        this.pool = pool;
        this.counters = counters;
        counters.set(ProxyCounter.BUFFERS_LIMIT_BYTES, (long)pool.chunkCountMax() * ChunkPool.CHUNK_LENGTH);
    }

    void publishWhenDue(long nowNs)
    {
        if (nowNs - nextNs < 0)
        {
            return;
        }
        nextNs = nowNs + PERIOD_NS;
        counters.set(ProxyCounter.BUFFERS_USED, pool.usedCount());
        counters.set(ProxyCounter.BUFFERS_USED_BYTES, (long)pool.usedCount() * ChunkPool.CHUNK_LENGTH);
        counters.set(ProxyCounter.BUFFERS_USED_PEAK, pool.usedCountMax());
        counters.set(ProxyCounter.BUFFERS_ALLOCATED_BYTES, (long)pool.allocatedCount() * ChunkPool.CHUNK_LENGTH);
        counters.set(ProxyCounter.BUFFER_BLOCKS, pool.blockCount());
        // blocks are never given back
        counters.set(ProxyCounter.BUFFER_BLOCKS_PEAK, pool.blockCount());
        counters.set(ProxyCounter.BUFFER_BLOCKS_LIMIT, pool.blockCountMax());
        counters.add(ProxyCounter.BUFFER_BLOCK_ALLOCATIONS, pool.blockCount() - blocksCounted);
        blocksCounted = pool.blockCount();
    }
}
