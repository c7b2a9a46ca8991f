// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.sim;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mtproxy.engine.status.ProxyCounter;
import io.mtproxy.soak.ClientEvent;
import io.mtproxy.soak.DatacenterEvent;
import io.mtproxy.soak.Payloads;
import io.mtproxy.soak.Transport;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * One random life of a proxy, which follows from its seed alone: how the network cuts and delays, who is slow, who breaks
 * what, when. What must hold all the same: every byte right and in its order, nothing lost for those who stayed, nothing
 * left in any pool. (architecture A7)
 */
final class SeededRun
{
    private static final int STEPS_MAX = 60_000;
    private static final int QUIET_STEPS = 300;
    private static final long SECOND_NS = 1_000_000_000L;
    private static final int ACK_BIT = 0x80000000;

    private final SplittableRandom random;
    private final SimulatedProxy proxy;
    private final boolean isFaulty;
    private final int payloadLengthMax;
    private final int answerLengthMax;
    private final Map<Integer, Ledger> ledgers = new HashMap<>();
    private int brokenLinkCount;
    private long progress;
    private final List<Script> scripts = new ArrayList<>();

    /** What a client must get and what the datacenter got of it. */
    private static final class Ledger
    {
        final List<byte[]> requests = new ArrayList<>();
        final List<Object> answers = new ArrayList<>();
        boolean isClosedByDatacenter;
        boolean isLinkBroken;
    }

    /** What one client still has to do. */
    private static final class Script
    {
        final SimulatedClient client;
        int packetsLeft;
        boolean isReset;
        boolean isEnded;

        Script(SimulatedClient client, int packetsLeft)
        {
            this.client = client;
            this.packetsLeft = packetsLeft;
        }
    }

    SeededRun(long seed) throws IOException
    {
        random = new SplittableRandom(seed);
        SimulatedProxy.Setup setup = new SimulatedProxy.Setup();
        setup.seed = seed;
        setup.isCutting = true;
        setup.serverCount = 1 + random.nextInt(3);
        setup.minConnections = 1 + random.nextInt(3);
        setup.secretCount = random.nextInt(4);
        setup.proxyTag = random.nextBoolean() ? "" : "00112233445566778899aabbccddeeff";
        setup.linkBufferLength = 1 << 14 + random.nextInt(8);
        setup.clientBufferLength = 32 << 20;
        setup.clientAgents = 1 + random.nextInt(2);
        setup.datacenterAgents = 1 + random.nextInt(2);
        isFaulty = random.nextInt(3) != 0;
        payloadLengthMax = random.nextInt(8) == 0 ? 1_044_480 : 60_000;
        answerLengthMax = random.nextInt(8) == 0 ? 2_000_000 : 60_000;
        proxy = new SimulatedProxy(setup);
        proxy.network.capacityMax = 1 << 11 + random.nextInt(8);
        proxy.datacenters.forEach(datacenter -> datacenter.onEvent = this::onDatacenterEvent);
    }

    /** Lives it. */
    void run()
    {
        try (proxy)
        {
            proxy.advance(100_000_000L);
            int clientCount = 1 + random.nextInt(6);
            for (int i = 0; i < clientCount; i++)
            {
                connectClient();
            }
            int quiet = 0;
            int steps = 0;
            for (; quiet < QUIET_STEPS && steps < STEPS_MAX; steps++)
            {
                quiet = act() || isMoving() ? 0 : quiet + 1;
            }
            assertTrue(steps < STEPS_MAX, () -> "no end in sight: " + unfinished());
            verifyBytes();
            endClients();
            proxy.advance(2 * SECOND_NS);
            verifyNothingLeft();
        }
    }

    private void connectClient()
    {
        Transport[] transports = {Transport.ABRIDGED, Transport.INTERMEDIATE, Transport.PADDED};
        SimulatedClient client = proxy.connect(transports[random.nextInt(3)], random.nextInt(4));
        ledgers.put(client.port(), new Ledger());
        scripts.add(new Script(client, 1 + random.nextInt(12)));
    }

    /** One step of everybody; true while scripts have something to do. */
    private boolean act()
    {
        boolean isActive = false;
        for (Script script : scripts)
        {
            isActive |= act(script);
        }
        if (isFaulty && random.nextInt(200) == 0)
        {
            disturb();
        }
        if (!isActive)
        {
            proxy.datacenters.forEach(datacenter -> datacenter.links.forEach(link ->
            {
                link.isReadingPaused = false;
                link.isWritingPaused = false;
            }));
        }
        proxy.clock.advance(random.nextLong(2_000_000L));
        proxy.step();
        return isActive;
    }

