// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.crypto;

import java.util.Arrays;

/**
 * The two heap arrays through which one agent passes every byte it encrypts or decrypts.
 * <p>
 * HotSpot's AES intrinsics work on arrays, not on direct memory, and copy the message when both arrays are the same;
 * so bytes are copied in, crypted from one array to the other, and copied out to where they had to go anyway
 * (architecture A4). Both arrays stay in the first-level cache. Not for use by two threads.
 */
public final class CipherScratch implements AutoCloseable
{
    /** Longest run handed to a cipher at once, in bytes: 8 to 16 KiB are fastest. */
    public static final int LENGTH = 16 * 1024;

    final byte[] input = new byte[LENGTH];
    final byte[] output = new byte[LENGTH];

    /** Zeroes both arrays, which hold plaintext of the last run. */
    @Override
    public void close()
    {
        Arrays.fill(input, (byte)0);
        Arrays.fill(output, (byte)0);
    }
}
