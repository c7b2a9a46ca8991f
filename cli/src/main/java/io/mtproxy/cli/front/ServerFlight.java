// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.front;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/**
 * What a server sent first, as a watcher of the line reads it.
 *
 * @param form             the ServerHello with its random bytes left out: versions, cipher, extensions in their order and with
 *                         their lengths; empty if there is none.
 * @param group            of the key share, 0 if there is none.
 * @param isRetry          whether another hello is asked for.
 * @param types            of the records, in order.
 * @param encryptedLengths of the encrypted records, without headers, in order.
 * @param alert            number of the first alert, -1 if there is none.
 */
public record ServerFlight(String form, int group, boolean isRetry, List<Integer> types, List<Integer> encryptedLengths,
    int alert)
{
    /** X25519MLKEM768 */
    public static final int GROUP_HYBRID = 0x11ec;
    /** X25519 */
    public static final int GROUP_X25519 = 0x1d;
    /** Length of a record's header. */
    public static final int HEADER_LENGTH = 5;

    private static final int RECORD_ALERT = 0x15;
    private static final int RECORD_HANDSHAKE = 0x16;
    private static final int RECORD_ENCRYPTED = 0x17;
    private static final int SERVER_HELLO = 2;
    private static final int RANDOM_OFFSET = 11;
    private static final int RANDOM_END = 43;
    private static final int EXTENSION_KEY_SHARE = 0x33;
    private static final int EXTENSION_VERSIONS = 0x2b;
    private static final byte[] RETRY_RANDOM =
        HexFormat.of().parseHex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c");

    /** Reads whole records of any bytes; half a record at the end is left out. */
    public static ServerFlight read(byte[] bytes)
    {
        List<Integer> types = new ArrayList<>();
        List<Integer> lengths = new ArrayList<>();
        String form = "";
        int group = 0;
        boolean isRetry = false;
        int alert = -1;
        int at = 0;
        while (at + HEADER_LENGTH <= bytes.length && at + HEADER_LENGTH + u16(bytes, at + 3) <= bytes.length)
        {
            int type = bytes[at] & 0xff;
            int length = u16(bytes, at + 3);
            if (type < 0x14 || type > RECORD_ENCRYPTED || bytes[at + 1] != 3)
            {
                break;
            }
            types.add(type);
            if (type == RECORD_ENCRYPTED)
            {
                lengths.add(length);
            }
            if (type == RECORD_ALERT && alert < 0 && length == 2)
            {
                alert = bytes[at + HEADER_LENGTH + 1] & 0xff;
            }
            if (at == 0 && type == RECORD_HANDSHAKE && length > RANDOM_END && bytes[HEADER_LENGTH] == SERVER_HELLO)
            {
                byte[] hello = Arrays.copyOf(bytes, HEADER_LENGTH + length);
                form = describe(hello);
                group = group(hello);
                isRetry = Arrays.equals(hello, RANDOM_OFFSET, RANDOM_END, RETRY_RANDOM, 0, RETRY_RANDOM.length);
            }
            at += HEADER_LENGTH + length;
        }
        return new ServerFlight(form, group, isRetry, List.copyOf(types), List.copyOf(lengths), alert);
    }

    /** Whether it is an answer of TLS 1.3. */
    public boolean isTls13()
    {
        return form.contains(" 002b:0304") && !isRetry;
    }

    /** Bytes of all encrypted records, headers included. */
    public int encryptedTotal()
    {
        return encryptedLengths.stream().mapToInt(length -> length + HEADER_LENGTH).sum();
    }

    private static String describe(byte[] hello)
    {
        HexFormat hex = HexFormat.of();
        int sessionLength = hello[RANDOM_END] & 0xff;
        int at = RANDOM_END + 1 + sessionLength;
        if (at + 5 > hello.length)
        {
            return "";
        }
        StringBuilder text = new StringBuilder("record ").append(hex.formatHex(hello, 1, 3)).append(", hello ")
            .append(hex.formatHex(hello, 9, RANDOM_OFFSET)).append(", session id of ").append(sessionLength)
            .append(", cipher ").append(hex.formatHex(hello, at, at + 2));
        for (int extension = at + 5; extension + 4 <= hello.length; extension += 4 + u16(hello, extension + 2))
        {
            int id = u16(hello, extension);
            int length = u16(hello, extension + 2);
            text.append(' ').append(hex.formatHex(hello, extension, extension + 2)).append(':');
            if (id == EXTENSION_VERSIONS && length == 2 || id == EXTENSION_KEY_SHARE && length >= 2)
            {
                text.append(hex.formatHex(hello, extension + 4, Math.min(hello.length, extension + 6)));
            }
            if (length != 2)
            {
                text.append('+').append(length);
            }
        }
        return text.toString();
    }

    private static int group(byte[] hello)
    {
        int at = RANDOM_END + 1 + (hello[RANDOM_END] & 0xff) + 5;
        for (; at + 6 <= hello.length; at += 4 + u16(hello, at + 2))
        {
            if (u16(hello, at) == EXTENSION_KEY_SHARE)
            {
                return u16(hello, at + 4);
            }
        }
        return 0;
    }

    private static int u16(byte[] bytes, int at)
    {
        return (bytes[at] & 0xff) << Byte.SIZE | bytes[at + 1] & 0xff;
    }
}
