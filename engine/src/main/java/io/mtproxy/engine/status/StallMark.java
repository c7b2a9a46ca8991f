// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.status;

import io.mtproxy.engine.status.api.StallLeg;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Tells a pause from a stall on one way of one connection or link: looked at now and then, it remembers since when the same
 * leg has stood still, and says so once.
 */
public final class StallMark
{
    /** Answer of {@link #look} when there is nothing to tell. */
    public static final long NO_STALL = -1;

    private @Nullable StallLeg leg;
    private long sinceNs;
    private long progress;
    private boolean isTold;

    /** @return how long a leg may stand still, ns: beyond that it is a stall. */
    public static long limitNs(StallLeg leg)
    {
        return TimeUnit.SECONDS.toNanos(switch (leg)
        {
            case TO_CLIENT_RING_FULL, TO_DATACENTER_RING_FULL -> 1;
            case CLIENT_NOT_READING, LINK_CONGESTED -> 5;
            case MIDDLE_PROXY_SILENT -> 10;
        });
    }

    /**
     * Looks again.
     *
     * @param found       which leg stands still now, or null.
     * @param progressNow changes whenever something moves there.
     * @param beganNs     when it came to stand, for all that is known; at the latest now.
     * @return how long it has stood still, if that is a stall that has not been told yet; {@link #NO_STALL} otherwise.
     */
    public long look(@Nullable StallLeg found, long progressNow, long beganNs, long nowNs)
    {
        if (found != leg || progressNow != progress)
        {
            leg = found;
            progress = progressNow;
            sinceNs = beganNs;
            isTold = false;
        }
        if (found == null || isTold || nowNs - sinceNs < limitNs(found))
        {
            return NO_STALL;
        }
        isTold = true;
        return nowNs - sinceNs;
    }
}
