// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.transport;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.mtproxy.crypto.AesCtrStream;
import io.mtproxy.crypto.CipherScratch;
import io.mtproxy.crypto.Digests;
import io.mtproxy.crypto.Hmac;
import io.mtproxy.engine.config.Secret;
import io.mtproxy.engine.config.SecretList;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The vectors of fake-TLS, which the C program has confirmed, and flights that were captured from it. */
class FakeTlsVectorTest
{
    private static final JsonNode VECTORS = TransportVectors.read("fake_tls.json");
    private static final JsonNode CAPTURED = TransportVectors.read("captured_from_c.json");
    private static final int PORT = 443;

    private final CipherScratch scratch = new CipherScratch();
    private final Hmac hmac = new Hmac(scratch);
    private final FakeTlsClientHello hello = new FakeTlsClientHello(hmac);
    private final FakeTlsServerHello serverHello = new FakeTlsServerHello(new SeededRandom(1), scratch, hmac);
    private final ReplayFilter replays = new ReplayFilter(new UnsafeBuffer(new byte[ReplayFilter.bufferLength(64)]));
    private final FakeTlsDomains domains = new FakeTlsDomains(texts(VECTORS.get("domains")));
    private final SecretList secrets = TransportVectors.secrets(VECTORS.get("secrets"));

    static Stream<String> hellos()
    {
        List<String> names = new ArrayList<>();
        VECTORS.get("client_hello").forEach(node -> names.add(node.get("name").textValue()));
        return names.stream();
    }

    /** [P-TLS-10] [P-TLS-12] [P-TLS-13] [P-TLS-15] [P-TLS-16] [P-TLS-17] [P-TLS-18] [P-TLS-20] */
    @ParameterizedTest
    @MethodSource("hellos")
    void shouldDecideAsTheReferenceDoes(String name)
    {
        JsonNode node = find(name);
        node.get("replay_cache").forEach(entry -> assertTrue(replays.add(
            new UnsafeBuffer(TransportVectors.bytes(entry, "random")), 0, entry.get("time").longValue())));
        byte[] bytes = TransportVectors.bytes(node, "client_hello");

        FakeTlsClientHello.Result result = read(bytes, node.get("now").longValue());

        assertEquals(expected(node), result);
        if (result == FakeTlsClientHello.Result.ACCEPTED && node.get("secret").isInt())
        {
            assertEquals(node.get("secret").intValue(), hello.secretIndex());
            assertEquals(Integer.parseInt(node.get("cipher").textValue(), 16), hello.cipher());
            assertEquals(node.get("timestamp").longValue(), hello.stampSeconds());
        }
        assertEquals(node.get("domain").intValue(), hello.domainIndex());
    }

    private static FakeTlsClientHello.Result expected(JsonNode node)
    {
        if (node.get("action").textValue().equals("accept"))
        {
            return FakeTlsClientHello.Result.ACCEPTED;
        }
        String reason = node.get("reason").textValue();
        return switch (reason)
        {
            case "timestamp" -> FakeTlsClientHello.Result.OUT_OF_TIME;
            case "digest" -> FakeTlsClientHello.Result.WRONG_DIGEST;
            case "server name" -> FakeTlsClientHello.Result.UNKNOWN_NAME;
            case "replay" -> FakeTlsClientHello.Result.REPLAYED;
            case "cipher" -> FakeTlsClientHello.Result.NO_CIPHER;
            case "trailing bytes" -> FakeTlsClientHello.Result.TRAILING_BYTES;
            // the hardening of check 4: up to 16384 bytes are served
            case "too big" -> FakeTlsClientHello.Result.ACCEPTED;
            default -> FakeTlsClientHello.Result.NOT_A_HELLO;
        };
    }

    /** [P-TLS-21] [P-TLS-23] */
    @Test
    void shouldMakeTheFlightByteExact()
    {
        for (JsonNode node : VECTORS.get("server_flight"))
        {
            byte[] flight = TransportVectors.bytes(node, "flight");
            assertEquals(FakeTlsClientHello.Result.ACCEPTED, readAtItsOwnTime(node));
            assertEquals(node.get("cipher").textValue(), Integer.toHexString(hello.cipher()));
            byte[] data = TransportVectors.bytes(node, "application_data");
            OriginProfile profile = OriginProfile.of(node.get("reversed_extensions").booleanValue(), data.length);
            Secret secret = Secret.parse(node.get("secret").textValue());

            int length = serverHello.encode(hello, secret, profile, TransportVectors.bytes(node, "key_share"), data);

            assertEquals(TransportVectors.hex(flight), flightHex(length));
        }
    }

