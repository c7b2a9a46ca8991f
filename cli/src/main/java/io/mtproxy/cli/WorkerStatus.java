// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import io.mtproxy.cli.supervisor.Supervisor;
import io.mtproxy.engine.status.StatusDirectory;
import io.mtproxy.engine.status.StatusFileReader;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The numbers of the workers, as their master reads them. For any thread. (architecture A9) */
final class WorkerStatus
{
    private final @Nullable StatusDirectory directory;
    private final Map<Supervisor.Worker, StatusFileReader> readers = new HashMap<>();

    /** @param directory null when each worker counts in private memory. */
    WorkerStatus(@Nullable StatusDirectory directory)
    {
        this.directory = directory;
    }

    /** @return name of a worker's status file. */
    static String name(int index)
    {
        return "worker-" + index;
    }

    /** @return one for each of these workers whose file can be read. */
    synchronized List<StatusFileReader> readers(List<Supervisor.Worker> workers)
    {
        readers.keySet().retainAll(workers);
        List<StatusFileReader> found = new ArrayList<>();
        for (Supervisor.Worker worker : workers)
        {
            StatusFileReader reader = readers.get(worker);
            if (reader == null && directory != null)
            {
                reader = open(directory, worker);
            }
            if (reader != null)
            {
                found.add(reader);
            }
        }
        return found;
    }

    private @Nullable StatusFileReader open(StatusDirectory folder, Supervisor.Worker worker)
    {
        try
        {
            StatusFileReader reader = StatusFileReader.open(folder.statusFile(name(worker.index())));
            readers.put(worker, reader);
            return reader;
        }
        catch (IOException e)
        {
            return null;
        }
    }
}
