// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.stats;

import io.mtproxy.engine.status.StatusFileReader;
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
