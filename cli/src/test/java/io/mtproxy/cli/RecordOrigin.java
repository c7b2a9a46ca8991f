// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A domain as a watcher of records sees it: answers a TLS 1.3 hello with ServerHello, ChangeCipherSpec and encrypted
 * records, all encrypted bytes and shares drawn at random. It knows no certificate, and never needs one for what is compared here.
 * <p>
 * What a test has announced by {@link #expect} it does not answer that way but with {@link #mark}, once exactly these bytes
 * are there: so a test sees at the client's end that every byte reached the domain.
 */
final class RecordOrigin implements AutoCloseable
{
    private static final int HEADER_LENGTH = 5;
    private static final int RANDOM_LENGTH = 32;
    private static final int SESSION_ID_OFFSET = 44;
    private static final int RUN_LENGTH = 8 * 1024;
    private static final int SHARE_LENGTH = 32;
    private static final int HYBRID_SHARE_LENGTH = 1120;
    /** Group and length of a client's share. */
    private static final String HYBRID_OFFER = "11ec04c0";

    private final ServerSocket listener;
    private final String mark;
    private final Shape shape;
    private final SplittableRandom random;
    private final List<byte[]> expected = new ArrayList<>();
    private final List<ByteArrayOutputStream> received = new ArrayList<>();
    private final AtomicInteger flightCount = new AtomicInteger();

    /** What the flights look like. */
    interface Shape
    {
        /** Whether supported_versions stands before key_share. */
        boolean isReversed();

        /** Whether it takes X25519MLKEM768 when that is offered. */
        default boolean isHybrid()
        {
            return false;
        }

        /** Draws the lengths of the encrypted records of one flight. */
        int[] drawLengths(SplittableRandom random);

        /** One encrypted record with a certificate and an ECDSA signature in it: three lengths, the middle one twice as often. */
        static Shape ofSignature(int middle)
        {
            return new Shape()
            {
                @Override
                public boolean isReversed()
                {
                    return true;
                }

                @Override
                public boolean isHybrid()
                {
                    return true;
                }

                @Override
                public int[] drawLengths(SplittableRandom random)
                {
                    return new int[]{middle + random.nextInt(2) - random.nextInt(2)};
                }
            };
        }

        /** One encrypted record of a length from a range. */
        static Shape ofRange(boolean isReversed, int min, int max)
        {
            return new Shape()
            {
                @Override
                public boolean isReversed()
                {
                    return isReversed;
                }

                @Override
                public int[] drawLengths(SplittableRandom random)
                {
                    return new int[]{random.nextInt(min, max + 1)};
                }
            };
        }
    }

    private RecordOrigin(ServerSocket listener, String mark, Shape shape, long seed)
    {
        this.listener = listener;
        this.mark = mark;
        this.shape = shape;
        this.random = new SplittableRandom(seed);
    }

    /** Opens a port of a loopback address. */
    static RecordOrigin open(String address, int port, Shape shape, long seed) throws IOException
    {
        ServerSocket listener = new ServerSocket();
        listener.setReuseAddress(true);
        listener.bind(new InetSocketAddress(InetAddress.ofLiteral(address), port), 1024);
        RecordOrigin origin = new RecordOrigin(listener, "MARK " + address + " " + port + "\n", shape, seed);
        Thread.ofVirtual().start(origin::accept);
        return origin;
    }

    /** What it says to announced bytes. */
    byte[] mark()
    {
        return mark.getBytes(StandardCharsets.US_ASCII);
    }

    /** Announces bytes that a test is going to send. */
    void expect(byte[] bytes)
    {
        synchronized (expected)
        {
            expected.add(bytes.clone());
        }
    }

    /** Flights sent so far. */
    int flightCount()
    {
        return flightCount.get();
    }

    /** Connections that have come so far. */
    int connectionCount()
    {
        synchronized (received)
        {
            return received.size();
        }
    }

    /** Connections that have come and brought nothing so far. */
    long emptyCount()
    {
        synchronized (received)
        {
            return received.stream().filter(bytes -> bytes.size() == 0).count();
        }
    }

    /** Leaves what has come so far out of {@link #emptyCount} and {@link #otherLengths}. */
    void forget()
    {
        synchronized (received)
        {
            received.clear();
        }
    }

    /** Lengths of what has come that was neither announced nor a hello to be answered. */
    List<Integer> otherLengths()
    {
        synchronized (received)
        {
            return received.stream().map(ByteArrayOutputStream::toByteArray)
                .filter(bytes -> bytes.length > 0 && !isExpected(bytes) && !isHello(bytes))
                .map(bytes -> bytes.length).toList();
        }
    }

    @Override
    public void close() throws IOException
    {
        listener.close();
    }

    private void accept()
    {
        while (!listener.isClosed())
        {
            try
            {
                Socket socket = listener.accept();
                socket.setTcpNoDelay(true);
                ByteArrayOutputStream bytes = new ByteArrayOutputStream();
                synchronized (received)
                {
                    received.add(bytes);
                }
                Thread.ofVirtual().start(() -> serve(socket, bytes));
            }
            catch (IOException closed)
            {
                return;
            }
        }
    }

    private void serve(Socket socket, ByteArrayOutputStream bytes)
    {
        try (socket)
        {
            InputStream in = socket.getInputStream();
            byte[] run = new byte[RUN_LENGTH];
            boolean isAnswered = false;
            for (int length = in.read(run); length >= 0; length = in.read(run))
            {
                synchronized (received)
                {
                    bytes.write(run, 0, length);
                }
                byte[] all = bytes.toByteArray();
                if (isExpected(all))
                {
                    socket.getOutputStream().write(mark());
                }
                else if (!isAnswered && isHello(all) && !isBeginOfExpected(all))
                {
                    isAnswered = true;
                    flightCount.incrementAndGet();
                    socket.getOutputStream().write(flight(all));
                }
            }
        }
        catch (IOException gone)
        {
            // a client may go as it likes
        }
    }

    private boolean isExpected(byte[] all)
    {
        synchronized (expected)
        {
            return expected.stream().anyMatch(bytes -> Arrays.equals(bytes, all));
        }
    }

    private boolean isBeginOfExpected(byte[] all)
    {
        synchronized (expected)
        {
            return expected.stream().anyMatch(bytes -> bytes.length >= all.length &&
                Arrays.equals(bytes, 0, all.length, all, 0, all.length));
        }
    }

    private static boolean isHello(byte[] all)
    {
        return all.length > SESSION_ID_OFFSET + RANDOM_LENGTH && all[0] == 0x16 &&
            all.length >= HEADER_LENGTH + ((all[3] & 0xff) << 8 | all[4] & 0xff);
    }

    private synchronized byte[] flight(byte[] hello)
    {
        ByteArrayOutputStream extensions = new ByteArrayOutputStream();
        boolean isHybrid = shape.isHybrid() && HexFormat.of().formatHex(hello).contains(HYBRID_OFFER);
        int shareLength = isHybrid ? HYBRID_SHARE_LENGTH : SHARE_LENGTH;
        byte[] share = randomBytes(shareLength);
        ByteArrayOutputStream keyShare = new ByteArrayOutputStream();
        put(keyShare, 0x33, 4 + shareLength, isHybrid ? TlsFlight.GROUP_HYBRID : TlsFlight.GROUP_X25519, shareLength);
        keyShare.writeBytes(share);
        ByteArrayOutputStream versions = new ByteArrayOutputStream();
        put(versions, 0x2b, 2, 0x0304);
        extensions.writeBytes((shape.isReversed() ? versions : keyShare).toByteArray());
        extensions.writeBytes((shape.isReversed() ? keyShare : versions).toByteArray());

        ByteArrayOutputStream body = new ByteArrayOutputStream();
        put(body, 0x0303);
        body.writeBytes(randomBytes(RANDOM_LENGTH));
        body.write(RANDOM_LENGTH);
        body.write(hello, SESSION_ID_OFFSET, RANDOM_LENGTH);
        put(body, 0x1301);
        body.write(0);
        put(body, extensions.size());
        body.writeBytes(extensions.toByteArray());

        ByteArrayOutputStream out = new ByteArrayOutputStream();
        put(out, 0x1603, 0x0300 | body.size() + 4 >>> 8);
        out.write(body.size() + 4);
        put(out, 0x0200, body.size());
        out.writeBytes(body.toByteArray());
        put(out, 0x1403, 0x0300, 0x0101);
        for (int length : shape.drawLengths(random))
        {
            out.write(0x17);
            put(out, 0x0303, length);
            out.writeBytes(randomBytes(length));
        }
        return out.toByteArray();
    }

    private byte[] randomBytes(int length)
    {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
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
}
