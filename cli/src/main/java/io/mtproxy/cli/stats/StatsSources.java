// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.stats;

import io.mtproxy.cli.view.ProcessView;
import io.mtproxy.cli.view.ProxyView;
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
 */
public record StatsSources(@Nullable StatusFileReader self, List<StatusFileReader> workers)
{
    public StatsSources
    {
        workers = List.copyOf(workers);
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
            String name = self != null ? "engine" : "worker-" + processes.size();
            processes.add(new ProcessView(name, reader, reader.state() != StatusState.ENDED));
        }
        return new ProxyView("", processes, List.of());
    }

    /** @return those of a single process. */
    public static StatsSources single(StatusFileReader self)
    {
        return new StatsSources(self, List.of());
    }

    /** @return those of a master. */
    public static StatsSources master(List<StatusFileReader> workers)
    {
        return new StatsSources(null, workers);
    }
}
