// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.stats;

import io.mtproxy.cli.view.ProcessView;
import io.mtproxy.cli.view.ProxyView;
import io.mtproxy.engine.status.ProxyCounter;
import io.mtproxy.engine.status.StatusFileReader;
import io.mtproxy.engine.status.StatusState;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where a report takes its numbers from.
 *
 * @param self    of the process that answers; null for a master, which has no engine. [C-STAT-04]
 * @param workers those that live; none in a single process.
 * @param ended   processes that have ended and whose totals no living one goes on with: what they have done stays counted,
 *                what they had is gone with them.
 */
public record StatsSources(@Nullable StatusFileReader self, List<StatusFileReader> workers,
    List<StatusFileReader> ended)
{
    /** Name of the status file of a single process. */
    private static final String ENGINE = "engine";

    public StatsSources
    {
        workers = List.copyOf(workers);
        ended = List.copyOf(ended);
    }

    /** @return the value over all workers. */
    long ofWorkers(ProxyCounter counter)
    {
        long living = StatusFileReader.get(workers, counter);
        return counter.kind() == ProxyCounter.Kind.TOTAL ? living + StatusFileReader.get(ended, counter) : living;
    }

    /** @return all of them as one proxy; those that are closed are not alive. */
    ProxyView view()
    {
        List<ProcessView> processes = new ArrayList<>();
        List<StatusFileReader> readers = new ArrayList<>(workers);
        if (self != null)
        {
            readers.add(self);
        }
        for (StatusFileReader reader : readers)
        {
            String name = self != null ? ENGINE : "worker-" + processes.size();
            processes.add(new ProcessView(name, reader, reader.state() != StatusState.ENDED));
        }
        for (StatusFileReader reader : ended)
        {
            processes.add(new ProcessView("worker-" + processes.size(), reader, false));
        }
        return new ProxyView("", processes, List.of());
    }

    /** @return what a report over the files of a proxy is made from, in another process. */
    public static StatsSources of(ProxyView view)
    {
        List<StatusFileReader> workers = new ArrayList<>();
        List<StatusFileReader> ended = new ArrayList<>();
        StatusFileReader self = null;
        for (ProcessView process : view.processes())
        {
            boolean isCurrent = view.current().contains(process);
            if (isCurrent && process.name().equals(ENGINE))
            {
                self = process.reader();
            }
            else
            {
                (isCurrent ? workers : ended).add(process.reader());
            }
        }
        return new StatsSources(self, workers, ended);
    }

    /**
     * @param ended workers of earlier proxies in the same folder.
     * @return those of a single process.
     */
    public static StatsSources single(StatusFileReader self, List<StatusFileReader> ended)
    {
        return new StatsSources(self, List.of(), ended);
    }

    /** @return those of a master. */
    public static StatsSources master(List<StatusFileReader> workers, List<StatusFileReader> ended)
    {
        return new StatsSources(null, workers, ended);
    }
}
