// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.soak;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.mtproxy.soak.ClientEvent.QuickAck.Form;
import java.io.ByteArrayOutputStream;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The client peer against bytes that were also replayed against the C program. */
class ClientPeerVectorTest
{
    static Stream<Arguments> cases()
    {
        return Vectors.list(Vectors.read("obfuscated2.json").get("cases")).stream()
            .map(node -> Arguments.of(node.get("name").asText(), node));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("cases")
    @DisplayName("[P-OBF-10] [P-OBF-11] [P-OBF-12] [P-OBF-13] [P-OBF-14] header")
    void shouldSendHeaderOfVector(String name, JsonNode vector)
    {
        assertArrayEquals(Vectors.hex(vector.get("header_wire")), peer(vector).start());
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("cases")
    @DisplayName("[P-OBF-30] [P-OBF-32] [P-OBF-33] [P-OBF-40] client packets")
    void shouldSendFramesOfVector(String name, JsonNode vector)
    {
        ClientPeer peer = peer(vector);
        peer.start();
        for (JsonNode piece : vector.get("client_to_proxy"))
        {
            byte[] frame = peer.frame(
                Vectors.hex(piece.get("payload")),
                piece.get("quickack").asBoolean(),
                Vectors.hex(piece.get("padding")));

            assertArrayEquals(Vectors.hex(piece.get("frame_wire")), frame);
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("cases")
    @DisplayName("[P-OBF-31] [P-OBF-32] [P-OBF-35] [P-OBF-41] [P-OBF-42] proxy packets and quick acks, whole")
    void shouldDecodeProxyStreamOfVector(String name, JsonNode vector)
    {
        ClientPeer peer = peer(vector);
        peer.receive(proxyStream(vector));

        assertEvents(vector, peer.events(), peer);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("cases")
    @DisplayName("[P-OBF-18] proxy packets and quick acks, byte by byte")
    void shouldDecodeProxyStreamByteByByte(String name, JsonNode vector)
    {
        ClientPeer peer = peer(vector);
        byte[] stream = proxyStream(vector);
        for (int i = 0; i < stream.length; i++)
        {
            peer.receive(stream, i, 1);
        }

        assertEvents(vector, peer.events(), peer);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("cases")
    @DisplayName("[P-OBF-18] proxy packets and quick acks, cut in two at each offset")
    void shouldDecodeProxyStreamCutAnywhere(String name, JsonNode vector)
    {
        byte[] stream = proxyStream(vector);
        for (int cut = 1; cut < stream.length; cut += 7)
        {
            ClientPeer peer = peer(vector);
            peer.receive(stream, 0, cut);
            peer.receive(stream, cut, stream.length - cut);

            assertEvents(vector, peer.events(), peer);
        }
    }

    private static ClientPeer peer(JsonNode vector)
    {
        Transport transport = Transport.valueOf(vector.get("transport").asText().toUpperCase(Locale.ROOT));
        byte[] secret = vector.get("secret").isNull() ? new byte[0] : Vectors.hex(vector.get("secret"));
        return new ClientPeer(
            ClientOptions.of(transport, secret, vector.get("dc").asInt(), 1),
            Vectors.hex(vector.get("header_plain")));
    }

    private static byte[] proxyStream(JsonNode vector)
    {
        ByteArrayOutputStream stream = new ByteArrayOutputStream();
        for (JsonNode piece : vector.get("proxy_to_client"))
        {
            stream.writeBytes(Vectors.hex(piece.get("frame_wire")));
        }
        return stream.toByteArray();
    }

    private static void assertEvents(JsonNode vector, List<ClientEvent> events, ClientPeer peer)
    {
        List<JsonNode> pieces = Vectors.list(vector.get("proxy_to_client"));
        assertEquals(pieces.size(), events.size(), events::toString);
        for (int i = 0; i < pieces.size(); i++)
        {
            JsonNode piece = pieces.get(i);
            switch (piece.get("kind").asText())
            {
                case "packet" ->
                {
                    byte[] received = ((ClientEvent.Packet)events.get(i)).payload();
                    byte[] payload = Vectors.hex(piece.get("payload"));
                    assertTrue(peer.isPayload(payload, received));
                    assertEquals(payload.length + piece.get("padding").asText().length() / 2, received.length);
                }
                case "quick_ack_raw" -> assertEquals(
                    new ClientEvent.QuickAck((int)piece.get("confirm").asLong(), Form.RAW), events.get(i));
                case "quick_ack_two_packets" -> assertEquals(
                    new ClientEvent.QuickAck((int)piece.get("confirm").asLong(), Form.TWO_PACKETS), events.get(i));
                default -> throw new IllegalStateException(piece.get("kind").asText());
            }
        }
        assertEquals(0, peer.incompleteLength());
    }
}
