// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.transport;

import static io.mtproxy.engine.transport.FakeTlsClientHello.Result.ACCEPTED;
import static io.mtproxy.engine.transport.FakeTlsClientHello.Result.NEED_MORE;
import static io.mtproxy.engine.transport.FakeTlsClientHello.Result.NOT_A_HELLO;
import static io.mtproxy.engine.transport.FakeTlsClientHello.Result.NO_CIPHER;
import static io.mtproxy.engine.transport.FakeTlsClientHello.Result.OUT_OF_TIME;
import static io.mtproxy.engine.transport.FakeTlsClientHello.Result.REPLAYED;
import static io.mtproxy.engine.transport.FakeTlsClientHello.Result.TOO_LONG;
import static io.mtproxy.engine.transport.FakeTlsClientHello.Result.TRAILING_BYTES;
import static io.mtproxy.engine.transport.FakeTlsClientHello.Result.UNKNOWN_NAME;
import static io.mtproxy.engine.transport.FakeTlsClientHello.Result.WRONG_DIGEST;
import static io.mtproxy.engine.transport.FakeTlsClientHello.Result.WRONG_PORT;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mtproxy.crypto.CipherScratch;
import io.mtproxy.crypto.Hmac;
import io.mtproxy.engine.config.Secret;
import io.mtproxy.engine.config.SecretList;
import io.mtproxy.soak.FakeTlsClientPeer;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

/** Hellos made by a client written from the spec, and every way to break them. */
class FakeTlsClientHelloTest
{
    private static final long NOW = 1_800_000_000L;
    private static final String DOMAIN = "www.example.com";
    private static final String SECOND_DOMAIN = "cdn.example.net";
    private static final int PORT = 443;

    private final SplittableRandom random = new SplittableRandom(11);
    private final byte[] secret = randomBytes(Secret.LENGTH);
    private final byte[] otherSecret = randomBytes(Secret.LENGTH);
    private final FakeTlsClientHello hello = new FakeTlsClientHello(new Hmac(new CipherScratch()));
    private final FakeTlsDomains domains = new FakeTlsDomains(List.of(DOMAIN, SECOND_DOMAIN));
    private final SecretList secrets = SecretList.of(List.of(Secret.of(otherSecret, 0), Secret.of(secret, 0)));
    private ReplayFilter replays = newReplays();

    private static ReplayFilter newReplays()
    {
        return new ReplayFilter(new UnsafeBuffer(new byte[ReplayFilter.bufferLength(16)]));
    }

    /** [P-TLS-15] */
    @Test
    void shouldAcceptAndTellSecretDomainAndCipher()
    {
        assertEquals(ACCEPTED, read(hello(SECOND_DOMAIN, NOW, 512)));
        assertEquals(1, hello.secretIndex());
        assertEquals(1, hello.domainIndex());
        assertEquals(0x1301, hello.cipher());
        assertEquals(NOW, hello.stampSeconds());
    }

    /** [P-TLS-15] The likely secret is no more than tried first. */
    @Test
    void shouldBeginWithLikelySecret()
    {
        SecretList list =
            SecretList.of(List.of(Secret.of(otherSecret, 0), Secret.of(secret, 0), Secret.of(secret, 0)));
        byte[] bytes = hello(DOMAIN, NOW, 512);
        int[] found = IntStream.of(2, 1, 0, 3, SecretList.NO_POSITION).map(likely ->
        {
            assertEquals(ACCEPTED, hello.read(new UnsafeBuffer(bytes), 0, bytes.length, PORT, NOW, domains, list,
                likely,
                newReplays()));
            return hello.secretIndex();
        }).toArray();

        assertArrayEquals(new int[]{2, 1, 1, 1, 1}, found);
        assertEquals(WRONG_DIGEST, hello.read(new UnsafeBuffer(bytes), 0, bytes.length, PORT, NOW, domains,
            SecretList.of(List.of(Secret.of(otherSecret, 0))), 0, newReplays()));
    }

