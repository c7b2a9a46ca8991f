// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.rpc;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.InetSocketAddress;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.function.IntUnaryOperator;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class RpcPayloadsVectorTest
{
    private static final byte[] NO_TAG = {};

    @Test
    @DisplayName("[P-RPC-40] [P-RPC-41] [P-RPC-42] requests of rpc_frames.json, flags for each payload")
    void shouldEncodeTheRequestsOfTheVectors()
    {
        int checked = 0;
        for (JsonNode vector : RpcVectors.read("rpc_frames.json").get("payloads"))
        {
            String name = vector.get("name").asText();
            if (name.startsWith("PROXY_REQ") && !name.contains("HTTP"))
            {
                JsonNode fields = vector.get("fields");
                assertArrayEquals(RpcVectors.hex(vector.get("payload")), request((int)fields.get("flags").asLong(),
                    fields.get("ext_conn_id").asLong(), fields.get("remote"), fields.get("our"),
                    fields.get("proxy_tag"), RpcVectors.hex(fields.get("data"))), name);
                checked++;
            }
        }
        assertEquals(6, checked);
    }

    @Test
    @DisplayName("[P-RPC-40] [P-RPC-41] [P-RPC-42] requests that the C program sent")
    void shouldEncodeTheRequestsOfC()
    {
        JsonNode captured = RpcVectors.read("captured_from_c.json");
        for (String name : new String[]{"proxy_req_tag", "proxy_req_notag", "proxy_req_v6"})
        {
            JsonNode vector = captured.get(name);
            byte[] expected = RpcVectors.hex(vector.get("hex"));
            UnsafeBuffer view = new UnsafeBuffer(expected);
            int header = ProxyRequest.headerLength(vector.path("tag").isTextual());

            assertArrayEquals(expected, request(view.getInt(4, ByteOrder.LITTLE_ENDIAN),
                view.getLong(8, ByteOrder.LITTLE_ENDIAN), vector.get("remote"), vector.get("our"),
                vector.path("tag"), Arrays.copyOfRange(expected, header, expected.length)), name);
        }
    }

    @Test
    @DisplayName("[P-RPC-21] [P-RPC-40] our own IPv4 address is translated, the client's is not")
    void shouldTranslateTheOwnAddressOnly()
    {
        UnsafeBuffer out = new UnsafeBuffer(new byte[56]);
        InetSocketAddress same = RpcVectors.address("10.0.0.1", 7);

        ProxyRequest.writeTemplate(out, 0, ProxyRequest.FLAG_ABRIDGED, 1, same, same, ipv4 -> 0x01020304, NO_TAG);

        assertEquals("00000000000000000000ffff0a000001", RpcVectors.toHex(Arrays.copyOfRange(out.byteArray(), 16, 32)));
        assertEquals("00000000000000000000ffff01020304", RpcVectors.toHex(Arrays.copyOfRange(out.byteArray(), 36, 52)));
    }

    @Test
    @DisplayName("[P-RPC-62] answers of the vectors, the data and its length; empty data is an answer")
    void shouldReadAnswers()
    {
        JsonNode fields = payload("PROXY_ANS").get("fields");
        byte[] bytes = RpcVectors.hex(payload("PROXY_ANS").get("payload"));
        UnsafeBuffer in = RpcVectors.direct(bytes);
        ProxyAnswer answer = new ProxyAnswer().wrap(in, 0, bytes.length);

        assertEquals(RpcReceived.PROXY_ANSWER, RpcReceived.of(in, 0, bytes.length));
        assertEquals(fields.get("ext_conn_id").asLong(), answer.extConnectionId());
        byte[] data = new byte[answer.dataLength()];
        in.getBytes(answer.dataOffset(), data);
        assertArrayEquals(RpcVectors.hex(fields.get("data")), data);

        byte[] small = RpcVectors.hex(payload("PROXY_ANS small error").get("payload"));
        answer.wrap(RpcVectors.direct(small), 0, small.length);
        assertEquals(0x10, answer.flags());
        assertEquals(4, answer.dataLength());
        assertEquals(RpcReceived.PROXY_ANSWER, RpcReceived.of(in, 0, 16));
        assertEquals(0, answer.wrap(in, 0, 16).dataLength());
    }

    @Test
    @DisplayName("[P-RPC-43] [P-RPC-44] [P-RPC-66] [P-RPC-67] the short payloads of the vectors")
    void shouldReadAndWriteShortPayloads()
    {
        byte[] ack = RpcVectors.hex(payload("SIMPLE_ACK").get("payload"));
        SimpleAck simpleAck = new SimpleAck().wrap(new UnsafeBuffer(ack), 0);
        assertEquals(payload("SIMPLE_ACK").get("fields").get("ext_conn_id").asLong(), simpleAck.extConnectionId());
        assertEquals(payload("SIMPLE_ACK").get("fields").get("confirm").asLong(), simpleAck.confirm() & 0xffff_ffffL);
        assertEquals(RpcReceived.SIMPLE_ACK, RpcReceived.of(new UnsafeBuffer(ack), 0, ack.length));

        byte[] close = RpcVectors.hex(payload("CLOSE_EXT").get("payload"));
        CloseExternal closeExternal = new CloseExternal().wrap(new UnsafeBuffer(close), 0);
        assertEquals(4194315, closeExternal.extConnectionId());
        assertEquals(RpcReceived.CLOSE_EXTERNAL, RpcReceived.of(new UnsafeBuffer(close), 0, close.length));
        UnsafeBuffer out = new UnsafeBuffer(new byte[12]);
        CloseExternal.encodeCloseConnection(out, 0, 4194315);
        assertArrayEquals(RpcVectors.hex(payload("CLOSE_CONN").get("payload")), out.byteArray());

        byte[] ping = RpcVectors.hex(payload("ping").get("payload"));
        assertEquals(RpcReceived.PING, RpcReceived.of(new UnsafeBuffer(ping), 0, ping.length));
        Ping.encodePong(out, 0, new Ping().wrap(new UnsafeBuffer(ping), 0).id());
        assertArrayEquals(RpcVectors.hex(payload("pong").get("payload")), out.byteArray());
    }

    @Test
    @DisplayName("[P-RPC-60] wrong sizes and unknown types are ignored, as server_packets of rpc_frames.json say")
    void shouldIgnoreWrongSizesAndUnknownTypes()
    {
        for (JsonNode vector : RpcVectors.read("rpc_frames.json").get("server_packets"))
        {
            byte[] payload = RpcVectors.hex(vector.get("payload"));
            UnsafeBuffer out = new UnsafeBuffer(new byte[12]);
            UnsafeBuffer in = new UnsafeBuffer(payload);
            // No client is connected, so each id is unknown: the reply is what a link owes then.
            boolean replies = switch (RpcReceived.of(in, 0, payload.length))
            {
                case PING ->
                {
                    Ping.encodePong(out, 0, new Ping().wrap(in, 0).id());
                    yield true;
                }
                case PROXY_ANSWER ->
                {
                    CloseExternal.encodeCloseConnection(out, 0,
                        new ProxyAnswer().wrap(in, 0, payload.length).extConnectionId());
                    yield true;
                }
                case SIMPLE_ACK ->
                {
                    CloseExternal.encodeCloseConnection(out, 0, new SimpleAck().wrap(in, 0).extConnectionId());
                    yield true;
                }
                case CLOSE_EXTERNAL, IGNORED -> false;
            };
            assertEquals(vector.get("reply").isNull() ? "" : vector.get("reply").asText(),
                replies ? RpcVectors.toHex(out.byteArray()) : "", vector.get("name").asText());
        }
    }

    private static byte[] request(
        int flags, long extConnectionId, JsonNode remote, JsonNode own, JsonNode tagText, byte[] data)
    {
        byte[] tag = tagText.isTextual() ? RpcVectors.hex(tagText) : NO_TAG;
        int framing = flags & (ProxyRequest.FLAG_ABRIDGED | ProxyRequest.FLAG_INTERMEDIATE);
        UnsafeBuffer out = new UnsafeBuffer(new byte[ProxyRequest.headerLength(tag.length != 0) + data.length]);
        Arrays.fill(out.byteArray(), (byte)0x5a);
        int length = ProxyRequest.writeTemplate(out, 0, framing, extConnectionId, end(remote), end(own),
            IntUnaryOperator.identity(), tag);
        ProxyRequest.addFlags(out, 0, flags & (ProxyRequest.FLAG_PLAIN | ProxyRequest.FLAG_QUICK_ACK));
        assertTrue(length == ProxyRequest.HEADER_LENGTH || tag.length != 0);
        out.putBytes(length, data);
        return out.byteArray();
    }

    private static InetSocketAddress end(JsonNode pair)
    {
        return RpcVectors.address(pair.get(0).asText(), pair.get(1).asInt());
    }

    private static JsonNode payload(String name)
    {
        for (JsonNode vector : RpcVectors.read("rpc_frames.json").get("payloads"))
        {
            if (vector.get("name").asText().equals(name))
            {
                return vector;
            }
        }
        throw new AssertionError("no vector " + name);
    }
}
