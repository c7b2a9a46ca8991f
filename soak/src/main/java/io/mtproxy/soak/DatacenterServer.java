// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.soak;

import io.mtproxy.soak.DatacenterEvent.ProxyRequest;
import io.mtproxy.soak.DatacenterEvent.Violation;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A middle proxy on a loopback port: a {@link DatacenterPeer} for each connection, all on one thread.
 * <p>
 * What it counts, records and reports may be read from any thread.
 */
public final class DatacenterServer implements AutoCloseable
{
    static final int BUFFER_LENGTH = 256 * 1024;

    private static final int VIOLATIONS_KEPT = 100;
    private static final int TIMED_WAIT_MS = 2;

    private final DatacenterSettings settings;
    private final byte[] secret;
    private final ServerSocketChannel listener;
    private final Selector selector;
    private final InetSocketAddress address;
    private final SplittableRandom random;
    private final LoadPattern pattern;
    private final MtprotoServer mtproto;
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_LENGTH);
    private final byte[] received = new byte[BUFFER_LENGTH];
    private final List<ServerLink> links = new ArrayList<>();
    private final List<ProxyRequest> recorded = new ArrayList<>();
    private final List<Violation> violations = new ArrayList<>();
    private final Thread thread;
    private volatile boolean closing;
    final Counters counters = new Counters();

    /** Written by the server's thread, read by any. */
    static final class Counters
    {
        final AtomicInteger linksOpen = new AtomicInteger();
        final AtomicInteger linksReady = new AtomicInteger();
        final AtomicLong linksAccepted = new AtomicLong();
        final AtomicLong requests = new AtomicLong();
        final AtomicLong requestBytes = new AtomicLong();
        final AtomicLong answers = new AtomicLong();
        final AtomicLong answerBytes = new AtomicLong();
        final AtomicLong quickAcks = new AtomicLong();
        final AtomicLong closes = new AtomicLong();
        final AtomicLong mismatches = new AtomicLong();
        final AtomicLong violations = new AtomicLong();
        final AtomicLong keysAgreed = new AtomicLong();
    }

    private DatacenterServer(DatacenterSettings settings) throws IOException
    {
        this.settings = settings;
        this.secret = settings.secret();
        this.random = new SplittableRandom(settings.seed());
        this.pattern = new LoadPattern(settings.seed());
        this.mtproto = new MtprotoServer(random.split(), System::currentTimeMillis, settings.dcId());
        this.selector = Selector.open();
        this.listener = ServerSocketChannel.open();
        listener.setOption(StandardSocketOptions.SO_REUSEADDR, true);
        listener.bind(settings.address(), 1024);
        listener.configureBlocking(false);
        listener.register(selector, SelectionKey.OP_ACCEPT);
        this.address = (InetSocketAddress)listener.getLocalAddress();
        this.thread = Thread.ofPlatform().name("soak-datacenter-" + address.getPort()).daemon().unstarted(this::run);
    }

    /** Listens and answers from now on. */
    public static DatacenterServer start(DatacenterSettings settings) throws IOException
    {
        DatacenterServer server = new DatacenterServer(settings);
        server.thread.start();
        return server;
    }

    public InetSocketAddress address()
    {
        return address;
    }

    public int port()
    {
        return address.getPort();
    }

    /** The requests that were kept, oldest first. */
    public List<ProxyRequest> recordedRequests()
    {
        synchronized (recorded)
        {
            return List.copyOf(recorded);
        }
    }

    /** The first hundred breaches of the protocol. */
    public List<Violation> violations()
    {
        synchronized (violations)
        {
            return List.copyOf(violations);
        }
    }

    public DatacenterSnapshot snapshot()
    {
        return new DatacenterSnapshot(
            counters.linksOpen.get(),
            counters.linksReady.get(),
            counters.linksAccepted.get(),
            counters.requests.get(),
            counters.requestBytes.get(),
            counters.answers.get(),
            counters.answerBytes.get(),
            counters.quickAcks.get(),
            counters.closes.get(),
            counters.mismatches.get(),
            counters.violations.get(),
            counters.keysAgreed.get());
    }

    /** Closes all sockets and waits for the thread to end. */
    @Override
    public void close()
    {
        closing = true;
        selector.wakeup();
        boolean interrupted = false;
        while (true)
        {
            try
            {
                thread.join();
                break;
            }
            catch (InterruptedException e)
            {
                interrupted = true;
            }
        }
        if (interrupted)
        {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public String toString()
    {
        return "DatacenterServer[" + address + ", " + settings.mode() + "]";
    }

    // ---- for the links, on the server's thread

    DatacenterSettings settings()
    {
        return settings;
    }

    LoadPattern pattern()
    {
        return pattern;
    }

    MtprotoServer mtproto()
    {
        return mtproto;
    }

    void record(RequestView request)
    {
        if (settings.recordedMax() > 0)
        {
            synchronized (recorded)
            {
                if (recorded.size() < settings.recordedMax())
                {
                    recorded.add(request.toEvent());
                }
            }
        }
    }

    void record(Violation violation)
    {
        counters.violations.incrementAndGet();
        synchronized (violations)
        {
            if (violations.size() < VIOLATIONS_KEPT)
            {
                violations.add(violation);
            }
        }
    }

    // ---- the loop

    private void run()
    {
        try
        {
            while (!closing)
            {
                boolean timed = false;
                for (ServerLink link : links)
                {
                    timed |= link.isTimed();
                }
                if (timed)
                {
                    selector.select(this::onSelected, TIMED_WAIT_MS);
                }
                else
                {
                    selector.select(this::onSelected);
                }
                if (timed)
                {
                    long nowNs = System.nanoTime();
                    links.forEach(link -> link.onTime(nowNs, buffer));
                }
                links.removeIf(ServerLink::isClosed);
            }
        }
        catch (IOException e)
        {
            throw new UncheckedIOException(e);
        }
        finally
        {
            links.forEach(ServerLink::close);
            closeQuietly(listener);
            closeQuietly(selector);
        }
    }

    private void onSelected(SelectionKey key)
    {
        if (key.channel() == listener)
        {
            accept();
        }
        else
        {
            ((ServerLink)key.attachment()).onSelected(buffer, received);
        }
    }

    private void accept()
    {
        SocketChannel channel;
        try
        {
            channel = listener.accept();
        }
        catch (IOException e)
        {
            return;
        }
        if (channel == null)
        {
            return;
        }
        long count = counters.linksAccepted.incrementAndGet();
        try
        {
            channel.configureBlocking(false);
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            FaultPlan faults = count <= settings.faults().linksAffected() ? settings.faults() : FaultPlan.NONE;
            LinkEnds ends = new LinkEnds(
                (InetSocketAddress)channel.getLocalAddress(), (InetSocketAddress)channel.getRemoteAddress());
            SelectionKey key = channel.register(selector, SelectionKey.OP_READ);
            ServerLink link = new ServerLink(this, channel, key, secret, ends, random.split(), faults);
            key.attach(link);
            links.add(link);
        }
        catch (IOException e)
        {
            // the proxy was faster to close than we to accept: nothing to serve
            closeQuietly(channel);
        }
    }

    static void closeQuietly(AutoCloseable closeable)
    {
        try
        {
            closeable.close();
        }
        catch (Exception e)
        {
            // closing is all we wanted
        }
    }
}
