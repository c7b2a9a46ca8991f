// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.soak.load;

import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a JVM's log of {@code -Xlog:gc*,safepoint} says about the time between two places in it.
 *
 * @param safepoints     times at which all threads stood still.
 * @param safepointMaxMs longest of them, from the request to the going on.
 * @param collections    of the collector.
 * @param pauseMaxMs     longest of them.
 */
public record PauseLog(int safepoints, double safepointMaxMs, int collections, double pauseMaxMs)
{
    /** What a proxy's JVM is told, beside where to write. */
    static final String SELECTION = "-Xlog:gc*,safepoint:file=";

    private static final Pattern SAFEPOINT = Pattern.compile("Safepoint \".*Total: +(\\d+) ns");
    private static final Pattern PAUSE = Pattern.compile("GC\\(\\d+\\) Pause .* (\\d+\\.\\d+)ms");
    private static final double NS_A_MS = 1e6;

    static PauseLog parse(List<String> lines)
    {
        int safepoints = 0;
        int collections = 0;
        double safepointMaxMs = 0;
        double pauseMaxMs = 0;
        for (String line : lines)
        {
            Matcher safepoint = SAFEPOINT.matcher(line);
            Matcher pause = PAUSE.matcher(line);
            if (safepoint.find())
            {
                safepoints++;
                safepointMaxMs = Math.max(safepointMaxMs, Long.parseLong(safepoint.group(1)) / NS_A_MS);
            }
            else if (pause.find() && line.contains("[gc"))
            {
                collections++;
                pauseMaxMs = Math.max(pauseMaxMs, Double.parseDouble(pause.group(1)));
            }
        }
        return new PauseLog(safepoints, safepointMaxMs, collections, pauseMaxMs);
    }

    @Override
    public String toString()
    {
        return String.format(Locale.ROOT, "%d collections, longest %.3f ms; %d safepoints, longest %.3f ms",
            collections,
            pauseMaxMs, safepoints, safepointMaxMs);
    }
}
