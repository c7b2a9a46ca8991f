// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import org.jspecify.annotations.Nullable;

/** Where a running command waits until it is to end: for a signal of the process, or for a test. */
interface StopWait
{
    /** From now on a request to stop is for {@link #await} to answer. */
    void mainLoopBegins();

    /** @return what asked to stop. */
    String await() throws InterruptedException;

    /** @return what asked to stop, or null when nothing did in that time. */
    @Nullable
    String await(long timeoutMs) throws InterruptedException;
}
