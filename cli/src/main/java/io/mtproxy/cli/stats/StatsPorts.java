// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.stats;

import io.mtproxy.cli.options.NetworkList;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The ports on which a proxy shows its numbers: that of {@code -p}, as in C, and that of {@code --metrics-listen}. Opened
 * early, served by {@link #start}. [C-HTTP-01]
 */
public final class StatsPorts implements AutoCloseable
{
    private final @Nullable StatsPort legacy;
    private @Nullable StatsPort metrics;
    private NetworkList allowed = NetworkList.LOOPBACK;
    private final List<StatsServer> servers = new ArrayList<>();

    /** @param legacy of {@code -p}, or null. */
    public StatsPorts(@Nullable StatsPort legacy)
    {
        this.legacy = legacy;
    }

    /**
     * Opens the port of {@code --metrics-listen}.
     *
     * @param networks who may ask; null for this machine.
     * @throws IOException with a message for the operator.
     */
    public void openMetrics(InetSocketAddress address, @Nullable NetworkList networks) throws IOException
    {
        metrics = StatsPort.open("--metrics-listen", address);
        allowed = networks == null ? NetworkList.LOOPBACK : networks;
    }

    /** @return number of C's port, or that one when there is none. */
    public int numberOr(int number)
    {
        return legacy == null ? number : legacy.number();
    }

    /** @return number of the port for metrics, or 0 when there is none. */
    public int metricsNumber()
    {
        return metrics == null ? 0 : metrics.number();
    }

    /**
     * Begins to serve on those that are open.
     *
     * @param contexts a new one at each call.
     */
    public void start(Supplier<StatsContext> contexts)
    {
        if (legacy != null)
        {
            servers.add(StatsServer.start(legacy, contexts.get()));
        }
        if (metrics != null)
        {
            servers.add(StatsServer.start(metrics, contexts.get().allowed(allowed).withoutReport()));
        }
    }

    /** Closes the ports and every connection. Calling it again does nothing. */
    @Override
    public void close()
    {
        servers.forEach(StatsServer::close);
        if (legacy != null)
        {
            legacy.close();
        }
        if (metrics != null)
        {
            metrics.close();
        }
    }
}
