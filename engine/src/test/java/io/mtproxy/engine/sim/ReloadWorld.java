// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.sim;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mtproxy.engine.ConfigState;
import io.mtproxy.engine.config.ConfigRefresher;
import io.mtproxy.engine.config.ConfigurationException;
import io.mtproxy.engine.config.Secret;
import io.mtproxy.engine.config.SecretList;
import io.mtproxy.soak.ClientOptions;
import io.mtproxy.soak.DatacenterEvent;
import io.mtproxy.soak.Payloads;
import io.mtproxy.soak.Transport;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A simulated proxy with a configuration file that can be written anew, client secrets that can be replaced, and middle
 * proxies that send every packet back.
 */
final class ReloadWorld implements AutoCloseable
{
    static final String SLOW_HOST = "slow.invalid.example";

    final Path file;
    final List<String> log = new ArrayList<>();
    final SimulatedProxy proxy;
    /** What middle proxies got, by port of the client. */
    final Map<Integer, List<byte[]>> requests = new HashMap<>();
    int lookUpCount;
    /** Not empty: reading the secrets fails so. */
    String secretProblem = "";
    private List<Integer> secrets = new ArrayList<>();

    /**
     * @param servers middle proxies that exist; those of the configuration are among them.
     * @param conf    text of the file that the proxy starts with.
     */
    ReloadWorld(Path folder, SimulatedProxy.Setup setup, int servers, String conf) throws IOException
    {
        file = folder.resolve("proxy-multi.conf");
        write(conf);
        setup.serverCount = servers;
        setup.config = conf;
        for (int i = 0; i < setup.secretCount; i++)
        {
            secrets.add(i);
        }
        ConfigRefresher refresher = new ConfigRefresher(file.toString(), () -> this::resolve, this::loadSecrets);
        setup.collaborators = context -> context.refresher(refresher).log(log::add);
        proxy = new SimulatedProxy(setup);
        proxy.datacenters.forEach(datacenter -> datacenter.onEvent = this::onEvent);
        proxy.advance(30_000_000L);
    }

    /** @return text of a file with these of the middle proxies, all for DC 2. */
    static String conf(int minConnections, int... servers)
    {
        StringBuilder text = new StringBuilder("max_connections 8; min_connections " + minConnections + ";\n");
        for (int server : servers)
        {
            text.append("proxy_for 2 127.0.0.1:").append(SimulatedProxy.address(server).getPort()).append(";\n");
        }
        return text.append("default 2;\n").toString();
    }

    private InetAddress resolve(String host) throws UnknownHostException
    {
        lookUpCount++;
        if (host.equals(SLOW_HOST))
        {
            throw new UnknownHostException("the system's resolver did not answer in time");
        }
        return InetAddress.ofLiteral(host);
    }

    private SecretList loadSecrets() throws ConfigurationException
    {
        if (!secretProblem.isEmpty())
        {
            throw new ConfigurationException(2, List.of(secretProblem));
        }
        return SecretList.of(secrets.stream().map(i -> Secret.of(SimulatedProxy.clientSecret(i), 0)).toList());
    }

    /** Puts other client secrets into their file. */
    void secrets(Integer... indices)
    {
        secrets = List.of(indices);
    }

    void write(String text)
    {
        try
        {
            Files.writeString(file, text, StandardCharsets.US_ASCII);
        }
        catch (IOException e)
        {
            throw new UncheckedIOException(e);
        }
    }

    /** Asks for a reload and lets everybody take two turns: one for the conductor, one for those it tells. */
    void reload()
    {
        proxy.engine.reload();
        proxy.step();
        proxy.step();
    }

    void reload(String text)
    {
        write(text);
        reload();
    }

    private void onEvent(SimulatedDatacenter.Link link, DatacenterEvent event)
    {
        switch (event)
        {
            case DatacenterEvent.ProxyRequest request ->
            {
                requests.computeIfAbsent(request.client().getPort(), port -> new ArrayList<>()).add(request.payload());
                link.peer.answer(request.extConnectionId(), 0, request.payload());
            }
            case DatacenterEvent.Violation violation -> throw new AssertionError(violation.toString());
            case DatacenterEvent.Nonce _,DatacenterEvent.Handshake _,DatacenterEvent.CloseConnection _,DatacenterEvent.Pong _,DatacenterEvent.Ping _ ->
                {
                }
        }
    }

    /** Connects a client with this secret; it has sent one packet already. */
    SimulatedClient connect(int secret)
    {
        SimulatedClient client = proxy.connect(ClientOptions.of(Transport.PADDED,
            SimulatedProxy.clientSecret(secret), 2, proxy.random.nextLong()));
        send(client);
        return client;
    }

    void send(SimulatedClient client)
    {
        client.send(Payloads.encrypted(client.port(), 56 + 4 * proxy.random.nextInt(2000), proxy.random), false);
    }

    /** @return number of the middle proxy that has this client, or -1. */
    int serverOf(SimulatedClient client)
    {
        for (int i = 0; i < proxy.datacenters.size(); i++)
        {
            for (SimulatedDatacenter.Link link : proxy.datacenters.get(i).links)
            {
                if (!link.isOver() && link.idByClientPort.containsKey(client.port()))
                {
                    return i;
                }
            }
        }
        return -1;
    }

    /** Connects clients until one of them is at that server. */
    SimulatedClient connectTo(int server, int secret)
    {
        for (int i = 0; i < 200; i++)
        {
            SimulatedClient client = connect(secret);
            proxy.advance(5_000_000L);
            if (serverOf(client) == server)
            {
                return client;
            }
        }
        throw new AssertionError("no client comes to server " + server);
    }

    static boolean isClosed(SimulatedClient client)
    {
        return client.end.isAtEnd() || client.end.isReset();
    }

    /** The client is open, and everything it has sent has come back. */
    void verifyComplete(SimulatedClient client)
    {
        assertFalse(isClosed(client), "closed");
        List<byte[]> got = requests.getOrDefault(client.port(), List.of());
        List<byte[]> answers = client.peer.packets();
        assertEquals(client.sentPayloads.size(), got.size(), "requests");
        assertEquals(client.sentPayloads.size(), answers.size(), "answers");
        for (int i = 0; i < got.size(); i++)
        {
            assertArrayEquals(client.sentPayloads.get(i), got.get(i), "request " + i);
            assertTrue(client.peer.isPayload(client.sentPayloads.get(i), answers.get(i)), "answer " + i);
        }
    }

    ConfigState state()
    {
        return proxy.engine.configState();
    }

    @Override
    public void close()
    {
        proxy.close();
    }
}
