// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mtproxy.crypto.CipherScratch;
import io.mtproxy.crypto.SecureRandomSource;
import io.mtproxy.engine.config.Secret;
import io.mtproxy.engine.config.SecretList;
import io.mtproxy.engine.io.epoll.EpollNetwork;
import io.mtproxy.engine.status.AgentStatus;
import io.mtproxy.engine.transport.FakeTlsClientHello;
import io.mtproxy.engine.transport.FakeTlsDomains;
import io.mtproxy.engine.transport.HandshakeResult;
import io.mtproxy.engine.transport.OriginProfile;
import io.mtproxy.engine.transport.ReplayFilter;
import io.mtproxy.soak.ClientOptions;
import io.mtproxy.soak.ClientPeer;
import io.mtproxy.soak.FakeTlsClientPeer;
import io.mtproxy.soak.Transport;
import java.net.InetAddress;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

/** Which secret is tried first. */
class SecretHintsTest
{
    private static final InetAddress HERE = InetAddress.ofLiteral("192.0.2.1");
    private static final String DOMAIN = "www.example.com";
    private static final int NOW_S = 1_800_000_000;

    private final SecretHints hints = new SecretHints();

    @Test
    void shouldRememberLastSecretOfAddress()
    {
        InetAddress ipv6 = InetAddress.ofLiteral("2001:db8::1");
        assertEquals(SecretList.NO_POSITION, hints.find(HERE));
        for (int position : new int[]{0, SecretList.COUNT_MAX - 1, 5})
        {
            hints.remember(HERE, position);
            hints.remember(ipv6, SecretList.COUNT_MAX - 1 - position);
            assertEquals(position, hints.find(HERE));
            assertEquals(SecretList.COUNT_MAX - 1 - position, hints.find(ipv6));
        }
        hints.remember(ipv6, SecretList.NO_POSITION);
        assertEquals(SecretList.NO_POSITION, hints.find(ipv6));

        hints.clear();
        assertEquals(SecretList.NO_POSITION, hints.find(HERE));
    }

    /** Clients of one provider are neighbours, and each is to have a place of its own. */
    @Test
    void shouldSpreadNeighbours()
    {
        List<InetAddress> neighbours = IntStream.range(0, 4096)
            .mapToObj(i -> InetAddress.ofLiteral("198.51." + i / 256 + "." + i % 256)).toList();
        for (int i = 0; i < neighbours.size(); i++)
        {
            hints.remember(neighbours.get(i), i % 100);
        }
        long kept = IntStream.range(0, neighbours.size()).filter(i -> hints.find(neighbours.get(i)) == i % 100).count();
        assertTrue(kept > 3500, () -> kept + " of 4096");
    }

    /** Of two equal secrets the first one is found, unless the other one is tried before it. */
    @Test
    void shouldDecideWhatHeaderIsTriedOn()
    {
        byte[] secret = new byte[Secret.LENGTH];
        HeaderOpener opener = new HeaderOpener(new CipherScratch(), AgentStatus.inMemory().counters(), hints);
        SecretList twice = SecretList.of(List.of(Secret.of(secret, 0), Secret.of(secret, 0)));
        UnsafeBuffer header = new UnsafeBuffer(
            new ClientPeer(ClientOptions.of(Transport.ABRIDGED, secret, 2, 1)).start());

        assertEquals(HandshakeResult.ACCEPTED, opener.open(header, 0, twice, HERE));
        assertEquals(0, opener.secretIndex());
        assertEquals(0, hints.find(HERE));

        hints.remember(HERE, 1);
        assertEquals(HandshakeResult.ACCEPTED, opener.open(header, 0, twice, HERE));
        assertEquals(1, opener.secretIndex());

        hints.remember(HERE, 0);
        assertEquals(HandshakeResult.REJECTED, opener.open(new UnsafeBuffer(new byte[64]), 0, twice, HERE));
        assertEquals(0, hints.find(HERE), "a stranger from there says nothing");
    }

    /** The same for a hello: what it shows is what the header behind it is tried on first. */
    @Test
    void shouldDecideWhatHelloIsTriedOn()
    {
        byte[] secret = new byte[Secret.LENGTH];
        FakeTlsDomains domains = new FakeTlsDomains(List.of(DOMAIN));
        FakeTlsSetup setup = new FakeTlsSetup(new EpollNetwork(true), null, () -> NOW_S * 1000L,
            new ReplayFilter(new UnsafeBuffer(new byte[ReplayFilter.bufferLength(16)])), Set.of(443),
            new FrontingTable(domains,
                List.of(new FrontingTable.Front(DOMAIN, OriginProfile.drawDefault(new SecureRandomSource())))),
            FrontPolicy.SPLICE_ALL, 0);
        FakeTlsAcceptor acceptor = new FakeTlsAcceptor(setup, AgentStatus.inMemory().counters(),
            new SecureRandomSource(), new CipherScratch(), ip -> ip, hints);
        SecretList twice = SecretList.of(List.of(Secret.of(secret, 0), Secret.of(secret, 0)));

        assertEquals(FakeTlsClientHello.Result.ACCEPTED, read(acceptor, secret, 1, twice));
        assertEquals(0, acceptor.secretIndex());
        assertEquals(0, hints.find(HERE));

        hints.remember(HERE, 1);
        assertEquals(FakeTlsClientHello.Result.ACCEPTED, read(acceptor, secret, 2, twice));
        assertEquals(1, acceptor.secretIndex());

        assertEquals(FakeTlsClientHello.Result.WRONG_DIGEST, read(acceptor, new byte[]{1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
            11,
            12, 13, 14, 15, 16}, 3, twice));
        assertEquals(1, hints.find(HERE), "a stranger from there says nothing");
    }

    private static FakeTlsClientHello.Result read(FakeTlsAcceptor acceptor, byte[] secret, long seed,
        SecretList secrets)
    {
        byte[] hello = FakeTlsClientPeer.hello(secret, DOMAIN, NOW_S, new SplittableRandom(seed),
            FakeTlsClientPeer.RECORD_LENGTH);
        return acceptor.readHello(new UnsafeBuffer(hello), hello.length, 443, secrets, HERE);
    }
}
