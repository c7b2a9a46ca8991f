// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import io.mtproxy.engine.status.ProxyCounter;
import io.mtproxy.engine.status.StatusFileReader;
import io.mtproxy.soak.ClientSwarm;
import io.mtproxy.soak.DatacenterSettings.Mode;
import io.mtproxy.soak.SoakReport;
import io.mtproxy.soak.SwarmSettings;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/** One run of the demo: what it prints, from the first line to the summary. */
final class DemoRun
{
    private static final int LENGTH_MIN = 56;
    private static final int LENGTH_MAX = 64 * 1024;
    private static final Duration ENDLESS = Duration.ofDays(365);
    private static final Duration DRAIN = Duration.ofSeconds(5);
    private static final long LINK_TIME_MS = 10_000;
    private static final long LINK_PAUSE_MS = 10;
    private static final long LINE_EVERY_MS = 1000;
    private static final long PAUSE_MS_MAX = 50;
    private static final double MB = 1e6;
    private static final double NS_PER_MS = 1e6;
    private static final double NS_PER_SECOND = 1e9;

    private final PrintStream out;
    private final DemoScene scene;
    private final RunningProxy proxy;
    private final Path keyFile;
    private final int port;

    DemoRun(PrintStream out, DemoScene scene, RunningProxy proxy, Path keyFile)
    {
        this.out = out;
        this.scene = scene;
        this.proxy = proxy;
        this.keyFile = keyFile;
        this.port = proxy.engine().ports().getFirst();
    }

