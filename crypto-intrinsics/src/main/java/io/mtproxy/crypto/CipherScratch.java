// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.crypto;

import java.util.ArrayDeque;
import java.util.Arrays;
import javax.crypto.Cipher;
import org.agrona.BufferUtil;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The two heap arrays through which one agent passes every byte it encrypts, decrypts or hashes, and the ciphers that no
 * stream of it needs just now.
 * <p>
 * HotSpot's intrinsics work on arrays, not on direct memory, and the ciphers copy the message when both arrays are the
 * same; so bytes are copied in, crypted from one array to the other, and copied out to where they had to go anyway
 * (architecture A4). Both arrays stay in the first-level cache. Not for use by two threads.
 */
public final class CipherScratch implements AutoCloseable
{
    /** Longest run handed to a cipher at once, in bytes: 8 to 16 KiB are fastest. */
    public static final int LENGTH = 16 * 1024;

    /** Longest run of each of two chains: both share the arrays. */
    private static final int HALF_LENGTH = LENGTH / 2;

    /**
     * Bytes after which the other of two chains has its turn: few enough that the processor begins the second chain's
     * while it still waits for the first one's. 48 to 128 cost about half of what one chain costs, 512 nearly all of it.
     */
    private static final int CHAIN_STEP_LENGTH = 128;

    /** Ciphers kept for streams to come: making one costs as much as keying it four times. */
    private static final int SPARE_COUNT_MAX = 256;

    final byte[] input = new byte[LENGTH];
    final byte[] output = new byte[LENGTH];

    /** The key on its way into a cipher; zero at all other times. */
    final RawKey key = new RawKey();

    /** Without a key. */
    private final ArrayDeque<Cipher> spareCtr = new ArrayDeque<>();

    /** @return a CTR cipher without a key. */
    Cipher takeCtr()
    {
        Cipher spare = spareCtr.pollLast();
        return spare == null ? Ciphers.newCipher("AES/CTR/NoPadding") : spare;
    }

    /** @param cipher whose key has been cleared. */
    void giveBackCtr(Cipher cipher)
    {
        if (spareCtr.size() < SPARE_COUNT_MAX)
        {
            spareCtr.addLast(cipher);
        }
    }

    /** Zeroes both arrays, which hold plaintext of the last run. */
    @Override
    public void close()
    {
        Arrays.fill(input, (byte)0);
        Arrays.fill(output, (byte)0);
        key.clear();
    }

    /** Direct memory to direct memory, two copies; the places may overlap in any way. */
    void crypt(Cipher cipher, DirectBuffer in, int inOffset, MutableDirectBuffer out, int outOffset, int length)
    {
        assert length >= 0 : length;
        if (length > LENGTH && isOverwrittenAhead(in, inOffset, out, outOffset, length))
        {
            out.putBytes(outOffset, in, inOffset, length);
            cryptRuns(cipher, out, outOffset, out, outOffset, length);
        }
        else
        {
            cryptRuns(cipher, in, inOffset, out, outOffset, length);
        }
    }

    private void cryptRuns(
        Cipher cipher,
        DirectBuffer in,
        int inOffset,
        MutableDirectBuffer out,
        int outOffset,
        int length)
    {
        for (int done = 0; done < length;)
        {
            int run = Math.min(length - done, LENGTH);
            in.getBytes(inOffset + done, input, 0, run);
            Ciphers.update(cipher, input, 0, run, output, 0);
            out.putBytes(outOffset + done, output, 0, run);
            done += run;
        }
    }

    /** Array to direct memory, one copy; allocates only when the buffer is a view of that array. */
    void crypt(Cipher cipher, byte[] in, int inOffset, MutableDirectBuffer out, int outOffset, int length)
    {
        assert length >= 0 : length;
        if (in == out.byteArray())
        {
            crypt(cipher, new UnsafeBuffer(in), inOffset, out, outOffset, length);
            return;
        }
        for (int done = 0; done < length;)
        {
            int run = Math.min(length - done, LENGTH);
            Ciphers.update(cipher, in, inOffset + done, run, output, 0);
            out.putBytes(outOffset + done, output, 0, run);
            done += run;
        }
    }

    /** Direct memory to array, one copy; allocates only when the buffer is a view of that array. */
    void crypt(Cipher cipher, DirectBuffer in, int inOffset, byte[] out, int outOffset, int length)
    {
        assert length >= 0 : length;
        if (out == in.byteArray())
        {
            crypt(cipher, in, inOffset, new UnsafeBuffer(out), outOffset, length);
            return;
        }
        for (int done = 0; done < length;)
        {
            int run = Math.min(length - done, LENGTH);
            in.getBytes(inOffset + done, input, 0, run);
            Ciphers.update(cipher, input, 0, run, out, outOffset + done);
            done += run;
        }
    }

    /** Two chains, each from direct memory to direct memory; the places of one may be the same, those of two not. */
    void cryptBoth(
        Cipher one,
        DirectBuffer oneIn,
        int oneInOffset,
        MutableDirectBuffer oneOut,
        int oneOutOffset,
        Cipher other,
        DirectBuffer otherIn,
        int otherInOffset,
        MutableDirectBuffer otherOut,
        int otherOutOffset,
        int length)
    {
        assert length >= 0 : length;
        for (int done = 0; done < length;)
        {
            int run = Math.min(length - done, HALF_LENGTH);
            oneIn.getBytes(oneInOffset + done, input, 0, run);
            otherIn.getBytes(otherInOffset + done, input, HALF_LENGTH, run);
            for (int at = 0; at < run; at += CHAIN_STEP_LENGTH)
            {
                int step = Math.min(run - at, CHAIN_STEP_LENGTH);
                Ciphers.update(one, input, at, step, output, at);
                Ciphers.update(other, input, HALF_LENGTH + at, step, output, HALF_LENGTH + at);
            }
            oneOut.putBytes(oneOutOffset + done, output, 0, run);
            otherOut.putBytes(otherOutOffset + done, output, HALF_LENGTH, run);
            done += run;
        }
    }

    /** Whether the result of one run would fall onto input of a later one. */
    private static boolean isOverwrittenAhead(
        DirectBuffer in,
        int inOffset,
        DirectBuffer out,
        int outOffset,
        int length)
    {
        long ahead = (out.addressOffset() + outOffset) - (in.addressOffset() + inOffset);
        return in.byteArray() == out.byteArray() && ahead > 0 && ahead < length;
    }

    /** Where byte {@code offset} of a buffer over a heap array lies in that array. */
    static int arrayOffset(DirectBuffer buffer, int offset)
    {
        return (int)(buffer.addressOffset() - BufferUtil.ARRAY_BASE_OFFSET) + offset;
    }
}
