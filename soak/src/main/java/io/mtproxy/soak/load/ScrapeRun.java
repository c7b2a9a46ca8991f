// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.soak.load;

import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/** A proxy under load, in turn with and without somebody who fetches its numbers: what do these fetches cost? */
public final class ScrapeRun
{
    private static final int TIMEOUT_MS = 10_000;
    private static final double NS_A_MS = 1e6;

    private final ProxyProcess proxy;
    private final String path;
    private final int scrapesATurn;
    private final long gapNs;
    private final Histogram latencyNs = new Histogram(LoadSnapshot.LATENCY_NS_MAX, LoadSnapshot.LATENCY_DIGITS);
    private long bodyLength;

    private ScrapeRun(ProxyProcess proxy, Laboratory laboratory, String path, int scrapesATurn)
    {
        this.proxy = proxy;
        this.path = path;
        this.scrapesATurn = scrapesATurn;
        this.gapNs = laboratory.duration().toNanos() / scrapesATurn;
    }

    /**
     * What was seen.
     *
     * @param comparison A with fetches, B without.
     * @param latencyNs  of each fetch.
     * @param bodyLength of the last page, bytes.
     */
    public record Result(Comparison comparison, Histogram latencyNs, long bodyLength)
    {
        @Override
        public String toString()
        {
            return String.format(Locale.ROOT, "%d pages of %d bytes: p50 %.2f ms, p99 %.2f ms, max %.2f ms",
                latencyNs.getTotalCount(), bodyLength, latencyNs.getValueAtPercentile(50) / NS_A_MS,
                latencyNs.getValueAtPercentile(99) / NS_A_MS, latencyNs.getMaxValue() / NS_A_MS);
        }
    }

    /**
     * Measures; the first turn of each kind only warms up.
     *
     * @param path         of the page, as {@code /metrics}.
     * @param scrapesATurn fetches, evenly over the measured time, over a connection that is kept.
     * @param alternations turns of each kind.
     * @throws IOException when the proxy ends or a page cannot be had.
     */
    public static Result run(ProxyProcess proxy, Laboratory laboratory, LoadScenario scenario, String path,
        int scrapesATurn, int alternations) throws IOException, InterruptedException
    {
        ScrapeRun warmUp = new ScrapeRun(proxy, laboratory, path, scrapesATurn);
        laboratory.run(scenario, proxy, warmUp.new Scraper());
        laboratory.run(scenario, proxy);
        ScrapeRun run = new ScrapeRun(proxy, laboratory, path, scrapesATurn);
        List<LoadResult> with = new ArrayList<>();
        List<LoadResult> without = new ArrayList<>();
        for (int i = 0; i < alternations; i++)
        {
            if (i % 2 == 0)
            {
                without.add(laboratory.run(scenario, proxy));
            }
            with.add(laboratory.run(scenario, proxy, run.new Scraper()).named("with fetches of " + path));
            if (i % 2 != 0)
            {
                without.add(laboratory.run(scenario, proxy));
            }
        }
        return new Result(new Comparison(scenario.name(), with, without), run.latencyNs, run.bodyLength);
    }

    /** Fetches for one turn, on a thread of its own. */
    private final class Scraper implements Laboratory.Probe
    {
        private final Thread thread = Thread.ofPlatform().daemon().name("scraper").unstarted(this::fetchAll);
        private volatile @Nullable IOException failure;

        @Override
        public void begin()
        {
            thread.start();
        }

        @Override
        public void end() throws IOException, InterruptedException
        {
            thread.join(TIMEOUT_MS);
            IOException failed = failure;
            if (failed != null || thread.isAlive())
            {
                throw new IOException("the page " + path + " cannot be had: " +
                    (failed == null ? "it takes too long" : failed.getMessage()), failed);
            }
        }

        private void fetchAll()
        {
            long beginNs = System.nanoTime();
            try
            {
                for (int i = 0; i < scrapesATurn; i++)
                {
                    long dueNs = beginNs + gapNs * i;
                    for (long nowNs = System.nanoTime(); nowNs - dueNs < 0; nowNs = System.nanoTime())
                    {
                        LockSupport.parkNanos(dueNs - nowNs);
                    }
                    fetch();
                    latencyNs.recordValue(System.nanoTime() - dueNs);
                }
            }
            catch (IOException e)
            {
                failure = e;
            }
        }

        private void fetch() throws IOException
        {
            URI page = URI.create("http://127.0.0.1:" + proxy.statsPort() + path);
            HttpURLConnection connection = (HttpURLConnection)page.toURL().openConnection();
            connection.setConnectTimeout(TIMEOUT_MS);
            connection.setReadTimeout(TIMEOUT_MS);
            try (InputStream body = connection.getInputStream())
            {
                bodyLength = body.readAllBytes().length;
            }
        }
    }
}
