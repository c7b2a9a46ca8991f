// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.sim;

import io.mtproxy.engine.io.Interest;
import io.mtproxy.engine.io.TcpSocket;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;

/** One simulated connection: the engine holds {@link #engineEnd}, the test holds {@link #peerEnd}. */
final class SimulatedConnection
{
    final EngineEnd engineEnd;
    final PeerEnd peerEnd;
    private final SimulatedStream toEngine;
    private final SimulatedStream toPeer;
    private final long connectedAtNs;
    private final SimulatedClock clock;
    private boolean isRefused;
    private boolean isReset;
    private boolean isTakingNothing;
    private boolean isDefective;
    private boolean isResetByEngine;

    SimulatedConnection(SimulatedClock clock, InetSocketAddress engineAddress, InetSocketAddress peerAddress,
        SimulatedStream toEngine, SimulatedStream toPeer, long connectDelayNs)
    {
        this.clock = clock;
        this.toEngine = toEngine;
        this.toPeer = toPeer;
        this.connectedAtNs = clock.nanoTime() + connectDelayNs;
        this.engineEnd = new EngineEnd(engineAddress, peerAddress);
        this.peerEnd = new PeerEnd(engineAddress, peerAddress);
    }

    /** Nobody listens where this connection goes. */
    void refuse()
    {
        isRefused = true;
    }

    private boolean isConnected()
    {
        return clock.nanoTime() >= connectedAtNs;
    }

    /** What the engine sees. */
    final class EngineEnd implements TcpSocket
    {
        private final InetSocketAddress local;
        private final InetSocketAddress remote;
        private boolean isClosed;

        EngineEnd(InetSocketAddress local, InetSocketAddress remote)
        {
            this.local = local;
            this.remote = remote;
        }

        boolean isClosed()
        {
            return isClosed;
        }

        int readyOps(boolean isConnecting)
        {
            if (isConnecting)
            {
                return isConnected() ? Interest.CONNECT : Interest.NONE;
            }
            int ops = isReset || toEngine.hasArrived() || toEngine.isAtEnd() ? Interest.READ : Interest.NONE;
            return isReset || toPeer.room() > 0 ? ops | Interest.WRITE : ops;
        }

        @Override
        public int read(ByteBuffer into) throws IOException
        {
            requireOpen();
            if (isDefective)
            {
                throw new IllegalStateException("a defect that a test has asked for");
            }
            if (!toEngine.hasArrived())
            {
                return toEngine.isAtEnd() ? END_OF_STREAM : 0;
            }
            byte[] bytes = toEngine.read(into.remaining());
            into.put(bytes);
            return bytes.length;
        }

        @Override
        public long write(ByteBuffer[] from, int offset, int count) throws IOException
        {
            requireOpen();
            long written = 0;
            for (int i = offset; i < offset + count && toPeer.room() > 0 && !isTakingNothing; i++)
            {
                byte[] bytes = new byte[Math.min(from[i].remaining(), toPeer.room())];
                from[i].get(bytes);
                toPeer.write(bytes);
                written += bytes.length;
            }
            return written;
        }

        private void requireOpen() throws IOException
        {
            if (isClosed)
            {
                throw new IllegalStateException("the engine uses a socket that it has closed");
            }
            if (isReset)
            {
                throw new IOException("Connection reset");
            }
        }

        @Override
        public boolean finishConnect() throws IOException
        {
            if (isConnected() && isRefused)
            {
                throw new ConnectException("Connection refused");
            }
            return isConnected();
        }

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
        public void shutdownOutput() throws IOException
        {
            requireOpen();
            toPeer.end();
        }

        @Override
        public void reset()
        {
            isClosed = true;
            isResetByEngine = true;
            toPeer.end();
        }

        @Override
        public void close()
        {
            isClosed = true;
            toPeer.end();
        }
    }

    /** What the test holds: a peer that reads and writes when the test says so. */
    final class PeerEnd
    {
        final InetSocketAddress engineAddress;
        final InetSocketAddress ownAddress;

        PeerEnd(InetSocketAddress engineAddress, InetSocketAddress ownAddress)
        {
            this.engineAddress = engineAddress;
            this.ownAddress = ownAddress;
        }

        /** @return bytes that have arrived, at most so many. */
        byte[] read(int lengthMax)
        {
            return toPeer.read(lengthMax);
        }

        /** @return whether the engine has closed and everything it sent has been read. */
        boolean isAtEnd()
        {
            return toPeer.isAtEnd();
        }

        /** @return whether the engine has reset the connection. */
        boolean isResetByEngine()
        {
            return isResetByEngine;
        }

        /** @return whether this side has reset the connection. */
        boolean isReset()
        {
            return isReset;
        }

        /** Lets the poller promise room that a write does not find. [P-CON-52] */
        void takeNothing()
        {
            isTakingNothing = true;
        }

        /** Lets the engine's next read end in an exception that no socket may throw: a defect of ours. */
        void breakReads()
        {
            isDefective = true;
        }

        /** @return whether the engine has closed its end, though bytes may still be on their way here. */
        boolean isClosedByEngine()
        {
            return engineEnd.isClosed();
        }

        int room()
        {
            return engineEnd.isClosed() ? Integer.MAX_VALUE : toEngine.room();
        }

        /** Sends bytes; when the engine has closed they vanish. */
        void write(byte[] bytes)
        {
            if (!engineEnd.isClosed())
            {
                toEngine.write(bytes);
            }
        }

        void end()
        {
            toEngine.end();
        }

        void reset()
        {
            isReset = true;
        }
    }
}
