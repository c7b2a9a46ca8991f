// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.status;

import java.util.List;

/**
 * Which agents a status file is for: client agents first, then datacenter agents, then others. What the tables of a file
 * take follows from that.
 *
 * @param clientCount     agents with clients.
 * @param datacenterCount agents with links.
 * @param otherCount      agents with counters only.
 */
public record StatusShape(int clientCount, int datacenterCount, int otherCount)
{
    /** Names of client agents begin so. */
    public static final String CLIENT_PREFIX = "client-";
    /** Names of datacenter agents begin so. */
    public static final String DATACENTER_PREFIX = "datacenter-";

    private static final int DISTINCT_PLACES_MIN = 4096;

    /** @return the shape for agents of these names. */
    static StatusShape of(List<String> agentNames)
    {
        int clients = (int)agentNames.stream().filter(name -> name.startsWith(CLIENT_PREFIX)).count();
        int datacenters = (int)agentNames.stream().filter(name -> name.startsWith(DATACENTER_PREFIX)).count();
        return new StatusShape(clients, datacenters, agentNames.size() - clients - datacenters);
    }

    /** @return bytes of a status file for such agents, for the memory budget: the system keeps it in memory. */
    public int fileLength()
    {
        return StatusLayout.fileLength(this);
    }

    int agentCount()
    {
        return clientCount + datacenterCount + otherCount;
    }

    Table latencies()
    {
        return new Table(0, agentCount(), StatusLayout.LATENCY_ROW_COUNT, StatusLayout.LATENCY_ROW_LENGTH);
    }

    Table secrets()
    {
        return new Table(0, clientCount, SecretRows.ROW_COUNT, SecretRows.ROW_LENGTH);
    }

    Table distinct()
    {
        int places = Math.max(DISTINCT_PLACES_MIN, DistinctValues.PLACE_COUNT / Math.max(1, clientCount));
        return new Table(0, clientCount, places, Long.BYTES);
    }

    Table dcs()
    {
        return new Table(0, clientCount + datacenterCount, DcRows.ROW_COUNT, DcRows.ROW_LENGTH);
    }

    Table links()
    {
        return new Table(clientCount, datacenterCount, LinkRows.ROW_COUNT, LinkRows.ROW_LENGTH);
    }

    Table stalls()
    {
        return new Table(0, clientCount + datacenterCount, StallLog.ROW_COUNT, StallLog.ROW_LENGTH);
    }

    /** What a {@link StatusTable} is made by. */
    record Table(int firstOwner, int ownerCount, int rowCount, int rowLength)
    {
        int length()
        {
            return StatusTable.length(ownerCount, rowCount, rowLength);
        }
    }
}