    /** [P-TLS-10] [P-TLS-11] */
    @Test
    void shouldWaitAtEveryLengthAndDecideAtTheLast()
    {
        byte[] bytes = hello(DOMAIN, NOW, 700);
        for (int length = 0; length < bytes.length; length++)
        {
            assertEquals(NEED_MORE, read(Arrays.copyOf(bytes, length)), "length " + length);
        }
        assertEquals(ACCEPTED, read(bytes));
    }

    /** [P-TLS-12] check 4 with its hardening. */
    @Test
    void shouldServeUpTo16384Bytes()
    {
        assertEquals(ACCEPTED, read(hello(DOMAIN, NOW, 1700)));
        assertEquals(ACCEPTED, read(hello(DOMAIN, NOW, 16_384 - 5)));
        byte[] tooLong = hello(SECOND_DOMAIN, NOW, 16_384 - 4);
        assertEquals(NEED_MORE, read(Arrays.copyOf(tooLong, 16_383)));
        assertEquals(TOO_LONG, read(Arrays.copyOf(tooLong, 16_384)));
        assertEquals(TOO_LONG, read(tooLong));
        assertEquals(1, hello.domainIndex());
    }

    /** [P-TLS-12] */
    @Test
    void shouldRefuseAtPort80WithAnyBytesBehindAndForUnknownNames()
    {
        byte[] bytes = hello(SECOND_DOMAIN, NOW, 512);
        assertEquals(WRONG_PORT, hello.read(new UnsafeBuffer(bytes), 0, bytes.length, 80, NOW, domains, secrets,
            SecretList.NO_POSITION, replays));
        assertEquals(1, hello.domainIndex());
        assertEquals(TRAILING_BYTES, read(Arrays.copyOf(bytes, bytes.length + 1)));
        assertEquals(1, hello.domainIndex());
        assertEquals(UNKNOWN_NAME, read(hello("example.com", NOW, 512)));
        assertEquals(UNKNOWN_NAME, read(hello("", NOW, 512)));
        assertEquals(UNKNOWN_NAME, read(hello("x".repeat(255), NOW, 512)));
        assertEquals(0, hello.domainIndex());
    }

    /** [P-TLS-60] Whatever a stranger's hello looks like, it goes to the domain it names once it is all there. */
    @Test
    void shouldPassStrangersOnToTheDomainTheyName()
    {
        for (int sessionLength : new int[]{0, 1, 31, 32})
        {
            for (int minor : new int[]{0, 1, 3})
            {
                for (int padding : new int[]{0, 700})
                {
                    byte[] bytes = strangersHello(SECOND_DOMAIN, sessionLength, minor, padding);
                    for (int length = 9; length < bytes.length; length++)
                    {
                        assertEquals(NEED_MORE, read(Arrays.copyOf(bytes, length)), "length " + length);
                    }
                    assertNotEquals(ACCEPTED, read(bytes));
                    assertEquals(1, hello.domainIndex(), "session id of " + sessionLength + ", version 3." + minor);
                }
            }
        }
        assertEquals(NOT_A_HELLO, read(strangersHello("elsewhere.example", 0, 3, 0)));
        assertEquals(0, hello.domainIndex());
    }

    /** [P-TLS-10] [P-TLS-60] Where there is one domain only, nobody has to wait for the name. */
    @Test
    void shouldNotWaitForANameThatMakesNoDifference()
    {
        byte[] bytes = strangersHello(SECOND_DOMAIN, 0, 3, 0);
        assertEquals(NOT_A_HELLO, hello.read(new UnsafeBuffer(bytes), 0, 9, PORT, NOW,
            new FakeTlsDomains(List.of(DOMAIN)), secrets, SecretList.NO_POSITION, replays));
    }

    /** [P-TLS-60] A stranger's bytes never throw, and lead to a domain in any case. */
    @Test
    void shouldFindADomainForAnyStrangersHello()
    {
        byte[] good = strangersHello(SECOND_DOMAIN, 16, 3, 0);
        for (int at = 9; at < good.length; at++)
        {
            for (int value = 0; value < 256; value += 5)
            {
                byte[] bytes = good.clone();
                bytes[at] = (byte)value;
                assertEquals(NOT_A_HELLO, read(bytes));
                assertTrue(hello.domainIndex() == 0 || hello.domainIndex() == 1);
            }
        }
    }

