// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.datacenter;

import io.mtproxy.crypto.CipherScratch;
import io.mtproxy.crypto.RandomSource;
import io.mtproxy.engine.io.SocketPoller;
import io.mtproxy.engine.io.TcpNetwork;
import io.mtproxy.engine.memory.ChunkChain;
import io.mtproxy.engine.memory.ChunkPool;
import io.mtproxy.engine.rpc.CloseExternal;
import io.mtproxy.engine.rpc.LentArray;
import io.mtproxy.engine.rpc.Ping;
import io.mtproxy.engine.rpc.ProxyAnswer;
import io.mtproxy.engine.rpc.RpcHandshake;
import io.mtproxy.engine.rpc.RpcKeys;
import io.mtproxy.engine.rpc.RpcNonce;
import io.mtproxy.engine.rpc.SimpleAck;
import io.mtproxy.engine.status.AgentStatus;
import io.mtproxy.engine.status.PacketLatency;
import io.mtproxy.engine.status.PacketSampler;
import io.mtproxy.engine.status.ProxyCounter;
import io.mtproxy.engine.status.ProxyCounters;
import io.mtproxy.engine.status.api.LatencyMetric;
import java.nio.ByteBuffer;
import org.agrona.ErrorHandler;
import org.agrona.concurrent.EpochClock;
import org.agrona.concurrent.NanoClock;
import org.agrona.concurrent.UnsafeBuffer;

/** What all links of one agent share: where they belong, and memory that one of them uses at a time. */
final class LinkContext implements AutoCloseable
{
    /** Most bytes of one read: large reads are what makes many small answers cheap. */
    private static final int RECEIVE_LENGTH = 256 * 1024;
    /** Longest payload that links write themselves. */
    private static final int PAYLOAD_LENGTH_MAX = Math.max(RpcNonce.LENGTH, RpcHandshake.LENGTH);

    final DatacenterLinks links;
    final TcpNetwork network;
    final SocketPoller poller;
    final ChunkPool pool;
    final ProxyCounters counters;
    final AgentStatus status;
    /** Times answers from here on. */
    final PacketSampler received;
    /** Times requests up to here. */
    final PacketLatency sent;
    final RandomSource random;
    final NanoClock nanoClock;
    final EpochClock epochClock;
    final DatacenterSettings settings;
    final ClientReplies replies;
    final ExtConnectionTable table;
    private final ErrorHandler errors;

    final CipherScratch scratch = new CipherScratch();
    final LentArray readArray = LentArray.forReaders();
    final ByteBuffer receiveBuffer = ByteBuffer.allocateDirect(RECEIVE_LENGTH);
    final UnsafeBuffer receiveView = new UnsafeBuffer(receiveBuffer);
    final ByteBuffer[] gather = ChunkChain.newGatherArray();
    final UnsafeBuffer payload = new UnsafeBuffer(new byte[PAYLOAD_LENGTH_MAX]);
    final byte[] nonce = new byte[RpcNonce.NONCE_LENGTH];
    final RpcKeys keys = new RpcKeys();
    final ProxyAnswer answer = new ProxyAnswer();
    final SimpleAck simpleAck = new SimpleAck();
    final CloseExternal closeExternal = new CloseExternal();
    final Ping ping = new Ping();

    LinkContext(DatacenterLinks links, TcpNetwork network, SocketPoller poller, ChunkPool pool,
        AgentStatus status, RandomSource random, NanoClock nanoClock, EpochClock epochClock,
        DatacenterSettings settings, ClientReplies replies, ExtConnectionTable table, ErrorHandler errors)
    {
        this.links = links;
        this.network = network;
        this.poller = poller;
        this.pool = pool;
        this.status = status;
        this.counters = status.counters();
        this.received = new PacketSampler(nanoClock);
        this.sent = new PacketLatency(status.latency(LatencyMetric.TO_DATACENTER), nanoClock);
        this.random = random;
        this.nanoClock = nanoClock;
        this.epochClock = epochClock;
        this.settings = settings;
        this.replies = replies;
        this.table = table;
        this.errors = errors;
    }

    /** Tells of a defect of ours; the link that has met it ends. */
    void onDefect(RuntimeException defect)
    {
        counters.increment(ProxyCounter.ERRORS);
        errors.onError(defect);
    }

    /** Zeroes what held keys and plaintext. */
    @Override
    public void close()
    {
        keys.clear();
        scratch.close();
        readArray.close();
    }
}
