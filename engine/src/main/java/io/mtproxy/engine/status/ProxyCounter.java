// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.status;

import static io.mtproxy.engine.status.ProxyCounter.Kind.GAUGE;
import static io.mtproxy.engine.status.ProxyCounter.Kind.TOTAL;

/**
 * Everything the engine counts: one line each, from which labels, reports and tables are made. Ids are never reused.
 */
public enum ProxyCounter
{
    /** Client packets written towards a middle proxy. [P-PAY-06] */
    FRAMES_TO_DATACENTER(101, TOTAL, "frames to datacenter", "tot_forwarded_queries"),
    /** Client packets dropped because no link was ready. [P-PAY-05] */
    FRAMES_DROPPED_NO_TARGET(102, TOTAL, "frames dropped, no target", "dropped_queries"),
    /** Client connections bound to a link now. [P-PAY-06] */
    EXT_CONNECTIONS(103, GAUGE, "ext connections", "ext_connections");

    /** Name for counters that the C program does not have. */
    public static final String NO_LEGACY_NAME = "";

    private final int id;
    private final Kind kind;
    private final String label;
    private final String legacyName;

    ProxyCounter(int id, Kind kind, String label, String legacyName)
    {
        this.id = id;
        this.kind = kind;
        this.label = label;
        this.legacyName = legacyName;
    }

    public int id()
    {
        return id;
    }

    public Kind kind()
    {
        return kind;
    }

    public String label()
    {
        return label;
    }

    /** @return key in the C program's report, or {@link #NO_LEGACY_NAME}. */
    public String legacyName()
    {
        return legacyName;
    }

    /** How values of a counter are to be read. */
    public enum Kind
    {
        /** Only grows. */
        TOTAL,
        /** Grows and shrinks. */
        GAUGE
    }
}
