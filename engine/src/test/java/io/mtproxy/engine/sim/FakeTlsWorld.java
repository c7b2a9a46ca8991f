// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.mtproxy.engine.agent.OriginProber;
import io.mtproxy.engine.status.ProxyCounter;
import io.mtproxy.engine.status.StatusReport;
import io.mtproxy.engine.status.api.SecretUsage;
import io.mtproxy.engine.transport.OriginProfile;
import io.mtproxy.soak.ClientOptions;
import io.mtproxy.soak.DatacenterEvent;
import io.mtproxy.soak.FakeTlsClientPeer;
import io.mtproxy.soak.Transport;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.Consumer;

/** A proxy in TLS-only mode with two domains behind it, and what its tests do with it. */
final class FakeTlsWorld implements AutoCloseable
{
    static final String DOMAIN = "www.example.com";
    static final String SECOND_DOMAIN = "cdn.example.net";
    static final long SECOND_NS = 1_000_000_000L;
    static final int SECRET_COUNT = 2;

    final SimulatedProxy proxy;
    final SimulatedOrigin origin;
    final SimulatedOrigin secondOrigin;
    /** What a look at each domain finds; a test may change it. */
    final Map<String, OriginProber.Finding> findings = new TreeMap<>();
    final SplittableRandom random;
    private long nextSeed;

    FakeTlsWorld() throws IOException
    {
        this(setup ->
        {
        });
    }

    FakeTlsWorld(Consumer<SimulatedProxy.Setup> change) throws IOException
    {
        SimulatedProxy.Setup setup = new SimulatedProxy.Setup();
        setup.secretCount = SECRET_COUNT;
        setup.domains = List.of(DOMAIN, SECOND_DOMAIN);
        setup.originProber = (domain, early) -> findings.get(domain);
        find(DOMAIN, address(1), null);
        find(SECOND_DOMAIN, address(2), OriginProfile.of(true, 4242));
        change.accept(setup);
        random = new SplittableRandom(setup.seed + 99);
        nextSeed = setup.seed * 1000;
        int originPort = setup.port == 80 ? 80 : 443;
        proxy = new SimulatedProxy(setup);
        origin = new SimulatedOrigin(proxy.network, new InetSocketAddress(address(1), originPort));
        secondOrigin = new SimulatedOrigin(proxy.network, new InetSocketAddress(address(2), originPort));
        proxy.others.add(origin);
        proxy.others.add(secondOrigin);
        proxy.awaitLinks();
    }

    /** Changes what the next look at a domain finds. */
    void find(String domain, InetAddress address, OriginProfile profile)
    {
        findings.put(domain, new OriginProber.Finding(address, false, profile, profile == null ? "no TLS 1.3" : ""));
    }

    static InetAddress address(int host)
    {
        return InetAddress.ofLiteral("203.0.113." + host);
    }

    int nowSeconds()
    {
        return (int)(proxy.clock.time() / 1000);
    }

    ClientOptions options(int secret, Transport transport)
    {
        return ClientOptions.of(transport, SimulatedProxy.clientSecret(secret), 2, nextSeed++);
    }

    /** A good client that names a domain. */
    SimulatedTlsClient connect(int secret, String domain)
    {
        return connect(new FakeTlsClientPeer(options(secret, Transport.PADDED), domain, nowSeconds()));
    }

    SimulatedTlsClient connect(FakeTlsClientPeer peer)
    {
        return add(new SimulatedTlsClient(peer, proxy.connectRaw()));
    }

    SimulatedTlsClient add(SimulatedTlsClient client)
    {
        proxy.others.add(client);
        return client;
    }

    /** A connection that sends these bytes and keeps what it gets. */
    SimulatedPipe connectRaw(byte[] bytes)
    {
        SimulatedPipe pipe = new SimulatedPipe(proxy.connectRaw());
        proxy.others.add(pipe);
        if (bytes.length != 0)
        {
            pipe.send(bytes);
        }
        return pipe;
    }

    byte[] hello(int secret, String domain, int stamp, int recordLength)
    {
        return FakeTlsClientPeer.hello(SimulatedProxy.clientSecret(secret), domain, stamp, random, recordLength);
    }

    /** Middle proxies answer each request with the same bytes. */
    void answerWith(byte[] answer)
    {
        proxy.datacenters.getFirst().onEvent = (link, event) ->
        {
            if (event instanceof DatacenterEvent.ProxyRequest request)
            {
                link.peer.answer(request.extConnectionId(), 0, answer);
            }
        };
    }

    /** @return starts that showed a secret and were refused all the same, over all secrets. */
    long refusals()
    {
        return StatusReport.of(List.of(proxy.engine.status())).secrets().stream().mapToLong(SecretUsage::refusals)
            .sum();
    }

    long count(ProxyCounter counter)
    {
        return proxy.counter(counter);
    }

    void advance(long ns)
    {
        proxy.advance(ns);
    }

    void advanceSome()
    {
        proxy.advance(100_000_000L);
    }

    byte[] bytes(int length)
    {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }

    /** Every place, every binding and every chunk is free again, and nothing has gone wrong inside. */
    void verifyNothingLeft()
    {
        advance(2 * SECOND_NS);
        assertEquals(0, count(ProxyCounter.SPECIAL_CONNECTIONS), "connections");
        assertEquals(0, count(ProxyCounter.EXT_CONNECTIONS), "bindings");
        assertEquals(0, count(ProxyCounter.BUFFERS_USED), "chunks in use");
        verifyNoErrors();
    }

    void verifyNoErrors()
    {
        assertEquals(0, count(ProxyCounter.CLOSED_INTERNAL_ERROR), "internal errors");
        proxy.engine.status().readErrors((count, first, last, text) ->
        {
            throw new AssertionError(text);
        });
    }

    @Override
    public void close()
    {
        proxy.close();
    }
}
