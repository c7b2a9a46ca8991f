// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.client;

import io.mtproxy.engine.io.TcpNetwork;
import io.mtproxy.engine.transport.ReplayFilter;
import java.net.InetAddress;
import java.util.Set;
import org.agrona.concurrent.EpochClock;
import org.jspecify.annotations.Nullable;

/**
 * What the clients of one agent need in TLS-only mode.
 *
 * @param network  through which domains are reached.
 * @param source   own IPv4 address of outgoing connections, or null for any.
 * @param clock    with which stamps are compared. [P-TLS-17]
 * @param replays  shared by all agents. [P-TLS-20]
 * @param ownPorts client ports of this proxy, which must not be fronted to.
 * @param fronts   until the first look at the domains is over.
 * @param policy   for connections that are none of ours.
 * @param delayNsMax most that an answer to a hello waits, to take as long as the domain.
 */
public record FakeTlsSetup(TcpNetwork network, @Nullable InetAddress source, EpochClock clock, ReplayFilter replays,
    Set<Integer> ownPorts, FrontingTable fronts, FrontPolicy policy, long delayNsMax)
{
}
