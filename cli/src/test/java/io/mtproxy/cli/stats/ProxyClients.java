// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.stats;

import io.mtproxy.soak.ClientOptions;
import io.mtproxy.soak.ClientPeer;
import io.mtproxy.soak.Payloads;
import io.mtproxy.soak.Transport;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;

/** Clients of a proxy whose datacenter echoes; they stay until this is closed. */
final class ProxyClients implements AutoCloseable
{
    private static final int RECEIVE_BUFFER_SLOW = 4096;

    private final List<String> secrets;
    private final List<Socket> sockets = new ArrayList<>();

    ProxyClients(List<String> secrets)
    {
        this.secrets = secrets;
    }

    /** Shakes hands, sends packets of a key and takes their echoes; the connection stays. */
    Socket talk(ComparedProxy proxy, Transport transport, int secret, String from, long keyId, int count)
        throws IOException
    {
        ClientPeer peer = peer(transport, secret);
        Socket socket = open(proxy, from);
        socket.getOutputStream().write(peer.start());
        byte[] bytes = new byte[65536];
        for (int i = 1; i <= count; i++)
        {
            byte[] payload = Payloads.encrypted(keyId, 64 + 16 * i, new SplittableRandom(i));
            socket.getOutputStream().write(peer.frame(payload, false));
            while (peer.packets().size() < i)
            {
                int length = socket.getInputStream().read(bytes);
                if (length < 0)
                {
                    throw new IOException("closed");
                }
                peer.receive(Arrays.copyOf(bytes, length));
            }
        }
        return socket;
    }

    ClientPeer peer(Transport transport, int secret)
    {
        return new ClientPeer(ClientOptions.of(transport, HexFormat.of().parseHex(secrets.get(secret)), 2, 5));
    }

    Socket open(ComparedProxy proxy, String from) throws IOException
    {
        Socket socket = StatsFixture.connect(proxy.clientPort(), from);
        socket.setSoTimeout(60_000);
        sockets.add(socket);
        return socket;
    }

    /** One whose system takes as little as possible of what it does not read. */
    Socket openSlow(ComparedProxy proxy) throws IOException
    {
        Socket socket = new Socket();
        socket.setReceiveBufferSize(RECEIVE_BUFFER_SLOW);
        sockets.add(socket);
        socket.connect(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), proxy.clientPort()), 5_000);
        return socket;
    }

    @Override
    public void close() throws IOException
    {
        for (Socket socket : sockets)
        {
            socket.close();
        }
        sockets.clear();
    }
}
