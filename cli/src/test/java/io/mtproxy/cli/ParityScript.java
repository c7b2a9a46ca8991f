// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import io.mtproxy.soak.ClientOptions;
import io.mtproxy.soak.ClientPeer;
import io.mtproxy.soak.DatacenterPeer;
import io.mtproxy.soak.Payloads;
import io.mtproxy.soak.Transport;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;

/**
 * What a client and a datacenter do with a proxy between them, the same whatever proxy that is.
 *
 * @param setup of the proxy.
 * @param body  that acts and writes the transcript.
 */
record ParityScript(ParitySetup setup, Body body)
{
    private static final int[] PAYLOAD_LENGTHS = {
        56, 60, 64, 128, 500, 504, 508, 512, 516, 1020, 1024, 4092, 4096, 16_384, 65_532, 65_536, 131_072, 262_144,
        524_288, 1_044_476, ClientPeer.PACKET_LENGTH_MAX
    };
    private static final int[] ANSWER_LENGTHS = {
        0, 4, 8, 500, 504, 508, 512, 1024, 65_536, 1 << 20, (2 << 20) + 4
    };
    private static final byte[] NO_SECRET = new byte[0];
    private static final byte[] SECRET = HexFormat.of().parseHex(ParitySetup.SECRET);
    private static final byte[] OTHER_SECRET = HexFormat.of().parseHex(ParitySetup.OTHER_SECRET);
    private static final long AUTH_KEY_ID = 0x1122_3344_5566_7788L;
    private static final int TAG_OFFSET = 56;
    private static final int DC_OFFSET = 60;

    /** What happens. */
    @FunctionalInterface
    interface Body
    {
        void play(ParityRun run) throws IOException, InterruptedException;
    }

    /**
     * Plays the script with one proxy, and keeps the transcript in {@code target} as well.
     *
     * @param role of the proxy, the name of its folder.
     */
    List<String> play(final String role, final ProxyUnderTest program) throws IOException, InterruptedException
    {
        final Path file = transcriptFile(role);
        Files.deleteIfExists(file);
        try (ParityRun run = ParityRun.start(file.getParent(), program, setup))
        {
            try
            {
                body.play(run);
            }
            catch (final IOException | RuntimeException | AssertionError stopped)
            {
                throw new AssertionError(
                    "%s stopped in script %s after%n%s%nand printed%n%s".formatted(
                        program, setup, String.join(System.lineSeparator(), run.transcript()), run.output()),
                    stopped);
            }
            run.expectAlive();
            Files.write(file, run.transcript());
            return run.transcript();
        }
    }

    /** The transcript of the last run of a proxy. */
    Path transcriptFile(final String role)
    {
        return ProjectFolders.cli().resolve(Path.of("target", "parity", setup.name(), role, "transcript.txt"));
    }

    /** The transcript of the reference that is kept with the sources. */
    Path recordedFile()
    {
        return ProjectFolders.cli().resolve(Path.of("src", "test", "resources", "parity", setup.name() + ".txt"));
    }

    /** A transcript without the lines that differ from machine to machine. */
    static List<String> withoutMachineLines(final List<String> transcript)
    {
        return transcript.stream().filter(line -> !line.startsWith(ParityRun.MACHINE)).toList();
    }

    @Override
    public String toString()
    {
        return setup.name();
    }

