// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.metrics;

import io.mtproxy.cli.view.ProxyView;
import io.mtproxy.engine.ConfigState;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Pages of {@code /metrics}, made anew no more than twice a second: whoever asks more often gets the last one again, so that
 * what they cost the proxy has a bound. For any thread; who comes while a page is made waits for it.
 */
public final class RecentMetrics
{
    /** Age of a page that is given again at most. */
    static final long AGE_NS_MAX = TimeUnit.MILLISECONDS.toNanos(500);

    private final Supplier<ProxyView> view;
    private final Supplier<ConfigState> config;
    private final Map<MetricFormat, Made> made = new EnumMap<>(MetricFormat.class);

    /**
     * @param view   of the proxy.
     * @param config in use.
     */
    public RecentMetrics(Supplier<ProxyView> view, Supplier<ConfigState> config)
    {
        this.view = view;
        this.config = config;
    }

    private record Made(MetricsPage.Page page, long beganNs)
    {
    }

    /** Makes a page that nobody gets, for what is loaded and set up with the first one. */
    public void warmUp()
    {
        MetricsPage.of(view.get(), config.get(), MetricFormat.TEXT);
    }

    /**
     * @param accept what the client takes; empty when it does not say.
     * @param nowNs  of this moment.
     */
    public synchronized MetricsPage.Page page(String accept, long nowNs)
    {
        MetricFormat format = MetricFormat.choose(accept);
        Made last = made.get(format);
        if (last == null || nowNs - last.beganNs >= AGE_NS_MAX)
        {
            last = new Made(MetricsPage.of(view.get(), config.get(), format), nowNs);
            made.put(format, last);
        }
        return last.page;
    }
}
