// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What the system lets this process have, read from files of Linux; {@link Long#MAX_VALUE} where nobody says. */
final class SystemLimits
{
    private static final Pattern MEMORY_TOTAL = Pattern.compile("(?m)^MemTotal:\\s+(\\d+) kB");
    private static final Pattern OPEN_FILES = Pattern.compile("(?m)^Max open files\\s+(\\d+)\\s");
    private static final Pattern SIGNALS_IGNORED = Pattern.compile("(?m)^SigIgn:\\s+([0-9a-f]{1,16})$");
    private static final Pattern NUMBER = Pattern.compile("^(\\d+)\\s*$");
    private static final List<String> MEMORY_OF_GROUP =
        List.of("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes");
    private static final long KIB = 1024;

    private SystemLimits()
    {
    }

    /** @return bytes of memory that there are for this process: the machine's, or those of its container. */
    static long memory()
    {
        long total = first(Path.of("/proc/meminfo"), MEMORY_TOTAL);
        long limit = total == Long.MAX_VALUE ? total : total * KIB;
        for (String file : MEMORY_OF_GROUP)
        {
            limit = Math.min(limit, first(Path.of(file), NUMBER));
        }
        return limit;
    }

    /** @return descriptors that this process may have open. */
    static long openFiles()
    {
        return first(Path.of("/proc/self/limits"), OPEN_FILES);
    }

    /** @return whether this process was started with a signal ignored, as by {@code &} in a script. */
    static boolean isSignalIgnored(int number)
    {
        try
        {
            Matcher matcher = SIGNALS_IGNORED.matcher(Files.readString(Path.of("/proc/self/status")));
            return matcher.find() && (Long.parseUnsignedLong(matcher.group(1), 16) >>> number - 1 & 1) != 0;
        }
        catch (IOException e)
        {
            return false;
        }
    }

    private static long first(Path file, Pattern pattern)
    {
        try
        {
            Matcher matcher = pattern.matcher(Files.readString(file));
            return matcher.find() ? Long.parseLong(matcher.group(1)) : Long.MAX_VALUE;
        }
        catch (IOException | NumberFormatException e)
        {
            return Long.MAX_VALUE;
        }
    }
}
