// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import io.mtproxy.soak.ClientEvent;
import io.mtproxy.soak.ClientOptions;
import io.mtproxy.soak.FakeTlsClientPeer;
import io.mtproxy.soak.Payloads;
import io.mtproxy.soak.Transport;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/**
 * A proxy with two domains that are played here, and what comes of each {@link HelloCase}: one line each, the same for two
 * proxies that decide alike.
 */
final class HelloRun implements AutoCloseable
{
    /** An answer as the first domain gives it: key_share first. [P-TLS-21] */
    static final String FLIGHT_PLAIN = "0303 sid 1301 00 0033:001d+32 002b:0304 ccs 1 record as the domain's";
    /** As the second domain gives it. */
    static final String FLIGHT_REVERSED = "0303 sid 1301 00 002b:0304 0033:001d+32 ccs 1 record as the domain's";

    private static final String ADDRESS = "127.43.1.1";
    private static final String SECOND_ADDRESS = "127.43.1.2";
    private static final int PORT = 443;
    private static final int LENGTH = 2817;
    private static final int SECOND_LENGTH_MIN = 3001;
    private static final int SECOND_LENGTH_MAX = 3003;
    /** Behind the alarm of 10 s, and as long as is waited where nothing comes. */
    private static final int TIMEOUT_MS = 20_000;
    private static final long LEARN_TIMEOUT_S = 120;
    private static final int SECOND_BEGIN_MS = 400;
    /** The C program's clock is the system's coarse one, which is late by up to a tick. */
    private static final int COARSE_CLOCK_MS = 20;
    private static final int RPC_PING_ID = 77;
    private static final int HELLO_SID_OFFSET = 44;

    private final RecordOrigin origin;
    private final RecordOrigin secondOrigin;
    private final ProxyProcess proxy;

    private HelloRun(RecordOrigin origin, RecordOrigin secondOrigin, ProxyProcess proxy)
    {
        this.origin = origin;
        this.secondOrigin = secondOrigin;
        this.proxy = proxy;
    }

    /** Skips the test where it cannot be run. */
    static void assumePossible(Path folder) throws IOException, InterruptedException
    {
        FrontHosts.assumePossible(folder, ADDRESS);
        FrontHosts.assumePossible(folder, SECOND_ADDRESS);
    }

    /** Starts the domains and the proxy, and waits until that has learnt from them. */
    static HelloRun start(Path folder, ProxyUnderTest program) throws IOException, InterruptedException
    {
        FrontHosts hosts =
            FrontHosts.write(folder, Map.of(HelloScript.DOMAIN, ADDRESS, HelloScript.SECOND_DOMAIN, SECOND_ADDRESS));
        RecordOrigin origin =
            RecordOrigin.open(ADDRESS, PORT, RecordOrigin.Shape.ofRange(false, LENGTH, LENGTH), 1);
        RecordOrigin secondOrigin = RecordOrigin.open(SECOND_ADDRESS, PORT,
            RecordOrigin.Shape.ofRange(true, SECOND_LENGTH_MIN, SECOND_LENGTH_MAX), 2);
        try
        {
            ProxyProcess proxy = hosts.around(program).start(folder, "default 2;\nproxy_for 2 127.0.0.1:9;\n",
                "a secret of some length that both sides have".getBytes(StandardCharsets.US_ASCII),
                List.of("-S", ParitySetup.SECRET, "-S", ParitySetup.OTHER_SECRET, "-D", HelloScript.DOMAIN, "-D",
                    HelloScript.SECOND_DOMAIN));
            HelloRun run = new HelloRun(origin, secondOrigin, proxy);
            run.awaitLearnt(HelloScript.DOMAIN, FLIGHT_PLAIN);
            run.awaitLearnt(HelloScript.SECOND_DOMAIN, FLIGHT_REVERSED);
            // the look whether the proxy listens may have been passed on as well
            origin.forget();
            return run;
        }
        catch (IOException | InterruptedException | RuntimeException | Error failure)
        {
            origin.close();
            secondOrigin.close();
            throw failure;
        }
    }

