// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.config;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ProxySecretFileTest
{
    @TempDir Path folder;

    @ParameterizedTest
    @ValueSource(ints = {32, 33, 128, 255, 256})
    @DisplayName("[C-CLI-40] [P-RPC-12] [C-LIM-13] 32 to 256 raw bytes, never trimmed; the first four are the selector")
    void shouldTakeRawBytes(int length) throws IOException, ConfigurationException
    {
        byte[] bytes = new byte[length];
        bytes[0] = (byte)0xdf;
        bytes[1] = (byte)0x86;
        bytes[2] = 0x5e;
        bytes[3] = (byte)0xb5;
        bytes[length - 1] = '\n';

        try (ProxySecretFile secret = ProxySecretFile.load(Files.write(folder.resolve("s"), bytes)))
        {
            assertArrayEquals(bytes, secret.bytes());
            assertEquals(0xb55e86df, secret.keySelector());
        }
    }

    @ParameterizedTest
    @CsvSource({"0, only 0 bytes", "31, only 31 bytes", "257, more than 256 bytes", "100000, more than 256 bytes"})
    @DisplayName("[C-EXIT-08] [C-LIM-13] other sizes: exit 1 and the reason")
    void shouldRefuseOtherSizes(int length, String reason) throws IOException
    {
        Path file = Files.write(folder.resolve("s"), new byte[length]);
        assertRefused(file, reason);
        assertThrows(IllegalArgumentException.class, () -> ProxySecretFile.of(new byte[length]));
    }

    @Test
    @DisplayName("[C-EXIT-08] missing file and directory: exit 1 and the reason")
    void shouldSayWhyAFileCannotBeRead()
    {
        assertRefused(folder.resolve("missing"), "there is no such file");
        assertRefused(folder, "it is a directory");
    }

    @Test
    @DisplayName("[C-EXIT-09] [C-EXIT-08] [C-CLI-40] the file \"secret\" of the working directory counts, with what is wrong with it; " +
        "without it there is a warning")
    void shouldFindTheDefaultFile() throws IOException, ConfigurationException
    {
        ProxySecretFile.Found none = ProxySecretFile.find(folder);
        assertTrue(none.secret().isEmpty());
        assertTrue(none.warning().startsWith("warning: no --aes-pwd is given"), none.warning());

        Files.write(folder.resolve("secret"), new byte[7]);
        ConfigurationException bad = assertThrows(ConfigurationException.class, () -> ProxySecretFile.find(folder));
        assertEquals(1, bad.exitCode());
        assertTrue(bad.lines().getFirst().contains("only 7 bytes"), bad.lines()::toString);

        Files.write(folder.resolve("secret"), new byte[128]);
        ProxySecretFile.Found good = ProxySecretFile.find(folder);
        assertEquals(128, good.secret().orElseThrow().bytes().length);
        assertEquals("", good.warning());
    }

    @Test
    @DisplayName("[C-CLI-40] the secret is masked, copied, and zeroed when closed")
    void shouldGuardTheSecret()
    {
        byte[] bytes = new byte[32];
        bytes[5] = 0x41;
        ProxySecretFile secret = ProxySecretFile.of(bytes);
        byte[] inside = secret.bytes();
        bytes[5] = 0;
        assertEquals(0x41, inside[5]);
        assertFalse(secret.toString().contains("A"));
        assertFalse(secret.toString().contains("41"));

        secret.close();

        assertArrayEquals(new byte[32], inside);
        assertThrows(IllegalStateException.class, secret::bytes);
        assertThrows(IllegalStateException.class, secret::keySelector);
    }

    private static void assertRefused(Path file, String reason)
    {
        ConfigurationException refused =
            assertThrows(ConfigurationException.class, () -> ProxySecretFile.load(file));
        assertEquals(1, refused.exitCode());
        assertEquals(1, refused.lines().size());
        assertTrue(refused.lines().getFirst().contains(file + ": "), refused.lines().getFirst());
        assertTrue(refused.lines().getFirst().contains(reason), refused.lines().getFirst());
    }
}
