// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.transport;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.mtproxy.engine.config.Secret;
import io.mtproxy.engine.config.SecretList;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/** Reads the vectors of this package. */
final class TransportVectors
{
    private TransportVectors()
    {
    }

    static JsonNode read(String fileName)
    {
        try
        {
            return new ObjectMapper().readTree(root().resolve("docs/spec/vectors").resolve(fileName).toFile());
        }
        catch (IOException e)
        {
            throw new UncheckedIOException(e);
        }
    }

    static byte[] bytes(JsonNode node, String field)
    {
        return HexFormat.of().parseHex(node.get(field).textValue());
    }

    static String hex(byte[] bytes)
    {
        return HexFormat.of().formatHex(bytes);
    }

    static FrameCodec codec(JsonNode node)
    {
        return switch (node.get("transport").textValue())
        {
            case "abridged" -> AbridgedFrames.INSTANCE;
            case "intermediate" -> IntermediateFrames.INSTANCE;
            case "padded" -> PaddedIntermediateFrames.INSTANCE;
            default -> throw new IllegalArgumentException(node.toString());
        };
    }

    /** A text, a list of texts, or null. */
    static SecretList secrets(JsonNode node)
    {
        List<Secret> secrets = new ArrayList<>();
        if (node.isTextual())
        {
            secrets.add(Secret.parse(node.textValue()));
        }
        node.forEach(element -> secrets.add(Secret.parse(element.textValue())));
        return SecretList.of(secrets);
    }

    private static Path root()
    {
        Path path = Path.of(System.getProperty("mtproxy.root", "")).toAbsolutePath();
        while (path != null && !Files.isDirectory(path.resolve("docs/spec")))
        {
            path = path.getParent();
        }
        if (path == null)
        {
            throw new IllegalStateException("docs/spec is in no folder above the working directory");
        }
        return path;
    }
}
