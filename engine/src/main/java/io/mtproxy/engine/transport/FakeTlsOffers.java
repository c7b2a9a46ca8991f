// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.transport;

/** What an accepted hello offers, as far as the look of an answer depends on it. One for each client agent. [P-TLS-21] */
final class FakeTlsOffers
{
    private static final int CIPHERS_OFFSET = 76;
    /** Compression methods (a length and one value) and the length of the extensions. */
    private static final int BETWEEN_LENGTH = 4;
    private static final int EXTENSION_HEADER_LENGTH = 4;
    private static final int EXTENSION_ALPN = 0x10;
    private static final int EXTENSION_KEY_SHARE = 0x33;
    private static final int NONE = -1;

    private byte[] hello = new byte[0];
    private boolean hasAlpn;
    private int hybridOffset;

    /** Looks through a hello whose server name has been found, so that at least that much of it is well-formed. */
    void read(byte[] bytes, int length)
    {
        hello = bytes;
        hasAlpn = false;
        hybridOffset = NONE;
        int at = CIPHERS_OFFSET + 2 + u16(CIPHERS_OFFSET) + BETWEEN_LENGTH;
        while (at + EXTENSION_HEADER_LENGTH <= length)
        {
            int id = u16(at);
            int end = at + EXTENSION_HEADER_LENGTH + u16(at + 2);
            if (end > length)
            {
                return;
            }
            hasAlpn |= id == EXTENSION_ALPN;
            if (id == EXTENSION_KEY_SHARE)
            {
                findHybrid(at + EXTENSION_HEADER_LENGTH + 2, end);
            }
            at = end;
        }
    }

    private void findHybrid(int start, int end)
    {
        int at = start;
        while (at + EXTENSION_HEADER_LENGTH <= end)
        {
            int shareLength = u16(at + 2);
            int next = at + EXTENSION_HEADER_LENGTH + shareLength;
            if (u16(at) == KeyShare.HYBRID_GROUP && shareLength == KeyShare.HYBRID_CLIENT_LENGTH && next <= end)
            {
                hybridOffset = at + EXTENSION_HEADER_LENGTH;
                return;
            }
            at = next;
        }
    }

    /** @return whether ALPN is offered. */
    boolean hasAlpn()
    {
        return hasAlpn;
    }

    /** @return whether there is a share for X25519MLKEM768. */
    boolean hasHybrid()
    {
        return hybridOffset != NONE;
    }

    /** @return the hello; the share is at {@link #hybridOffset}. */
    byte[] bytes()
    {
        return hello;
    }

    /** @return where the share for X25519MLKEM768 begins. */
    int hybridOffset()
    {
        return hybridOffset;
    }

    /** @return whether the list of ciphers, which is known to be whole, has this one. */
    boolean hasCipher(int cipher)
    {
        int end = CIPHERS_OFFSET + 2 + u16(CIPHERS_OFFSET);
        for (int at = CIPHERS_OFFSET + 2; at + 2 <= end; at += 2)
        {
            if (u16(at) == cipher)
            {
                return true;
            }
        }
        return false;
    }

    private int u16(int at)
    {
        return (hello[at] & 0xff) << Byte.SIZE | hello[at + 1] & 0xff;
    }
}
