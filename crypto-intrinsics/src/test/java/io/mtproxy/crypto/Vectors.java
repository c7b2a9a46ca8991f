// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.crypto;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Random;
import org.agrona.concurrent.UnsafeBuffer;

/** The data of {@code docs/spec/vectors}, and small things all tests of this module need. */
final class Vectors
{
    private Vectors()
    {
    }

    static JsonNode read(String file)
    {
        try
        {
            return new ObjectMapper().readTree(folder().resolve(file).toFile());
        }
        catch (IOException e)
        {
            throw new UncheckedIOException(e);
        }
    }

    private static Path folder()
    {
        Path start = Path.of(System.getProperty("mtproxy.root", "")).toAbsolutePath();
        for (Path folder = start; folder != null; folder = folder.getParent())
        {
            Path vectors = folder.resolve("docs/spec/vectors");
            if (Files.isDirectory(vectors))
            {
                return vectors;
            }
        }
        throw new IllegalStateException("no docs/spec/vectors above " + start);
    }

    static byte[] bytes(JsonNode node, String field)
    {
        return hex(node.required(field).textValue());
    }

    static byte[] hex(String digits)
    {
        return HexFormat.of().parseHex(digits);
    }

    static String hex(byte[] bytes)
    {
        return HexFormat.of().formatHex(bytes);
    }

    /** Random, but the same in each run. */
    static byte[] random(int length, long seed)
    {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    static UnsafeBuffer direct(int length)
    {
        return new UnsafeBuffer(ByteBuffer.allocateDirect(length));
    }

    /** Direct memory that starts inside another block, as chunks of a pool do: its wrapAdjustment is not 0. */
    static UnsafeBuffer directSlice(byte[] content, int adjustment)
    {
        UnsafeBuffer buffer =
            new UnsafeBuffer(ByteBuffer.allocateDirect(adjustment + content.length + 16), adjustment, content.length);
        buffer.putBytes(0, content);
        return buffer;
    }

    static byte[] content(UnsafeBuffer buffer, int offset, int length)
    {
        byte[] bytes = new byte[length];
        buffer.getBytes(offset, bytes);
        return bytes;
    }
}
