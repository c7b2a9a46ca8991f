// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import io.mtproxy.cli.HelloCase.Afterwards;
import io.mtproxy.soak.FakeTlsClientPeer;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.function.LongFunction;

/** Starts of connections for a proxy with {@link #DOMAIN} and {@link #SECOND_DOMAIN}: good, bad and strange. [P-TLS-10..34] */
final class HelloScript
{
    static final String DOMAIN = "front.test";
    static final String SECOND_DOMAIN = "second.test";
    static final byte[] SECRET = HexFormat.of().parseHex(ParitySetup.SECRET);
    static final byte[] SECOND_SECRET = HexFormat.of().parseHex(ParitySetup.OTHER_SECRET);

    private static final String CIPHERS = "1a1a130113021303c02bc02f";
    private static final int CIPHERS_OFFSET = 76;
    private static final int RANDOM_OFFSET = 11;
    private static final int SESSION_ID_OFFSET = 44;
    private static final int SESSION_ID_LENGTH = 32;
    private static final int RECORD_LENGTH = 512;
    /** From the length of the cipher list to the server_name extension, with {@link #CIPHERS} and one extension first. */
    private static final int NAME_EXTENSION_OFFSET = CIPHERS_OFFSET + 2 + CIPHERS.length() / 2 + 4 + 4;
    private static final String TO_SECOND = "the second domain has every byte";
    private static final String ACCEPTED = "accepted, " + HelloRun.FLIGHT_PLAIN;

    private final SplittableRandom random;
    private final List<HelloCase> cases = new ArrayList<>();

    private HelloScript(long seed)
    {
        this.random = new SplittableRandom(seed);
    }

    /** All cases; those of one name are the same in every run but for random bytes and the time. */
    static List<HelloCase> cases(long seed)
    {
        HelloScript script = new HelloScript(seed);
        script.good();
        script.replays();
        script.digests();
        script.times();
        script.names();
        script.ciphers();
        script.lengths();
        script.splits();
        script.fields();
        script.strangers();
        script.afterwards();
        script.slow();
        return List.copyOf(script.cases);
    }

    private void good()
    {
        add("valid", this::valid);
        add("valid, second domain", now -> hello(SECRET, SECOND_DOMAIN, now));
        add("valid, second secret", now -> hello(SECOND_SECRET, DOMAIN, now));
        add("valid, second secret and domain", now -> hello(SECOND_SECRET, SECOND_DOMAIN, now));
        add("a secret that is not configured", now -> hello(new byte[16], SECOND_DOMAIN, now));
    }

    /** [P-TLS-20] */
    private void replays()
    {
        byte[][] kept = new byte[2][];
        add("to be replayed", now -> kept[0] = valid(now));
        add("replayed", _ -> kept[0]);
        add("replayed again", _ -> kept[0]);
        add("replayed for the other domain", now ->
        {
            // another hello, whose Random begins like that of an accepted one
            byte[] other = hello(SECRET, SECOND_DOMAIN, now);
            System.arraycopy(kept[0], RANDOM_OFFSET, other, RANDOM_OFFSET, 16);
            return other;
        });
        add("flipped before it is sent", now ->
        {
            kept[1] = valid(now);
            return flipped(kept[1], 300);
        });
        cases.add(HelloCase.of("valid after a flipped copy", now -> List.of(kept[1]))
            .hardened("C-BUG-21", ACCEPTED));
        add("early at first", now -> kept[0] = hello(SECRET, DOMAIN, now + 100));
        add("early, again", _ -> kept[0]);
    }

    /** [P-TLS-15] */
    private void digests()
    {
        for (int at : new int[]{RANDOM_OFFSET, 26, 27, 38, 42, SESSION_ID_OFFSET, 75, 79, 90, 109, 516})
        {
            add("byte " + at + " flipped", now -> flipped(valid(now), at));
        }
    }

    /** [P-TLS-16] [P-TLS-17] */
    private void times()
    {
        for (int off : new int[]{3, 4, -10, -599, -600, -601, 86_400, -86_400, Integer.MAX_VALUE, Integer.MIN_VALUE})
        {
            LongFunction<List<byte[]>> maker = now -> List.of(hello(SECRET, SECOND_DOMAIN, now + off));
            cases.add(HelloCase.of("%+d s".formatted(off), maker).aligned());
        }
    }

