// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.soak.load;

import org.HdrHistogram.Histogram;

/**
 * What clients have done since the last snapshot.
 *
 * @param answers      that were right.
 * @param requestBytes of payloads sent.
 * @param answerBytes  of payloads received.
 * @param connects     connections that got their first answer.
 * @param errors       connections that ended or broke without being asked to.
 * @param hybrids      hellos that were answered by X25519MLKEM768.
 * @param lateNs       longest time by which the schedule itself was late.
 * @param latencyNs    from when a request was meant to be sent, or a connection to be made, to its answer.
 */
public record LoadSnapshot(
    long answers, long requestBytes, long answerBytes, long connects, long errors, long hybrids, long lateNs,
    Histogram latencyNs)
{
    /** Longest latency that is told apart. */
    static final long LATENCY_NS_MAX = 600_000_000_000L;
    static final int LATENCY_DIGITS = 3;

    /** Nothing yet. */
    static LoadSnapshot empty()
    {
        return new LoadSnapshot(0, 0, 0, 0, 0, 0, 0, new Histogram(LATENCY_NS_MAX, LATENCY_DIGITS));
    }

    /** What both have seen. */
    public LoadSnapshot plus(LoadSnapshot other)
    {
        Histogram both = latencyNs.copy();
        both.add(other.latencyNs);
        return new LoadSnapshot(answers + other.answers, requestBytes + other.requestBytes,
            answerBytes + other.answerBytes, connects + other.connects, errors + other.errors, hybrids + other.hybrids,
            Math.max(lateNs, other.lateNs), both);
    }
}
