// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.relay;

import java.util.List;
import java.util.Map;
import org.agrona.collections.Int2ObjectHashMap;

/** Which servers serve which DC: one configuration, immutable, swapped whole. [P-CON-10] [C-REL-10] */
public final class RoutingTable
{
    /** Routes nothing: every first packet is dropped. */
    public static final RoutingTable EMPTY = new RoutingTable(List.of(), Map.of(), 0);

    private static final ServerEntry[] NO_SERVERS = {};

    private final List<ServerEntry> servers;
    private final Int2ObjectHashMap<ServerEntry[]> clusters = new Int2ObjectHashMap<>();
    private final ServerEntry[] defaultCluster;
    private final int defaultDc;
    private final int[] clusterIds;

    /**
     * @param servers   each server once.
     * @param clusters  servers by DC id, in file order; a server listed twice is drawn twice as often. [C-CFG-07]
     * @param defaultDc the cluster of a DC that has none. [C-CFG-05]
     */
    public RoutingTable(List<ServerEntry> servers, Map<Integer, List<ServerEntry>> clusters, int defaultDc)
    {
        this.servers = List.copyOf(servers);
        clusters.forEach((dc, entries) -> this.clusters.put((int)dc, entries.toArray(NO_SERVERS)));
        ServerEntry[] found = this.clusters.get(defaultDc);
        this.defaultDc = defaultDc;
        this.clusterIds = clusters.keySet().stream().mapToInt(Integer::intValue).sorted().toArray();
        this.defaultCluster = found == null ? NO_SERVERS : found;
    }

    /** @return every server once. */
    public List<ServerEntry> servers()
    {
        return servers;
    }

    /** @return number of DC ids that have a cluster of their own. */
    public int clusterCount()
    {
        return clusters.size();
    }

    /** @return DC ids that have a cluster of their own, in order. */
    public int[] clusterIds()
    {
        return clusterIds.clone();
    }

    /** @return id of the cluster that {@link #lookup} finds: that id, else the default one. */
    public int clusterIdOf(int dcId)
    {
        return clusters.containsKey(dcId) ? dcId : defaultDc;
    }

    /**
     * Finds the servers for the id in a client's header: exactly that id, else the default cluster.
     *
     * @return never null; empty when there is no target.
     */
    public ServerEntry[] lookup(int dcId)
    {
        ServerEntry[] found = clusters.get(dcId);
        return found == null ? defaultCluster : found;
    }
}
