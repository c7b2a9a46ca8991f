// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.stats;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.mtproxy.crypto.RandomSource;
import io.mtproxy.engine.config.ProxySecretFile;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import javax.crypto.Cipher;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The RPC server on the stats port, by a client written from the specification. [P-RPC-80] [C-HTTP-05] */
class StatsRpcTest
{
    private static final int NOW = (int)(StatsFixture.NOW_MS / 1000);
    private static final HexFormat HEX = HexFormat.of();

    private final StatsFixture stats = new StatsFixture();

    @AfterEach
    void stop()
    {
        stats.close();
        assertEquals(List.of(), stats.log);
    }

    private RpcTestClient connect() throws IOException
    {
        return RpcTestClient.connect(stats.port(), stats.secret);
    }

    private static byte[] ping(long id)
    {
        return RpcTestClient.buffer(12).putInt(RpcTestClient.PING).putLong(id).array();
    }

    private static byte[] query(long id, int... words)
    {
        ByteBuffer query = RpcTestClient.buffer(12 + 4 * words.length).putInt(0x2374df3d).putLong(id);
        Arrays.stream(words).forEach(query::putInt);
        return query.array();
    }

    /** [P-RPC-80] [P-RPC-22] [P-RPC-23] Both flags of the check sum, which is changed from the next frame on. */
    @ParameterizedTest
    @ValueSource(ints = {0, 0x800, 0x1800})
    void shouldShakeHandsAndAnswerPing(int flags) throws IOException
    {
        stats.start();
        try (RpcTestClient client = connect())
        {
            ByteBuffer handshake = client.handshake(NOW, flags);

            assertEquals(RpcTestClient.HANDSHAKE, handshake.getInt(0));
            assertEquals(flags & 0x800, handshake.getInt(4));
            // [192.0.2.2:40000:77:1795599000], then who asked
            assertEquals("020200c0409c4d0098aa066b" + "0708090a0000d204bb41036b", HEX.formatHex(handshake.array(), 8,
                32));
            assertEquals(32, handshake.limit());
            for (long id = 1; id < 20; id++)
            {
                ByteBuffer pong = client.ask(ping(id));
                assertEquals(RpcTestClient.PONG, pong.getInt(0));
                assertEquals(id, pong.getLong(4));
            }
        }
    }

    /** [P-RPC-80] The answer names the server's time and has 296 bytes. */
    @Test
    void shouldAnswerNonceWithDh() throws IOException
    {
        stats.start();
        try (RpcTestClient client = connect())
        {
            ByteBuffer nonce = client.exchangeNonces(NOW - 30);

            assertEquals(296, nonce.limit());
            assertEquals(RpcTestClient.NONCE, nonce.getInt(0));
            assertEquals(0x04030201, nonce.getInt(4));
            assertEquals(3, nonce.getInt(8));
            assertEquals(NOW, nonce.getInt(12));
            assertEquals(0, nonce.getInt(32));
            assertEquals(RpcTestClient.DH_PARAMETERS, nonce.getInt(36));
        }
    }

    /** [P-RPC-80] */
    @ParameterizedTest
    @ValueSource(ints = {-31, 31, 1000, -1_795_600_000, Integer.MIN_VALUE})
    void shouldCloseWhenClocksDiffer(int difference) throws IOException
    {
        stats.start();
        assertNonceRefused(client -> client.noncePayload(3, NOW + difference, new int[0]));
    }

    @ParameterizedTest
    @ValueSource(ints = {-30, 30})
    void shouldAcceptClocksThatDifferLittle(int difference) throws IOException
    {
        stats.start();
        try (RpcTestClient client = connect())
        {
            assertEquals(296, client.exchangeNonces(NOW + difference).limit());
        }
    }

