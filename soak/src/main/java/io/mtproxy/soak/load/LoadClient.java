// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.soak.load;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** One client, connection after connection. */
final class LoadClient implements LoadSocket, AnswerSink
{
    private enum Phase
    {
        CLOSED,
        CONNECTING,
        /** Waits for the proxy's flight of fake-TLS. */
        OPENING,
        /** Its first request is under way. */
        ASKING,
        ESTABLISHED
    }

    private final LoadLoop loop;
    private final ClientGroup group;
    private final int number;
    private final ClientStream stream;
    private final LongQueue intended = new LongQueue();
    private final LongQueue deferred = new LongQueue();
    private @Nullable SocketChannel channel;
    private @Nullable SelectionKey key;
    private @Nullable ByteBuffer unsent;
    private Phase phase = Phase.CLOSED;
    private long openIntendedNs;
    private int sequence;
    private int sequenceExpected;
    private boolean isFinished;
    private boolean isBroken;

    LoadClient(LoadLoop loop, ClientGroup group, int number)
    {
        this.loop = loop;
        this.group = group;
        this.number = number;
        this.stream = group.newStream(this);
    }

    /** Connects, for something that was meant to be done at that time. */
    void open(long intendedNs)
    {
        openIntendedNs = intendedNs;
        phase = Phase.CONNECTING;
        isFinished = false;
        isBroken = false;
        intended.clear();
        sequenceExpected = sequence;
        try
        {
            SocketChannel opened = SocketChannel.open();
            channel = opened;
            opened.configureBlocking(false);
            opened.setOption(StandardSocketOptions.TCP_NODELAY, true);
            String source = group.source(number);
            if (source != null)
            {
                opened.bind(new InetSocketAddress(source, 0));
            }
            boolean isConnected = opened.connect(group.target());
            key = opened.register(loop.selector(), isConnected ? SelectionKey.OP_READ : SelectionKey.OP_CONNECT, this);
            if (isConnected)
            {
                onConnected();
            }
        }
        catch (IOException e)
        {
            fail();
        }
    }

    private void onConnected() throws IOException
    {
        int length = stream.open(loop.cipherOut(), 0);
        if (stream.isOpen())
        {
            sendFirst(length);
        }
        else
        {
            phase = Phase.OPENING;
            write(loop.cipherOut(), length);
        }
    }

    private void sendFirst(int before) throws IOException
    {
        phase = Phase.ASKING;
        send(openIntendedNs, before);
    }

    /** Sends a request that was meant to be sent at that time, or as soon as the connection stands. */
    void send(long intendedNs)
    {
        if (phase != Phase.ESTABLISHED)
        {
            deferred.add(intendedNs);
            return;
        }
        try
        {
            send(intendedNs, 0);
        }
        catch (IOException e)
        {
            fail();
        }
    }

    private void send(long intendedNs, int before) throws IOException
    {
        LoadScenario scenario = group.scenario();
        int turn = sequence % scenario.requestLengths().size();
        int length = scenario.requestLengths().get(turn);
        byte[] plain = loop.plainOut();
        loop.payload()
            .write(plain, ClientStream.HEADROOM, number, sequence, length, scenario.answerLengths().get(turn));
        sequence = sequence + 1 & Integer.MAX_VALUE;
        intended.add(intendedNs);
        int wireLength = stream.wrap(plain, length, loop.cipherOut(), before);
        group.onSent(length);
        write(loop.cipherOut(), before + wireLength);
    }

    private void write(byte[] bytes, int length) throws IOException
    {
        ByteBuffer waiting = unsent;
        if (waiting != null)
        {
            unsent = joined(waiting, bytes, length);
            return;
        }
        ByteBuffer out = loop.writeBuffer().clear();
        out.put(bytes, 0, length).flip();
        requireOpen().write(out);
        if (out.hasRemaining())
        {
            unsent = ByteBuffer.allocateDirect(out.remaining()).put(out).flip();
            requireKey().interestOps(SelectionKey.OP_READ | SelectionKey.OP_WRITE);
        }
    }

