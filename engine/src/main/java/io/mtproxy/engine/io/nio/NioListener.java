// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.io.nio;

import io.mtproxy.engine.io.TcpListener;
import io.mtproxy.engine.io.TcpSocket;
import io.mtproxy.engine.io.linux.LinuxSockets;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.SelectableChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import org.jspecify.annotations.Nullable;

/** One listening socket over a non-blocking channel. */
final class NioListener extends NioEndpoint implements TcpListener
{
    private final ServerSocketChannel channel;
    private final int port;
    private final SocketOptions options;

    /** @param channel bound and non-blocking. */
    NioListener(ServerSocketChannel channel, int port, SocketOptions options)
    {
        this.channel = channel;
        this.port = port;
        this.options = options;
    }

    @Override
    public @Nullable TcpSocket accept() throws IOException
    {
        SocketChannel accepted = channel.accept();
        if (accepted == null)
        {
            return null;
        }
        try
        {
            accepted.configureBlocking(false);
            options.applyToAccepted(accepted);
            return new NioSocket(accepted, (InetSocketAddress)accepted.getRemoteAddress());
        }
        catch (IOException e)
        {
            accepted.close();
            throw e;
        }
    }

    /** @return the descriptor, valid until this is closed; -1 where there are no native calls. */
    int descriptor()
    {
        return LinuxSockets.descriptor(channel);
    }

    @Override
    public int port()
    {
        return port;
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
        return false;
    }
}
