// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.soak;

import io.mtproxy.soak.ClientEvent.QuickAck.Form;
import io.mtproxy.soak.DatacenterSettings.Mode;
import io.mtproxy.soak.SoakReport.ErrorKind;
import java.io.IOException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.random.RandomGenerator;

/** One client of a {@link ClientSwarm}, on its thread. It connects again when its connection ends. */
final class SwarmClient implements ClientListener
{
    private static final long RECONNECT_NS = 200_000_000L;
    private static final int OUTPUT_MAX = 4 << 20;

    private final ClientSwarm swarm;
    private final int number;
    private final RandomGenerator random;
    private final ByteBuilder output = new ByteBuilder();
    private final Queue<Sent> underWay = new ArrayDeque<>();
    private final Queue<Integer> expectedAcks = new ArrayDeque<>();
    private Optional<Connection> connection = Optional.empty();
    private boolean connected;
    private long nextConnectNs;
    private long intendedNs;
    private int sequence;
    private int messagesOnConnection;

    private record Connection(SocketChannel channel, SelectionKey key, ClientPeer peer)
    {
    }

    private record Sent(int sequence, int length, long intendedNs)
    {
    }

    SwarmClient(ClientSwarm swarm, int number, RandomGenerator random)
    {
        this.swarm = swarm;
        this.number = number;
        this.random = random;
        this.nextConnectNs = System.nanoTime();
    }

    boolean isUnderWay()
    {
        return !underWay.isEmpty() || !expectedAcks.isEmpty();
    }

    /** Connects, and sends what is due. */
    void onTime(long nowNs, ByteBuffer buffer)
    {
        if (connection.isEmpty())
        {
            if (swarm.maySend(nowNs) && nowNs - nextConnectNs >= 0 && swarm.takeConnect(nowNs))
            {
                connect(nowNs);
            }
            return;
        }
        if (connected)
        {
            send(nowNs);
            write(buffer);
        }
    }

    void onSelected(SelectionKey key, ByteBuffer buffer, byte[] array)
    {
        if (connection.isEmpty() || connection.get().key() != key)
        {
            return;
        }
        Connection current = connection.get();
        try
        {
            if (key.isConnectable())
            {
                current.channel().finishConnect();
                onConnected(current);
            }
        }
        catch (IOException e)
        {
            lose(ErrorKind.CONNECT_FAILED);
            return;
        }
        if (connected && key.isReadable())
        {
            read(current, buffer, array);
        }
        if (connection.isPresent() && connected)
        {
            // the answer just read may have made room for the next message
            send(System.nanoTime());
            write(buffer);
        }
    }

    /** Ends the connection; {@code last}: there will be no other. */
    void close(boolean last)
    {
        if (connection.isPresent())
        {
            DatacenterServer.closeQuietly(connection.get().channel());
            connection = Optional.empty();
            if (connected)
            {
                swarm.counters.connectionsOpen.decrementAndGet();
            }
        }
        connected = false;
        int lost = Math.max(underWay.size(), expectedAcks.size());
        if (lost > 0)
        {
            swarm.error(ErrorKind.MESSAGE_LOST, lost);
        }
        underWay.clear();
        expectedAcks.clear();
        output.clear();
        messagesOnConnection = 0;
        nextConnectNs = last ? Long.MAX_VALUE : System.nanoTime();
    }

    private void lose(ErrorKind kind)
    {
        swarm.error(kind, 1);
        close(false);
        nextConnectNs += RECONNECT_NS;
    }

    private void connect(long nowNs)
    {
        SwarmSettings settings = swarm.settings();
        SocketChannel channel;
        try
        {
            channel = SocketChannel.open();
        }
        catch (IOException e)
        {
            swarm.error(ErrorKind.CONNECT_FAILED, 1);
            nextConnectNs = nowNs + RECONNECT_NS;
            return;
        }
        try
        {
            channel.configureBlocking(false);
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            List<byte[]> secrets = settings.secrets();
            int deal = number / settings.transports().size();
            ClientOptions options = new ClientOptions(
                settings.transports().get(number % settings.transports().size()),
                secrets.isEmpty() ? new byte[0] : secrets.get(deal % secrets.size()),
                settings.dcIds().get(deal % settings.dcIds().size()),
                ClientOptions.PADDING_LENGTH_CUT,
                random.nextLong());
            SelectionKey key = channel.register(swarm.selector(), SelectionKey.OP_CONNECT, this);
            Connection opened = new Connection(channel, key, new ClientPeer(options, this));
            connection = Optional.of(opened);
            if (channel.connect(settings.proxy()))
            {
                onConnected(opened);
            }
        }
        catch (IOException e)
        {
            DatacenterServer.closeQuietly(channel);
            lose(ErrorKind.CONNECT_FAILED);
        }
    }

    private void onConnected(Connection opened)
    {
        connected = true;
        opened.key().interestOps(SelectionKey.OP_READ);
        swarm.counters.connectionsOpen.incrementAndGet();
        swarm.counters.connectionsOpened.incrementAndGet();
        output.putBytes(opened.peer().start());
        double rate = swarm.settings().ratePerClient();
        // spread evenly, so that clients of one rate do not send together
        intendedNs = System.nanoTime() + (rate > 0 ? (long)(random.nextDouble() * 1e9 / rate) : 0);
    }

