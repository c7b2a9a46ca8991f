// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.metrics;

import io.mtproxy.cli.view.ProcessView;
import io.mtproxy.cli.view.ProxyView;
import io.mtproxy.engine.ConfigState;
import io.mtproxy.engine.status.ProxyCounter;
import io.mtproxy.engine.status.ProxyCounter.Kind;
import io.mtproxy.engine.status.StatusFileReader;
import io.mtproxy.engine.status.StatusReport;
import java.util.function.Consumer;

/**
 * {@code /metrics}: everything that the status files of a proxy hold, as samples. Sets of labels are bounded: by reasons
 * and results in the code, by secrets and DCs in the configuration, by workers on the command line.
 */
public final class MetricsPage
{
    /** Labels behind others. */
    static final String TO_DATACENTER = ",direction=\"to_datacenter\"";
    static final String TO_CLIENT = ",direction=\"to_client\"";

    private static final MetricFamily BUILD = MetricFamily.of(MetricFamily.Type.INFO, "build",
        "Version of the proxy.");
    private static final MetricFamily UP = MetricFamily.gauge("up", "Whether a process of the proxy lives.");
    private static final MetricFamily START = MetricFamily.gauge("start_time_seconds",
        "When the oldest current process began, since 1970.");
    private static final MetricFamily CONFIG = MetricFamily.of(MetricFamily.Type.INFO, "config",
        "Configuration file in use.");
    private static final MetricFamily CONFIG_LOADED = MetricFamily.gauge("config_loaded_timestamp_seconds",
        "When the configuration in use was applied, since 1970.");
    private static final MetricFamily CONFIG_REFUSED = MetricFamily.gauge("config_refused_timestamp_seconds",
        "When a newer configuration was refused last, since 1970; 0 when none was since this one was applied.");
    private static final MetricFamily CONFIG_CLUSTERS = MetricFamily.gauge("config_datacenters",
        "DC ids that the configuration has middle proxies for.");
    private static final MetricFamily CONFIG_SECRETS = MetricFamily.gauge("config_secrets",
        "Client secrets in use.");
    private static final MetricFamily WORKER_UP = MetricFamily.gauge("worker_up", "Whether the process lives.");
    private static final MetricFamily WORKER_START = MetricFamily.gauge("worker_start_time_seconds",
        "When the process began, since 1970; changes when the worker is replaced.");
    private static final MetricFamily WORKER_SEEN = MetricFamily.gauge("worker_heartbeat_timestamp_seconds",
        "When the process last said that it lives, since 1970.");
    private static final MetricFamily WORKER_CLIENTS = MetricFamily.gauge("worker_client_connections",
        "Open client connections of the process.");
    private static final MetricFamily WORKER_LINKS = MetricFamily.gauge("worker_links_ready",
        "Ready links of the process.");
    private static final MetricFamily WORKER_STARTS = MetricFamily.counter("worker_starts",
        "Processes that have counted into the totals of this place, one after the other.");
    private static final MetricFamily COUNTED_SINCE = MetricFamily.gauge("counted_since_timestamp_seconds",
        "When totals began, over all restarts in the same status directory.");
    private static final MetricFamily AGENT_CYCLE = MetricFamily.gauge("worker_agent_duty_cycle_max_seconds",
        "Longest turn of the agent since its start, waiting not included.");

    private MetricsPage()
    {
    }

    /**
     * A page and what it is.
     *
     * @param contentType with version and character set.
     * @param text        whole.
     */
    public record Page(String contentType, String text)
    {
    }

    /**
     * @param state  in use.
     * @param accept what the client takes; empty when it does not say.
     */
    public static Page of(ProxyView view, ConfigState state, String accept)
    {
        return of(view, state, MetricFormat.choose(accept));
    }

    /**
     * @param state  in use.
     * @param format of the page.
     */
    static Page of(ProxyView view, ConfigState state, MetricFormat format)
    {
        MetricWriter out = new MetricWriter(format);
        proxy(out, view);
        config(out, state);
        workers(out, view);
        for (MetricCatalog.Group group : MetricCatalog.GROUPS)
        {
            out.family(group.family());
            for (MetricCatalog.Series series : group.series())
            {
                counter(out, series, view.get(series.counter()));
            }
        }
        StatusReport report = view.report();
        LatencyMetrics.write(out, report);
        DcMetrics.write(out, report.dcs());
        SecretMetrics.write(out, report.secrets());
        LinkMetrics.write(out, report.links());
        return new Page(format.contentType(), out.text());
    }

    private static void proxy(MetricWriter out, ProxyView view)
    {
        String version = view.description("version");
        if (!version.isEmpty())
        {
            out.family(BUILD);
            out.sample(MetricWriter.labels("version", version), 1);
        }
        out.family(UP);
        out.sample("", view.isAlive() ? 1 : 0);
        out.family(START);
        out.sampleEpochMs("", view.startEpochMs());
        out.family(COUNTED_SINCE);
        out.sampleEpochMs("", view.countedSinceEpochMs());
    }

    private static void config(MetricWriter out, ConfigState config)
    {
        if (config.loadedAtEpochMs() == 0)
        {
            return;
        }
        out.family(CONFIG);
        out.sample(MetricWriter.labels("md5", config.md5Hex()), 1);
        out.family(CONFIG_LOADED);
        out.sampleEpochMs("", config.loadedAtEpochMs());
        out.family(CONFIG_REFUSED);
        out.sampleEpochMs("", config.refusedAtEpochMs());
        out.family(CONFIG_CLUSTERS);
        out.sample("", config.clusterCount());
        out.family(CONFIG_SECRETS);
        out.sample("", config.secretCount());
    }

    private static void workers(MetricWriter out, ProxyView view)
    {
        out.family(WORKER_UP);
        view.processes().forEach(process -> out.sample(labels(process), process.isAlive() ? 1 : 0));
        out.family(WORKER_START);
        each(view, process -> out.sampleEpochMs(labels(process), process.reader().startEpochMs()));
        out.family(WORKER_STARTS);
        view.processes().forEach(process -> out.sample(labels(process), process.reader().startCount()));
        out.family(WORKER_SEEN);
        each(view, process -> out.sampleEpochMs(labels(process), process.reader().heartbeatEpochMs()));
        out.family(WORKER_CLIENTS);
        each(view, process -> out.sample(labels(process), process.reader().get(ProxyCounter.INBOUND_CONNECTIONS)));
        out.family(WORKER_LINKS);
        each(view, process -> out.sample(labels(process), process.reader().get(
            ProxyCounter.READY_OUTBOUND_CONNECTIONS)));
        out.family(AGENT_CYCLE);
        for (ProcessView process : view.current())
        {
            StatusFileReader reader = process.reader();
            for (int agent = 0; agent < reader.agentCount(); agent++)
            {
                out.sampleNs(MetricWriter.labels("worker", process.name(), "agent", reader.agentName(agent)),
                    reader.get(agent, ProxyCounter.DUTY_CYCLE_NS_MAX));
            }
        }
    }

    private static void each(ProxyView view, Consumer<ProcessView> sample)
    {
        view.current().forEach(sample);
    }

    private static String labels(ProcessView process)
    {
        return MetricWriter.labels("worker", process.name());
    }

    private static void counter(MetricWriter out, MetricCatalog.Series series, long value)
    {
        boolean isTime = series.counter() == ProxyCounter.POLL_WAIT_NS || series.counter().kind() == Kind.MAXIMUM;
        if (isTime)
        {
            out.sampleNs(series.labels(), value);
        }
        else
        {
            out.sample(series.labels(), value);
        }
    }
}