    private static byte[] strangersHello(String domain, int sessionLength, int minor, int padding)
    {
        ByteBuffer out = ByteBuffer.allocate(2000);
        out.put(new byte[]{0x16, 3, (byte)minor}).putShort((short)0).put((byte)1).put((byte)0).putShort((short)0);
        out.putShort((short)0x0303).put(new byte[32]).put((byte)sessionLength).put(new byte[sessionLength]);
        out.putShort((short)4).putInt(0xc02fc030).put(new byte[]{2, 1, 0});
        int nameLength = domain.length();
        out.putShort((short)(4 + 5 + nameLength + 4 + 4 + padding)).putInt(0x00170000);
        out.putShort((short)0).putShort((short)(nameLength + 5)).putShort((short)(nameLength + 3)).put((byte)0);
        out.putShort((short)nameLength).put(domain.getBytes(StandardCharsets.US_ASCII));
        out.putShort((short)0x15).putShort((short)padding).put(new byte[padding]);
        byte[] bytes = Arrays.copyOf(out.array(), out.position());
        return ByteBuffer.wrap(bytes).putShort(3, (short)(bytes.length - 5)).putShort(7, (short)(bytes.length - 9))
            .array();
    }

    /** [P-TLS-01] [P-TLS-13] Bytes are compared, no case and no wildcard. */
    @Test
    void shouldMatchNamesByteByByte()
    {
        assertEquals(UNKNOWN_NAME, read(hello("WWW.example.com", NOW, 512)));
        assertEquals(UNKNOWN_NAME, read(hello(DOMAIN + ".", NOW, 512)));
        assertEquals(UNKNOWN_NAME, read(hello("*.example.com", NOW, 512)));
        assertThrows(IllegalArgumentException.class, () -> new FakeTlsDomains(List.of()));
        assertThrows(IllegalArgumentException.class, () -> new FakeTlsDomains(List.of("x".repeat(217))));
        assertEquals(1, new FakeTlsDomains(List.of("x".repeat(216))).size());
    }

    /** [P-TLS-20] [C-BUG-21] Only what a secret has signed is remembered. */
    @Test
    void shouldRememberAcceptedHellosOnly()
    {
        byte[] bytes = hello(DOMAIN, NOW, 512);
        byte[] forged = bytes.clone();
        forged[500] ^= 1;
        for (int i = 0; i < 3; i++)
        {
            assertEquals(WRONG_DIGEST, read(forged));
        }
        assertEquals(ACCEPTED, read(bytes));
        assertEquals(REPLAYED, read(bytes));
        assertEquals(REPLAYED, read(forged));
        assertEquals(REPLAYED, read(bytes, NOW + ReplayFilter.LIFE_SECONDS - 1));
    }

    /** [P-TLS-17] [C-LIM-26] Window of a fresh memory, to the second. */
    @Test
    void shouldKeepTheTimeWindow()
    {
        assertEquals(ACCEPTED, readFresh(NOW + 3));
        assertEquals(OUT_OF_TIME, readFresh(NOW + 4));
        assertEquals(ACCEPTED, readFresh(NOW - 599));
        assertEquals(OUT_OF_TIME, readFresh(NOW - 600));
        assertEquals(OUT_OF_TIME, readFresh(-1));
        assertEquals(OUT_OF_TIME, readFresh(Integer.MIN_VALUE));
        assertEquals(OUT_OF_TIME, readFresh(Integer.MAX_VALUE));
    }

    private FakeTlsClientHello.Result readFresh(long stamp)
    {
        replays = newReplays();
        return read(hello(DOMAIN, stamp, 512));
    }

