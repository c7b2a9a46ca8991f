// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.view;

/**
 * A distinct error of ours, over all processes.
 *
 * @param count        how often it happened.
 * @param firstEpochMs when it happened first, ms since 1970.
 * @param lastEpochMs  when it happened last, ms since 1970.
 * @param text         with its stack trace.
 */
public record ErrorView(long count, long firstEpochMs, long lastEpochMs, String text)
{
    /** @return both together. */
    ErrorView plus(ErrorView other)
    {
        return new ErrorView(count + other.count, Math.min(firstEpochMs, other.firstEpochMs),
            Math.max(lastEpochMs, other.lastEpochMs), text);
    }

    /** @return the first line of the text. */
    public String title()
    {
        return text.lines().findFirst().orElse("");
    }
}
