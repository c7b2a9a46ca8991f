// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.status.api;

import org.jspecify.annotations.Nullable;

/** Where data stopped on its way, for a client that is connected while nothing loads: one line each, ids never reused. */
public enum StallLeg
{
    /** Answers wait for a client whose socket takes nothing. */
    CLIENT_NOT_READING(1, true, "client not reading"),
    /** A link has answers for which the ring to the client agent has no room. */
    TO_CLIENT_RING_FULL(2, true, "to-client ring full"),
    /** A client's packet finds no room in the ring to the datacenter agent. */
    TO_DATACENTER_RING_FULL(3, false, "to-datacenter ring full"),
    /** More than {@code --link-buffer} waits for the link: the middle proxy does not read. */
    LINK_CONGESTED(4, false, "link congested"),
    /** A packet was handed on and nothing has come back since. */
    MIDDLE_PROXY_SILENT(5, true, "middle proxy silent");

    private final int id;
    private final boolean isToClient;
    private final String label;

    StallLeg(int id, boolean isToClient, String label)
    {
        this.id = id;
        this.isToClient = isToClient;
        this.label = label;
    }

    /** @return number that stands for it in status files of all versions. */
    public int id()
    {
        return id;
    }

    /** @return whether it is the way to the client that stands still; else it is the way to the datacenter. */
    public boolean isToClient()
    {
        return isToClient;
    }

    /** @return for people. */
    public String label()
    {
        return label;
    }

    /** @return the leg of that id, or null when this version has none. */
    public static @Nullable StallLeg ofId(int id)
    {
        for (StallLeg leg : values())
        {
            if (leg.id == id)
            {
                return leg;
            }
        }
        return null;
    }
}
