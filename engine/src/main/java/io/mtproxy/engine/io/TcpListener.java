// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.io;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** One listening socket, owned by one client agent. */
public interface TcpListener extends AutoCloseable
{
    /**
     * Takes one waiting connection, already non-blocking.
     *
     * @return the connection, or null when none waits (normal where several processes share the socket).
     * @throws IOException when the system cannot give one now, as at its descriptor limit.
     */
    @Nullable
    TcpSocket accept() throws IOException;

    /** @return the port clients connect to, 1..65535. */
    int port();

    /** Stops listening; calling it again does nothing. Never throws. */
    @Override
    void close();
}
