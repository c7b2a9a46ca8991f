// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.stats;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What the system knows about this process, from procfs. Every value is -1 where it cannot be read. */
public final class ProcessStats
{
    /** This process. */
    public static final ProcessStats SELF = new ProcessStats(Path.of("/proc/self"));

    /** A process that cannot be looked at, as one in another container. */
    public static final ProcessStats NONE = new ProcessStats(Path.of("/proc/none"));

    private static final int TICKS_PER_SECOND = 100;
    private static final int UNKNOWN = -1;
    /** Fields of {@code stat} behind the name in parentheses. */
    private static final int USER_TICKS_FIELD = 11;
    private static final int SYSTEM_TICKS_FIELD = 12;

    private final Path folder;

    ProcessStats(Path folder)
    {
        this.folder = folder;
    }

    /**
     * Sizes of the process's memory, and its threads.
     *
     * @param virtualBytes  address space.
     * @param residentBytes in memory.
     * @param dataBytes     data and stack.
     * @param threadCount   of all kinds.
     */
    record Sizes(long virtualBytes, long residentBytes, long dataBytes, long threadCount)
    {
        boolean isKnown()
        {
            return virtualBytes >= 0 && residentBytes >= 0 && dataBytes >= 0;
        }
    }

    /**
     * Time on CPUs since the process began.
     *
     * @param userSeconds   in its own code.
     * @param systemSeconds in the kernel.
     */
    record CpuTime(double userSeconds, double systemSeconds)
    {
    }

    Sizes sizes()
    {
        String status = read("status");
        return new Sizes(kibibytes(status, "VmSize:"), kibibytes(status, "VmRSS:"), kibibytes(status, "VmData:"),
            number(status, "Threads:"));
    }

    CpuTime cpuTime()
    {
        return cpuTime(read("stat"));
    }

    /** @return CPU time of each class of threads. */
    ThreadTimes threadTimes()
    {
        return ThreadTimes.read(folder);
    }

    /** @return what a line of {@code stat} says, of a process or of a thread. */
    static CpuTime cpuTime(String stat)
    {
        String[] fields = stat.substring(stat.lastIndexOf(')') + 1).strip().split(" +");
        if (fields.length <= SYSTEM_TICKS_FIELD)
        {
            return new CpuTime(0, 0);
        }
        return new CpuTime((double)parse(fields[USER_TICKS_FIELD]) / TICKS_PER_SECOND,
            (double)parse(fields[SYSTEM_TICKS_FIELD]) / TICKS_PER_SECOND);
    }

    private static long kibibytes(String status, String name)
    {
        long number = number(status, name);
        return number < 0 ? UNKNOWN : number * 1024;
    }

    private static long number(String status, String name)
    {
        int at = status.indexOf("\n" + name);
        if (at < 0)
        {
            return UNKNOWN;
        }
        int from = at + 1 + name.length();
        int end = status.indexOf('\n', from);
        return parse(status.substring(from, end < 0 ? status.length() : end).replace("kB", "").strip());
    }

    private static long parse(String digits)
    {
        try
        {
            return Long.parseLong(digits);
        }
        catch (NumberFormatException e)
        {
            return UNKNOWN;
        }
    }

    private String read(String file)
    {
        try
        {
            return "\n" + Files.readString(folder.resolve(file), ISO_8859_1);
        }
        catch (IOException e)
        {
            return "";
        }
    }
}
