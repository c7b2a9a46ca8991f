// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.client;

import java.util.concurrent.TimeUnit;
import org.agrona.DeadlineTimerWheel;
import org.agrona.collections.Long2ObjectHashMap;

/** The deadlines of one agent's connections, at most one for each: of its handshake, or of its last flush. */
final class ClientDeadlines
{
    private static final long TICK_NS = 1L << 24;
    private static final int TICKS_PER_WHEEL = 1024;
    /** Connections told in one turn; the others are told in the next. */
    private static final int TOLD_PER_TURN = 64;

    private final DeadlineTimerWheel wheel;
    private final DeadlineTimerWheel.TimerHandler handler = this::onTimer;
    private final Long2ObjectHashMap<ClientConnection> connectionByTimer = new Long2ObjectHashMap<>();

    ClientDeadlines(long nowNs)
    {
        wheel = new DeadlineTimerWheel(TimeUnit.NANOSECONDS, nowNs, TICK_NS, TICKS_PER_WHEEL);
    }

    /** Sets a deadline for a connection that has none. */
    void start(ClientConnection connection, long deadlineNs)
    {
        connection.deadlineTimerId = wheel.scheduleTimer(deadlineNs);
        connectionByTimer.put(connection.deadlineTimerId, connection);
    }

    /** Takes the deadline back, if there is one. */
    void cancel(ClientConnection connection)
    {
        if (connection.deadlineTimerId != ClientConnection.NO_TIMER)
        {
            wheel.cancelTimer(connection.deadlineTimerId);
            connectionByTimer.remove(connection.deadlineTimerId);
            connection.deadlineTimerId = ClientConnection.NO_TIMER;
        }
    }

    /**
     * Tells connections whose time is over.
     *
     * @return how many.
     */
    int poll(long nowNs)
    {
        if (wheel.timerCount() == 0)
        {
            wheel.currentTickTime(nowNs);
            return 0;
        }
        int over = 0;
        do
        {
            // one call looks at one slot of the wheel, however much time has passed
            over += wheel.poll(nowNs, handler, TOLD_PER_TURN - over);
        }
        while (over < TOLD_PER_TURN && wheel.currentTickTime() <= nowNs);
        return over;
    }

    private boolean onTimer(TimeUnit timeUnit, long nowNs, long timerId)
    {
        ClientConnection connection = connectionByTimer.remove(timerId);
        if (connection != null)
        {
            connection.deadlineTimerId = ClientConnection.NO_TIMER;
            connection.onDeadline();
        }
        return true;
    }
}
