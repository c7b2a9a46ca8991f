// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.client;

import io.mtproxy.engine.memory.ChunkChain;
import io.mtproxy.engine.status.ProxyCounter;
import io.mtproxy.engine.transport.AfterHandshake;
import io.mtproxy.engine.transport.FakeTlsClientHello;
import io.mtproxy.engine.transport.FakeTlsDomains;
import io.mtproxy.engine.transport.FakeTlsRecords;
import io.mtproxy.engine.transport.HandshakeResult;
import io.mtproxy.engine.transport.Obfuscated2Handshake;
import io.mtproxy.engine.transport.PaddedIntermediateFrames;
import java.io.IOException;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The TLS side of one client in TLS-only mode: its hello, our flight, its first record, which brings the header, and then
 * the records around what it sends. Holds the bytes of a hello or first record that is not complete, what the socket
 * has not yet taken of our flight, and then where in a record the client's stream stands.
 * <p>
 * What waits goes back to the front of the agent's receive buffer before the socket is read again, so that a handshake is
 * always looked at in one piece.
 */
final class FakeTlsHandshake
{
    private final ClientConnection connection;
    private final ClientConnections shared;
    private final StartBytes input;
    private final ChunkChain output;
    private final FakeTlsRecords records = new FakeTlsRecords();
    /** How the domain that the hello has named goes on. */
    private AfterHandshake after = AfterHandshake.UNKNOWN;
    /** The flight waits for its time. */
    private boolean isHeld;
    private long dueNs;

    FakeTlsHandshake(ClientConnection connection, ClientConnections shared)
    {
        this.connection = connection;
        this.shared = shared;
        this.input = new StartBytes(new ChunkChain(shared.chunks));
        this.output = new ChunkChain(shared.chunks);
    }

    /** All that has come of a hello or of a first record lies at the front of the agent's receive buffer. */
    void onReceived(int length)
    {
        if (connection.phase() == ClientPhase.OBFUSCATED2_HEADER)
        {
            acceptFirstRecord(length);
        }
        else
        {
            acceptHello(length);
        }
    }

    /** Looks whether this is a hello of ours, and answers it or passes the connection on. [P-TLS-12] */
    private void acceptHello(int length)
    {
        FakeTlsAcceptor acceptor = shared.fakeTls;
        if (acceptor == null)
        {
            throw new IllegalStateException("no hello is waited for");
        }
        int localPort = connection.socket().localAddress().getPort();
        FakeTlsClientHello.Result result =
            acceptor.readHello(shared.received, length, localPort, shared.secrets(),
                connection.remoteAddress().getAddress());
        switch (result)
        {
            case NEED_MORE ->
            {
                connection.phase(length < FakeTlsClientHello.DECISION_LENGTH ?
                    ClientPhase.SNIFF :
                    ClientPhase.FAKE_TLS_HELLO);
                keep(length);
            }
            case ACCEPTED ->
            {
                connection.phase(ClientPhase.OBFUSCATED2_HEADER);
                sendFlight(acceptor);
            }
            case OUT_OF_TIME, NO_CIPHER ->
            {
                shared.accounting.account(acceptor.secretIndex()).countRefusal();
                connection.front(FrontReason.of(result), acceptor.domainIndex(), 0, length, false);
            }
            case NOT_A_HELLO, UNKNOWN_NAME, WRONG_PORT, TRAILING_BYTES, TOO_LONG, REPLAYED, WRONG_DIGEST ->
                connection.front(FrontReason.of(result), acceptor.domainIndex(), 0, length, false);
        }
    }

    /** Waits for the first record after our flight, which begins with the header. [P-TLS-31] [P-TLS-32] [P-TLS-33] */
    private void acceptFirstRecord(int length)
    {
        switch (FakeTlsRecords.readFirst(shared.received, 0, length))
        {
            case NEED_MORE -> keep(length);
            case MALFORMED -> connection.close(CloseReason.MALFORMED_RECORD);
            case COMPLETE -> openFirstRecord(length);
        }
    }