    private boolean act(Script script)
    {
        SimulatedClient client = script.client;
        if (script.isReset || script.isEnded)
        {
            return false;
        }
        if (script.packetsLeft == 0)
        {
            client.isReadingPaused = false;
            return !client.isSent();
        }
        if (random.nextInt(4) == 0)
        {
            script.packetsLeft--;
            sendSomething(client);
        }
        if (isFaulty && random.nextInt(40) == 0)
        {
            client.isReadingPaused = !client.isReadingPaused;
        }
        if (isFaulty && random.nextInt(400) == 0)
        {
            script.isReset = true;
            client.end.reset();
        }
        return true;
    }

    private void sendSomething(SimulatedClient client)
    {
        switch (random.nextInt(12))
        {
            case 0 -> client.sendRaw(client.peer.frame(Payloads.rpcPing(random.nextLong()), false));
            case 1 -> client.sendRaw(client.peer.frame(new byte[4 * (1 + random.nextInt(6))], false));
            case 2 -> client.send(Payloads.reqPqMulti(random), random.nextBoolean());
            default -> client.send(Payloads.encrypted(1 + random.nextInt(3), wordLength(56, payloadLengthMax), random),
                random.nextInt(4) == 0);
        }
    }

    /** A length in words, evenly spread in the logarithm. */
    private int wordLength(int min, int max)
    {
        double log = Math.log(min) + random.nextDouble() * (Math.log(max) - Math.log(min));
        return Math.clamp((int)Math.exp(log) / 4 * 4, min, max);
    }

    private void disturb()
    {
        SimulatedDatacenter datacenter = proxy.datacenters.get(random.nextInt(proxy.datacenters.size()));
        List<SimulatedDatacenter.Link> ready = datacenter.readyLinks();
        if (ready.isEmpty())
        {
            return;
        }
        SimulatedDatacenter.Link link = ready.get(random.nextInt(ready.size()));
        switch (random.nextInt(6))
        {
            case 0 ->
            {
                link.idByClientPort.keySet().forEach(port -> ledgers.get(port).isLinkBroken = true);
                brokenLinkCount++;
                link.reset();
            }
            case 1 -> link.isReadingPaused = !link.isReadingPaused;
            case 2 -> link.isWritingPaused = !link.isWritingPaused;
            case 3 -> link.peer.answer(0x7fff_0000_0001L, 0, new byte[64]);
            case 4 -> link.peer.ping(random.nextLong());
            default -> link.peer.paddingWords(random.nextInt(5));
        }
    }

    private void onDatacenterEvent(SimulatedDatacenter.Link link, DatacenterEvent event)
    {
        switch (event)
        {
            case DatacenterEvent.ProxyRequest request -> onRequest(link, request);
            case DatacenterEvent.Violation violation -> throw new AssertionError(violation.toString());
            case DatacenterEvent.Nonce _,DatacenterEvent.Handshake _,DatacenterEvent.CloseConnection _,DatacenterEvent.Pong _,DatacenterEvent.Ping _ ->
                {
                }
        }
    }

    private void onRequest(SimulatedDatacenter.Link link, DatacenterEvent.ProxyRequest request)
    {
        Ledger ledger = ledgers.get(request.client().getPort());
        ledger.requests.add(request.payload());
        if (ledger.isClosedByDatacenter)
        {
            return;
        }
        if (request.isQuickAckWanted())
        {
            int confirm = random.nextInt() | ACK_BIT;
            ledger.answers.add(confirm);
            link.peer.simpleAck(request.extConnectionId(), confirm);
        }
        for (int count = random.nextInt(3); count > 0; count--)
        {
            byte[] answer = new byte[random.nextInt(20) == 0 ? 0 : wordLength(4, answerLengthMax)];
            random.nextBytes(answer);
            ledger.answers.add(answer);
            link.peer.answer(request.extConnectionId(), 0, answer);
        }
        if (isFaulty && random.nextInt(60) == 0)
        {
            ledger.isClosedByDatacenter = true;
            link.peer.closeExternal(request.extConnectionId());
        }
    }

    /** Something has arrived since the last look. */
    private boolean isMoving()
    {
        long sum = 0;
        for (Script script : scripts)
        {
            sum += ledgers.get(script.client.port()).requests.size() + answersOf(script.client).size() +
                script.client.peer.incompleteLength();
        }
        sum += proxy.counter(ProxyCounter.TCP_READ_BYTES) + proxy.counter(ProxyCounter.TCP_WRITE_BYTES);
        boolean isMoving = sum != progress;
        progress = sum;
        return isMoving;
    }

    private boolean isOver(Script script)
    {
        return script.isReset || script.client.end.isAtEnd();
    }

