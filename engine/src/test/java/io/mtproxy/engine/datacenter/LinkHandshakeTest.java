// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.datacenter;

import static io.mtproxy.engine.datacenter.DatacenterBench.SERVER_V4;
import static io.mtproxy.engine.datacenter.DatacenterBench.SERVER_V6;
import static io.mtproxy.engine.datacenter.DatacenterBench.TICK_NS;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.mtproxy.engine.config.ProxySecretFile;
import io.mtproxy.engine.io.Interest;
import io.mtproxy.engine.rpc.ProcessId;
import io.mtproxy.engine.status.ProxyCounter;
import io.mtproxy.soak.DatacenterEvent;
import io.mtproxy.soak.HandshakeFault;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class LinkHandshakeTest
{
    private static final Map<String, HandshakeFault> FAULT_BY_CASE = Map.ofEntries(
        Map.entry("timestamp = client's nonce time +0 s", HandshakeFault.NONE),
        Map.entry("timestamp = client's nonce time +30 s", HandshakeFault.NONCE_TIME_LATEST),
        Map.entry("timestamp = client's nonce time -30 s", HandshakeFault.NONCE_TIME_EARLIEST),
        Map.entry("timestamp = client's nonce time +31 s", HandshakeFault.NONCE_TIME_TOO_LATE),
        Map.entry("timestamp = client's nonce time -31 s", HandshakeFault.NONCE_TIME_TOO_EARLY),
        Map.entry("schema 0 (plain)", HandshakeFault.NONCE_SCHEMA_NONE),
        Map.entry("schema 4", HandshakeFault.NONCE_SCHEMA_UNKNOWN),
        Map.entry("key selector differs, schema 1", HandshakeFault.NONCE_SELECTOR),
        Map.entry("schema 2, 0 extra keys, own selector", HandshakeFault.NONCE_SCHEMA_EXTRA),
        Map.entry("schema 2, own selector among the extra keys", HandshakeFault.NONCE_SELECTOR_AMONG_EXTRA),
        Map.entry("schema 2, own selector nowhere", HandshakeFault.NONCE_SELECTOR_NOWHERE),
        Map.entry("schema 3 (DH) although not asked for", HandshakeFault.NONCE_SCHEMA_DH),
        Map.entry("sequence number not -2", HandshakeFault.NONCE_SEQUENCE),
        Map.entry("payload length does not fit the schema", HandshakeFault.NONCE_LENGTH),
        Map.entry("sender pid arbitrary", HandshakeFault.NONE),
        Map.entry("peer pid all zero", HandshakeFault.HANDSHAKE_PEER_PID_ZERO),
        Map.entry("peer pid = our sender pid", HandshakeFault.NONE),
        Map.entry("peer pid with another ip/port/pid/time", HandshakeFault.HANDSHAKE_PEER_PID),
        Map.entry("flags & 0xff != 0", HandshakeFault.HANDSHAKE_FLAG_LOW),
        Map.entry("flags 0x1000 or 0x100 (unknown high bits)", HandshakeFault.HANDSHAKE_FLAG_HIGH),
        Map.entry("flags 0x800", HandshakeFault.NONE),
        Map.entry("payload length != 32", HandshakeFault.HANDSHAKE_LENGTH),
        Map.entry("opcode not HANDSHAKE", HandshakeFault.HANDSHAKE_OPCODE));

    static Stream<JsonNode> cases() throws IOException
    {
        JsonNode file = new ObjectMapper()
            .readTree(root().resolve("docs/spec/vectors/rpc_handshake_cases.json").toFile());
        List<JsonNode> cases = new ArrayList<>();
        file.get("cases").forEach(cases::add);
        return cases.stream();
    }

    private static Path root()
    {
        String property = System.getProperty("mtproxy.root");
        Path at = Path.of(property == null ? "" : property).toAbsolutePath();
        while (!Files.isDirectory(at.resolve("docs/spec")))
        {
            at = at.getParent();
        }
        return at;
    }

    @ParameterizedTest
    @MethodSource("cases")
    void shouldTakeServersRepliesAsTheVectorsSay(JsonNode handshakeCase) // [P-RPC-13] [P-RPC-33] [P-RPC-34]
    {
        HandshakeFault fault = FAULT_BY_CASE.get(handshakeCase.get("change").asText());
        assertEquals(handshakeCase.get("action").asText().startsWith("accept"), isReadyWith(fault));
    }

    @ParameterizedTest
    @EnumSource(HandshakeFault.class)
    void shouldBeReadyOnlyWithWhatIsAllowed(HandshakeFault fault) // [P-RPC-04] [P-RPC-05] [P-RPC-13] [P-RPC-33] [C-LIM-28]
                                                                  // [C-MID-05]
    {
        assertEquals(fault.isAllowed(), isReadyWith(fault));
    }

    private static boolean isReadyWith(HandshakeFault fault)
    {
        try (DatacenterBench bench = new DatacenterBench())
        {
            bench.options = bench.options.withFault(fault);
            bench.addServer(SERVER_V4, 1, 1);
            bench.settle();
            boolean isSilence = switch (fault)
            {
                case NONCE_SILENT, NONCE_HALF, HANDSHAKE_SILENT, HANDSHAKE_HALF -> true;
                default -> false;
            };
            boolean isReady = bench.servers.getFirst().marks().readyLinkCount() == 1;
            assertEquals(!isReady && !isSilence, bench.socket(0).isClosed);
            assertEquals(isReady ? 1 : 0, bench.counter(ProxyCounter.READY_TARGETS));
            assertEquals(isReady ? 1 : 0, bench.counter(ProxyCounter.READY_OUTBOUND_CONNECTIONS));
            bench.assertNoViolations();
            return isReady;
        }
    }

    @Test
    void shouldCountWhyAHandshakeFailed() // [P-RPC-35]
    {
        assertEquals(ProxyCounter.LINK_CLOSED_HANDSHAKE_REJECTED, reasonOf(HandshakeFault.HANDSHAKE_ERROR));
        assertEquals(ProxyCounter.LINK_CLOSED_HANDSHAKE_REJECTED, reasonOf(HandshakeFault.HANDSHAKE_FLAG_LOW));
        assertEquals(ProxyCounter.LINK_CLOSED_NONCE_REJECTED, reasonOf(HandshakeFault.NONCE_SCHEMA_DH));
        assertEquals(ProxyCounter.LINK_CLOSED_NONCE_REJECTED, reasonOf(HandshakeFault.NONCE_TRAILING));
        assertEquals(ProxyCounter.LINK_CLOSED_BAD_SEQUENCE, reasonOf(HandshakeFault.HANDSHAKE_SEQUENCE));
        assertEquals(ProxyCounter.LINK_CLOSED_BAD_CRC, reasonOf(HandshakeFault.NONCE_CRC));
    }

    private static ProxyCounter reasonOf(HandshakeFault fault)
    {
        try (DatacenterBench bench = new DatacenterBench())
        {
            bench.options = bench.options.withFault(fault);
            bench.addServer(SERVER_V4, 1, 1);
            bench.settle();
            List<ProxyCounter> counted = Stream.of(LinkCloseReason.values())
                .map(LinkCloseReason::counter)
                .filter(counter -> bench.counter(counter) != 0)
                .toList();
            assertEquals(1, counted.size());
            return counted.getFirst();
        }
    }

    @Test
    void shouldSendTheNonceFirstAndInClear() // [P-RPC-10] [P-RPC-11] [P-RPC-14]
    {
        try (DatacenterBench bench = new DatacenterBench())
        {
            bench.isPeerActive = false;
            bench.addServer(SERVER_V4, 2, 2);
            bench.settle();
            ByteBuffer first = ByteBuffer.wrap(bench.socket(0).takeSent()).order(ByteOrder.LITTLE_ENDIAN);
            ByteBuffer second = ByteBuffer.wrap(bench.socket(1).takeSent()).order(ByteOrder.LITTLE_ENDIAN);
            assertEquals(44, first.capacity());
            assertEquals(44, first.getInt(0));
            assertEquals(-2, first.getInt(4));
            assertEquals(0x7acb87aa, first.getInt(8));
            ByteBuffer secret = ByteBuffer.wrap(DatacenterBench.SECRET).order(ByteOrder.LITTLE_ENDIAN);
            assertEquals(secret.getInt(0), first.getInt(12));
            assertEquals(1, first.getInt(16));
            assertEquals((int)(bench.epochMs / 1000), first.getInt(20));
            assertFalse(first.slice(24, 16).equals(second.slice(24, 16)), "nonces repeat");
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void shouldUseTheCheckSumThatWasAgreedOn(boolean crc32c) // [P-RPC-05] [P-RPC-33] [P-RPC-01]
    {
        try (DatacenterBench bench = new DatacenterBench())
        {
            bench.options = bench.options.withCrc32c(crc32c);
            bench.addReadyServer(1, 1);
            long id = bench.bind(1, 0);
            assertEquals(crc32c, bench.peer(0).isCrc32c());
            bench.peer(0).answer(id, 0, new byte[64]);
            bench.settle();
            assertEquals(64, bench.takeMessages(0).getFirst().data().length);
            bench.assertNoViolations();
        }
    }

    @Test
    void shouldNameBothProcesses() // [P-RPC-30] [P-RPC-31] [P-RPC-32]
    {
        try (DatacenterBench bench = new DatacenterBench())
        {
            bench.addReadyServer(1, 1);
            DatacenterEvent.Handshake handshake = bench.events(0).stream()
                .filter(DatacenterEvent.Handshake.class::isInstance)
                .map(DatacenterEvent.Handshake.class::cast)
                .findFirst().orElseThrow();
            ByteBuffer expected = ByteBuffer.allocate(24).order(ByteOrder.LITTLE_ENDIAN)
                .putInt(0x0a000005).putShort((short)0xffff).putShort((short)4711).putInt(1_789_999_000)
                .putInt(0x0a000009).putShort((short)8888).putShort((short)0).putInt(0);
            assertEquals(0x800, handshake.flags());
            assertArrayEquals(java.util.Arrays.copyOf(expected.array(), 12), handshake.senderPid());
            assertArrayEquals(java.util.Arrays.copyOfRange(expected.array(), 12, 24), handshake.peerPid());
        }
    }

    @Test
    void shouldTellWhoDecidesOurIdWhichAddressALinkHas() // [P-RPC-32]
    {
        List<InetSocketAddress> asked = new ArrayList<>();
        Function<InetSocketAddress, ProcessId> sender = local ->
        {
            asked.add(local);
            return new ProcessId(1, 2, 3, 4);
        };
        DatacenterSettings base = DatacenterBench.settings();
        DatacenterSettings settings = new DatacenterSettings(base.secret(), base.natTranslation(), sender, null,
            base.linkBufferLength(), base.drainTimeoutNs(), base.bindingCountMax());
        try (DatacenterBench bench = new DatacenterBench(1, settings))
        {
            bench.addReadyServer(1, 1);
            assertEquals(List.of(bench.socket(0).local), asked);
        }
    }

    @Test
    void shouldTranslateBothEndsForTheKeys() // [P-RPC-20] [P-RPC-21]
    {
        InetAddress global = DatacenterBench.address("192.0.2.7", 1).getAddress();
        InetAddress globalServer = DatacenterBench.address("192.0.2.99", 1).getAddress();
        DatacenterSettings base = DatacenterBench.settings();
        DatacenterSettings settings = new DatacenterSettings(base.secret(),
            ip -> ip == 0x0a000005 ? 0xc0000207 : ip == 0x0a000009 ? 0xc0000263 : ip, base.sender(), null,
            base.linkBufferLength(), base.drainTimeoutNs(), base.bindingCountMax());
        try (DatacenterBench bench = new DatacenterBench(1, settings))
        {
            bench.translation = end -> new InetSocketAddress(end.getPort() == 8888 ? globalServer : global, end
                .getPort());
            // The PID of a middle proxy behind a translation is not the one its packets show, and is not compared here.
            bench.addServer(SERVER_V4, 1, 1);
            bench.settle();
            List<DatacenterEvent.Violation> violations = bench.peer(0).violations();
            assertEquals(List.of("P-RPC-32"), violations.stream().map(DatacenterEvent.Violation::clause).toList(),
                "decrypted, and only the address in the PID is the local one");
        }
    }

    @Test
    void shouldSpeakOverIpv6FromAnyAddress() // [P-RPC-20] [P-NET-02] [P-NET-03]
    {
        DatacenterSettings base = DatacenterBench.settings();
        DatacenterSettings settings = new DatacenterSettings(base.secret(), base.natTranslation(), base.sender(),
            DatacenterBench.address("10.0.0.5", 1).getAddress(), base.linkBufferLength(), base.drainTimeoutNs(),
            base.bindingCountMax());
        try (DatacenterBench bench = new DatacenterBench(1, settings))
        {
            bench.addServer(SERVER_V6, 1, 1);
            bench.addServer(SERVER_V4, 1, 1);
            bench.settle();
            assertTrue(bench.peer(0).isReady());
            assertTrue(bench.peer(1).isReady());
            assertNull(bench.socket(0).source);
            assertEquals(settings.sourceAddress(), bench.socket(1).source);
            bench.assertNoViolations();
        }
    }

    @Test
    void shouldBeReadyWhenRepliesComeByteByByte() // [P-RPC-06]
    {
        try (DatacenterBench bench = new DatacenterBench())
        {
            bench.isPeerActive = false;
            bench.addServer(SERVER_V4, 1, 1);
            bench.settle();
            for (int round = 0; round < 3; round++)
            {
                bench.peerOf(bench.socket(0)).receive(bench.socket(0).takeSent());
                for (byte one : bench.peer(0).takeOutput())
                {
                    bench.socket(0).arrive(new byte[]{one});
                    bench.settle();
                }
            }
            assertEquals(1, bench.servers.getFirst().marks().readyLinkCount());
            bench.assertNoViolations();
        }
    }

    @Test
    void shouldCloseWhatDoesNotConnectInThreeSeconds() // [P-RPC-36] [C-MID-03] [C-LIM-23]
    {
        try (DatacenterBench bench = new DatacenterBench())
        {
            bench.network.accepting = FakeNetwork.Accepting.SILENT;
            bench.addServer(SERVER_V4, 1, 1);
            bench.advance(TimeUnit.MILLISECONDS.toNanos(2990));
            assertFalse(bench.socket(0).isClosed);
            bench.advance(TICK_NS + TimeUnit.MILLISECONDS.toNanos(10));
            assertTrue(bench.socket(0).isClosed);
            assertEquals(1, bench.counter(ProxyCounter.LINK_CLOSED_CONNECT_TIMEOUT));
            assertEquals(1, bench.counter(ProxyCounter.CONNECT_FAILURES));
        }
    }

    @ParameterizedTest
    @EnumSource(value = HandshakeFault.class, names = {"NONCE_SILENT", "NONCE_HALF", "HANDSHAKE_SILENT",
        "HANDSHAKE_HALF"})
    void shouldCloseWhatIsNotReadyThreeSecondsAfterItConnected(HandshakeFault fault) // [P-RPC-36] [C-MID-03]
    {
        try (DatacenterBench bench = new DatacenterBench())
        {
            bench.options = bench.options.withFault(fault);
            bench.network.accepting = FakeNetwork.Accepting.SILENT;
            bench.addServer(SERVER_V4, 1, 1);
            bench.advance(TimeUnit.MILLISECONDS.toNanos(2900));
            bench.network.accepting = FakeNetwork.Accepting.YES;
            bench.socket(0).acceptNow();
            bench.advance(TimeUnit.MILLISECONDS.toNanos(2900));
            assertFalse(bench.socket(0).isClosed);
            bench.advance(2 * TICK_NS + TimeUnit.MILLISECONDS.toNanos(10));
            assertTrue(bench.socket(0).isClosed);
            assertEquals(1, bench.counter(ProxyCounter.LINK_CLOSED_HANDSHAKE_TIMEOUT));
        }
    }

    @Test
    void shouldHaveNoDeadlineOnceReady() // [P-RPC-36]
    {
        try (DatacenterBench bench = new DatacenterBench())
        {
            bench.addReadyServer(1, 1);
            bench.advance(TimeUnit.SECONDS.toNanos(30));
            assertFalse(bench.socket(0).isClosed);
            assertEquals(1, bench.network.sockets.size());
        }
    }

    @Test
    void shouldTakeConnectionsThatStandAtOnce()
    {
        try (DatacenterBench bench = new DatacenterBench())
        {
            bench.network.accepting = FakeNetwork.Accepting.AT_ONCE;
            bench.addReadyServer(4, 8);
            assertEquals(Interest.READ, bench.socket(0).interest());
        }
    }

    @Test
    void shouldTryWithoutASecretAndBackOff() // [C-EXIT-09] [C-MID-07] [C-BUG-08]
    {
        try (DatacenterBench bench = new DatacenterBench(1, DatacenterBench.settings(null, 1 << 20)))
        {
            bench.addServer(SERVER_V4, 4, 8);
            bench.advance(TimeUnit.SECONDS.toNanos(10));
            assertEquals(20, bench.network.attemptCount, "rounds at about 0, 1.1, 2.9, 5.6 and 9.8 s");
            assertEquals(20, bench.counter(ProxyCounter.LINK_CLOSED_NO_SECRET));
            assertEquals(0, bench.socket(0).takeSent().length);
        }
    }

    @Test
    void shouldNotShowTheSecret() // [P-RPC-12]
    {
        assertFalse(DatacenterBench.settings().toString().contains(HexFormat.of().formatHex(DatacenterBench.SECRET)));
        assertTrue(DatacenterBench.settings().toString().contains(ProxySecretFile.of(DatacenterBench.SECRET)
            .toString()));
    }
}
