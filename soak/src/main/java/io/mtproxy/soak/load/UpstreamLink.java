// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.soak.load;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;

/**
 * The datacenter's end of one connection from a proxy. Answers wait as a few numbers and are made when there is room to
 * send them, so a slow proxy costs no memory; all answers of a turn leave in one write.
 */
abstract class UpstreamLink implements LoadSocket
{
    /** Bytes collected before a write. */
    private static final int WRITE_LENGTH = 256 * 1024;
    private static final int OUT_LENGTH = WRITE_LENGTH + LoadPayload.LENGTH_MAX + 64 * 1024;

    protected final LoadLoop loop;
    protected final DatacenterPort port;
    /** What is to be written; between positions 0 and position. */
    protected final ByteBuffer out = ByteBuffer.allocateDirect(OUT_LENGTH);
    private final SocketChannel channel;
    private final SelectionKey key;
    private final AnswerQueue answers = new AnswerQueue();
    private boolean isWaiting;
    private boolean isDirty;

    UpstreamLink(LoadLoop loop, DatacenterPort port, SocketChannel channel, SelectionKey key)
    {
        this.loop = loop;
        this.port = port;
        this.channel = channel;
        this.key = key;
    }

    /** Takes what was read, between position and limit. */
    protected abstract void receive(ByteBuffer in);

    /** Makes one answer, into {@link #out} or to be put there by {@link #seal}. */
    protected abstract void append(long id, int client, int sequence, int length);

    /** Completes what was appended, so that it can be written. */
    protected abstract void seal();

    /** Remembers an answer; {@link #flush} sends it. */
    protected final void answer(long id, int client, int sequence, int length)
    {
        answers.add(id, client, sequence, Math.clamp(length, LoadPayload.LENGTH_MIN, LoadPayload.LENGTH_MAX));
        markDirty();
    }

    protected final void markDirty()
    {
        if (!isDirty)
        {
            isDirty = true;
            loop.onDirty(this);
        }
    }

    @Override
    public final void onReady(SelectionKey ready)
    {
        try
        {
            if (ready.isReadable())
            {
                ByteBuffer in = loop.readBuffer().clear();
                int length = channel.read(in);
                if (length < 0)
                {
                    close();
                    return;
                }
                receive(in.flip());
            }
            if (ready.isValid() && ready.isWritable())
            {
                isWaiting = false;
                markDirty();
            }
        }
        catch (IOException e)
        {
            close();
        }
    }

    /** Sends what there is, as far as the socket takes it. */
    final void flush()
    {
        isDirty = false;
        if (isWaiting || !channel.isOpen())
        {
            return;
        }
        try
        {
            while (true)
            {
                while (!answers.isEmpty() && out.position() < WRITE_LENGTH)
                {
                    append(answers.id(), answers.client(), answers.sequence(), answers.length());
                    answers.remove();
                }
                seal();
                if (out.position() == 0)
                {
                    break;
                }
                out.flip();
                channel.write(out);
                isWaiting = out.hasRemaining();
                out.compact();
                if (isWaiting)
                {
                    key.interestOps(SelectionKey.OP_READ | SelectionKey.OP_WRITE);
                    return;
                }
            }
            if ((key.interestOps() & SelectionKey.OP_WRITE) != 0)
            {
                key.interestOps(SelectionKey.OP_READ);
            }
        }
        catch (IOException e)
        {
            close();
        }
    }

    final void close()
    {
        if (channel.isOpen())
        {
            LoadLoop.closeQuietly(channel);
            port.onLinkClosed(this);
        }
    }
}
