// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.transport;

import io.mtproxy.crypto.RandomSource;
import java.util.List;

/**
 * How long a domain takes to answer a connection that is passed on to it: from the connection attempt to the first byte of
 * the ServerHello, as seen from this machine. An answer of ours that comes at once would stand out beside those.
 *
 * @param sortedUs microseconds, rising; empty where nothing is known.
 */
public record AnswerDelays(List<Integer> sortedUs)
{
    /** Delays that are remembered. */
    public static final int COUNT_MAX = 64;
    /** Longest delay that can be true: a look takes no longer. */
    public static final int US_MAX = 30_000_000;

    private static final long NS_PER_US = 1000;
    private static final int FRACTION_BITS = 16;

    public AnswerDelays
    {
        sortedUs = sortedUs.stream().sorted().toList();
        if (sortedUs.size() > COUNT_MAX || sortedUs.stream().anyMatch(us -> us < 0 || us > US_MAX))
        {
            throw new IllegalArgumentException("delays of " + sortedUs + " us");
        }
    }

    /**
     * Draws one delay, anywhere between neighbours of what was seen.
     *
     * @param maxNs bound; where the domain is slower the whole spread is shortened, as cutting it would show a constant.
     * @return nanoseconds; 0 where nothing is known.
     */
    public long drawNs(RandomSource random, long maxNs)
    {
        int last = sortedUs.size() - 1;
        if (last < 0 || maxNs <= 0)
        {
            return 0;
        }
        int at = last == 0 ? 0 : random.nextInt(last);
        long from = sortedUs.get(at) * NS_PER_US;
        long to = sortedUs.get(Math.min(at + 1, last)) * NS_PER_US;
        long drawnNs = from + ((to - from) * random.nextInt(1 << FRACTION_BITS) >> FRACTION_BITS);
        long longestNs = sortedUs.get(last) * NS_PER_US;
        return longestNs <= maxNs ? drawnNs : (long)(drawnNs * ((double)maxNs / longestNs));
    }
}
