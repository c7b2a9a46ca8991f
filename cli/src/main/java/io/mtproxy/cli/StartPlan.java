// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import io.mtproxy.cli.options.ArgumentLine;
import io.mtproxy.cli.stats.StatsPorts;
import io.mtproxy.engine.ConfigTimes;
import io.mtproxy.engine.EngineConfig;
import io.mtproxy.engine.HandedNetwork;
import io.mtproxy.engine.config.ProxyMultiConf;
import io.mtproxy.engine.status.StatusDirectory;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A start whose preparations are done: ports are open, the user is changed, an engine or workers can follow.
 *
 * @param line            of arguments.
 * @param conf            as it was read.
 * @param config          for an engine.
 * @param network         holds the client ports.
 * @param statsPorts      of the stats pages; null in a worker. [C-HTTP-01]
 * @param statusDirectory of this proxy; null in a worker, and when the numbers are in private memory.
 * @param statusFile      where the engine counts, or null.
 * @param isReplacement   of a worker, while others serve: it accepts nobody before it has links.
 * @param configTimes     of a worker's configuration, which its master has loaded; else null.
 * @param output          where lines go.
 */
record StartPlan(ArgumentLine line, ProxyMultiConf conf, EngineConfig config, HandedNetwork network,
    @Nullable StatsPorts statsPorts, @Nullable StatusDirectory statusDirectory, @Nullable Path statusFile,
    boolean isReplacement, @Nullable ConfigTimes configTimes, LogOutput output) implements AutoCloseable
{
    /** Closes what nobody took over. */
    @Override
    public void close()
    {
        network.close();
        if (statsPorts != null)
        {
            statsPorts.close();
        }
        if (statusDirectory != null)
        {
            statusDirectory.close();
        }
    }
}
