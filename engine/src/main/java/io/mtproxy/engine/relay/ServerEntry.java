// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.relay;

import java.net.InetSocketAddress;

/**
 * One middle proxy of the configuration, shared by all clusters that name it. [P-CON-11]
 *
 * @param index              unique for the life of the process; stays with the server over reloads.
 * @param address            resolved address and port.
 * @param minConnections     links kept open. [P-CON-30]
 * @param maxConnections     most links at once, replacements included.
 * @param datacenterAgent    index of the agent that owns all its links (architecture A2).
 * @param dcId               first DC of the configuration that it serves.
 * @param marks              what the owner publishes.
 */
public record ServerEntry(int index, InetSocketAddress address, int minConnections, int maxConnections,
    int datacenterAgent, int dcId, ServerMarks marks)
{
}
