// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.stats;

import io.mtproxy.cli.metrics.MetricsPage;
import io.mtproxy.cli.metrics.RecentMetrics;
import io.mtproxy.cli.options.NetworkList;
import io.mtproxy.cli.view.ProxyView;
import io.mtproxy.crypto.RandomSource;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The stats port of a running proxy: HTTP and RPC on 127.0.0.1, on virtual threads of its own, from status files only. It
 * never touches the engine, and whatever a client does ends with that client's connection. [C-HTTP-01] [C-HTTP-05]
 */
public final class StatsServer implements AutoCloseable
{
    private static final Duration CLOSE_WAIT = Duration.ofSeconds(1);
    private static final long ACCEPT_PAUSE_NS = TimeUnit.MILLISECONDS.toNanos(100);

    private final StatsPort port;
    private final StatsContext context;
    private final StatsCounts counts = new StatsCounts();
    private final ProcessLoad load;
    private final LongSupplier startEpochMs;
    private final HttpPages pages;
    private final RpcQueries queries;
    private final RateGate dhGate;
    private final Supplier<ProxyView> view;
    private final RecentMetrics metrics;
    private final LoopWatch loops;
    /** Open connections in the order they came. Guarded by itself. */
    private final Map<StatsConnection, Boolean> connections = new LinkedHashMap<>();
    private final Thread acceptThread = Thread.ofPlatform().daemon().name("stats-accept").unstarted(this::acceptAll);
    private volatile boolean isClosed;

    private StatsServer(StatsPort port, StatsContext context)
    {
        this.port = port;
        this.context = context;
        LongSupplier start = context.startEpochMs();
        long nowMs = context.epochClock().time();
        this.startEpochMs = start == null ? () -> nowMs : start;
        this.load = new ProcessLoad(ReportValues.sample(context, context.sources().get()));
        this.dhGate = new RateGate(context.rpcAccess().dhAcceptRateMax(), context.nanoClock().nanoTime());
        this.queries = new RpcQueries(counts, this::report);
        this.view = context.view();
        this.metrics = new RecentMetrics(view, context.configState());
        this.loops = new LoopWatch();
        this.pages = new HttpPages(newPages());
    }

    private Map<String, HttpPages.Page> newPages()
    {
        HealthPages health = new HealthPages(view, context.configState(), loops, context.epochClock(), context
            .nanoClock());
        Map<String, HttpPages.Page> all = new HashMap<>();
        all.put("/healthz", request -> health.health());
        all.put("/readyz", request -> health.ready());
        all.put("/metrics", request ->
        {
            MetricsPage.Page page = metrics.page(request.accept(), nanoTime());
            return new StatsPage(true, page.contentType(), page.text());
        });
        if (context.isReportServed())
        {
            all.put("/stats", request -> StatsPage.plain(report()));
        }
        return all;
    }

    /**
     * Begins to serve; the port belongs to the server from here on.
     *
     * @return the server, to be closed before the engine and its status file.
     */
    public static StatsServer start(StatsPort port, StatsContext context)
    {
        StatsServer server = new StatsServer(port, context);
        server.acceptThread.start();
        return server;
    }

    /** @return the port that is open. */
    public int port()
    {
        return port.number();
    }

    /** Closes the port and every connection. Calling it again does nothing. */
    @Override
    public void close()
    {
        isClosed = true;
        port.close();
        joinAcceptThread();
        synchronized (connections)
        {
            connections.keySet().forEach(StatsConnection::abort);
        }
    }

    /** The port stays open in the system until the thread that accepts has left. */
    private void joinAcceptThread()
    {
        try
        {
            acceptThread.join(CLOSE_WAIT);
        }
        catch (InterruptedException e)
        {
            Thread.currentThread().interrupt();
        }
    }

    private void acceptAll()
    {
        ServerSocket socket = port.socket();
        warmUp();
        while (!isClosed)
        {
            try
            {
                socket.setSoTimeout((int)TimeUnit.NANOSECONDS.toMillis(ProcessLoad.PERIOD_NS));
                accept(socket.accept());
            }
            catch (SocketTimeoutException e)
            {
                // nobody came; time for a sample
            }
            catch (IOException e)
            {
                if (!isClosed)
                {
                    // no descriptor is left: it waits in the backlog
                    counts.acceptsFailed.incrementAndGet();
                    LockSupport.parkNanos(ACCEPT_PAUSE_NS);
                }
            }
            catch (RuntimeException e)
            {
                onError(e);
            }
            closeSilent();
            sample();
        }
    }

    /** The first report loads classes, and that takes a while on a busy machine. */
    private void warmUp()
    {
        try
        {
            report();
            metrics.warmUp();
        }
        catch (RuntimeException e)
        {
            onError(e);
        }
    }

    private void accept(Socket socket) throws IOException
    {
        NetworkList allowed = context.allowed();
        if (allowed != null && !allowed.contains(socket.getInetAddress()))
        {
            socket.close();
            return;
        }
        counts.accepted.incrementAndGet();
        StatsConnection connection = new StatsConnection(this, socket);
        StatsConnection oldest;
        synchronized (connections)
        {
            oldest = connections.size() < context.connectionCountMax() ? null : mostSilent();
            connections.put(connection, true);
            counts.open.incrementAndGet();
        }
        if (oldest != null)
        {
            oldest.abort();
        }
        if (isClosed)
        {
            connection.abort();
        }
        Thread.ofVirtual().name("stats").start(connection);
    }

    private @Nullable StatsConnection mostSilent()
    {
        StatsConnection found = null;
        for (StatsConnection connection : connections.keySet())
        {
            found = found == null || connection.activeNs() - found.activeNs() < 0 ? connection : found;
        }
        return found;
    }

    /** Ends those that do not take their answer; reading has a limit of its own. */
    private void closeSilent()
    {
        long nowNs = nanoTime();
        synchronized (connections)
        {
            for (StatsConnection connection : connections.keySet())
            {
                if (nowNs - connection.activeNs() > 2 * idleNs())
                {
                    connection.abort();
                }
            }
        }
    }

    private void sample()
    {
        if (!load.isDue(nanoTime()))
        {
            return;
        }
        try
        {
            load.sample(ReportValues.sample(context, context.sources().get()));
            loops.look(view.get(), nanoTime());
        }
        catch (RuntimeException e)
        {
            onError(e);
        }
    }

    private String report()
    {
        return LegacyStatsPage.text(new ReportValues(context, counts, load, startEpochMs.getAsLong()));
    }

    RpcSession newRpcSession(InetSocketAddress client, InetSocketAddress own)
    {
        RandomSource random = context.newRandomSource();
        return new RpcSession(new RpcSession.Setup(context.rpcAccess(),
            ProcessTuple.parse(context.processTuple().get()), counts, dhGate, queries), client, own, random);
    }

    void onClosed(StatsConnection connection)
    {
        synchronized (connections)
        {
            connections.remove(connection);
        }
    }

    void onError(RuntimeException e)
    {
        context.log().accept("stats: internal error, please report it: " + e);
    }

    StatsCounts counts()
    {
        return counts;
    }

    /** @return whether the rules of C's port hold. */
    boolean isLegacyPort()
    {
        return context.allowed() == null;
    }

    HttpPages pages()
    {
        return pages;
    }

    long nanoTime()
    {
        return context.nanoClock().nanoTime();
    }

    long epochMs()
    {
        return context.epochClock().time();
    }

    long idleNs()
    {
        return context.idleLimit().toNanos();
    }
}
