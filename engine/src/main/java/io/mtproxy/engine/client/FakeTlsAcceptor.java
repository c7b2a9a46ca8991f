// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.client;

import io.mtproxy.crypto.CipherScratch;
import io.mtproxy.crypto.Hmac;
import io.mtproxy.crypto.RandomSource;
import io.mtproxy.engine.config.SecretList;
import io.mtproxy.engine.io.TcpSocket;
import io.mtproxy.engine.status.ProxyCounter;
import io.mtproxy.engine.status.ProxyCounters;
import io.mtproxy.engine.transport.FakeTlsClientHello;
import io.mtproxy.engine.transport.FakeTlsServerHello;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import java.util.function.IntUnaryOperator;
import org.agrona.DirectBuffer;

/** What the clients of one agent share in TLS-only mode: the domains as known now, and the work space of handshakes. */
final class FakeTlsAcceptor
{
    /** A connection that has not become a client by then is passed on. [P-TLS-30] */
    static final long ALARM_NS = TimeUnit.SECONDS.toNanos(10);

    private static final int PORT_HTTP = 80;
    private static final int PORT_HTTPS = 443;

    private final FakeTlsSetup setup;
    private final ProxyCounters counters;
    private final IntUnaryOperator natRules;
    private final RandomSource random;
    private final FakeTlsClientHello clientHello;
    private final FakeTlsServerHello serverHello;
    private final SecretHints hints;
    private FrontingTable fronts;

    FakeTlsAcceptor(FakeTlsSetup setup, ProxyCounters counters, RandomSource random, CipherScratch scratch,
        IntUnaryOperator natRules, SecretHints hints)
    {
        Hmac hmac = new Hmac(scratch);
        this.setup = setup;
        this.counters = counters;
        this.natRules = natRules;
        this.random = random;
        this.clientHello = new FakeTlsClientHello(hmac);
        this.serverHello = new FakeTlsServerHello(random, scratch, hmac);
        this.fronts = setup.fronts();
        this.hints = hints;
    }

    /** The domains have been looked at again. */
    void fronts(FrontingTable newFronts)
    {
        fronts = newFronts;
    }

    /** @return what a domain is known to be. */
    FrontingTable.Front front(int domainIndex)
    {
        return fronts.fronts().get(domainIndex);
    }

    /**
     * Looks at the first bytes of a client and counts what they were.
     *
     * @param client where they come from.
     */
    FakeTlsClientHello.Result readHello(DirectBuffer received, int length, int localPort, SecretList secrets,
        InetAddress client)
    {
        FakeTlsClientHello.Result result = clientHello.read(received, 0, length, localPort,
            TimeUnit.MILLISECONDS.toSeconds(setup.clock().time()), fronts.domains(), secrets, hints.find(client),
            setup.replays());
        switch (result)
        {
            case NEED_MORE, NOT_A_HELLO ->
            {
                // not, or not yet, a hello
            }
            case ACCEPTED ->
            {
                counters.increment(ProxyCounter.FAKE_TLS_HELLOS_ACCEPTED);
                hints.remember(client, clientHello.secretIndex());
            }
            case REPLAYED -> counters.increment(ProxyCounter.FAKE_TLS_HELLOS_REPLAYED);
            case OUT_OF_TIME -> counters.increment(ProxyCounter.FAKE_TLS_HELLOS_OUT_OF_TIME);
            case UNKNOWN_NAME, WRONG_PORT, TRAILING_BYTES, TOO_LONG, WRONG_DIGEST, NO_CIPHER ->
                counters.increment(ProxyCounter.FAKE_TLS_HELLOS_REJECTED);
        }
        return result;
    }

    /** @return position of the secret that the hello last read has shown, if it got so far. */
    int secretIndex()
    {
        return clientHello.secretIndex();
    }

    /** @return what a connection gets that is none of ours for this reason. */
    FrontPolicy.Action action(FrontReason reason)
    {
        return setup.policy().action(reason);
    }

    /** @return how long the answer to the hello last read is to wait. */
    long drawDelayNs()
    {
        return front(clientHello.domainIndex()).profile().delays().drawNs(random, setup.delayNsMax());
    }

    /** @return the domain that the hello last read has named. */
    int domainIndex()
    {
        return clientHello.domainIndex();
    }

    /** @return length of the answer to the hello last read, now readable in {@link #flight}. [P-TLS-21] */
    int makeFlight(SecretList secrets)
    {
        return serverHello.encode(clientHello, secrets.get(clientHello.secretIndex()),
            front(clientHello.domainIndex()).profile());
    }

    DirectBuffer flight()
    {
        return serverHello.flight();
    }

    /** @return the port of a domain that a connection is passed on to. [P-TLS-60] */
    static int originPort(int localPort)
    {
        return localPort == PORT_HTTP ? PORT_HTTP : PORT_HTTPS;
    }

    /**
     * @return whether passing on to there would come back to this proxy: the address is one of this machine, or outsiders
     *         know this machine by it, or the connection itself has come from there, as it does when a router sends us our
     *         own connections back.
     */
    boolean isProxyItself(FrontingTable.Front front, InetAddress address, int port, InetSocketAddress local,
        InetSocketAddress remote)
    {
        return setup.ownPorts().contains(port) && (front.isHere() || address.equals(local.getAddress()) ||
            address.equals(remote.getAddress()) || isTranslated(local.getAddress(), address));
    }

    /** @return whether outsiders know the local address as the other one, by {@code --nat-info}. */
    private boolean isTranslated(InetAddress local, InetAddress other)
    {
        return local instanceof Inet4Address && other instanceof Inet4Address &&
            natRules.applyAsInt(toInt(local)) == toInt(other);
    }

    private static int toInt(InetAddress address)
    {
        return ByteBuffer.wrap(address.getAddress()).getInt();
    }

    /** Starts a connection to a domain. */
    TcpSocket connect(InetAddress address, int port) throws IOException
    {
        return setup.network().connect(new InetSocketAddress(address, port), setup.source());
    }
}