    private static ByteBuffer joined(ByteBuffer waiting, byte[] bytes, int length)
    {
        return ByteBuffer.allocateDirect(waiting.remaining() + length).put(waiting).put(bytes, 0, length).flip();
    }

    @Override
    public void onReady(SelectionKey ready)
    {
        try
        {
            if (ready.isConnectable())
            {
                requireOpen().finishConnect();
                ready.interestOps(SelectionKey.OP_READ);
                onConnected();
            }
            if (ready.isValid() && ready.isReadable())
            {
                read();
            }
            // reading may have ended this connection, and even have begun the next
            if (ready.isValid() && ready.isWritable())
            {
                writeUnsent(ready);
            }
        }
        catch (IOException e)
        {
            fail();
        }
    }

    private void read() throws IOException
    {
        ByteBuffer in = loop.readBuffer().clear();
        int length = requireOpen().read(in);
        if (length < 0)
        {
            fail();
            return;
        }
        boolean wasOpen = stream.isOpen();
        boolean isRight = stream.receive(in.flip());
        if (!isRight || isBroken)
        {
            fail();
        }
        else if (isFinished)
        {
            end(false);
        }
        else if (!wasOpen && stream.isOpen())
        {
            sendFirst(0);
        }
    }

    private void writeUnsent(SelectionKey ready) throws IOException
    {
        ByteBuffer waiting = unsent;
        if (waiting != null)
        {
            requireOpen().write(waiting);
        }
        if (waiting == null || !waiting.hasRemaining())
        {
            unsent = null;
            ready.interestOps(SelectionKey.OP_READ);
        }
    }

    @Override
    public void onFlight(boolean isHybrid)
    {
        group.onFlight(isHybrid);
    }

    /** Within {@link #read}: the connection must not end here. */
    @Override
    public void onAnswer(int client, int answered, int length)
    {
        if (client != number || answered != sequenceExpected || intended.isEmpty())
        {
            isBroken = true;
            return;
        }
        sequenceExpected = sequenceExpected + 1 & Integer.MAX_VALUE;
        long nowNs = System.nanoTime();
        LoadScenario scenario = group.scenario();
        boolean isFirst = phase == Phase.ASKING;
        long intendedNs = intended.remove();
        if (isFirst)
        {
            phase = Phase.ESTABLISHED;
            group.onEstablished();
        }
        if (!isFirst || scenario.isReconnecting())
        {
            group.onAnswer(length, nowNs - intendedNs);
        }
        if (scenario.isReconnecting())
        {
            isFinished = true;
            return;
        }
        if (group.isClosedLoop())
        {
            for (int i = isFirst ? scenario.window() : 1; i > 0 && !isBroken; i--)
            {
                sendNow(nowNs);
            }
        }
        while (isFirst && !deferred.isEmpty() && !isBroken)
        {
            sendNow(deferred.remove());
        }
    }

    private void sendNow(long intendedNs)
    {
        try
        {
            send(intendedNs, 0);
        }
        catch (IOException e)
        {
            isBroken = true;
        }
    }

    /** Ends the connection, if there is one. */
    void close()
    {
        if (phase != Phase.CLOSED)
        {
            end(false);
        }
    }

    private void fail()
    {
        if (phase != Phase.CLOSED)
        {
            end(true);
        }
    }

    private void end(boolean isError)
    {
        boolean wasEstablished = phase == Phase.ESTABLISHED;
        phase = Phase.CLOSED;
        unsent = null;
        if (channel != null)
        {
            LoadLoop.closeQuietly(channel);
            channel = null;
        }
        group.onClosed(this, wasEstablished, isError);
    }

    private SocketChannel requireOpen()
    {
        return Objects.requireNonNull(channel);
    }

    private SelectionKey requireKey()
    {
        return Objects.requireNonNull(key);
    }
}
