// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.io.nio;

import io.mtproxy.engine.io.Interest;
import io.mtproxy.engine.io.PollKey;
import io.mtproxy.engine.io.ReadyHandler;
import io.mtproxy.engine.io.SocketPoller;
import io.mtproxy.engine.io.TcpListener;
import io.mtproxy.engine.io.TcpSocket;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.function.Consumer;

/** Waits in a selector. Its sockets come from {@link NioNetwork} only. */
final class NioPoller implements SocketPoller
{
    private static final long NS_PER_MS = 1_000_000;

    private final Selector selector;
    /** Made once: a capturing lambda in {@link #poll} would be garbage. */
    private final Consumer<SelectionKey> dispatch = NioPoller::dispatch;

    NioPoller(Selector selector)
    {
        this.selector = selector;
    }

    @Override
    public int poll(long timeoutNs)
    {
        try
        {
            // rounded up: a selector waits in whole ms, and 0 would spin until the last one is over
            return timeoutNs <= NO_WAIT ?
                selector.selectNow(dispatch) :
                selector.select(dispatch, (timeoutNs - 1) / NS_PER_MS + 1);
        }
        catch (ClosedSelectorException e)
        {
            // closed by a handler or by the owner's end
            return 0;
        }
        catch (IOException e)
        {
            throw new UncheckedIOException("poller failed", e);
        }
    }

    @Override
    public PollKey register(TcpSocket socket, int ops, ReadyHandler handler) throws IOException
    {
        return ((NioSocket)socket).register(selector, ops, handler);
    }

    @Override
    public PollKey register(TcpListener listener, ReadyHandler handler) throws IOException
    {
        return ((NioListener)listener).register(selector, Interest.ACCEPT, handler);
    }

    @Override
    public void wakeup()
    {
        selector.wakeup();
    }

    @Override
    public void close()
    {
        try
        {
            selector.close();
        }
        catch (IOException ignored)
        {
            // nothing is left to be done about it
        }
    }

    private static void dispatch(SelectionKey key)
    {
        ((NioEndpoint)key.attachment()).onReady(key);
    }
}
