// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.agent;

import io.mtproxy.engine.memory.ChunkPool;
import io.mtproxy.engine.status.ProxyCounter;
import io.mtproxy.engine.status.ProxyCounters;

/** Shows one pool in the counters of its agent, once a second or so. */
final class BufferGauges
{
    private final ChunkPool pool;
    private final ProxyCounters counters;

    BufferGauges(ChunkPool pool, ProxyCounters counters)
    {
        this.pool = pool;
        this.counters = counters;
        counters.set(ProxyCounter.BUFFERS_LIMIT_BYTES, (long)pool.chunkCountMax() * ChunkPool.CHUNK_LENGTH);
    }

    void publish()
    {
        counters.set(ProxyCounter.BUFFERS_USED, pool.usedCount());
        counters.set(ProxyCounter.BUFFERS_USED_BYTES, (long)pool.usedCount() * ChunkPool.CHUNK_LENGTH);
        counters.set(ProxyCounter.BUFFERS_USED_PEAK, pool.usedCountMax());
        counters.set(ProxyCounter.BUFFERS_ALLOCATED_BYTES, (long)pool.allocatedCount() * ChunkPool.CHUNK_LENGTH);
    }
}
