// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a server sent first, as a watcher of records reads it.
 *
 * @param hello            the ServerHello with its random bytes masked: versions, lengths, cipher, order of extensions.
 * @param group            of the key share, 0 if there is none.
 * @param types            of the records, in order.
 * @param encryptedLengths of the encrypted records, in order.
 */
record TlsFlight(String hello, int group, List<Integer> types, List<Integer> encryptedLengths)
{
    /** X25519MLKEM768 */
    static final int GROUP_HYBRID = 0x11ec;
    /** X25519 */
    static final int GROUP_X25519 = 0x1d;

    private static final int HEADER_LENGTH = 5;
    private static final int RECORD_HANDSHAKE = 0x16;
    private static final int RECORD_ENCRYPTED = 0x17;
    private static final int RANDOM_END = 43;

    /** Reads whole records; half a record at the end is left out. */
    static TlsFlight read(byte[] bytes)
    {
        List<Integer> types = new ArrayList<>();
        List<Integer> lengths = new ArrayList<>();
        String hello = "";
        int group = 0;
        for (int at = 0; at + HEADER_LENGTH <= bytes.length && at + HEADER_LENGTH + u16(bytes, at + 3) <=
            bytes.length; at += HEADER_LENGTH + u16(bytes, at + 3))
        {
            int type = bytes[at] & 0xff;
            types.add(type);
            if (type == RECORD_ENCRYPTED)
            {
                lengths.add(u16(bytes, at + 3));
            }
            if (at == 0 && type == RECORD_HANDSHAKE)
            {
                Map<Integer, Integer> groups = new TreeMap<>();
                hello = describe(bytes, groups);
                group = groups.getOrDefault(0x33, 0);
            }
        }
        return new TlsFlight(hello, group, List.copyOf(types), List.copyOf(lengths));
    }

    /** Bytes of all encrypted records, headers included. */
    int encryptedTotal()
    {
        return encryptedLengths.stream().mapToInt(length -> length + HEADER_LENGTH).sum();
    }

    /** Masks what must differ from run to run: Random, session id and the key share. */
    private static String describe(byte[] bytes, Map<Integer, Integer> groups)
    {
        HexFormat hex = HexFormat.of();
        int sessionLength = bytes[RANDOM_END] & 0xff;
        int at = RANDOM_END + 1 + sessionLength;
        StringBuilder text = new StringBuilder(hex.formatHex(bytes, 0, 11)).append(" random, id of ").append(
            sessionLength)
            .append(", ").append(hex.formatHex(bytes, at, at + 5));
        int end = Math.min(bytes.length, at + 5 + u16(bytes, at + 3));
        for (int extension = at + 5; extension + 4 <= end; extension += 4 + u16(bytes, extension + 2))
        {
            int shown = Math.min(u16(bytes, extension + 2), 4);
            text.append(' ').append(hex.formatHex(bytes, extension, extension + 4)).append(':')
                .append(hex.formatHex(bytes, extension + 4, extension + 4 + shown));
            groups.put(u16(bytes, extension), u16(bytes, extension + 4));
        }
        return text.toString();
    }

    private static int u16(byte[] bytes, int at)
    {
        return (bytes[at] & 0xff) << 8 | bytes[at + 1] & 0xff;
    }

    /** How often each value comes. */
    static <T extends Comparable<T>> Map<T, Integer> counts(List<T> values)
    {
        Map<T, Integer> counts = new TreeMap<>();
        for (T value : values)
        {
            counts.merge(value, 1, Integer::sum);
        }
        return Collections.unmodifiableMap(counts);
    }
}
