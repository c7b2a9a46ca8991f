// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.client;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.agrona.collections.Long2LongCounterMap;

/**
 * What one client agent knows of one secret: the distinct addresses and keys of its connections that have forwarded a
 * packet, and whether its time is over. Connections refer to it for life, so it follows the secret wherever that stands
 * in the list. Addresses are kept as keyed hashes only. [P-PAY-06] [C-STAT-08] [C-STAT-09] [C-CLI-74]
 */
final class SecretAccount
{
    private final int id;
    private final long hashKey;
    private final Long2LongCounterMap addresses = new Long2LongCounterMap(0);
    private final Long2LongCounterMap keys = new Long2LongCounterMap(0);
    private boolean isRemoved;
    /** Valid while removed. */
    private long drainDeadlineNs;

    /**
     * @param id      number of the secret, the same for all agents.
     * @param hashKey random, the same for agents whose sets are to be united.
     */
    SecretAccount(int id, long hashKey)
    {
        this.id = id;
        this.hashKey = hashKey;
    }

    int id()
    {
        return id;
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

    /** A connection of this address has forwarded its first packet. */
    void addClient(InetSocketAddress remote)
    {
        addresses.incrementAndGet(hash(remote.getAddress()));
    }

    /** A connection uses another key than before; 0 is none. */
    void replaceKey(long keyBefore, long keyNow)
    {
        if (keyBefore != 0)
        {
            keys.decrementAndGet(keyBefore);
        }
        if (keyNow != 0)
        {
            keys.incrementAndGet(keyNow);
        }
    }

    /** A connection that was added has ended. */
    void removeClient(long keyId, InetSocketAddress remote)
    {
        addresses.decrementAndGet(hash(remote.getAddress()));
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

    /** A 64-bit mix of key and address; a collision makes one count too few, no more. */
    private long hash(InetAddress address)
    {
        long hash = hashKey;
        for (byte octet : address.getAddress())
        {
            hash = (hash ^ octet) * 0x9E3779B97F4A7C15L;
            hash ^= hash >>> 32;
        }
        return hash == 0 ? 1 : hash;
    }
}
