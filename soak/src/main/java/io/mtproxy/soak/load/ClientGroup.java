// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.soak.load;

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/** The clients of one scenario on one loop: opens them, keeps the schedule of an open loop, adds up what they do. */
final class ClientGroup
{
    /** Connections under way at a time while a scenario is built up. */
    private static final int OPENING_MAX = 64;
    /** A connection that broke is made again after so long. */
    private static final long RETRY_NS = 100_000_000;

    private final LoadLoop loop;
    private final LoadScenario scenario;
    private final InetSocketAddress target;
    private final List<String> sources;
    private final byte[][] secrets;
    private final List<LoadClient> clients = new ArrayList<>();
    /** Clients that wait to be opened. */
    private final List<LoadClient> closed = new ArrayList<>();
    /** When what nobody was free to do was meant to be done; only of a reconnecting open loop. */
    private final LongQueue waiting = new LongQueue();
    private Histogram latencyNs = new Histogram(LoadSnapshot.LATENCY_NS_MAX, LoadSnapshot.LATENCY_DIGITS);
    private final double gapNs;
    private double nextNs;
    private int nextClient;
    private int opening;
    private int established;
    private boolean isOpenLoopRunning;
    private boolean isEnding;
    private long retryNs;
    private long answers;
    private long requestBytes;
    private long answerBytes;
    private long connects;
    private long errors;
    private long hybrids;
    private long lateNs;

    /**
     * @param first   number of the first client.
     * @param count   of clients.
     * @param share   of the scenario's rate, 0..1.
     * @param sources addresses that clients connect from in turn; empty: what the system takes.
     */
    ClientGroup(
        LoadLoop loop, LoadScenario scenario, InetSocketAddress target, List<String> sources, byte[][] secrets,
        int first, int count, double share)
    {
        this.loop = loop;
        this.scenario = scenario;
        this.target = target;
        this.sources = sources;
        this.secrets = secrets;
        this.gapNs = scenario.rate() > 0 ? 1e9 / (scenario.rate() * share) : 0;
        for (int i = 0; i < count; i++)
        {
            clients.add(new LoadClient(loop, this, first + i));
        }
        closed.addAll(clients.reversed());
    }

    /** Clients that have had an answer on the connection that they hold. */
    int established()
    {
        return established;
    }

    /** Begins the schedule of an open loop. */
    void startSchedule()
    {
        isOpenLoopRunning = gapNs > 0;
        nextNs = System.nanoTime();
    }

    /** Takes what has been done and begins anew. */
    LoadSnapshot take()
    {
        LoadSnapshot taken =
            new LoadSnapshot(answers, requestBytes, answerBytes, connects, errors, hybrids, lateNs, latencyNs);
        answers = 0;
        requestBytes = 0;
        answerBytes = 0;
        connects = 0;
        errors = 0;
        hybrids = 0;
        lateNs = 0;
        latencyNs = new Histogram(LoadSnapshot.LATENCY_NS_MAX, LoadSnapshot.LATENCY_DIGITS);
        return taken;
    }

    /** Closes all connections. */
    void end()
    {
        isEnding = true;
        isOpenLoopRunning = false;
        clients.forEach(LoadClient::close);
    }

    /** Does what is due. @return how long nothing is, in ns. */
    long onTurn()
    {
        if (isEnding)
        {
            return Long.MAX_VALUE;
        }
        long waitNs = Long.MAX_VALUE;
        if (isOpenLoopRunning)
        {
            waitNs = sendScheduled();
        }
        if (!closed.isEmpty() && !(isOpenLoopRunning && scenario.isReconnecting()))
        {
            waitNs = Math.min(waitNs, openClosed());
        }
        return scenario.isSpinning() ? 0 : waitNs;
    }

    private long openClosed()
    {
        long nowNs = System.nanoTime();
        if (nowNs - retryNs < 0)
        {
            return retryNs - nowNs;
        }
        int limit = scenario.isReconnecting() ? Integer.MAX_VALUE : OPENING_MAX;
        for (int left = closed.size(); left > 0 && opening < limit; left--)
        {
            open(closed.removeLast(), System.nanoTime());
        }
        return Long.MAX_VALUE;
    }

    private void open(LoadClient client, long intendedNs)
    {
        opening++;
        client.open(intendedNs);
    }

    private long sendScheduled()
    {
        long nowNs = System.nanoTime();
        while (nextNs - nowNs <= 0)
        {
            long intendedNs = (long)nextNs;
            // arrivals that know nothing of each other, as those of many people
            nextNs -= gapNs * Math.log(1 - loop.random().nextDouble());
            lateNs = Math.max(lateNs, nowNs - intendedNs);
            if (scenario.isReconnecting())
            {
                if (closed.isEmpty())
                {
                    waiting.add(intendedNs);
                }
                else
                {
                    open(closed.removeLast(), intendedNs);
                }
            }
            else
            {
                nextClient = nextClient + 1 == clients.size() ? 0 : nextClient + 1;
                clients.get(nextClient).send(intendedNs);
            }
        }
        return (long)nextNs - nowNs;
    }

    // ---- for the clients

    LoadScenario scenario()
    {
        return scenario;
    }

    InetSocketAddress target()
    {
        return target;
    }

    /** @return the address that a client connects from, if it matters. */
    @Nullable
    String source(int client)
    {
        return sources.isEmpty() ? null : sources.get(client % sources.size());
    }

    /** @return the stream of a client, which has one secret for all its connections, as people have. */
    ClientStream newStream(AnswerSink sink)
    {
        byte[] secret = secrets[loop.random().nextInt(secrets.length)];
        return switch (scenario.wire())
        {
            case ABRIDGED, INTERMEDIATE, PADDED -> new ObfuscatedStream(loop, scenario.wire(), secret, scenario
                .hasLongAnswers(), sink);
            case FAKE_TLS, FAKE_TLS_HYBRID -> new FakeTlsStream(loop, scenario.wire(), secret, scenario
                .hasLongAnswers(),
                sink);
            case PLAIN -> new PlainStream(loop, sink);
        };
    }

    boolean isClosedLoop()
    {
        return gapNs == 0 && !scenario.isIdle();
    }

    void onSent(int length)
    {
        requestBytes += length;
    }

    void onEstablished()
    {
        opening--;
        established++;
        connects++;
    }

    void onFlight(boolean isHybrid)
    {
        hybrids += isHybrid ? 1 : 0;
    }

    void onAnswer(int length, long latency)
    {
        answers++;
        answerBytes += length;
        latencyNs.recordValue(Math.clamp(latency, 0, LoadSnapshot.LATENCY_NS_MAX));
    }

    /**
     * @param wasEstablished whether it had had an answer.
     * @param isError        whether nobody asked it to end.
     */
    void onClosed(LoadClient client, boolean wasEstablished, boolean isError)
    {
        if (wasEstablished)
        {
            established--;
        }
        else
        {
            opening--;
        }
        if (isEnding)
        {
            return;
        }
        if (isError)
        {
            errors++;
            retryNs = System.nanoTime() + RETRY_NS;
        }
        if (!waiting.isEmpty() && !isError)
        {
            open(client, waiting.remove());
        }
        else
        {
            closed.add(client);
        }
    }
}
