// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.soak;

import io.mtproxy.soak.DatacenterEvent.Violation;
import io.mtproxy.soak.FaultPlan.AnswerFault;
import io.mtproxy.soak.FaultPlan.CloseAt;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Queue;
import java.util.random.RandomGenerator;

/** One RPC connection of a {@link DatacenterServer}, on its thread. */
final class ServerLink implements DatacenterListener
{
    /** Unsent answers above which the proxy is not read any more. */
    private static final int OUTPUT_HIGH = 8 << 20;
    /** Unsent answers below which it is read again. */
    private static final int OUTPUT_LOW = 2 << 20;
    private static final int DELAYED_MAX = 100_000;
    private static final long UNKNOWN_ID = 0x7eed_0000_0000_0001L;

    private final DatacenterServer server;
    private final SocketChannel channel;
    private final DatacenterPeer peer;
    private final FaultPlan faults;
    private final RandomGenerator random;
    private final Queue<Delayed> delayed = new ArrayDeque<>();
    private final byte[] generated;
    private final SelectionKey key;
    private long received;
    private long answerCount;
    private long budgetNs = System.nanoTime();
    private boolean ready;
    private boolean closed;
    private boolean closeWhenWritten;
    private boolean silent;

    private record Delayed(long dueNs, long extConnectionId, byte[] data)
    {
    }

    ServerLink(
        DatacenterServer server, SocketChannel channel, SelectionKey key, byte[] secret, LinkEnds ends,
        RandomGenerator random, FaultPlan faults)
    {
        this.server = server;
        this.channel = channel;
        this.key = key;
        this.faults = faults;
        this.random = random;
        this.generated = new byte[server.settings().mode() == DatacenterSettings.Mode.SOURCE ? 1 << 20 : 0];
        this.peer = new DatacenterPeer(
            secret, ends, random, () -> System.currentTimeMillis() / 1000,
            server.settings().options().withFault(faults.handshake()), this);
        server.counters.linksOpen.incrementAndGet();
        if (faults.closeAt() == CloseAt.ACCEPT)
        {
            close();
        }
        else if (faults.readLimit() == 0)
        {
            key.interestOps(0);
        }
    }

    boolean isClosed()
    {
        return closed;
    }

    /** Whether it has to be looked at without anything from the proxy. */
    boolean isTimed()
    {
        return !delayed.isEmpty() || faults.bytesPerSecond() > 0 && !peer.output().isEmpty();
    }

    void onTime(long nowNs, ByteBuffer buffer)
    {
        if (closed)
        {
            return;
        }
        for (Delayed next = delayed.peek(); next != null && next.dueNs() - nowNs <= 0; next = delayed.peek())
        {
            delayed.remove();
            writeAnswer(next.extConnectionId(), next.data(), 0, next.data().length);
        }
        write(buffer);
    }

    void onSelected(ByteBuffer buffer, byte[] array)
    {
        if (closed)
        {
            return;
        }
        if (key.isReadable())
        {
            read(buffer, array);
        }
        if (!closed)
        {
            write(buffer);
        }
    }

    void close()
    {
        if (!closed)
        {
            closed = true;
            DatacenterServer.closeQuietly(channel);
            server.counters.linksOpen.decrementAndGet();
            if (ready)
            {
                server.counters.linksReady.decrementAndGet();
            }
        }
    }

    private void read(ByteBuffer buffer, byte[] array)
    {
        try
        {
            buffer.clear();
            int limit = (int)Math.min(buffer.capacity(), faults.readLimit() - received);
            buffer.limit(limit);
            int count = channel.read(buffer);
            if (count < 0)
            {
                close();
                return;
            }
            received += count;
            buffer.flip();
            buffer.get(array, 0, count);
            DatacenterPeer.Phase before = peer.phase();
            if (before == DatacenterPeer.Phase.NONCE && faults.closeAt() == CloseAt.NONCE_RECEIVED)
            {
                close();
                return;
            }
            peer.receive(array, 0, count);
            if (peer.isClosed())
            {
                closeWhenWritten = true;
            }
            closeWhenWritten |= faults.closeAt() == CloseAt.NONCE_SENT && before == DatacenterPeer.Phase.NONCE &&
                peer.phase() != DatacenterPeer.Phase.NONCE;
        }
        catch (IOException e)
        {
            close();
        }
    }