    /** [P-RPC-80] Schema 3 is required. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 4})
    void shouldCloseOtherSchemas(int schema) throws IOException
    {
        stats.start();
        assertNonceRefused(client -> client.noncePayload(schema, NOW, new int[0]));
    }

    /** With {@code --allow-skip-dh}: then the keys come without DH, and the answer is of schema 1. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void shouldAcceptOtherSchemasWhenDhMayBeSkipped(int schema) throws IOException
    {
        stats.context.rpcAccess(new RpcAccess(ProxySecretFile.of(stats.secret), true, 0));
        stats.start();
        try (RpcTestClient client = connect())
        {
            client.sendFrame(client.noncePayload(schema, NOW, new int[0]));
            ByteBuffer answer = client.receiveFrame();
            assertEquals(32, answer.limit());
            assertEquals(1, answer.getInt(8));
            client.deriveKeysWithoutDh(answer, NOW);
            client.sendFrame(RpcTestClient.handshakePayload(0, new byte[12]));
            assertEquals(32, client.receiveFrame().limit());
            assertEquals(9, client.ask(ping(9)).getLong(4));
            assertEquals("0 0 0", stats.report().get("tot_dh_rounds"));
            assertEquals("0", stats.report().get("active_dh_connections"));
            assertEquals("1", stats.report().get("allocated_aes_crypto"));
        }
    }

    /** [P-RPC-10] One of the extra selectors may be ours. */
    @Test
    void shouldAcceptExtraSelector() throws IOException
    {
        stats.start();
        byte[] other = stats.secret.clone();
        other[0] ^= 1;
        try (RpcTestClient client = RpcTestClient.connect(stats.port(), other))
        {
            client.sendFrame(client.noncePayload(3, NOW, new int[]{5, 0x04030201}));
            assertEquals(0x04030201, client.receiveFrame().getInt(4));
        }
        try (RpcTestClient client = RpcTestClient.connect(stats.port(), other))
        {
            client.sendFrame(client.noncePayload(3, NOW, new int[]{5}));
            assertTrue(client.isClosedByServer());
        }
    }

    /** [P-RPC-10] [P-RPC-23] */
    @Test
    void shouldCloseMalformedNonces() throws IOException
    {
        stats.start();
        assertNonceRefused(client -> change(client.noncePayload(3, NOW, new int[0]), 0, 1));
        assertNonceRefused(client -> change(client.noncePayload(3, NOW, new int[0]), 32, 1));
        assertNonceRefused(client -> change(client.noncePayload(3, NOW, new int[0]), 32, 0xff));
        assertNonceRefused(client -> change(client.noncePayload(3, NOW, new int[0]), 36, 1));
        assertNonceRefused(client -> Arrays.copyOf(client.noncePayload(3, NOW, new int[0]), 292));
        assertNonceRefused(client -> Arrays.copyOf(client.noncePayload(3, NOW, new int[0]), 32));
        assertNonceRefused(client -> client.noncePayload(3, NOW, new int[9]));
        assertNonceRefused(client ->
        {
            byte[] payload = client.noncePayload(3, NOW, new int[0]);
            Arrays.fill(payload, 40, 48, (byte)0);
            return payload;
        });
        assertNonceRefused(client ->
        {
            byte[] payload = client.noncePayload(3, NOW, new int[0]);
            Arrays.fill(payload, 40, 48, (byte)0xff);
            return payload;
        });
    }

    /** [P-RPC-04] [P-RPC-05] [P-RPC-13] */
    @Test
    void shouldCloseWrongFrames() throws IOException
    {
        stats.start();
        try (RpcTestClient client = connect())
        {
            client.sendRaw(client.frame(-1, client.noncePayload(3, NOW, new int[0]), true));
            assertTrue(client.isClosedByServer());
        }
        try (RpcTestClient client = connect())
        {
            client.sendRaw(client.frame(-2, client.noncePayload(3, NOW, new int[0]), false));
            assertTrue(client.isClosedByServer());
        }
        try (RpcTestClient client = connect())
        {
            byte[] frame = client.frame(-2, client.noncePayload(3, NOW, new int[0]), true);
            client.sendRaw(Arrays.copyOf(frame, frame.length + 16));
            assertTrue(client.isClosedByServer());
        }
        try (RpcTestClient client = connect())
        {
            client.handshake(NOW, 0x800);
            client.sendRaw(client.frame(1, ping(1), true));
            assertTrue(client.isClosedByServer());
        }
        try (RpcTestClient client = connect())
        {
            client.handshake(NOW, 0x800);
            client.sendFrame(new byte[RpcSession.FRAME_LENGTH_MAX]);
            assertTrue(client.isClosedByServer());
        }
    }

    /** [P-RPC-33] [P-RPC-34] Flags that may not be ignored, and the name of another process. */
    @Test
    void shouldCloseWrongHandshakes() throws IOException
    {
        stats.start();
        assertHandshakeRefused(RpcTestClient.handshakePayload(0x801, new byte[12]));
        assertHandshakeRefused(RpcTestClient.handshakePayload(0x800, HEX.parseHex("000000000000000000000001")));
        assertHandshakeRefused(Arrays.copyOf(RpcTestClient.handshakePayload(0x800, new byte[12]), 28));
        assertHandshakeRefused(ping(1));
        try (RpcTestClient client = connect())
        {
            client.deriveKeys(client.exchangeNonces(NOW), NOW);
            client.sendFrame(RpcTestClient.handshakePayload(0x800, HEX.parseHex("020200c0409c4d0098aa066b")));
            assertEquals(32, client.receiveFrame().limit());
        }
    }

