// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.status;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StatusHashTest
{
    @TempDir Path folder;

    private static byte[] count(int from, int to)
    {
        byte[] bytes = new byte[to - from];
        for (int i = 0; i < bytes.length; i++)
        {
            bytes[i] = (byte)(from + i);
        }
        return bytes;
    }

    /** The vector of the paper "SipHash: a fast short-input PRF", appendix A: key 00..0f, message 00..0e. */
    @Test
    void shouldBeSipHash()
    {
        StatusHash hash = new StatusHash(count(0, 16));
        // the kind is the first word of the message
        assertEquals(0xa129ca6149be45e5L, hash.of(0x0706050403020100L, count(8, 15)));
        assertEquals(hash.of(0x0706050403020100L, count(8, 16)), hash.of(0x0706050403020100L, 0x0f0e0d0c0b0a0908L));
    }

    @Test
    void shouldKeepKindsApart()
    {
        StatusHash hash = StatusHash.drawn();
        assertNotEquals(hash.of(1, 5), hash.of(2, 5));
        assertNotEquals(StatusHash.drawn().of(1, 5), hash.of(1, 5), "each key has its own");
    }

    @Test
    void shouldHaveOneKeyInAFolder() throws IOException
    {
        long first = StatusHash.ofFolder(folder).of(1, 5);
        assertEquals(first, StatusHash.ofFolder(folder).of(1, 5));
        Path file = folder.resolve(StatusHash.KEY_FILE_NAME);
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
        try (var files = Files.list(folder))
        {
            assertEquals(1, files.count(), "nothing else is left there");
        }
    }

    @Test
    void shouldRefuseKeyOfAnotherLength() throws IOException
    {
        Path file = Files.write(folder.resolve(StatusHash.KEY_FILE_NAME), new byte[3]);
        IOException e = assertThrows(IOException.class, () -> StatusHash.ofFolder(folder));
        assertTrue(e.getMessage().startsWith(file.toString()), e::getMessage);
    }
}