    private void openFirstRecord(int length)
    {
        int offset = FakeTlsRecords.FIRST_HEADER_LENGTH;
        int recordLength = FakeTlsRecords.firstPayloadLength(shared.received, 0);
        if (shared.openHeader(connection, shared.received, offset) != HandshakeResult.ACCEPTED)
        {
            connection.discard();
        }
        else if (shared.headers.frameCodec() != PaddedIntermediateFrames.INSTANCE)
        {
            shared.headers.dropStreams();
            shared.accounting.account(shared.headers.secretIndex()).countRefusal();
            connection.front(FrontReason.AFTER_HELLO, FakeTlsDomains.DEFAULT, offset, length - offset, false);
        }
        else
        {
            records.start(recordLength - Obfuscated2Handshake.HEADER_LENGTH);
            connection.startRelay(output, new AnswerRecords(output, after));
            offset += Obfuscated2Handshake.HEADER_LENGTH;
            connection.relay(offset, length - offset);
        }
    }

    /** Takes the records off and relays what is in them; what precedes a wrong one is still relayed. [P-TLS-34] */
    void relay(RequestFlow requests, int offset, int length)
    {
        boolean isGood = records.strip(shared.received, offset, length);
        if (records.payloadLength() > 0)
        {
            requests.onReceived(records.payloadOffset(), records.payloadLength());
        }
        if (!isGood)
        {
            connection.close(CloseReason.MALFORMED_RECORD);
        }
    }

    /** The time for the handshake is over: discarded bytes are gone, everything else goes along. [P-TLS-33] */
    void onAlarm()
    {
        FrontReason reason = switch (connection.phase())
        {
            case OBFUSCATED2_HEADER, DISCARD -> FrontReason.AFTER_HELLO;
            default -> FrontReason.SILENCE;
        };
        connection.front(reason, FakeTlsDomains.DEFAULT, 0, takeWaiting(), false);
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
        return input.takeAll(shared.received);
    }

    /** Keeps what is in the receive buffer until more comes. */
    void keep(int length)
    {
        keep(0, length);
    }

    /** The same for a part of what is there. */
    void keep(int offset, int length)
    {
        shared.senders.touch(connection);
        if (!input.append(shared.received, offset, length))
        {
            connection.close(CloseReason.BUFFERS_EXHAUSTED);
        }
    }

    /** Answers a hello. [P-TLS-21] */
    private void sendFlight(FakeTlsAcceptor acceptor)
    {
        after = acceptor.front(acceptor.domainIndex()).profile().after();
        int length = acceptor.makeFlight(shared.secrets());
        if (!output.append(acceptor.flight(), 0, length))
        {
            connection.close(CloseReason.BUFFERS_EXHAUSTED);
            return;
        }
        long delayNs = acceptor.drawDelayNs();
        if (delayNs > 0)
        {
            isHeld = true;
            dueNs = shared.clock.nanoTime() + delayNs;
            shared.heldFlights.add(this);
        }
        else
        {
            flush();
        }
    }

    /** @return when the flight is to go out; valid while it is held. */
    long dueNs()
    {
        return dueNs;
    }

    /** The domain would answer now. */
    void release()
    {
        if (isHeld)
        {
            isHeld = false;
            flush();
        }
    }

    /** Says in TLS that nothing will come of this; what the socket does not take at once is lost. */
    void sendAlert(int description)
    {
        UnsafeBuffer scratch = shared.scratch;
        if (output.append(scratch, 0, FakeTlsRecords.encodeAlert(scratch, 0, description)))
        {
            flush();
        }
    }

    /** @return whether part of the flight waits for the socket. */
    boolean isWriteBlocked()
    {
        return !isHeld && !output.isEmpty();
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
        isHeld = false;
        input.clear();
        output.clear();
    }
}
