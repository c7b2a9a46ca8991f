// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.io;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;

/**
 * One non-blocking TCP connection, the smallest thing the engine needs of an operating system (architecture A6).
 * <p>
 * Used by the one agent that owns the connection. Buffers are direct.
 */
public interface TcpSocket extends AutoCloseable
{
    /** Returned by {@link #read} when the peer has ended its stream. */
    int END_OF_STREAM = -1;

    /**
     * Reads what has arrived, at most what the buffer has room for.
     *
     * @param into written from its position, which moves.
     * @return bytes read, 0 when nothing has arrived, or {@link #END_OF_STREAM}.
     * @throws IOException when the connection is lost; the socket must then be closed.
     */
    int read(ByteBuffer into) throws IOException;

    /**
     * Writes what the network takes now, from several buffers in one call.
     *
     * @param from   buffers whose positions move by what was taken.
     * @param offset of the first buffer to write.
     * @param count  of buffers.
     * @return bytes taken; 0 when the network takes nothing now.
     * @throws IOException when the connection is lost; the socket must then be closed.
     */
    long write(ByteBuffer[] from, int offset, int count) throws IOException;

    /**
     * Asks whether an outgoing connection stands. Called when the poller reports {@link Interest#CONNECT}.
     *
     * @return true once connected.
     * @throws IOException when the connection failed; the socket must then be closed.
     */
    boolean finishConnect() throws IOException;

    /** @return this end, known once connected; a v4-mapped address is given as IPv4. [P-NET-01] */
    InetSocketAddress localAddress();

    /** @return the other end; a v4-mapped address is given as IPv4. [P-NET-01] */
    InetSocketAddress remoteAddress();

    /**
     * Ends this side's stream; the other side's goes on. What was written before still arrives.
     *
     * @throws IOException when the connection is lost; the socket must then be closed.
     */
    void shutdownOutput() throws IOException;

    /** Breaks the connection, so that the peer sees a reset, and forgets its registration. Never throws. */
    void reset();

    /** Closes the connection and forgets its registration; calling it again does nothing. Never throws. */
    @Override
    void close();
}
