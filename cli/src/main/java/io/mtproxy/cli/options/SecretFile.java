// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.options;

import io.mtproxy.engine.config.Secret;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** The file of {@code --mtproto-secret-file}. [C-CLI-70] */
final class SecretFile
{
    private static final Pattern SEPARATORS = Pattern.compile("[, \t\r]+");
    private static final Pattern LINE_END = Pattern.compile("\n");

    private SecretFile()
    {
    }

    /**
     * Reads all secrets of a file, in its order.
     *
     * @throws IllegalArgumentException naming file and line; it repeats no digit. [C-CLI-72]
     */
    static List<Secret> read(String name)
    {
        Path file = OptionValues.path(name);
        List<Secret> secrets = new ArrayList<>();
        String[] lines = LINE_END.split(text(file), -1);
        for (int i = 0; i < lines.length; i++)
        {
            int comment = lines[i].indexOf('#');
            String line = comment < 0 ? lines[i] : lines[i].substring(0, comment);
            for (String word : SEPARATORS.split(line, -1))
            {
                if (!word.isEmpty())
                {
                    secrets.add(parse(file, i + 1, word));
                }
            }
        }
        if (secrets.isEmpty())
        {
            throw new IllegalArgumentException(file + ": there is no secret in it");
        }
        return secrets;
    }

    private static Secret parse(Path file, int line, String word)
    {
        try
        {
            return Secret.parse(word);
        }
        catch (IllegalArgumentException e)
        {
            throw new IllegalArgumentException(file + ":" + line + ": " + e.getMessage(), e);
        }
    }

    private static String text(Path file)
    {
        try
        {
            return Files.readString(file, StandardCharsets.ISO_8859_1);
        }
        catch (NoSuchFileException e)
        {
            throw new IllegalArgumentException(file + ": there is no such file", e);
        }
        catch (AccessDeniedException e)
        {
            throw new IllegalArgumentException(file + ": this user may not read it", e);
        }
        catch (IOException e)
        {
            throw new IllegalArgumentException(
                file + ": " + (Files.isDirectory(file) ? "it is a directory" : e.getMessage()), e);
        }
    }
}
