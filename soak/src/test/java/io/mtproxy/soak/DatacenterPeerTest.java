// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.soak;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mtproxy.soak.DatacenterEvent.Violation;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Behaviour of the datacenter peer that the vectors do not show. */
class DatacenterPeerTest
{
    private static final byte[] SECRET = secret();
    private static final LinkEnds ENDS =
        new LinkEnds(new InetSocketAddress("127.0.0.1", 8888), new InetSocketAddress("127.0.0.1", 40123));
    private static final int ABRIDGED = 0x4002_1000;
    private static final long ID = 4194315;

    private final ProxyLink proxy = new ProxyLink(SECRET, ENDS);

    @ParameterizedTest
    @EnumSource(HandshakeFault.class)
    @DisplayName("[P-RPC-13] [P-RPC-33] each handshake fault departs from the regular bytes in what it names")
    void shouldChangeHandshakeByFault(HandshakeFault fault)
    {
        DatacenterPeer regular = peer(DatacenterOptions.DEFAULT);
        DatacenterPeer faulty = peer(DatacenterOptions.DEFAULT.withFault(fault));
        byte[] nonce = proxy.nonce();
        regular.receive(nonce);
        faulty.receive(nonce);
        byte[] regularNonce = regular.takeOutput();
        byte[] faultyNonce = faulty.takeOutput();

        boolean nonceFault = fault.name().startsWith("NONCE");
        assertEquals(nonceFault, !Arrays.equals(regularNonce, faultyNonce));
        if (nonceFault)
        {
            assertEquals(fault == HandshakeFault.NONCE_SILENT, faultyNonce.length == 0);
            return;
        }
        byte[] handshake = proxy.handshake(regularNonce, new byte[12]);
        regular.receive(handshake);
        faulty.receive(handshake);

        boolean handshakeFault = fault.name().startsWith("HANDSHAKE");
        byte[] faultyHandshake = faulty.takeOutput();
        assertEquals(handshakeFault, !Arrays.equals(regular.takeOutput(), faultyHandshake));
        assertEquals(List.of(), faulty.violations());
    }

    @ParameterizedTest
    @CsvSource({
        "NONCE_TIME_EARLIEST, -30", "NONCE_TIME_LATEST, 30", "NONCE_TIME_TOO_EARLY, -31", "NONCE_TIME_TOO_LATE, 31"})
    @DisplayName("[P-RPC-13] nonce times around the limit")
    void shouldShiftNonceTime(HandshakeFault fault, int seconds)
    {
        DatacenterPeer peer = peer(DatacenterOptions.DEFAULT.withFault(fault));
        peer.receive(proxy.nonce());

        assertEquals(ProxyLink.TIMESTAMP + seconds, LittleEndian.getInt(peer.takeOutput(), 20));
    }

    @Test
    @DisplayName("[P-RPC-11] bytes behind the nonce frame end the connection")
    void shouldRefuseBytesBehindNonce()
    {
        DatacenterPeer peer = peer(DatacenterOptions.DEFAULT);
        peer.receive(Arrays.copyOf(proxy.nonce(), 48));

        assertTrue(peer.isClosed());
    }

    @Test
    @DisplayName("[P-RPC-13] a proxy's clock that is 31 s off is reported")
    void shouldReportClientTime()
    {
        DatacenterPeer peer = new DatacenterPeer(
            SECRET, ENDS, new SplittableRandom(1), () -> ProxyLink.TIMESTAMP + 31, DatacenterOptions.DEFAULT);
        peer.receive(proxy.nonce());

        assertEquals("P-RPC-13", peer.violations().getFirst().clause());
    }

    @Test
    @DisplayName("[P-RPC-62] [P-RPC-66] [P-RPC-67] answers, acks and closes reach the proxy in order")
    void shouldSendAnswers()
    {
        DatacenterPeer peer = connected();
        peer.receive(proxy.send(ProxyLink.request(ABRIDGED, ID, encrypted(60))));
        peer.answer(ID, 0x10, Vectors.hex("6cfeffff"));
        peer.simpleAck(ID, 0x80000001);
        peer.closeExternal(ID);

        List<byte[]> payloads = proxy.receive(peer.takeOutput());
        assertArrayEquals(Vectors.hex("0dda0344100000000b004000000000006cfeffff"), payloads.get(0));
        assertArrayEquals(Vectors.hex("9b40ac3b0b0040000000000001000080"), payloads.get(1));
        assertArrayEquals(Vectors.hex("a234b65e0b00400000000000"), payloads.get(2));
        assertEquals(0, peer.openConnectionCount());
    }

    @Test
    @DisplayName("[P-RPC-44] a ping of the proxy is answered")
    void shouldAnswerPing()
    {
        DatacenterPeer peer = connected();
        peer.receive(proxy.send(Payloads.rpcPing(9)));

        assertEquals(new DatacenterEvent.Ping(9), peer.events().getLast());
        assertArrayEquals(Payloads.rpcPong(9), proxy.receive(peer.takeOutput()).getFirst());
    }

