// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.soak.load;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Counts the system calls of processes for a while: by {@code perf stat}, which does not slow them down, where it is
 * there and may be used.
 */
final class SystemCalls
{
    private static final String EVENT = "raw_syscalls:sys_enter";

    private SystemCalls()
    {
    }

    /**
     * @param seconds to count.
     * @return calls of all the processes; NaN where they cannot be counted.
     */
    static double count(List<Long> pids, int seconds) throws InterruptedException
    {
        String list = pids.stream().map(String::valueOf).collect(Collectors.joining(","));
        try
        {
            Process perf = new ProcessBuilder("perf", "stat", "-x", ",", "-e", EVENT, "-p", list, "--", "sleep",
                Integer.toString(seconds)).redirectErrorStream(true).start();
            perf.getOutputStream().close();
            String text = new String(perf.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return perf.waitFor() == 0 ? parse(text) : Double.NaN;
        }
        catch (IOException e)
        {
            // no perf on this machine
            return Double.NaN;
        }
    }

    /** Reads {@code count,,raw_syscalls:sys_enter,…}; the count may be a word where nothing could be counted. */
    static double parse(String text)
    {
        return text.lines()
            .filter(line -> line.contains(EVENT))
            .map(line -> line.split(",", 2)[0].strip())
            .filter(count -> count.matches("\\d+"))
            .mapToDouble(Double::parseDouble)
            .findFirst()
            .orElse(Double.NaN);
    }
}