    /** [P-TLS-17] [C-LIM-26] What was lost for want of room counts as the beginning of memory. */
    @Test
    void shouldNotTrustTimesBeforeTheNewestLoss()
    {
        replays = new ReplayFilter(new UnsafeBuffer(new byte[ReplayFilter.bufferLength(1)]));
        long now = NOW - 50_000;
        for (int i = 0; i < 9; i++)
        {
            assertEquals(ACCEPTED, read(hello(DOMAIN, now + i, 512), now + i));
        }
        // each good hello, also one out of time, takes the place of the oldest: the memory begins at now + 2, then + 3
        assertEquals(OUT_OF_TIME, read(hello(DOMAIN, now + 5, 512)));
        assertEquals(ACCEPTED, read(hello(DOMAIN, now + 7, 512)));
    }

    /** [P-TLS-18] */
    @Test
    void shouldTakeTheFirstCipherThatIsNoGrease()
    {
        assertEquals(ACCEPTED, readCiphers("1a1a2a2a13031301"));
        assertEquals(0x1303, hello.cipher());
        assertEquals(NO_CIPHER, readCiphers("00ff1301"));
        assertEquals(NO_CIPHER, readCiphers("1a1a"));
        assertEquals(NO_CIPHER, readCiphers("1a1a13"));
        assertEquals(ACCEPTED, readCiphers("1a0a1302"));
    }

    private FakeTlsClientHello.Result readCiphers(String ciphers)
    {
        byte[] bytes = FakeTlsClientPeer.unsignedHello(DOMAIN, random, 512, ciphers);
        FakeTlsClientPeer.sign(bytes, secret, (int)NOW);
        return read(bytes);
    }

    // ---- hellos in several records

    /** [P-TLS-11] Cut anywhere, in two. */
    @Test
    void shouldJoinTwoRecordsCutAnywhere()
    {
        for (int cut = 1; cut < 512; cut++)
        {
            byte[] bytes = FakeTlsClientPeer.cut(hello(DOMAIN, NOW, 512), cut);
            assertEquals(ACCEPTED, read(bytes), "cut at " + cut);
        }
    }

    /** [P-TLS-11] In many, and arriving byte by byte. */
    @Test
    void shouldJoinManyRecordsThatArriveInPieces()
    {
        byte[] whole = hello(SECOND_DOMAIN, NOW, 1800);
        byte[] bytes = FakeTlsClientPeer.cut(whole, IntStream.generate(() -> 1 + random.nextInt(90)).limit(1800)
            .toArray());
        for (int length = 0; length < bytes.length; length++)
        {
            assertEquals(NEED_MORE, read(Arrays.copyOf(bytes, length)), "length " + length);
        }
        assertEquals(ACCEPTED, read(bytes));
        assertEquals(1, hello.domainIndex());
        assertEquals(REPLAYED, read(whole));
    }

    /** [P-TLS-11] Everything that cannot become a hello is known at once. */
    @Test
    void shouldNotWaitForWhatCannotBecomeAHello()
    {
        byte[] cut = FakeTlsClientPeer.cut(hello(DOMAIN, NOW, 600), 100, 100);
        byte[] otherType = cut.clone();
        otherType[105] = 0x17;
        assertEquals(NOT_A_HELLO, read(otherType));
        byte[] otherMessage = cut.clone();
        otherMessage[5] = 2;
        assertEquals(NOT_A_HELLO, read(Arrays.copyOf(otherMessage, 9)));
        byte[] short511 = FakeTlsClientPeer.cut(hello(DOMAIN, NOW, 512), 100);
        short511[7] = 1;
        short511[8] = (byte)(511 - 4);
        assertEquals(NOT_A_HELLO, read(Arrays.copyOf(short511, 9)));
        byte[] huge = cut.clone();
        huge[6] = 1;
        assertEquals(NOT_A_HELLO, read(Arrays.copyOf(huge, 9)));
        byte[] emptyRecord = cut.clone();
        emptyRecord[3] = 0;
        emptyRecord[4] = 0;
        assertEquals(NOT_A_HELLO, read(Arrays.copyOf(emptyRecord, 9)));
        assertEquals(TRAILING_BYTES, read(Arrays.copyOf(cut, cut.length + 1)));
    }

