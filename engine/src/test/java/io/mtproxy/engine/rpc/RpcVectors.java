// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.rpc;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.HexFormat;
import java.util.zip.CRC32;
import java.util.zip.CRC32C;
import java.util.zip.Checksum;
import javax.crypto.Cipher;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.agrona.concurrent.UnsafeBuffer;

/** The vectors of the specification, and a peer's side of frames written from it with the JDK alone. */
final class RpcVectors
{
    private RpcVectors()
    {
    }

    static JsonNode read(String name)
    {
        try
        {
            return new ObjectMapper().readTree(root().resolve("docs/spec/vectors").resolve(name).toFile());
        }
        catch (IOException e)
        {
            throw new UncheckedIOException(e);
        }
    }

    private static Path root()
    {
        String named = System.getProperty("mtproxy.root");
        Path at = Path.of(named == null ? "" : named).toAbsolutePath();
        while (!Files.isDirectory(at.resolve("docs/spec")))
        {
            at = at.getParent();
        }
        return at;
    }

    static byte[] hex(JsonNode node)
    {
        return HexFormat.of().parseHex(node.asText());
    }

    static byte[] hex(String text)
    {
        return HexFormat.of().parseHex(text);
    }

    static String toHex(byte[] bytes)
    {
        return HexFormat.of().formatHex(bytes);
    }

    static InetSocketAddress address(String host, int port)
    {
        try
        {
            return new InetSocketAddress(InetAddress.ofLiteral(host), port);
        }
        catch (IllegalArgumentException e)
        {
            throw new AssertionError(e);
        }
    }

    static InetSocketAddress address(int ipv4, JsonNode ipv6, int port)
    {
        try
        {
            byte[] bytes = ipv6.isNull() ? ByteBuffer.allocate(4).putInt(ipv4).array() : hex(ipv6);
            return new InetSocketAddress(InetAddress.getByAddress(bytes), port);
        }
        catch (UnknownHostException e)
        {
            throw new AssertionError(e);
        }
    }

    static UnsafeBuffer direct(byte[] bytes)
    {
        UnsafeBuffer buffer = new UnsafeBuffer(ByteBuffer.allocateDirect(Math.max(1, bytes.length)));
        buffer.putBytes(0, bytes);
        return buffer;
    }

    static byte[] frame(int sequence, byte[] payload, boolean crc32c)
    {
        ByteBuffer frame = ByteBuffer.allocate(payload.length + 12).order(ByteOrder.LITTLE_ENDIAN);
        frame.putInt(payload.length + 12).putInt(sequence).put(payload);
        Checksum crc = crc32c ? new CRC32C() : new CRC32();
        crc.update(frame.array(), 0, payload.length + 8);
        return frame.putInt((int)crc.getValue()).array();
    }

    static byte[] concat(byte[]... parts)
    {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (byte[] part : parts)
        {
            out.writeBytes(part);
        }
        return out.toByteArray();
    }

    /** Pads with padding words to whole blocks. */
    static byte[] pad(byte[] plain)
    {
        byte[] padded = plain;
        while (padded.length % 16 != 0)
        {
            padded = concat(padded, hex("04000000"));
        }
        return padded;
    }

    static Cipher cipher(int mode, byte[] key, byte[] iv)
    {
        try
        {
            Cipher cipher = Cipher.getInstance("AES/CBC/NoPadding");
            cipher.init(mode, new SecretKeySpec(key, "AES"), new IvParameterSpec(iv));
            return cipher;
        }
        catch (GeneralSecurityException e)
        {
            throw new AssertionError(e);
        }
    }

    static byte[] crypt(Cipher cipher, byte[] in)
    {
        byte[] out = cipher.update(in);
        return out == null ? new byte[0] : out;
    }
}
