// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.memory;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/**
 * Adds up at start what every pool, ring and table may ever take, and says whether it fits (architecture A8). For the
 * thread that starts the engine.
 */
public final class MemoryBudget
{
    private static final long KIB = 1024;
    private static final long MIB = KIB * KIB;

    private final long limit;
    private final List<Entry> entries = new ArrayList<>();

    /** @param limit most bytes that all owners may take together. */
    public MemoryBudget(long limit)
    {
        this.limit = limit;
    }

    /**
     * Notes what an owner may take at most.
     *
     * @param owner    who has it, as {@code client-0}.
     * @param what     it is, as {@code chunk pool}.
     * @param bytesMax never less than 0.
     * @return this.
     */
    public MemoryBudget add(String owner, String what, long bytesMax)
    {
        if (bytesMax < 0)
        {
            throw new IllegalArgumentException(owner + ", " + what + ": " + bytesMax + " bytes");
        }
        entries.add(new Entry(owner, what, bytesMax));
        return this;
    }

    /** @return bytes of all owners, {@link Long#MAX_VALUE} when it is more than that. */
    public long total()
    {
        long total = 0;
        for (Entry entry : entries)
        {
            total += entry.bytesMax;
            if (total < 0)
            {
                return Long.MAX_VALUE;
            }
        }
        return total;
    }

    /** @return whether all of it fits. */
    public boolean fits()
    {
        return total() <= limit;
    }

    /** @return one line for the operator that names the largest owner; empty when all of it fits. */
    public String problem()
    {
        if (fits())
        {
            return "";
        }
        Entry largest = entries.stream().max(Comparator.comparingLong(Entry::bytesMax)).orElseThrow();
        return "memory: " + format(total()) + " wanted, " + format(limit) + " allowed; largest: " + largest.what +
            " of " + largest.owner + " with " + format(largest.bytesMax) + " — lower that or raise the limit";
    }

    /**
     * Refuses what does not fit.
     *
     * @throws IllegalArgumentException with the line of {@link #problem}.
     */
    public void check()
    {
        if (!fits())
        {
            throw new IllegalArgumentException(problem());
        }
    }

    /** @return a table for the operator: one line each, largest first, the sum last. */
    public String table()
    {
        StringBuilder table = new StringBuilder();
        entries.stream().sorted(Comparator.comparingLong(Entry::bytesMax).reversed()).forEach(
            entry -> appendLine(table, entry.owner, entry.what, entry.bytesMax));
        appendLine(table, "total", "of " + format(limit) + " allowed", total());
        return table.toString();
    }

    private static void appendLine(StringBuilder table, String owner, String what, long bytes)
    {
        table.append(String.format(Locale.ROOT, "%-16s %-32s %12s\n", owner, what, format(bytes)));
    }

    private static String format(long bytes)
    {
        return bytes >= MIB ?
            String.format(Locale.ROOT, "%.1f MiB", (double)bytes / MIB) :
            bytes >= KIB ?
                String.format(Locale.ROOT, "%.1f KiB", (double)bytes / KIB) :
                bytes + " B";
    }

    private record Entry(String owner, String what, long bytesMax)
    {
    }
}
