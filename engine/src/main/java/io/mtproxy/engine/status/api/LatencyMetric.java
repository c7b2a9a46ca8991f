// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.status.api;

import org.jspecify.annotations.Nullable;

/** What the engine measures the length of: one line each. All are in ns. Ids are never reused. */
public enum LatencyMetric
{
    /** From accept to the first packet of the client that is handed on to a middle proxy; each client once. */
    FIRST_BYTE(1, "accept to first relayed packet"),
    /** From accept to a header that one of the secrets opens; each client once. */
    HANDSHAKE(2, "client handshake"),
    /**
     * A packet's way through the proxy towards the datacenter: from the read that completed it to the write of its link, or
     * to the link's queue when the socket takes no more. Measured for the first packet after each 16 reads.
     */
    TO_DATACENTER(3, "packet through the proxy, to datacenter"),
    /** As {@link #TO_DATACENTER}, from the link's read to the client's write. */
    TO_CLIENT(4, "packet through the proxy, to client"),
    /** A turn of an agent's thread, waiting not included. */
    DUTY_CYCLE(5, "duty cycle"),
    /**
     * From a client's packet that is handed on to the first answer or quick ack for that client: the ring, the link, the
     * middle proxy, the datacenter and back, in the resolution of turns. One measurement at a time for each client; what
     * the middle proxy sends unasked may end it early. Kept by DC, see {@link DcState#roundTrip}.
     */
    LINK_ROUND_TRIP(6, "request to first answer");

    private final int id;
    private final String label;

    LatencyMetric(int id, String label)
    {
        this.id = id;
        this.label = label;
    }

    /** @return number that stands for it in status files of all versions. */
    public int id()
    {
        return id;
    }

    /** @return for people. */
    public String label()
    {
        return label;
    }

    /** @return the metric of that id, or null when this version has none. */
    public static @Nullable LatencyMetric ofId(int id)
    {
        for (LatencyMetric metric : values())
        {
            if (metric.id == id)
            {
                return metric;
            }
        }
        return null;
    }
}