    /** Plays all cases: the slow ones beside the others. */
    List<String> play(List<HelloCase> cases) throws Exception
    {
        List<CompletableFuture<String>> lines = new ArrayList<>();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor())
        {
            for (HelloCase one : cases)
            {
                lines.add(one.isSlow() ?
                    CompletableFuture.supplyAsync(() -> playUnchecked(one), threads) :
                    CompletableFuture.completedFuture(playUnchecked(one)));
            }
            List<String> transcript = new ArrayList<>();
            for (int i = 0; i < cases.size(); i++)
            {
                transcript.add(cases.get(i).name() + ": " + lines.get(i).get(TIMEOUT_MS * 2,
                    TimeUnit.MILLISECONDS));
            }
            transcript.add(unnamed(origin.emptyCount(), origin.otherLengths()));
            transcript.add(unnamed(secondOrigin.emptyCount(), secondOrigin.otherLengths()));
            transcript.add(proxy.isAlive() ? "the proxy lives" : "the proxy has ended");
            return transcript;
        }
    }

    /** The line for what reached a domain beside the announced bytes. */
    static String unnamed(long emptyCount, List<Integer> otherLengths)
    {
        return "connections to a domain without a byte: " + emptyCount + ", with other bytes: " + otherLengths;
    }

    /** All that the proxy printed. */
    String output() throws IOException
    {
        return proxy.output();
    }

    @Override
    public void close() throws IOException
    {
        proxy.close();
        origin.close();
        secondOrigin.close();
    }

    private void awaitLearnt(String domain, String flight) throws IOException, InterruptedException
    {
        long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(LEARN_TIMEOUT_S);
        SplittableRandom random = new SplittableRandom(System.nanoTime());
        String line;
        do
        {
            if (System.nanoTime() - deadlineNs > 0)
            {
                throw new IllegalStateException("has not learnt from " + domain + " in time\n" + proxy.output());
            }
            byte[] hello = FakeTlsClientPeer.hello(HelloScript.SECRET, domain,
                (int)(System.currentTimeMillis() / 1000), random, FakeTlsClientPeer.RECORD_LENGTH);
            line = play(HelloCase.of("learnt", hello));
        }
        while (!line.equals("accepted, " + flight));
    }

    private String playUnchecked(HelloCase one)
    {
        try
        {
            return play(one);
        }
        catch (IOException | InterruptedException e)
        {
            throw new IllegalStateException("case " + one.name(), e);
        }
    }

    private String play(HelloCase one) throws IOException, InterruptedException
    {
        long now = one.isAligned() ? awaitBeginOfSecond() : System.currentTimeMillis() / 1000;
        List<byte[]> segments = one.maker().apply(now);
        byte[] all = concat(segments);
        if (all.length > 0)
        {
            origin.expect(all);
            secondOrigin.expect(all);
        }
        int timeoutMs = TIMEOUT_MS;
        try (Socket socket = new Socket())
        {
            socket.setTcpNoDelay(true);
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), proxy.port()), TIMEOUT_MS);
            for (byte[] segment : segments)
            {
                socket.getOutputStream().write(segment);
            }
            FakeTlsClientPeer peer = null;
            ByteArrayOutputStream received = new ByteArrayOutputStream();
            while (true)
            {
                String end = read(socket, received, timeoutMs);
                if (!end.isEmpty())
                {
                    return end;
                }
                byte[] bytes = received.toByteArray();
                String mark = mark(bytes);
                if (!mark.isEmpty())
                {
                    return mark;
                }
                if (bytes[0] == 0x16)
                {
                    peer = peer(all, bytes);
                    if (peer.isAccepted() || !peer.violation().isEmpty())
                    {
                        break;
                    }
                }
            }
            return !peer.isAccepted() ?
                "answered, but " + peer.violation() :
                "accepted, " + describe(peer.flight()) + goOn(one.afterwards(), socket, peer, timeoutMs);
        }
    }

    /** The flight is good if one of the secrets made it. [P-TLS-23] */
    private static FakeTlsClientPeer peer(byte[] sent, byte[] received)
    {
        FakeTlsClientPeer peer = null;
        for (byte[] secret : List.of(HelloScript.SECRET, HelloScript.SECOND_SECRET))
        {
            peer = peer(secret, Transport.PADDED, joined(sent));
            peer.receive(received);
            if (peer.isAccepted())
            {
                return peer;
            }
        }
        return peer;
    }

    private static FakeTlsClientPeer peer(byte[] secret, Transport transport, byte[] hello)
    {
        return new FakeTlsClientPeer(ClientOptions.of(transport, secret, 2, hello[20]), hello);
    }

    /** What the client does once it is accepted, and what comes of it. */
    private String goOn(HelloCase.Afterwards afterwards, Socket socket, FakeTlsClientPeer peer, int timeoutMs)
        throws IOException
    {
        byte[] hello = peer.hello();
        byte[] ping = Payloads.rpcPing(RPC_PING_ID);
        byte[] sent = switch (afterwards)
        {
            case LEAVE, WAIT -> new byte[0];
            case PING -> peer.startWith(ping, false);
            case PING_IN_PIECES -> concat(List.of(peer.start(), records(peer.stream().frame(ping, false), 1)));
            case WRONG_CHANGE_CIPHER_SPEC ->
            {
                byte[] start = peer.start();
                start[2] = 1;
                yield start;
            }
            case NO_CHANGE_CIPHER_SPEC ->
            {
                byte[] start = peer.start();
                yield Arrays.copyOfRange(start, 6, start.length);
            }
            case SHORT_RECORD ->
                concat(List.of(HexFormat.of().parseHex("140303000101"), FakeTlsClientPeer.record(new byte[63])));
            case OTHER_RECORD -> concat(List.of(peer.start(), HexFormat.of().parseHex("140303000101")));
            case ALERT -> concat(List.of(peer.start(), HexFormat.of().parseHex("15030300020100")));
            case INTERMEDIATE -> handedOver(peer(HelloScript.SECRET, Transport.INTERMEDIATE, hello));
            case ABRIDGED -> handedOver(peer(HelloScript.SECRET, Transport.ABRIDGED, hello));
            case UNKNOWN_SECRET -> peer(new byte[16], Transport.PADDED, hello).start();
        };
        if (afterwards == HelloCase.Afterwards.LEAVE)
        {
            return "";
        }
        socket.getOutputStream().write(sent);
        ByteArrayOutputStream received = new ByteArrayOutputStream();
        while (true)
        {
            String end = read(socket, received, timeoutMs);
            if (!end.isEmpty())
            {
                return ", then " + end;
            }
            byte[] bytes = received.toByteArray();
            String mark = mark(bytes);
            if (!mark.isEmpty())
            {
                return ", then " + mark;
            }
            if (bytes[0] == 0x17)
            {
                peer.receive(bytes);
                received.reset();
                List<ClientEvent> events = peer.stream().takeEvents();
                if (!peer.violation().isEmpty())
                {
                    return ", then " + peer.violation();
                }
                if (!events.isEmpty())
                {
                    return ", then " + (events.getFirst() instanceof ClientEvent.Packet(byte[] packet) &&
                        peer.stream().isPayload(Payloads.rpcPong(RPC_PING_ID), packet) ? "a pong" : events.toString());
                }
            }
        }
    }

    /** Announces what the default domain is to get: the payload of the first record. [P-TLS-33] */
    private byte[] handedOver(FakeTlsClientPeer other)
    {
        byte[] start = other.start();
        origin.expect(Arrays.copyOfRange(start, 6 + 5, start.length));
        return start;
    }

    /** @return what the connection came to; empty while it goes on. */
    private static String read(Socket socket, ByteArrayOutputStream received, int timeoutMs) throws IOException
    {
        byte[] run = new byte[64 * 1024];
        try
        {
            socket.setSoTimeout(timeoutMs);
            int length = socket.getInputStream().read(run);
            if (length < 0)
            {
                return "closed";
            }
            received.write(run, 0, length);
            return "";
        }
        catch (SocketTimeoutException late)
        {
            return "nothing comes";
        }
        catch (SocketException reset)
        {
            return "closed";
        }
    }

    private String mark(byte[] received)
    {
        if (Arrays.equals(received, origin.mark()))
        {
            return "the first domain has every byte";
        }
        return Arrays.equals(received, secondOrigin.mark()) ? "the second domain has every byte" : "";
    }

    /** The flight, field by field. [P-TLS-21] */
    private static String describe(byte[] flight)
    {
        int helloEnd = 5 + u16(flight, 3);
        StringBuilder text = new StringBuilder("%04x ".formatted(u16(flight, 9)));
        text.append(flight[43] == 32 ? "sid" : "sid of " + flight[43]);
        text.append(" %04x %02x".formatted(u16(flight, 76), flight[78]));
        int end = 81 + u16(flight, 79);
        for (int at = 81; at + 4 <= end; at += 4 + u16(flight, at + 2))
        {
            text.append(" %04x:%04x".formatted(u16(flight, at), u16(flight, at + 4)));
            if (u16(flight, at) == 0x33)
            {
                text.append('+').append(u16(flight, at + 6));
            }
        }
        boolean isExact = end == helloEnd && u16(flight, 7) == helloEnd - 9 && flight[6] == 0;
        int length = u16(flight, helloEnd + 9);
        boolean isReversed = u16(flight, 81) == 0x2b;
        boolean isAsDomain = isReversed ?
            length >= SECOND_LENGTH_MIN && length <= SECOND_LENGTH_MAX :
            length == LENGTH;
        return text + (isExact ? "" : " lengths that do not fit") + " ccs 1 record " +
            (isAsDomain ? "as the domain's" : "of " + length);
    }

    /** A hello in one record, whatever records it was sent in. [P-TLS-11] */
    private static byte[] joined(byte[] sent)
    {
        int handshake = (sent[6] & 0xff) << 16 | u16(sent, 7);
        boolean isCut = sent[5] == 1 && handshake + 4 > u16(sent, 3) && handshake < 20_000;
        if (!isCut && u16(sent, 3) > 3)
        {
            return sent;
        }
        ByteArrayOutputStream payload = new ByteArrayOutputStream();
        for (int at = 0; at + 5 <= sent.length; at += 5 + u16(sent, at + 3))
        {
            payload.write(sent, at + 5, Math.min(u16(sent, at + 3), sent.length - at - 5));
        }
        byte[] head = {0x16, 3, 1, (byte)(payload.size() >>> 8), (byte)payload.size()};
        return concat(List.of(head, payload.toByteArray()));
    }

    private static byte[] records(byte[] bytes, int length)
    {
        return FakeTlsClientPeer.records(bytes, length);
    }

    private static long awaitBeginOfSecond() throws InterruptedException
    {
        long nowMs = System.currentTimeMillis();
        while (nowMs % 1000 > SECOND_BEGIN_MS || nowMs % 1000 < COARSE_CLOCK_MS)
        {
            Thread.sleep(5);
            nowMs = System.currentTimeMillis();
        }
        return nowMs / 1000;
    }

    private static int u16(byte[] bytes, int at)
    {
        return (bytes[at] & 0xff) << 8 | bytes[at + 1] & 0xff;
    }

    private static byte[] concat(List<byte[]> parts)
    {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        parts.forEach(out::writeBytes);
        return out.toByteArray();
    }
}
