// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.soak.load;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.HexFormat;
import java.util.concurrent.ThreadLocalRandom;

/**
 * The domain that proxies of fake-TLS look at: answers a hello with a ServerHello, ChangeCipherSpec and one encrypted
 * record, by X25519MLKEM768 to who offers it. All that would be secret is random: nobody in the laboratory goes on from there.
 */
final class LocalOrigin implements AutoCloseable
{
    /** Where both proxies look for it. [P-TLS-50] */
    static final int PORT = 443;
    /** Of the encrypted record. */
    static final int RECORD_LENGTH = 3000;
    /** Of a server's share of X25519MLKEM768. */
    static final int HYBRID_SHARE_LENGTH = 1120;

    private static final int BACKLOG = 1024;
    private static final int HEADER_LENGTH = 5;
    private static final int SESSION_ID_OFFSET = 44;
    private static final int RANDOM_LENGTH = 32;
    private static final int SHARE_LENGTH = 32;
    private static final int CIPHER = 0x1301;
    /** No look may take longer. */
    private static final long LOOK_TIMEOUT_NS = 30_000_000_000L;
    /** A proxy that has said nothing for so long has seen what it wanted. */
    private static final long QUIET_NS = 1_500_000_000L;
    private static final HexFormat HEX = HexFormat.of();
    /** Group and length of a client's share. */
    private static final String HYBRID_OFFER = "11ec04c0";

    private final ServerSocket listener;
    private long connections;
    private long lastNs;

    private LocalOrigin(ServerSocket listener)
    {
        this.listener = listener;
    }

    /**
     * Opens it on the loopback address.
     *
     * @param port {@link #PORT}, or 0 for any that is free.
     * @throws IOException saying what to do when the port cannot be had.
     */
    static LocalOrigin open(int port) throws IOException
    {
        ServerSocket listener = new ServerSocket();
        try
        {
            listener.setReuseAddress(true);
            listener.bind(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), port), BACKLOG);
        }
        catch (IOException e)
        {
            listener.close();
            throw new IOException("the domain of this scenario is played at 127.0.0.1:" + port + ", which cannot be " +
                "opened: " + e.getMessage() + " — run as root, with nobody else there", e);
        }
        LocalOrigin origin = new LocalOrigin(listener);
        Thread.ofVirtual().name("local-origin").start(origin::accept);
        return origin;
    }

    int port()
    {
        return listener.getLocalPort();
    }

    /** @return connections so far. */
    synchronized long connections()
    {
        return connections;
    }

    /** Waits until somebody has looked, since {@link #connections} said so much, and is done. */
    void awaitLook(long before) throws IOException, InterruptedException
    {
        long untilNs = System.nanoTime() + LOOK_TIMEOUT_NS;
        while (!isLookOver(before))
        {
            if (System.nanoTime() - untilNs > 0)
            {
                throw new IOException("no proxy has looked at the domain at 127.0.0.1:" + port());
            }
            Thread.sleep(20);
        }
    }

    private synchronized boolean isLookOver(long before)
    {
        return connections > before && System.nanoTime() - lastNs > QUIET_NS;
    }

    private void accept()
    {
        while (!listener.isClosed())
        {
            try
            {
                Socket socket = listener.accept();
                synchronized (this)
                {
                    connections++;
                    lastNs = System.nanoTime();
                }
                Thread.ofVirtual().start(() -> serve(socket));
            }
            catch (IOException e)
            {
                return;
            }
        }
    }

    private static void serve(Socket socket)
    {
        try (socket)
        {
            socket.setTcpNoDelay(true);
            InputStream in = socket.getInputStream();
            byte[] head = in.readNBytes(HEADER_LENGTH);
            byte[] body = in.readNBytes(head.length < HEADER_LENGTH ? 0 : (head[3] & 0xff) << 8 | head[4] & 0xff);
            if (body.length >= SESSION_ID_OFFSET + RANDOM_LENGTH)
            {
                socket.getOutputStream().write(flight(body));
                // it is the client's turn now, and whatever that says is not understood
                var _ = in.transferTo(OutputStream.nullOutputStream());
            }
        }
        catch (IOException e)
        {
            // a client may go as it likes
        }
    }

    /** @param hello without its record's header. */
    private static byte[] flight(byte[] hello)
    {
        boolean isHybrid = HEX.formatHex(hello).contains(HYBRID_OFFER);
        int shareLength = isHybrid ? HYBRID_SHARE_LENGTH : SHARE_LENGTH;
        ByteArrayOutputStream serverHello = new ByteArrayOutputStream();
        put(serverHello, 0x0303);
        serverHello.writeBytes(random(RANDOM_LENGTH));
        serverHello.write(RANDOM_LENGTH);
        serverHello.write(hello, SESSION_ID_OFFSET - HEADER_LENGTH, RANDOM_LENGTH);
        put(serverHello, CIPHER);
        serverHello.write(0);
        put(serverHello, 6 + 8 + shareLength);
        put(serverHello, 0x002b, 2, 0x0304);
        put(serverHello, 0x0033, 4 + shareLength, isHybrid ? 0x11ec : 0x001d, shareLength);
        serverHello.writeBytes(random(shareLength));
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(HEX.parseHex("160303"));
        put(out, 4 + serverHello.size(), 0x0200, serverHello.size());
        out.writeBytes(serverHello.toByteArray());
        out.writeBytes(HEX.parseHex("140303000101" + "170303"));
        put(out, RECORD_LENGTH);
        out.writeBytes(random(RECORD_LENGTH));
        return out.toByteArray();
    }

    private static byte[] random(int length)
    {
        byte[] bytes = new byte[length];
        ThreadLocalRandom.current().nextBytes(bytes);
        return bytes;
    }

    private static void put(ByteArrayOutputStream out, int... values)
    {
        for (int value : values)
        {
            out.write(value >>> 8);
            out.write(value);
        }
    }

    @Override
    public void close()
    {
        LoadLoop.closeQuietly(listener);
    }
}
