// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.agent;

import io.mtproxy.engine.client.ClientSecrets;
import io.mtproxy.engine.config.Secret;
import io.mtproxy.engine.config.SecretList;
import io.mtproxy.engine.status.StatusHash;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Gives each client secret a number that stays with it over reloads; one listed twice has two. Keeps copies of its own,
 * which are zeroed when the secret has been gone for long enough. [C-CLI-74]
 */
final class SecretNumbers
{
    /** Of the hash of a secret that is listed once; other kinds of values are hashed by lower ones. */
    private static final int FIRST_KIND = 1000;

    private final long rememberNs;
    private final List<Known> known = new ArrayList<>();
    private final StatusHash hash;

    /**
     * @param hash       that the numbers are made by.
     * @param rememberNs how long a secret that is gone is remembered.
     */
    SecretNumbers(StatusHash hash, long rememberNs)
    {
        this.hash = hash;
        this.rememberNs = rememberNs;
    }

    /** A secret that is configured, or was until a while ago. */
    private static final class Known
    {
        final Secret secret;
        final long id;
        boolean isConfigured;
        /** Valid while it is not configured. */
        long removedNs;

        Known(Secret secret, long id)
        {
            this.secret = secret;
            this.id = id;
        }
    }

    /**
     * Takes another list; no agent may still have to take one from before the last.
     *
     * @param list copied; stays the caller's.
     */
    ClientSecrets next(SecretList list, long nowNs)
    {
        forgetGone(nowNs);
        boolean[] wasConfigured = new boolean[known.size()];
        for (int i = 0; i < wasConfigured.length; i++)
        {
            wasConfigured[i] = known.get(i).isConfigured;
            known.get(i).isConfigured = false;
        }
        List<Secret> secrets = new ArrayList<>();
        long[] ids = new long[list.size()];
        for (int i = 0; i < ids.length; i++)
        {
            Known one = take(list.get(i));
            secrets.add(one.secret);
            ids[i] = one.id;
        }
        for (int i = 0; i < wasConfigured.length; i++)
        {
            if (wasConfigured[i] && !known.get(i).isConfigured)
            {
                known.get(i).removedNs = nowNs;
            }
        }
        return new ClientSecrets(SecretList.of(secrets), ids);
    }

    private void forgetGone(long nowNs)
    {
        known.removeIf(one ->
        {
            boolean isForgotten = !one.isConfigured && nowNs - one.removedNs > rememberNs;
            if (isForgotten)
            {
                one.secret.close();
            }
            return isForgotten;
        });
    }

    private Known take(Secret secret)
    {
        Known one = findFree(secret);
        if (one == null)
        {
            one = new Known(copy(secret), idOf(secret));
            known.add(one);
        }
        one.isConfigured = true;
        return one;
    }

    private @Nullable Known findFree(Secret secret)
    {
        for (Known one : known)
        {
            if (!one.isConfigured && one.secret.equals(secret))
            {
                return one;
            }
        }
        return null;
    }

    /** The second of two equal secrets has a number of its own. */
    private long idOf(Secret secret)
    {
        int copies = 0;
        for (Known one : known)
        {
            copies += one.secret.equals(secret) ? 1 : 0;
        }
        byte[] bytes = new byte[Secret.LENGTH];
        secret.copyTo(bytes, 0);
        long id = hash.of(FIRST_KIND + copies, bytes);
        Arrays.fill(bytes, (byte)0);
        return id;
    }

    private static Secret copy(Secret secret)
    {
        byte[] bytes = new byte[Secret.LENGTH];
        secret.copyTo(bytes, 0);
        Secret copy = Secret.of(bytes, 0);
        Arrays.fill(bytes, (byte)0);
        return copy;
    }
}
