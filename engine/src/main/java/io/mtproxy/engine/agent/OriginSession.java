// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.agent;

import io.mtproxy.engine.transport.AfterHandshake;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;
import org.agrona.concurrent.NanoClock;

/**
 * Speaks TLS 1.3 with a domain to its end and asks for its first page, to see what comes behind a handshake: tickets, and
 * how long its records get. Nothing is believed or kept but lengths, so that the certificate need not be good. Blocks.
 */
final class OriginSession
{
    private static final long QUIET_NS = TimeUnit.MILLISECONDS.toNanos(250);
    /** As much of a page as shows how records grow. */
    private static final int PAGE_LENGTH_MAX = 512 * 1024;
    private static final int HEADER_LENGTH = 5;
    private static final int RECORD_DATA = 0x17;
    /** Record of the alert that says goodbye. */
    private static final int ALERT_LENGTH = 19;

    private final InetSocketAddress address;
    private final String domain;
    private final NanoClock clock;

    OriginSession(InetSocketAddress address, String domain, NanoClock clock)
    {
        this.address = address;
        this.domain = domain;
        this.clock = clock;
    }

    /** @return what was seen; {@link AfterHandshake#UNKNOWN} where the domain does not let us see it. */
    AfterHandshake look(long deadlineNs)
    {
        try (Socket socket = new Socket())
        {
            socket.setTcpNoDelay(true);
            socket.connect(address, millisUntil(deadlineNs));
            SSLEngine engine = newEngine();
            ByteArrayOutputStream raw = new ByteArrayOutputStream();
            shakeHands(socket, engine, raw, deadlineNs);
            readUntilQuiet(socket, raw, clock.nanoTime() + QUIET_NS, deadlineNs);
            List<Integer> tickets = recordLengths(raw.toByteArray());
            raw.reset();
            send(socket, engine, request());
            readUntilQuiet(socket, raw, deadlineNs, deadlineNs);
            List<Integer> page = recordLengths(raw.toByteArray());
            if (!page.isEmpty() && page.getLast() == ALERT_LENGTH)
            {
                page.removeLast();
            }
            return new AfterHandshake(tickets.subList(0, Math.min(tickets.size(), AfterHandshake.COUNT_MAX)),
                AfterHandshake.stepsOf(page));
        }
        catch (IOException | GeneralSecurityException | IllegalArgumentException e)
        {
            return AfterHandshake.UNKNOWN;
        }
    }

    private ByteBuffer request()
    {
        return ByteBuffer.wrap(("GET / HTTP/1.1\r\nHost: " + domain + "\r\nUser-Agent: Mozilla/5.0\r\nAccept: */*\r\n" +
            "Connection: close\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
    }

    private SSLEngine newEngine() throws GeneralSecurityException
    {
        SSLContext context = SSLContext.getInstance("TLSv1.3");
        context.init(null, new TrustManager[]{new Anybody()}, null);
        SSLEngine engine = context.createSSLEngine();
        engine.setUseClientMode(true);
        SSLParameters parameters = engine.getSSLParameters();
        parameters.setProtocols(new String[]{"TLSv1.3"});
        parameters.setApplicationProtocols(new String[]{"http/1.1"});
        if (!domain.startsWith("["))
        {
            parameters.setServerNames(List.of(new SNIHostName(domain)));
        }
        engine.setSSLParameters(parameters);
        return engine;
    }

    /** @param raw gets what came behind the handshake. */
    private void shakeHands(Socket socket, SSLEngine engine, ByteArrayOutputStream raw, long deadlineNs)
        throws IOException
    {
        ByteBuffer received = ByteBuffer.allocate(2 * engine.getSession().getPacketBufferSize()).flip();
        ByteBuffer plain = ByteBuffer.allocate(engine.getSession().getApplicationBufferSize());
        engine.beginHandshake();
        while (true)
        {
            switch (engine.getHandshakeStatus())
            {
                case NEED_TASK ->
                {
                    for (Runnable task = engine.getDelegatedTask(); task != null; task = engine.getDelegatedTask())
                    {
                        task.run();
                    }
                }
                case NEED_WRAP -> send(socket, engine, ByteBuffer.allocate(0));
                case NEED_UNWRAP, NEED_UNWRAP_AGAIN ->
                {
                    if (engine.unwrap(received, plain.clear()).getStatus() == SSLEngineResult.Status.BUFFER_UNDERFLOW)
                    {
                        readMore(socket, received, deadlineNs);
                    }
                }
                case FINISHED, NOT_HANDSHAKING ->
                {
                    byte[] behind = new byte[received.remaining()];
                    received.get(behind);
                    raw.writeBytes(behind);
                    return;
                }
            }
        }
    }

    private void readMore(Socket socket, ByteBuffer received, long deadlineNs) throws IOException
    {
        received.compact();
        socket.setSoTimeout(millisUntil(deadlineNs));
        byte[] run = new byte[received.remaining()];
        int length = socket.getInputStream().read(run);
        if (length <= 0)
        {
            throw new SSLException("no more comes");
        }
        received.put(run, 0, length).flip();
    }

    private static void send(Socket socket, SSLEngine engine, ByteBuffer plain) throws IOException
    {
        byte[] record = new byte[engine.getSession().getPacketBufferSize()];
        int length = engine.wrap(plain, ByteBuffer.wrap(record)).bytesProduced();
        socket.getOutputStream().write(record, 0, length);
    }

    /** @param firstNs how long to wait for the first byte. */
    private void readUntilQuiet(Socket socket, ByteArrayOutputStream raw, long firstNs, long deadlineNs)
        throws IOException
    {
        InputStream in = socket.getInputStream();
        byte[] run = new byte[HEADER_LENGTH + AfterHandshake.RECORD_LENGTH_MAX];
        long waitNs = firstNs;
        while (raw.size() < PAGE_LENGTH_MAX)
        {
            socket.setSoTimeout(millisUntil(Math.min(waitNs, deadlineNs)));
            try
            {
                int length = in.read(run);
                if (length < 0)
                {
                    return;
                }
                raw.write(run, 0, length);
                waitNs = clock.nanoTime() + QUIET_NS;
            }
            catch (SocketTimeoutException e)
            {
                return;
            }
        }
    }

    /** @return lengths of the whole records of data at the start. */
    private static List<Integer> recordLengths(byte[] raw)
    {
        List<Integer> lengths = new ArrayList<>();
        int at = 0;
        while (at + HEADER_LENGTH <= raw.length && raw[at] == RECORD_DATA)
        {
            int length = (raw[at + 3] & 0xff) << Byte.SIZE | raw[at + 4] & 0xff;
            at += HEADER_LENGTH + length;
            if (at <= raw.length)
            {
                lengths.add(length);
            }
        }
        return lengths;
    }

    private int millisUntil(long deadlineNs)
    {
        return (int)Math.max(1, TimeUnit.NANOSECONDS.toMillis(deadlineNs - clock.nanoTime()));
    }

    /** Takes any certificate: nothing secret is sent, and nothing but lengths is taken. */
    private static final class Anybody extends X509ExtendedTrustManager
    {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType)
        {
            // no client here
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket)
        {
            // no client here
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
        {
            // no client here
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType)
        {
            // whoever it is: it is only measured
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket)
        {
            // as above
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
        {
            // as above
        }

        @Override
        public X509Certificate[] getAcceptedIssuers()
        {
            return new X509Certificate[0];
        }
    }
}
