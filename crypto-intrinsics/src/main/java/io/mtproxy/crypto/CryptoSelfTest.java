// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.crypto;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Tries every cipher, digest and sum on a known answer, until HotSpot has compiled them, and times AES.
 * <p>
 * To be run before a port opens: cold ciphers are some 300 times slower than warm ones, and a machine without AES
 * instructions should be known before it has users.
 */
public final class CryptoSelfTest
{
    /** Bytes a second of AES-256-CTR below which the machine most likely has no AES instructions. */
    public static final long SLOW_BYTES_PER_SECOND = 1_000_000_000L;

    /** With the repeats: 10,000 calls and 60,000 blocks for each cipher, as HotSpot counts calls, not bytes. */
    private static final int ROUND_COUNT_MIN = 160;
    private static final int REPEAT_COUNT = 12;
    /** Rounds after which a machine counts as slow, as the compiler has had a second to itself. */
    private static final int ROUND_COUNT_MAX = 1000;
    private static final long PAUSE_NS = 1_000_000L;
    private static final int[] WARM_UP_LENGTHS = {16, 48, 64, 112, 256};
    private static final int TIMED_ROUNDS = 16;
    private static final int TIMED_LENGTH = CipherScratch.LENGTH;
    private static final long NANOS_PER_SECOND = 1_000_000_000L;

    // NIST SP 800-38A, F.2.5 and F.5.5: one key, four blocks.
    private static final byte[] KEY = hex("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4");
    private static final byte[] CBC_IV = hex("000102030405060708090a0b0c0d0e0f");
    private static final byte[] CTR_IV = hex("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff");
    private static final byte[] PLAIN = hex(
        "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51" +
            "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710");
    private static final byte[] CBC_WIRE = hex(
        "f58c4c04d6e5f1ba779eabfb5f7bfbd69cfc4e967edb808d679f777bc6702c7d" +
            "39f23369a9d9bacfa530e26304231461b2eb05e2c39be9fcda6c19078c6a9d1b");
    private static final byte[] CTR_WIRE = hex(
        "601ec313775789a5b7a7f504bbf3d228f443e3ca4d62b59aca84e990cacaf5c5" +
            "2b0930daa23de94ce87017ba2d84988ddfc9c58db67aada613c2dd08457941a6");