    /** All scripts. */
    static List<ParityScript> all()
    {
        final List<ParityScript> scripts = new ArrayList<>();
        for (final Transport transport : Transport.values())
        {
            for (final boolean secret : new boolean[]{false, true})
            {
                for (final boolean tag : new boolean[]{false, true})
                {
                    scripts.add(relay(transport, secret, tag));
                }
            }
            scripts.add(malformedFrames(transport));
        }
        scripts.add(new ParityScript(withSecret("unusual-answers"), ParityScript::unusualAnswers));
        scripts.add(new ParityScript(withSecret("closing"), ParityScript::closing));
        scripts.add(new ParityScript(withSecret("lost-links"), ParityScript::lostLinks));
        scripts.add(new ParityScript(
            ParitySetup.of("refused-headers", "-S", ParitySetup.SECRET, "-S", ParitySetup.OTHER_SECRET),
            ParityScript::refusedHeaders));
        scripts.add(new ParityScript(
            ParitySetup.of("dc-ids").withConfiguration("""
                proxy_for 1 127.0.0.1:{0};
                proxy_for -1 127.0.0.1:{1};
                proxy_for 2 127.0.0.1:{2};
                proxy_for 10002 127.0.0.1:{3};
                default 2;
                """),
            run -> dcIds(run, 1, -1, 2, -2, 0, 10_002, -10_002, 77, 32_767, -32_768)));
        scripts.add(new ParityScript(
            ParitySetup.of("dc-ids-plain-proxy").withConfiguration("""
                proxy 127.0.0.1:{0};
                proxy_for 3 127.0.0.1:{1};
                """),
            run -> dcIds(run, 0, 3, -3, 4)));
        scripts.add(new ParityScript(
            ParitySetup.of("no-target").withConfiguration("proxy_for 1 127.0.0.1:{0};\n"), ParityScript::noTarget));
        scripts.add(new ParityScript(
            ParitySetup.of("few-links")
                .withConfiguration("min_connections 2;\nproxy_for 2 127.0.0.1:{0};\ndefault 2;\n").withLinks(2),
            run -> dcIds(run, 2, 2, 2)));
        scripts.add(new ParityScript(
            ParitySetup.of("addresses", "--nat-info", "127.0.0.3:198.51.100.7").withAddresses("127.0.0.5", "127.0.0.3"),
            run -> dcIds(run, 2)));
        scripts.add(new ParityScript(
            ParitySetup.of("ipv6", "-6").withAddresses("::1", "::1"), run -> dcIds(run, 2)));
        scripts.add(new ParityScript(
            ParitySetup.of("ipv4-on-ipv6", "-6").withAddresses("127.0.0.5", "127.0.0.3"), run -> dcIds(run, 2)));
        return scripts;
    }

    private static ParitySetup withSecret(final String name)
    {
        return ParitySetup.of(name, "-S", ParitySetup.SECRET);
    }

    /** [P-OBF-10] to [P-OBF-50], [P-PAY-02] to [P-PAY-04], [P-RPC-40] to [P-RPC-44], [P-RPC-62], [P-RPC-66] */
    private static ParityScript relay(final Transport transport, final boolean secret, final boolean tag)
    {
        ParitySetup setup = ParitySetup.of(
            transport.name().toLowerCase(Locale.ROOT) + (secret ? "-secret" : "-open") + (tag ? "-tag" : ""));
        if (secret)
        {
            setup = setup.withArguments("-S", ParitySetup.SECRET);
        }
        if (tag)
        {
            setup = setup.withArguments("-P", ParitySetup.TAG);
        }
        final byte[] key = secret ? SECRET : NO_SECRET;
        return new ParityScript(setup, run ->
        {
            relayHandshake(run, transport, key);
            relayLengths(run, transport, key);
            relayQuickAcks(run, transport, key);
            relayDropped(run, transport, key);
            relayPings(run, transport, key);
            relaySegments(run, transport, key);
        });
    }

    /** [P-PAY-04] */
    private static void relayHandshake(final ParityRun run, final Transport transport, final byte[] secret)
        throws IOException, InterruptedException
    {
        run.note("plain handshake packets");
        final ScriptedClient client = open(run, transport, secret, 2);
        for (final int function : new int[]{
            Payloads.REQ_PQ, Payloads.REQ_PQ_MULTI, Payloads.REQ_DH_PARAMS, Payloads.SET_CLIENT_DH_PARAMS})
        {
            exchange(run, client, plain(20, function, 40));
            exchange(run, client, plain(320, function, 344));
        }
        run.leave(client);
        run.expectFrame();
    }

