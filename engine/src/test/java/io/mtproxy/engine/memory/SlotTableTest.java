// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SlotTableTest
{
    @Test
    @DisplayName("[C-LIM-02] gives as many slots as it has, then none")
    void shouldGiveEverySlotOnce()
    {
        SlotTable<String> table = new SlotTable<>(2500);
        Set<Integer> slots = new HashSet<>();
        for (int i = 0; i < 2500; i++)
        {
            int slot = table.allocate();
            assertTrue(slot >= 0 && slot < 2500);
            assertTrue(slots.add(slot));
            assertEquals(1, table.generation(slot));
        }
        assertEquals(SlotTable.NO_SLOT, table.allocate());
        assertEquals(2500, table.liveCount());

        table.free(1234);
        assertEquals(1234, table.allocate());
        assertEquals(2, table.generation(1234));
    }

    @Test
    void shouldTellUsersOfSlotApart()
    {
        SlotTable<String> table = new SlotTable<>(10);
        int slot = table.allocate();
        int generation = table.generation(slot);
        table.set(slot, "first");
        assertTrue(table.isCurrent(slot, generation));
        assertSame("first", table.get(slot));

        table.free(slot);
        assertFalse(table.isCurrent(slot, generation));
        assertFalse(table.isCurrent(slot, table.generation(slot)), "a free slot has no user");
        assertNull(table.get(slot));

        assertEquals(slot, table.allocate());
        assertFalse(table.isCurrent(slot, generation));
        assertNotEquals(generation, table.generation(slot));
        assertTrue(table.isCurrent(slot, table.generation(slot)));
        assertNull(table.get(slot));
    }

    @Test
    void shouldAnswerForSlotsThatDoNotExist()
    {
        SlotTable<String> table = new SlotTable<>(10);
        for (int slot : new int[]{-1, 0, 9, 10, 5000, Integer.MAX_VALUE, Integer.MIN_VALUE})
        {
            assertFalse(table.isCurrent(slot, 1));
            assertNull(table.get(slot));
            assertThrows(IllegalStateException.class, () -> table.free(slot));
            assertThrows(IllegalStateException.class, () -> table.set(slot, ""));
        }
        assertThrows(IllegalArgumentException.class, () -> new SlotTable<String>(0));
    }

    @Test
    void shouldNoticeSlotFreedTwice()
    {
        SlotTable<String> table = new SlotTable<>(10);
        table.free(table.allocate());
        assertThrows(IllegalStateException.class, () -> table.free(0));
    }

    @Test
    void shouldAllowFreeingOnTheWayDown()
    {
        SlotTable<String> table = new SlotTable<>(3000);
        for (int i = 0; i < 3000; i++)
        {
            table.allocate();
        }
        List<Integer> seen = new ArrayList<>();
        for (int i = table.liveCount() - 1; i >= 0; i--)
        {
            int slot = table.liveAt(i);
            seen.add(slot);
            if (slot % 3 != 0)
            {
                table.free(slot);
            }
        }
        assertEquals(3000, new HashSet<>(seen).size());
        assertEquals(3000, seen.size());
        assertEquals(1000, table.liveCount());
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void shouldBehaveLikePlainMap(long seed)
    {
        Random random = new Random(seed);
        SlotTable<Integer> table = new SlotTable<>(2100);
        Map<Integer, Integer> model = new HashMap<>();
        Map<Integer, Integer> generations = new HashMap<>();
        for (int step = 0; step < 50_000; step++)
        {
            boolean isGrowing = step / 5000 % 2 == 0;
            if (random.nextInt(10) < (isGrowing ? 8 : 2))
            {
                int slot = table.allocate();
                assertEquals(model.size() == 2100, slot == SlotTable.NO_SLOT);
                if (slot != SlotTable.NO_SLOT)
                {
                    assertNull(model.put(slot, step), "given twice");
                    Integer before = generations.put(slot, table.generation(slot));
                    assertEquals(before == null ? 1 : before + 1, table.generation(slot));
                    table.set(slot, step);
                }
            }
            else if (table.liveCount() > 0)
            {
                int slot = table.liveAt(random.nextInt(table.liveCount()));
                assertEquals(model.remove(slot), table.get(slot));
                table.free(slot);
            }
            assertEquals(model.size(), table.liveCount());
        }
        Set<Integer> live = new HashSet<>();
        for (int i = 0; i < table.liveCount(); i++)
        {
            live.add(table.liveAt(i));
        }
        assertEquals(model.keySet(), live, () -> "seed " + seed);
    }
}
