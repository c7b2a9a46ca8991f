// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.soak.load;

import io.mtproxy.soak.LinkEnds;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.SelectionKey;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** The loopback port where one proxy finds its datacenter; its links are dealt to the loops in turn. */
public final class DatacenterPort implements LoadSocket
{
    private static final int BACKLOG = 1024;

    private final ServerSocketChannel listener;
    private final byte[] secret;
    private final boolean isPlain;
    private final List<LoadLoop> loops;
    private final AtomicInteger numbers;
    private final List<UpstreamLink> links = new CopyOnWriteArrayList<>();
    private final AtomicInteger readyCount = new AtomicInteger();
    private final AtomicLong mismatches = new AtomicLong();
    private int accepted;

    /**
     * @param secret  content of the secret file. [P-RPC-12]
     * @param isPlain whether {@link BareRelay} connects here.
     * @param numbers gives each link of the laboratory its number.
     */
    DatacenterPort(byte[] secret, boolean isPlain, List<LoadLoop> loops, AtomicInteger numbers) throws IOException
    {
        this.secret = secret.clone();
        this.isPlain = isPlain;
        this.loops = loops;
        this.numbers = numbers;
        this.listener = ServerSocketChannel.open();
        listener.setOption(StandardSocketOptions.SO_REUSEADDR, true);
        listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), BACKLOG);
        listener.configureBlocking(false);
        loops.getFirst().execute(() -> listener.register(loops.getFirst().selector(), SelectionKey.OP_ACCEPT, this));
    }

    public int port()
    {
        return listener.socket().getLocalPort();
    }

    /** Links that have completed their handshake and stand. */
    public int readyCount()
    {
        return readyCount.get();
    }

    /** Requests that were not what a client sent, and links that broke the protocol. */
    public long mismatches()
    {
        return mismatches.get();
    }

    byte[] secret()
    {
        return secret;
    }

    @Override
    public void onReady(SelectionKey key)
    {
        try
        {
            SocketChannel channel = listener.accept();
            if (channel != null)
            {
                channel.configureBlocking(false);
                channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
                LoadLoop loop = loops.get(accepted++ % loops.size());
                loop.execute(() -> register(loop, channel));
            }
        }
        catch (IOException e)
        {
            // the proxy has given up: nothing to serve
        }
    }

    private void register(LoadLoop loop, SocketChannel channel) throws IOException
    {
        LinkEnds ends = new LinkEnds(
            (InetSocketAddress)channel.getLocalAddress(), (InetSocketAddress)channel.getRemoteAddress());
        SelectionKey key = channel.register(loop.selector(), SelectionKey.OP_READ);
        UpstreamLink link = isPlain ?
            new PlainLink(loop, this, channel, key) :
            new RpcLink(loop, this, channel, key, ends, numbers.incrementAndGet());
        key.attach(link);
        links.add(link);
        if (isPlain)
        {
            onLinkReady();
        }
    }

    void onLinkReady()
    {
        readyCount.incrementAndGet();
    }

    void onLinkClosed(UpstreamLink link)
    {
        links.remove(link);
        readyCount.updateAndGet(count -> Math.max(0, count - 1));
    }

    void onMismatch()
    {
        mismatches.incrementAndGet();
    }

    /** Ends listener and links. */
    public void close()
    {
        LoadLoop.closeQuietly(listener);
        links.forEach(UpstreamLink::close);
    }
}
