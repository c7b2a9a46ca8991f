// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.stats;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * CPU time of the process's threads by the C program's classes: agents are its engine, the thread that started everything is
 * its main thread, and all others (the JVM's own, the conductor, the stats port) are its I/O. What is not known is 0.
 *
 * @param counts        threads of each class.
 * @param userSeconds   of all threads of a class together.
 * @param systemSeconds as above, in the kernel.
 */
record ThreadTimes(long[] counts, double[] userSeconds, double[] systemSeconds)
{
    static final int CLASS_COUNT = 16;
    static final int CLASS_IO = 1;
    static final int CLASS_MAIN = 3;
    static final int CLASS_ENGINE = 8;

    private static final int PERCENT = 100;

    static ThreadTimes none()
    {
        return new ThreadTimes(new long[CLASS_COUNT], new double[CLASS_COUNT], new double[CLASS_COUNT]);
    }

    /** @param process its folder in procfs. */
    static ThreadTimes read(Path process)
    {
        ThreadTimes times = none();
        try (Stream<Path> threads = Files.list(process.resolve("task")))
        {
            List<Path> folders = threads.toList();
            for (Path thread : folders)
            {
                times.add(Files.readString(thread.resolve("stat"), ISO_8859_1));
            }
        }
        catch (IOException e)
        {
            // no procfs, or a thread that has just ended: what is there is shown
        }
        return times;
    }

    private void add(String stat)
    {
        int threadClass = classOf(stat.substring(stat.indexOf('(') + 1, stat.lastIndexOf(')')));
        ProcessStats.CpuTime time = ProcessStats.cpuTime(stat);
        counts[threadClass]++;
        userSeconds[threadClass] += time.userSeconds();
        systemSeconds[threadClass] += time.systemSeconds();
    }

    private static int classOf(String name)
    {
        if (name.equals("relay") || name.startsWith("client-") || name.startsWith("datacenter-"))
        {
            return CLASS_ENGINE;
        }
        return name.equals("main") || name.equals("java") ? CLASS_MAIN : CLASS_IO;
    }

    /** @return shares of one core since then, for one thread of each class, in percent. */
    Shares since(ThreadTimes then, double seconds)
    {
        double[] user = new double[CLASS_COUNT];
        double[] system = new double[CLASS_COUNT];
        for (int i = 0; i < CLASS_COUNT && seconds > 0; i++)
        {
            double whole = seconds * Math.max(1, counts[i]);
            user[i] = Math.max(0, userSeconds[i] - then.userSeconds[i]) / whole * PERCENT;
            system[i] = Math.max(0, systemSeconds[i] - then.systemSeconds[i]) / whole * PERCENT;
        }
        return new Shares(user, system);
    }

    /**
     * Shares of one core by class, in percent.
     *
     * @param user   in own code.
     * @param system in the kernel.
     */
    record Shares(double[] user, double[] system)
    {
        /** @return both. */
        double[] total()
        {
            double[] total = new double[CLASS_COUNT];
            for (int i = 0; i < CLASS_COUNT; i++)
            {
                total[i] = user[i] + system[i];
            }
            return total;
        }
    }
}