    private void send(long nowNs)
    {
        SwarmSettings settings = swarm.settings();
        int each = settings.messagesPerConnection();
        while (swarm.maySend(nowNs) && !isWindowFull() && output.length() < OUTPUT_MAX)
        {
            if (each > 0 && messagesOnConnection >= each)
            {
                if (!isUnderWay() && output.isEmpty())
                {
                    close(false);
                }
                return;
            }
            if (settings.ratePerClient() == 0)
            {
                intendedNs = nowNs;
            }
            else if (nowNs - intendedNs < 0)
            {
                return;
            }
            sendOne(intendedNs);
            if (settings.ratePerClient() > 0)
            {
                intendedNs += (long)(1e9 / settings.ratePerClient());
            }
        }
    }

    private boolean isWindowFull()
    {
        return underWay.size() >= swarm.settings().window() || expectedAcks.size() >= swarm.settings().window() + 1;
    }

    private void sendOne(long meantNs)
    {
        SwarmSettings settings = swarm.settings();
        boolean sink = settings.mode() == Mode.SINK;
        int length = drawLength(settings);
        int answerLength = settings.mode() == Mode.SOURCE ? drawLength(settings) : 0;
        byte[] payload = swarm.payload();
        swarm.pattern().write(payload, number, sequence, length, answerLength, meantNs);
        boolean quickAck = sink || settings.quickAckEvery() > 0 && sequence % settings.quickAckEvery() == 0;
        connection.orElseThrow().peer().frameTo(payload, 0, length, quickAck, output);
        if (quickAck)
        {
            expectedAcks.add(swarm.pattern().quickAck(payload, 0));
        }
        int expected = settings.mode() == Mode.SOURCE ? answerLength : length;
        underWay.add(new Sent(sequence, expected, meantNs));
        sequence = sequence + 1 & 0x7fff_ffff;
        messagesOnConnection++;
        swarm.counters.messagesSent.incrementAndGet();
        swarm.counters.bytesSent.addAndGet(length);
    }

    /** Evenly spread in the logarithm, whole words; the padded transport leaves room for its padding. [P-OBF-21] */
    private int drawLength(SwarmSettings settings)
    {
        double low = Math.log(settings.lengthMin());
        double high = Math.log(settings.lengthMax());
        int drawn = (int)Math.exp(low + random.nextDouble() * (high - low));
        return Math.clamp(drawn & ~3, (settings.lengthMin() + 3) & ~3, (settings.lengthMax() & ~3) - 4);
    }

    private void read(Connection current, ByteBuffer buffer, byte[] array)
    {
        try
        {
            buffer.clear();
            int count = current.channel().read(buffer);
            if (count < 0)
            {
                lose(ErrorKind.CLOSED_BY_PROXY);
                return;
            }
            buffer.flip();
            buffer.get(array, 0, count);
            current.peer().receive(array, 0, count);
            if (current.peer().isBroken())
            {
                lose(ErrorKind.PROTOCOL_VIOLATION);
            }
        }
        catch (IOException e)
        {
            lose(ErrorKind.CONNECTION_RESET);
        }
    }

    private void write(ByteBuffer buffer)
    {
        if (connection.isEmpty())
        {
            return;
        }
        Connection current = connection.get();
        try
        {
            int done = 0;
            while (done < output.length())
            {
                int length = Math.min(buffer.capacity(), output.length() - done);
                buffer.clear();
                buffer.put(output.array(), output.head() + done, length).flip();
                int count = current.channel().write(buffer);
                done += count;
                if (count < length)
                {
                    break;
                }
            }
            output.consume(done);
            int interest = SelectionKey.OP_READ | (output.isEmpty() ? 0 : SelectionKey.OP_WRITE);
            if (current.key().interestOps() != interest)
            {
                current.key().interestOps(interest);
            }
        }
        catch (IOException e)
        {
            lose(ErrorKind.CONNECTION_RESET);
        }
    }

    // ---- what the proxy sends

    @Override
    public void onPacket(byte[] bytes, int offset, int length)
    {
        swarm.counters.bytesReceived.addAndGet(length);
        Sent expected = underWay.poll();
        int paddingMax = connection.orElseThrow().peer().options().transport() == Transport.PADDED ?
            ClientOptions.PADDING_LENGTH_CUT :
            0;
        int answerBit = swarm.settings().mode() == Mode.SOURCE ? LoadPattern.ANSWER_BIT : 0;
        boolean right = expected != null && swarm.pattern().isIntact(bytes, offset, length, paddingMax) &&
            LoadPattern.client(bytes, offset) == number &&
            LoadPattern.sequence(bytes, offset) == (expected.sequence() | answerBit) &&
            LoadPattern.length(bytes, offset) == expected.length() &&
            LoadPattern.intendedNs(bytes, offset) == expected.intendedNs();
        if (right)
        {
            answered(expected.intendedNs());
        }
        else
        {
            swarm.counters.mismatches.incrementAndGet();
        }
    }

    @Override
    public void onQuickAck(int confirm, Form form)
    {
        swarm.counters.quickAcks.incrementAndGet();
        Integer expected = expectedAcks.poll();
        if (expected == null || expected != confirm)
        {
            swarm.error(ErrorKind.WRONG_QUICK_ACK, 1);
        }
        if (swarm.settings().mode() == Mode.SINK)
        {
            Sent sent = underWay.poll();
            if (sent != null)
            {
                answered(sent.intendedNs());
            }
        }
    }

    @Override
    public void onViolation(String clause, String text)
    {
        // counted when the peer is found broken
    }

    private void answered(long meantNs)
    {
        swarm.counters.messagesAnswered.incrementAndGet();
        swarm.latency(System.nanoTime() - meantNs);
    }
}
