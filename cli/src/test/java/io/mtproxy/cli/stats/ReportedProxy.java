// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.stats;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mtproxy.engine.ConfigTimes;
import io.mtproxy.engine.EngineConfig;
import io.mtproxy.engine.EngineContext;
import io.mtproxy.engine.ProxyEngine;
import io.mtproxy.engine.ThreadingMode;
import io.mtproxy.engine.config.ConfigRefresher;
import io.mtproxy.engine.config.NatRules;
import io.mtproxy.engine.config.ProxyMultiConf;
import io.mtproxy.engine.config.ProxySecretFile;
import io.mtproxy.engine.config.Secret;
import io.mtproxy.engine.config.SecretList;
import io.mtproxy.engine.config.SystemHostResolver;
import io.mtproxy.engine.io.TcpNetwork;
import io.mtproxy.engine.io.epoll.EpollNetwork;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.agrona.concurrent.SystemNanoClock;
import org.jspecify.annotations.Nullable;

/**
 * An engine and its stats port in this process. Reports come over one connection that stays, so that asking for them moves
 * no count but those of requests.
 */
final class ReportedProxy implements AutoCloseable
{
    private static final long WAIT_S = 60;

    private final ProxyEngine engine;
    private final StatsServer server;
    private final Socket socket;

    /** What a command line would say; a test changes what it is about. */
    static final class Settings
    {
        final Path conf;
        final byte[] key;
        List<String> secrets = List.of("0123456789abcdef0123456789abcdef", "00112233445566778899aabbccddeeff");
        Integer[] ports = {0};
        String proxyTag = "";
        int connectionCountMax = 1000;
        int clientCountMax = 2000;
        int acceptRateMax;
        int windowClamp = EngineConfig.Listening.WINDOW_CLAMP_DEFAULT;
        long messageBuffersLength = 256L << 20;
        int clientBufferLength = EngineConfig.Clients.CLIENT_BUFFER_DEFAULT;
        boolean isDedicated;
        boolean isDhSkipAllowed;
        boolean isKeyKnown = true;
        String version = "mtproto-proxy of a test";
        long loadedAtEpochMs;
        TcpNetwork network = new EpollNetwork(false);

        Settings(Path conf, byte[] key)
        {
            this.conf = conf;
            this.key = key.clone();
        }

        ReportedProxy start() throws Exception
        {
            return new ReportedProxy(this);
        }

        private EngineConfig config(ProxyMultiConf servers, @Nullable ProxySecretFile secret, int statsPort)
        {
            EngineConfig.Listening defaults = EngineConfig.Listening.on(ports);
            return new EngineConfig(
                new EngineConfig.Listening(defaults.ports(), false, null, defaults.backlog(), windowClamp),
                new EngineConfig.Clients(secretList(), proxyTag, connectionCountMax, clientCountMax, acceptRateMax,
                    EngineConfig.Clients.limits(clientBufferLength, EngineConfig.Clients.HANDSHAKE_TIMEOUT_DEFAULT)),
                new EngineConfig.MiddleProxies(servers, secret, NatRules.NONE, statsPort,
                    EngineConfig.MiddleProxies.LINK_BUFFER_DEFAULT, Duration.ofSeconds(60)),
                new EngineConfig.Buffers(messageBuffersLength, EngineConfig.Buffers.DEFAULT.ringLength()),
                EngineConfig.Threads.DEFAULT);
        }

        private SecretList secretList()
        {
            return SecretList.of(secrets.stream().map(Secret::parse).toList());
        }
    }

    private ReportedProxy(Settings settings) throws Exception
    {
        ProxyMultiConf servers =
            ProxyMultiConf.load(settings.conf.toString(), new SystemHostResolver(SystemNanoClock.INSTANCE));
        ProxySecretFile secret = settings.isKeyKnown ? ProxySecretFile.of(settings.key) : null;
        StatsPort port = StatsPort.open(0, 0);
        EngineConfig config = settings.config(servers, secret, port.number());
        EngineContext context = new EngineContext().config(config).network(settings.network)
            .threadingMode(settings.isDedicated ? ThreadingMode.DEDICATED : ThreadingMode.SHARED)
            .refresher(new ConfigRefresher(settings.conf.toString(),
                () -> new SystemHostResolver(SystemNanoClock.INSTANCE), settings::secretList));
        if (settings.loadedAtEpochMs != 0)
        {
            context.configTimes(new ConfigTimes(settings.loadedAtEpochMs, 0));
        }
        engine = ProxyEngine.launch(context);
        StatsSources sources = StatsSources.single(engine.status(), List.of());
        server = StatsServer.start(port, new StatsContext()
            .sources(() -> sources)
            .configState(engine::configState)
            .settings(ProxySettings.of(settings.conf.toString(), config, 0))
            .processTuple(engine::processTuple)
            .version(settings.version)
            .rpcAccess(new RpcAccess(secret, settings.isDhSkipAllowed, 0)));
        socket = StatsFixture.connect(port.number(), "127.0.0.1");
        socket.setSoTimeout((int)TimeUnit.SECONDS.toMillis(WAIT_S));
        // once without being looked at: this connection is then part of every report
        report();
    }

    ProxyEngine engine()
    {
        return engine;
    }

    int clientPort()
    {
        return engine.ports().getFirst();
    }

    int statsPort()
    {
        return server.port();
    }

    /** As {@link ProxyClients} wants it. */
    ComparedProxy compared()
    {
        return new ComparedProxy(clientPort(), statsPort(), () -> null);
    }

    Map<String, String> report() throws IOException
    {
        socket.getOutputStream().write("GET /stats HTTP/1.1\r\nConnection: keep-alive\r\n\r\n".getBytes(ISO_8859_1));
        InputStream in = socket.getInputStream();
        ByteArrayOutputStream head = new ByteArrayOutputStream();
        while (!head.toString(ISO_8859_1).endsWith("\r\n\r\n"))
        {
            int next = in.read();
            assertTrue(next >= 0, () -> "the end, after " + head);
            head.write(next);
        }
        String length = head.toString(ISO_8859_1).replaceAll("(?s).*Content-Length: (\\d+)\r\n.*", "$1");
        byte[] body = in.readNBytes(Integer.parseInt(length));
        assertEquals(Integer.parseInt(length), body.length);
        return StatsFixture.rows(new String(body, ISO_8859_1));
    }

    /** Asks until a report is as it should become; gauges are shown once a second. */
    Map<String, String> await(String what, Predicate<Map<String, String>> condition) throws Exception
    {
        long endNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(WAIT_S);
        Map<String, String> report = report();
        while (!condition.test(report))
        {
            assertTrue(System.nanoTime() - endNs < 0, "not in time: " + what + " in " + report);
            Thread.sleep(20);
            report = report();
        }
        return report;
    }

    /** As above, until a row has that value. */
    Map<String, String> await(String key, long value) throws Exception
    {
        return await(key + " = " + value, report -> report.get(key).equals(Long.toString(value)));
    }

    @Override
    public void close() throws IOException
    {
        socket.close();
        server.close();
        engine.close();
    }
}
