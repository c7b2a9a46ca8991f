// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.soak.load;

import io.mtproxy.soak.LittleEndian;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;

/**
 * The datacenter's end of a connection from a {@link BareRelay}: pieces of clients' streams, each with its length and
 * its client in front.
 *
 * <pre>
 *   0 length    4 connection    8 bytes
 * </pre>
 */
final class PlainLink extends UpstreamLink
{
    static final int HEADER_LENGTH = 8;

    private final List<Stream> streams = new ArrayList<>();
    private final byte[] header = new byte[HEADER_LENGTH];
    private final byte[] wire = new byte[HEADER_LENGTH + LoadPayload.LENGTH_MAX];
    private int headerFill;
    private int remaining;
    private int connection;

    /** One client's requests. */
    private static final class Stream
    {
        private final byte[] head = new byte[LoadPayload.HEADER_LENGTH];
        private int headFill;
        private int remaining;
    }

    PlainLink(LoadLoop loop, DatacenterPort port, SocketChannel channel, SelectionKey key)
    {
        super(loop, port, channel, key);
    }

    @Override
    protected void receive(ByteBuffer in)
    {
        while (in.hasRemaining())
        {
            if (headerFill < HEADER_LENGTH)
            {
                int length = Math.min(HEADER_LENGTH - headerFill, in.remaining());
                in.get(header, headerFill, length);
                headerFill += length;
                if (headerFill == HEADER_LENGTH)
                {
                    remaining = LittleEndian.getInt(header, 0);
                    connection = LittleEndian.getInt(header, 4);
                    if (remaining == 0)
                    {
                        onConnectionClosed();
                        headerFill = 0;
                    }
                }
                continue;
            }
            int length = Math.min(remaining, in.remaining());
            receivePiece(stream(), in, length);
            remaining -= length;
            if (remaining == 0)
            {
                headerFill = 0;
            }
        }
    }

    private void receivePiece(Stream stream, ByteBuffer in, int length)
    {
        int end = in.position() + length;
        while (in.position() < end)
        {
            if (stream.headFill < LoadPayload.HEADER_LENGTH)
            {
                int part = Math.min(LoadPayload.HEADER_LENGTH - stream.headFill, end - in.position());
                in.get(stream.head, stream.headFill, part);
                stream.headFill += part;
                stream.remaining = LoadPayload.length(stream.head, 0) - LoadPayload.HEADER_LENGTH;
                continue;
            }
            int part = Math.min(stream.remaining, end - in.position());
            in.position(in.position() + part);
            stream.remaining -= part;
            if (stream.remaining == 0)
            {
                onRequest(stream.head);
                stream.headFill = 0;
            }
        }
    }

    private void onRequest(byte[] head)
    {
        if (!LoadPayload.isHeader(head, 0))
        {
            port.onMismatch();
            return;
        }
        answer(connection, LoadPayload.client(head, 0), LoadPayload.sequence(head, 0),
            LoadPayload.answerLength(head, 0));
    }

    private Stream stream()
    {
        while (streams.size() <= connection)
        {
            streams.add(new Stream());
        }
        return streams.get(connection);
    }

    private void onConnectionClosed()
    {
        stream().headFill = 0;
    }

    @Override
    protected void append(long id, int client, int sequence, int length)
    {
        LittleEndian.putInt(wire, 0, length);
        LittleEndian.putInt(wire, 4, (int)id);
        loop.payload().write(wire, HEADER_LENGTH, client, sequence, length, 0);
        out.put(wire, 0, HEADER_LENGTH + length);
    }

    @Override
    protected void seal()
    {
        // nothing is encrypted
    }
}
