// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.agent;

/**
 * Whether a thread goes on asking its poller or waits in it. A lone client's next event comes within microseconds, faster
 * than the system wakes a thread; with more clients there is always something to do, or nobody notices. (A10)
 */
final class SpinDecision
{
    /** How long the thread polls without waiting when the next event is likely to be near. */
    private static final long SPIN_NS = 100_000L;
    /**
     * Turns in a row that each brought one thing, soon after the one before, until the next is taken to be near. Fewer
     * would also happen under load, where spinning costs as much as it brings, and makes turns smaller.
     */
    private static final int SPIN_TURNS_MIN = 4;
    /** With more clients than this the thread waits: polls between connections that come and go are wasted. */
    static final int CLIENT_COUNT_MAX = 8;

    private int singleTurns;
    private long idleSinceNs;
    private boolean isSpinning;

    /** @return whether the next poll should not wait. */
    boolean isSpinning()
    {
        return isSpinning;
    }

    /**
     * Called at the end of each turn.
     *
     * @param events      that the poller reported.
     * @param work        of the whole turn, events included.
     * @param clientCount connections that are open.
     * @param startNs     when the poller came back.
     * @param endNs       now.
     */
    void onTurn(int events, int work, int clientCount, long startNs, long endNs)
    {
        boolean isSoon = startNs - idleSinceNs < SPIN_NS;
        if (clientCount > CLIENT_COUNT_MAX)
        {
            singleTurns = 0;
            isSpinning = false;
        }
        else if (work != 0)
        {
            singleTurns = events <= 1 && isSoon ? Math.min(singleTurns + 1, SPIN_TURNS_MIN) : 0;
            idleSinceNs = endNs;
            isSpinning = singleTurns == SPIN_TURNS_MIN;
        }
        else
        {
            isSpinning &= isSoon;
        }
    }
}
