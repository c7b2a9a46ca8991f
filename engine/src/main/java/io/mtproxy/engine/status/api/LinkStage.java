// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.status.api;

/** How far a link to a middle proxy is. Codes are never reused. */
public enum LinkStage
{
    /** TCP is being connected. */
    CONNECTING(1),
    /** Both sides tell their nonces. */
    NONCE(2),
    /** Keys are there, both sides introduce themselves. */
    HANDSHAKE(3),
    /** Carries clients. */
    READY(4),
    /** Its server left the configuration: carries those it has, takes no new ones. */
    DRAINING(5),
    /** There is no link at this place now. */
    CLOSED(6);

    private final int code;

    LinkStage(int code)
    {
        this.code = code;
    }

    /** @return what stands for it in status files. */
    public int code()
    {
        return code;
    }

    /** @return the stage of that code; what this version does not know is taken for closed. */
    public static LinkStage ofCode(long code)
    {
        for (LinkStage stage : values())
        {
            if (stage.code == code)
            {
                return stage;
            }
        }
        return CLOSED;
    }
}