    /** [P-RPC-02] Padding may stand in front of the nonce. */
    @Test
    void shouldSkipPaddingAtStart() throws IOException
    {
        stats.start();
        try (RpcTestClient client = connect())
        {
            client.sendRaw(HEX.parseHex("0400000004000000"));
            assertEquals(RpcTestClient.HANDSHAKE, client.handshake(NOW, 0x800).getInt(0));
        }
    }

    /** [C-HTTP-03] [C-HTTP-05] From 127.0.0.1 only. */
    @Test
    void shouldCloseClientsOfOtherAddresses() throws IOException
    {
        stats.start();
        try (RpcTestClient client =
            new RpcTestClient(InetAddress.ofLiteral("127.0.0.2"), stats.port(), stats.secret))
        {
            client.sendFrame(client.noncePayload(3, NOW, new int[0]));
            assertTrue(client.isClosedByServer());
        }
    }

    /** [C-HTTP-05] Without a secret nobody comes in. */
    @Test
    void shouldCloseWithoutSecret() throws IOException
    {
        stats.context.rpcAccess(RpcAccess.NONE);
        stats.start();
        assertNonceRefused(client -> client.noncePayload(3, NOW, new int[0]));
    }

    /** What {@code --max-dh-accept-rate} is for. */
    @Test
    void shouldLimitExchanges() throws IOException
    {
        stats.context.rpcAccess(new RpcAccess(ProxySecretFile.of(stats.secret), false, 2));
        stats.start();
        for (int i = 0; i < 2; i++)
        {
            try (RpcTestClient client = connect())
            {
                assertEquals(296, client.exchangeNonces(NOW).limit());
            }
        }
        assertNonceRefused(client -> client.noncePayload(3, NOW, new int[0]));
        stats.nanos.addAndGet(500_000_000L);
        try (RpcTestClient client = connect())
        {
            assertEquals(296, client.exchangeNonces(NOW).limit());
        }
        assertNonceRefused(client -> client.noncePayload(3, NOW, new int[0]));
    }

    /** [P-RPC-80] The rows of the report, as pairs of strings. */
    @Test
    void shouldAnswerStatQuery() throws IOException
    {
        stats.start();
        try (RpcTestClient client = connect())
        {
            client.handshake(NOW, 0x800);
            ByteBuffer answer = client.ask(query(77, 0xefb3c36b));

            assertEquals(0x63aeda4e, answer.getInt());
            assertEquals(77, answer.getLong());
            assertEquals(0x9d56e6b2, answer.getInt());
            int count = answer.getInt();
            List<String> keys = new ArrayList<>();
            for (int i = 0; i < count; i++)
            {
                keys.add(string(answer));
                String value = string(answer);
                if ("version".equals(keys.getLast()))
                {
                    assertEquals(StatsFixture.VERSION, value);
                }
            }
            assertFalse(answer.hasRemaining());
            assertEquals(List.copyOf(stats.report().keySet()), keys);
        }
    }

    /** [P-RPC-42] A string of 254 bytes or more has a long head. */
    @Test
    void shouldAnswerStatQueryWithLongStrings() throws IOException
    {
        for (int length : new int[]{253, 254, 300})
        {
            try (StatsFixture more = new StatsFixture())
            {
                more.context.version("v".repeat(length));
                more.start();
                try (RpcTestClient client = RpcTestClient.connect(more.port(), more.secret))
                {
                    client.handshake(NOW, 0x800);
                    ByteBuffer answer = client.ask(query(1, 0xefb3c36b)).position(20);
                    String value = "";
                    while (answer.hasRemaining() && value.length() != length)
                    {
                        value = string(answer);
                    }
                    assertEquals("v".repeat(length), value);
                }
            }
        }
    }

