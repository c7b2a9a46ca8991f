// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.datacenter;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mtproxy.engine.memory.ChunkPool;
import java.util.ArrayList;
import org.junit.jupiter.api.Test;

/** How long requests wait for a partner to be encrypted with. (ADR 0009) */
class LinkSealerTest
{
    private static final int MEGABYTE = 1 << 20;

    @Test
    void shouldWaitForMegabyte()
    {
        LinkSealer sealer = new LinkSealer(new ChunkPool(64L * MEGABYTE));
        sealer.onStaged(MEGABYTE - 1);
        assertFalse(sealer.isDue());
        sealer.onStaged(1);
        assertTrue(sealer.isDue());

        sealer.sealPairs(new ArrayList<>());
        assertFalse(sealer.isDue());
    }

    /** What waits is in chunks that others need. [C-LIM-10] */
    @Test
    void shouldHoldEighthOfSmallPool()
    {
        LinkSealer sealer = new LinkSealer(new ChunkPool(MEGABYTE));
        sealer.onStaged(MEGABYTE / 8 - 1);
        assertFalse(sealer.isDue());
        sealer.onStaged(1);
        assertTrue(sealer.isDue());

        sealer.sealAll(new ArrayList<>());
        assertFalse(sealer.isDue());
    }
}
