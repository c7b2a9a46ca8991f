// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.client;

import io.mtproxy.engine.status.DistinctValues;
import io.mtproxy.engine.status.SecretCounter;
import io.mtproxy.engine.status.SecretRow;
import org.agrona.collections.Long2LongHashMap;

/**
 * The distinct addresses, or the distinct keys, of one secret's connections in one agent, as keyed hashes: how many
 * connections have each, and where it is shown to readers. [C-STAT-08]
 */
final class DistinctSet
{
    private static final long MISSING = Long.MIN_VALUE;
    private static final long COUNT_MASK = 0xffffffffL;

    private final DistinctValues shown;
    private final SecretRow row;
    private final boolean isOfKeys;
    /** By hash: place in {@link #shown} above, connections below. */
    private final Long2LongHashMap entries = new Long2LongHashMap(MISSING);

    DistinctSet(DistinctValues shown, SecretRow row, boolean isOfKeys)
    {
        this.shown = shown;
        this.row = row;
        this.isOfKeys = isOfKeys;
    }

    /** One more connection has it. */
    void add(long hash)
    {
        long entry = entries.get(hash);
        entries.put(hash, entry == MISSING ? (long)show(hash) << Integer.SIZE | 1 : entry + 1);
    }

    /** One connection less has it. */
    void remove(long hash)
    {
        long entry = entries.get(hash);
        if (entry == MISSING)
        {
            throw new IllegalStateException("removed more often than added");
        }
        if ((entry & COUNT_MASK) > 1)
        {
            entries.put(hash, entry - 1);
        }
        else
        {
            entries.remove(hash);
            hide((int)(entry >> Integer.SIZE));
        }
    }

    private int show(long hash)
    {
        int place = isOfKeys ? shown.addKey(row, hash) : shown.addAddress(row, hash);
        if (place == DistinctValues.NO_PLACE)
        {
            row.add(unlisted(), 1);
        }
        return place;
    }

    private void hide(int place)
    {
        if (place == DistinctValues.NO_PLACE)
        {
            row.add(unlisted(), -1);
        }
        else
        {
            shown.remove(place);
        }
    }

    private SecretCounter unlisted()
    {
        return isOfKeys ? SecretCounter.KEYS_UNLISTED : SecretCounter.ADDRESSES_UNLISTED;
    }

    /** @return how many there are. */
    int size()
    {
        return entries.size();
    }
}