    @ParameterizedTest(name = "flags {0}: {1}")
    @CsvSource({
        "0x40020000, P-RPC-41", "0x60021000, P-RPC-41", "0x00021000, P-RPC-41", "0x48021000, P-RPC-41",
        "0x50021000, P-RPC-41", "0x40021002, P-PAY-03"})
    void shouldReportFlags(String flags, String clause)
    {
        DatacenterPeer peer = connected();
        peer.receive(proxy.send(ProxyLink.request(Integer.decode(flags), ID, encrypted(60))));

        assertEquals(clause, peer.violations().getFirst().clause());
        assertFalse(peer.violations().getFirst().fatal());
    }

    @Test
    @DisplayName("[P-PAY-02] [P-PAY-03] [P-PAY-04] payloads that a proxy drops are reported")
    void shouldReportPayloads()
    {
        DatacenterPeer peer = connected();
        peer.receive(proxy.send(ProxyLink.request(ABRIDGED, ID, new byte[24])));
        byte[] shortMessage = encrypted(56);
        peer.receive(proxy.send(ProxyLink.request(ABRIDGED, ID, Arrays.copyOf(shortMessage, 52))));
        byte[] plain = Payloads.reqPqMulti(new SplittableRandom(1));
        peer.receive(proxy.send(ProxyLink.request(ABRIDGED, ID, plain)));
        LittleEndian.putInt(plain, 20, 0x12345678);
        peer.receive(proxy.send(ProxyLink.request(ABRIDGED | 2, ID, plain)));

        assertEquals(
            List.of("P-PAY-02", "P-PAY-03", "P-PAY-04", "P-PAY-04"),
            peer.violations().stream().map(Violation::clause).toList());
    }

    @Test
    @DisplayName("[P-CON-40] [P-RPC-43] an id that the proxy closed must not come again")
    void shouldReportIdUsedAgain()
    {
        DatacenterPeer peer = connected();
        peer.receive(proxy.send(ProxyLink.request(ABRIDGED, ID, encrypted(60))));
        assertEquals(1, peer.openConnectionCount());
        peer.receive(proxy.send(new ByteBuilder().putInt(DatacenterPeer.RPC_CLOSE_CONN).putLong(ID).toByteArray()));
        peer.receive(proxy.send(ProxyLink.request(ABRIDGED, ID, encrypted(60))));

        assertEquals("P-CON-40", peer.violations().getFirst().clause());
    }

    @Test
    @DisplayName("[P-RPC-67] a request under way when the middle proxy closed the connection is no violation")
    void shouldTakeLateRequestAfterOwnClose()
    {
        DatacenterPeer peer = connected();
        peer.receive(proxy.send(ProxyLink.request(ABRIDGED, ID, encrypted(60))));
        peer.closeExternal(ID);
        peer.receive(proxy.send(ProxyLink.request(ABRIDGED, ID, encrypted(60))));

        assertEquals(List.of(), peer.violations());
        assertEquals(0, peer.openConnectionCount());
    }

    @Test
    @DisplayName("[P-RPC-07] more than three padding words in a row are reported")
    void shouldReportPadding()
    {
        DatacenterPeer peer = connected();
        ByteBuilder words = new ByteBuilder();
        for (int i = 0; i < 4; i++)
        {
            words.putInt(4);
        }
        peer.receive(proxy.encrypt(words.toByteArray()));

        assertEquals("P-RPC-07", peer.violations().getFirst().clause());
    }

    @Test
    @DisplayName("[P-RPC-06] half a frame leaves in whole blocks, and its rest completes it")
    void shouldSendHalfFrame()
    {
        DatacenterPeer peer = connected();
        byte[] data = encrypted(400);
        peer.answer(ID, 0, data);
        byte[] first = peer.takeWholeBlocks();
        assertEquals(0, first.length % 16);
        assertEquals(416, first.length);
        assertEquals(List.of(), proxy.receive(first));
        assertEquals(1, proxy.receive(peer.takeOutput()).size());

        peer.halfFrame(ID, data);
        assertEquals(List.of(), proxy.receive(peer.takeWholeBlocks()));
    }

    private DatacenterPeer connected()
    {
        DatacenterPeer peer = peer(DatacenterOptions.DEFAULT);
        proxy.connect(peer);
        assertTrue(peer.isReady());
        return peer;
    }

    private static DatacenterPeer peer(DatacenterOptions options)
    {
        return new DatacenterPeer(SECRET, ENDS, new SplittableRandom(1), () -> ProxyLink.TIMESTAMP, options);
    }

    private static byte[] encrypted(int length)
    {
        return Payloads.encrypted(5, length, new SplittableRandom(2));
    }

    private static byte[] secret()
    {
        byte[] secret = new byte[128];
        new SplittableRandom(3).nextBytes(secret);
        return secret;
    }
}
