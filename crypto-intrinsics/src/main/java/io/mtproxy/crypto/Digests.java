// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.crypto;

import java.security.MessageDigest;
import java.util.Objects;
import org.agrona.DirectBuffer;

/** SHA-1, SHA-256 and MD5 of a range, without garbage; one object an agent, with that agent's scratch arrays. */
public final class Digests
{
    /** Length of a SHA-1 digest in bytes. */
    public static final int SHA1_LENGTH = 20;
    /** Length of a SHA-256 digest in bytes. */
    public static final int SHA256_LENGTH = 32;
    /** Length of an MD5 digest in bytes. */
    public static final int MD5_LENGTH = 16;

    private final CipherScratch scratch;
    private final MessageDigest sha1 = Ciphers.newDigest("SHA-1");
    private final MessageDigest sha256 = Ciphers.newDigest("SHA-256");
    private final MessageDigest md5 = Ciphers.newDigest("MD5");

    public Digests(CipherScratch scratch)
    {
        this.scratch = scratch;
    }

    /** Writes the 20 bytes of SHA-1 over a range; input and output may be the same array. */
    public void sha1(byte[] in, int inOffset, int length, byte[] out, int outOffset)
    {
        digest(sha1, in, inOffset, length, out, outOffset, SHA1_LENGTH);
    }

    /** Writes the 20 bytes of SHA-1 over a range. */
    public void sha1(DirectBuffer in, int inOffset, int length, byte[] out, int outOffset)
    {
        digest(sha1, in, inOffset, length, out, outOffset, SHA1_LENGTH);
    }

    /** Writes the 32 bytes of SHA-256 over a range; input and output may be the same array. */
    public void sha256(byte[] in, int inOffset, int length, byte[] out, int outOffset)
    {
        digest(sha256, in, inOffset, length, out, outOffset, SHA256_LENGTH);
    }

    /** Writes the 32 bytes of SHA-256 over a range. */
    public void sha256(DirectBuffer in, int inOffset, int length, byte[] out, int outOffset)
    {
        digest(sha256, in, inOffset, length, out, outOffset, SHA256_LENGTH);
    }

    /** Writes the 16 bytes of MD5 over a range; input and output may be the same array. */
    public void md5(byte[] in, int inOffset, int length, byte[] out, int outOffset)
    {
        digest(md5, in, inOffset, length, out, outOffset, MD5_LENGTH);
    }

    /** Writes the 16 bytes of MD5 over a range. */
    public void md5(DirectBuffer in, int inOffset, int length, byte[] out, int outOffset)
    {
        digest(md5, in, inOffset, length, out, outOffset, MD5_LENGTH);
    }

    private static void digest(
        MessageDigest digest,
        byte[] in,
        int inOffset,
        int length,
        byte[] out,
        int outOffset,
        int digestLength)
    {
        Objects.checkFromIndexSize(outOffset, digestLength, out.length);
        digest.update(in, inOffset, length);
        Ciphers.digest(digest, out, outOffset, digestLength);
    }

    private void digest(
        MessageDigest digest,
        DirectBuffer in,
        int inOffset,
        int length,
        byte[] out,
        int outOffset,
        int digestLength)
    {
        Objects.checkFromIndexSize(outOffset, digestLength, out.length);
        Ciphers.update(digest, scratch, in, inOffset, length);
        Ciphers.digest(digest, out, outOffset, digestLength);
    }
}