    /** [P-TLS-13] */
    private void names()
    {
        add("unknown name", now -> hello(SECRET, "elsewhere.test", now));
        add("name in capitals", now -> hello(SECRET, "Second.test", now));
        add("name with a dot behind", now -> hello(SECRET, "second.test.", now));
        add("name below the domain", now -> hello(SECRET, "www.second.test", now));
        add("end of the name", now -> hello(SECRET, "econd.test", now));
        add("empty name", now -> hello(SECRET, "", now));
        add("name of 255 bytes", now -> hello(SECRET, "n".repeat(255), now, 1024, CIPHERS));
        add("name of 8000 bytes", now -> hello(SECRET, "n".repeat(8000), now, 9000, CIPHERS));
        add("NUL behind the name", now -> hello(SECRET, "second.test\0", now));
        add("no name", now -> changed(now, hello -> hello[NAME_EXTENSION_OFFSET] = 0x12));
        add("name of another type", now -> changed(now, hello -> hello[NAME_EXTENSION_OFFSET + 6] = 1));
        add("list longer than the extension", now -> changed(now, hello -> hello[NAME_EXTENSION_OFFSET + 5]++));
        add("name shorter than the list", now -> changed(now, hello -> hello[NAME_EXTENSION_OFFSET + 8]--));
        add("name extension runs out", now -> changed(now, hello -> hello[NAME_EXTENSION_OFFSET + 2] = 0x7f));
        add("extension before it runs out", now -> changed(now, hello -> hello[NAME_EXTENSION_OFFSET - 2] = 0x7f));
    }

    /** [P-TLS-18] */
    private void ciphers()
    {
        for (String list : new String[]{
            "1301", "1302", "1303", "1a1a13021301", "1a2a3a3a1303", "1304", "1300", "c02b1301", "0a0a", "", "00ff1301"})
        {
            add("ciphers [" + list + "]", now -> hello(SECRET, SECOND_DOMAIN, now, RECORD_LENGTH, list));
        }
        add("cipher list runs out", now -> changed(now, hello -> hello[CIPHERS_OFFSET] = 0x7f));
    }

    /** [P-TLS-10] [P-TLS-12] */
    private void lengths()
    {
        cases.add(HelloCase.of("record of 511", now -> List.of(hello(SECRET, SECOND_DOMAIN, now, 511, CIPHERS)))
            .hardened("P-TLS-60", TO_SECOND));
        for (int length : new int[]{512, 513, 767, 768, 1500, 4091})
        {
            add("record of " + length, now -> hello(SECRET, SECOND_DOMAIN, now, length, CIPHERS));
        }
        for (int length : new int[]{4092, 8192, 16_379})
        {
            cases.add(HelloCase.of("record of " + length,
                now -> List.of(hello(SECRET, SECOND_DOMAIN, now, length, CIPHERS)))
                .hardened("P-TLS-12", "accepted, " + HelloRun.FLIGHT_REVERSED));
        }
        for (int length : new int[]{16_380, 16_384, 30_000})
        {
            add("record of " + length, now -> hello(SECRET, SECOND_DOMAIN, now, length, CIPHERS));
        }
        cases.add(HelloCase.of("record of 65535",
            now -> List.of(hello(SECRET, SECOND_DOMAIN, now, 65_535, CIPHERS)))
            .hardened("P-TLS-12", TO_SECOND));
        add("one byte behind", now -> concat(hello(SECRET, SECOND_DOMAIN, now), new byte[1]));
        add("two hellos", now -> concat(hello(SECRET, SECOND_DOMAIN, now), valid(now)));
    }

    /** [P-TLS-11] */
    private void splits()
    {
        for (int at : new int[]{1, 5, 8, 9, 10, 43, 76, 300, 516})
        {
            cases.add(HelloCase.of("in two segments at " + at, now ->
            {
                byte[] hello = valid(now);
                return List.of(Arrays.copyOf(hello, at), Arrays.copyOfRange(hello, at, hello.length));
            }));
        }
        cases.add(HelloCase.of("byte by byte", now -> bytes(valid(now))));
        cases.add(HelloCase.of("cut into records of 100", now -> List.of(cut(valid(now), 100)))
            .hardened("P-TLS-11", ACCEPTED));
        cases.add(HelloCase.of("cut into records of 600",
            now -> List.of(cut(hello(SECRET, SECOND_DOMAIN, now, 1500, CIPHERS), 600)))
            .hardened("P-TLS-11", "accepted, " + HelloRun.FLIGHT_REVERSED));
        cases.add(HelloCase.of("cut into records of 1, byte by byte", now -> bytes(cut(valid(now), 1)))
            .hardened("P-TLS-11", ACCEPTED));
        add("cut into records, flipped", now -> cut(flipped(valid(now), 300), 200));
    }

