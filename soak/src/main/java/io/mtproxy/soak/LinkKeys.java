// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.soak;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Key and IV of one direction of an RPC connection. [P-RPC-20]
 *
 * @param key 32 bytes.
 * @param iv  16 bytes.
 */
public record LinkKeys(byte[] key, byte[] iv)
{
    /** Length of either nonce. */
    public static final int NONCE_LENGTH = 16;

    /** What the proxy encrypts with. */
    public static LinkKeys clientToServer(
        byte[] secret, byte[] serverNonce, byte[] clientNonce, int clientTimestamp, LinkEnds ends)
    {
        return derive("CLIENT", secret, serverNonce, clientNonce, clientTimestamp, ends);
    }

    /** What the middle proxy encrypts with. */
    public static LinkKeys serverToClient(
        byte[] secret, byte[] serverNonce, byte[] clientNonce, int clientTimestamp, LinkEnds ends)
    {
        return derive("SERVER", secret, serverNonce, clientNonce, clientTimestamp, ends);
    }

    private static LinkKeys derive(
        String side, byte[] secret, byte[] serverNonce, byte[] clientNonce, int clientTimestamp, LinkEnds ends)
    {
        ByteBuilder material = new ByteBuilder()
            .putBytes(serverNonce)
            .putBytes(clientNonce)
            .putInt(clientTimestamp)
            .putInt(ends.serverIpv4())
            .putShort(ends.client().getPort())
            .putBytes(side.getBytes(StandardCharsets.US_ASCII))
            .putInt(ends.clientIpv4())
            .putShort(ends.server().getPort())
            .putBytes(secret)
            .putBytes(serverNonce);
        if (ends.isIpv6())
        {
            material
                .putBytes(ends.client().getAddress().getAddress())
                .putBytes(ends.server().getAddress().getAddress());
        }
        byte[] all = material.putBytes(clientNonce).toByteArray();

        byte[] key = Arrays.copyOf(Jce.md5(Arrays.copyOfRange(all, 1, all.length)), 32);
        System.arraycopy(Jce.sha1(all), 0, key, 12, 20);
        return new LinkKeys(key, Jce.md5(Arrays.copyOfRange(all, 2, all.length)));
    }

    @Override
    public String toString()
    {
        return "LinkKeys[masked]";
    }
}
