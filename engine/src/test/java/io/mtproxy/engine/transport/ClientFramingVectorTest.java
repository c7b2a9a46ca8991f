// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Frames of clients and how their streams end, by {@code client_framing.json}, in every cut. [P-OBF-20] [P-OBF-21]
 * [P-OBF-22] [P-OBF-30] [P-OBF-32] [P-OBF-33] [P-OBF-34] [P-OBF-40]
 */
class ClientFramingVectorTest
{
    private static final JsonNode VECTORS = TransportVectors.read("client_framing.json");

    @Test
    void shouldHaveTheLimitOfTheVectors()
    {
        assertEquals(VECTORS.get("max_packet_len").intValue(), FrameCodec.PAYLOAD_LENGTH_MAX);
    }

    @TestFactory
    Stream<DynamicTest> shouldDecodeAsTheReferenceDoes()
    {
        return VECTORS.get("decode").valueStream().map(node -> DynamicTest.dynamicTest(
            node.get("transport").textValue() + ": " + node.get("name").textValue(), () -> decode(node)));
    }

    private static void decode(JsonNode node)
    {
        byte[] input = TransportVectors.bytes(node, "input");

        FrameReader byteByByte = new FrameReader(TransportVectors.codec(node));
        for (int i = 0; i < input.length; i++)
        {
            byteByByte.feed(input, i, 1);
        }
        verify(node, byteByByte);

        for (int cut = 0; cut <= input.length; cut++)
        {
            FrameReader reader = new FrameReader(TransportVectors.codec(node));
            reader.feed(input, 0, cut);
            reader.feed(input, cut, input.length - cut);
            verify(node, reader);
        }
    }

    private static void verify(JsonNode node, FrameReader reader)
    {
        List<FrameReader.Packet> expected = new ArrayList<>();
        node.get("packets").forEach(packet -> expected.add(
            new FrameReader.Packet(packet.get("payload").textValue(), packet.get("quickack").booleanValue())));

        assertEquals(expected, reader.packets);
        assertEquals(node.get("end").textValue(), reader.end());
    }
}
