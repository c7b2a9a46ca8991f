// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mtproxy.engine.config.ConfigurationException;
import io.mtproxy.engine.config.ProxyMultiConf;
import io.mtproxy.engine.config.ProxySecretFile;
import io.mtproxy.engine.config.Secret;
import io.mtproxy.engine.config.SecretList;
import io.mtproxy.engine.status.ProxyCounter;
import io.mtproxy.soak.ClientSwarm;
import io.mtproxy.soak.DatacenterServer;
import io.mtproxy.soak.DatacenterSettings;
import io.mtproxy.soak.SoakReport;
import io.mtproxy.soak.SwarmSettings;
import io.mtproxy.soak.Transport;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.ClosedSelectorException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The main job over the system's sockets, in the modes that have threads: every byte right, nothing left behind. */
@Timeout(300)
final class RelayIT
{
    static final byte[] PROXY_SECRET = bytes(128);
    static final byte[] CLIENT_SECRET = bytes(Secret.LENGTH);
    static final int DC = 2;
    private static final long ANSWERS = 3000;

    @ParameterizedTest
    @CsvSource({"SHARED, 1, 1", "DEDICATED, 1, 1", "DEDICATED, 2, 2"})
    void shouldRelayEveryByteOfManyClients(ThreadingMode mode, int clientAgents, int datacenterAgents) throws Exception
    {
        try (DatacenterServer datacenter = DatacenterServer.start(
            DatacenterSettings.of(PROXY_SECRET, DatacenterSettings.Mode.ECHO));
            ProxyEngine engine = launch(mode, clientAgents, datacenterAgents, datacenter.port()))
        {
            ClientSwarm swarm = ClientSwarm.start(SwarmSettings
                .of(new InetSocketAddress(InetAddress.getLoopbackAddress(), engine.ports().getFirst()),
                    List.of(CLIENT_SECRET), 60, Duration.ofMinutes(2))
                .withTransports(List.of(Transport.ABRIDGED, Transport.INTERMEDIATE, Transport.PADDED))
                .withDcIds(List.of(DC)));
            SoakReport report = swarm.awaitAnswers(ANSWERS);

            assertTrue(report.isClean(), report::toString);
            assertTrue(report.messagesAnswered() >= ANSWERS, report::toString);
            assertEquals(report.messagesAnswered(), report.messagesSent());
            assertEquals(0, datacenter.violations().size(), () -> datacenter.violations().toString());
            awaitZero(engine, ProxyCounter.SPECIAL_CONNECTIONS);
            awaitZero(engine, ProxyCounter.EXT_CONNECTIONS);
            awaitZero(engine, ProxyCounter.BUFFERS_USED);
            assertEquals(0, engine.status().get(ProxyCounter.ERRORS));
        }
    }

    /** Waits for what other threads still have to do; the test's time limit ends a hang. */
    private static void awaitZero(ProxyEngine engine, ProxyCounter counter)
    {
        while (engine.status().get(counter) != 0)
        {
            Thread.onSpinWait();
        }
    }

    static ProxyEngine launch(ThreadingMode mode, int clientAgents, int datacenterAgents, int datacenterPort)
        throws IOException, ConfigurationException
    {
        String conf = "default 2; proxy_for " + DC + " 127.0.0.1:" + datacenterPort + ";";
        EngineConfig config = new EngineConfig(EngineConfig.Listening.on(0),
            EngineConfig.Clients.with(SecretList.of(List.of(Secret.of(CLIENT_SECRET, 0)))),
            EngineConfig.MiddleProxies.of(
                ProxyMultiConf.parse("test.conf", conf.getBytes(StandardCharsets.US_ASCII), InetAddress::getByName),
                ProxySecretFile.of(PROXY_SECRET)),
            EngineConfig.Buffers.DEFAULT, new EngineConfig.Threads(clientAgents, datacenterAgents, false));
        ProxyEngine engine = ProxyEngine.launch(new EngineContext().config(config).threadingMode(mode));
        if (mode == ThreadingMode.INVOKER)
        {
            Thread.ofPlatform().daemon().name("relay").start(() -> invokeUntilClosed(engine));
        }
        while (engine.status().get(ProxyCounter.READY_OUTBOUND_CONNECTIONS) < 4)
        {
            Thread.onSpinWait();
        }
        return engine;
    }

    private static void invokeUntilClosed(ProxyEngine engine)
    {
        try
        {
            while (!engine.isClosed())
            {
                engine.invoke();
            }
        }
        catch (ClosedSelectorException e)
        {
            // the test has closed the engine in the middle of a turn
        }
    }

    private static byte[] bytes(int length)
    {
        byte[] bytes = new byte[length];
        new SplittableRandom(length).nextBytes(bytes);
        return bytes;
    }
}
