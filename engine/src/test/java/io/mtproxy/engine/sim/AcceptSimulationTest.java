// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mtproxy.engine.client.CloseReason;
import io.mtproxy.engine.status.ProxyCounter;
import io.mtproxy.engine.status.StatusState;
import io.mtproxy.soak.Payloads;
import io.mtproxy.soak.Transport;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How many clients are taken, how fast, and what becomes of the others. */
final class AcceptSimulationTest
{
    private static final long MS = 1_000_000L;

    private static SimulatedClient connect(SimulatedProxy proxy)
    {
        SimulatedClient client = proxy.connect(Transport.PADDED, 2);
        client.send(Payloads.encrypted(1, 64, proxy.random), false);
        return client;
    }

    /** [P-CON-60] [C-LIM-02] at -C the next one waits with the system, and is served when a place is free. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void shouldLetClientsWaitAtLimit(int clientAgents) throws IOException
    {
        SimulatedProxy.Setup setup = new SimulatedProxy.Setup();
        setup.clientCountMax = 3;
        setup.clientAgents = clientAgents;
        try (SimulatedProxy proxy = new SimulatedProxy(setup))
        {
            DatacenterRecord record = DatacenterRecord.of(proxy);
            proxy.awaitLinks();
            for (int i = 0; i < 6; i++)
            {
                connect(proxy);
            }
            proxy.advance(300 * MS);

            assertEquals(3, proxy.counter(ProxyCounter.SPECIAL_CONNECTIONS));
            assertEquals(3, proxy.counter(ProxyCounter.INBOUND_CONNECTIONS_ACCEPTED));
            assertEquals(3, record.requests.size());
            assertTrue(proxy.counter(ProxyCounter.ACCEPT_PAUSES) >= 1);
            assertTrue(proxy.counter(ProxyCounter.ACCEPT_PAUSES) <= clientAgents, "it does not ask again and again");
            proxy.clients.forEach(client -> assertFalse(client.end.isClosedByEngine()));

            for (int ended = 0; ended < 3; ended++)
            {
                SimulatedClient served = proxy.clients.stream().filter(client -> !client.isEndExpected &&
                    record.requests.stream().anyMatch(r -> r.client().getPort() == client.port())).findFirst()
                    .orElseThrow();
                served.isEndExpected = true;
                served.end.end();
                proxy.advance(250 * MS);
                assertEquals(4 + ended, record.requests.size(), "one more is served");
                assertEquals(3, proxy.counter(ProxyCounter.SPECIAL_CONNECTIONS));
            }
            assertEquals(6, proxy.counter(ProxyCounter.INBOUND_CONNECTIONS_ACCEPTED));
            proxy.verifyClean();
        }
    }

    /** [P-CON-60] [C-CLI-60] 0 is no limit. */
    @Test
    void shouldTakeAllWithoutLimit() throws IOException
    {
        SimulatedProxy.Setup setup = new SimulatedProxy.Setup();
        setup.clientCountMax = 0;
        try (SimulatedProxy proxy = new SimulatedProxy(setup))
        {
            proxy.awaitLinks();
            for (int i = 0; i < 500; i++)
            {
                connect(proxy);
            }
            proxy.advance(50 * MS);

            assertEquals(500, proxy.counter(ProxyCounter.SPECIAL_CONNECTIONS));
            assertEquals(500, proxy.counter(ProxyCounter.FRAMES_TO_DATACENTER));
            proxy.verifyClean();
        }
    }

    /** [P-CON-60] [C-LIM-01] above -c accepted and closed at once. */
    @Test
    void shouldCloseAboveConnectionLimit() throws IOException
    {
        SimulatedProxy.Setup setup = new SimulatedProxy.Setup();
        setup.connectionCountMax = 4;
        setup.clientCountMax = 0;
        try (SimulatedProxy proxy = new SimulatedProxy(setup))
        {
            DatacenterRecord record = DatacenterRecord.of(proxy);
            proxy.awaitLinks();
            for (int i = 0; i < 7; i++)
            {
                connect(proxy);
            }
            proxy.advance(20 * MS);

            assertEquals(3, proxy.closed(CloseReason.CONNECTION_LIMIT));
            assertEquals(4, record.requests.size());
            for (int i = 0; i < 7; i++)
            {
                assertEquals(i >= 4, proxy.clients.get(i).end.isAtEnd());
                assertEquals(0, proxy.clients.get(i).events().size());
            }
            proxy.clients.getFirst().end.end();
            proxy.advance(20 * MS);
            connect(proxy);
            proxy.advance(20 * MS);
            assertEquals(5, record.requests.size(), "a place is free again");
            proxy.verifyClean();
        }
    }