    /** [P-PAY-03] [P-OBF-21] */
    private static void relayLengths(final ParityRun run, final Transport transport, final byte[] secret)
        throws IOException, InterruptedException
    {
        run.note("encrypted packets of many lengths");
        final ScriptedClient client = open(run, transport, secret, 2);
        for (final int length : PAYLOAD_LENGTHS)
        {
            exchange(run, client, encrypted(length));
        }
        if (transport == Transport.PADDED)
        {
            for (int paddingLength = 0; paddingLength <= ClientOptions.PADDING_LENGTH_MAX; paddingLength++)
            {
                run.note("padding of " + paddingLength);
                client.send(client.peer().frame(encrypted(64), false, new byte[paddingLength]));
                run.expectRequest();
            }
        }
        run.leave(client);
        run.expectFrame();
    }

    /** [P-OBF-40] [P-OBF-41] [P-OBF-42] */
    private static void relayQuickAcks(final ParityRun run, final Transport transport, final byte[] secret)
        throws IOException, InterruptedException
    {
        run.note("quick acknowledgements");
        final ScriptedClient client = open(run, transport, secret, 2);
        for (int i = 0; i < 8; i++)
        {
            final int confirm = 0x8765_4321 + i * 0x0101_0101;
            client.send(client.peer().frame(encrypted(56 + 64 * i), true));
            final ParityRun.Request request = run.expectRequest();
            run.say(request, peer -> peer.simpleAck(request.connectionId(), confirm));
            run.expectQuickAck(client);
            final byte[] data = random(128);
            run.answer(request, data);
            run.expectPacket(client, data);
        }
        run.leave(client);
        run.expectFrame();
    }

    /** Payloads that a proxy swallows, each followed by one that it passes on. [P-PAY-02] [P-PAY-03] [P-PAY-04] */
    private static void relayDropped(final ParityRun run, final Transport transport, final byte[] secret)
        throws IOException, InterruptedException
    {
        run.note("payloads that must be dropped");
        final ScriptedClient client = open(run, transport, secret, 2);
        final List<byte[]> dropped = new ArrayList<>();
        for (final int length : new int[]{4, 8, 12, 20, 24, 28, 32, 48, 52})
        {
            dropped.add(random(length));
        }
        dropped.add(plain(20, 0x1234_5678, 40));
        dropped.add(plain(16, Payloads.REQ_PQ, 40));
        dropped.add(plain(0, Payloads.REQ_PQ, 40));
        dropped.add(plain(-1, Payloads.REQ_PQ, 40));
        dropped.add(plain(24, Payloads.REQ_PQ, 40));
        // Above this C's sum wraps around and it forwards the packet, which a datacenter then refuses; we drop it.
        dropped.add(plain(Integer.MAX_VALUE - 20, Payloads.REQ_PQ, 40));
        dropped.add(plain(4, Payloads.REQ_PQ, 24));
        dropped.add(plain(20, Payloads.REQ_PQ, 36));
        dropped.add(new byte[64]);
        for (final byte[] payload : dropped)
        {
            run.note("a payload of " + payload.length + " bytes");
            client.send(client.peer().frame(payload, false));
            exchange(run, client, encrypted(56));
        }
        run.note("bytes behind the inner message are passed on");
        exchange(run, client, plain(20, Payloads.REQ_PQ_MULTI, 64));
        if (transport == Transport.PADDED)
        {
            run.note("padding does not make a payload long enough");
            client.send(client.peer().frame(encrypted(56), false, new byte[]{1, 2, 3}));
            run.expectRequest();
            client.send(client.peer().frame(random(52), false, new byte[]{1, 2, 3}));
        }
        exchange(run, client, encrypted(60));
        run.leave(client);
        run.expectFrame();
    }

    /** [P-OBF-50] */
    private static void relayPings(final ParityRun run, final Transport transport, final byte[] secret)
        throws IOException, InterruptedException
    {
        run.note("pings, before and after the first forwarded packet");
        final ScriptedClient client = open(run, transport, secret, 2);
        for (int i = 0; i < 2; i++)
        {
            client.send(client.peer().frame(Payloads.rpcPing(0x0102_0304_0506_0700L + i), false));
            run.expectPacket(client, Payloads.rpcPong(0x0102_0304_0506_0700L + i));
            for (final int length : new int[]{8, 16, 64})
            {
                client.send(client.peer().frame(Arrays.copyOf(Payloads.rpcPing(7), length), false));
            }
            exchange(run, client, encrypted(56));
        }
        run.leave(client);
        run.expectFrame();
    }

