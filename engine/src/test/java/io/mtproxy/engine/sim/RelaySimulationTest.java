// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.sim;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mtproxy.engine.status.ProxyCounter;
import io.mtproxy.soak.DatacenterEvent;
import io.mtproxy.soak.Payloads;
import io.mtproxy.soak.Transport;
import java.io.IOException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The main job in a calm world: one client, one middle proxy, packets there and answers back. */
final class RelaySimulationTest
{
    @ParameterizedTest
    @EnumSource(names = {"ABRIDGED", "INTERMEDIATE", "PADDED"})
    void shouldRelayBothWays(Transport transport) throws IOException
    {
        try (SimulatedProxy proxy = new SimulatedProxy(new SimulatedProxy.Setup()))
        {
            byte[] answer = new byte[1000];
            proxy.random.nextBytes(answer);
            proxy.datacenters.getFirst().onEvent = (link, event) ->
            {
                if (event instanceof DatacenterEvent.ProxyRequest request)
                {
                    link.peer.answer(request.extConnectionId(), 0, answer);
                }
            };
            proxy.awaitLinks();
            SimulatedClient client = proxy.connect(transport, 2);
            byte[] payload = Payloads.encrypted(42, 256, proxy.random);
            client.send(payload, false);
            proxy.advance(10_000_000L);

            assertEquals(1, client.peer.packets().size());
            assertTrue(client.peer.isPayload(answer, client.peer.packets().getFirst()));
            assertEquals(1, proxy.counter(ProxyCounter.FRAMES_TO_DATACENTER));
            assertEquals(1, proxy.counter(ProxyCounter.EXT_CONNECTIONS));
            assertArrayEquals(payload, client.sentPayloads.getFirst());
        }
    }
}
