// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.status;

import io.mtproxy.engine.status.api.StallLeg;

/** What an agent counts for each DC: one line each, in the order of their words in a row; new ones go last. */
public enum DcCounter
{
    /** Servers in the cluster. */
    SERVERS(false),
    /** Of these, with at least one ready link. */
    READY_SERVERS(false),
    /** Clients, handshake done. */
    CONNECTIONS(false),
    /** Handshakes accepted. */
    HANDSHAKES(true),
    /** Client packets handed on. */
    PACKETS_TO_DATACENTER(true),
    /** Bytes of these, without headers. */
    BYTES_TO_DATACENTER(true),
    /** Answers. */
    PACKETS_TO_CLIENT(true),
    /** Bytes of these, without headers. */
    BYTES_TO_CLIENT(true),
    /** Client packets for which no link was ready. */
    DROPPED(true),
    /** {@link StallLeg#CLIENT_NOT_READING}. */
    STALLS_CLIENT_NOT_READING(true),
    /** {@link StallLeg#TO_CLIENT_RING_FULL}. */
    STALLS_TO_CLIENT_RING_FULL(true),
    /** {@link StallLeg#TO_DATACENTER_RING_FULL}. */
    STALLS_TO_DATACENTER_RING_FULL(true),
    /** {@link StallLeg#LINK_CONGESTED}. */
    STALLS_LINK_CONGESTED(true),
    /** {@link StallLeg#MIDDLE_PROXY_SILENT}. */
    STALLS_MIDDLE_PROXY_SILENT(true);

    private final boolean isTotal;

    DcCounter(boolean isTotal)
    {
        this.isTotal = isTotal;
    }

    /** @return whether it only grows, and goes on over restarts. */
    boolean isTotal()
    {
        return isTotal;
    }

    /** @return its place among these, from 0. */
    @SuppressWarnings("EnumOrdinal")
    int index()
    {
        return ordinal();
    }

    /** @return offset of its word in a row, behind the key. */
    int offset()
    {
        return (1 + index()) * Long.BYTES;
    }

    /** @return the counter of the stalls on a leg. */
    static DcCounter ofStalls(StallLeg leg)
    {
        return switch (leg)
        {
            case CLIENT_NOT_READING -> STALLS_CLIENT_NOT_READING;
            case TO_CLIENT_RING_FULL -> STALLS_TO_CLIENT_RING_FULL;
            case TO_DATACENTER_RING_FULL -> STALLS_TO_DATACENTER_RING_FULL;
            case LINK_CONGESTED -> STALLS_LINK_CONGESTED;
            case MIDDLE_PROXY_SILENT -> STALLS_MIDDLE_PROXY_SILENT;
        };
    }
}
