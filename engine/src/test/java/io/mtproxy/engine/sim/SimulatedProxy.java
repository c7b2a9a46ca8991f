// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.mtproxy.engine.EngineConfig;
import io.mtproxy.engine.EngineContext;
import io.mtproxy.engine.ProxyEngine;
import io.mtproxy.engine.ThreadingMode;
import io.mtproxy.engine.agent.ClientAgent;
import io.mtproxy.engine.agent.OriginProber;
import io.mtproxy.engine.client.ClientConnections;
import io.mtproxy.engine.client.ClientLimits;
import io.mtproxy.engine.client.FrontPolicy;
import io.mtproxy.engine.client.CloseReason;
import io.mtproxy.engine.config.NatRules;
import io.mtproxy.engine.config.ProxyMultiConf;
import io.mtproxy.engine.config.ProxySecretFile;
import io.mtproxy.engine.config.Secret;
import io.mtproxy.engine.config.SecretList;
import io.mtproxy.engine.status.ProxyCounter;
import io.mtproxy.engine.status.StatusReport;
import io.mtproxy.engine.status.api.DcState;
import io.mtproxy.engine.status.api.SecretUsage;
import io.mtproxy.soak.ClientOptions;
import io.mtproxy.soak.Transport;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;

/**
 * The whole engine in INVOKER mode between simulated clients and simulated middle proxies. A test moves the clock, steps
 * the world, and looks at every end of it.
 */
final class SimulatedProxy implements AutoCloseable
{
    static final int PORT = 4443;
    static final byte[] PROXY_SECRET = secretBytes();
    private static final long STEP_NS = 1_000_000L;
    /** Gauges of buffers are published each second, and a silent link is looked at once in a while. */
    private static final long LONGER_THAN_GAUGES_NS = 2_100_000_000L;

    final SimulatedClock clock = new SimulatedClock();
    final RandomGenerator random;
    final SimulatedNetwork network;
    final List<SimulatedDatacenter> datacenters = new ArrayList<>();
    final List<SimulatedClient> clients = new ArrayList<>();
    private final List<SimulatedConnection.PeerEnd> silentEnds = new ArrayList<>();
    /** What else moves in each step. */
    final List<Runnable> others = new ArrayList<>();
    final ProxyEngine engine;
    private final Setup setup;

    /** What a test may choose; the defaults are calm. */
    static final class Setup
    {
        long seed = 1;
        boolean isCutting;
        int serverCount = 1;
        int minConnections = 1;
        int secretCount = 1;
        String proxyTag = "";
        int clientCountMax = 1000;
        int connectionCountMax = 1000;
        int acceptRateMax;
        int clientBufferLength = 32 * 1024 * 1024;
        int linkBufferLength = 4 * 1024 * 1024;
        long handshakeTimeoutNs = 60_000_000_000L;
        long messageBuffersLength = 256L * 1024 * 1024;
        int ringLength = 256 * 1024;
        int clientAgents = 1;
        int datacenterAgents = 1;
        String config = "";
        NatRules natRules = NatRules.NONE;
        Duration drainTimeout = EngineConfig.MiddleProxies.DRAIN_TIMEOUT_DEFAULT;
        /** Sets what else the engine is given. */
        Consumer<EngineContext> collaborators = context ->
        {
        };
        int port = PORT;
        /** Fronting domains: with any of them the proxy serves fake-TLS only. */
        List<String> domains = List.of();
        FrontPolicy frontPolicy = FrontPolicy.SPLICE_ALL;
        Duration frontDelayMax = EngineConfig.Fronting.DELAY_MAX_DEFAULT;
        /** What is found when a domain is looked at. */
        OriginProber originProber =
            (domain, early) -> new OriginProber.Finding(null, false, null, "nothing is known of it");
    }

    SimulatedProxy(Setup setup) throws IOException
    {
        this.setup = setup;
        SplittableRandom root = new SplittableRandom(setup.seed);
        this.random = root.split();
        this.network = new SimulatedNetwork(clock, root.split(), setup.isCutting);
        StringBuilder text = new StringBuilder("max_connections 8; min_connections " + setup.minConnections + ";\n");
        for (int i = 0; i < setup.serverCount; i++)
        {
            datacenters.add(new SimulatedDatacenter(network, address(i), PROXY_SECRET, root.split(), clock));
            text.append("proxy_for 2 127.0.0.1:").append(address(i).getPort()).append(";\n");
        }
        text.append("default 2;\n");
        this.engine = launch(setup, setup.config.isEmpty() ? text.toString() : setup.config, root.split());
    }

