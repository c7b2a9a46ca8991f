// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.rpc;

import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.DigestException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Derives the keys of both directions of a link. Reusable: set every input, {@link #derive}, take the results,
 * {@link #clear}. [P-RPC-20] [P-RPC-22]
 */
public final class RpcKeys
{
    /** Length of a key. */
    public static final int KEY_LENGTH = 32;
    /** Length of an initial vector. */
    public static final int IV_LENGTH = 16;
    /** Length of a Diffie-Hellman value. [P-RPC-23] */
    public static final int DH_LENGTH = 256;
    /** Longest secret. [P-RPC-12] */
    public static final int SECRET_LENGTH_MAX = 256;

    /** Bytes of the key that come from MD5; the others are the whole of SHA-1. */
    private static final int KEY_MD5_LENGTH = 12;
    private static final int SHA1_LENGTH = 20;
    private static final byte[] CLIENT = "CLIENT".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] SERVER = "SERVER".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] NOTHING = {};
    private static final int MATERIAL_LENGTH_MAX = 512;

    private final MessageDigest md5 = digest("MD5");
    private final MessageDigest sha1 = digest("SHA-1");
    private final byte[] clientNonce = new byte[RpcNonce.NONCE_LENGTH];
    private final byte[] serverNonce = new byte[RpcNonce.NONCE_LENGTH];
    private final byte[] secret = new byte[SECRET_LENGTH_MAX];
    private final byte[] material = new byte[MATERIAL_LENGTH_MAX];
    private final UnsafeBuffer materialView = new UnsafeBuffer(material);
    private final byte[] md5Result = new byte[16];
    private final byte[] clientToServerKey = new byte[KEY_LENGTH];
    private final byte[] clientToServerIv = new byte[IV_LENGTH];
    private final byte[] serverToClientKey = new byte[KEY_LENGTH];
    private final byte[] serverToClientIv = new byte[IV_LENGTH];
    private int secretLength;
    private int clientTimestampSeconds;
    private byte[] dhShared = NOTHING;

    /** Sets the secret shared with the middle proxies; copied. */
    public RpcKeys secret(byte[] bytes)
    {
        System.arraycopy(bytes, 0, secret, 0, bytes.length);
        secretLength = bytes.length;
        return this;
    }

    /** Sets the nonce that the client sent; copied. */
    public RpcKeys clientNonce(byte[] nonce)
    {
        System.arraycopy(nonce, 0, clientNonce, 0, RpcNonce.NONCE_LENGTH);
        return this;
    }

    /** Sets the nonce that the server sent; copied. */
    public RpcKeys serverNonce(byte[] nonce)
    {
        System.arraycopy(nonce, 0, serverNonce, 0, RpcNonce.NONCE_LENGTH);
        return this;
    }

    /** Sets the time that the client sent; the server's does not count. */
    public RpcKeys clientTimestamp(int seconds)
    {
        clientTimestampSeconds = seconds;
        return this;
    }

    /** Sets the value shared by Diffie-Hellman, of {@link #DH_LENGTH} bytes; without it there is none. [P-RPC-22] */
    public RpcKeys dhShared(byte[] value)
    {
        dhShared = value.clone();
        return this;
    }

    /**
     * Derives the keys of both directions.
     *
     * @param client the end that connected.
     * @param server the end that accepted; of the same IP version.
     */
    public void derive(RpcEndpoint client, RpcEndpoint server)
    {
        deriveDirection(client, server, CLIENT, clientToServerKey, clientToServerIv);
        deriveDirection(client, server, SERVER, serverToClientKey, serverToClientIv);
        Arrays.fill(material, (byte)0);
    }

    /** @return key of what the client sends; this array is reused. */
    public byte[] clientToServerKey()
    {
        return clientToServerKey;
    }

    /** @return initial vector of what the client sends; this array is reused. */
    public byte[] clientToServerIv()
    {
        return clientToServerIv;
    }

    /** @return key of what the server sends; this array is reused. */
    public byte[] serverToClientKey()
    {
        return serverToClientKey;
    }

    /** @return initial vector of what the server sends; this array is reused. */
    public byte[] serverToClientIv()
    {
        return serverToClientIv;
    }

    /** Zeroes inputs and results. */
    public void clear()
    {
        for (byte[] array : new byte[][]{clientNonce, serverNonce, secret, material, md5Result, dhShared,
            clientToServerKey, clientToServerIv, serverToClientKey, serverToClientIv})
        {
            Arrays.fill(array, (byte)0);
        }
        dhShared = NOTHING;
        secretLength = 0;
        clientTimestampSeconds = 0;
    }

    @Override
    public String toString()
    {
        return "RpcKeys{masked}";
    }

    private void deriveDirection(RpcEndpoint client, RpcEndpoint server, byte[] direction, byte[] key, byte[] iv)
    {
        int length = mixDh(writeMaterial(client, server, direction));
        try
        {
            md5.update(material, 1, length - 1);
            md5.digest(md5Result, 0, md5Result.length);
            System.arraycopy(md5Result, 0, key, 0, KEY_MD5_LENGTH);
            sha1.update(material, 0, length);
            sha1.digest(key, KEY_MD5_LENGTH, SHA1_LENGTH);
            md5.update(material, 2, length - 2);
            md5.digest(iv, 0, IV_LENGTH);
        }
        catch (DigestException e)
        {
            throw new IllegalStateException(e);
        }
    }

    /** Writes {@code T} of one direction. [P-RPC-20] */
    private int writeMaterial(RpcEndpoint client, RpcEndpoint server, byte[] direction)
    {
        int at = put(serverNonce, RpcNonce.NONCE_LENGTH, 0);
        at = put(clientNonce, RpcNonce.NONCE_LENGTH, at);
        at = putInt(clientTimestampSeconds, at);
        at = putInt(server.ipv4(), at);
        at = putPort(client.port(), at);
        at = put(direction, direction.length, at);
        at = putInt(client.ipv4(), at);
        at = putPort(server.port(), at);
        at = put(secret, secretLength, at);
        at = put(serverNonce, RpcNonce.NONCE_LENGTH, at);
        if (client.isIpv6())
        {
            client.copyIpv6(material, at);
            server.copyIpv6(material, at + IpAddresses.LENGTH);
            at += 2 * IpAddresses.LENGTH;
        }
        return put(clientNonce, RpcNonce.NONCE_LENGTH, at);
    }

    /** Mixes the shared value over the material and behind it. [P-RPC-22] */
    private int mixDh(int length)
    {
        for (int i = 0; i < dhShared.length; i++)
        {
            material[i] = (byte)(i < length ? material[i] ^ dhShared[i] : dhShared[i]);
        }
        return Math.max(length, dhShared.length);
    }

    private int put(byte[] bytes, int length, int at)
    {
        System.arraycopy(bytes, 0, material, at, length);
        return at + length;
    }

    private int putInt(int value, int at)
    {
        materialView.putInt(at, value, ByteOrder.LITTLE_ENDIAN);
        return at + Integer.BYTES;
    }

    private int putPort(int port, int at)
    {
        materialView.putShort(at, (short)port, ByteOrder.LITTLE_ENDIAN);
        return at + Short.BYTES;
    }

    private static MessageDigest digest(String algorithm)
    {
        try
        {
            return MessageDigest.getInstance(algorithm);
        }
        catch (NoSuchAlgorithmException e)
        {
            throw new IllegalStateException("this Java has no " + algorithm, e);
        }
    }
}
