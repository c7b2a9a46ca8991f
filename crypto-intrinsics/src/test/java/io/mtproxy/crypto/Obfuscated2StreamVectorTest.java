// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.crypto;

import static io.mtproxy.crypto.Vectors.bytes;
import static io.mtproxy.crypto.Vectors.content;
import static io.mtproxy.crypto.Vectors.directSlice;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** The two streams of each connection of obfuscated2.json: whole, byte by byte, and cut at each offset. */
@DisplayName("obfuscated2 streams [P-OBF-13]")
class Obfuscated2StreamVectorTest
{
    private final CipherScratch scratch = new CipherScratch();
    private final AesCtrStream stream = new AesCtrStream(scratch);

    @Test
    @DisplayName("the receiving stream starts with the 64 bytes of the header [P-OBF-13]")
    void shouldReceive()
    {
        for (JsonNode vector : Vectors.read("obfuscated2.json").required("cases"))
        {
            byte[] wire = joined(bytes(vector, "header_wire"), vector.required("client_to_proxy"), "frame_wire");
            byte[] plain = joined(bytes(vector, "header_plain"), vector.required("client_to_proxy"), "frame_plain");
            // The first 56 bytes of the header go in clear, and only the key stream under them is used up.
            checkStream(bytes(vector, "recv_key"), bytes(vector, "recv_iv"), wire, plain, 56);
        }
    }

    @Test
    @DisplayName("the sending stream starts with the first byte sent [P-OBF-13]")
    void shouldSend()
    {
        for (JsonNode vector : Vectors.read("obfuscated2.json").required("cases"))
        {
            byte[] wire = joined(new byte[0], vector.required("proxy_to_client"), "frame_wire");
            byte[] plain = joined(new byte[0], vector.required("proxy_to_client"), "frame_plain");
            checkStream(bytes(vector, "send_key"), bytes(vector, "send_iv"), plain, wire, 0);
        }
    }

    private void checkStream(byte[] key, byte[] iv, byte[] in, byte[] expected, int skipped)
    {
        byte[] tail = Arrays.copyOfRange(expected, skipped, expected.length);
        UnsafeBuffer source = directSlice(in, 1);
        UnsafeBuffer target = directSlice(new byte[in.length], 2);
        for (int cut = 0; cut <= in.length; cut += cut < 200 ? 1 : 97)
        {
            stream.init(key, iv);
            stream.update(source, 0, target, 0, cut);
            stream.update(source, cut, target, cut, in.length - cut);
            assertArrayEquals(tail, content(target, skipped, tail.length));
        }
        stream.init(key, iv);
        for (int i = 0; i < in.length; i++)
        {
            stream.update(source, i, target, i, 1);
        }
        assertArrayEquals(tail, content(target, skipped, tail.length));
    }

    private static byte[] joined(byte[] start, JsonNode pieces, String field)
    {
        ByteArrayOutputStream stream = new ByteArrayOutputStream();
        stream.writeBytes(start);
        for (JsonNode piece : pieces)
        {
            stream.writeBytes(bytes(piece, field));
        }
        return stream.toByteArray();
    }
}
