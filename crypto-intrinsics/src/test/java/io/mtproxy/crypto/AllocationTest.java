// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.crypto;

import static io.mtproxy.crypto.Vectors.direct;
import static io.mtproxy.crypto.Vectors.random;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The data path allocates nothing once it is warm (architecture, "what must stay true", 3). */
class AllocationTest
{
    private static final int MEASURED_COUNT = 2_000;
    private static final int LENGTH = 40_000;

    private final ThreadMXBean threads = (ThreadMXBean)ManagementFactory.getThreadMXBean();
    private final CipherScratch scratch = new CipherScratch();
    private final AesCtrStream ctr = new AesCtrStream(scratch);
    private final AesCbcStream cbcEncrypt = new AesCbcStream(scratch);
    private final AesCbcStream cbcOther = new AesCbcStream(scratch);
    private final AesCbcStream cbcDecrypt = new AesCbcStream(scratch);
    private final Digests digests = new Digests(scratch);
    private final Hmac hmac = new Hmac(scratch);
    private final CrcStream crc = new CrcStream(scratch);
    private final SecureRandomSource random = new SecureRandomSource();
    private final UnsafeBuffer in = direct(LENGTH);
    private final UnsafeBuffer out = direct(LENGTH);
    private final byte[] array = new byte[LENGTH];
    private final byte[] key = random(32, 1);
    private int turn;

    @BeforeEach
    void init()
    {
        ctr.init(key, random(16, 2));
        cbcEncrypt.initEncrypt(key, random(16, 2));
        cbcOther.initEncrypt(key, random(16, 3));
        cbcDecrypt.initDecrypt(key, random(16, 2));
        hmac.init(key);
    }

    @Test
    void shouldNotAllocateForCtr()
    {
        assertNoAllocation(() ->
        {
            ctr.update(in, 1, out, 3, length());
            ctr.update(in, 1, in, 1, length());
            ctr.update(in, 1, in, 9, length());
            ctr.update(array, 1, out, 3, length());
            ctr.update(in, 1, array, 3, length());
            ctr.skip(length());
        });
    }

    @Test
    void shouldNotAllocateForCbc()
    {
        assertNoAllocation(() ->
        {
            int blocks = length() & -AesCbcStream.BLOCK_LENGTH;
            cbcEncrypt.update(in, 1, out, 3, blocks);
            cbcEncrypt.updateBoth(in, 1, out, 3, cbcOther, in, 1, in, 1, blocks);
            cbcDecrypt.update(out, 3, array, 1, blocks);
            cbcDecrypt.update(in, 1, out, 3, blocks);
        });
    }

    @Test
    void shouldNotAllocateForCrc()
    {
        assertNoAllocation(() ->
        {
            crc.reset((turn & 2) == 0 ? CrcKind.CRC32 : CrcKind.CRC32C);
            crc.update(array, 1, length());
            crc.update(in, 1, length());
            array[0] = (byte)crc.value();
        });
    }

    @Test
    void shouldNotAllocateForDigests()
    {
        assertNoAllocation(() ->
        {
            digests.sha1(array, 1, length(), array, 0);
            digests.sha1(in, 1, length(), array, 0);
            digests.sha256(array, 1, length(), array, 0);
            digests.sha256(in, 1, length(), array, 0);
            digests.md5(array, 1, length(), array, 0);
            digests.md5(in, 1, length(), array, 0);
        });
    }

    @Test
    void shouldNotAllocateForHmac()
    {
        assertNoAllocation(() ->
        {
            hmac.init(key, 0, 16);
            hmac.update(array, 1, length());
            hmac.update(in, 1, length());
            hmac.doFinal(array, 0);
            ConstantTime.equals(in, 0, array, 0, 32);
        });
    }

    @Test
    void shouldNotAllocateForRandomNumbers()
    {
        assertNoAllocation(() ->
        {
            random.nextBytes(array, 0, 16);
            random.nextInt(1000);
            random.nextLong();
        });
    }

    /** Mostly short, as a cold cipher is slow; some longer than the scratch arrays. */
    private int length()
    {
        turn++;
        return turn % 100 == 0 ? 20_000 : turn % 300;
    }

    private void assertNoAllocation(Runnable work)
    {
        long allocated = Long.MAX_VALUE;
        // The JVM links and compiles when it sees fit and allocates on this thread then; garbage of ours is there each time.
        for (int attempt = 0; attempt < 30 && allocated != 0; attempt++)
        {
            long before = threads.getCurrentThreadAllocatedBytes();
            repeat(work, MEASURED_COUNT);
            allocated = Math.min(allocated, threads.getCurrentThreadAllocatedBytes() - before);
        }
        assertEquals(0, allocated);
    }

    private static void repeat(Runnable work, int count)
    {
        for (int i = 0; i < count; i++)
        {
            work.run();
        }
    }
}
