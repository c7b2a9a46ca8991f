// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import io.mtproxy.soak.FakeTlsClientPeer;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.SplittableRandom;

/** Hellos with a name that no server can answer well. */
final class BadHellos
{
    private static final int RANDOM_OFFSET = 11;
    private static final int RECORD_LENGTH = 512;

    private BadHellos()
    {
    }

    /** Ciphers that nobody has. */
    static byte[] unknownCiphers(String domain)
    {
        return hello(domain, "00fa00fb");
    }

    /** A share of X25519 that says it is longer than the extension. */
    static byte[] brokenKeyShare(String domain)
    {
        return changed(hello(domain, "1a1a130113021303c02bc02f"), "003300260024001d0020", "003300260024001d0021");
    }

    /** Nothing but a version that does not exist. */
    static byte[] unknownVersion(String domain)
    {
        return changed(hello(domain, "1a1a130113021303c02bc02f"), "002b0003020304", "002b0003020305");
    }

    private static byte[] hello(String domain, String ciphers)
    {
        SplittableRandom random = new SplittableRandom(domain.hashCode());
        byte[] hello = FakeTlsClientPeer.unsignedHello(domain, random, RECORD_LENGTH, ciphers);
        byte[] noise = new byte[32];
        random.nextBytes(noise);
        System.arraycopy(noise, 0, hello, RANDOM_OFFSET, noise.length);
        return hello;
    }

    private static byte[] changed(byte[] hello, String from, String to)
    {
        byte[] old = HexFormat.of().parseHex(from);
        for (int at = 0; at + old.length <= hello.length; at++)
        {
            if (Arrays.equals(hello, at, at + old.length, old, 0, old.length))
            {
                System.arraycopy(HexFormat.of().parseHex(to), 0, hello, at, old.length);
                return hello;
            }
        }
        throw new IllegalArgumentException("no " + from + " in the hello");
    }
}
