// SPDX-License-Identifier: Apache-2.0

/**
 * The roles of the engine and the threads that run them: client agent, datacenter agent, conductor. Each class says which
 * thread calls it; commands may come from any.
 */
@NullMarked
package io.mtproxy.engine.agent;

import org.jspecify.annotations.NullMarked;
