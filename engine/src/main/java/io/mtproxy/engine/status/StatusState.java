// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.status;

/** How far a process is, as it says itself in its status file. */
public enum StatusState
{
    /** Not serving yet. */
    STARTING(0),
    /** Its ports are open. */
    SERVING(1),
    /** Takes no new clients and waits for those it has. */
    DRAINING(2),
    /** Ended in good order; what is left are its last numbers. */
    ENDED(3);

    private final int code;

    StatusState(int code)
    {
        this.code = code;
    }

    /** @return what stands for it in the file. */
    int code()
    {
        return code;
    }

    static StatusState ofCode(int code)
    {
        for (StatusState state : values())
        {
            if (state.code == code)
            {
                return state;
            }
        }
        return STARTING;
    }
}
