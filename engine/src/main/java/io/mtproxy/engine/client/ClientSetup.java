// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.client;

import io.mtproxy.crypto.RandomSource;
import io.mtproxy.engine.io.SocketPoller;
import io.mtproxy.engine.memory.ChunkPool;
import io.mtproxy.engine.relay.RelayRing;
import io.mtproxy.engine.relay.WakeSignal;
import io.mtproxy.engine.status.AgentStatus;
import java.util.function.IntUnaryOperator;
import org.agrona.ErrorHandler;
import org.agrona.concurrent.EpochClock;
import org.agrona.concurrent.NanoClock;
import org.jspecify.annotations.Nullable;

/**
 * What an agent's clients are made of.
 *
 * @param agentIndex         of the client agent, part of every external connection id. [P-CON-40]
 * @param status             what this agent shows.
 * @param connectionCountMax slots; no more connections can be open in this agent.
 * @param natRules           of {@code --nat-info}, for the own address that the middle proxy is told. [P-RPC-40]
 * @param proxyTag           16 bytes, or none.
 * @param drainTimeoutNs     that clients of a removed secret have. [C-CLI-74]
 * @param toDatacenters      rings by datacenter agent, written here.
 * @param fromDatacenters    rings by datacenter agent, read here.
 * @param datacenterSignals  by datacenter agent.
 * @param fakeTls            in TLS-only mode; null otherwise.
 */
public record ClientSetup(int agentIndex, SocketPoller poller, NanoClock clock, EpochClock epochClock,
    AgentStatus status, RandomSource random, ErrorHandler errors, ClientLimits limits, AcceptGate gate,
    ChunkPool chunks, int connectionCountMax,
    IntUnaryOperator natRules, byte[] proxyTag, ClientSecrets secrets, long drainTimeoutNs,
    RelayRing[] toDatacenters, RelayRing[] fromDatacenters, WakeSignal[] datacenterSignals,
    @Nullable FakeTlsSetup fakeTls)
{
}
