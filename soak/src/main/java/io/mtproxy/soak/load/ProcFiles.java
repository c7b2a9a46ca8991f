// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.soak.load;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;

/** What Linux says about processes, in {@code /proc}. */
public final class ProcFiles
{
    private static final int UTIME = 11;
    private static final int STIME = 12;
    private static final int CUTIME = 13;
    private static final int CSTIME = 14;
    /** USER_HZ of every Linux that Java runs on. */
    private static final double TICKS_A_SECOND = 100;

    /**
     * CPU time used so far, children that have ended and were waited for included.
     *
     * @param userSeconds   in the program.
     * @param systemSeconds in the kernel for it.
     */
    public record Cpu(double userSeconds, double systemSeconds)
    {
        static final Cpu NONE = new Cpu(0, 0);

        double seconds()
        {
            return userSeconds + systemSeconds;
        }

        Cpu plus(Cpu other)
        {
            return new Cpu(userSeconds + other.userSeconds, systemSeconds + other.systemSeconds);
        }

        Cpu minus(Cpu other)
        {
            return new Cpu(userSeconds - other.userSeconds, systemSeconds - other.systemSeconds);
        }
    }

    /**
     * Memory in use.
     *
     * @param residentKb     pages in memory.
     * @param proportionalKb the same, pages shared by n processes counted as 1/n.
     */
    record Memory(long residentKb, long proportionalKb)
    {
        Memory plus(Memory other)
        {
            return new Memory(residentKb + other.residentKb, proportionalKb + other.proportionalKb);
        }
    }

    private ProcFiles()
    {
    }

    static Cpu cpu(List<Long> pids) throws IOException
    {
        Cpu sum = Cpu.NONE;
        for (long pid : pids)
        {
            sum = sum.plus(cpu(pid));
        }
        return sum;
    }

    private static Cpu cpu(long pid) throws IOException
    {
        String stat = read(Path.of("/proc/" + pid + "/stat"));
        if (stat.isEmpty())
        {
            return Cpu.NONE;
        }
        // the name, in brackets, may hold anything; the state follows it
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
        return new Cpu(ticks(fields, UTIME) + ticks(fields, CUTIME), ticks(fields, STIME) + ticks(fields, CSTIME));
    }

    private static double ticks(String[] fields, int index)
    {
        return Long.parseLong(fields[index]) / TICKS_A_SECOND;
    }

    static Memory memory(List<Long> pids) throws IOException
    {
        Memory sum = new Memory(0, 0);
        for (long pid : pids)
        {
            String rollup = read(Path.of("/proc/" + pid + "/smaps_rollup"));
            sum = sum.plus(new Memory(kilobytes(rollup, "Rss:"), kilobytes(rollup, "Pss:")));
        }
        return sum;
    }

    private static long kilobytes(String text, String name)
    {
        return text.lines()
            .filter(line -> line.startsWith(name))
            .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
            .sum();
    }

    /** @return the file's text; nothing when the process has ended. */
    private static String read(Path path) throws IOException
    {
        try
        {
            return Files.readString(path);
        }
        catch (NoSuchFileException e)
        {
            return "";
        }
        catch (IOException e)
        {
            if (Files.exists(path.getParent()))
            {
                throw e;
            }
            return "";
        }
    }
}
