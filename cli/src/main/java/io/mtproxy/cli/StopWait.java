// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import org.jspecify.annotations.Nullable;

/** Where a running command waits until it is to end: for a signal of the process, or for a test. */
interface StopWait
{
    /** From now on a request to stop is for {@link #await} to answer. */
    void mainLoopBegins();

    /** Says what else is done when somebody asks for it; each time, and on a thread of its own. */
    default void whenAsked(Request request, Runnable action)
    {
        // nobody asks
    }

    /**
     * Asks to stop in good order, as a signal does; for who is not the system.
     *
     * @param reason what {@link #await} returns.
     */
    default void askToStop(String reason)
    {
        throw new UnsupportedOperationException("only signals stop this");
    }

    /** What a running command can be asked for besides to stop. */
    enum Request
    {
        /** SIGHUP. [C-SIG-04] [C-REL-10] */
        RELOAD("HUP"),
        /** SIGUSR1. [C-SIG-05] */
        REOPEN_LOGS("USR1");

        /** Name of the signal. */
        final String signal;

        Request(String signal)
        {
            this.signal = signal;
        }
    }

    /** @return what asked to stop. */
    String await() throws InterruptedException;

    /** @return what asked to stop, or null when nothing did in that time. */
    @Nullable
    String await(long timeoutMs) throws InterruptedException;
}
