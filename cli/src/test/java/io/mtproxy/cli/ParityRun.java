// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import io.mtproxy.soak.ClientEvent;
import io.mtproxy.soak.ClientOptions;
import io.mtproxy.soak.ClientPeer;
import io.mtproxy.soak.DatacenterEvent;
import io.mtproxy.soak.DatacenterPeer;
import io.mtproxy.soak.Transport;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * One proxy between scripted clients and a recording datacenter, and the transcript of what both ends saw.
 * <p>
 * The transcript holds every field of every frame, with names in place of what differs from run to run: connection ids
 * and ports. Two proxies that behave alike give equal transcripts of the same script.
 */
final class ParityRun implements AutoCloseable
{
    /** Begins the lines that differ from machine to machine, and so do not count for a recorded transcript. */
    static final String MACHINE = "here   ";

    private static final int SILENCE_MS = 300;
    private static final int CLOSE_TIMEOUT_MS = 60_000;

    private final RecordingDatacenter datacenter;
    private final ProxyProcess proxy;
    private final InetAddress clientAddress;
    private final InetAddress proxyAddress;
    private final int linksPerServer;
    private final List<String> transcript = new ArrayList<>();
    private final Map<Long, String> connectionNames = new HashMap<>();
    private final Map<Integer, String> portNames = new HashMap<>();
    private final List<ScriptedClient> clients = new ArrayList<>();

    private ParityRun(
        final RecordingDatacenter datacenter, final ProxyProcess proxy, final InetAddress clientAddress,
        final InetAddress proxyAddress, final int linksPerServer)
    {
        this.linksPerServer = linksPerServer;
        this.datacenter = datacenter;
        this.proxy = proxy;
        this.clientAddress = clientAddress;
        this.proxyAddress = proxyAddress;
        portNames.put(proxy.port(), "proxy-port");
    }

    /** A request as the datacenter got it, to be answered. */
    record Request(RecordingDatacenter.Link link, long connectionId, int payloadLength)
    {
    }

    /** Starts a proxy, waits until its links are ready, and writes how they were made to the transcript. */
    static ParityRun start(final Path folder, final ProxyUnderTest program, final ParitySetup setup)
        throws IOException, InterruptedException
    {
        final RecordingDatacenter datacenter = RecordingDatacenter.open(setup.serverCount());
        ProxyProcess proxy = null;
        try
        {
            proxy = program.start(
                folder, setup.configuration(datacenter.ports()), datacenter.secret(), setup.arguments());
            final ParityRun run = new ParityRun(
                datacenter, proxy, InetAddress.ofLiteral(setup.clientAddress()),
                InetAddress.ofLiteral(setup.proxyAddress()), setup.linksPerServer());
            for (final RecordingDatacenter.Link link : datacenter.awaitLinks(setup.linksPerServer()))
            {
                run.transcript.add(link.describeHandshake());
                run.transcript.add(MACHINE + link.describeSenderAddress());
            }
            return run;
        }
        catch (final IOException | InterruptedException | RuntimeException | Error failure)
        {
            if (proxy != null)
            {
                proxy.close();
            }
            datacenter.close();
            throw failure;
        }
    }

    List<String> transcript()
    {
        return List.copyOf(transcript);
    }

    /** All that the proxy printed. */
    String output() throws IOException
    {
        return proxy.output();
    }

    /** A line of the script itself, so that a difference is easy to place. */
    void note(final String text)
    {
        transcript.add("----- " + text);
    }

    /** Connects and sends nothing yet; a secret of no bytes is none. */
    ScriptedClient connect(final Transport transport, final byte[] secret, final int dc) throws IOException
    {
        return connect(new ClientPeer(new ClientOptions(transport, secret, dc, 0, clients.size())));
    }

    ScriptedClient connect(final ClientPeer peer) throws IOException
    {
        final ScriptedClient client = ScriptedClient.connect(peer, clientAddress, proxyAddress, proxy.port());
        clients.add(client);
        portNames.put(client.local().getPort(), "client-port-" + clients.size());
        return client;
    }

    /** Takes the next frame, whatever it is, from any link. */
    void expectFrame() throws InterruptedException
    {
        transcript.add(describe(datacenter.awaitFrame()));
    }

    /** Takes the next frame, which is a request. */
    Request expectRequest() throws InterruptedException
    {
        final RecordingDatacenter.Frame frame = datacenter.awaitFrame();
        transcript.add(describe(frame));
        if (frame.event() instanceof DatacenterEvent.ProxyRequest request)
        {
            return new Request(frame.link(), request.extConnectionId(), request.payload().length);
        }
        throw new AssertionError("not a request: " + describe(frame));
    }

    /** Nothing reaches the datacenter for a while. */
    void expectNoFrame() throws InterruptedException
    {
        final RecordingDatacenter.Frame frame = datacenter.pollFrame(SILENCE_MS);
        transcript.add(frame == null ? "dc     nothing" : "dc     in place of nothing: " + describe(frame));
    }

    void answer(final Request request, final byte[] data) throws IOException
    {
        say(request, peer -> peer.answer(request.connectionId(), 0, data));
    }

    /** Makes the link of a request say something. */
    void say(final Request request, final Consumer<DatacenterPeer> words) throws IOException
    {
        request.link().send(words);
    }