    /** Fields that nobody checks, and a session id that is not where it is looked for. [P-TLS-12] */
    private void fields()
    {
        add("another handshake type", now -> changed(now, hello -> hello[5] = 2));
        add("another client version", now -> changed(now, hello -> hello[10] = 4));
        add("handshake shorter than the record", now -> changed(now, hello -> hello[7] = 0));
        add("handshake of 16 MiB", now -> changed(now, hello -> hello[6] = (byte)0xff));
        add("session id length 0 over 32 bytes", now -> changed(now, hello -> hello[43] = 0));
        add("other compression", now -> changed(now, hello -> hello[CIPHERS_OFFSET + 2 + CIPHERS.length() / 2] = 7));
        add("other length of the extensions", now -> changed(now, hello -> hello[NAME_EXTENSION_OFFSET - 5] = 7));
        add("offers no TLS 1.3", now -> changed(now, HelloScript::offerNoTls13));
        for (int length : new int[]{0, 1, 16, 31})
        {
            cases.add(HelloCase.of("session id of " + length, now -> List.of(withSessionId(now, length)))
                .hardened("P-TLS-60", TO_SECOND));
        }
    }

    /** What is no hello of ours at all. [P-TLS-10] [C-CLT-20] */
    private void strangers()
    {
        for (int minor : new int[]{0, 3})
        {
            cases.add(HelloCase.of("record version 3." + minor,
                now -> List.of(changed(now, hello -> hello[2] = (byte)minor))).hardened("P-TLS-60", TO_SECOND));
        }
        add("record of application data", now -> changed(now, hello -> hello[0] = 0x17));
        add("a browser", now -> unsigned(SECOND_DOMAIN));
        add("a browser that wants another site", now -> unsigned("elsewhere.test"));
        add("TLS 1.2", now ->
        {
            byte[] hello = unsigned(SECOND_DOMAIN);
            offerNoTls13(hello);
            return hello;
        });
        add("HTTP", _ -> ascii("GET / HTTP/1.1\r\nHost: front.test\r\n\r\n"));
        add("SSH", _ -> ascii("SSH-2.0-OpenSSH_9.2p1 Debian\r\n"));
        add("SSL 2", _ -> HexFormat.of().parseHex("802e0100020015000000100100800200800300800400800500800600" + "0102"
            .repeat(8)));
        cases.add(HelloCase.of("alert", HexFormat.of().parseHex("15030100020100")).slow());
        add("alert with more behind", _ -> HexFormat.of().parseHex("1503010002010016030102000100"));
        add("nine zeros", _ -> new byte[9]);
        add("garbage", _ -> randomBytes(64));
        add("much garbage", _ -> randomBytes(20_000));
        add("garbage behind a begin", _ -> concat(HexFormat.of().parseHex("160301020001"), randomBytes(600)));
        add("Telegram without TLS", _ -> obfuscated2());
    }

    /** [P-TLS-31] [P-TLS-32] [P-TLS-33] [P-TLS-34] [P-OBF-50] */
    private void afterwards()
    {
        for (Afterwards what : Afterwards.values())
        {
            HelloCase next = HelloCase.of("accepted, then " + what, now -> List.of(valid(now))).then(what);
            cases.add(what == Afterwards.WAIT || what == Afterwards.UNKNOWN_SECRET ? next.slow() : next);
        }
    }

    /** The alarm. [P-TLS-30] [C-CLT-21] */
    private void slow()
    {
        cases.add(HelloCase.of("silence", _ -> List.of(new byte[0])).slow());
        cases.add(HelloCase.of("one byte", _ -> List.of(new byte[]{0x16})).slow());
        cases.add(HelloCase.of("three bytes of no TLS", _ -> List.of(ascii("GET"))).slow());
        cases.add(HelloCase.of("eight bytes", now -> List.of(Arrays.copyOf(valid(now), 8))).slow());
        cases.add(HelloCase.of("half a hello", now -> List.of(Arrays.copyOf(valid(now), 300))).slow());
        cases.add(HelloCase.of("a hello less one byte",
            now -> List.of(Arrays.copyOf(hello(SECRET, SECOND_DOMAIN, now), 516))).slow());
        cases.add(HelloCase.of("first of two records only",
            now -> List.of(Arrays.copyOf(cut(valid(now), 100), 105))).slow());
    }

