// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.io;

/** Hears of one socket; called by {@link SocketPoller#poll} on the thread that polls. */
@FunctionalInterface
public interface ReadyHandler
{
    /**
     * Something that was asked for has happened.
     *
     * @param readyOps bits of {@link Interest}; never empty.
     */
    void onReady(int readyOps);
}
