// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.client;

import io.mtproxy.engine.status.AgentStatus;
import java.util.ArrayList;
import java.util.List;

/**
 * The accounts of one client agent's secrets: those of the present list by position, and those removed from it while
 * their connections drain. [C-STAT-08] [C-CLI-74]
 */
final class SecretAccounting
{
    private final AgentStatus status;
    private final long drainTimeoutNs;
    private SecretAccount[] current = {};
    private final List<SecretAccount> removed = new ArrayList<>();

    /**
     * @param status         where they are shown.
     * @param drainTimeoutNs that connections of a removed secret have.
     */
    SecretAccounting(AgentStatus status, long drainTimeoutNs)
    {
        this.status = status;
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

    private SecretAccount find(SecretAccount[] before, long id)
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
        return new SecretAccount(id, status);
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

    /** Connections of secrets whose drain is over have been closed; some may still have to say so to others. */
    void forgetDrained(long nowNs)
    {
        for (int i = removed.size() - 1; i >= 0; i--)
        {
            SecretAccount account = removed.get(i);
            if (account.isDrainOver(nowNs) && account.isUnused())
            {
                status.secrets().giveBack(account.row());
                removed.remove(i);
            }
        }
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
}
