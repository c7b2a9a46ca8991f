// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * The files that command lines name.
 *
 * @param folder in which they are.
 */
record CommandLineFiles(Path folder)
{
    static final String SECRET = "0123456789abcdef0123456789ABCDEF";

    /** Writes all but the configuration. */
    static CommandLineFiles write(Path folder) throws IOException
    {
        CommandLineFiles files = new CommandLineFiles(folder);
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxrwxrwx"));
        for (String name : new String[]{"here", "directory", "with-secret", "with-short-secret"})
        {
            Files.createDirectory(folder.resolve(name));
        }
        files.key("key", 64);
        files.key("key31", 31);
        files.key("key32", 32);
        files.key("key256", 256);
        files.key("key257", 257);
        files.key("key0", 0);
        files.key("with-secret/secret", 64);
        files.key("with-short-secret/secret", 31);
        files.text("secrets", "# mine\n" + SECRET + ",\t" + "f".repeat(32) + " # two\n\n" + "a".repeat(32));
        files.text("secrets-crlf", SECRET + "\r\n" + "b".repeat(32) + "\r\n");
        files.text("secrets-empty", "");
        files.text("secrets-comments", "# none\n , \t\r\n#" + SECRET + "\n");
        files.text("secrets-semicolon", SECRET + ";" + SECRET + "\n");
        files.text("secrets-dd", "dd" + SECRET + "\n");
        files.text("secrets-short", SECRET + "\n" + SECRET.substring(1) + "\n");
        files.text("secrets-128", (SECRET + "\n").repeat(128));
        files.text("secrets-129", (SECRET + "\n").repeat(129));
        files.text("conf-longest", "proxy 127.0.0.1:9;\n" + "#".repeat(16777216 - 19));
        files.text("conf-too-long", "proxy 127.0.0.1:9;\n" + "#".repeat(16777216 - 18));
        return files;
    }

    /** Writes {@code @conf}. */
    void configuration(String content) throws IOException
    {
        text("conf", content);
    }

    /** @return what stands in the place of {@code @}. */
    String prefix()
    {
        return folder + "/";
    }

    private void text(String name, String content) throws IOException
    {
        Files.writeString(folder.resolve(name), content, StandardCharsets.ISO_8859_1);
    }

    private void key(String name, int length) throws IOException
    {
        Files.write(folder.resolve(name), "k".repeat(length).getBytes(StandardCharsets.US_ASCII));
    }
}