    /** [P-TLS-21] [P-TLS-23] */
    @Test
    void shouldMakeTheFlightsOfTheReference()
    {
        assertFlightOfReference("server_flight", false);
        assertFlightOfReference("server_flight_reversed", true);
    }

    private void assertFlightOfReference(String name, boolean isReversed)
    {
        JsonNode node = CAPTURED.get(name);
        byte[] flight = TransportVectors.bytes(node, "flight");
        assertEquals(FakeTlsClientHello.Result.ACCEPTED, readAtItsOwnTime(node));
        int shareOffset = isReversed ? 95 : 89;
        byte[] share = Arrays.copyOfRange(flight, shareOffset, shareOffset + 32);
        byte[] data = Arrays.copyOfRange(flight, 138, flight.length);

        int length = serverHello.encode(hello, Secret.parse(node.get("secret").textValue()),
            OriginProfile.of(isReversed, data.length), share, data);

        assertEquals(TransportVectors.hex(flight), flightHex(length));
    }

    private String flightHex(int length)
    {
        byte[] bytes = new byte[length];
        serverHello.flight().getBytes(0, bytes);
        return TransportVectors.hex(bytes);
    }

    /** Flights come without a time: finds the stamp first, then reads at that time, with any name it carries. */
    private FakeTlsClientHello.Result readAtItsOwnTime(JsonNode node)
    {
        byte[] bytes = TransportVectors.bytes(node, "client_hello");
        SecretList one = TransportVectors.secrets(node.get("secret"));
        FakeTlsDomains any = new FakeTlsDomains(List.of(serverName(bytes)));
        UnsafeBuffer table = new UnsafeBuffer(new byte[ReplayFilter.bufferLength(1)]);
        hello.read(new UnsafeBuffer(bytes), 0, bytes.length, PORT, 0, any, one, SecretList.NO_POSITION,
            new ReplayFilter(table));
        long stamp = hello.stampSeconds();
        return hello.read(new UnsafeBuffer(bytes), 0, bytes.length, PORT, stamp, any, one, SecretList.NO_POSITION,
            new ReplayFilter(new UnsafeBuffer(new byte[ReplayFilter.bufferLength(1)])));
    }

    private static String serverName(byte[] bytes)
    {
        int at = 78 + ((bytes[76] & 0xff) << 8 | bytes[77] & 0xff) + 4;
        while (bytes[at] != 0 || bytes[at + 1] != 0)
        {
            at += 4 + ((bytes[at + 2] & 0xff) << 8 | bytes[at + 3] & 0xff);
        }
        return new String(bytes, at + 9, bytes[at + 8], java.nio.charset.StandardCharsets.US_ASCII);
    }

    /** [P-TLS-32] [P-TLS-34] */
    @Test
    void shouldReadWhatTheClientSendsAfterTheFlight()
    {
        JsonNode phase = VECTORS.get("data_phase");
        byte[] sent = TransportVectors.bytes(phase, "client_to_proxy");
        UnsafeBuffer buffer = new UnsafeBuffer(sent.clone());
        assertEquals(FakeTlsRecords.First.COMPLETE, FakeTlsRecords.readFirst(buffer, 0, sent.length));
        AesCtrStream receive = new AesCtrStream(scratch);
        AesCtrStream send = new AesCtrStream(scratch);
        Obfuscated2Handshake handshake = new Obfuscated2Handshake(new Digests(scratch));
        assertEquals(HandshakeResult.ACCEPTED, handshake.decode(buffer, FakeTlsRecords.FIRST_HEADER_LENGTH,
            Obfuscated2Handshake.HEADER_LENGTH, TransportVectors.secrets(phase.get("secret")), SecretList.NO_POSITION,
            receive,
            send));
        assertEquals(phase.get("dc").intValue(), handshake.dcId());
        assertEquals(PaddedIntermediateFrames.INSTANCE, handshake.frameCodec());

        FakeTlsRecords records = new FakeTlsRecords();
        int begun = FakeTlsRecords.FIRST_HEADER_LENGTH + Obfuscated2Handshake.HEADER_LENGTH;
        records.start(FakeTlsRecords.firstPayloadLength(buffer, 0) - Obfuscated2Handshake.HEADER_LENGTH);
        assertTrue(records.strip(buffer, begun, sent.length - begun));
        UnsafeBuffer plain = new UnsafeBuffer(new byte[records.payloadLength()]);
        receive.update(buffer, records.payloadOffset(), plain, 0, records.payloadLength());
        FrameHeader header = new FrameHeader();
        assertEquals(FrameHeader.Result.OK, handshake.frameCodec().decodeHeader(plain, 0, header));
        byte[] packet = new byte[header.payloadLength()];
        plain.getBytes(4, packet);

        assertEquals(phase.get("client_packet").textValue(), TransportVectors.hex(packet));
        assertEquals(phase.get("client_packet_quickack").booleanValue(), header.quickAck());

        shouldAnswerInRecords(phase, send);
    }

