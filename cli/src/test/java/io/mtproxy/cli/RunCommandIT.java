// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mtproxy.soak.ClientSwarm;
import io.mtproxy.soak.DatacenterServer;
import io.mtproxy.soak.DatacenterSettings;
import io.mtproxy.soak.DatacenterSettings.Mode;
import io.mtproxy.soak.FreePorts;
import io.mtproxy.soak.SoakReport;
import io.mtproxy.soak.SwarmSettings;
import io.mtproxy.soak.Transport;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The distribution, as an operator starts and stops it. */
class RunCommandIT
{
    private static final String SECRET = "00112233445566778899aabbccddeeff";
    private static final long READY_TIMEOUT_S = 60;

    @TempDir private Path folder;

    /** [C-SIG-01] [C-SIG-20] [C-EXIT-20] [C-MID-01] */
    @ParameterizedTest
    @ValueSource(strings = {"1", "2", "2+1"})
    void shouldRelayEachTransportAndEndWithZero(String threads) throws Exception
    {
        byte[] proxySecret = "a secret of some length that both sides have in a file".getBytes("US-ASCII");
        int port = FreePorts.next();
        try (DatacenterServer datacenter = DatacenterServer.start(DatacenterSettings.of(proxySecret, Mode.ECHO));
            DistRun proxy = DistRun.start(folder, List.of("-u", "root", "-c", "1000", "-H", String.valueOf(port),
                "-S", SECRET, "--threads", threads, "--status-dir", folder.resolve("status").toString(),
                conf(datacenter), "--aes-pwd", Files.write(folder.resolve("proxy-secret"), proxySecret).toString())))
        {
            await(proxy, () -> datacenter.snapshot().linksReady() == 4);

            SoakReport report;
            try (ClientSwarm swarm = ClientSwarm.start(SwarmSettings.of(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), port), List.of(HexFormat.of().parseHex(SECRET)),
                6, Duration.ofMinutes(2)).withTransports(List.of(Transport.values()))))
            {
                report = swarm.awaitAnswers(60);
            }
            proxy.terminate();

            assertEquals(0, proxy.exitCode(), proxy::toString);
            assertTrue(report.isClean() && report.messagesAnswered() > 0, report::toString);
            assertEquals(List.of(), datacenter.violations());
            assertEquals("", proxy.out());
            assertTrue(proxy.err().lines().allMatch(line -> line.matches("\\[\\d+]\\[[-0-9:. ]+ local] .*")), proxy
                .err());
            assertTrue(proxy.err().lines().noneMatch(line -> line.contains("warning")), proxy.err());
            assertTrue(proxy.err().endsWith("terminated by SIGTERM\n"), proxy.err());
        }
    }

    @Test
    void shouldPlayDemo() throws Exception
    {
        try (DistRun demo = DistRun.start(folder, List.of("demo", "--seconds", "3", "--clients", "6")))
        {
            assertEquals(0, demo.exitCode(), () -> "see stderr in " + folder);
            assertEquals("", demo.err());
            assertTrue(demo.out().contains("  tg://proxy?server=127.0.0.1&port="), demo.out());
            assertTrue(demo.out().contains("integrity: "), demo.out());
            assertTrue(demo.out().contains(" 0 messages wrong, errors {} — all right"), demo.out());
        }
    }

    private String conf(DatacenterServer datacenter) throws Exception
    {
        return Files.writeString(folder.resolve("proxy-multi.conf"),
            "default 2;\nproxy_for 2 127.0.0.1:" + datacenter.port() + ";\n").toString();
    }

    private static void await(DistRun proxy, BooleanSupplier condition) throws Exception
    {
        long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(READY_TIMEOUT_S);
        while (!condition.getAsBoolean())
        {
            assertTrue(proxy.isAlive(), proxy.err());
            assertTrue(System.nanoTime() - deadlineNs < 0, proxy.err());
            Thread.sleep(10);
        }
    }
}