    private void write(ByteBuffer buffer)
    {
        ByteBuilder output = peer.output();
        try
        {
            peer.flush();
            int done = 0;
            int allowed = allowedLength(output.length());
            while (done < allowed)
            {
                int length = Math.min(buffer.capacity(), allowed - done);
                buffer.clear();
                buffer.put(output.array(), output.head() + done, length).flip();
                int count = channel.write(buffer);
                done += count;
                if (count < length)
                {
                    break;
                }
            }
            output.consume(done);
        }
        catch (IOException e)
        {
            close();
            return;
        }
        if (output.isEmpty() && closeWhenWritten)
        {
            close();
            return;
        }
        int waiting = output.length();
        boolean reading = (key.interestOps() & SelectionKey.OP_READ) != 0;
        boolean mayRead = received < faults.readLimit() && waiting < (reading ? OUTPUT_HIGH : OUTPUT_LOW);
        boolean mustWrite = waiting > 0 && faults.bytesPerSecond() == 0;
        key.interestOps((mayRead ? SelectionKey.OP_READ : 0) | (mustWrite ? SelectionKey.OP_WRITE : 0));
    }

    /** What a limited rate allows to write now. */
    private int allowedLength(int length)
    {
        if (faults.bytesPerSecond() == 0)
        {
            return length;
        }
        long nowNs = System.nanoTime();
        long allowed = Math.min(length, (nowNs - budgetNs) * faults.bytesPerSecond() / 1_000_000_000L);
        if (allowed > 0 || length == 0)
        {
            budgetNs = nowNs;
        }
        return (int)allowed;
    }

    // ---- what the proxy sends

    @Override
    public void onReady(DatacenterPeer from)
    {
        ready = true;
        server.counters.linksReady.incrementAndGet();
        closeWhenWritten |= faults.closeAt() == CloseAt.READY;
    }

    @Override
    public void onRequest(DatacenterPeer from, RequestView request)
    {
        server.counters.requests.incrementAndGet();
        server.counters.requestBytes.addAndGet(request.payloadLength());
        server.record(request);
        if (faults.closeAt() == CloseAt.REQUEST)
        {
            close();
            return;
        }
        byte[] bytes = request.array();
        int offset = request.payloadOffset();
        int length = request.payloadLength();
        long id = request.extConnectionId();
        LoadPattern pattern = server.pattern();
        boolean ours = pattern.isOurs(bytes, offset, length);
        if (ours && !pattern.isIntact(bytes, offset, length, 0))
        {
            server.counters.mismatches.incrementAndGet();
        }
        switch (server.settings().mode())
        {
            case ECHO ->
            {
                quickAck(request);
                answer(id, bytes, offset, length);
            }
            case SINK -> quickAck(request);
            case SOURCE ->
            {
                quickAck(request);
                for (int i = 0; i < server.settings().sourceCount(); i++)
                {
                    int wished = ours ? LoadPattern.answerLength(bytes, offset) : 0;
                    int answerLength = wished >= LoadPattern.LENGTH_MIN && wished <= generated.length && wished % 4 ==
                        0 ? wished : server.settings().sourceLength();
                    pattern.write(
                        generated,
                        ours ? LoadPattern.client(bytes, offset) : 0,
                        (ours ? LoadPattern.sequence(bytes, offset) : i) | LoadPattern.ANSWER_BIT,
                        answerLength,
                        i,
                        ours ? LoadPattern.intendedNs(bytes, offset) : 0);
                    answer(id, generated, 0, answerLength);
                }
            }
            case MTPROTO ->
            {
                server.mtproto().receive(
                    id,
                    Arrays.copyOfRange(bytes, offset, offset + length),
                    request.isQuickAckWanted(),
                    new MtprotoServer.Answers()
                    {
                        @Override
                        public void answer(byte[] packet)
                        {
                            ServerLink.this.answer(id, packet, 0, packet.length);
                        }

                        @Override
                        public void quickAck(int confirm)
                        {
                            server.counters.quickAcks.incrementAndGet();
                            peer.simpleAck(id, confirm);
                        }
                    });
                server.counters.keysAgreed.set(server.mtproto().keysAgreed());
            }
        }
    }

