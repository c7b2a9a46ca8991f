// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.config;

/** IPv4 addresses as text: the four-part form, and the short ones that the C library's resolver also takes. */
final class Ipv4Text
{
    private static final int PART_COUNT_MAX = 4;
    /** Longest part in digits, octal included; what is longer is no number of 32 bits. */
    private static final int PART_LENGTH_MAX = 12;

    private Ipv4Text()
    {
    }

    /** @return host-order address of exactly four decimal parts without zeros in front, or -1. */
    static long parseDotted(String text)
    {
        String[] parts = text.split("\\.", -1);
        if (parts.length != PART_COUNT_MAX)
        {
            return -1;
        }
        long address = 0;
        for (String part : parts)
        {
            if (part.isEmpty() || part.length() > 3 || !isDigits(part) || part.length() > 1 && part.charAt(0) == '0' ||
                Integer.parseInt(part) > 0xff)
            {
                return -1;
            }
            address = (address << 8) | Integer.parseInt(part);
        }
        return address;
    }

    /**
     * Reads 2 to 4 parts with dots between them, each decimal, octal (0..) or hexadecimal (0x..); the last one fills
     * the bytes that are left, so {@code 127.1} is 127.0.0.1. [C-CFG-21]
     *
     * @return host-order address, or -1 when the text is none.
     */
    static long parseShort(String text)
    {
        String[] parts = text.split("\\.", -1);
        if (parts.length < 2 || parts.length > PART_COUNT_MAX)
        {
            return -1;
        }
        long address = 0;
        for (int i = 0; i < parts.length; i++)
        {
            boolean last = i == parts.length - 1;
            int bits = last ? 8 * (PART_COUNT_MAX - i) : 8;
            long value = parsePart(parts[i]);
            if (value < 0 || value >= 1L << bits)
            {
                return -1;
            }
            address = (address << bits) | value;
        }
        return address;
    }

    private static long parsePart(String part)
    {
        boolean hexadecimal = part.startsWith("0x") || part.startsWith("0X");
        boolean octal = !hexadecimal && part.length() > 1 && part.charAt(0) == '0';
        int radix = hexadecimal ? 16 : octal ? 8 : 10;
        String digits = hexadecimal ? part.substring(2) : part;
        if (digits.isEmpty() || digits.length() > PART_LENGTH_MAX)
        {
            return -1;
        }
        for (int i = 0; i < digits.length(); i++)
        {
            if (digits.charAt(i) > 'f' || Character.digit(digits.charAt(i), radix) < 0)
            {
                return -1;
            }
        }
        return Long.parseLong(digits, radix);
    }

    private static boolean isDigits(String text)
    {
        return text.chars().allMatch(c -> c >= '0' && c <= '9');
    }
}
