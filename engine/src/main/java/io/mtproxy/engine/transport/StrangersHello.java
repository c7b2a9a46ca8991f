// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.transport;

import java.nio.ByteOrder;
import org.agrona.DirectBuffer;

/**
 * A hello that no client of ours makes: shorter, of another version, or with another session id. Only its server name is
 * looked for, so that it is passed on to the domain that it asks for. [P-TLS-60]
 * <p>
 * Reads what TLS allows, field by field, and finds no name in what it does not.
 */
final class StrangersHello
{
    private static final int RECORD_HEADER_LENGTH = 5;
    private static final int HANDSHAKE_HEADER_LENGTH = 4;
    private static final byte RECORD_HANDSHAKE = 0x16;
    private static final byte VERSION_MAJOR = 3;
    private static final byte HANDSHAKE_CLIENT_HELLO = 1;
    /** Behind the headers of record and handshake: version and Random. */
    private static final int SESSION_ID_LENGTH_OFFSET = 43;
    private static final int SESSION_ID_LENGTH_MAX = 32;
    private static final int EXTENSION_SERVER_NAME = 0;
    private static final int SERVER_NAME_HEADER_LENGTH = 5;

    private StrangersHello()
    {
    }

    /** @return whether the first bytes, nine at least, are those of a hello in one record of TLS. */
    static boolean isBegin(DirectBuffer buffer, int offset)
    {
        return buffer.getByte(offset) == RECORD_HANDSHAKE && buffer.getByte(offset + 1) == VERSION_MAJOR &&
            buffer.getByte(offset + RECORD_HEADER_LENGTH) == HANDSHAKE_CLIENT_HELLO &&
            buffer.getByte(offset + RECORD_HEADER_LENGTH + 1) == 0 &&
            u16(buffer, offset + RECORD_HEADER_LENGTH + 2) + HANDSHAKE_HEADER_LENGTH <= u16(buffer, offset + 3);
    }

    /** @return length of the record with its header. */
    static int recordLength(DirectBuffer buffer, int offset)
    {
        return RECORD_HEADER_LENGTH + u16(buffer, offset + 3);
    }

    /** @return position of the domain that the hello in the first record names, or {@link FakeTlsDomains#NOT_FOUND}. */
    static int findDomain(DirectBuffer buffer, int offset, int length, FakeTlsDomains domains)
    {
        int end = offset + length;
        int at = offset + SESSION_ID_LENGTH_OFFSET;
        if (at >= end || (buffer.getByte(at) & 0xff) > SESSION_ID_LENGTH_MAX)
        {
            return FakeTlsDomains.NOT_FOUND;
        }
        at += 1 + buffer.getByte(at);
        if (at + 2 > end)
        {
            return FakeTlsDomains.NOT_FOUND;
        }
        at += 2 + u16(buffer, at);
        if (at + 1 > end)
        {
            return FakeTlsDomains.NOT_FOUND;
        }
        at += 1 + (buffer.getByte(at) & 0xff);
        if (at + 2 > end || at + 2 + u16(buffer, at) > end)
        {
            return FakeTlsDomains.NOT_FOUND;
        }
        return findExtension(buffer, at + 2, at + 2 + u16(buffer, at), domains);
    }

    private static int findExtension(DirectBuffer buffer, int begin, int end, FakeTlsDomains domains)
    {
        int at = begin;
        while (at + 4 <= end)
        {
            int id = u16(buffer, at);
            int length = u16(buffer, at + 2);
            at += 4;
            if (at + length > end)
            {
                return FakeTlsDomains.NOT_FOUND;
            }
            if (id == EXTENSION_SERVER_NAME)
            {
                int nameLength = length - SERVER_NAME_HEADER_LENGTH;
                return nameLength < 0 || u16(buffer, at) != length - 2 || buffer.getByte(at + 2) != 0 ||
                    u16(buffer, at + 3) != nameLength ?
                        FakeTlsDomains.NOT_FOUND :
                        domains.find(buffer, at + SERVER_NAME_HEADER_LENGTH, nameLength);
            }
            at += length;
        }
        return FakeTlsDomains.NOT_FOUND;
    }

    private static int u16(DirectBuffer buffer, int at)
    {
        return buffer.getShort(at, ByteOrder.BIG_ENDIAN) & 0xffff;
    }
}
