// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.stats;

import io.mtproxy.engine.EngineConfig;
import io.mtproxy.engine.EngineContext;
import io.mtproxy.engine.ProxyEngine;
import io.mtproxy.engine.config.ProxyMultiConf;
import io.mtproxy.engine.config.ProxySecretFile;
import io.mtproxy.engine.config.Secret;
import io.mtproxy.engine.config.SecretList;
import io.mtproxy.engine.config.SystemHostResolver;
import io.mtproxy.soak.FreePorts;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.SystemNanoClock;

/**
 * A proxy with client port and stats port: the reference as a process, or our engine and stats server in this one.
 *
 * @param clientPort where clients connect.
 * @param statsPort  of the report.
 * @param end        ends it.
 */
record ComparedProxy(int clientPort, int statsPort, Callable<?> end)
{
    static final int CONNECTIONS_MAX = 1000;

    /** Starts the C program and waits until both ports are open. */
    static ComparedProxy reference(String binary, Path folder, Path conf, Path key, List<String> secrets)
        throws IOException, InterruptedException
    {
        int clientPort = FreePorts.next();
        int statsPort = FreePorts.next();
        List<String> command = new ArrayList<>(List.of(binary, "-u", System.getProperty("user.name"), "-c",
            Integer.toString(CONNECTIONS_MAX), "-H", Integer.toString(clientPort), "-p", Integer.toString(statsPort),
            "--http-stats", "--aes-pwd", key.toString()));
        for (String secret : secrets)
        {
            command.addAll(List.of("-S", secret));
        }
        command.add(conf.toString());
        Process process = new ProcessBuilder(command).redirectErrorStream(true)
            .redirectOutput(folder.resolve("reference.log").toFile()).start();
        ComparedProxy proxy = new ComparedProxy(clientPort, statsPort, () ->
        {
            process.destroy();
            if (!process.waitFor(5, TimeUnit.SECONDS))
            {
                process.destroyForcibly();
            }
            return process;
        });
        for (int port : new int[]{clientPort, statsPort})
        {
            awaitOpen(port, process);
        }
        return proxy;
    }

    /** Starts ours with the same settings. */
    static ComparedProxy ours(Path conf, byte[] key, List<String> secrets) throws Exception
    {
        ProxyMultiConf servers = ProxyMultiConf.load(conf.toString(), new SystemHostResolver(SystemNanoClock.INSTANCE));
        ProxySecretFile proxySecret = ProxySecretFile.of(key);
        StatsPort port = StatsPort.open(0, 0);
        EngineConfig.Clients defaults =
            EngineConfig.Clients.with(SecretList.of(secrets.stream().map(Secret::parse).toList()));
        EngineConfig.MiddleProxies proxies = EngineConfig.MiddleProxies.of(servers, proxySecret);
        EngineConfig config = new EngineConfig(EngineConfig.Listening.on(0),
            new EngineConfig.Clients(defaults.secrets(), "", CONNECTIONS_MAX, CONNECTIONS_MAX, 0, defaults.limits()),
            new EngineConfig.MiddleProxies(servers, proxySecret, proxies.natRules(), port.number(),
                proxies.linkBufferLength(), proxies.drainTimeout()),
            EngineConfig.Buffers.DEFAULT, EngineConfig.Threads.DEFAULT);
        ProxyEngine engine = ProxyEngine.launch(new EngineContext().config(config));
        StatsServer server = StatsServer.start(port, new StatsContext()
            .sources(() -> StatsSources.single(engine.status(), List.of()))
            .configState(engine::configState)
            .settings(ProxySettings.of(conf.toString(), config, 0))
            .processTuple(engine::processTuple)
            .version("ours")
            .rpcAccess(new RpcAccess(proxySecret, false, 0)));
        return new ComparedProxy(engine.ports().getFirst(), port.number(), () ->
        {
            server.close();
            engine.close();
            return server;
        });
    }

    private static void awaitOpen(int port, Process process) throws IOException, InterruptedException
    {
        for (int attempt = 0; attempt < 100 && process.isAlive(); attempt++)
        {
            try (Socket socket = StatsFixture.connect(port, "127.0.0.1"))
            {
                if (socket.isConnected())
                {
                    return;
                }
            }
            catch (IOException e)
            {
                Thread.sleep(50);
            }
        }
        throw new IOException("the reference does not listen on " + port);
    }

    void stop() throws Exception
    {
        end.call();
    }
}
