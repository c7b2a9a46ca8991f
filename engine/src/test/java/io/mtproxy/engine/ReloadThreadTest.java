// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mtproxy.engine.config.ConfigRefresher;
import io.mtproxy.engine.config.ProxyMultiConf;
import io.mtproxy.engine.config.SecretList;
import io.mtproxy.engine.status.ProxyCounter;
import java.net.InetAddress;
import java.net.Socket;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** With threads of their own: what blocks in a reload blocks the conductor alone. */
final class ReloadThreadTest
{
    private static final int CLIENT_COUNT = 3;
    private static final String CONF = "proxy_for 2 slow.example:9; default 2;";

    @TempDir Path folder;

    /** [C-CFG-24] [C-REL-10] */
    @Test
    @Timeout(180)
    void shouldServeWhileANameIsBeingResolved() throws Exception
    {
        Path file = folder.resolve("a.conf");
        Files.writeString(file, CONF);
        CountDownLatch answer = new CountDownLatch(1);
        BlockingQueue<String> askers = new LinkedBlockingQueue<>();
        BlockingQueue<String> log = new LinkedBlockingQueue<>();
        ConfigRefresher refresher = new ConfigRefresher(file.toString(), () -> host ->
        {
            askers.add(Thread.currentThread().getName());
            await(answer);
            return InetAddress.getLoopbackAddress();
        }, SecretList::empty);
        try (ProxyEngine engine = ProxyEngine.launch(new EngineContext().config(config()).refresher(refresher)
            .log(log::add)))
        {
            engine.reload();
            assertEquals("conductor", askers.take());
            for (int i = 0; i < CLIENT_COUNT; i++)
            {
                new Socket(InetAddress.getLoopbackAddress(), engine.ports().getFirst()).close();
            }
            while (engine.status().get(ProxyCounter.CLOSED_PEER_END) < CLIENT_COUNT)
            {
                Thread.onSpinWait();
            }
            assertEquals(0, engine.status().get(ProxyCounter.CONFIG_RELOADS));
            assertEquals(0, engine.configState().length());
            answer.countDown();
            assertTrue(log.take().contains(" reloaded: " + CONF.length() + " bytes, "));
            assertEquals(CONF.length(), engine.configState().length());
        }
    }

    private static void await(CountDownLatch latch) throws UnknownHostException
    {
        try
        {
            if (!latch.await(120, TimeUnit.SECONDS))
            {
                throw new UnknownHostException("the test did not go on");
            }
        }
        catch (InterruptedException e)
        {
            Thread.currentThread().interrupt();
            throw new UnknownHostException("interrupted");
        }
    }

    private static EngineConfig config()
    {
        ProxyMultiConf conf = new ProxyMultiConf(List.of(), Map.of(), 0, 0, "", List.of());
        return new EngineConfig(EngineConfig.Listening.on(0), EngineConfig.Clients.with(SecretList.empty()),
            EngineConfig.MiddleProxies.of(conf, null), EngineConfig.Buffers.DEFAULT, EngineConfig.Threads.DEFAULT);
    }
}
