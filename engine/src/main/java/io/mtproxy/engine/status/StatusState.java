// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.status;

/** How far a process is, as it says itself in its status file; the ordinal is what stands there. */
public enum StatusState
{
    /** Not serving yet. */
    STARTING,
    /** Its ports are open. */
    SERVING,
    /** Takes no new clients and waits for those it has. */
    DRAINING,
    /** Ended in good order; what is left are its last numbers. */
    ENDED;

    private static final StatusState[] VALUES = values();

    static StatusState of(int ordinal)
    {
        return ordinal >= 0 && ordinal < VALUES.length ? VALUES[ordinal] : STARTING;
    }
}
