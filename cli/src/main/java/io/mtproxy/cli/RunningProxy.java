// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import io.mtproxy.cli.stats.StatsServer;
import io.mtproxy.engine.ProxyEngine;
import io.mtproxy.engine.config.ProxyMultiConf;
import io.mtproxy.engine.status.StatusDirectory;
import org.jspecify.annotations.Nullable;

/** An engine that serves, with what was made for it. Closed by who started it. */
final class RunningProxy implements AutoCloseable
{
    private final ProxyEngine engine;
    private final String configFile;
    private final ProxyMultiConf conf;
    private final @Nullable StatusDirectory statusDirectory;
    private final @Nullable StatsServer stats;

    /**
     * @param statusDirectory null when the numbers are in private memory.
     * @param stats           null without {@code --http-stats}. [C-HTTP-01]
     */
    RunningProxy(ProxyEngine engine, String configFile, ProxyMultiConf conf, @Nullable StatusDirectory statusDirectory,
        @Nullable StatsServer stats)
    {
        this.engine = engine;
        this.configFile = configFile;
        this.conf = conf;
        this.statusDirectory = statusDirectory;
        this.stats = stats;
    }

    /** Prints two of the three lines of a process that is ready; the third one says that the main loop begins. [C-LIFE-07] */
    void describe(LogLines log)
    {
        log.print("process tuple " + engine.processTuple() + ", client ports " + engine.ports());
        log.print("configuration " + configFile + " applied: " + conf.length() + " bytes, md5 " + conf.md5Hex() + ", " +
            conf.servers().size() + " servers in " + conf.clusters().size() + " clusters");
    }

    /** @return the engine. */
    ProxyEngine engine()
    {
        return engine;
    }

    @Override
    public void close()
    {
        if (stats != null)
        {
            stats.close();
        }
        engine.close();
        if (statusDirectory != null)
        {
            statusDirectory.close();
        }
    }
}
