// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.datacenter;

import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mtproxy.engine.config.ProxySecretFile;
import io.mtproxy.engine.agent.DatacenterAgent;
import io.mtproxy.engine.agent.DatacenterCommands;
import io.mtproxy.engine.memory.ChunkPool;
import io.mtproxy.engine.relay.ExtConnectionIds;
import io.mtproxy.engine.relay.RelayRing;
import io.mtproxy.engine.relay.ServerEntry;
import io.mtproxy.engine.relay.ServerMarks;
import io.mtproxy.engine.relay.ToClientMessage;
import io.mtproxy.engine.relay.ToDatacenterMessage;
import io.mtproxy.engine.relay.WakeSignal;
import io.mtproxy.engine.rpc.ProcessId;
import io.mtproxy.engine.status.ProxyCounter;
import io.mtproxy.engine.status.AgentStatus;
import io.mtproxy.engine.status.ProxyCounters;
import io.mtproxy.soak.DatacenterEvent;
import io.mtproxy.soak.DatacenterOptions;
import io.mtproxy.soak.DatacenterPeer;
import io.mtproxy.soak.LinkEnds;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.ControlledMessageHandler.Action;

/**
 * One datacenter agent stepped by hand: this is its client agents, its clock and its network, with middle proxies that
 * are written from the specification.
 */
final class DatacenterBench implements AutoCloseable
{
    static final byte[] SECRET = secret(128);
    static final int NO_BUDGET = 0;
    static final long TICK_NS = TimeUnit.MILLISECONDS.toNanos(100);
    static final InetSocketAddress SERVER_V4 = address("10.0.0.9", 8888);
    static final InetSocketAddress SERVER_V6 = address("fd00::9", 8888);

    final FakeNetwork network = new FakeNetwork();
    /** That all servers serve. */
    static final int DC = 2;

    final AgentStatus status = AgentStatus.inMemory();
    final ProxyCounters counters = status.counters();
    final ChunkPool pool;
    final RelayRing[] fromClients;
    final RelayRing[] toClients;
    final WakeSignal[] signals;
    final DatacenterCommands commands;
    final DatacenterAgent agent;
    final Map<FakeNetwork.Socket, DatacenterPeer> peers = new HashMap<>();
    final List<ServerEntry> servers = new ArrayList<>();
    private final Random random = new Random(11);
    private final List<List<Message>> received = new ArrayList<>();
    private final boolean[] isReading;
    DatacenterOptions options = DatacenterOptions.DEFAULT.withCheckPayloads(false);
    UnaryOperator<InetSocketAddress> translation = UnaryOperator.identity();
    /** Called for each message while it is read. */
    Consumer<Message> hook = message ->
    {
    };
    /** What went wrong on our side. */
    final List<Throwable> defects = new ArrayList<>();
    /** Called when a to-client ring is full, where client agents have their own threads. */
    Runnable onToClientRingFull = () ->
    {
    };
    /** Whether the middle proxies take and give bytes. */
    boolean isPeerActive = true;
    /** What the clocks say. */
    long nowNs = 1_000_000_000L;
    long epochMs = 1_790_000_000_000L;

    /** A message from the agent. */
    record Message(int type, long id, int flags, int value, byte[] data)
    {
        @Override
        public String toString()
        {
            return "Message[" + type + ", id " + Long.toHexString(id) + ", flags " + flags + ", value " + value + ", " +
                data.length + " bytes]";
        }
    }

    DatacenterBench()
    {
        this(1, settings());
    }

    DatacenterBench(int clientAgentCount, DatacenterSettings settings)
    {
        this(clientAgentCount, settings, 64L << 20, false);
    }

