// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.soak;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.mtproxy.soak.DatacenterEvent.CloseConnection;
import io.mtproxy.soak.DatacenterEvent.Handshake;
import io.mtproxy.soak.DatacenterEvent.Nonce;
import io.mtproxy.soak.DatacenterEvent.Pong;
import io.mtproxy.soak.DatacenterEvent.ProxyRequest;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import javax.crypto.Cipher;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.junit.jupiter.api.Test;

/** The datacenter peer against whole connections, some of them captured from the C program. */
class DatacenterPeerVectorTest
{
    static Stream<Arguments> connections()
    {
        return named(Vectors.read("rpc_frames.json").get("connections"));
    }

    static Stream<Arguments> keys()
    {
        // DH is for the proxy's own RPC port only, which this side does not have
        return named(Vectors.read("rpc_keys.json").get("cases")).filter(
            arguments -> ((JsonNode)arguments.get()[1]).get("dh_shared").isNull());
    }

    static Stream<Arguments> streamErrors()
    {
        return named(Vectors.read("rpc_frames.json").get("stream_errors"));
    }

    static Stream<Arguments> requests()
    {
        return named(Vectors.read("rpc_frames.json").get("payloads"))
            .filter(arguments -> ((String)arguments.get()[0]).startsWith("PROXY_REQ"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("keys")
    @DisplayName("[P-RPC-20] [P-RPC-21] key derivation")
    void shouldDeriveKeysOfVector(String name, JsonNode vector)
    {
        byte[] secret = Vectors.hex(vector.get("secret"));
        byte[] serverNonce = Vectors.hex(vector.get("server_nonce"));
        byte[] clientNonce = Vectors.hex(vector.get("client_nonce"));
        int timestamp = (int)vector.get("client_timestamp").asLong();

        LinkKeys in = LinkKeys.clientToServer(secret, serverNonce, clientNonce, timestamp, ends(vector));
        LinkKeys out = LinkKeys.serverToClient(secret, serverNonce, clientNonce, timestamp, ends(vector));

        assertArrayEquals(Vectors.hex(vector.get("client_to_server_key")), in.key());
        assertArrayEquals(Vectors.hex(vector.get("client_to_server_iv")), in.iv());
        assertArrayEquals(Vectors.hex(vector.get("server_to_client_key")), out.key());
        assertArrayEquals(Vectors.hex(vector.get("server_to_client_iv")), out.iv());
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("connections")
    @DisplayName("[P-RPC-01] [P-RPC-02] [P-RPC-04] [P-RPC-05] [P-RPC-06] [P-RPC-07] [P-RPC-31] [P-RPC-33] connection")
    void shouldPlayConnectionOfVector(String name, JsonNode vector)
    {
        for (int piece : new int[]{Integer.MAX_VALUE, 1, 5, 16, 17})
        {
            play(vector, piece);
        }
    }

    private static void play(JsonNode vector, int pieceLength)
    {
        DatacenterPeer peer = peer(vector);
        List<JsonNode> steps = Vectors.list(vector.get("steps"));

        feed(peer, steps.get(0), pieceLength);
        assertArrayEquals(Vectors.hex(steps.get(1).get("wire")), peer.takeOutput());
        feed(peer, steps.get(2), pieceLength);
        assertArrayEquals(Vectors.hex(steps.get(3).get("wire")), peer.takeOutput());
        assertEquals("crc32c".equals(vector.get("crc_after_handshake").asText()), peer.isCrc32c());
        feed(peer, steps.get(4), pieceLength);
        feed(peer, steps.get(5), pieceLength);
        peer.ping(0x0123456789abcdefL);
        assertArrayEquals(Vectors.hex(steps.get(6).get("wire")), peer.takeOutput());
        feed(peer, steps.get(7), pieceLength);

        byte[] answers = plain(steps.get(8));
        writeFrames(peer, answers);
        assertArrayEquals(Vectors.hex(steps.get(8).get("wire")), peer.takeOutput());
        writeFrames(peer, plain(steps.get(9)));
        assertArrayEquals(Vectors.hex(steps.get(9).get("wire")), peer.takeOutput());
        writeFrames(peer, plain(steps.get(10)));
        assertArrayEquals(Vectors.hex(steps.get(10).get("wire")), peer.takeOutput());
        feed(peer, steps.get(11), pieceLength);

        List<DatacenterEvent> events = peer.events();
        assertInstanceOf(Nonce.class, events.get(0));
        assertInstanceOf(Handshake.class, events.get(1));
        List<ProxyRequest> requests = peer.requests();
        assertEquals(3, requests.size());
        assertEquals(0x4002100a, requests.getFirst().flags());
        assertArrayEquals(Vectors.hex("0123456789abcdef0123456789abcdef"), requests.getFirst().proxyTag());
        assertEquals(new Pong(0x0123456789abcdefL), events.get(5));
        assertEquals(new CloseConnection(4194315), events.getLast());
        assertEquals(List.of(), peer.violations());
        assertEquals(0, peer.openConnectionCount());
        assertTrue(peer.isAtFrameBoundary());
    }

    /** Sends the frames that stand in a step through the peer's own methods. */
    private static void writeFrames(DatacenterPeer peer, byte[] plain)
    {
        boolean frameSeen = false;
        for (int at = 0; at < plain.length;)
        {
            int length = LittleEndian.getInt(plain, at);
            if (length == 4)
            {
                if (!frameSeen)
                {
                    peer.paddingWords(1);
                }
                at += 4;
                continue;
            }
            frameSeen = true;
            int opcode = LittleEndian.getInt(plain, at + 8);
            switch (opcode)
            {
                case DatacenterPeer.RPC_PROXY_ANS -> peer.answer(
                    LittleEndian.getLong(plain, at + 16),
                    LittleEndian.getInt(plain, at + 12),
                    Arrays.copyOfRange(plain, at + 24, at + length - 4));
                case DatacenterPeer.RPC_SIMPLE_ACK -> peer.simpleAck(
                    LittleEndian.getLong(plain, at + 12), LittleEndian.getInt(plain, at + 20));
                case DatacenterPeer.RPC_CLOSE_EXT -> peer.closeExternal(LittleEndian.getLong(plain, at + 12));
                default -> throw new IllegalStateException("opcode " + opcode);
            }
            at += length;
        }
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {"rpc_v4", "rpc_v6"})
    @DisplayName("[P-RPC-11] [P-RPC-20] [P-RPC-31] [P-RPC-32] nonce and handshake as the C program sends them")
    void shouldAcceptHandshakeCapturedFromC(String name) throws UnknownHostException
    {
        JsonNode vector = Vectors.read("captured_from_c.json").get(name);
        LinkEnds ends = new LinkEnds(
            new InetSocketAddress(captured(vector, "s"), vector.get("s_port").asInt()),
            new InetSocketAddress(captured(vector, "c"), vector.get("c_port").asInt()));
        DatacenterPeer peer = new DatacenterPeer(
            Vectors.hex(vector.get("secret")),
            ends,
            Vectors.scripted(Vectors.hex(vector.get("nonce_s"))),
            () -> vector.get("ts").asLong());

        peer.receive(Vectors.hex(vector.get("client_nonce_frame")));
        byte[] nonce = peer.takeOutput();
        assertArrayEquals(Arrays.copyOf(Vectors.hex(vector.get("server_bytes")), nonce.length), nonce);
        peer.receive(Vectors.hex(vector.get("client_encrypted")));

        assertEquals(List.of(), peer.violations());
        assertTrue(peer.isReady());
        Handshake handshake = (Handshake)peer.events().getLast();
        byte[] plain = Vectors.hex(vector.get("client_plain"));
        assertEquals(0x800, handshake.flags());
        assertArrayEquals(Arrays.copyOfRange(plain, 16, 28), handshake.senderPid());
        assertArrayEquals(Arrays.copyOfRange(plain, 28, 40), handshake.peerPid());
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("streamErrors")
    @DisplayName("[P-RPC-03] [P-RPC-04] [P-RPC-05] a spoilt stream ends the connection")
    void shouldEndConnectionOnStreamError(String name, JsonNode vector)
    {
        JsonNode connection = Vectors.read("rpc_frames.json").get("connections").get(0);
        DatacenterPeer peer = peer(connection);
        List<JsonNode> steps = Vectors.list(connection.get("steps"));
        feed(peer, steps.get(0), Integer.MAX_VALUE);
        feed(peer, steps.get(2), Integer.MAX_VALUE);
        assertTrue(peer.isReady());

        byte[] plain = Vectors.hex(vector.get("plain"));
        peer.receive(encryptAfterHandshake(connection, Arrays.copyOf(plain, (plain.length + 15) & -16)));

        assertTrue(peer.isClosed());
        assertTrue(peer.violations().getFirst().fatal());
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("requests")
    @DisplayName("[P-RPC-40] [P-RPC-41] [P-RPC-42] RPC_PROXY_REQ")
    void shouldReadRequestOfVector(String name, JsonNode vector) throws UnknownHostException
    {
        JsonNode fields = vector.get("fields");
        RequestView view = new RequestView();
        byte[] payload = Vectors.hex(vector.get("payload"));
        assertEquals("", view.wrap(payload, 0, payload.length));
        ProxyRequest request = view.toEvent();

        assertEquals((int)fields.get("flags").asLong(), request.flags());
        assertEquals(fields.get("ext_conn_id").asLong(), request.extConnectionId());
        assertEquals(address(fields.get("remote")), request.client());
        assertEquals(address(fields.get("our")), request.own());
        assertArrayEquals(Vectors.hex(fields.get("data")), request.payload());
        boolean http = (request.flags() & ProxyRequest.FLAG_HTTP) != 0;
        assertEquals(http, !view.headerFault().isEmpty(), view::headerFault);
        if (!http)
        {
            byte[] tag = fields.get("proxy_tag").isNull() ? new byte[0] : Vectors.hex(fields.get("proxy_tag"));
            assertArrayEquals(tag, request.proxyTag());
            assertEquals("", view.payloadFault());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"proxy_req_tag", "proxy_req_notag", "proxy_req_v6"})
    @DisplayName("[P-RPC-40] [P-NET-01] RPC_PROXY_REQ as the C program sends it")
    void shouldReadRequestCapturedFromC(String name) throws UnknownHostException
    {
        JsonNode vector = Vectors.read("captured_from_c.json").get(name);
        RequestView view = new RequestView();
        byte[] payload = Vectors.hex(vector.get("hex"));

        assertEquals("", view.wrap(payload, 0, payload.length));
        assertEquals("", view.headerFault());
        assertEquals("", view.payloadFault());
        assertEquals(address(vector.get("remote")), view.client());
        assertEquals(address(vector.get("our")), view.own());
        if (vector.has("payload"))
        {
            assertArrayEquals(Vectors.hex(vector.get("payload")), view.toEvent().payload());
        }
    }

    @Test
    @DisplayName("[P-RPC-30] [P-RPC-34] PID matching")
    void shouldMatchPidsOfVector()
    {
        for (JsonNode vector : Vectors.read("pid.json").get("matches"))
        {
            boolean match = vector.get("result").asInt() != 0;
            assertEquals(match, DatacenterPeer.isMatch(Vectors.hex(vector.get("x")), Vectors.hex(vector.get("y"))));
        }
    }

    private static byte[] encryptAfterHandshake(JsonNode connection, byte[] plain)
    {
        Cipher cipher = Jce.aesCbcEncrypt(
            Vectors.hex(connection.get("client_to_server_key")), Vectors.hex(connection.get("client_to_server_iv")));
        byte[] handshake = plain(connection.get("steps").get(2));
        byte[] wire = new byte[handshake.length + plain.length];
        Jce.update(cipher, handshake, 0, handshake.length, wire, 0);
        Jce.update(cipher, plain, 0, plain.length, wire, handshake.length);
        return Arrays.copyOfRange(wire, handshake.length, wire.length);
    }

    private static DatacenterPeer peer(JsonNode vector)
    {
        List<JsonNode> steps = Vectors.list(vector.get("steps"));
        byte[] serverPid = Arrays.copyOfRange(plain(steps.get(3)), 16, 28);
        DatacenterPeer peer = new DatacenterPeer(
            Vectors.hex(vector.get("secret")),
            ends(vector),
            Vectors.scripted(Vectors.hex(vector.get("server_nonce"))),
            () -> Integer.toUnsignedLong(LittleEndian.getInt(plain(steps.get(1)), 20)),
            DatacenterOptions.DEFAULT.withCrc32c("crc32c".equals(vector.get("crc_after_handshake").asText())));
        peer.useOwnPid(serverPid);
        return peer;
    }

    private static void feed(DatacenterPeer peer, JsonNode step, int pieceLength)
    {
        byte[] wire = Vectors.hex(step.get("wire"));
        for (int at = 0; at < wire.length;)
        {
            int length = Math.min(pieceLength, wire.length - at);
            peer.receive(wire, at, length);
            at += length;
        }
    }

    private static byte[] plain(JsonNode step)
    {
        return Vectors.hex(step.get("plain"));
    }

    private static LinkEnds ends(JsonNode vector)
    {
        return new LinkEnds(
            new InetSocketAddress(vector.get("server_ip").asText(), vector.get("server_port").asInt()),
            new InetSocketAddress(vector.get("client_ip").asText(), vector.get("client_port").asInt()));
    }

    private static InetAddress captured(JsonNode vector, String side) throws UnknownHostException
    {
        if (!vector.get(side + "_ip6").isNull())
        {
            return InetAddress.getByAddress(Vectors.hex(vector.get(side + "_ip6")));
        }
        byte[] octets = new byte[4];
        LittleEndian.putInt(octets, 0, Integer.reverseBytes((int)vector.get(side + "_ip").asLong()));
        return InetAddress.getByAddress(octets);
    }

    private static InetSocketAddress address(JsonNode pair) throws UnknownHostException
    {
        return new InetSocketAddress(InetAddress.getByName(pair.get(0).asText()), pair.get(1).asInt());
    }

    private static Stream<Arguments> named(JsonNode array)
    {
        List<Arguments> arguments = new ArrayList<>();
        for (JsonNode node : array)
        {
            arguments.add(Arguments.of(node.get("name").asText(), node));
        }
        return arguments.stream();
    }
}
