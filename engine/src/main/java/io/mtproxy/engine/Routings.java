// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine;

import io.mtproxy.engine.config.ProxyMultiConf;
import io.mtproxy.engine.relay.RoutingTable;
import io.mtproxy.engine.relay.ServerEntry;
import io.mtproxy.engine.relay.ServerMarks;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Makes routing from a configuration: deals the servers to the datacenter agents in turn. (architecture A2) */
final class Routings
{
    private Routings()
    {
    }

    static RoutingTable of(ProxyMultiConf conf, int datacenterAgentCount)
    {
        Map<ProxyMultiConf.Server, ServerEntry> entries = new HashMap<>();
        List<ServerEntry> servers = new ArrayList<>();
        for (ProxyMultiConf.Server server : conf.servers())
        {
            int index = servers.size();
            ServerEntry entry = new ServerEntry(index, server.address(), server.minConnections(),
                server.maxConnections(), index % datacenterAgentCount, new ServerMarks(server.maxConnections()));
            servers.add(entry);
            entries.put(server, entry);
        }
        Map<Integer, List<ServerEntry>> clusters = new HashMap<>();
        conf.clusters().forEach((dc, members) -> clusters.put(dc, members.stream().map(entries::get).toList()));
        return new RoutingTable(servers, clusters, conf.defaultDc());
    }
}
