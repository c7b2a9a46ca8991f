// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.status;

import io.mtproxy.engine.status.api.SecretUsage;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.agrona.collections.LongHashSet;

/** Puts together what several agents and processes count of the same secrets. [C-STAT-08] */
final class SecretUnion
{
    private final Map<Long, Account> accounts = new LinkedHashMap<>();

    /** One secret. */
    private static final class Account
    {
        final long[] values = new long[SecretCounter.values().length];
        final LongHashSet addresses = new LongHashSet();
        final LongHashSet keys = new LongHashSet();

        long get(SecretCounter counter)
        {
            return values[counter.index()];
        }
    }

    void add(long key, long[] values)
    {
        Account account = account(key);
        for (int i = 0; i < values.length; i++)
        {
            account.values[i] += values[i];
        }
    }

    void addDistinct(long key, boolean isKey, long hash)
    {
        if (key != StatusTable.UNUSED)
        {
            Account account = account(key);
            (isKey ? account.keys : account.addresses).add(hash);
        }
    }

    private Account account(long key)
    {
        return accounts.computeIfAbsent(key, unknown -> new Account());
    }

    /** @param order keys of the configured secrets. @return these, then all others. */
    List<SecretUsage> usages(long[] order)
    {
        List<SecretUsage> usages = new ArrayList<>();
        Map<Long, Account> others = new LinkedHashMap<>(accounts);
        for (int i = 0; i < order.length; i++)
        {
            usages.add(usage(i + 1, order[i], accounts.getOrDefault(order[i], new Account())));
            others.remove(order[i]);
        }
        others.forEach((key, account) -> usages.add(usage(0, key, account)));
        return usages;
    }

    private static SecretUsage usage(int position, long key, Account account)
    {
        long addressesUnlisted = account.get(SecretCounter.ADDRESSES_UNLISTED);
        long keysUnlisted = account.get(SecretCounter.KEYS_UNLISTED);
        return new SecretUsage(position, HexFormat.of().toHexDigits(key), account.get(SecretCounter.CONNECTIONS),
            account.get(SecretCounter.HANDSHAKES), account.get(SecretCounter.REFUSALS),
            account.get(SecretCounter.PACKETS_TO_DATACENTER), account.get(SecretCounter.BYTES_TO_DATACENTER),
            account.get(SecretCounter.PACKETS_TO_CLIENT), account.get(SecretCounter.BYTES_TO_CLIENT),
            account.addresses.size() + addressesUnlisted, account.keys.size() + keysUnlisted,
            Math.max(addressesUnlisted, keysUnlisted));
    }
}