    /** [P-RPC-80] In C's words; the session goes on. */
    @Test
    void shouldAnswerOtherQueries() throws IOException
    {
        stats.start();
        try (RpcTestClient client = connect())
        {
            client.handshake(NOW, 0x800);
            assertEquals("4edaae63050000000000000039d3ed3f", HEX.formatHex(client.ask(query(5, 0x166bb7c6)).array()));
            assertEquals(
                "4edaae630500000000000000f532e47a050000000000000030f8ffff13556e6b6e6f776e206f70203132333435363738",
                HEX.formatHex(client.ask(query(5, 0x12345678)).array()));
            assertEquals(
                "4edaae630500000000000000f532e47a050000000000000014fcffff31547279696e6720746f2072656164203420" +
                    "627974657320617420706f736974696f6e203132202873697a65203d203132290000",
                HEX.formatHex(client.ask(query(5)).array()));
            assertEquals(
                "4edaae630500000000000000f532e47a050000000000000017fcffff196578747261203420627974657320616674" +
                    "65722071756572790000", HEX.formatHex(client.ask(query(5, 0xefb3c36b, 0)).array()));
            client.sendFrame(RpcTestClient.buffer(8).putInt(0x99).array());
            client.sendFrame(Arrays.copyOf(ping(1), 16));
            client.sendFrame(Arrays.copyOf(query(1), 8));
            assertEquals(3, client.ask(ping(3)).getLong(4));

            Map<String, String> report = stats.report();
            assertEquals("3", report.get("rpc_queries_received"));
            assertEquals("1", report.get("rpc_sent_answers"));
            assertEquals("3", report.get("rpc_sent_errors"));
        }
    }

    /** [P-RPC-80] [C-STAT-10] What a session is counted as, while it lives and after. */
    @Test
    void shouldCountSessions() throws IOException
    {
        stats.start();
        try (RpcTestClient client = connect(); RpcTestClient half = connect())
        {
            client.handshake(NOW, 0x800);
            half.sendRaw(HEX.parseHex("04000000"));
            Map<String, String> report = stats.report();
            while (!"1".equals(report.get("allocated_aes_crypto_temp")))
            {
                report = stats.report();
            }
            assertEquals("1", report.get("active_dh_connections"));
            assertEquals("1", report.get("allocated_aes_crypto"));
            assertEquals("1", report.get("total_dh_connections"));
            assertEquals("1", report.get("total_encrypted_connections"));
            assertEquals("0 1 0", report.get("tot_dh_rounds"));
            assertEquals("0 1 0", report.get("total_dh_rounds"));
            assertEquals("1", report.get("total_rpc_targets"));
            assertEquals("3", report.get("inbound_connections"));
            assertEquals("1", report.get("http_connections"));
        }
        Map<String, String> report = stats.report();
        while (!"1".equals(report.get("inbound_connections")))
        {
            report = stats.report();
        }
        assertEquals("0", report.get("active_dh_connections"));
        assertEquals("0", report.get("allocated_aes_crypto"));
        assertEquals("0", report.get("allocated_aes_crypto_temp"));
        assertEquals("0", report.get("total_rpc_targets"));
        assertEquals("0 1 0", report.get("tot_dh_rounds"));
    }

