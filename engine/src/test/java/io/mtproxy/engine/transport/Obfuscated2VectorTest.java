// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.mtproxy.crypto.AesCtrStream;
import io.mtproxy.crypto.CipherScratch;
import io.mtproxy.crypto.Digests;
import io.mtproxy.engine.config.SecretList;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Headers and both streams of whole connections, by {@code obfuscated2.json}. [P-OBF-10] [P-OBF-11] [P-OBF-12]
 * [P-OBF-13] [P-OBF-14] [P-OBF-16]
 */
class Obfuscated2VectorTest
{
    private static final JsonNode VECTORS = TransportVectors.read("obfuscated2.json");
    private static final int ODD_OFFSET = 5;

    private final CipherScratch scratch = new CipherScratch();
    private final Obfuscated2Handshake handshake = new Obfuscated2Handshake(new Digests(scratch));
    private final AesCtrStream receive = new AesCtrStream(scratch);
    private final AesCtrStream send = new AesCtrStream(scratch);

    /** [P-OBF-13] [P-OBF-18] [P-OBF-22] The receive stream goes on behind the header, however the bytes are cut. */
    @TestFactory
    Stream<DynamicTest> shouldReadClientsInEveryCut()
    {
        return cases("cases", node ->
        {
            byte[] wire = concat(TransportVectors.bytes(node, "header_wire"), node.get("client_to_proxy"),
                "frame_wire");
            for (int cut = 0; cut <= wire.length; cut++)
            {
                readClient(node, wire, cut);
            }
        });
    }

    private void readClient(JsonNode node, byte[] wire, int cut)
    {
        SecretList secrets = TransportVectors.secrets(node.get("secret"));
        int seen = cut;
        HandshakeResult result = decode(wire, seen, secrets);
        if (cut < Obfuscated2Handshake.HEADER_LENGTH)
        {
            assertEquals(HandshakeResult.NEED_MORE, result);
            seen = wire.length;
            result = decode(wire, seen, secrets);
        }

        assertEquals(HandshakeResult.ACCEPTED, result);
        assertEquals(node.get("dc").intValue(), handshake.dcId());
        assertSame(TransportVectors.codec(node), handshake.frameCodec());
        assertEquals(node.get("secret").isNull() ? -1 : 0, handshake.secretIndex());
        assertEquals(node.get("tag").textValue(), Integer.toHexString(handshake.frameCodec().tag()));

        FrameReader reader = new FrameReader(handshake.frameCodec());
        decrypt(wire, Obfuscated2Handshake.HEADER_LENGTH, seen, reader);
        decrypt(wire, seen, wire.length, reader);

        List<FrameReader.Packet> expected = new ArrayList<>();
        node.get("client_to_proxy").forEach(piece -> expected.add(new FrameReader.Packet(
            piece.get("forwarded_payload").textValue(), piece.get("quickack").booleanValue())));
        assertEquals(expected, reader.packets);
        assertEquals("done", reader.end());
    }

    private void decrypt(byte[] wire, int from, int to, FrameReader reader)
    {
        byte[] plain = new byte[to - from];
        receive.update(new UnsafeBuffer(wire), from, new UnsafeBuffer(plain), 0, plain.length);
        reader.feed(plain, 0, plain.length);
    }

    /** [P-OBF-13] [P-OBF-31] [P-OBF-32] [P-OBF-35] [P-OBF-41] [P-OBF-42] Byte for byte, random parts as given. */
    @TestFactory
    Stream<DynamicTest> shouldWriteToClients()
    {
        return cases("cases", node ->
        {
            assertEquals(HandshakeResult.ACCEPTED, decode(TransportVectors.bytes(node, "header_wire"),
                Obfuscated2Handshake.HEADER_LENGTH, TransportVectors.secrets(node.get("secret"))));

            for (JsonNode piece : node.get("proxy_to_client"))
            {
                byte[] frame = encode(handshake.frameCodec(), piece);
                assertEquals(piece.get("frame_plain").textValue(), TransportVectors.hex(frame));

                byte[] wire = new byte[frame.length];
                send.update(new UnsafeBuffer(frame), 0, new UnsafeBuffer(wire), 0, frame.length);
                assertEquals(piece.get("frame_wire").textValue(), TransportVectors.hex(wire));
            }
        });
    }

    private static byte[] encode(FrameCodec codec, JsonNode piece)
    {
        UnsafeBuffer out = new UnsafeBuffer(ByteBuffer.allocateDirect(2048));
        ScriptedRandom random = new ScriptedRandom();
        int length = switch (piece.get("kind").textValue())
        {
            case "packet" -> encodePacket(codec, piece, out, random);
            case "quick_ack_raw" ->
            {
                if (codec == PaddedIntermediateFrames.INSTANCE)
                {
                    random.add(0);
                }
                yield codec.encodeQuickAck(out, ODD_OFFSET, (int)piece.get("confirm").longValue(), random);
            }
            case "quick_ack_two_packets" ->
            {
                random.add(1);
                scriptFrame(random, piece, "extra1", "padding1");
                scriptFrame(random, piece, "extra2", "padding2");
                yield codec.encodeQuickAck(out, ODD_OFFSET, (int)piece.get("confirm").longValue(), random);
            }
            default -> throw new IllegalArgumentException(piece.toString());
        };

        assertTrue(random.isUsedUp());
        byte[] frame = new byte[length];
        out.getBytes(ODD_OFFSET, frame);
        return frame;
    }

