// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.client;

import io.mtproxy.engine.status.AgentStatus;
import io.mtproxy.engine.status.SecretCounter;
import io.mtproxy.engine.status.SecretRow;
import io.mtproxy.engine.status.StatusHash;
import java.net.InetSocketAddress;

/**
 * What one client agent knows of one secret: its row in the status file, the distinct addresses and keys of its connections
 * that have forwarded a packet, and whether its time is over. Connections refer to it for life, so it follows the secret
 * wherever that stands in the list. [P-PAY-06] [C-STAT-08] [C-STAT-09] [C-CLI-74]
 */
final class SecretAccount
{
    private static final int KIND_ADDRESS = 1;
    private static final int KIND_KEY = 2;

    private final long id;
    private final StatusHash hash;
    private final SecretRow row;
    private final DistinctSet addresses;
    private final DistinctSet keys;
    private boolean isRemoved;
    /** Valid while removed. */
    private long drainDeadlineNs;

    /**
     * @param id     of the secret, the same for all agents and in all processes.
     * @param status where it is shown.
     */
    SecretAccount(long id, AgentStatus status)
    {
        this.id = id;
        this.hash = status.hash();
        this.row = status.secrets().take(id);
        this.addresses = new DistinctSet(status.distinct(), row, false);
        this.keys = new DistinctSet(status.distinct(), row, true);
    }

    long id()
    {
        return id;
    }

    /** @return what is counted for the secret. */
    SecretRow row()
    {
        return row;
    }

    /** A start that showed the secret was refused all the same. */
    void countRefusal()
    {
        row.add(SecretCounter.REFUSALS, 1);
    }

    /** The secret is configured, perhaps again. */
    void keep()
    {
        isRemoved = false;
    }

    /** The secret has left the configuration: its connections have until the deadline. */
    void remove(long deadlineNs)
    {
        isRemoved = true;
        drainDeadlineNs = deadlineNs;
    }

    /** @return whether connections with this secret are to be closed. */
    boolean isDrainOver(long nowNs)
    {
        return isRemoved && nowNs - drainDeadlineNs >= 0;
    }

    /** @return whether no connection counts here any more. */
    boolean isUnused()
    {
        return row.get(SecretCounter.CONNECTIONS) == 0 && addresses.size() == 0 && keys.size() == 0;
    }

    /** A connection of this address has forwarded its first packet. */
    void addClient(InetSocketAddress remote)
    {
        addresses.add(hash(remote));
    }

    /** A connection uses another key than before; 0 is none. */
    void replaceKey(long keyBefore, long keyNow)
    {
        if (keyBefore != 0)
        {
            keys.remove(hash.of(KIND_KEY, keyBefore));
        }
        if (keyNow != 0)
        {
            keys.add(hash.of(KIND_KEY, keyNow));
        }
    }

    /** A connection that was added has ended. */
    void removeClient(long keyId, InetSocketAddress remote)
    {
        addresses.remove(hash(remote));
        replaceKey(keyId, 0);
    }

    /** @return distinct addresses. */
    int addressCount()
    {
        return addresses.size();
    }

    /** @return distinct keys. */
    int keyCount()
    {
        return keys.size();
    }

    private long hash(InetSocketAddress remote)
    {
        return hash.of(KIND_ADDRESS, remote.getAddress().getAddress());
    }
}
