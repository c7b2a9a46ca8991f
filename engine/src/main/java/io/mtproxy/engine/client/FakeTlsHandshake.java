// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.client;

import io.mtproxy.engine.memory.ChunkChain;
import io.mtproxy.engine.status.ProxyCounter;
import io.mtproxy.engine.transport.FakeTlsRecords;
import java.io.IOException;

/**
 * The TLS side of one client in TLS-only mode: the bytes of a hello or first record that is not complete, what the socket
 * has not yet taken of our flight, and then where in a record the client's stream stands.
 * <p>
 * What waits goes back to the front of the agent's receive buffer before the socket is read again, so that a handshake is
 * always looked at in one piece.
 */
final class FakeTlsHandshake
{
    private final ClientConnection connection;
    private final ClientConnections shared;
    private final ChunkChain input;
    private final ChunkChain output;
    private final FakeTlsRecords records = new FakeTlsRecords();

    FakeTlsHandshake(ClientConnection connection, ClientConnections shared)
    {
        this.connection = connection;
        this.shared = shared;
        this.input = new ChunkChain(shared.chunks);
        this.output = new ChunkChain(shared.chunks);
    }

    /** @return the client's place in its records. */
    FakeTlsRecords records()
    {
        return records;
    }

    /** @return what of the flight is still to be written; whoever goes on with the client's stream takes it over. */
    ChunkChain output()
    {
        return output;
    }

    /** @return bytes of memory that wait for or from this client. */
    int heldLength()
    {
        return input.heldLength() + output.heldLength();
    }

    /** Moves what waits to the front of the receive buffer. @return how much that is. */
    int takeWaiting()
    {
        int length = input.length();
        input.take(shared.received, 0, length);
        return length;
    }

    /** Keeps what is in the receive buffer until more comes. */
    void keep(int length)
    {
        shared.senders.touch(connection);
        if (!input.append(shared.received, 0, length))
        {
            connection.close(CloseReason.BUFFERS_EXHAUSTED);
        }
    }

    /** Answers a hello. [P-TLS-21] */
    void sendFlight(FakeTlsAcceptor acceptor)
    {
        int length = acceptor.makeFlight(shared.secrets());
        if (!output.append(acceptor.flight(), 0, length))
        {
            connection.close(CloseReason.BUFFERS_EXHAUSTED);
            return;
        }
        flush();
    }

    /** @return whether part of the flight waits for the socket. */
    boolean isWriteBlocked()
    {
        return !output.isEmpty();
    }

    /** Writes what the socket takes of the flight. */
    void flush()
    {
        int before = output.length();
        try
        {
            shared.counters.increment(ProxyCounter.TCP_WRITE_CALLS);
            output.writeTo(connection.socket(), shared.gather);
        }
        catch (IOException e)
        {
            connection.close(CloseReason.PEER_RESET);
            return;
        }
        shared.counters.add(ProxyCounter.TCP_WRITE_BYTES, before - output.length());
        connection.updateInterest();
    }

    /** The socket is closed: gives everything back. */
    void clear()
    {
        input.clear();
        output.clear();
    }
}