    DatacenterBench(int clientAgentCount, DatacenterSettings settings, long poolLength, boolean isShared)
    {
        pool = new ChunkPool(poolLength);
        isReading = new boolean[clientAgentCount];
        fromClients = new RelayRing[clientAgentCount];
        toClients = new RelayRing[clientAgentCount];
        signals = new WakeSignal[clientAgentCount];
        commands = new DatacenterCommands(new WakeSignal(network));
        DatacenterAgent[] made = new DatacenterAgent[1];
        for (int i = 0; i < clientAgentCount; i++)
        {
            int clientAgent = i;
            fromClients[i] = new RelayRing(RelayRing.CAPACITY_MIN, isShared ?
                () -> made[0].drainFrom(clientAgent) :
                () ->
                {
                });
            toClients[i] = new RelayRing(RelayRing.CAPACITY_MIN, isShared ?
                () -> readRing(clientAgent) :
                () -> onToClientRingFull.run());
            signals[i] = new WakeSignal(network);
            received.add(new ArrayList<>());
        }
        agent = new DatacenterAgent(0, network, network, fromClients, toClients, signals, status,
            new SeededRandom(7), () -> nowNs, () -> epochMs, pool, settings, commands, defects::add);
        made[0] = agent;
    }

    static DatacenterSettings settings()
    {
        return settings(ProxySecretFile.of(SECRET), 4L << 20);
    }

    static DatacenterSettings settings(ProxySecretFile secret, long linkBufferLength)
    {
        return new DatacenterSettings(secret, ip -> ip,
            local -> ProcessId.ofSender(0x0a000005, 0, 4711, 1_789_999_000), null, linkBufferLength,
            TimeUnit.SECONDS.toNanos(60), 1 << 20);
    }

    static byte[] secret(int length)
    {
        byte[] bytes = new byte[length];
        new Random(5).nextBytes(bytes);
        return bytes;
    }

    static InetSocketAddress address(String ip, int port)
    {
        try
        {
            return new InetSocketAddress(InetAddress.getByName(ip), port);
        }
        catch (UnknownHostException e)
        {
            throw new IllegalStateException(e);
        }
    }

    static long id(int clientAgent, int slot, int generation)
    {
        return ExtConnectionIds.of(clientAgent, slot, generation);
    }

    // Steps

    /** Adds a server and lets the agent do its turn. */
    ServerEntry addServer(InetSocketAddress address, int min, int max)
    {
        ServerEntry entry = new ServerEntry(servers.size(), address, min, max, 0, DC, new ServerMarks(max));
        servers.add(entry);
        assertTrue(commands.addServer(entry));
        agent.doWork();
        return entry;
    }

    /** Adds a server and waits until its links are ready. */
    ServerEntry addReadyServer(int min, int max)
    {
        ServerEntry entry = addServer(SERVER_V4, min, max);
        settle();
        assertEquals(min, entry.marks().readyLinkCount());
        return entry;
    }

    /** One turn of the agent's thread, while all client agents sleep. */
    int turn()
    {
        for (WakeSignal signal : signals)
        {
            signal.beginWait();
        }
        return network.poll(0) + agent.doWork();
    }

    /** Turns and network until nothing moves any more; no time passes. */
    void settle()
    {
        int work = 1;
        for (int i = 0; i < 1000 && work != 0; i++)
        {
            work = turn() + (isPeerActive ? pump() : 0);
        }
        assertEquals(0, work, "does not come to rest");
    }

    /** Time passes in steps of 10 ms, everything moves. */
    void advance(long ns)
    {
        long endNs = nowNs + ns;
        while (nowNs < endNs)
        {
            long step = Math.min(TimeUnit.MILLISECONDS.toNanos(10), endNs - nowNs);
            nowNs += step;
            epochMs += TimeUnit.NANOSECONDS.toMillis(step);
            settle();
        }
    }

    /** Moves what was sent to the middle proxies and back. */
    int pump()
    {
        int moved = 0;
        for (FakeNetwork.Socket socket : List.copyOf(network.sockets))
        {
            if (socket.isOpen())
            {
                moved += pump(socket);
            }
        }
        return moved;
    }

    private int pump(FakeNetwork.Socket socket)
    {
        DatacenterPeer peer = peerOf(socket);
        byte[] sent = socket.takeSent();
        peer.receive(sent);
        byte[] answer = peer.takeOutput();
        socket.arrive(answer);
        if (peer.isClosed())
        {
            socket.isEnded = true;
        }
        return sent.length + answer.length;
    }

