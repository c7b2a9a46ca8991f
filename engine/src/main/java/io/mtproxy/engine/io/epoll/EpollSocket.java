// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.io.epoll;

import io.mtproxy.engine.io.TcpSocket;
import io.mtproxy.engine.io.linux.LinuxSocketCalls;
import io.mtproxy.engine.io.linux.LinuxSockets;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.agrona.BufferUtil;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/** One connection. */
final class EpollSocket extends EpollEndpoint implements TcpSocket
{
    /** A {@code struct linger} of 1, 0: a close is a reset. */
    private static final UnsafeBuffer RESET_ON_CLOSE = new UnsafeBuffer(ByteBuffer.allocateDirect(2 * Integer.BYTES));
    /** A {@code struct msghdr} and its iovecs, for the call that is being made. */
    private static final ThreadLocal<UnsafeBuffer> GATHER = ThreadLocal.withInitial(EpollSocket::newGather);

    private final InetSocketAddress remoteAddress;
    private @Nullable InetSocketAddress localAddress;
    private boolean isConnected;

    static
    {
        RESET_ON_CLOSE.putInt(0, 1, ByteOrder.nativeOrder());
    }

    /** @param isConnected whether it stands, or is connecting to that address. */
    EpollSocket(int descriptor, InetSocketAddress remoteAddress, boolean isConnected)
    {
        super(descriptor);
        this.remoteAddress = remoteAddress;
        this.isConnected = isConnected;
    }

    private static UnsafeBuffer newGather()
    {
        UnsafeBuffer gather = new UnsafeBuffer(ByteBuffer.allocateDirect(
            LinuxSocketCalls.MSGHDR_LENGTH + LinuxSocketCalls.IOVEC_COUNT_MAX * LinuxSocketCalls.IOVEC_LENGTH));
        gather.putLong(LinuxSocketCalls.MSGHDR_IOV, gather.addressOffset() + LinuxSocketCalls.MSGHDR_LENGTH,
            ByteOrder.nativeOrder());
        return gather;
    }

    @Override
    public int read(ByteBuffer into) throws IOException
    {
        int position = into.position();
        int room = into.limit() - position;
        if (room == 0)
        {
            return 0;
        }
        int answer = LinuxSocketCalls.receive(descriptor(), BufferUtil.address(into) + position, room);
        if (answer > 0)
        {
            into.position(position + answer);
            return answer;
        }
        if (answer == 0)
        {
            return END_OF_STREAM;
        }
        return nothingOrFailure(answer);
    }

    @Override
    public long write(ByteBuffer[] from, int offset, int count) throws IOException
    {
        if (count == 1)
        {
            ByteBuffer only = from[offset];
            int position = only.position();
            int answer = LinuxSocketCalls.send(descriptor(), BufferUtil.address(only) + position, only.remaining());
            if (answer < 0)
            {
                return nothingOrFailure(answer);
            }
            only.position(position + answer);
            return answer;
        }
        return gather(from, offset, Math.min(count, LinuxSocketCalls.IOVEC_COUNT_MAX));
    }

    private long gather(ByteBuffer[] from, int offset, int count) throws IOException
    {
        UnsafeBuffer gather = GATHER.get();
        for (int i = 0, at = LinuxSocketCalls.MSGHDR_LENGTH; i < count; i++, at += LinuxSocketCalls.IOVEC_LENGTH)
        {
            ByteBuffer buffer = from[offset + i];
            gather.putLong(at, BufferUtil.address(buffer) + buffer.position(), ByteOrder.nativeOrder());
            gather.putLong(at + Long.BYTES, buffer.remaining(), ByteOrder.nativeOrder());
        }
        gather.putLong(LinuxSocketCalls.MSGHDR_IOV_COUNT, count, ByteOrder.nativeOrder());
        int answer = LinuxSocketCalls.sendMessage(descriptor(), gather.addressOffset());
        if (answer < 0)
        {
            return nothingOrFailure(answer);
        }
        for (int i = offset, left = answer; left > 0; i++)
        {
            ByteBuffer buffer = from[i];
            int taken = Math.min(left, buffer.remaining());
            buffer.position(buffer.position() + taken);
            left -= taken;
        }
        return answer;
    }

    private static int nothingOrFailure(int answer) throws IOException
    {
        if (answer == LinuxSocketCalls.WOULD_BLOCK)
        {
            return 0;
        }
        throw new SocketFailure(answer);
    }

    @Override
    public boolean finishConnect() throws IOException
    {
        if (isConnected)
        {
            return true;
        }
        int error = LinuxSockets.option(descriptor(), LinuxSockets.SOL_SOCKET, LinuxSockets.SO_ERROR);
        SocketFailure.check(-error);
        SocketAddresses peer = SocketAddresses.ofThread();
        peer.setRoom();
        int answer = LinuxSocketCalls.peerAddress(descriptor(), peer.address(), peer.lengthAddress());
        isConnected = answer == 0;
        return isConnected || answer == LinuxSocketCalls.NOT_CONNECTED ? isConnected : SocketFailure.check(answer) == 0;
    }

    @Override
    public InetSocketAddress localAddress()
    {
        InetSocketAddress known = localAddress;
        if (known == null)
        {
            SocketAddresses own = SocketAddresses.ofThread();
            own.setRoom();
            if (!isConnected || LinuxSocketCalls.ownAddress(descriptor(), own.address(), own.lengthAddress()) < 0)
            {
                throw new IllegalStateException("not connected");
            }
            known = own.get();
            localAddress = known;
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
        SocketFailure.check(LinuxSocketCalls.shutdown(descriptor(), LinuxSocketCalls.SHUT_WR));
    }

    @Override
    public void reset()
    {
        // an error does no harm: it is closed then, or the peer has reset it
        LinuxSocketCalls.setOption(descriptor(), LinuxSockets.SOL_SOCKET, LinuxSockets.SO_LINGER,
            RESET_ON_CLOSE.addressOffset(), RESET_ON_CLOSE.capacity());
        close();
    }
}
