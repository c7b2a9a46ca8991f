// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.agent;

import io.mtproxy.engine.io.SocketPoller;
import io.mtproxy.engine.relay.WakeSignal;
import io.mtproxy.engine.status.AgentStatus;
import io.mtproxy.engine.status.LatencyRecorder;
import io.mtproxy.engine.status.ProxyCounter;
import io.mtproxy.engine.status.ProxyCounters;
import io.mtproxy.engine.status.ProxyEvents;
import io.mtproxy.engine.status.api.LatencyMetric;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.NanoClock;
import org.jspecify.annotations.Nullable;

/**
 * The turn of one thread: asks the one poller of its agents, then lets each do what follows from that. It alone decides
 * how long to wait. (architecture A1, A10)
 */
public final class DutyCycle implements Agent
{
    /** A turn longer than this counts as a stall. */
    private static final long STALL_NS = 10_000_000L;

    private final String name;
    private final SocketPoller poller;
    private final WakeSignal signal;
    private final NanoClock clock;
    private final ProxyCounters counters;
    private final LatencyRecorder lengths;
    private final boolean isBusySpin;
    private final @Nullable DatacenterAgent datacenterAgent;
    private final @Nullable ClientAgent clientAgent;
    private final SpinDecision spin = new SpinDecision();
    /** Since then the thread is in its poller. */
    private long turnEndNs;

    /**
     * @param poller          that all sockets of the agents are registered with; closed with this.
     * @param signal          by which others wake this thread.
     * @param status          of the agent on this thread, or of one of them.
     * @param isBusySpin      never wait.
     * @param datacenterAgent on this thread, or null.
     * @param clientAgent     on this thread, or null.
     */
    public DutyCycle(String name, SocketPoller poller, WakeSignal signal, NanoClock clock, AgentStatus status,
        boolean isBusySpin, @Nullable DatacenterAgent datacenterAgent, @Nullable ClientAgent clientAgent)
    {
        this.name = name;
        this.poller = poller;
        this.signal = signal;
        this.clock = clock;
        this.counters = status.counters();
        this.lengths = status.latency(LatencyMetric.DUTY_CYCLE);
        this.isBusySpin = isBusySpin;
        this.datacenterAgent = datacenterAgent;
        this.clientAgent = clientAgent;
    }

    @Override
    public String roleName()
    {
        return name;
    }

    @Override
    public void onStart()
    {
        turnEndNs = clock.nanoTime();
        if (datacenterAgent != null)
        {
            datacenterAgent.onStart();
        }
        if (clientAgent != null)
        {
            clientAgent.onStart();
        }
    }

    @Override
    public int doWork()
    {
        int events = isBusySpin || spin.isSpinning() ? poller.poll(SocketPoller.NO_WAIT) : pollAndWait();
        long startNs = clock.nanoTime();
        counters.add(ProxyCounter.POLL_WAIT_NS, startNs - turnEndNs);
        int work = events;
        if (datacenterAgent != null)
        {
            work += datacenterAgent.doWork();
        }
        if (clientAgent != null)
        {
            work += clientAgent.doWork();
        }
        counters.increment(ProxyCounter.POLLS);
        counters.increment(ProxyCounter.DUTY_CYCLES);
        long endNs = clock.nanoTime();
        turnEndNs = endNs;
        measure(endNs - startNs);
        spin.onTurn(events, work, clientAgent == null ? 0 : clientAgent.connections().count(), startNs, endNs);
        return work;
    }

    /** Marks the thread as waiting, looks for work once more, and only then waits. */
    private int pollAndWait()
    {
        signal.beginWait();
        try
        {
            return poller.poll(waitNs());
        }
        finally
        {
            if (signal.endWait())
            {
                counters.increment(ProxyCounter.WAKE_UPS);
            }
        }
    }

    private long waitNs()
    {
        long waitNs = Long.MAX_VALUE;
        if (datacenterAgent != null)
        {
            waitNs = datacenterAgent.hasWork() ? SocketPoller.NO_WAIT : datacenterAgent.waitNsMax();
        }
        if (clientAgent != null)
        {
            waitNs = Math.min(waitNs, clientAgent.hasWork() ? SocketPoller.NO_WAIT : clientAgent.waitNsMax());
        }
        return Math.max(waitNs, SocketPoller.NO_WAIT);
    }

    private void measure(long lengthNs)
    {
        lengths.record(lengthNs);
        counters.proposeMax(ProxyCounter.DUTY_CYCLE_NS_MAX, lengthNs);
        if (lengthNs > STALL_NS)
        {
            counters.increment(ProxyCounter.DUTY_CYCLES_OVER_THRESHOLD);
            ProxyEvents.slowTurn(name, lengthNs);
        }
    }

    /** Ends the agents at once; nobody is told, as the middle proxies see their links end. [C-SIG-01] */
    @Override
    public void onClose()
    {
        if (clientAgent != null)
        {
            clientAgent.onClose();
        }
        if (datacenterAgent != null)
        {
            datacenterAgent.onClose();
        }
        poller.close();
    }
}