    /** [P-OBF-18] [P-OBF-22] */
    private static void relaySegments(final ParityRun run, final Transport transport, final byte[] secret)
        throws IOException, InterruptedException
    {
        run.note("header and twenty packets in one segment");
        final ScriptedClient burst = run.connect(transport, secret, 2);
        final ByteArrayOutputStream all = new ByteArrayOutputStream();
        all.writeBytes(burst.peer().start());
        for (int i = 0; i < 20; i++)
        {
            all.writeBytes(burst.peer().frame(encrypted(56 + 4 * i), i % 3 == 0));
        }
        burst.send(all.toByteArray());
        ParityRun.Request request = null;
        for (int i = 0; i < 20; i++)
        {
            request = run.expectRequest();
        }
        final long id = request.connectionId();
        run.say(request, peer ->
        {
            for (int i = 0; i < 20; i++)
            {
                peer.answer(id, 0, random(4 * i));
                peer.paddingWords(i % 4);
            }
        });
        for (int i = 0; i < 20; i++)
        {
            run.expectPacket(burst, random(4 * i));
        }

        run.note("byte by byte");
        final ScriptedClient drip = run.connect(transport, secret, 2);
        drip.sendByteByByte(drip.peer().start());
        for (final int length : new int[]{56, 512, 600})
        {
            drip.sendByteByByte(drip.peer().frame(encrypted(length), false));
            final ParityRun.Request dripped = run.expectRequest();
            run.answer(dripped, random(length));
            run.expectPacket(drip, random(length));
        }
        run.leave(burst);
        run.expectFrame();
        run.leave(drip);
        run.expectFrame();
    }

    /** Lengths that no client may send; C stops altogether at a padded length of 1, 2 or 3. [P-OBF-21] [P-OBF-30] */
    private static ParityScript malformedFrames(final Transport transport)
    {
        final List<byte[]> heads = switch (transport)
        {
            case ABRIDGED -> List.of(
                hex("00"), hex("80"), hex("7f000000"), hex("7f7e0000"), hex("7f01fc03"), hex("7fffffff"),
                hex("ff7e0000"));
            case INTERMEDIATE -> List.of(
                hex("00000000"), hex("00000080"), hex("05000000"), hex("3a000080"), hex("04f00f00"), hex("38000040"),
                hex("ffffff7f"), hex("ffffffff"));
            case PADDED -> List.of(
                hex("00000000"), hex("00000080"), hex("01f00f00"), hex("38000040"), hex("ffffff7f"), hex("ffffffff"));
        };
        return new ParityScript(withSecret("malformed-" + transport.name().toLowerCase(Locale.ROOT)), run ->
        {
            for (final byte[] head : heads)
            {
                final byte[] malformed = Arrays.copyOf(head, 64);
                run.note("frame head " + HexFormat.of().formatHex(head) + " as the first");
                final ScriptedClient fresh = open(run, transport, SECRET, 2);
                fresh.send(fresh.peer().rawPlain(malformed));
                run.expectClosed(fresh);

                run.note("frame head " + HexFormat.of().formatHex(head) + " after a packet");
                final ScriptedClient known = open(run, transport, SECRET, 2);
                exchange(run, known, encrypted(56));
                known.send(known.peer().rawPlain(malformed));
                run.expectClosed(known);
                run.expectFrame();
            }
            run.expectNoFrame();
        });
    }