    @Override
    public void onCloseConnection(DatacenterPeer from, long extConnectionId)
    {
        server.counters.closes.incrementAndGet();
        server.mtproto().onClosed(extConnectionId);
    }

    @Override
    public void onOther(DatacenterPeer from, DatacenterEvent event)
    {
        if (event instanceof Violation violation)
        {
            server.record(violation);
        }
    }

    private void quickAck(RequestView request)
    {
        if (request.isQuickAckWanted() && request.payloadLength() >= LoadPattern.LENGTH_MIN)
        {
            server.counters.quickAcks.incrementAndGet();
            peer.simpleAck(
                request.extConnectionId(), server.pattern().quickAck(request.array(), request.payloadOffset()));
        }
    }

    private void answer(long extConnectionId, byte[] data, int offset, int length)
    {
        if (faults.delayMs() == 0)
        {
            writeAnswer(extConnectionId, data, offset, length);
        }
        else if (delayed.size() < DELAYED_MAX)
        {
            long dueNs = System.nanoTime() + faults.delayMs() * 1_000_000L;
            delayed.add(new Delayed(dueNs, extConnectionId, Arrays.copyOfRange(data, offset, offset + length)));
        }
    }

    private void writeAnswer(long id, byte[] data, int offset, int length)
    {
        if (silent)
        {
            return;
        }
        answerCount++;
        boolean chosen = faults.answerEvery() > 0 && answerCount % faults.answerEvery() == 0;
        closeWhenWritten |= chosen && faults.closeAt() == CloseAt.ANSWER;
        AnswerFault fault = chosen ? faults.answerFault() : AnswerFault.NONE;
        switch (fault)
        {
            case BAD_CRC -> peer.corruptNextCrc();
            case WRONG_SEQUENCE -> peer.shiftSequence(1);
            case PING -> peer.ping(answerCount);
            case PADDING -> peer.paddingWords(1 + random.nextInt(9));
            case OVERSIZED -> peer.oversizedFrame();
            case NONE, SILENT, HALF_FRAME, UNKNOWN_OPCODE, UNKNOWN_ID, CLOSE_EXTERNAL ->
            {
                // what they do comes in place of the answer or after it
            }
        }
        silent = fault == AnswerFault.OVERSIZED || fault == AnswerFault.HALF_FRAME;
        if (fault == AnswerFault.HALF_FRAME)
        {
            peer.flush();
            peer.halfFrame(id, Arrays.copyOfRange(data, offset, offset + length));
        }
        else if (fault != AnswerFault.SILENT && fault != AnswerFault.OVERSIZED)
        {
            server.counters.answers.incrementAndGet();
            server.counters.answerBytes.addAndGet(length);
            peer.answer(id, 0, data, offset, length);
        }
        switch (fault)
        {
            case UNKNOWN_OPCODE -> peer.frame(new byte[]{0x11, 0x22, 0x33, 0x44});
            case UNKNOWN_ID -> peer.answer(UNKNOWN_ID, 0, data, offset, length);
            case CLOSE_EXTERNAL -> peer.closeExternal(id);
            default ->
            {
                // done before
            }
        }
    }
}
