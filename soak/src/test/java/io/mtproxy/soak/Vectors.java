// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.soak;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.random.RandomGenerator;

/** The protocol test vectors of {@code docs/spec/vectors}. */
final class Vectors
{
    private Vectors()
    {
    }

    static JsonNode read(String name)
    {
        try
        {
            return new ObjectMapper().readTree(Files.readAllBytes(root().resolve("docs/spec/vectors").resolve(name)));
        }
        catch (IOException e)
        {
            throw new UncheckedIOException(e);
        }
    }

    static byte[] hex(JsonNode node)
    {
        return HexFormat.of().parseHex(node.asText());
    }

    static byte[] hex(String text)
    {
        return HexFormat.of().parseHex(text);
    }

    static List<JsonNode> list(JsonNode array)
    {
        List<JsonNode> nodes = new ArrayList<>();
        array.forEach(nodes::add);
        return nodes;
    }

    /** A random source that gives these bytes and then zeros. */
    static RandomGenerator scripted(byte[] bytes)
    {
        return new RandomGenerator()
        {
            private int position;

            @Override
            public void nextBytes(byte[] out)
            {
                for (int i = 0; i < out.length; i++)
                {
                    out[i] = position < bytes.length ? bytes[position++] : 0;
                }
            }

            @Override
            public long nextLong()
            {
                return 0;
            }
        };
    }

    private static Path root()
    {
        String configured = System.getProperty("mtproxy.root", "");
        Path folder = Path.of(configured).toAbsolutePath();
        while (!Files.isDirectory(folder.resolve("docs/spec/vectors")))
        {
            folder = folder.getParent();
            if (folder == null)
            {
                throw new IllegalStateException("no docs/spec/vectors above the working directory");
            }
        }
        return folder;
    }
}
