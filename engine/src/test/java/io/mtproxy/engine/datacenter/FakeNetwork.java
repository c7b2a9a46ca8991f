// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.datacenter;

import io.mtproxy.engine.io.Interest;
import io.mtproxy.engine.io.PollKey;
import io.mtproxy.engine.io.ReadyHandler;
import io.mtproxy.engine.io.SocketPoller;
import io.mtproxy.engine.io.TcpListener;
import io.mtproxy.engine.io.TcpNetwork;
import io.mtproxy.engine.io.TcpSocket;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/** Outgoing connections of one agent, in memory: a test gives and takes the bytes at the other end. */
final class FakeNetwork implements TcpNetwork, SocketPoller
{
    /** What a server does with new connections. */
    enum Accepting
    {
        /** They stand when the poller is asked next. */
        YES,
        /** They stand before {@link #connect} returns. */
        AT_ONCE,
        /** They fail when the poller is asked next. */
        REFUSE,
        /** {@link #connect} itself fails. */
        FAIL_AT_ONCE,
        /** Nothing ever comes back. */
        SILENT
    }

    /** Every connection ever tried that did not fail at once, in that order. */
    final List<Socket> sockets = new ArrayList<>();
    Accepting accepting = Accepting.YES;
    /** Thrown by each {@link #connect}, if not null: a defect of ours. */
    RuntimeException defect;
    int attemptCount;
    int wakeupCount;

    @Override
    public SocketPoller openPoller()
    {
        return this;
    }

    @Override
    public TcpListener[] listen(ListenOptions options, int count)
    {
        throw new UnsupportedOperationException();
    }

    @Override
    public TcpSocket connect(InetSocketAddress remote, InetAddress source) throws IOException
    {
        attemptCount++;
        if (defect != null)
        {
            throw defect;
        }
        if (accepting == Accepting.FAIL_AT_ONCE)
        {
            throw new IOException("no route");
        }
        Socket socket = new Socket(remote, source, 40_000 + sockets.size(), accepting);
        sockets.add(socket);
        return socket;
    }

    @Override
    public int poll(long timeoutNs)
    {
        int reported = 0;
        for (int i = 0; i < sockets.size(); i++)
        {
            Socket socket = sockets.get(i);
            int ready = socket.readyOps();
            if (ready != 0)
            {
                reported++;
                socket.handler.onReady(ready);
            }
        }
        return reported;
    }

    @Override
    public PollKey register(TcpSocket socket, int ops, ReadyHandler handler)
    {
        Socket fake = (Socket)socket;
        fake.interest = ops;
        fake.handler = handler;
        return fake;
    }

    @Override
    public PollKey register(TcpListener listener, ReadyHandler handler)
    {
        throw new UnsupportedOperationException();
    }

    @Override
    public void wakeup()
    {
        wakeupCount++;
    }

    @Override
    public void close()
    {
        sockets.forEach(Socket::close);
    }

    /** One connection. */
    static final class Socket implements TcpSocket, PollKey
    {
        final InetSocketAddress remote;
        final InetAddress source;
        final InetSocketAddress local;
        final ArrayDeque<byte[]> arrived = new ArrayDeque<>();
        private final ByteArrayOutputStream sent = new ByteArrayOutputStream();
        private Accepting accepting;
        private boolean isConnected;
        private int interest;
        private ReadyHandler handler = ready ->
        {
        };
        boolean isClosed;
        boolean isEnded;
        boolean isReset;
        /** Thrown by each read and write, if not null: a defect of ours. */
        RuntimeException defect;
        /** Bytes that arrive so many at a time, without anything being made for them. */
        byte[] replayed = new byte[0];
        int replayedOffset;
        int replayedRun;
        /** Whether written bytes are forgotten. */
        boolean isSink;
        /** Bytes that the network still takes. */
        long writeBudget = Long.MAX_VALUE;
        int writeCount;

        Socket(InetSocketAddress remote, InetAddress source, int port, Accepting accepting)
        {
            this.remote = remote;
            this.source = source;
            this.local = local(remote, port);
            this.accepting = accepting;
            this.isConnected = accepting == Accepting.AT_ONCE;
        }

