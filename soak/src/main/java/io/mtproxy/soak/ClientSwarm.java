// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.soak;

import io.mtproxy.soak.SoakReport.ErrorKind;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.Recorder;

/**
 * Many Telegram clients on one thread against a proxy, with a {@link DatacenterServer} behind it: every byte that comes
 * back is compared with what the seed says it must be.
 * <p>
 * {@link #snapshot()} may be called from any thread at any time.
 */
public final class ClientSwarm implements AutoCloseable
{
    private static final long LATENCY_NS_MAX = 3_600_000_000_000L;
    private static final int LATENCY_DIGITS = 3;
    private static final int WAIT_MS = 2;
    private static final int ANSWERS_POLL_MS = 5;

    private final SwarmSettings settings;
    private final Selector selector;
    private final Thread thread;
    private final List<SwarmClient> clients = new ArrayList<>();
    private final LoadPattern pattern;
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(DatacenterServer.BUFFER_LENGTH);
    private final byte[] received = new byte[DatacenterServer.BUFFER_LENGTH];
    private final byte[] payload = new byte[ClientPeer.PACKET_LENGTH_MAX];
    private final Recorder recorder = new Recorder(LATENCY_NS_MAX, LATENCY_DIGITS);
    private final Histogram latencyNs = new Histogram(LATENCY_NS_MAX, LATENCY_DIGITS);
    private final AtomicLongArray errors = new AtomicLongArray(ErrorKind.values().length);
    private final long startNs = System.nanoTime();
    private volatile long sendUntilNs;
    private volatile boolean closing;
    private volatile boolean finished;
    private volatile long finishedNs;
    private double connectBudget = 1;
    private long connectNs = startNs;
    private Histogram interval;
    final Counters counters = new Counters();

    /** Written by the swarm's thread, read by any. */
    static final class Counters
    {
        final AtomicInteger connectionsOpen = new AtomicInteger();
        final AtomicLong connectionsOpened = new AtomicLong();
        final AtomicLong messagesSent = new AtomicLong();
        final AtomicLong messagesAnswered = new AtomicLong();
        final AtomicLong quickAcks = new AtomicLong();
        final AtomicLong bytesSent = new AtomicLong();
        final AtomicLong bytesReceived = new AtomicLong();
        final AtomicLong mismatches = new AtomicLong();
    }

    private ClientSwarm(SwarmSettings settings) throws IOException
    {
        this.settings = settings;
        this.pattern = new LoadPattern(settings.seed());
        this.selector = Selector.open();
        this.sendUntilNs = startNs + settings.duration().toNanos();
        this.interval = recorder.getIntervalHistogram();
        SplittableRandom random = new SplittableRandom(settings.seed());
        for (int i = 0; i < settings.clients(); i++)
        {
            clients.add(new SwarmClient(this, i, random.split()));
        }
        this.thread = Thread.ofPlatform().name("soak-clients").daemon().unstarted(this::run);
    }

    /** Connects and sends from now on. */
    public static ClientSwarm start(SwarmSettings settings) throws IOException
    {
        ClientSwarm swarm = new ClientSwarm(settings);
        swarm.thread.start();
        return swarm;
    }

    /** Sends nothing more from now on; what is under way still has its time to come back. */
    public void finish()
    {
        sendUntilNs = System.nanoTime();
    }

    /** Waits until the time is over and what was under way is back, or lost. */
    public SoakReport await() throws InterruptedException
    {
        thread.join();
        return snapshot();
    }

    /**
     * Sends until all clients have connected and so many messages are answered, or the time is over; then as
     * {@link #finish()} and {@link #await()}. For tests, which have no use for a time that a busy machine does not keep.
     */
    public SoakReport awaitAnswers(long count) throws InterruptedException
    {
        while (!finished && (counters.messagesAnswered.get() < count ||
            counters.connectionsOpened.get() < settings.clients()))
        {
            Thread.sleep(ANSWERS_POLL_MS);
        }
        finish();
        return await();
    }

    /** Numbers until now. */
    public SoakReport snapshot()
    {
        Map<ErrorKind, Long> found = new EnumMap<>(ErrorKind.class);
        for (ErrorKind kind : ErrorKind.values())
        {
            long count = errors.get(kind.ordinal());
            if (count > 0)
            {
                found.put(kind, count);
            }
        }
        long endNs = finished ? finishedNs : System.nanoTime();
        return new SoakReport(
            Duration.ofNanos(endNs - startNs),
            counters.connectionsOpen.get(),
            counters.connectionsOpened.get(),
            counters.messagesSent.get(),
            counters.messagesAnswered.get(),
            counters.quickAcks.get(),
            counters.bytesSent.get(),
            counters.bytesReceived.get(),
            counters.mismatches.get(),
            found,
            latencySoFar());
    }

    private Histogram latencySoFar()
    {
        synchronized (latencyNs)
        {
            interval = recorder.getIntervalHistogram(interval);
            latencyNs.add(interval);
            return latencyNs.copy();
        }
    }

    /** Whether sending and waiting are over. */
    public boolean isFinished()
    {
        return finished;
    }

    /** Stops at once, closes all connections and waits for the thread to end. */
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
        return "ClientSwarm[" + settings + "]";
    }

    // ---- for the clients, on the swarm's thread

    SwarmSettings settings()
    {
        return settings;
    }

    LoadPattern pattern()
    {
        return pattern;
    }

    /** Where one payload is made before it is encrypted. */
    byte[] payload()
    {
        return payload;
    }

    Selector selector()
    {
        return selector;
    }

    boolean maySend(long nowNs)
    {
        return nowNs - sendUntilNs < 0;
    }

    void error(ErrorKind kind, long count)
    {
        errors.addAndGet(kind.ordinal(), count);
    }

    void latency(long ns)
    {
        recorder.recordValue(Math.clamp(ns, 0, LATENCY_NS_MAX));
    }

    /** Whether one more connection may be opened now. */
    boolean takeConnect(long nowNs)
    {
        if (connectBudget < 1)
        {
            return false;
        }
        connectBudget--;
        return true;
    }

    // ---- the loop

    private void run()
    {
        try
        {
            while (!closing)
            {
                long nowNs = System.nanoTime();
                connectBudget = Math.min(
                    settings.connectsPerSecond(),
                    connectBudget + (nowNs - connectNs) * 1e-9 * settings.connectsPerSecond());
                connectNs = nowNs;
                boolean underWay = false;
                for (SwarmClient client : clients)
                {
                    client.onTime(nowNs, buffer);
                    underWay |= client.isUnderWay();
                }
                if (!maySend(nowNs) && (!underWay || nowNs - sendUntilNs - settings.drain().toNanos() >= 0))
                {
                    break;
                }
                selector.select(this::onSelected, WAIT_MS);
            }
        }
        catch (IOException | RuntimeException e)
        {
            error(ErrorKind.INTERNAL, 1);
        }
        finally
        {
            clients.forEach(client -> client.close(true));
            DatacenterServer.closeQuietly(selector);
            finishedNs = System.nanoTime();
            finished = true;
        }
    }

    private void onSelected(SelectionKey key)
    {
        ((SwarmClient)key.attachment()).onSelected(key, buffer, received);
    }
}
