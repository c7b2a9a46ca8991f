// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine;

/** Who shares a thread. The agents, the rings and the code are the same in each mode (architecture A1). */
public enum ThreadingMode
{
    /**
     * The caller's thread steps every agent by {@link ProxyEngine#invoke}; for tests. One client and one datacenter agent
     * share a turn as in SHARED, more have one each as in DEDICATED.
     */
    INVOKER,
    /** One client agent and one datacenter agent take turns on one thread. */
    SHARED,
    /** Each agent has a thread of its own. */
    DEDICATED
}
