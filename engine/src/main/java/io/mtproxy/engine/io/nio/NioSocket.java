// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.io.nio;

import io.mtproxy.engine.io.TcpSocket;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SocketChannel;
import org.jspecify.annotations.Nullable;

/** One connection over a non-blocking channel. */
final class NioSocket extends NioEndpoint implements TcpSocket
{
    private final SocketChannel channel;
    private final InetSocketAddress remoteAddress;
    private @Nullable InetSocketAddress localAddress;

    /** @param channel non-blocking; connected, or connecting to that address. */
    NioSocket(SocketChannel channel, InetSocketAddress remoteAddress) throws IOException
    {
        this.channel = channel;
        this.remoteAddress = remoteAddress;
        if (channel.isConnected())
        {
            localAddress = (InetSocketAddress)channel.getLocalAddress();
        }
    }

    @Override
    public int read(ByteBuffer into) throws IOException
    {
        assert into.isDirect() : "NIO copies what is not direct";
        return channel.read(into);
    }

    @Override
    public long write(ByteBuffer[] from, int offset, int count) throws IOException
    {
        return count == 1 ? channel.write(from[offset]) : channel.write(from, offset, count);
    }

    @Override
    public boolean finishConnect() throws IOException
    {
        if (!channel.finishConnect())
        {
            return false;
        }
        localAddress = (InetSocketAddress)channel.getLocalAddress();
        return true;
    }

    @Override
    public InetSocketAddress localAddress()
    {
        InetSocketAddress known = localAddress;
        if (known == null)
        {
            throw new IllegalStateException("not connected yet");
        }
        return known;
    }

    @Override
    public InetSocketAddress remoteAddress()
    {
        return remoteAddress;
    }

    @Override
    public void shutdownOutput() throws IOException
    {
        channel.shutdownOutput();
    }

    @Override
    public void reset()
    {
        try
        {
            channel.setOption(StandardSocketOptions.SO_LINGER, 0);
        }
        catch (IOException ignored)
        {
            // closed already, or the peer has reset it
        }
        close();
    }

    @Override
    public void close()
    {
        try
        {
            channel.close();
        }
        catch (IOException ignored)
        {
            // the descriptor is gone all the same
        }
    }

    @Override
    SelectableChannel channel()
    {
        return channel;
    }

    @Override
    boolean isConnectedAlready()
    {
        return channel.isConnected();
    }
}