    /**
     * Plays until the time is over or somebody stops it.
     *
     * @param seconds 0 is until then.
     * @return whether every byte was right and no error happened.
     */
    boolean play(int clientCount, int seconds, StopWait stop) throws IOException, InterruptedException
    {
        stop.mainLoopBegins();
        introduce(clientCount);
        if (!awaitLinks(stop))
        {
            return false;
        }
        SwarmSettings settings = SwarmSettings
            .of(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), port), List.of(scene.secret()), clientCount,
                seconds == 0 ? ENDLESS : Duration.ofSeconds(seconds))
            .withMode(Mode.ECHO)
            .withDcIds(List.of(DemoScene.LOAD_DC))
            .withLengths(LENGTH_MIN, LENGTH_MAX)
            .withDrain(DRAIN);
        try (ClientSwarm swarm = ClientSwarm.start(settings))
        {
            String reason = watch(swarm, stop);
            // before the swarm is closed, as it then counts what is under way as lost
            SoakReport report = swarm.snapshot();
            return conclude(report, reason);
        }
    }

    private void introduce(int clientCount)
    {
        String query = "proxy?server=127.0.0.1&port=" + port + "&secret=" + scene.secretHex();
        out.println(ProductVersion.text());
        out.println("proxy on 127.0.0.1:" + port + ", simulated datacenter behind it, " + clientCount +
            " clients with abridged, intermediate and padded intermediate frames; no network is used");
        out.println();
        out.println("  tg://" + query);
        out.println("  https://t.me/" + query);
        out.println("  A client library on this machine can connect by that as well, to DC " + DemoScene.LIBRARY_DC +
            " with the datacenter's own RSA key:");
        out.println("  fingerprint " + Long.toUnsignedString(DemoScene.rsaKeyFingerprint(), 16) + ", PEM in " +
            keyFile.toAbsolutePath());
        out.println();
        out.printf(Locale.ROOT, "%8s %16s %14s %12s %9s %9s %16s %6s%n", "time", "to datacenter", "to clients",
            "messages/s", "p50 ms", "p99 ms", "bytes compared", "wrong");
        out.flush();
    }

    private boolean awaitLinks(StopWait stop) throws InterruptedException
    {
        for (long waitedMs = 0; !scene.isLinked(); waitedMs += LINK_PAUSE_MS)
        {
            if (waitedMs > LINK_TIME_MS)
            {
                out.println("the proxy has no link to the simulated datacenter after " + LINK_TIME_MS + " ms: " +
                    scene.violations());
                return false;
            }
            if (stop.await(LINK_PAUSE_MS) != null)
            {
                return false;
            }
        }
        return true;
    }

    /** @return what asked to stop; null when the time was over. */
    private @Nullable String watch(ClientSwarm swarm, StopWait stop) throws InterruptedException
    {
        long beginNs = System.nanoTime();
        SoakReport last = swarm.snapshot();
        String reason = null;
        for (int line = 1; !swarm.isFinished() && reason == null;)
        {
            long leftMs = line * LINE_EVERY_MS - TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - beginNs);
            if (leftMs > 0)
            {
                reason = stop.await(Math.min(leftMs, PAUSE_MS_MAX));
                continue;
            }
            SoakReport now = swarm.snapshot();
            printLine(last, now);
            last = now;
            line++;
        }
        SoakReport end = swarm.snapshot();
        if (end.elapsed().minus(last.elapsed()).toMillis() > LINE_EVERY_MS / 2)
        {
            printLine(last, end);
        }
        return reason;
    }

    private void printLine(SoakReport last, SoakReport now)
    {
        double seconds = Math.max(1, now.elapsed().minus(last.elapsed()).toNanos()) / NS_PER_SECOND;
        Histogram latency = now.latencyNs().copy();
        latency.subtract(last.latencyNs());
        out.printf(Locale.ROOT, "%6d s %11.1f MB/s %9.1f MB/s %12.0f %9.3f %9.3f %16d %6d%n",
            now.elapsed().plusMillis(LINE_EVERY_MS / 2).toSeconds(),
            (now.bytesSent() - last.bytesSent()) / MB / seconds,
            (now.bytesReceived() - last.bytesReceived()) / MB / seconds,
            (now.messagesAnswered() - last.messagesAnswered()) / seconds,
            latency.getValueAtPercentile(50) / NS_PER_MS, latency.getValueAtPercentile(99) / NS_PER_MS,
            now.bytesReceived(), now.mismatches() + scene.mismatches());
        out.flush();
    }

    private boolean conclude(SoakReport report, @Nullable String reason) throws IOException
    {
        long wrong = report.mismatches() + scene.mismatches();
        List<String> violations = scene.violations();
        StatusFileReader status = proxy.engine().status();
        int internalErrors = status.readErrors((count, firstMs, lastMs, text) -> out.println("error of the proxy: " +
            text));
        violations.forEach(violation -> out.println("breach of the protocol by the proxy: " + violation));
        boolean isWhole = reason != null || report.messagesAnswered() == report.messagesSent();
        boolean isRight = wrong == 0 && report.errors().isEmpty() && violations.isEmpty() && internalErrors == 0 &&
            isWhole && report.messagesAnswered() > 0;
        out.println();
        out.printf(Locale.ROOT, "%.1f s%s: %d messages, %.1f MB to the datacenter, %.1f MB back%n",
            report.elapsed().toMillis() / 1000.0, reason == null ? "" : ", ended by " + reason,
            report.messagesAnswered(), report.bytesSent() / MB, report.bytesReceived() / MB);
        out.printf(Locale.ROOT, "latency p50 %.3f ms, p99 %.3f ms, longest %.3f ms%n",
            report.latencyNs().getValueAtPercentile(50) / NS_PER_MS,
            report.latencyNs().getValueAtPercentile(99) / NS_PER_MS, report.latencyNs().getMaxValue() / NS_PER_MS);
        out.println("the proxy counted " + status.get(ProxyCounter.FRAMES_TO_DATACENTER) + " packets to and " +
            status.get(ProxyCounter.ANSWERS_TO_CLIENT) + " answers from the datacenter, " +
            status.get(ProxyCounter.INBOUND_CONNECTIONS_ACCEPTED) + " client connections, " + scene.keysAgreed() +
            " keys agreed by client libraries");
        out.println("integrity: " + report.bytesReceived() + " bytes compared, " + wrong + " messages wrong, errors " +
            report.errors() + (isRight ? " — all right" : " — NOT RIGHT"));
        out.flush();
        return isRight;
    }
}
