// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.agent;

import io.mtproxy.engine.config.ProxyMultiConf;
import io.mtproxy.engine.relay.RoutingTable;
import io.mtproxy.engine.relay.ServerEntry;
import io.mtproxy.engine.relay.ServerMarks;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Makes routing from one configuration after the other. A server is the same as long as its resolved address and port
 * are: it keeps its index, its marks and its owner, and gets them back when it returns before its links have drained.
 * New ones are dealt to the datacenter agents in turn. [C-REL-13] (architecture A2)
 */
final class Routings
{
    private final int datacenterAgentCount;
    private final long rememberNs;
    private final Map<InetSocketAddress, Known> known = new HashMap<>();
    private int nextIndex;

    /**
     * @param datacenterAgentCount to deal servers to.
     * @param rememberNs           how long a server that is gone is remembered.
     */
    Routings(int datacenterAgentCount, long rememberNs)
    {
        this.datacenterAgentCount = datacenterAgentCount;
        this.rememberNs = rememberNs;
    }

    /** A server that is configured, or was until a while ago. */
    private static final class Known
    {
        ServerEntry entry;
        boolean isConfigured;
        /** Valid while it is not configured. */
        long removedNs;

        Known(ServerEntry entry)
        {
            this.entry = entry;
        }
    }

    /**
     * What a configuration changes.
     *
     * @param routing to be used from now on.
     * @param added   servers that need links, perhaps again.
     * @param updated servers that stay with other numbers of links.
     * @param removed servers whose links are to drain.
     */
    record Change(RoutingTable routing, List<ServerEntry> added, List<ServerEntry> updated, List<ServerEntry> removed)
    {
    }

    /** Takes another configuration. */
    Change next(ProxyMultiConf conf, long nowNs)
    {
        known.values().removeIf(one -> !one.isConfigured && nowNs - one.removedNs > rememberNs);
        List<ServerEntry> added = new ArrayList<>();
        List<ServerEntry> updated = new ArrayList<>();
        List<ServerEntry> removed = new ArrayList<>();
        Map<InetSocketAddress, ServerEntry> entries = new HashMap<>();
        List<ServerEntry> servers = new ArrayList<>();
        for (ProxyMultiConf.Server server : conf.servers())
        {
            ServerEntry entry = take(server, firstDcOf(server, conf), added, updated);
            servers.add(entry);
            entries.put(server.address(), entry);
        }
        known.forEach((address, one) ->
        {
            if (one.isConfigured && !entries.containsKey(address))
            {
                one.isConfigured = false;
                one.removedNs = nowNs;
                removed.add(one.entry);
            }
        });
        Map<Integer, List<ServerEntry>> clusters = new HashMap<>();
        conf.clusters().forEach((dc, members) -> clusters.put(dc,
            members.stream().map(server -> entries.get(server.address())).toList()));
        return new Change(new RoutingTable(servers, clusters, conf.defaultDc()), added, updated, removed);
    }

    private ServerEntry take(ProxyMultiConf.Server server, int dcId, List<ServerEntry> added,
        List<ServerEntry> updated)
    {
        Known one = known.get(server.address());
        if (one == null)
        {
            one = new Known(newEntry(server, dcId));
            known.put(server.address(), one);
        }
        ServerEntry before = one.entry;
        boolean isSame =
            before.minConnections() == server.minConnections() && before.maxConnections() == server.maxConnections();
        if (!isSame)
        {
            one.entry = new ServerEntry(before.index(), before.address(), server.minConnections(),
                server.maxConnections(), before.datacenterAgent(), before.dcId(), before.marks());
        }
        if (!one.isConfigured)
        {
            one.isConfigured = true;
            added.add(one.entry);
        }
        else if (!isSame)
        {
            updated.add(one.entry);
        }
        return one.entry;
    }

    private static int firstDcOf(ProxyMultiConf.Server server, ProxyMultiConf conf)
    {
        for (Map.Entry<Integer, List<ProxyMultiConf.Server>> cluster : conf.clusters().entrySet())
        {
            if (cluster.getValue().contains(server))
            {
                return cluster.getKey();
            }
        }
        return conf.defaultDc();
    }

    private ServerEntry newEntry(ProxyMultiConf.Server server, int dcId)
    {
        int index = nextIndex++;
        return new ServerEntry(index, server.address(), server.minConnections(), server.maxConnections(),
            index % datacenterAgentCount, dcId, new ServerMarks(server.maxConnections()));
    }
}
