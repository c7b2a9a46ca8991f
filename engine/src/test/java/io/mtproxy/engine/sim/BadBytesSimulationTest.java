// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mtproxy.engine.client.CloseReason;
import io.mtproxy.engine.status.ProxyCounter;
import io.mtproxy.soak.DatacenterEvent;
import io.mtproxy.soak.Payloads;
import io.mtproxy.soak.Transport;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Bytes that nobody sane sends, from both sides: each closes one connection for a reason, and nothing else happens. */
final class BadBytesSimulationTest
{
    private static final long MS = 1_000_000L;
    private static final int CLIENTS = 300;

    /** [P-OBF-17] [P-OBF-21] [P-OBF-34] [P-PAY-01] */
    @ParameterizedTest
    @EnumSource(names = {"ABRIDGED", "INTERMEDIATE", "PADDED"})
    void shouldStandAnythingFromClients(Transport transport) throws IOException
    {
        SimulatedProxy.Setup setup = new SimulatedProxy.Setup();
        setup.isCutting = true;
        setup.seed = transport.ordinal();
        try (SimulatedProxy proxy = new SimulatedProxy(setup))
        {
            DatacenterRecord record = DatacenterRecord.of(proxy);
            record.onRequest = (link, request) -> link.peer.answer(request.extConnectionId(), 0, new byte[16]);
            proxy.advance(50 * MS);
            SplittableRandom random = new SplittableRandom(transport.ordinal());
            SimulatedClient good = proxy.connect(transport, 2);
            List<SimulatedClient> bad = new ArrayList<>();
            for (int i = 0; i < CLIENTS; i++)
            {
                SimulatedClient client = proxy.connect(transport, random.nextInt(Short.MAX_VALUE));
                for (int frames = random.nextInt(4); frames > 0; frames--)
                {
                    client.sendRaw(client.peer.frame(Payloads.encrypted(1, 56 + 4 * random.nextInt(200), random),
                        random.nextBoolean()));
                }
                byte[] noise = new byte[1 + random.nextInt(3000)];
                random.nextBytes(noise);
                client.sendRaw(random.nextBoolean() ? noise : client.peer.rawPlain(noise));
                bad.add(client);
                if (i % 20 == 0)
                {
                    good.send(Payloads.encrypted(2, 64, random), false);
                    proxy.advance(5 * MS);
                }
            }
            proxy.advance(100 * MS);
            bad.forEach(client -> client.end.end());
            proxy.advance(100 * MS);

            assertEquals(15, good.peer.packets().size(), "the good one has not noticed");
            assertTrue(proxy.closed(CloseReason.MALFORMED_FRAME) > 0);
            assertEquals(CLIENTS, proxy.closed(CloseReason.MALFORMED_FRAME) + proxy.closed(CloseReason.PEER_END));
            assertEquals(1, proxy.datacenters.getFirst().links.size(), "the link has not suffered");
            proxy.verifyClean();
        }
    }

    /** [P-RPC-03] [P-RPC-04] [P-RPC-05] [P-RPC-60] [P-CON-22] [C-BUG-22] whatever a middle proxy sends, others go on. */
    @Test
    void shouldStandAnythingFromMiddleProxies() throws IOException
    {
        SimulatedProxy.Setup setup = new SimulatedProxy.Setup();
        setup.isCutting = true;
        setup.serverCount = 2;
        try (SimulatedProxy proxy = new SimulatedProxy(setup))
        {
            proxy.network.capacity(1 << 18);
            SplittableRandom random = new SplittableRandom(5);
            proxy.datacenters.forEach(datacenter -> datacenter.onEvent = (link, event) ->
            {
                if (event instanceof DatacenterEvent.ProxyRequest request)
                {
                    misbehave(link, request, random);
                }
                else if (event instanceof DatacenterEvent.Violation violation)
                {
                    throw new AssertionError(violation.toString());
                }
            });
            for (int i = 0; i < 300; i++)
            {
                SimulatedClient client = proxy.connect(Transport.PADDED, 2);
                client.send(Payloads.encrypted(1, 64, random), false);
                client.send(Payloads.encrypted(1, 64, random), true);
                proxy.advance(random.nextInt(20) == 0 ? 1200 * MS : 10 * MS);
            }
            proxy.advance(2000 * MS);

            assertTrue(proxy.counter(ProxyCounter.LINK_CLOSED_BAD_CRC) > 0);
            assertTrue(proxy.counter(ProxyCounter.LINK_CLOSED_BAD_FRAME) > 0);
            assertTrue(proxy.counter(ProxyCounter.LINK_CLOSED_BAD_SEQUENCE) > 0);
            assertTrue(proxy.closed(CloseReason.LINK_LOST) > 0);
            assertTrue(proxy.closed(CloseReason.CLOSE_EXT) > 0);
            proxy.verifyClean();
        }
    }

    private static void misbehave(SimulatedDatacenter.Link link, DatacenterEvent.ProxyRequest request,
        SplittableRandom random)
    {
        byte[] noise = new byte[4 * (1 + random.nextInt(200))];
        random.nextBytes(noise);
        switch (random.nextInt(12))
        {
            case 0 -> link.peer.rawPlain(noise);
            case 1 -> link.peer.frame(noise);
            case 2 ->
            {
                link.peer.corruptNextCrc();
                link.peer.answer(request.extConnectionId(), 0, noise);
            }
            case 3 ->
            {
                link.peer.shiftSequence(1);
                link.peer.answer(request.extConnectionId(), 0, noise);
            }
            case 4 -> link.peer.oversizedFrame();
            case 5 -> link.peer.closeExternal(request.extConnectionId());
            case 6 -> link.peer.answer(random.nextLong(), 0, noise);
            case 7 -> link.peer.simpleAck(random.nextLong(), 1);
            case 8 -> link.peer.closeExternal(random.nextLong());
            case 9 ->
            {
                link.peer.halfFrame(request.extConnectionId(), new byte[40_000]);
                link.end.write(link.peer.takeWholeBlocks());
                link.end.end();
            }
            case 10 -> link.peer.frame(new byte[4]);
            default -> link.peer.answer(request.extConnectionId(), random.nextInt(), noise);
        }
    }

    /** [P-RPC-13] [P-RPC-33] [C-MID-07] noise in place of a nonce: the link is closed, tried again with growing pauses. */
    @Test
    void shouldStandNoiseInsteadOfNonce() throws IOException
    {
        try (SimulatedProxy proxy = new SimulatedProxy(new SimulatedProxy.Setup()))
        {
            SplittableRandom random = new SplittableRandom(5);
            for (int i = 0; i < 20_000; i++)
            {
                proxy.clock.advance(MS);
                proxy.engine.invoke();
                for (SimulatedDatacenter.Link link : proxy.datacenters.getFirst().links)
                {
                    if (!link.isWritingPaused)
                    {
                        link.isWritingPaused = true;
                        byte[] noise = new byte[44 + random.nextInt(100)];
                        random.nextBytes(noise);
                        link.end.write(noise);
                    }
                }
            }
            int tries = proxy.datacenters.getFirst().links.size();
            assertTrue(tries > 3 && tries < 12, "tries in 20 s: " + tries);
            assertEquals(tries, proxy.counter(ProxyCounter.OUTBOUND_CONNECTIONS_CREATED));
            proxy.datacenters.getFirst().links.clear();
            proxy.verifyNoErrors();
        }
    }
}