    /** [P-CON-60] [C-CLI-46] a bucket of so many, refilled by the clock; the excess is accepted and closed. */
    @Test
    void shouldLimitRateOfAccepting() throws IOException
    {
        SimulatedProxy.Setup setup = new SimulatedProxy.Setup();
        setup.acceptRateMax = 10;
        try (SimulatedProxy proxy = new SimulatedProxy(setup))
        {
            proxy.awaitLinks();
            for (int i = 0; i < 15; i++)
            {
                connect(proxy);
            }
            proxy.advance(5 * MS);
            assertEquals(5, proxy.closed(CloseReason.ACCEPT_RATE));
            assertEquals(10, proxy.counter(ProxyCounter.SPECIAL_CONNECTIONS));
            assertEquals(15, proxy.counter(ProxyCounter.INBOUND_CONNECTIONS_ACCEPTED));

            proxy.advance(300 * MS);
            for (int i = 0; i < 5; i++)
            {
                connect(proxy);
            }
            proxy.advance(5 * MS);
            assertEquals(7, proxy.closed(CloseReason.ACCEPT_RATE), "three more after 0.3 s");
            proxy.advance(5000 * MS);
            for (int i = 0; i < 15; i++)
            {
                connect(proxy);
            }
            proxy.advance(5 * MS);
            assertEquals(12, proxy.closed(CloseReason.ACCEPT_RATE), "never more than the bucket holds");
            assertEquals(23, proxy.counter(ProxyCounter.SPECIAL_CONNECTIONS));
            proxy.verifyClean();
        }
    }

    /** (architecture A11) a replacement waits for a link, a worker that is replaced goes on with whom it has. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void shouldAcceptOnlyBetweenStartAndStop(int clientAgents) throws IOException
    {
        SimulatedProxy.Setup setup = new SimulatedProxy.Setup();
        setup.clientAgents = clientAgents;
        setup.collaborators = context -> context.isAcceptHeld(true);
        try (SimulatedProxy proxy = new SimulatedProxy(setup))
        {
            DatacenterRecord record = DatacenterRecord.of(proxy);
            SimulatedClient client = connect(proxy);
            proxy.awaitLinks();
            proxy.advance(500 * MS);
            assertEquals(0, proxy.counter(ProxyCounter.INBOUND_CONNECTIONS_ACCEPTED));
            assertEquals(0, proxy.counter(ProxyCounter.ACCEPT_PAUSES));

            proxy.engine.startAccepting();
            proxy.advance(250 * MS);
            assertEquals(1, record.requests.size(), "who has waited is served");

            proxy.engine.stopAccepting();
            proxy.advance(250 * MS);
            assertEquals(0, proxy.counter(ProxyCounter.LISTENING_CONNECTIONS));
            assertEquals(StatusState.DRAINING, proxy.engine.status().state());
            client.send(Payloads.encrypted(1, 64, proxy.random), false);
            proxy.advance(250 * MS);
            assertEquals(2, record.requests.size(), "who is there is served on");
            assertFalse(client.end.isClosedByEngine());
            proxy.engine.stopAccepting();
            proxy.verifyClean();
            assertEquals(0, proxy.counter(ProxyCounter.LISTENING_CONNECTIONS));
        }
    }

    /** [P-CON-60] those closed for the rate do not take places under -C. */
    @Test
    void shouldGiveBackPlacesOfThoseRefused() throws IOException
    {
        SimulatedProxy.Setup setup = new SimulatedProxy.Setup();
        setup.acceptRateMax = 1;
        setup.clientCountMax = 2;
        try (SimulatedProxy proxy = new SimulatedProxy(setup))
        {
            proxy.awaitLinks();
            for (int i = 0; i < 10; i++)
            {
                connect(proxy);
            }
            proxy.advance(5 * MS);
            assertEquals(9, proxy.closed(CloseReason.ACCEPT_RATE));
            proxy.advance(2000 * MS);
            connect(proxy);
            proxy.advance(5 * MS);
            assertEquals(2, proxy.counter(ProxyCounter.SPECIAL_CONNECTIONS));
            proxy.verifyClean();
        }
    }

    /** Without a free descriptor accepting pauses, so that nothing spins, and goes on. [P-CON-60] */
    @Test
    void shouldPauseAfterFailedAcceptAndGoOn() throws IOException
    {
        try (SimulatedProxy proxy = new SimulatedProxy(new SimulatedProxy.Setup()))
        {
            proxy.awaitLinks();
            SimulatedClient client = connect(proxy);
            proxy.network.acceptFailures = 3;
            proxy.advance(250 * MS);
            assertEquals(3, proxy.counter(ProxyCounter.ACCEPT_CALLS_FAILED));
            assertEquals(0, proxy.counter(ProxyCounter.SPECIAL_CONNECTIONS));
            proxy.advance(200 * MS);

            assertEquals(1, proxy.counter(ProxyCounter.SPECIAL_CONNECTIONS));
            assertEquals(1, proxy.counter(ProxyCounter.FRAMES_TO_DATACENTER));
            assertFalse(client.end.isClosedByEngine());
            proxy.verifyClean();
        }
    }

    /** [P-CON-60] a burst longer than one batch is taken in the turns that follow. */
    @Test
    void shouldTakeLongBursts() throws IOException
    {
        SimulatedProxy.Setup setup = new SimulatedProxy.Setup();
        setup.clientCountMax = 300;
        try (SimulatedProxy proxy = new SimulatedProxy(setup))
        {
            proxy.awaitLinks();
            for (int i = 0; i < 400; i++)
            {
                connect(proxy);
            }
            proxy.advance(30 * MS);
            assertEquals(300, proxy.counter(ProxyCounter.SPECIAL_CONNECTIONS));
            proxy.clients.subList(0, 300).forEach(client -> client.end.reset());
            proxy.advance(30 * MS);

            assertEquals(100, proxy.counter(ProxyCounter.SPECIAL_CONNECTIONS));
            assertEquals(400, proxy.counter(ProxyCounter.FRAMES_TO_DATACENTER));
            proxy.verifyClean();
        }
    }
}