    // ---- hellos

    private void add(String name, LongFunction<byte[]> maker)
    {
        cases.add(HelloCase.of(name, now -> List.of(maker.apply(now))));
    }

    private byte[] valid(long now)
    {
        return hello(SECRET, DOMAIN, now);
    }

    private byte[] hello(byte[] secret, String domain, long stamp)
    {
        return hello(secret, domain, stamp, RECORD_LENGTH, CIPHERS);
    }

    private byte[] hello(byte[] secret, String domain, long stamp, int recordLength, String ciphers)
    {
        byte[] hello = FakeTlsClientPeer.unsignedHello(domain, random, recordLength, ciphers);
        FakeTlsClientPeer.sign(hello, secret, (int)stamp);
        return hello;
    }

    /** A hello with a change that its digest covers. */
    private byte[] changed(long now, Consumer<byte[]> change)
    {
        byte[] hello = FakeTlsClientPeer.unsignedHello(SECOND_DOMAIN, random, RECORD_LENGTH, CIPHERS);
        change.accept(hello);
        FakeTlsClientPeer.sign(hello, SECRET, (int)now);
        return hello;
    }

    private byte[] unsigned(String domain)
    {
        byte[] hello = FakeTlsClientPeer.unsignedHello(domain, random, RECORD_LENGTH, CIPHERS);
        System.arraycopy(randomBytes(32), 0, hello, RANDOM_OFFSET, 32);
        return hello;
    }

    private byte[] withSessionId(long now, int length)
    {
        int less = SESSION_ID_LENGTH - length;
        byte[] hello = FakeTlsClientPeer.unsignedHello(SECOND_DOMAIN, random, RECORD_LENGTH + less, CIPHERS);
        byte[] shorter = concat(Arrays.copyOf(hello, SESSION_ID_OFFSET + length),
            Arrays.copyOfRange(hello, SESSION_ID_OFFSET + SESSION_ID_LENGTH, hello.length));
        shorter[SESSION_ID_OFFSET - 1] = (byte)length;
        shorter[3] = RECORD_LENGTH >>> 8;
        shorter[4] = (byte)RECORD_LENGTH;
        shorter[7] = (RECORD_LENGTH - 4) >>> 8;
        shorter[8] = (byte)(RECORD_LENGTH - 4);
        FakeTlsClientPeer.sign(shorter, SECRET, (int)now);
        return shorter;
    }

    private static void offerNoTls13(byte[] hello)
    {
        byte[] versions = HexFormat.of().parseHex("002b0003020304");
        for (int at = CIPHERS_OFFSET; at + versions.length <= hello.length; at++)
        {
            if (Arrays.equals(hello, at, at + versions.length, versions, 0, versions.length))
            {
                hello[at + versions.length - 1] = 3;
                return;
            }
        }
        throw new IllegalArgumentException("no supported_versions in the hello");
    }

    /** What a client without fake-TLS begins with; the first bytes must look like none of the others. [P-OBF-10] */
    private byte[] obfuscated2()
    {
        byte[] header = randomBytes(64);
        header[0] = 0x41;
        return header;
    }

    private static byte[] cut(byte[] hello, int length)
    {
        int[] lengths = new int[hello.length / length + 1];
        Arrays.fill(lengths, length);
        return FakeTlsClientPeer.cut(hello, lengths);
    }

    private static byte[] flipped(byte[] hello, int at)
    {
        byte[] other = hello.clone();
        other[at] ^= 0x40;
        return other;
    }

    private byte[] randomBytes(int length)
    {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }

    private static byte[] ascii(String text)
    {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private static List<byte[]> bytes(byte[] all)
    {
        List<byte[]> each = new ArrayList<>();
        for (byte one : all)
        {
            each.add(new byte[]{one});
        }
        return each;
    }

    private static byte[] concat(byte[]... parts)
    {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (byte[] part : parts)
        {
            out.writeBytes(part);
        }
        return out.toByteArray();
    }
}
