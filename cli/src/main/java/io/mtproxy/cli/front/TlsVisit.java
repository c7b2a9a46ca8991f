// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.front;

import java.io.ByteArrayOutputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.cert.Certificate;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * One whole handshake of the JDK's TLS: who shows which certificates, and what comes unasked once it is done.
 *
 * @param problem       why there was none; empty if there was.
 * @param protocol      that was agreed, {@code TLSv1.3}.
 * @param application   protocol by ALPN, empty if none.
 * @param chain         that was shown, leaf first.
 * @param ticketLengths of the encrypted records that came unasked after the handshake: session tickets.
 */
public record TlsVisit(String problem, String protocol, String application, List<X509Certificate> chain,
    List<Integer> ticketLengths)
{
    private static final int CONNECT_TIMEOUT_MS = 5_000;
    private static final int UNASKED_MS = 500;

    /** Visits a server under a name. */
    public static TlsVisit make(InetSocketAddress address, String name)
    {
        try (TappedSocket socket = new TappedSocket())
        {
            socket.connect(address, CONNECT_TIMEOUT_MS);
            socket.setSoTimeout(CONNECT_TIMEOUT_MS);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, new TrustManager[]{new TrustEverybody()}, null);
            try (SSLSocket tls = (SSLSocket)context.getSocketFactory().createSocket(socket, name, address.getPort(),
                true))
            {
                SSLParameters parameters = tls.getSSLParameters();
                parameters.setServerNames(List.of(new SNIHostName(name)));
                parameters.setApplicationProtocols(new String[]{"h2", "http/1.1"});
                tls.setSSLParameters(parameters);
                tls.startHandshake();
                int done = socket.received().length;
                List<X509Certificate> chain = new ArrayList<>();
                for (Certificate certificate : tls.getSession().getPeerCertificates())
                {
                    chain.add((X509Certificate)certificate);
                }
                readUnasked(tls);
                byte[] unasked = Arrays.copyOfRange(socket.received(), done, socket.received().length);
                return new TlsVisit("", tls.getSession().getProtocol(), String.valueOf(tls.getApplicationProtocol()),
                    List.copyOf(chain), ServerFlight.read(unasked).encryptedLengths());
            }
        }
        catch (IOException | GeneralSecurityException | IllegalArgumentException e)
        {
            return new TlsVisit(String.valueOf(e.getMessage()), "", "", List.of(), List.of());
        }
    }

    /** SHA-256 of the leaf certificate; empty if there is none. */
    public String leafDigest()
    {
        if (chain.isEmpty())
        {
            return "";
        }
        try
        {
            return HexFormat.of().formatHex(
                MessageDigest.getInstance("SHA-256").digest(chain.getFirst().getEncoded()));
        }
        catch (GeneralSecurityException e)
        {
            throw new IllegalStateException(e);
        }
    }

    /** Lengths of the certificates, leaf first. */
    public List<Integer> chainLengths()
    {
        List<Integer> lengths = new ArrayList<>();
        for (X509Certificate certificate : chain)
        {
            try
            {
                lengths.add(certificate.getEncoded().length);
            }
            catch (CertificateEncodingException e)
            {
                throw new IllegalStateException(e);
            }
        }
        return lengths;
    }

    /** Tickets are taken while data is waited for; data itself would be a server's that speaks first. */
    private static void readUnasked(SSLSocket tls) throws IOException
    {
        tls.setSoTimeout(UNASKED_MS);
        try
        {
            // one byte of data or the end: either way there are no more tickets to wait for
            if (tls.getInputStream().read() < 0)
            {
                return;
            }
        }
        catch (SocketTimeoutException quiet)
        {
            return;
        }
    }

    /** Keeps what was read. */
    private static final class TappedSocket extends Socket
    {
        private final ByteArrayOutputStream received = new ByteArrayOutputStream();

        byte[] received()
        {
            return received.toByteArray();
        }

        @Override
        public InputStream getInputStream() throws IOException
        {
            return new FilterInputStream(super.getInputStream())
            {
                @Override
                public int read() throws IOException
                {
                    int octet = in.read();
                    if (octet >= 0)
                    {
                        received.write(octet);
                    }
                    return octet;
                }

                @Override
                public int read(byte[] bytes, int offset, int length) throws IOException
                {
                    int run = in.read(bytes, offset, length);
                    received.write(bytes, offset, Math.max(0, run));
                    return run;
                }
            };
        }
    }

    /** Certificates are compared and shown here, not believed. */
    private static final class TrustEverybody extends X509ExtendedTrustManager
    {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type)
        {
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type)
        {
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket)
        {
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket)
        {
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine)
        {
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine)
        {
        }

        @Override
        public X509Certificate[] getAcceptedIssuers()
        {
            return new X509Certificate[0];
        }
    }
}