    /** [P-RPC-43] [P-RPC-44] [P-RPC-60] [P-RPC-62] [P-RPC-66] [P-RPC-67] */
    private static void unusualAnswers(final ParityRun run) throws IOException, InterruptedException
    {
        final ScriptedClient client = open(run, Transport.INTERMEDIATE, SECRET, 2);
        final ScriptedClient abridged = open(run, Transport.ABRIDGED, SECRET, 2);
        final ParityRun.Request request = request(run, client, encrypted(56));
        final ParityRun.Request abridgedRequest = request(run, abridged, encrypted(56));
        final long id = request.connectionId();

        run.note("answers of many lengths");
        for (final int length : ANSWER_LENGTHS)
        {
            run.answer(request, random(length));
            run.expectPacket(client, random(length));
            run.answer(abridgedRequest, random(length));
            run.expectPacket(abridged, random(length));
        }
        run.note("answers with flags");
        for (final int flags : new int[]{0x8, 0x10, 0x18, -1})
        {
            run.say(request, peer -> peer.answer(id, flags, random(4)));
            run.expectPacket(client, random(4));
        }

        run.note("ids that are not known");
        run.say(request, peer -> peer.answer(42, 0, random(64)));
        run.expectFrame();
        run.say(request, peer -> peer.simpleAck(43, 0x8000_0001));
        run.expectFrame();
        run.say(request, peer -> peer.answer(0, 0, random(4)));
        run.expectFrame();
        run.say(request, peer -> peer.answer(-44, 0, random(4)));
        run.expectFrame();
        run.say(request, peer -> peer.closeExternal(45));

        run.note("an id of another link");
        run.sayElsewhere(request, peer -> peer.answer(id, 0, random(64)));
        run.expectFrame();
        run.sayElsewhere(request, peer -> peer.simpleAck(id, 0x8000_0001));
        run.expectFrame();
        exchange(run, client, encrypted(60));

        run.note("opcodes and sizes that are not known");
        run.say(request, peer ->
        {
            peer.frame(words(0x1234_5678));
            peer.frame(words(0x1234_5678, 1, 2, 3));
            peer.frame(words(0x4403_da0d, 0, (int)id));
            peer.frame(words(0x3bac_409b, (int)id, (int)(id >> 32)));
            peer.frame(words(0x3bac_409b, (int)id, (int)(id >> 32), 1, 2));
            peer.frame(words(0x5eb6_34a2, (int)id));
            peer.frame(words(0x5eb6_34a2, (int)id, (int)(id >> 32), 1));
            peer.frame(words(0x5730_a2df, 1));
            peer.frame(words(0x5730_a2df, 1, 2, 3));
            peer.frame(words(0x8430_eaa7, 1, 2));
            peer.paddingWords(9);
            peer.ping(0x0102_0304_0506_0708L);
        });
        run.expectFrame();
        exchange(run, client, encrypted(64));
        run.expectSilence(client);
        run.expectNoFrame();
        run.leave(client);
        run.expectFrame();
        run.note("an answer after the end");
        run.say(request, peer -> peer.answer(id, 0, random(64)));
        run.expectFrame();
    }

    /** [P-OBF-51] [P-RPC-43] [P-RPC-67] */
    private static void closing(final ParityRun run) throws IOException, InterruptedException
    {
        run.note("a client that sent nothing to forward leaves no trace");
        final ScriptedClient idle = open(run, Transport.PADDED, SECRET, 2);
        run.leave(idle);
        final ScriptedClient dropped = open(run, Transport.PADDED, SECRET, 2);
        dropped.send(dropped.peer().frame(random(52), false));
        run.expectSilence(dropped);
        run.leave(dropped);
        run.expectNoFrame();

        run.note("half-close");
        final ScriptedClient half = open(run, Transport.INTERMEDIATE, SECRET, 2);
        exchange(run, half, encrypted(56));
        half.shutdownOutput();
        run.expectClosed(half);
        run.expectFrame();

        run.note("in the middle of a packet");
        final ScriptedClient middle = open(run, Transport.INTERMEDIATE, SECRET, 2);
        exchange(run, middle, encrypted(56));
        middle.send(Arrays.copyOf(middle.peer().frame(encrypted(1024), false), 500));
        run.leave(middle);
        run.expectFrame();

        run.note("the datacenter closes a client");
        final ScriptedClient closed = open(run, Transport.ABRIDGED, SECRET, 2);
        final ScriptedClient other = open(run, Transport.ABRIDGED, SECRET, 2);
        final ParityRun.Request request = request(run, closed, encrypted(56));
        final ParityRun.Request otherRequest = request(run, other, encrypted(56));
        run.say(request, peer -> peer.closeExternal(request.connectionId()));
        run.expectClosed(closed);
        run.expectNoFrame();
        run.note("from another link");
        run.sayElsewhere(otherRequest, peer -> peer.closeExternal(otherRequest.connectionId()));
        run.expectClosed(other);
        run.expectNoFrame();
        run.note("its id is not known any more");
        run.say(request, peer -> peer.answer(request.connectionId(), 0, random(8)));
        run.expectFrame();
    }

