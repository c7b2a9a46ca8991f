// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.soak;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.SplittableRandom;
import javax.crypto.Cipher;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class ClientPeerTest
{
    private static final byte[] SECRET = HexFormat.of().parseHex("00112233445566778899aabbccddeeff");

    @Test
    void shouldSendTheSameForTheSameSeed()
    {
        ClientPeer one = new ClientPeer(ClientOptions.of(Transport.PADDED, SECRET, 2, 7));
        ClientPeer two = new ClientPeer(ClientOptions.of(Transport.PADDED, SECRET, 2, 7));
        byte[] payload = Payloads.encrypted(5, 60, new SplittableRandom(1));

        assertArrayEquals(one.start(), two.start());
        assertArrayEquals(one.frame(payload, true), two.frame(payload, true));
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "ef00000001000000", "4845414401000000", "504f535401000000", "4745542001000000", "4f50544901000000",
        "eeeeeeee01000000", "dddddddd01000000", "1603010201000000", "0102030400000000"})
    @DisplayName("[P-OBF-19] headers that look like another protocol are not for clients")
    void shouldNotStartLikeAnotherProtocol(String start)
    {
        assertFalse(ClientPeer.isHeaderAllowed(Arrays.copyOf(Vectors.hex(start), 64)));
    }

    @Test
    @DisplayName("[P-OBF-19] other headers are allowed")
    void shouldAllowOtherStarts()
    {
        assertTrue(ClientPeer.isHeaderAllowed(Arrays.copyOf(Vectors.hex("1603030201000000"), 64)));
    }

    @ParameterizedTest
    @EnumSource(Transport.class)
    @DisplayName("[P-OBF-12] header decrypts to tag and DC id with a key made of seed and secret")
    void shouldPutTagAndDcIntoHeader(Transport transport)
    {
        byte[] header = new ClientPeer(ClientOptions.of(transport, SECRET, -203, 3)).start();
        Cipher cipher = Jce.aesCtr(
            Jce.sha256(Arrays.copyOfRange(header, 8, 40), SECRET), Arrays.copyOfRange(header, 40, 56));
        byte[] plain = new byte[64];
        Jce.update(cipher, header, 0, 64, plain, 0);

        assertEquals(transport.tag(), LittleEndian.getInt(plain, 56));
        assertEquals(-203, (short)LittleEndian.getUnsignedShort(plain, 60));
    }

    @Test
    void shouldRefuseToSendBeforeTheHeader()
    {
        ClientPeer peer = new ClientPeer(ClientOptions.of(Transport.ABRIDGED, 1, 1));

        assertThrows(IllegalStateException.class, () -> peer.frame(new byte[4], false));
    }

    @Test
    @DisplayName("[P-OBF-33] padding stays within its limit and takes every length")
    void shouldPadUpToLimit()
    {
        ClientPeer peer = new ClientPeer(new ClientOptions(Transport.PADDED, SECRET, 1, 15, 9));
        peer.start();
        boolean[] seen = new boolean[16];
        for (int i = 0; i < 1000; i++)
        {
            seen[peer.frame(new byte[56], false).length - 60] = true;
        }
        for (boolean length : seen)
        {
            assertTrue(length);
        }
    }

    @Test
    @DisplayName("[P-OBF-42] half of a two-packet quick ack is a violation")
    void shouldReportMissingSecondPacket()
    {
        ProxySide proxy = new ProxySide(Transport.PADDED);
        proxy.send("08000000" + "ffffffff" + "01000080" + "04000000" + "01000000");

        assertInstanceOf(ClientEvent.Violation.class, proxy.peer.events().getFirst());
        assertTrue(proxy.peer.isBroken());
    }

    @Test
    @DisplayName("[P-OBF-31] the long form below 0x7f words is a violation")
    void shouldReportOverlongForm()
    {
        ProxySide proxy = new ProxySide(Transport.ABRIDGED);
        proxy.send("7f010000" + "00000000");

        assertEquals("P-OBF-31", ((ClientEvent.Violation)proxy.peer.events().getFirst()).clause());
    }

    @Test
    @DisplayName("[P-OBF-32] a length that is no multiple of 4 is a violation")
    void shouldReportOddLength()
    {
        ProxySide proxy = new ProxySide(Transport.INTERMEDIATE);
        proxy.send("05000000" + "0000000000");

        assertEquals("P-OBF-32", ((ClientEvent.Violation)proxy.peer.events().getFirst()).clause());
    }

    @Test
    @DisplayName("[P-RPC-62] an empty answer is a packet of length 0")
    void shouldTakeEmptyPacket()
    {
        ProxySide proxy = new ProxySide(Transport.INTERMEDIATE);
        proxy.send("00000000" + "04000000" + "6cfeffff");

        assertEquals(0, proxy.peer.packets().getFirst().length);
        assertArrayEquals(Vectors.hex("6cfeffff"), proxy.peer.packets().get(1));
    }

    @Test
    void shouldNotShowSecrets()
    {
        ClientPeer peer = new ClientPeer(ClientOptions.of(Transport.ABRIDGED, SECRET, 1, 1));

        assertFalse(peer.toString().contains("0011"));
        assertFalse(peer.toString().contains("[B@"));
    }

    @Test
    @DisplayName("[P-PAY-04] [P-PAY-03] [P-OBF-50] payload builders")
    void shouldBuildPayloads()
    {
        byte[] plain = Payloads.reqPqMulti(new SplittableRandom(1));
        assertEquals(40, plain.length);
        assertEquals(0, LittleEndian.getLong(plain, 0));
        assertEquals(20, LittleEndian.getInt(plain, 16));
        assertEquals(0xbe7e8ef1, LittleEndian.getInt(plain, 20));

        assertEquals(77, LittleEndian.getLong(Payloads.encrypted(77, 56, new SplittableRandom(1)), 0));
        assertThrows(IllegalArgumentException.class, () -> Payloads.encrypted(77, 52, new SplittableRandom(1)));
        assertArrayEquals(Vectors.hex("dfa23057efcdab8967452301"), Payloads.rpcPing(0x0123456789abcdefL));
    }

    /** The proxy's sending half, made from the header in clear. */
    private static final class ProxySide
    {
        private final ClientPeer peer;
        private final Cipher cipher;

        ProxySide(Transport transport)
        {
            byte[] header = new byte[64];
            for (int i = 0; i < header.length; i++)
            {
                header[i] = (byte)(i + 1);
            }
            LittleEndian.putInt(header, 56, transport.tag());
            peer = new ClientPeer(ClientOptions.of(transport, 1, 1), header);
            byte[] reversed = new byte[48];
            for (int i = 0; i < 48; i++)
            {
                reversed[i] = header[55 - i];
            }
            cipher = Jce.aesCtr(Arrays.copyOf(reversed, 32), Arrays.copyOfRange(reversed, 32, 48));
        }

        void send(String plain)
        {
            byte[] bytes = Vectors.hex(plain);
            byte[] wire = new byte[bytes.length];
            Jce.update(cipher, bytes, 0, bytes.length, wire, 0);
            peer.receive(wire);
        }
    }
}