    /** [P-TLS-11] [P-TLS-12] The bound of check 4 holds for the joined hello. */
    @Test
    void shouldJoinUpTo16384Bytes()
    {
        int[] cuts = IntStream.generate(() -> 1000).limit(20).toArray();
        assertEquals(ACCEPTED, read(FakeTlsClientPeer.cut(hello(DOMAIN, NOW, 16_384 - 5), cuts)));
        assertEquals(NOT_A_HELLO, read(Arrays.copyOf(FakeTlsClientPeer.cut(hello(DOMAIN, NOW, 500 + 16_384), 300), 9)));
        byte[] tiny = FakeTlsClientPeer.cut(hello(DOMAIN, NOW, 16_384 - 5), IntStream.generate(() -> 1).limit(16_384)
            .toArray());
        assertEquals(TOO_LONG, read(Arrays.copyOf(tiny, FakeTlsClientHello.RECEIVED_LENGTH_MAX)));
    }

    // ---- lies

    /** Each byte flipped: only the bytes of the stamp may still be taken, as they are not signed. */
    @Test
    void shouldNeverAcceptAFlippedByte()
    {
        byte[] bytes = hello(DOMAIN, NOW, 512);
        for (int at = 0; at < bytes.length; at++)
        {
            for (int bit = 0; bit < 8; bit++)
            {
                byte[] flipped = bytes.clone();
                flipped[at] ^= (byte)(1 << bit);
                FakeTlsClientHello.Result result = read(flipped);
                boolean isStamp = at >= 39 && at < 43;
                assertTrue(result != ACCEPTED || isStamp, "byte " + at + " bit " + bit);
                if (isStamp)
                {
                    assertEquals(Math.abs(hello.stampSeconds() - NOW) < 600 && hello.stampSeconds() <= NOW + 3,
                        result == ACCEPTED);
                    replays = newReplays();
                }
            }
        }
        assertEquals(ACCEPTED, read(bytes));
    }

    /** Whatever the bytes, nothing is thrown and nothing is accepted. */
    @Test
    void shouldSurviveAnyBytes()
    {
        List<FakeTlsClientHello.Result> seen = new ArrayList<>();
        for (int round = 0; round < 30_000; round++)
        {
            byte[] bytes = FakeTlsClientPeer.cut(
                FakeTlsClientPeer.hello(randomBytes(Secret.LENGTH), DOMAIN, (int)NOW, random,
                    512 + random.nextInt(300)),
                random.nextBoolean() ? new int[0] : new int[]{1 + random.nextInt(600), 1 + random.nextInt(600)});
            int count = 1 + random.nextInt(6);
            for (int i = 0; i < count; i++)
            {
                bytes[3 + random.nextInt(random.nextBoolean() ? 150 : bytes.length - 3)] = (byte)random.nextInt();
            }
            int length = random.nextInt(4) == 0 ? random.nextInt(bytes.length) : bytes.length;
            FakeTlsClientHello.Result result = read(Arrays.copyOf(bytes, length));
            if (!seen.contains(result))
            {
                seen.add(result);
            }
        }
        assertTrue(seen.containsAll(List.of(NEED_MORE, NOT_A_HELLO, UNKNOWN_NAME, WRONG_DIGEST)), seen.toString());
        assertFalse(seen.contains(ACCEPTED));
    }

    private byte[] hello(String domain, long stamp, int recordLength)
    {
        return FakeTlsClientPeer.hello(secret, domain, (int)stamp, random, recordLength);
    }

    private FakeTlsClientHello.Result read(byte[] bytes)
    {
        return read(bytes, NOW);
    }

    /** Reads at an odd place, with other bytes before and behind. */
    private FakeTlsClientHello.Result read(byte[] bytes, long nowSeconds)
    {
        UnsafeBuffer buffer = new UnsafeBuffer(new byte[bytes.length + 7]);
        buffer.setMemory(0, buffer.capacity(), (byte)0x16);
        buffer.putBytes(3, bytes);
        return hello.read(buffer, 3, bytes.length, PORT, nowSeconds, domains, secrets, SecretList.NO_POSITION, replays);
    }

    private byte[] randomBytes(int length)
    {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }
}
