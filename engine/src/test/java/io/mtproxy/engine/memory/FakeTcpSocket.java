// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.memory;

import io.mtproxy.engine.io.TcpSocket;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;

/** Takes as many bytes as a test lets it, and keeps them. */
final class FakeTcpSocket implements TcpSocket
{
    final ByteArrayOutputStream taken = new ByteArrayOutputStream();
    int room;
    int buffersSeen;
    boolean isBroken;

    @Override
    public long write(ByteBuffer[] from, int offset, int count) throws IOException
    {
        if (isBroken)
        {
            throw new IOException("reset");
        }
        buffersSeen = count;
        long written = 0;
        for (int i = offset; i < offset + count; i++)
        {
            byte[] bytes = new byte[Math.min(room, from[i].remaining())];
            from[i].get(bytes);
            taken.writeBytes(bytes);
            room -= bytes.length;
            written += bytes.length;
        }
        return written;
    }

    @Override
    public int read(ByteBuffer into)
    {
        throw new UnsupportedOperationException();
    }

    @Override
    public boolean finishConnect()
    {
        return true;
    }

    @Override
    public InetSocketAddress localAddress()
    {
        throw new UnsupportedOperationException();
    }

    @Override
    public InetSocketAddress remoteAddress()
    {
        throw new UnsupportedOperationException();
    }

    @Override
    public void shutdownOutput()
    {
        throw new UnsupportedOperationException();
    }

    @Override
    public void reset()
    {
        isBroken = true;
    }

    @Override
    public void close()
    {
        isBroken = true;
    }
}