    DatacenterPeer peerOf(FakeNetwork.Socket socket)
    {
        return peers.computeIfAbsent(socket, key -> new DatacenterPeer(SECRET,
            new LinkEnds(translation.apply(key.remote), translation.apply(key.local)), random, () -> epochMs / 1000,
            options));
    }

    // Middle proxies

    FakeNetwork.Socket socket(int at)
    {
        return network.sockets.get(at);
    }

    DatacenterPeer peer(int at)
    {
        return peers.get(socket(at));
    }

    int openSocketCount()
    {
        return (int)network.sockets.stream().filter(socket -> !socket.isClosed).count();
    }

    /** @return position of the connection on which the request of that client came. */
    int positionOf(long id)
    {
        for (int i = 0; i < network.sockets.size(); i++)
        {
            DatacenterPeer peer = peers.get(socket(i));
            if (peer != null && peer.requests().stream().anyMatch(request -> request.extConnectionId() == id))
            {
                return i;
            }
        }
        throw new AssertionError("no request of " + Long.toHexString(id));
    }

    List<DatacenterEvent> events(int at)
    {
        return peer(at).events();
    }

    // Clients

    /** An RPC_PROXY_REQ with so many bytes of payload, as a client agent would write it. [P-RPC-40] */
    byte[] proxyRequest(long id, int payloadLength)
    {
        byte[] data = new byte[payloadLength];
        random.nextBytes(data);
        ByteBuffer buffer = ByteBuffer.allocate(56 + payloadLength).order(java.nio.ByteOrder.LITTLE_ENDIAN);
        buffer.putInt(0x36cef1ee).putInt(0x20021000).putLong(id);
        buffer.put(new byte[10]).putShort((short)-1).put(new byte[]{127, 0, 0, 1}).putInt(50_001);
        buffer.put(new byte[10]).putShort((short)-1).put(new byte[]{127, 0, 0, 1}).putInt(443);
        return buffer.put(data).array();
    }

    /** Puts a whole request into a ring. */
    byte[] request(long id, int server, boolean bind, int payloadLength)
    {
        byte[] payload = proxyRequest(id, payloadLength);
        int parts = Math.max(1, (payload.length + RelayRing.PART_LENGTH_MAX - 1) / RelayRing.PART_LENGTH_MAX);
        for (int i = 0; i < parts; i++)
        {
            assertTrue(requestPart(id, server, bind, payload, i), "ring is full");
        }
        return payload;
    }

    /** Puts one part of a request into a ring; false when it is full. */
    boolean requestPart(long id, int server, boolean bind, byte[] payload, int part)
    {
        RelayRing ring = fromClients[ExtConnectionIds.clientAgent(id)];
        int offset = part * RelayRing.PART_LENGTH_MAX;
        int length = Math.min(RelayRing.PART_LENGTH_MAX, payload.length - offset);
        int index = ring.tryClaim(ToDatacenterMessage.REQUEST, ToDatacenterMessage.DATA_OFFSET + length);
        if (index < 0)
        {
            return false;
        }
        MutableDirectBuffer buffer = ring.buffer();
        buffer.putLong(index + ToDatacenterMessage.EXT_CONNECTION_ID_OFFSET, id, LITTLE_ENDIAN);
        buffer.putInt(index + ToDatacenterMessage.SERVER_INDEX_OFFSET, server, LITTLE_ENDIAN);
        buffer.putInt(index + ToDatacenterMessage.FLAGS_OFFSET,
            (part == 0 ? ToDatacenterMessage.FLAG_BEGIN : 0) |
                (offset + length == payload.length ? ToDatacenterMessage.FLAG_END : 0) |
                (bind ? ToDatacenterMessage.FLAG_BIND : 0), LITTLE_ENDIAN);
        buffer.putInt(index + ToDatacenterMessage.TOTAL_LENGTH_OFFSET, payload.length, LITTLE_ENDIAN);
        buffer.putBytes(index + ToDatacenterMessage.DATA_OFFSET, payload, offset, length);
        ring.commit(index);
        return true;
    }