    /**
     * [P-RPC-80] [P-RPC-22] The bytes that a client sent to the C program, replayed: our answer has other random values,
     * so its keys are derived here from the client's exponent. Whole, and byte by byte.
     */
    @ParameterizedTest
    @ValueSource(ints = {4096, 1, 7})
    void shouldTakeCapturedClient(int pieceLength) throws IOException, GeneralSecurityException
    {
        JsonNode captured = new ObjectMapper()
            .readTree(StatsFixture.root().resolve("docs/spec/vectors/captured_from_c.json").toFile()).get("rpc_dh");
        byte[] secret = bytes(captured, "secret");
        InetSocketAddress client =
            new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), captured.get("c_port").asInt());
        InetSocketAddress server =
            new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), captured.get("s_port").asInt());
        StatsCounts counts = new StatsCounts();
        RpcSession session = new RpcSession(new RpcSession.Setup(
            new RpcAccess(ProxySecretFile.of(secret), false, 0), ProcessTuple.parse(
                "[10.9.8.7:22003:14184:1795375547]"),
            counts, new RateGate(0, 0), new RpcQueries(counts, () -> "a\tb\n")), client, server,
            new FixedRandom(bytes(captured, "nonce_s")));
        long epochMs = captured.get("ts").asLong() * 1000 + 999;

        byte[] nonce = feed(session, bytes(captured, "client_nonce_frame"), pieceLength, epochMs);
        byte[] expected = bytes(captured, "server_nonce_frame");
        int valueOffset = 8 + 40;
        assertArrayEquals(Arrays.copyOf(expected, valueOffset), Arrays.copyOf(nonce, valueOffset));

        RpcTestClient.Keys keys = RpcTestClient.keys(secret, bytes(captured, "client_exponent"),
            bytes(captured, "nonce_c"), Arrays.copyOfRange(nonce, 8, nonce.length - 4), captured.get("ts").asInt(),
            captured.get("c_port").asInt(), captured.get("s_port").asInt());
        byte[] plain = decrypt(captured, "client_encrypted", "c2s");
        byte[] answer = feed(session, keys.encryptor().update(plain), pieceLength, epochMs);

        assertEquals(HEX.formatHex(decrypt(captured, "server_encrypted", "s2c"), 0, 44),
            HEX.formatHex(keys.decryptor().update(answer), 0, 44));
    }

    private static byte[] decrypt(JsonNode captured, String name, String keys) throws GeneralSecurityException
    {
        Cipher cipher = Cipher.getInstance("AES/CBC/NoPadding");
        cipher.init(Cipher.DECRYPT_MODE, new SecretKeySpec(bytes(captured, keys + "_key"), "AES"),
            new IvParameterSpec(bytes(captured, keys + "_iv")));
        return cipher.update(bytes(captured, name));
    }

    private static byte[] feed(RpcSession session, byte[] bytes, int pieceLength, long epochMs)
    {
        ByteBuffer out = ByteBuffer.allocate(4096);
        for (int at = 0; at < bytes.length; at += pieceLength)
        {
            byte[] piece = Arrays.copyOfRange(bytes, at, Math.min(bytes.length, at + pieceLength));
            assertTrue(session.read(piece, piece.length, epochMs, 0));
            out.put(session.takeOutput());
        }
        return Arrays.copyOf(out.array(), out.position());
    }

    /** Wrong bytes of every kind close and nothing else; the session gives back what it counted. */
    @Test
    void shouldSurviveNoise()
    {
        Random noise = new Random(20);
        StatsCounts counts = new StatsCounts();
        InetSocketAddress end = new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 1);
        for (int i = 0; i < 2000; i++)
        {
            try (RpcSession session = new RpcSession(new RpcSession.Setup(
                new RpcAccess(ProxySecretFile.of(stats.secret), true, 0), ProcessTuple.parse(StatsFixture.TUPLE),
                counts,
                new RateGate(0, 0), new RpcQueries(counts, () -> "")), end, end, new FixedRandom(new byte[16])))
            {
                byte[] bytes = new byte[noise.nextInt(400)];
                noise.nextBytes(bytes);
                if (bytes.length > 8)
                {
                    ByteBuffer.wrap(bytes).order(java.nio.ByteOrder.LITTLE_ENDIAN).putInt(noise.nextInt(100) * 4)
                        .putInt(-2);
                }
                session.read(bytes, bytes.length, StatsFixture.NOW_MS, 0);
            }
        }
        assertEquals(0, counts.rpcExchanges.get());
        assertEquals(0, counts.rpcEncrypted.get());
    }

    private interface Payload
    {
        byte[] of(RpcTestClient client);
    }

    private void assertNonceRefused(Payload payload) throws IOException
    {
        try (RpcTestClient client = connect())
        {
            client.sendFrame(payload.of(client));
            assertTrue(client.isClosedByServer());
        }
    }

    private void assertHandshakeRefused(byte[] payload) throws IOException
    {
        try (RpcTestClient client = connect())
        {
            client.deriveKeys(client.exchangeNonces(NOW), NOW);
            client.sendFrame(payload);
            assertTrue(client.isClosedByServer());
        }
    }

    private static byte[] change(byte[] bytes, int offset, int mask)
    {
        bytes[offset] ^= (byte)mask;
        return bytes;
    }

    private static String string(ByteBuffer in)
    {
        int length = in.get() & 0xff;
        int head = 1;
        if (length == 254)
        {
            length = in.get() & 0xff | (in.get() & 0xff) << 8 | (in.get() & 0xff) << 16;
            head = 4;
        }
        byte[] text = new byte[length];
        in.get(text);
        in.position(in.position() + (-(head + length) & 3));
        return new String(text, UTF_8);
    }

    private static byte[] bytes(JsonNode node, String name)
    {
        return HEX.parseHex(node.get(name).asText());
    }

    /** Gives the wanted nonce, and an exponent that nobody needs to know. */
    private record FixedRandom(byte[] nonce) implements RandomSource
    {
        @Override
        public void nextBytes(byte[] out, int offset, int length)
        {
            for (int i = 0; i < length; i++)
            {
                out[offset + i] = length == nonce.length ? nonce[i] : (byte)(i * 31 + 7);
            }
        }

        @Override
        public int nextInt(int bound)
        {
            return 0;
        }

        @Override
        public long nextLong()
        {
            return 1;
        }
    }
}