    /** [P-CON-22] [P-RPC-03] [P-RPC-04] [P-RPC-05] */
    private static void lostLinks(final ParityRun run) throws IOException, InterruptedException
    {
        run.note("the datacenter closes a link");
        final ScriptedClient bound = open(run, Transport.INTERMEDIATE, SECRET, 2);
        final ParityRun.Request request = request(run, bound, encrypted(56));
        run.dropLink(request);
        run.expectClosed(bound);
        run.expectNoFrame();

        for (final LinkFault fault : LinkFault.values())
        {
            run.note("a link whose datacenter sends " + fault);
            final ScriptedClient client = open(run, Transport.PADDED, SECRET, 2);
            final ParityRun.Request faulty = request(run, client, encrypted(56));
            run.say(faulty, peer -> fault.say(peer, faulty.connectionId()));
            run.expectClosed(client);
            run.expectFrame();
            run.awaitLinks();
        }
        final ScriptedClient last = open(run, Transport.PADDED, SECRET, 2);
        exchange(run, last, encrypted(56));
    }

    /** What ends a link. */
    private enum LinkFault
    {
        CRC,
        SEQUENCE,
        LENGTH_ODD,
        LENGTH_SHORT,
        LENGTH_NEGATIVE;

        void say(final DatacenterPeer peer, final long id)
        {
            switch (this)
            {
                case CRC ->
                {
                    peer.corruptNextCrc();
                    peer.answer(id, 0, random(64));
                }
                case SEQUENCE ->
                {
                    peer.shiftSequence(1);
                    peer.answer(id, 0, random(64));
                }
                case LENGTH_ODD -> peer.malformedFrame(18, 0, random(16), 0);
                case LENGTH_SHORT -> peer.malformedFrame(12, 0, random(16), 0);
                case LENGTH_NEGATIVE -> peer.malformedFrame(-16, 0, random(16), 0);
            }
        }
    }

    /** [P-OBF-14] [P-OBF-15] [P-OBF-17] [P-OBF-18] */
    private static void refusedHeaders(final ParityRun run) throws IOException, InterruptedException
    {
        run.note("the second secret");
        final ScriptedClient second = open(run, Transport.INTERMEDIATE, OTHER_SECRET, 2);
        exchange(run, second, encrypted(56));

        run.note("no secret, and a wrong one");
        for (final byte[] secret : List.of(NO_SECRET, random(16)))
        {
            final ScriptedClient refused = open(run, Transport.INTERMEDIATE, secret, 2);
            refused.send(refused.peer().frame(encrypted(56), false));
            run.expectSilence(refused);
        }
        run.note("a tag that is none");
        final ClientOptions options = new ClientOptions(Transport.INTERMEDIATE, SECRET, 2, 0, 1);
        final byte[] header = random(ClientPeer.HEADER_LENGTH);
        ByteBuffer.wrap(header).order(ByteOrder.LITTLE_ENDIAN)
            .putInt(TAG_OFFSET, 0xcccc_cccc).putShort(DC_OFFSET, (short)2);
        final ScriptedClient tagless = run.connect(new ClientPeer(options, header));
        tagless.send(tagless.peer().start());
        tagless.send(tagless.peer().frame(encrypted(56), false));
        run.expectSilence(tagless);

        run.note("headers that look like another protocol, in plain mode");
        for (final String start : List.of("ef", "dddddddd", "eeeeeeee", "474554202f", "1603010200", "484541442f"))
        {
            final byte[] odd = random(ClientPeer.HEADER_LENGTH);
            final byte[] prefix = hex(start);
            System.arraycopy(prefix, 0, odd, 0, prefix.length);
            ByteBuffer.wrap(odd).order(ByteOrder.LITTLE_ENDIAN)
                .putInt(TAG_OFFSET, Transport.INTERMEDIATE.tag()).putShort(DC_OFFSET, (short)2);
            final ScriptedClient client = run.connect(new ClientPeer(options, odd));
            client.send(client.peer().start());
            exchange(run, client, encrypted(56));
        }
        run.note("half a header");
        final ScriptedClient half = run.connect(Transport.INTERMEDIATE, SECRET, 2);
        half.send(Arrays.copyOf(half.peer().start(), 63));
        run.expectSilence(half);
        run.expectNoFrame();
    }

