// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import io.mtproxy.cli.stats.StatsSources;
import io.mtproxy.cli.supervisor.Supervisor;
import io.mtproxy.engine.status.StatusDirectory;
import io.mtproxy.engine.status.StatusFileReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The numbers of the workers, as their master reads them. Each worker has a file of its number, and goes on in it where an
 * ended one of that number has stopped; so the totals of all numbers, living or not, are those of the proxy, and they never
 * get less. For any thread. (architecture A9)
 */
final class WorkerStatus
{
    private final @Nullable StatusDirectory directory;
    private final Map<Supervisor.Worker, StatusFileReader> living = new HashMap<>();
    /** By name: the last one that had it, while nobody has it. */
    private final Map<String, StatusFileReader> ended = new TreeMap<>();

    /** @param directory null when each worker counts in private memory. */
    WorkerStatus(@Nullable StatusDirectory directory)
    {
        this.directory = directory;
    }

    /** @return name of a worker's status file. */
    static String name(int number)
    {
        return "worker-" + number;
    }

    /** Takes what an earlier proxy of this name has left: a worker of the same number goes on with it, else it stays so. */
    synchronized void takeOver()
    {
        ended.putAll(left(directory, ""));
    }

    /**
     * @param own name of the process that goes on with what its namesake has left.
     * @return by name, what other processes have left in the folder of this proxy, whose totals are its own: workers, or the
     *         single process that it was.
     */
    static Map<String, StatusFileReader> left(@Nullable StatusDirectory directory, String own)
    {
        Map<String, StatusFileReader> left = new TreeMap<>();
        if (directory == null)
        {
            return left;
        }
        try
        {
            for (Path file : StatusDirectory.statusFiles(directory.folder()))
            {
                String fileName = file.getFileName().toString();
                String name = fileName.substring(0, fileName.length() - StatusDirectory.STATUS_SUFFIX.length());
                if (!name.equals(own))
                {
                    open(file, name, left);
                }
            }
        }
        catch (IOException e)
        {
            // who cannot make its own file will say so
        }
        return left;
    }

    private static void open(Path file, String name, Map<String, StatusFileReader> left)
    {
        try
        {
            left.put(name, StatusFileReader.open(file));
        }
        catch (IOException e)
        {
            // half written, or of another program: nobody can go on with it
        }
    }

    /** @return the numbers of these workers and of those before them. */
    synchronized StatsSources sources(List<Supervisor.Worker> workers)
    {
        living.entrySet().removeIf(entry ->
        {
            boolean isGone = !workers.contains(entry.getKey());
            if (isGone)
            {
                ended.put(name(entry.getKey().number()), entry.getValue());
            }
            return isGone;
        });
        List<StatusFileReader> found = new ArrayList<>();
        for (Supervisor.Worker worker : workers)
        {
            StatusFileReader reader = living.get(worker);
            if (reader == null && directory != null)
            {
                reader = open(directory, worker);
            }
            if (reader != null)
            {
                found.add(reader);
            }
        }
        return StatsSources.master(found, List.copyOf(ended.values()));
    }

    private @Nullable StatusFileReader open(StatusDirectory folder, Supervisor.Worker worker)
    {
        try
        {
            StatusFileReader reader = StatusFileReader.open(folder.statusFile(name(worker.number())));
            if (reader.pid() != worker.pid())
            {
                // it counts in private memory, this was left by somebody else
                return null;
            }
            living.put(worker, reader);
            ended.remove(name(worker.number()));
            return reader;
        }
        catch (IOException e)
        {
            return null;
        }
    }
}
