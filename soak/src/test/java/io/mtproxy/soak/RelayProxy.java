// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.soak;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import javax.crypto.Cipher;

/**
 * The smallest proxy that lets the server and the swarm meet in a test: intermediate and padded transport, a link of
 * its own for each client, blocking threads. That the two speak the protocol is shown by the vectors, not by this.
 */
final class RelayProxy implements AutoCloseable
{
    private static final int READ_LENGTH = 64 * 1024;

    private final ServerSocket listener;
    private final InetSocketAddress datacenter;
    private final byte[] datacenterSecret;
    private final byte[] clientSecret;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private final AtomicInteger ids = new AtomicInteger();
    /** Payload bytes are changed in every so many answers; 0 is never. */
    volatile int corruptEvery;
    private final AtomicInteger answers = new AtomicInteger();

    RelayProxy(InetSocketAddress datacenter, byte[] datacenterSecret, byte[] clientSecret) throws IOException
    {
        this.datacenter = datacenter;
        this.datacenterSecret = datacenterSecret;
        this.clientSecret = clientSecret;
        this.listener = new ServerSocket(0, 100, InetAddress.ofLiteral("127.0.0.1"));
        Thread.startVirtualThread(this::accept);
    }

    InetSocketAddress address()
    {
        return (InetSocketAddress)listener.getLocalSocketAddress();
    }

    private void accept()
    {
        try
        {
            while (true)
            {
                Socket client = listener.accept();
                sockets.add(client);
                Thread.startVirtualThread(() -> serve(client));
            }
        }
        catch (IOException e)
        {
            // closed
        }
    }

    private void serve(Socket client)
    {
        try (client; Socket link = new Socket(datacenter.getAddress(), datacenter.getPort()))
        {
            sockets.add(link);
            LinkEnds ends = new LinkEnds(
                (InetSocketAddress)link.getRemoteSocketAddress(), (InetSocketAddress)link.getLocalSocketAddress());
            ProxyLink rpc = new ProxyLink(datacenterSecret, ends, (int)(System.currentTimeMillis() / 1000));
            DataInputStream fromDatacenter = new DataInputStream(link.getInputStream());
            OutputStream toDatacenter = link.getOutputStream();
            toDatacenter.write(rpc.nonce());
            toDatacenter.write(rpc.handshake(fromDatacenter.readNBytes(44), new byte[12]));
            rpc.receive(fromDatacenter.readNBytes(48));
            rpc.useCrc32c();

            DataInputStream fromClient = new DataInputStream(client.getInputStream());
            byte[] header = fromClient.readNBytes(64);
            if (header.length < 64)
            {
                return;
            }
            byte[] block = Arrays.copyOfRange(header, 8, 56);
            Cipher in = cipher(block);
            byte[] plain = new byte[64];
            Jce.update(in, header, 0, 64, plain, 0);
            for (int i = 0; i < 24; i++)
            {
                byte swapped = block[i];
                block[i] = block[47 - i];
                block[47 - i] = swapped;
            }
            Cipher out = cipher(block);
            long id = ids.incrementAndGet();
            Thread back = Thread.startVirtualThread(() -> back(rpc, fromDatacenter, client, out));
            forward(rpc, id, fromClient, in, toDatacenter);
            toDatacenter.write(
                rpc.send(new ByteBuilder().putInt(DatacenterPeer.RPC_CLOSE_CONN).putLong(id).toByteArray()));
            link.shutdownOutput();
            back.join();
        }
        catch (IOException | InterruptedException e)
        {
            // one side is gone: so is the other
        }
    }

    private static void forward(ProxyLink rpc, long id, InputStream from, Cipher in, OutputStream to)
        throws IOException
    {
        while (true)
        {
            byte[] lengthBytes = decrypt(in, from.readNBytes(4));
            if (lengthBytes.length < 4)
            {
                return;
            }
            int value = LittleEndian.getInt(lengthBytes, 0);
            byte[] payload = decrypt(in, from.readNBytes(value & 0x7fff_ffff));
            int flags = 0x2002_1000 | value & 0x8000_0000;
            to.write(rpc.send(ProxyLink.request(flags, id, Arrays.copyOf(payload, payload.length & ~3))));
        }
    }

    private void back(ProxyLink rpc, InputStream from, Socket client, Cipher out)
    {
        byte[] buffer = new byte[READ_LENGTH];
        ByteBuilder waiting = new ByteBuilder();
        try
        {
            OutputStream to = client.getOutputStream();
            for (int count = from.read(buffer); count >= 0; count = from.read(buffer))
            {
                waiting.putBytes(buffer, 0, count);
                int blocks = waiting.length() & -16;
                byte[] wire = Arrays.copyOf(waiting.array(), blocks);
                waiting.discard(blocks);
                for (byte[] frame : rpc.receive(wire))
                {
                    onFrame(frame, to, out);
                }
            }
            client.close();
        }
        catch (IOException e)
        {
            DatacenterServer.closeQuietly(client);
        }
    }

    private void onFrame(byte[] frame, OutputStream to, Cipher out) throws IOException
    {
        switch (LittleEndian.getInt(frame, 0))
        {
            case DatacenterPeer.RPC_PROXY_ANS ->
            {
                if (corruptEvery > 0 && answers.incrementAndGet() % corruptEvery == 0)
                {
                    frame[frame.length - 1] ^= 1;
                }
                to.write(encrypt(out, new ByteBuilder().putInt(frame.length - 16).putBytes(frame, 16, frame.length - 16)
                    .toByteArray()));
            }
            case DatacenterPeer.RPC_SIMPLE_ACK -> to.write(encrypt(out, Arrays.copyOfRange(frame, 12, 16)));
            default ->
            {
                // not needed here
            }
        }
    }

    private Cipher cipher(byte[] block)
    {
        return Jce.aesCtr(Jce.sha256(Arrays.copyOf(block, 32), clientSecret), Arrays.copyOfRange(block, 32, 48));
    }

    private static byte[] decrypt(Cipher cipher, byte[] bytes)
    {
        return encrypt(cipher, bytes);
    }

    private static byte[] encrypt(Cipher cipher, byte[] bytes)
    {
        byte[] out = new byte[bytes.length];
        Jce.update(cipher, bytes, 0, bytes.length, out, 0);
        return out;
    }

    @Override
    public void close() throws IOException
    {
        listener.close();
        sockets.forEach(DatacenterServer::closeQuietly);
    }
}