    /** [P-CON-10] [P-OBF-16] [P-NET-02] [P-RPC-40] */
    private static void dcIds(final ParityRun run, final int... ids) throws IOException, InterruptedException
    {
        for (final int id : ids)
        {
            run.note("DC " + id);
            final ScriptedClient client = open(run, Transport.PADDED, NO_SECRET, id);
            exchange(run, client, encrypted(56));
            run.leave(client);
            run.expectFrame();
        }
    }

    /** [P-PAY-05] */
    private static void noTarget(final ParityRun run) throws IOException, InterruptedException
    {
        for (final int id : new int[]{2, -1, 0})
        {
            run.note("DC " + id + " has no target");
            final ScriptedClient client = open(run, Transport.ABRIDGED, NO_SECRET, id);
            for (int i = 0; i < 3; i++)
            {
                client.send(client.peer().frame(encrypted(56), false));
                run.expectSilence(client);
            }
            client.send(client.peer().frame(Payloads.rpcPing(9), false));
            run.expectPacket(client, Payloads.rpcPong(9));
            run.leave(client);
        }
        run.expectNoFrame();
        final ScriptedClient served = open(run, Transport.ABRIDGED, NO_SECRET, 1);
        exchange(run, served, encrypted(56));
    }

    private static ScriptedClient open(
        final ParityRun run, final Transport transport, final byte[] secret, final int dc) throws IOException
    {
        final ScriptedClient client = run.connect(transport, secret, dc);
        client.send(client.peer().start());
        return client;
    }

    private static ParityRun.Request request(final ParityRun run, final ScriptedClient client, final byte[] payload)
        throws IOException, InterruptedException
    {
        client.send(client.peer().frame(payload, false));
        return run.expectRequest();
    }

    /** A request, and an answer of the same length. */
    private static void exchange(final ParityRun run, final ScriptedClient client, final byte[] payload)
        throws IOException, InterruptedException
    {
        final byte[] data = random(payload.length);
        run.answer(request(run, client, payload), data);
        run.expectPacket(client, data);
    }

    private static byte[] encrypted(final int length)
    {
        return Payloads.encrypted(AUTH_KEY_ID, length, new SplittableRandom(length));
    }

    private static byte[] random(final int length)
    {
        final byte[] bytes = new byte[length];
        new SplittableRandom(length + 1L).nextBytes(bytes);
        return bytes;
    }

    /** A plain message: no key id, a message id, the length of what is inside, its function. [P-PAY-04] */
    private static byte[] plain(final int innerLength, final int function, final int length)
    {
        final ByteBuffer buffer = ByteBuffer.wrap(random(length)).order(ByteOrder.LITTLE_ENDIAN);
        return buffer.putLong(0, 0).putInt(16, innerLength).putInt(20, function).array();
    }

    private static byte[] words(final int... words)
    {
        final ByteBuffer buffer = ByteBuffer.allocate(4 * words.length).order(ByteOrder.LITTLE_ENDIAN);
        for (final int word : words)
        {
            buffer.putInt(word);
        }
        return buffer.array();
    }

    private static byte[] hex(final String text)
    {
        return HexFormat.of().parseHex(text);
    }
}
