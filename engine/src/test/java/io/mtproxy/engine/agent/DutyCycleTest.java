// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.agent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mtproxy.engine.io.PollKey;
import io.mtproxy.engine.io.ReadyHandler;
import io.mtproxy.engine.io.SocketPoller;
import io.mtproxy.engine.io.TcpListener;
import io.mtproxy.engine.io.TcpSocket;
import io.mtproxy.engine.relay.WakeSignal;
import io.mtproxy.engine.sim.SimulatedClock;
import io.mtproxy.engine.status.ProxyCounter;
import io.mtproxy.engine.status.StatusFile;
import java.util.List;
import org.junit.jupiter.api.Test;

/** When a thread waits in its poller and when it goes on asking. */
class DutyCycleTest
{
    private static final long SOON_NS = 20_000;
    private static final long SPIN_NS = 100_000;

    private final SimulatedClock clock = new SimulatedClock();
    private final ScriptedPoller poller = new ScriptedPoller();
    private final StatusFile status = StatusFile.inMemory(List.of("test"), "", clock);
    private final WakeSignal signal = new WakeSignal(poller);
    private final DutyCycle cycle =
        new DutyCycle("test", poller, signal, clock, status.agent(0), false, null, null);

    @Test
    void shouldSpinWhileSingleEventsFollowEachOtherAndStopWhenNoneComes()
    {
        startSpinning();

        assertEquals(SocketPoller.NO_WAIT, turn(0, SPIN_NS - 1));
        assertEquals(SocketPoller.NO_WAIT, turn(0, 1), "looked at once more when the time is over");
        assertEquals(Long.MAX_VALUE, turn(0, SPIN_NS));
    }

    @Test
    void shouldGoOnSpinningWhenEventComesInTime()
    {
        startSpinning();

        assertEquals(SocketPoller.NO_WAIT, turn(0, SOON_NS));
        assertEquals(SocketPoller.NO_WAIT, turn(1, SOON_NS));
        assertEquals(SocketPoller.NO_WAIT, turn(0, SOON_NS));
    }

    @Test
    void shouldNotSpinUnderLoad()
    {
        startSpinning();

        assertEquals(SocketPoller.NO_WAIT, turn(2, SOON_NS));
        for (int i = 0; i < 4; i++)
        {
            assertEquals(Long.MAX_VALUE, turn(1, SOON_NS));
        }
        assertEquals(SocketPoller.NO_WAIT, turn(1, SOON_NS));
    }

    @Test
    void shouldNotSpinForRareEvents()
    {
        for (int i = 0; i < 10; i++)
        {
            assertEquals(Long.MAX_VALUE, turn(1, SPIN_NS));
        }
    }

    /** Connections that come and go one by one look like a lone client's events. */
    @Test
    void shouldNotSpinWithManyClients()
    {
        SpinDecision decision = new SpinDecision();
        for (int i = 0; i < 10; i++)
        {
            decision.onTurn(1, 1, SpinDecision.CLIENT_COUNT_MAX, i * SOON_NS, i * SOON_NS);
        }
        assertTrue(decision.isSpinning());
        for (int i = 10; i < 20; i++)
        {
            decision.onTurn(1, 1, SpinDecision.CLIENT_COUNT_MAX + 1, i * SOON_NS, i * SOON_NS);
            assertFalse(decision.isSpinning());
        }
    }

    /** What {@code tot_idle_time} and the shares of idle time are made of; it was always 0. [C-STAT-11] */
    @Test
    void shouldCountTimeInPoller()
    {
        clock.advance(77);
        cycle.onStart();
        turn(0, 5_000_000_000L);
        turn(1, 3);

        assertEquals(5_000_000_003L, status.reader().get(ProxyCounter.POLL_WAIT_NS));
        assertEquals(2, status.reader().get(ProxyCounter.POLLS));
        assertEquals(2, status.reader().get(ProxyCounter.DUTY_CYCLES));
    }

    @Test
    void shouldCountWakeUpsByOthers()
    {
        turn(0, SPIN_NS);
        assertEquals(0, status.reader().get(ProxyCounter.WAKE_UPS));

        poller.isWoken = true;
        turn(0, SPIN_NS);
        assertEquals(1, status.reader().get(ProxyCounter.WAKE_UPS));
    }

    private void startSpinning()
    {
        turn(1, SPIN_NS);
        for (int i = 0; i < 4; i++)
        {
            assertEquals(Long.MAX_VALUE, turn(1, SOON_NS));
        }
    }

    /** @return how long the cycle was willing to wait for what came after that time. */
    private long turn(int events, long afterNs)
    {
        poller.events = events;
        poller.afterNs = afterNs;
        cycle.doWork();
        return poller.timeoutNs;
    }

    /** Reports what it is told to, so much later. */
    private final class ScriptedPoller implements SocketPoller
    {
        private int events;
        private long afterNs;
        private long timeoutNs;
        private boolean isWoken;

        @Override
        public int poll(long waitNs)
        {
            timeoutNs = waitNs;
            if (isWoken)
            {
                signal.wakeIfWaiting();
            }
            clock.advance(afterNs);
            return events;
        }

        @Override
        public PollKey register(TcpSocket socket, int ops, ReadyHandler handler)
        {
            throw new UnsupportedOperationException();
        }

        @Override
        public PollKey register(TcpListener listener, ReadyHandler handler)
        {
            throw new UnsupportedOperationException();
        }

        @Override
        public void wakeup()
        {
            // nobody waits
        }

        @Override
        public void close()
        {
            // nothing is held
        }
    }
}