    // FIPS 180 and RFC 1321: "abc"; RFC 4231, test case 2; the usual check of a CRC: "123456789".
    private static final byte[] ABC = ascii("abc");
    private static final byte[] ABC_SHA1 = hex("a9993e364706816aba3e25717850c26c9cd0d89d");
    private static final byte[] ABC_SHA256 = hex("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    private static final byte[] ABC_MD5 = hex("900150983cd24fb0d6963f7d28e17f72");
    private static final byte[] HMAC_KEY = ascii("Jefe");
    private static final byte[] HMAC_MESSAGE = ascii("what do ya want for nothing?");
    private static final byte[] HMAC_RESULT = hex("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    private static final byte[] CRC_MESSAGE = ascii("123456789");
    private static final int CRC32_RESULT = 0xCBF43926;
    private static final int CRC32C_RESULT = 0xE3069283;

    private final CipherScratch scratch = new CipherScratch();
    private final AesCtrStream ctr = new AesCtrStream(scratch);
    private final AesCbcStream cbcEncrypt = new AesCbcStream(scratch);
    private final AesCbcStream cbcOther = new AesCbcStream(scratch);
    private final AesCbcStream cbcDecrypt = new AesCbcStream(scratch);
    private final Digests digests = new Digests(scratch);
    private final Hmac hmac = new Hmac(scratch);
    private final CrcStream crc = new CrcStream(scratch);
    private final UnsafeBuffer in = new UnsafeBuffer(ByteBuffer.allocateDirect(TIMED_LENGTH));
    private final UnsafeBuffer out = new UnsafeBuffer(ByteBuffer.allocateDirect(TIMED_LENGTH));
    private final byte[] there = new byte[TIMED_LENGTH];
    private final byte[] back = new byte[TIMED_LENGTH];
    private final byte[] result = new byte[Digests.SHA256_LENGTH];

    private CryptoSelfTest()
    {
    }

    /**
     * Runs all of it on the calling thread: one or two tenths of a second, more than one where AES is slow.
     *
     * @param nanoClock for the timing.
     * @return bytes a second of AES-256-CTR from direct memory to direct memory; to be compared with
     *         {@link #SLOW_BYTES_PER_SECOND}.
     * @throws IllegalStateException when an answer is wrong: this Java must not carry anybody's messages.
     */
    public static long run(LongSupplier nanoClock)
    {
        CryptoSelfTest test = new CryptoSelfTest();
        test.checkAnswers();
        long bytesPerSecond = test.warmUp(nanoClock);
        test.checkAnswers();
        return bytesPerSecond;
    }

    private void checkAnswers()
    {
        in.putBytes(0, PLAIN);
        ctr.init(KEY, CTR_IV);
        ctr.update(in, 0, out, 0, PLAIN.length);
        expect("AES-256-CTR", CTR_WIRE);

        cbcEncrypt.initEncrypt(KEY, CBC_IV);
        cbcEncrypt.update(in, 0, out, 0, PLAIN.length);
        expect("AES-256-CBC encryption", CBC_WIRE);

        cbcEncrypt.initEncrypt(KEY, CBC_IV);
        cbcOther.initEncrypt(KEY, CBC_IV);
        cbcOther.updateBoth(in, 0, out, PLAIN.length, cbcEncrypt, in, 0, out, 0, PLAIN.length);
        expect("AES-256-CBC encryption of two chains", CBC_WIRE);

        in.putBytes(0, CBC_WIRE);
        cbcDecrypt.initDecrypt(KEY, CBC_IV);
        cbcDecrypt.update(in, 0, out, 0, PLAIN.length);
        expect("AES-256-CBC decryption", PLAIN);

        digests.sha1(ABC, 0, ABC.length, result, 0);
        expect("SHA-1", ABC_SHA1, result);
        digests.sha256(ABC, 0, ABC.length, result, 0);
        expect("SHA-256", ABC_SHA256, result);
        digests.md5(ABC, 0, ABC.length, result, 0);
        expect("MD5", ABC_MD5, result);
        hmac.init(HMAC_KEY);
        hmac.update(HMAC_MESSAGE, 0, HMAC_MESSAGE.length);
        hmac.doFinal(result, 0);
        expect("HMAC-SHA256", HMAC_RESULT, result);

        crc.reset(CrcKind.CRC32);
        crc.update(CRC_MESSAGE, 0, CRC_MESSAGE.length);
        expect("CRC-32", crc.value() == CRC32_RESULT);
        crc.reset(CrcKind.CRC32C);
        crc.update(CRC_MESSAGE, 0, CRC_MESSAGE.length);
        expect("CRC-32C", crc.value() == CRC32C_RESULT);
    }

    /**
     * Until AES is fast: HotSpot compiles after thousands of calls, and then when it finds the time.
     *
     * @return the best of several timed rounds, as other threads and the compiler take part of each.
     */
    private long warmUp(LongSupplier nanoClock)
    {
        long bestNs = Long.MAX_VALUE;
        int fastRounds = 0;
        for (int round = 0; round < ROUND_COUNT_MAX && (round < ROUND_COUNT_MIN || fastRounds < TIMED_ROUNDS); round++)
        {
            for (int i = 0; i < REPEAT_COUNT; i++)
            {
                warmUpCiphers(i % 2 == 0);
                warmUpDigests(i % 2 == 0 ? CrcKind.CRC32 : CrcKind.CRC32C);
            }
            long startNs = nanoClock.getAsLong();
            ctr.update(in, 0, out, 0, TIMED_LENGTH);
            long elapsedNs = Math.max(1, nanoClock.getAsLong() - startNs);
            bestNs = Math.min(bestNs, elapsedNs);
            if (bytesPerSecond(elapsedNs) >= SLOW_BYTES_PER_SECOND)
            {
                fastRounds++;
            }
            else if (round >= ROUND_COUNT_MIN)
            {
                // The compiler may be waiting for this very core.
                LockSupport.parkNanos(PAUSE_NS);
            }
        }
        return bytesPerSecond(bestNs);
    }

    private static long bytesPerSecond(long elapsedNs)
    {
        return TIMED_LENGTH * NANOS_PER_SECOND / elapsedNs;
    }

    /** What goes through the ciphers comes back the same, so this is also a check. */
    private void warmUpCiphers(boolean isTogether)
    {
        for (int length : WARM_UP_LENGTHS)
        {
            ctr.update(in, 0, out, 1, length);
            out.getBytes(1, there, 0, length);
            if (isTogether)
            {
                cbcEncrypt.updateBoth(out, 1, out, 1, cbcOther, in, 0, in, 0, length);
            }
            else
            {
                cbcEncrypt.update(out, 1, out, 1, length);
            }
            cbcDecrypt.update(out, 1, back, 0, length);
            expect("AES-256-CBC there and back", Arrays.equals(there, 0, length, back, 0, length));
        }
    }

    private void warmUpDigests(CrcKind kind)
    {
        digests.sha1(in, 0, 100, result, 0);
        digests.sha256(in, 0, 48, result, 0);
        digests.md5(in, 0, 100, result, 0);
        hmac.update(in, 0, 64);
        hmac.doFinal(result, 0);
        crc.reset(kind);
        crc.update(in, 0, 256);
        crc.update(back, 0, 256);
    }

    private void expect(String what, byte[] expected)
    {
        byte[] actual = new byte[expected.length];
        out.getBytes(0, actual);
        expect(what, Arrays.equals(expected, actual));
    }

    private static void expect(String what, byte[] expected, byte[] actual)
    {
        expect(what, Arrays.equals(expected, 0, expected.length, actual, 0, expected.length));
    }

    private static void expect(String what, boolean right)
    {
        if (!right)
        {
            throw new IllegalStateException("this Java computes " + what + " wrongly: use another one");
        }
    }

    private static byte[] hex(String digits)
    {
        return HexFormat.of().parseHex(digits);
    }

    private static byte[] ascii(String text)
    {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
