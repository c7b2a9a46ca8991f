// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.client;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.agrona.collections.Long2LongCounterMap;

/**
 * Counts, for each secret, the distinct client addresses and the distinct keys of the connections that have forwarded a
 * packet. Addresses are kept as keyed hashes only. [P-PAY-06] [C-STAT-08] [C-STAT-09]
 */
final class SecretAccounting
{
    private final long hashKey;
    private final Long2LongCounterMap[] addresses;
    private final Long2LongCounterMap[] keys;

    /**
     * @param secretCount configured secrets; without any there is one entry that nobody reads.
     * @param hashKey     random, the same for agents whose sets are to be united.
     */
    SecretAccounting(int secretCount, long hashKey)
    {
        this.hashKey = hashKey;
        int size = Math.max(1, secretCount);
        addresses = new Long2LongCounterMap[size];
        keys = new Long2LongCounterMap[size];
        for (int i = 0; i < size; i++)
        {
            addresses[i] = new Long2LongCounterMap(0);
            keys[i] = new Long2LongCounterMap(0);
        }
    }

    /** A connection of this address has forwarded its first packet. */
    void addClient(int secretIndex, InetSocketAddress remote)
    {
        addresses[Math.max(0, secretIndex)].incrementAndGet(hash(remote.getAddress()));
    }

    /** A connection uses another key than before; 0 is none. */
    void replaceKey(int secretIndex, long keyBefore, long keyNow)
    {
        Long2LongCounterMap counts = keys[Math.max(0, secretIndex)];
        if (keyBefore != 0)
        {
            counts.decrementAndGet(keyBefore);
        }
        if (keyNow != 0)
        {
            counts.incrementAndGet(keyNow);
        }
    }

    /** A connection that was added has ended. */
    void remove(int secretIndex, long keyId, InetSocketAddress remote)
    {
        addresses[Math.max(0, secretIndex)].decrementAndGet(hash(remote.getAddress()));
        replaceKey(secretIndex, keyId, 0);
    }

    /** @return distinct addresses under a secret. */
    int addressCount(int secretIndex)
    {
        return addresses[secretIndex].size();
    }

    /** @return distinct keys under a secret. */
    int keyCount(int secretIndex)
    {
        return keys[secretIndex].size();
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
