// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.client;

import io.mtproxy.engine.memory.ChunkChain;
import io.mtproxy.engine.transport.HandshakeResult;
import io.mtproxy.engine.transport.Obfuscated2Handshake;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/** The start of one client without TLS: its header, collected until all 64 bytes are there. [P-OBF-10] [P-OBF-18] */
final class Obfuscated2Start
{
    private final ClientConnection connection;
    private final ClientConnections shared;
    /** First bytes of a header that arrived in pieces; null otherwise. */
    private @Nullable UnsafeBuffer partialHeader;
    private int partialLength;

    Obfuscated2Start(ClientConnection connection, ClientConnections shared)
    {
        this.connection = connection;
        this.shared = shared;
    }

    /** Bytes lie in the agent's receive buffer; what follows the header is relayed. */
    void onReceived(int length)
    {
        if (partialHeader == null && length >= Obfuscated2Handshake.HEADER_LENGTH)
        {
            open(shared.received);
            connection.relay(Obfuscated2Handshake.HEADER_LENGTH, length - Obfuscated2Handshake.HEADER_LENGTH);
            return;
        }
        if (partialHeader == null)
        {
            partialHeader = new UnsafeBuffer(new byte[Obfuscated2Handshake.HEADER_LENGTH]);
        }
        int taken = Math.min(length, Obfuscated2Handshake.HEADER_LENGTH - partialLength);
        partialHeader.putBytes(partialLength, shared.received, 0, taken);
        partialLength += taken;
        if (partialLength == Obfuscated2Handshake.HEADER_LENGTH)
        {
            open(partialHeader);
            clear();
            connection.relay(taken, length - taken);
        }
    }

    private void open(DirectBuffer header)
    {
        if (shared.openHeader(connection, header, 0) == HandshakeResult.ACCEPTED)
        {
            connection.startRelay(new ChunkChain(shared.chunks), null);
        }
        else
        {
            connection.discard();
        }
    }

    /** Forgets what has been collected. */
    void clear()
    {
        if (partialHeader != null)
        {
            partialHeader.setMemory(0, partialHeader.capacity(), (byte)0);
            partialHeader = null;
        }
    }
}
