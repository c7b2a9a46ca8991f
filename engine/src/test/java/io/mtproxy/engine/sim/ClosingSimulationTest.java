// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mtproxy.engine.client.CloseReason;
import io.mtproxy.soak.Payloads;
import io.mtproxy.soak.Transport;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Connections that end while the engine is in the middle of something for them. */
final class ClosingSimulationTest
{
    private static final long MS = 1_000_000L;

    /**
     * A malformed frame closes its connection inside the read; after that the read put the closed connection into the
     * order of last sending, where it stayed for ever with all it refers to: a stranger with a secret could fill the heap.
     */
    @Test
    void shouldKeepNothingOfConnectionClosedWithinItsOwnRead() throws IOException
    {
        try (SimulatedProxy proxy = new SimulatedProxy(new SimulatedProxy.Setup()))
        {
            proxy.awaitLinks();
            SimulatedClient client = proxy.connect(Transport.INTERMEDIATE, 2);
            client.sendRaw(client.peer.rawPlain(new byte[]{0, 0, 0, 0, 0, 0, 0, 0}));
            proxy.advance(10 * MS);

            assertEquals(1, proxy.closed(CloseReason.MALFORMED_FRAME));
            assertTrue(client.end.isAtEnd());
            assertEquals(0, proxy.engine.clientAgents().getFirst().connections().senderCount());
            proxy.verifyClean();
        }
    }

    /**
     * Closing for a dropped query cleared the receive stream while the frame's padding and its rest still were to be
     * passed over, which ended in an internal error.
     */
    @ParameterizedTest
    @EnumSource(names = {"ABRIDGED", "INTERMEDIATE", "PADDED"})
    void shouldCloseForDroppedQueryWithoutError(Transport transport) throws IOException
    {
        try (SimulatedProxy proxy = new SimulatedProxy(new SimulatedProxy.Setup()))
        {
            SimulatedClient client = proxy.connect(transport, 2);
            client.send(Payloads.encrypted(1, 64, proxy.random), false);
            proxy.step();
            proxy.awaitLinks();
            client.send(Payloads.encrypted(1, 200_000, proxy.random), false);
            proxy.advance(50 * MS);

            assertEquals(1, proxy.closed(CloseReason.DROPPED_QUERY));
            proxy.verifyClean();
        }
    }

    /**
     * A client that did not read was closed as too slow by the last part of an answer, and then its waiting pong was sent
     * all the same, into a stream without key.
     */
    @Test
    void shouldForgetPongOfClientThatIsClosedBySameAnswer() throws IOException
    {
        SimulatedProxy.Setup setup = new SimulatedProxy.Setup();
        setup.clientBufferLength = 256 * 1024;
        try (SimulatedProxy proxy = new SimulatedProxy(setup))
        {
            DatacenterRecord record = DatacenterRecord.of(proxy);
            proxy.network.capacity(1 << 20);
            proxy.awaitLinks();
            proxy.network.capacity(4096);
            SimulatedClient client = proxy.connect(Transport.PADDED, 2);
            client.send(Payloads.encrypted(1, 64, proxy.random), false);
            proxy.advance(10 * MS);
            client.isReadingPaused = true;

            // the last part brings it over the bound: the last of which waits a while
            byte[] answer = new byte[275_000];
            SimulatedDatacenter.Link link = record.lastLink();
            link.isWritingPaused = true;
            record.answer(answer);
            byte[] wire = link.peer.takeOutput();
            int most = wire.length - 16_384 & -16;
            link.end.write(java.util.Arrays.copyOf(wire, most));
            proxy.step();
            proxy.step();
            client.sendRaw(client.peer.frame(Payloads.rpcPing(5), false));
            proxy.advance(5 * MS);
            assertFalse(client.end.isClosedByEngine());
            link.end.write(java.util.Arrays.copyOfRange(wire, most, wire.length));
            proxy.advance(5 * MS);

            assertEquals(1, proxy.closed(CloseReason.SLOW_CLIENT));
            link.isWritingPaused = false;
            proxy.verifyClean();
        }
    }

    /** A reset shows as readable and writable at once: the failed write closed the socket, and then it was read. */
    @Test
    void shouldNotReadAfterWriteHasClosed() throws IOException
    {
        try (SimulatedProxy proxy = new SimulatedProxy(new SimulatedProxy.Setup()))
        {
            DatacenterRecord record = DatacenterRecord.of(proxy);
            proxy.awaitLinks();
            proxy.network.capacity(4096);
            SimulatedClient client = proxy.connect(Transport.ABRIDGED, 2);
            client.send(Payloads.encrypted(1, 64, proxy.random), false);
            proxy.advance(10 * MS);
            client.isReadingPaused = true;
            record.answer(new byte[100_000]);
            proxy.advance(10 * MS);
            client.end.reset();
            proxy.advance(10 * MS);

            assertEquals(1, proxy.closed(CloseReason.PEER_RESET));
            proxy.verifyClean();
        }
    }
}
