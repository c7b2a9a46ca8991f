// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.relay;

/**
 * External connection ids, by which a middle proxy names a client: they say where the connection is, so that an answer
 * finds it without a search. [P-CON-40]
 *
 * <pre>
 *   63 62              32 31          24 23            0
 *   +-+------------------+--------------+--------------+
 *   |0| generation       | client agent | slot         |
 *   +-+------------------+--------------+--------------+
 * </pre>
 *
 * A slot's generation is never 0 and grows each time the slot is used again, so an id is not used twice on a link before
 * the slot has had two thousand million owners.
 */
public final class ExtConnectionIds
{
    /** Most slots of one client agent. */
    public static final int SLOT_COUNT_MAX = 1 << 24;
    /** Most client agents of one process. */
    public static final int CLIENT_AGENT_COUNT_MAX = 1 << 7;

    private static final int AGENT_SHIFT = 24;
    private static final int GENERATION_SHIFT = 32;

    private ExtConnectionIds()
    {
    }

    /** @return the id; positive. */
    public static long of(int clientAgent, int slot, int generation)
    {
        return (long)generation << GENERATION_SHIFT | (long)clientAgent << AGENT_SHIFT | slot;
    }

    /** @return slot in the client agent's table; any id gives one, in range or not. */
    public static int slot(long id)
    {
        return (int)id & SLOT_COUNT_MAX - 1;
    }

    /** @return index of the client agent; any id gives one, existing or not. */
    public static int clientAgent(long id)
    {
        return (int)id >>> AGENT_SHIFT;
    }

    /** @return generation of the slot. */
    public static int generation(long id)
    {
        return (int)(id >>> GENERATION_SHIFT);
    }
}
