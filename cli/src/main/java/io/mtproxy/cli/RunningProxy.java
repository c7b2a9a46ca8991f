// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import io.mtproxy.cli.stats.StatsPorts;
import io.mtproxy.engine.ProxyEngine;
import io.mtproxy.engine.config.ProxyMultiConf;

/** An engine that serves, with what was made for it. Closed by who started it. */
final class RunningProxy implements AutoCloseable
{
    private final ProxyEngine engine;
    private final StartPlan plan;

    /** @param plan of the start; closed with this. */
    RunningProxy(ProxyEngine engine, StartPlan plan)
    {
        this.engine = engine;
        this.plan = plan;
    }

    /** Prints two of the three lines of a process that is ready; the third one says that the main loop begins. [C-LIFE-07] */
    void describe(LogLines log)
    {
        log.print("process tuple " + engine.processTuple() + ", client ports " + engine.ports());
        describe(log, plan);
    }

    /** Prints which configuration is in force. */
    static void describe(LogLines log, StartPlan plan)
    {
        ProxyMultiConf conf = plan.conf();
        log.print("configuration " + plan.line().configFile() + " applied: " + conf.length() + " bytes, md5 " +
            conf.md5Hex() + ", " + conf.servers().size() + " servers in " + conf.clusters().size() + " clusters");
    }

    /** @return by which it was started. */
    StartPlan plan()
    {
        return plan;
    }

    /** Reads configuration and secrets anew; returns at once. [C-SIG-04] [C-REL-10] */
    void reload()
    {
        engine.reload();
    }

    /** @return the engine. */
    ProxyEngine engine()
    {
        return engine;
    }

    @Override
    public void close()
    {
        StatsPorts ports = plan.statsPorts();
        if (ports != null)
        {
            ports.close();
        }
        engine.close();
        plan.close();
    }
}
