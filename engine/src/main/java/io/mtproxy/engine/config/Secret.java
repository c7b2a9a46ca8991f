// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.config;

import java.security.MessageDigest;
import java.util.Arrays;

/**
 * One client secret: 16 bytes that are mixed into the keys of a client connection. [P-OBF-03]
 * <p>
 * Its bytes leave only through {@link #copyTo}, never as text; equality takes the same time whatever differs.
 */
public final class Secret implements AutoCloseable
{
    /** Length in bytes. */
    public static final int LENGTH = 16;
    /** Length as text: hexadecimal digits of either case, without any prefix. */
    public static final int DIGITS_LENGTH = 2 * LENGTH;

    private final byte[] bytes;

    private Secret(byte[] bytes)
    {
        this.bytes = bytes;
    }

    /** Copies a secret out of an array, which stays the caller's to zero. */
    public static Secret of(byte[] source, int offset)
    {
        return new Secret(Arrays.copyOfRange(source, offset, offset + LENGTH));
    }

    /**
     * Reads exactly 32 hexadecimal digits; prefixes as in links are refused. [P-OBF-03]
     *
     * @throws IllegalArgumentException whose message says what is wrong and what to do, and repeats no digit.
     */
    public static Secret parse(CharSequence text)
    {
        if (text.length() != DIGITS_LENGTH)
        {
            throw new IllegalArgumentException(
                "a secret is exactly " + DIGITS_LENGTH + " hexadecimal digits, this has " +
                    text.length() + " characters" + adviceForPrefix(text));
        }

        byte[] bytes = new byte[LENGTH];
        for (int i = 0; i < LENGTH; i++)
        {
            bytes[i] = (byte)((digit(text, 2 * i, bytes) << 4) | digit(text, 2 * i + 1, bytes));
        }
        return new Secret(bytes);
    }

    private static String adviceForPrefix(CharSequence text)
    {
        if (text.length() <= DIGITS_LENGTH + 1)
        {
            return "";
        }

        String prefix = text.subSequence(0, 2).toString();
        return "dd".equalsIgnoreCase(prefix) || "ee".equalsIgnoreCase(prefix) ?
            " \u2014 leave out the dd or ee in front and the domain behind, they belong to links" :
            "";
    }

    private static int digit(CharSequence text, int index, byte[] partial)
    {
        // Not Character.digit: that takes the digits of every script.
        char c = text.charAt(index);
        if (c >= '0' && c <= '9')
        {
            return c - '0';
        }

        char lower = (char)(c | 0x20);
        if (lower >= 'a' && lower <= 'f')
        {
            return lower - 'a' + 10;
        }

        Arrays.fill(partial, (byte)0);
        throw new IllegalArgumentException("a secret is exactly " + DIGITS_LENGTH +
            " hexadecimal digits, character " + (index + 1) + " is none");
    }

    /** Copies the 16 bytes to where a key is derived; the caller zeroes them there. */
    public void copyTo(byte[] out, int offset)
    {
        System.arraycopy(bytes, 0, out, offset, LENGTH);
    }

    /** Compares in a time that does not depend on the bytes. */
    @Override
    public boolean equals(Object other)
    {
        return other instanceof Secret secret && MessageDigest.isEqual(bytes, secret.bytes);
    }

    /** The same for all, so that it tells nothing; a process has 128 secrets at most. */
    @Override
    public int hashCode()
    {
        return LENGTH;
    }

    /** Shows no byte. */
    @Override
    public String toString()
    {
        return "Secret{****}";
    }

    /** Zeroes the bytes; the secret is of no use afterwards. */
    @Override
    public void close()
    {
        Arrays.fill(bytes, (byte)0);
    }
}
