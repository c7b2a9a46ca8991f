// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.client;

import io.mtproxy.engine.config.SecretList;
import io.mtproxy.engine.status.SecretRows;

/**
 * The secrets of one configuration, each with a number that stays with it over reloads and restarts, whatever place it
 * moves to: its keyed hash.
 * [C-CLI-74]
 */
public final class ClientSecrets
{
    /** Stands for having no secret at all, which is a way of being authenticated too. [P-OBF-12] */
    public static final long NO_SECRET_ID = SecretRows.NO_SECRET_KEY;

    private final SecretList list;
    private final long[] ids;

    /**
     * @param list in the order in which they are tried and numbered for reports.
     * @param ids  by position in the list, never {@link #NO_SECRET_ID}.
     */
    public ClientSecrets(SecretList list, long... ids)
    {
        if (list.size() != ids.length)
        {
            throw new IllegalArgumentException(list.size() + " secrets with " + ids.length + " numbers");
        }
        this.list = list;
        this.ids = ids.clone();
    }

    /** @return the secrets themselves. */
    public SecretList list()
    {
        return list;
    }

    /** @return the numbers by position. */
    public long[] ids()
    {
        return ids.clone();
    }

    /** @return how many of these are not among others. */
    public int countMissingIn(ClientSecrets others)
    {
        int missing = 0;
        for (long id : ids)
        {
            missing += others.contains(id) ? 0 : 1;
        }
        return missing;
    }

    private boolean contains(long id)
    {
        for (long other : ids)
        {
            if (other == id)
            {
                return true;
            }
        }
        return false;
    }

    /** @return how many different ones a client can have: at least one, as no secret counts as one. */
    int accountCount()
    {
        return Math.max(1, ids.length);
    }

    /** @return the number of the secret at a position, {@link #NO_SECRET_ID} where the list is empty. */
    long accountId(int position)
    {
        return ids.length == 0 ? NO_SECRET_ID : ids[position];
    }

    @Override
    public String toString()
    {
        return "ClientSecrets{count=" + ids.length + "}";
    }
}
