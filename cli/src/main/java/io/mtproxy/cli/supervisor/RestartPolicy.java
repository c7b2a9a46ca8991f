// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.supervisor;

/**
 * How long the place of a worker stays empty: not at all after one that had lived for a while, longer and longer after
 * those that ended soon. [C-LIFE-13]
 */
final class RestartPolicy
{
    static final long DELAY_MS_MIN = 250;
    static final long DELAY_MS_MAX = 30_000;
    /** Who lived for so long did not fail at its start. */
    static final long LIFE_MS_GOOD = 10_000;

    private int failureCount;

    /** @return milliseconds until the next one is started. */
    long onEnd(long livedMs)
    {
        if (livedMs >= LIFE_MS_GOOD)
        {
            failureCount = 0;
        }
        int earlier = failureCount++;
        return earlier == 0 ? 0 : Math.min(DELAY_MS_MAX, DELAY_MS_MIN << Math.min(earlier - 1, 16));
    }
}
