// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.io.nio;

import io.mtproxy.engine.io.Interest;
import io.mtproxy.engine.io.PollKey;
import io.mtproxy.engine.io.ReadyHandler;
import java.io.IOException;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import org.jspecify.annotations.Nullable;

/** What a poller watches, its own registration at the same time: one object less for each connection. */
abstract sealed class NioEndpoint implements PollKey permits NioSocket, NioListener
{
    private @Nullable SelectionKey key;
    private @Nullable ReadyHandler handler;
    private int ops;
    /** The connection stood before anyone waited for it: NIO then never reports CONNECT, but it does report WRITE. */
    private boolean isConnectShownAsWrite;

    abstract SelectableChannel channel();

    /** @return whether CONNECT would never be reported. */
    abstract boolean isConnectedAlready();

    final PollKey register(Selector selector, int wantedOps, ReadyHandler readyHandler) throws IOException
    {
        handler = readyHandler;
        ops = translate(wantedOps);
        key = channel().register(selector, ops, this);
        return this;
    }

    @Override
    public final void interest(int wantedOps)
    {
        int newOps = translate(wantedOps);
        SelectionKey current = key;
        if (newOps != ops && current != null && current.isValid())
        {
            ops = newOps;
            current.interestOps(newOps);
        }
    }

    /** Hands on what is ready and still wanted; an earlier handler of the same poll may have closed this socket. */
    final void onReady(SelectionKey readyKey)
    {
        ReadyHandler current = handler;
        if (current == null || !readyKey.isValid())
        {
            return;
        }
        int readyOps = readyKey.readyOps() & ops;
        if (isConnectShownAsWrite && (readyOps & Interest.WRITE) != 0)
        {
            readyOps = readyOps & ~Interest.WRITE | Interest.CONNECT;
        }
        if (readyOps != 0)
        {
            current.onReady(readyOps);
        }
    }

    private int translate(int wantedOps)
    {
        isConnectShownAsWrite = (wantedOps & Interest.CONNECT) != 0 && isConnectedAlready();
        return isConnectShownAsWrite ? wantedOps & ~Interest.CONNECT | Interest.WRITE : wantedOps;
    }
}
