// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.io.epoll;

import io.mtproxy.engine.io.TcpListener;
import io.mtproxy.engine.io.TcpSocket;
import io.mtproxy.engine.io.linux.LinuxSocketCalls;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** One listening socket. */
final class EpollListener extends EpollEndpoint implements TcpListener
{
    private final int port;
    private final SocketOptions options;

    /** @param descriptor of a socket that listens and does not block. */
    EpollListener(int descriptor, int port, SocketOptions options)
    {
        super(descriptor);
        this.port = port;
        this.options = options;
    }

    @Override
    public @Nullable TcpSocket accept() throws IOException
    {
        SocketAddresses peer = SocketAddresses.ofThread();
        peer.setRoom();
        int accepted = LinuxSocketCalls.accept(descriptor(), peer.address(), peer.lengthAddress());
        if (accepted == LinuxSocketCalls.WOULD_BLOCK)
        {
            return null;
        }
        SocketFailure.check(accepted);
        options.applyToAccepted(accepted);
        return new EpollSocket(accepted, peer.get(), true);
    }

    @Override
    public int port()
    {
        return port;
    }
}