    /** Makes another link than a request's say something. */
    void sayElsewhere(final Request request, final Consumer<DatacenterPeer> words) throws IOException
    {
        datacenter.links().stream().filter(link -> link != request.link()).findFirst().orElseThrow().send(words);
    }

    /** The datacenter ends the link of a request. */
    void dropLink(final Request request) throws InterruptedException
    {
        request.link().close();
        transcript.add(describe(datacenter.awaitFrame()));
        awaitLinks();
    }

    /** Waits until the proxy has all its links again. */
    void awaitLinks() throws InterruptedException
    {
        datacenter.awaitLinks(linksPerServer);
    }

    /**
     * Takes the next packet of a client.
     *
     * @param payload that it should be; the transcript shows it without padding then.
     */
    void expectPacket(final ScriptedClient client, final byte[] payload) throws IOException
    {
        final ClientEvent event = client.awaitEvent();
        transcript.add(
            event instanceof ClientEvent.Packet(byte[] packet) && client.peer().isPayload(payload, packet) ?
                "client packet " + summary(payload) :
                "client in place of a packet: " + describe(event));
    }

    /** Takes the next acknowledgement of a client; in the padded transport either form of it will do. */
    void expectQuickAck(final ScriptedClient client) throws IOException
    {
        final ClientEvent event = client.awaitEvent();
        transcript.add(event instanceof ClientEvent.QuickAck(int confirm, ClientEvent.QuickAck.Form form) &&
            client.peer().options().transport() == Transport.PADDED ?
                "client quick ack %08x in either form".formatted(confirm) :
                "client " + describe(event));
    }

    /** The proxy ends a client's connection. */
    void expectClosed(final ScriptedClient client) throws IOException
    {
        final boolean closed = client.isClosedWithin(CLOSE_TIMEOUT_MS);
        transcript.add("client %s, %d events before".formatted(closed ? "closed" : "open", client.eventCount()));
    }

    /** The proxy neither ends a client's connection nor sends anything. */
    void expectSilence(final ScriptedClient client) throws IOException
    {
        final boolean closed = client.isClosedWithin(SILENCE_MS);
        transcript.add("client %s, %d events".formatted(closed ? "closed" : "open", client.eventCount()));
    }

    /** The client goes. */
    void leave(final ScriptedClient client)
    {
        note("the client closes");
        client.close();
    }

    /** The proxy must live to the end of every script. */
    void expectAlive()
    {
        transcript.add(proxy.isAlive() ? "proxy  alive" : "proxy  ended");
    }

    @Override
    public void close()
    {
        clients.forEach(ScriptedClient::close);
        proxy.close();
        datacenter.close();
    }

    private String describe(final RecordingDatacenter.Frame frame)
    {
        final String server = "dc     server " + frame.link().server() + ": ";
        return server + (frame.isEnd() ? "link ended" : describe(frame.event()));
    }

    /** [P-RPC-40] to [P-RPC-44] */
    private String describe(final DatacenterEvent event)
    {
        return switch (event)
        {
            case DatacenterEvent.ProxyRequest request ->
                "PROXY_REQ %s flags %08x client %s own %s extra %s payload %s".formatted(
                    connectionName(request.extConnectionId()), request.flags(), describe(request.client()),
                    describe(request.own()), HexFormat.of().formatHex(request.extra()), summary(request.payload()));
            case DatacenterEvent.CloseConnection close -> "CLOSE_CONN " + connectionName(close.extConnectionId());
            case DatacenterEvent.Pong pong -> "PONG " + Long.toHexString(pong.id());
            case DatacenterEvent.Ping _ -> "PING";
            case DatacenterEvent.Violation violation -> violation.toString();
            case DatacenterEvent.Nonce _ -> "second nonce";
            case DatacenterEvent.Handshake _ -> "second handshake";
        };
    }

    private String describe(final InetSocketAddress address)
    {
        return address.getAddress().getHostAddress() + ' ' +
            portNames.getOrDefault(address.getPort(), "port " + address.getPort());
    }

    private static String describe(final ClientEvent event)
    {
        return switch (event)
        {
            case ClientEvent.Packet(byte[] packet) -> "packet " + summary(packet);
            case ClientEvent.QuickAck(int confirm, ClientEvent.QuickAck.Form form) ->
                "quick ack %08x %s".formatted(confirm, form);
            case ClientEvent.Violation violation -> violation.toString();
        };
    }

    /** Names ids by the order in which they appear; small ones, which a script made up, stay as they are. */
    private String connectionName(final long id)
    {
        return Math.abs(id) < 100 ?
            "unknown " + id :
            connectionNames.computeIfAbsent(id, _ -> "connection-" + (connectionNames.size() + 1));
    }

    private static String summary(final byte[] bytes)
    {
        if (bytes.length <= 16)
        {
            return bytes.length + " bytes " + HexFormat.of().formatHex(bytes);
        }
        try
        {
            final byte[] digest = MessageDigest.getInstance("SHA-256").digest(bytes);
            return bytes.length + " bytes, digest " + HexFormat.of().formatHex(digest, 0, 8);
        }
        catch (final NoSuchAlgorithmException missing)
        {
            throw new IllegalStateException(missing);
        }
    }
}