    void clientClose(long id)
    {
        assertTrue(tryClientClose(id), "ring is full");
    }

    boolean tryClientClose(long id)
    {
        RelayRing ring = fromClients[ExtConnectionIds.clientAgent(id)];
        int index = ring.tryClaim(ToDatacenterMessage.CLOSE, ToDatacenterMessage.DATA_OFFSET);
        if (index < 0)
        {
            return false;
        }
        ring.buffer().putLong(index + ToDatacenterMessage.EXT_CONNECTION_ID_OFFSET, id, LITTLE_ENDIAN);
        ring.commit(index);
        return true;
    }

    /** Binds a new client by its first request. */
    long bind(int slot, int server)
    {
        long id = id(0, slot, 1);
        request(id, server, true, 64);
        settle();
        assertEquals(ToClientMessage.BOUND, takeMessages(0).getLast().type());
        return id;
    }

    /** @return what came for a client agent since the last call. */
    List<Message> takeMessages(int clientAgent)
    {
        readRing(clientAgent);
        List<Message> taken = List.copyOf(received.get(clientAgent));
        received.get(clientAgent).clear();
        return taken;
    }

    /** @return what {@link #readOnce} has read since the last call. */
    List<Message> takeRead(int clientAgent)
    {
        List<Message> taken = List.copyOf(received.get(clientAgent));
        received.get(clientAgent).clear();
        return taken;
    }

    /** Empties the ring, but not from within itself. */
    private void readRing(int clientAgent)
    {
        if (isReading[clientAgent])
        {
            return;
        }
        isReading[clientAgent] = true;
        // Not by emptiness: in the middle of a claim the last message may not be there yet.
        readOnce(clientAgent, Integer.MAX_VALUE);
        readOnce(clientAgent, Integer.MAX_VALUE);
        isReading[clientAgent] = false;
    }

    void readOnce(int clientAgent, int countMax)
    {
        toClients[clientAgent].read((type, buffer, index, length) ->
        {
            int tailLength = type == ToClientMessage.ANSWER ? ToClientMessage.TAIL_ROOM : 0;
            byte[] data = new byte[length - ToClientMessage.DATA_OFFSET - tailLength];
            buffer.getBytes(index + ToClientMessage.DATA_OFFSET, data);
            Message message = new Message(type, buffer.getLong(index, LITTLE_ENDIAN),
                buffer.getInt(index + ToClientMessage.FLAGS_OFFSET, LITTLE_ENDIAN) & (1 <<
                    ToClientMessage.STAMP_SHIFT) - 1,
                buffer.getInt(index + ToClientMessage.VALUE_OFFSET, LITTLE_ENDIAN), data);
            received.get(clientAgent).add(message);
            hook.accept(message);
            return Action.CONTINUE;
        }, countMax);
    }

    /** Fills a to-client ring with messages for nobody, so that so many more of 16 bytes find room. */
    void fillToClientRing(int clientAgent, int roomCount)
    {
        List<Integer> claims = new ArrayList<>();
        int index;
        while ((index = toClients[clientAgent].tryClaim(99, ToClientMessage.DATA_OFFSET)) >= 0)
        {
            claims.add(index);
        }
        claims.forEach(toClients[clientAgent]::commit);
        readOnce(clientAgent, roomCount);
        received.get(clientAgent).clear();
    }

    long counter(ProxyCounter counter)
    {
        return counters.get(counter);
    }

    /** Nothing was wrong on any link; for the end of a test. */
    void assertNoViolations()
    {
        peers.values().forEach(peer -> assertEquals(List.of(), peer.violations()));
    }

    /** Ends the agent: everything must be given back. */
    @Override
    public void close()
    {
        agent.onClose();
        assertEquals(List.of(), defects);
        assertEquals(0, pool.usedCount(), "chunks not given back");
        assertEquals(0, openSocketCount());
        assertEquals(0, counter(ProxyCounter.OUTBOUND_CONNECTIONS));
        assertEquals(0, counter(ProxyCounter.READY_TARGETS));
    }
}