    /** What the client got, without the pongs that the proxy answers itself. */
    private static List<ClientEvent> answersOf(SimulatedClient client)
    {
        return client.events().stream().filter(event -> !isPong(event)).toList();
    }

    private static boolean isPong(ClientEvent event)
    {
        return event instanceof ClientEvent.Packet packet && packet.payload().length >= 12 &&
            packet.payload().length < 16 && packet.payload()[0] == (byte)0xa7 && packet.payload()[1] == (byte)0xea &&
            packet.payload()[2] == (byte)0x30 && packet.payload()[3] == (byte)0x84;
    }

    private void verifyBytes()
    {
        for (Script script : scripts)
        {
            SimulatedClient client = script.client;
            Ledger ledger = ledgers.get(client.port());
            List<ClientEvent> got = answersOf(client);
            for (int i = 0; i < ledger.requests.size(); i++)
            {
                assertArrayEquals(client.sentPayloads.get(i), ledger.requests.get(i), "request " + i);
            }
            for (int i = 0; i < got.size(); i++)
            {
                assertTrue(isSame(client, ledger.answers.get(i), got.get(i)), "answer " + i + ": " + got.get(i));
            }
            if (!isOver(script))
            {
                verifyComplete(client, ledger, got.size());
            }
            else
            {
                // a link may break before its middle proxy has seen the first request
                assertTrue(script.isReset || ledger.isClosedByDatacenter || ledger.isLinkBroken ||
                    brokenLinkCount > 0 && proxy.counter(ProxyCounter.CLOSED_LINK_LOST) > 0 ||
                    proxy.counter(ProxyCounter.CLOSED_DROPPED_QUERY) > 0, "closed without a cause: " + reasons());
            }
            if (ledger.isClosedByDatacenter && !script.isReset && !ledger.isLinkBroken)
            {
                assertEquals(ledger.answers.size(), got.size(), "answers before the close are lost");
            }
        }
    }

    /** A client that stayed has everything, save requests that found no link at all and were counted as dropped. */
    private void verifyComplete(SimulatedClient client, Ledger ledger, int answerCount)
    {
        assertTrue(client.isSent(), () -> "not all read from a client: " + unfinished());
        assertEquals(ledger.answers.size(), answerCount, this::unfinished);
        long missing = client.sentPayloads.size() - ledger.requests.size();
        assertTrue(missing <= proxy.counter(ProxyCounter.FRAMES_DROPPED_NO_TARGET), this::unfinished);
    }

    private static boolean isSame(SimulatedClient client, Object expected, ClientEvent got)
    {
        return switch (got)
        {
            case ClientEvent.Packet packet -> expected instanceof byte[] bytes && client.peer.isPayload(bytes,
                packet.payload());
            case ClientEvent.QuickAck ack -> expected instanceof Integer confirm && confirm == ack.confirm();
            case ClientEvent.Violation violation -> throw new AssertionError(violation.toString());
        };
    }

    private void endClients()
    {
        for (Script script : scripts)
        {
            if (random.nextBoolean())
            {
                script.client.end.end();
            }
            else
            {
                script.client.end.reset();
            }
        }
    }

    private void verifyNothingLeft()
    {
        assertEquals(0, proxy.counter(ProxyCounter.SPECIAL_CONNECTIONS), "connections");
        assertEquals(0, proxy.counter(ProxyCounter.EXT_CONNECTIONS), "bindings");
        assertEquals(0, proxy.counter(ProxyCounter.BUFFERS_USED), "chunks in use");
        assertEquals(0, proxy.counter(ProxyCounter.CLOSED_INTERNAL_ERROR), "internal errors");
        proxy.engine.status().readErrors((count, first, last, text) ->
        {
            throw new AssertionError(text);
        });
    }

    private String unfinished()
    {
        StringBuilder text = new StringBuilder();
        for (Script script : scripts)
        {
            SimulatedClient client = script.client;
            Ledger ledger = ledgers.get(client.port());
            text.append("\nport ").append(client.port()).append(": ").append(script.packetsLeft).append(" to send, ")
                .append(client.isSent() ? "all" : "not all").append(" written, requests ").append(ledger.requests
                    .size())
                .append('/').append(client.sentPayloads.size()).append(", answers ").append(answersOf(client).size())
                .append('/').append(ledger.answers.size()).append(isOver(script) ? ", over" : "");
        }
        return text + "\n" + reasons();
    }

    private String reasons()
    {
        StringBuilder text = new StringBuilder();
        proxy.engine.status().forEach((agent, id, kind, label, value) ->
        {
            if (value != 0 && label.contains("closed"))
            {
                text.append(label).append('=').append(value).append(' ');
            }
        });
        return text.toString();
    }
}
