// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mtproxy.engine.config.ProxyMultiConf;
import io.mtproxy.engine.config.SecretList;
import io.mtproxy.engine.io.TcpListener;
import io.mtproxy.engine.io.TcpSocket;
import io.mtproxy.engine.io.linux.LinuxDescriptors;
import io.mtproxy.soak.FreePorts;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** Listening sockets that are open before the engine is there. [C-LIFE-05] [C-LIFE-12] */
@EnabledOnOs(OS.LINUX)
class HandedNetworkTest
{
    @Test
    void shouldGiveOpenedSocketsToWhoListens() throws IOException
    {
        EngineConfig config = config(2, FreePorts.next());
        try (HandedNetwork network = HandedNetwork.open(config))
        {
            int port = config.listening().ports().getFirst();
            TcpListener[] listeners = network.listen(HandedNetwork.listenOptions(config, port), 2);

            assertEquals(2, listeners.length);
            assertEquals(List.of(), network.descriptors());
            List.of(listeners).forEach(TcpListener::close);
        }
    }

    @Test
    void shouldCloseWhatNobodyTook() throws IOException
    {
        EngineConfig config = config(1, FreePorts.next());
        HandedNetwork.open(config).close();

        HandedNetwork.open(config).close();
    }

    /** [C-EXIT-07] */
    @Test
    void shouldSayWhichPortIsTaken() throws IOException
    {
        try (ServerSocket taken = new ServerSocket(0, 1))
        {
            int free = FreePorts.next();
            IOException refused = assertThrows(IOException.class,
                () -> HandedNetwork.open(config(1, free, taken.getLocalPort())));

            assertTrue(refused.getMessage().contains("client port " + taken.getLocalPort() + " cannot be opened: "),
                refused::getMessage);
            HandedNetwork.open(config(1, free)).close();
        }
    }

    /** Both ends of what the supervisor and a worker do; the socket is shared, and who comes first accepts. */
    @Test
    void shouldAdoptSocketsOfAnotherProcess() throws IOException
    {
        EngineConfig config = config(1, FreePorts.next());
        int port = config.listening().ports().getFirst();
        int[] pair = LinuxDescriptors.socketPair();
        try (HandedNetwork master = HandedNetwork.open(config))
        {
            LinuxDescriptors.send(pair[0], master.descriptors());
            try (HandedNetwork worker = HandedNetwork.adopt(config, LinuxDescriptors.receive(pair[1], 1)))
            {
                TcpListener listener = worker.listen(HandedNetwork.listenOptions(config, port), 1)[0];
                assertEquals(port, listener.port());
                assertNull(listener.accept(), "it does not block");
                accept(listener, port);
                listener.close();
            }
            try (Socket ignored = new Socket(InetAddress.getLoopbackAddress(), port))
            {
                assertTrue(ignored.isConnected(), "the master's socket still listens");
            }
        }
        finally
        {
            LinuxDescriptors.close(pair[0]);
            LinuxDescriptors.close(pair[1]);
        }
    }

    private static void accept(TcpListener listener, int port) throws IOException
    {
        try (Socket client = new Socket(InetAddress.getLoopbackAddress(), port))
        {
            TcpSocket accepted = listener.accept();
            assertNotNull(accepted);
            assertEquals(new InetSocketAddress(client.getLocalAddress(), client.getLocalPort()),
                accepted.remoteAddress());
            accepted.close();
        }
    }

    private static EngineConfig config(int clientAgentCount, Integer... ports)
    {
        ProxyMultiConf conf = new ProxyMultiConf(List.of(), Map.of(), 1, 0, "", List.of());
        return new EngineConfig(EngineConfig.Listening.on(ports), EngineConfig.Clients.with(SecretList.of(List.of())),
            EngineConfig.MiddleProxies.of(conf, null), EngineConfig.Buffers.DEFAULT,
            new EngineConfig.Threads(clientAgentCount, 1, false));
    }
}
