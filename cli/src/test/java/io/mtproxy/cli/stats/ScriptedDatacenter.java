// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.stats;

import io.mtproxy.soak.DatacenterEvent.ProxyRequest;
import io.mtproxy.soak.DatacenterPeer;
import io.mtproxy.soak.LinkEnds;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** A middle proxy that says what a test wants, when it wants. Each link has a thread. */
final class ScriptedDatacenter implements AutoCloseable
{
    private final byte[] secret;
    private final ServerSocket listener;
    /** Guarded by itself. */
    private final List<Link> links = new ArrayList<>();

    /** @param peer guarded by the link. */
    private record Link(Socket socket, DatacenterPeer peer)
    {
    }

    /** Does something with a link, whose output is then sent. */
    interface Act
    {
        void on(DatacenterPeer peer);
    }

    ScriptedDatacenter(byte[] secret) throws IOException
    {
        this.secret = secret.clone();
        this.listener = new ServerSocket(0, 50, InetAddress.ofLiteral("127.0.0.1"));
        Thread.ofVirtual().start(this::acceptAll);
    }

    int port()
    {
        return listener.getLocalPort();
    }

    private void acceptAll()
    {
        try
        {
            while (true)
            {
                Socket socket = listener.accept();
                socket.setTcpNoDelay(true);
                LinkEnds ends = new LinkEnds((InetSocketAddress)socket.getLocalSocketAddress(),
                    (InetSocketAddress)socket.getRemoteSocketAddress());
                Link link = new Link(socket,
                    new DatacenterPeer(secret, ends, new SplittableRandom(), () -> System.currentTimeMillis() / 1000));
                synchronized (links)
                {
                    links.add(link);
                }
                Thread.ofVirtual().start(() -> serve(link));
            }
        }
        catch (IOException e)
        {
            // closed
        }
    }

    private static void serve(Link link)
    {
        byte[] bytes = new byte[65536];
        try
        {
            for (int count; (count = link.socket.getInputStream().read(bytes)) >= 0;)
            {
                synchronized (link)
                {
                    link.peer.receive(bytes, 0, count);
                    link.socket.getOutputStream().write(link.peer.takeOutput());
                }
            }
        }
        catch (IOException e)
        {
            // closed
        }
    }

    /** Has the first link say something. */
    void say(Act act) throws IOException
    {
        synchronized (links)
        {
            say(links.getFirst(), act);
        }
    }

    private static void say(Link link, Act act) throws IOException
    {
        synchronized (link)
        {
            act.on(link.peer);
            link.socket.getOutputStream().write(link.peer.takeOutput());
        }
    }

    /** @return how many requests have come over all links. */
    int requestCount()
    {
        int count = 0;
        synchronized (links)
        {
            for (Link link : links)
            {
                synchronized (link)
                {
                    count += link.peer.requests().size();
                }
            }
        }
        return count;
    }

    /** Answers the only request of each connection that has none yet by so many bytes. */
    void answerNewest(int length) throws IOException
    {
        synchronized (links)
        {
            for (Link link : links)
            {
                synchronized (link)
                {
                    List<ProxyRequest> requests = link.peer.requests();
                    if (requests.isEmpty())
                    {
                        continue;
                    }
                    for (ProxyRequest request : requests)
                    {
                        link.peer.answer(request.extConnectionId(), 0, new byte[length]);
                    }
                    link.peer.takeEvents();
                    link.socket.getOutputStream().write(link.peer.takeOutput());
                }
            }
        }
    }

    @Override
    public void close() throws IOException
    {
        listener.close();
        synchronized (links)
        {
            for (Link link : links)
            {
                link.socket.close();
            }
        }
    }
}