    private ProxyEngine launch(Setup chosen, String confText, SplittableRandom engineRandom) throws IOException
    {
        EngineConfig config = new EngineConfig(
            EngineConfig.Listening.on(chosen.port),
            new EngineConfig.Clients(secrets(chosen.secretCount), chosen.proxyTag, chosen.connectionCountMax,
                chosen.clientCountMax, chosen.acceptRateMax,
                new ClientLimits(chosen.clientBufferLength, chosen.handshakeTimeoutNs, 10_000_000_000L)),
            new EngineConfig.MiddleProxies(parse(confText), ProxySecretFile.of(PROXY_SECRET),
                chosen.natRules, 0xffff, chosen.linkBufferLength, chosen.drainTimeout),
            new EngineConfig.Buffers(chosen.messageBuffersLength, chosen.ringLength),
            new EngineConfig.Threads(chosen.clientAgents, chosen.datacenterAgents, false),
            new EngineConfig.Fronting(chosen.domains, chosen.frontPolicy, chosen.frontDelayMax));
        EngineContext context = new EngineContext()
            .config(config)
            .threadingMode(ThreadingMode.INVOKER)
            .nanoClock(clock)
            .epochClock(clock)
            .network(network)
            .originProber(chosen.originProber)
            .randomSources(() -> new SeededRandomSource(engineRandom.split()));
        chosen.collaborators.accept(context);
        return ProxyEngine.launch(context);
    }

    private static ProxyMultiConf parse(String text)
    {
        try
        {
            return ProxyMultiConf.parse("simulated.conf", text.getBytes(StandardCharsets.US_ASCII),
                host -> InetAddress.getByName(host));
        }
        catch (io.mtproxy.engine.config.ConfigurationException e)
        {
            throw new IllegalArgumentException(String.join("\n", e.lines()), e);
        }
    }

