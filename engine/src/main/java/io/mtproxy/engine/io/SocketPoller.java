// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.io;

import java.io.IOException;

/**
 * The one place where an agent thread waits (architecture A6, A10). Level-triggered: what is not read is reported
 * again. All calls but {@link #wakeup} belong to the owning thread.
 */
public interface SocketPoller extends AutoCloseable
{
    /** Reports what is ready now and does not wait. */
    long NO_WAIT = 0;

    /**
     * Calls the handler of every socket that is ready, each once.
     *
     * @param timeoutNs the longest wait in ns, {@link #NO_WAIT} for none.
     * @return number of sockets reported.
     */
    int poll(long timeoutNs);

    /**
     * Starts to watch a connection.
     *
     * @throws IOException when the system refuses; the socket should then be closed.
     */
    PollKey register(TcpSocket socket, int ops, ReadyHandler handler) throws IOException;

    /** Starts to watch a listener for {@link Interest#ACCEPT}. */
    PollKey register(TcpListener listener, ReadyHandler handler) throws IOException;

    /** Ends the current or next wait at once; may be called from any thread. */
    void wakeup();

    @Override
    void close();
}
