// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.metrics;

import io.mtproxy.engine.status.api.LinkStage;
import io.mtproxy.engine.status.api.LinkState;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToLongFunction;

/** What is counted by middle proxy, over all links of all processes to it. */
final class LinkMetrics
{
    private static final MetricFamily LINKS = MetricFamily.gauge("server_links",
        "Places for links to the middle proxy, over all processes.");
    private static final MetricFamily READY = MetricFamily.gauge("server_links_ready",
        "Links to the middle proxy that carry clients.");
    private static final MetricFamily CONGESTED = MetricFamily.gauge("server_links_congested",
        "Links to the middle proxy whose clients are paused.");
    private static final MetricFamily CLIENTS = MetricFamily.gauge("server_clients",
        "Clients bound to links to the middle proxy.");
    private static final MetricFamily WAITING = MetricFamily.gauge("server_waiting_bytes",
        "Bytes that sockets of links to the middle proxy have not taken yet.");

    private LinkMetrics()
    {
    }

    static void write(MetricWriter out, List<LinkState> links)
    {
        each(out, LINKS, links, link -> 1);
        each(out, READY, links, link -> link.stage() == LinkStage.READY ? 1 : 0);
        each(out, CONGESTED, links, link -> link.isCongested() ? 1 : 0);
        each(out, CLIENTS, links, LinkState::clients);
        each(out, WAITING, links, LinkState::waitingBytes);
    }

    private static void each(MetricWriter out, MetricFamily family, List<LinkState> links,
        ToLongFunction<LinkState> value)
    {
        Map<String, Long> byServer = new TreeMap<>();
        links.forEach(link -> byServer.merge(link.server(), value.applyAsLong(link), Long::sum));
        out.family(family);
        byServer.forEach((server, sum) -> out.sample(MetricWriter.labels("server", server), sum));
    }
}