    static InetSocketAddress address(int server)
    {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), 8000 + server);
    }

    private static byte[] secretBytes()
    {
        byte[] bytes = new byte[128];
        new SplittableRandom(7).nextBytes(bytes);
        return bytes;
    }

    /** The secret that clients and proxy share, by its index. */
    static byte[] clientSecret(int index)
    {
        byte[] bytes = new byte[Secret.LENGTH];
        new SplittableRandom(1000L + index).nextBytes(bytes);
        return bytes;
    }

    private static SecretList secrets(int count)
    {
        List<Secret> secrets = new ArrayList<>();
        for (int i = 0; i < count; i++)
        {
            secrets.add(Secret.of(clientSecret(i), 0));
        }
        return SecretList.of(secrets);
    }

    /** Connects a client of this kind, with the last secret if there are any. */
    SimulatedClient connect(Transport transport, int dcId)
    {
        ClientOptions options = setup.secretCount == 0 ?
            ClientOptions.of(transport, dcId, random.nextLong()) :
            ClientOptions.of(transport, clientSecret(setup.secretCount - 1), dcId, random.nextLong());
        return connect(options);
    }

    SimulatedClient connect(ClientOptions options)
    {
        return connect(options, InetAddress.getLoopbackAddress());
    }

    SimulatedClient connect(ClientOptions options, InetAddress host)
    {
        SimulatedClient client = new SimulatedClient(options, network.connectToEngine(PORT, host));
        clients.add(client);
        return client;
    }

    /** Connects a client with a header of the test's own. */
    SimulatedClient connectWithHeader(ClientOptions options, byte[] headerPlain)
    {
        SimulatedClient client = new SimulatedClient(options, headerPlain,
            network.connectToEngine(PORT, InetAddress.getLoopbackAddress()));
        clients.add(client);
        return client;
    }

    /** Connects without sending anything. */
    SimulatedConnection.PeerEnd connectSilently()
    {
        SimulatedConnection.PeerEnd end = network.connectToEngine(PORT, InetAddress.getLoopbackAddress());
        silentEnds.add(end);
        return end;
    }

    /** Connects something that is no Telegram client, or one that speaks fake-TLS. */
    SimulatedConnection.PeerEnd connectRaw()
    {
        return network.connectToEngine(setup.port, InetAddress.getLoopbackAddress());
    }

    /** Lets everybody do what can be done now, once. */
    void step()
    {
        clients.forEach(SimulatedClient::pump);
        others.forEach(Runnable::run);
        engine.invoke();
        datacenters.forEach(SimulatedDatacenter::pump);
    }

    /** Steps through time, a millisecond at a time, or in bigger strides when it is much. */
    void advance(long ns)
    {
        long strideNs = Math.max(STEP_NS, ns / 2000);
        for (long left = ns; left > 0; left -= strideNs)
        {
            clock.advance(Math.min(strideNs, left));
            step();
        }
    }

    /** Steps until the links stand. */
    void awaitLinks()
    {
        advance(20_000_000L);
        for (SimulatedDatacenter datacenter : datacenters)
        {
            if (datacenter.readyLinks().isEmpty())
            {
                throw new AssertionError("no link to " + datacenter.address + " became ready");
            }
        }
    }

    /**
     * Ends every client and waits until the gauges tell: nothing may be left anywhere, and nothing may have gone wrong
     * inside the engine. Every scenario ends here.
     */
    void verifyClean()
    {
        clients.forEach(client -> client.end.end());
        silentEnds.forEach(SimulatedConnection.PeerEnd::end);
        for (SimulatedDatacenter datacenter : datacenters)
        {
            datacenter.links.forEach(link -> link.isReadingPaused = false);
        }
        advance(LONGER_THAN_GAUGES_NS);
        verifyNothingLeft();
        verifyNoErrors();
    }

    /** Nothing of any client is left: no connection, no binding, no chunk, no entry in any list. */
    void verifyNothingLeft()
    {
        assertEquals(0, counter(ProxyCounter.SPECIAL_CONNECTIONS), "connections");
        assertEquals(0, counter(ProxyCounter.INBOUND_CONNECTIONS), "inbound connections");
        assertEquals(0, counter(ProxyCounter.EXT_CONNECTIONS), "bindings");
        assertEquals(0, counter(ProxyCounter.BUFFERS_USED), "chunks in use");
        for (ClientAgent agent : engine.clientAgents())
        {
            ClientConnections connections = agent.connections();
            assertEquals(0, connections.count(), "slots in use");
            assertEquals(0, connections.senderCount(), "entries in the order of last sending");
            for (int i = 0; i < Math.max(1, engine.configState().secretCount()); i++)
            {
                assertEquals(0, connections.addressCount(i), "addresses under secret " + i);
                assertEquals(0, connections.keyCount(i), "keys under secret " + i);
            }
        }
        verifyBalance();
        long closed = 0;
        for (CloseReason reason : CloseReason.values())
        {
            closed += counter(reason.counter());
        }
        assertEquals(counter(ProxyCounter.INBOUND_CONNECTIONS_ACCEPTED), closed,
            "each accepted is closed for a reason");
    }

    /** What is counted by secret and by DC is what is counted in all. */
    private void verifyBalance()
    {
        StatusReport report = StatusReport.of(List.of(engine.status()));
        List<SecretUsage> secrets = report.secrets();
        List<DcState> dcs = report.dcs();
        assertEquals(0, secrets.stream().mapToLong(SecretUsage::connections).sum(), "connections by secret");
        assertEquals(0, dcs.stream().mapToLong(DcState::connections).sum(), "connections by DC");
        assertEquals(0, secrets.stream().mapToLong(one -> one.addresses() + one.authKeys()).sum(), "distinct values");
        long accepted = counter(ProxyCounter.HANDSHAKES_ACCEPTED);
        assertEquals(accepted, secrets.stream().mapToLong(SecretUsage::handshakes).sum(), "handshakes by secret");
        assertEquals(accepted, dcs.stream().mapToLong(DcState::handshakes).sum(), "handshakes by DC");
        long bytesToClient = counter(ProxyCounter.PAYLOAD_BYTES_TO_CLIENT);
        assertEquals(bytesToClient, secrets.stream().mapToLong(SecretUsage::bytesToClient).sum(), "bytes by secret");
        assertEquals(bytesToClient, dcs.stream().mapToLong(DcState::bytesToClient).sum(), "bytes by DC");
        long packets = dcs.stream().mapToLong(DcState::packetsToDatacenter).sum();
        assertEquals(packets, secrets.stream().mapToLong(SecretUsage::packetsToDatacenter).sum(), "packets");
    }

    /** The engine has found no defect of its own. */
    void verifyNoErrors()
    {
        engine.status().readErrors((count, firstMs, lastMs, text) ->
        {
            throw new AssertionError(text);
        });
        assertEquals(0, counter(ProxyCounter.ERRORS), "errors");
        assertEquals(0, counter(ProxyCounter.CLOSED_INTERNAL_ERROR), "clients closed by an error of ours");
        assertEquals(0, counter(ProxyCounter.LINK_CLOSED_INTERNAL_ERROR), "links closed by an error of ours");
    }

    /** @return how many clients were closed for this reason. */
    long closed(CloseReason reason)
    {
        return counter(reason.counter());
    }

    /** @return distinct addresses under a secret, over all client agents. [P-PAY-06] */
    int addressCount(int secretIndex)
    {
        return engine.clientAgents().stream().mapToInt(agent -> agent.connections().addressCount(secretIndex)).sum();
    }

    /** @return distinct keys under a secret, over all client agents. [P-PAY-06] */
    int keyCount(int secretIndex)
    {
        return engine.clientAgents().stream().mapToInt(agent -> agent.connections().keyCount(secretIndex)).sum();
    }

    long counter(ProxyCounter counter)
    {
        return engine.status().get(counter);
    }

    /** @return every counter that is not zero, to explain a failure. */
    String counters()
    {
        StringBuilder text = new StringBuilder();
        for (ProxyCounter counter : ProxyCounter.values())
        {
            long value = counter(counter);
            text.append(value == 0 ? "" : counter + "=" + value + " ");
        }
        return text.toString();
    }

    @Override
    public void close()
    {
        engine.close();
    }
}