    private static int encodePacket(FrameCodec codec, JsonNode piece, UnsafeBuffer out, ScriptedRandom random)
    {
        byte[] payload = TransportVectors.bytes(piece, "payload");
        byte[] padding = TransportVectors.bytes(piece, "padding");
        if (codec == PaddedIntermediateFrames.INSTANCE)
        {
            random.add(padding.length);
        }
        if (padding.length > 0)
        {
            random.addBytes(padding);
        }

        int paddingLength = codec.paddingLength(random);
        int headerLength = codec.encodeHeader(out, ODD_OFFSET, payload.length, paddingLength);
        assertEquals(headerLength, codec.encodedHeaderLength(payload.length));
        out.putBytes(ODD_OFFSET + headerLength, payload);
        codec.encodePadding(out, ODD_OFFSET + headerLength + payload.length, paddingLength, random);
        return headerLength + payload.length + paddingLength;
    }

    private static void scriptFrame(ScriptedRandom random, JsonNode piece, String extraField, String paddingField)
    {
        byte[] extra = TransportVectors.bytes(piece, extraField);
        byte[] padding = TransportVectors.bytes(piece, paddingField);
        random.add(extra.length / Integer.BYTES);
        if (extra.length > 0)
        {
            random.addBytes(extra);
        }
        random.add(padding.length);
        if (padding.length > 0)
        {
            random.addBytes(padding);
        }
    }

    /** [P-OBF-15] [P-OBF-17] The first secret that fits wins; none fits: rejected. */
    @TestFactory
    Stream<DynamicTest> shouldFindTheSecret()
    {
        return cases("multi_secret", node ->
        {
            SecretList secrets = TransportVectors.secrets(node.get("secrets"));
            HandshakeResult result = decodeHeader(node, secrets);
            assertEquals(expectedResult(node), result);
            if (result == HandshakeResult.ACCEPTED)
            {
                assertEquals(node.get("match").intValue(), handshake.secretIndex());
            }
        });
    }

    /** [P-OBF-14] [P-OBF-17] */
    @TestFactory
    Stream<DynamicTest> shouldRejectOtherTags()
    {
        return cases("bad_tag", node -> assertEquals(expectedResult(node),
            decodeHeader(node, TransportVectors.secrets(node.get("secret")))));
    }

    /** [P-OBF-02] [P-OBF-19] No first bytes have a meaning of their own. */
    @TestFactory
    Stream<DynamicTest> shouldNotLookAtPrefixes()
    {
        return cases("prefixes_not_rejected", node -> assertEquals(expectedResult(node),
            decodeHeader(node, TransportVectors.secrets(node.get("secret")))));
    }

    private static HandshakeResult expectedResult(JsonNode node)
    {
        return switch (node.get("action").textValue())
        {
            case "accept" -> HandshakeResult.ACCEPTED;
            case "discard" -> HandshakeResult.REJECTED;
            default -> throw new IllegalArgumentException(node.toString());
        };
    }

    private HandshakeResult decodeHeader(JsonNode node, SecretList secrets)
    {
        return decode(TransportVectors.bytes(node, "header_wire"), Obfuscated2Handshake.HEADER_LENGTH, secrets);
    }

    /** In a direct buffer that ends with the bytes received, at an odd place. */
    private HandshakeResult decode(byte[] wire, int length, SecretList secrets)
    {
        UnsafeBuffer buffer = new UnsafeBuffer(ByteBuffer.allocateDirect(ODD_OFFSET + length));
        buffer.putBytes(ODD_OFFSET, wire, 0, length);
        HandshakeResult result = handshake.decode(buffer, ODD_OFFSET, length, secrets, SecretList.NO_POSITION, receive,
            send);

        byte[] after = new byte[length];
        buffer.getBytes(ODD_OFFSET, after);
        assertTrue(Arrays.equals(wire, 0, length, after, 0, length), "what was received is not written to");
        return result;
    }

    private interface Check
    {
        void run(JsonNode node);
    }

    private static Stream<DynamicTest> cases(String list, Check check)
    {
        List<DynamicTest> tests = new ArrayList<>();
        for (JsonNode node : VECTORS.get(list))
        {
            String name = list + "[" + tests.size() + "] " + node.path("name").asText(node.path("note").asText());
            tests.add(DynamicTest.dynamicTest(name, () -> check.run(node)));
        }
        assertTrue(tests.size() > 0);
        return tests.stream();
    }

    private static byte[] concat(byte[] first, JsonNode pieces, String field)
    {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        all.writeBytes(first);
        pieces.forEach(piece -> all.writeBytes(TransportVectors.bytes(piece, field)));
        return all.toByteArray();
    }
}
