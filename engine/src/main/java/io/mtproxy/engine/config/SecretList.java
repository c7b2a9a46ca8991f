// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.config;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The client secrets in the order of the configuration, which is the order in which they are tried and numbered.
 * Duplicates may occur, the first one matches. None means that keys are not mixed with a secret. [P-OBF-03]
 */
public final class SecretList implements AutoCloseable
{
    /** Most secrets that may be configured. */
    public static final int COUNT_MAX = 128;
    /** Stands for no position in a list. */
    public static final int NO_POSITION = -1;

    private final Secret[] secrets;

    private SecretList(Secret[] secrets)
    {
        this.secrets = secrets;
    }

    /** A list without a secret. */
    public static SecretList empty()
    {
        return new SecretList(new Secret[0]);
    }

    /**
     * Takes over the secrets: from now on they are closed with the list.
     *
     * @throws IllegalArgumentException if there are more than {@link #COUNT_MAX}.
     */
    public static SecretList of(List<Secret> secrets)
    {
        if (secrets.size() > COUNT_MAX)
        {
            throw new IllegalArgumentException(
                secrets.size() + " secrets, but at most " + COUNT_MAX + " are possible \u2014 remove some");
        }
        return new SecretList(secrets.toArray(Secret[]::new));
    }

    /** Number of secrets, 0 to {@link #COUNT_MAX}. */
    public int size()
    {
        return secrets.length;
    }

    /** The secret at a position of the configuration, from 0. */
    public Secret get(int index)
    {
        return secrets[index];
    }

    /** @return one line for each secret that an earlier one hides, by their numbers; never a digit. [C-BUG-23] */
    public List<String> warnings()
    {
        List<String> lines = new ArrayList<>();
        for (int i = 1; i < secrets.length; i++)
        {
            int first = Arrays.asList(secrets).indexOf(secrets[i]);
            if (first < i)
            {
                lines.add("warning: client secret " + (i + 1) + " is the same as client secret " + (first + 1) +
                    ", only that one will ever match — remove one of them");
            }
        }
        return lines;
    }

    /** Shows how many there are, nothing else. */
    @Override
    public String toString()
    {
        return "SecretList{count=" + secrets.length + "}";
    }

    /** Zeroes all secrets. No agent may still use the list. */
    @Override
    public void close()
    {
        for (Secret secret : secrets)
        {
            secret.close();
        }
    }
}