        private static InetSocketAddress local(InetSocketAddress remote, int port)
        {
            try
            {
                return new InetSocketAddress(
                    InetAddress.getByName(remote.getAddress() instanceof Inet4Address ? "10.0.0.5" : "fd00::5"), port);
            }
            catch (UnknownHostException e)
            {
                throw new IllegalStateException(e);
            }
        }

        boolean isOpen()
        {
            return isConnected && !isClosed;
        }

        int interest()
        {
            return interest;
        }

        /** Lets a silent connection stand after all. */
        void acceptNow()
        {
            accepting = Accepting.YES;
        }

        /** Bytes come from the middle proxy. */
        void arrive(byte[] bytes)
        {
            if (bytes.length != 0)
            {
                arrived.add(bytes);
            }
        }

        /** @return what was written since the last call. */
        byte[] takeSent()
        {
            byte[] taken = sent.toByteArray();
            sent.reset();
            return taken;
        }

        private int readyOps()
        {
            if (isClosed)
            {
                return 0;
            }
            if (!isConnected)
            {
                return accepting == Accepting.SILENT ? 0 : interest & Interest.CONNECT;
            }
            int ready = !arrived.isEmpty() || replayedRun > 0 || isEnded || isReset ? Interest.READ : 0;
            return interest & (ready | (writeBudget > 0 ? Interest.WRITE : 0));
        }

        @Override
        public int read(ByteBuffer into) throws IOException
        {
            throwDefect();
            if (isReset)
            {
                throw new IOException("reset");
            }
            if (replayedRun > 0)
            {
                int run = replayedRun;
                into.put(replayed, replayedOffset, run);
                replayedOffset += run;
                replayedRun = 0;
                return run;
            }
            int length = 0;
            while (into.hasRemaining() && !arrived.isEmpty())
            {
                byte[] first = arrived.poll();
                int run = Math.min(first.length, into.remaining());
                into.put(first, 0, run);
                length += run;
                if (run < first.length)
                {
                    arrived.addFirst(java.util.Arrays.copyOfRange(first, run, first.length));
                }
            }
            return length == 0 && isEnded ? END_OF_STREAM : length;
        }

        @Override
        public long write(ByteBuffer[] from, int offset, int count) throws IOException
        {
            writeCount++;
            throwDefect();
            if (isReset)
            {
                throw new IOException("reset");
            }
            if (isSink)
            {
                long length = 0;
                for (int i = offset; i < offset + count; i++)
                {
                    length += from[i].remaining();
                    from[i].position(from[i].limit());
                }
                return length;
            }
            long written = 0;
            for (int i = offset; i < offset + count && writeBudget > 0; i++)
            {
                byte[] bytes = new byte[(int)Math.min(from[i].remaining(), writeBudget)];
                from[i].get(bytes);
                sent.writeBytes(bytes);
                written += bytes.length;
                writeBudget -= bytes.length;
            }
            return written;
        }

        private void throwDefect()
        {
            if (defect != null)
            {
                throw defect;
            }
        }

        @Override
        public boolean finishConnect() throws IOException
        {
            if (isConnected || accepting == Accepting.SILENT)
            {
                return isConnected;
            }
            if (handlerHasNotBeenAsked())
            {
                return false;
            }
            if (accepting == Accepting.REFUSE)
            {
                throw new IOException("refused");
            }
            isConnected = true;
            return true;
        }

        /** A connection in the making stands only when the poller has said so: the first question comes too early. */
        private boolean handlerHasNotBeenAsked()
        {
            boolean isFirst = !isAsked;
            isAsked = true;
            return isFirst;
        }

        private boolean isAsked;

        @Override
        public InetSocketAddress localAddress()
        {
            return local;
        }

        @Override
        public InetSocketAddress remoteAddress()
        {
            return remote;
        }

        @Override
        public void interest(int ops)
        {
            interest = ops;
        }

        @Override
        public void shutdownOutput()
        {
            throw new UnsupportedOperationException();
        }

        @Override
        public void reset()
        {
            close();
        }

        @Override
        public void close()
        {
            isClosed = true;
        }
    }
}