    /** [P-TLS-35] */
    private static void shouldAnswerInRecords(JsonNode phase, AesCtrStream send)
    {
        byte[] answer = TransportVectors.bytes(phase, "answer");
        byte[] padding = TransportVectors.bytes(phase, "answer_padding");
        UnsafeBuffer framed = new UnsafeBuffer(new byte[4 + answer.length + padding.length]);
        PaddedIntermediateFrames.INSTANCE.encodeHeader(framed, 0, answer.length, padding.length);
        framed.putBytes(4, answer);
        framed.putBytes(4 + answer.length, padding);
        byte[] wire = new byte[framed.capacity()];
        send.update(framed, 0, new UnsafeBuffer(wire), 0, wire.length);
        List<String> records = new ArrayList<>();
        int lengthMax = VECTORS.get("max_server_record_payload").intValue();
        for (int done = 0; done < wire.length;)
        {
            int run = Math.min(wire.length - done, lengthMax);
            byte[] header = new byte[FakeTlsRecords.HEADER_LENGTH];
            for (int i = 0; i < header.length; i++)
            {
                header[i] = FakeTlsRecords.headerByte(i, run);
            }
            records.add(TransportVectors.hex(header) + HexFormat.of().formatHex(wire, done, done + run));
            done += run;
        }
        assertEquals(texts(phase.get("proxy_to_client_records")), records);
    }

    /** [P-TLS-31] [P-TLS-34] */
    @Test
    void shouldRefuseWhatNoClientSendsAfterTheFlight()
    {
        for (JsonNode node : VECTORS.get("first_client_record"))
        {
            if (node.get("input").isTextual())
            {
                byte[] input = TransportVectors.bytes(node, "input");
                assertEquals(FakeTlsRecords.First.MALFORMED,
                    FakeTlsRecords.readFirst(new UnsafeBuffer(input), 0, input.length), node.toString());
            }
        }
        FakeTlsRecords records = new FakeTlsRecords();
        assertFalse(records.strip(new UnsafeBuffer(HexFormat.of().parseHex("140303000101")), 0, 6));
    }

    /** [P-TLS-51] */
    @Test
    void shouldProbeWithTheHelloOfTheReference()
    {
        byte[] captured = TransportVectors.bytes(CAPTURED, "probe_hello");
        byte[] ours = OriginProbeHello.encode(serverName(captured), OriginProbeHello.Kind.PLAIN, new SeededRandom(3));

        assertEquals(captured.length, ours.length);
        assertArrayEquals(masked(captured), masked(ours));
    }

    /** Zeroes what is drawn: Random, session id, key share, and both bytes of each GREASE pair. */
    private static byte[] masked(byte[] hello)
    {
        byte[] masked = hello.clone();
        Arrays.fill(masked, 11, 43, (byte)0);
        Arrays.fill(masked, 44, 76, (byte)0);
        for (int i = 76; i < masked.length - 1; i++)
        {
            if ((masked[i] & 0x0f) == 0x0a && masked[i] == masked[i + 1] && masked[i] != 0x0a)
            {
                masked[i] = 0x0a;
                masked[i + 1] = 0x0a;
            }
        }
        for (int i = 76; i < masked.length - 36; i++)
        {
            if (masked[i] == 0 && masked[i + 1] == 0x1d && masked[i + 2] == 0 && masked[i + 3] == 0x20)
            {
                Arrays.fill(masked, i + 4, i + 36, (byte)0);
            }
        }
        return masked;
    }

    private FakeTlsClientHello.Result read(byte[] bytes, long nowSeconds)
    {
        return hello.read(new UnsafeBuffer(bytes), 0, bytes.length, PORT, nowSeconds, domains, secrets,
            SecretList.NO_POSITION, replays);
    }

    private static JsonNode find(String name)
    {
        for (JsonNode node : VECTORS.get("client_hello"))
        {
            if (node.get("name").textValue().equals(name))
            {
                return node;
            }
        }
        throw new IllegalArgumentException(name);
    }

    private static List<String> texts(JsonNode array)
    {
        List<String> texts = new ArrayList<>();
        array.forEach(node -> texts.add(node.textValue()));
        return texts;
    }
}
