// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.stats;

/** Lets so many a second pass, and as many at once after a pause. For any thread. [C-CLI-47] */
final class RateGate
{
    private static final double NS_PER_SECOND = 1e9;

    private final int rateMax;
    private double tokens;
    private long lastNs;

    /** @param rateMax a second; 0 is no limit. */
    RateGate(int rateMax, long nowNs)
    {
        this.rateMax = rateMax;
        this.tokens = rateMax;
        this.lastNs = nowNs;
    }

    synchronized boolean tryPass(long nowNs)
    {
        if (rateMax <= 0)
        {
            return true;
        }
        tokens = Math.min(rateMax, tokens + (nowNs - lastNs) / NS_PER_SECOND * rateMax);
        lastNs = nowNs;
        if (tokens < 1)
        {
            return false;
        }
        tokens--;
        return true;
    }
}
