// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.client;

import io.mtproxy.engine.status.SecretGauges;
import java.util.ArrayList;
import java.util.List;

/**
 * The accounts of one client agent's secrets: those of the present list by position, and those removed from it while
 * their connections drain. [C-STAT-08] [C-CLI-74]
 */
final class SecretAccounting
{
    private final long hashKey;
    private final long drainTimeoutNs;
    private SecretAccount[] current = {};
    private final List<SecretAccount> removed = new ArrayList<>();
    private int publishedCount;

    /**
     * @param hashKey        random, the same for agents whose sets are to be united.
     * @param drainTimeoutNs that connections of a removed secret have.
     */
    SecretAccounting(long hashKey, long drainTimeoutNs)
    {
        this.hashKey = hashKey;
        this.drainTimeoutNs = drainTimeoutNs;
    }

    /** Takes another list: who is in both keeps its account, who is gone drains, who comes back before that goes on. */
    void secrets(ClientSecrets secrets, long nowNs)
    {
        SecretAccount[] before = current;
        SecretAccount[] next = new SecretAccount[secrets.accountCount()];
        for (int i = 0; i < next.length; i++)
        {
            next[i] = find(before, secrets.accountId(i));
            next[i].keep();
        }
        current = next;
        for (SecretAccount account : before)
        {
            if (!isCurrent(account))
            {
                account.remove(nowNs + drainTimeoutNs);
                removed.add(account);
            }
        }
    }

    private SecretAccount find(SecretAccount[] before, int id)
    {
        for (SecretAccount account : before)
        {
            if (account.id() == id)
            {
                return account;
            }
        }
        for (int i = 0; i < removed.size(); i++)
        {
            if (removed.get(i).id() == id)
            {
                return removed.remove(i);
            }
        }
        return new SecretAccount(id, hashKey);
    }

    private boolean isCurrent(SecretAccount account)
    {
        for (SecretAccount other : current)
        {
            if (other == account)
            {
                return true;
            }
        }
        return false;
    }

    /** @return account of the secret at a position of the present list; a negative one is that of no secret. */
    SecretAccount account(int secretIndex)
    {
        return current[Math.max(0, secretIndex)];
    }

    /** @return whether connections of a removed secret are to be closed now. */
    boolean isAnyDrainOver(long nowNs)
    {
        for (int i = 0; i < removed.size(); i++)
        {
            if (removed.get(i).isDrainOver(nowNs))
            {
                return true;
            }
        }
        return false;
    }

    /** All connections of secrets whose drain is over have been closed. */
    void forgetDrained(long nowNs)
    {
        removed.removeIf(account -> account.isDrainOver(nowNs));
    }

    /** @return distinct addresses under a secret of the present list. */
    int addressCount(int secretIndex)
    {
        return current[secretIndex].addressCount();
    }

    /** @return distinct keys under a secret of the present list. */
    int keyCount(int secretIndex)
    {
        return current[secretIndex].keyCount();
    }

    /** Shows what is counted to readers of the status file; places of a longer list before are emptied. */
    void publish(SecretGauges gauges)
    {
        for (int i = 0; i < current.length; i++)
        {
            gauges.set(i, addressCount(i), keyCount(i));
        }
        for (int i = current.length; i < publishedCount; i++)
        {
            gauges.set(i, 0, 0);
        }
        publishedCount = current.length;
    }
}
