// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.memory;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class MemoryBudgetTest
{
    private final MemoryBudget budget = new MemoryBudget(100 << 20)
        .add("client-0", "chunk pool", 64 << 20)
        .add("datacenter-0", "chunk pool", 35 << 20);

    @Test
    void shouldAcceptWhatFits()
    {
        budget.add("client-0", "slots", 1 << 20);
        assertEquals(100 << 20, budget.total());
        assertTrue(budget.fits());
        assertEquals("", budget.problem());
        assertDoesNotThrow(budget::check);
    }

    @Test
    void shouldRefuseWhatDoesNotFitAndNameLargest()
    {
        budget.add("client-0", "slots", (1 << 20) + 1);
        assertFalse(budget.fits());
        IllegalArgumentException e = assertThrows(IllegalArgumentException.class, budget::check);
        assertEquals("memory: 100.0 MiB wanted, 100.0 MiB allowed; largest: chunk pool of client-0 with 64.0 MiB — " +
            "lower that or raise the limit", e.getMessage());
    }

    @Test
    void shouldNotOverflow()
    {
        budget.add("a", "b", Long.MAX_VALUE);
        assertEquals(Long.MAX_VALUE, budget.total());
        assertFalse(budget.fits());
        assertThrows(IllegalArgumentException.class, () -> budget.add("a", "b", -1));
    }

    @Test
    void shouldPrintLargestFirst()
    {
        budget.add("client-0", "slots", 2048);
        String[] lines = budget.table().split("\n");
        assertEquals(4, lines.length);
        assertTrue(lines[0].matches("client-0 +chunk pool +64\\.0 MiB"), lines[0]);
        assertTrue(lines[2].matches("client-0 +slots +2\\.0 KiB"), lines[2]);
        assertTrue(lines[3].matches("total +of 100\\.0 MiB allowed +99\\.0 MiB"), lines[3]);
    }
}
