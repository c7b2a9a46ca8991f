// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.transport;

import java.util.ArrayList;
import java.util.List;

/**
 * What a domain sends once the client has finished its handshake.
 *
 * @param ticketLengths of the records that come unasked; Telegram's clients would take ours for data, so none are sent.
 * @param recordSteps   how long its records of data get, by what it has sent before; rising in both.
 */
public record AfterHandshake(List<Integer> ticketLengths, List<Step> recordSteps)
{
    /** Longest encrypted record that TLS 1.3 makes of data: 16 KiB, a type and a tag. */
    public static final int RECORD_LENGTH_MAX = 16 * 1024 + 17;
    /** Shortest limit that is followed: less would only cost. */
    public static final int RECORD_LENGTH_MIN = 64;
    /** Steps and tickets that are remembered. */
    public static final int COUNT_MAX = 16;
    /** Nothing has been learnt: no tickets, and the records that most servers send. */
    public static final AfterHandshake UNKNOWN =
        new AfterHandshake(List.of(), List.of(new Step(0, RECORD_LENGTH_MAX)));

    /**
     * From here on records have up to so many bytes.
     *
     * @param sentBytes    payload that went before.
     * @param recordLength without its header.
     */
    public record Step(int sentBytes, int recordLength)
    {
    }

    public AfterHandshake
    {
        ticketLengths = List.copyOf(ticketLengths);
        recordSteps = List.copyOf(recordSteps);
        if (ticketLengths.size() > COUNT_MAX ||
            ticketLengths.stream().anyMatch(length -> length < 1 || length > FlightSizes.LENGTH_MAX))
        {
            throw new IllegalArgumentException("tickets of " + ticketLengths);
        }
        if (recordSteps.isEmpty() || recordSteps.size() > COUNT_MAX || !isRising(recordSteps))
        {
            throw new IllegalArgumentException("records of " + recordSteps);
        }
    }

    private static boolean isRising(List<Step> steps)
    {
        Step before = new Step(-1, RECORD_LENGTH_MIN - 1);
        for (Step step : steps)
        {
            if (step.sentBytes <= before.sentBytes || step.recordLength <= before.recordLength)
            {
                return false;
            }
            before = step;
        }
        return steps.getFirst().sentBytes == 0 && before.recordLength <= RECORD_LENGTH_MAX;
    }

    /**
     * Learns from the records of one answer. Each record that is longer than all before it is a step. The last one only
     * says where the answer ended. Where no length came twice the domain has shown no limit of its own, and the records
     * get as long as TLS allows from there on.
     */
    public static List<Step> stepsOf(List<Integer> recordLengths)
    {
        List<Step> steps = new ArrayList<>();
        int longest = RECORD_LENGTH_MIN - 1;
        int longestCount = 0;
        int sent = 0;
        for (int i = 0; i < recordLengths.size() && steps.size() < COUNT_MAX - 1; i++)
        {
            int length = Math.min(recordLengths.get(i), RECORD_LENGTH_MAX);
            boolean isLast = i == recordLengths.size() - 1;
            if (length > longest && !isLast)
            {
                steps.add(new Step(steps.isEmpty() ? 0 : sent, length));
                longest = length;
                longestCount = 0;
            }
            longestCount += length == longest ? 1 : 0;
            sent += isLast ? 0 : length;
        }
        if (longestCount < 2 && longest < RECORD_LENGTH_MAX)
        {
            steps.add(new Step(steps.isEmpty() ? 0 : sent, RECORD_LENGTH_MAX));
        }
        return steps;
    }
}
