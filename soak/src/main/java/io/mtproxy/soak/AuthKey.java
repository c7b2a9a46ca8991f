// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.soak;

import java.util.Arrays;
import java.util.random.RandomGenerator;

/** A key agreed between a client and the simulated datacenter, and the encryption of MTProto 2.0 with it. */
final class AuthKey
{
    /** Length of a key. */
    static final int LENGTH = 256;
    /** Auth key id and message key in front of what is encrypted. */
    static final int HEADER_LENGTH = 24;

    private static final int CLIENT_TO_SERVER = 0;
    private static final int SERVER_TO_CLIENT = 8;
    private static final int PADDING_LENGTH_MIN = 12;

    private final byte[] key;
    private final long id;
    private final long salt;

    AuthKey(byte[] key, long salt)
    {
        this.key = key.clone();
        this.id = LittleEndian.getLong(Jce.sha1(key), 12);
        this.salt = salt;
    }

    long id()
    {
        return id;
    }

    long salt()
    {
        return salt;
    }

    /** First 8 bytes of the key's SHA1. */
    byte[] auxHash()
    {
        return Arrays.copyOf(Jce.sha1(key), 8);
    }

    /** An encrypted message of the client in clear, or empty if its key does not fit it. */
    byte[] decryptFromClient(byte[] message)
    {
        return decrypt(message, CLIENT_TO_SERVER);
    }

    byte[] decryptFromServer(byte[] message)
    {
        return decrypt(message, SERVER_TO_CLIENT);
    }

    /** Salt, session id, message id, sequence number, length, data; padding is added. */
    byte[] encryptToClient(byte[] plain, RandomGenerator random)
    {
        return encrypt(plain, SERVER_TO_CLIENT, random);
    }

    byte[] encryptToServer(byte[] plain, RandomGenerator random)
    {
        return encrypt(plain, CLIENT_TO_SERVER, random);
    }

    /** The value of a quick acknowledgement for a client's message in clear, padding included. */
    int quickAck(byte[] plain)
    {
        return LittleEndian.getInt(messageKeyLarge(plain, CLIENT_TO_SERVER), 0) | 0x8000_0000;
    }

    private byte[] decrypt(byte[] message, int x)
    {
        int encryptedLength = message.length - HEADER_LENGTH & -16;
        if (encryptedLength <= 0)
        {
            return new byte[0];
        }
        byte[] messageKey = Arrays.copyOfRange(message, 8, HEADER_LENGTH);
        // a proxy cannot tell whole words of transport padding from the message: cut to blocks
        byte[] encrypted = Arrays.copyOfRange(message, HEADER_LENGTH, HEADER_LENGTH + encryptedLength);
        byte[] plain = AesIge.decrypt(encrypted, aesKey(messageKey, x), aesIv(messageKey, x));
        byte[] expected = Arrays.copyOfRange(messageKeyLarge(plain, x), 8, 24);
        return Arrays.equals(messageKey, expected) ? plain : new byte[0];
    }

    private byte[] encrypt(byte[] plain, int x, RandomGenerator random)
    {
        int paddingLength = PADDING_LENGTH_MIN + (-(plain.length + PADDING_LENGTH_MIN) & 15) + 16 * random.nextInt(4);
        byte[] padding = new byte[paddingLength];
        random.nextBytes(padding);
        byte[] padded = new ByteBuilder().putBytes(plain).putBytes(padding).toByteArray();
        byte[] messageKey = Arrays.copyOfRange(messageKeyLarge(padded, x), 8, 24);
        return new ByteBuilder()
            .putLong(id)
            .putBytes(messageKey)
            .putBytes(AesIge.encrypt(padded, aesKey(messageKey, x), aesIv(messageKey, x)))
            .toByteArray();
    }

    private byte[] messageKeyLarge(byte[] padded, int x)
    {
        return Jce.sha256(Arrays.copyOfRange(key, 88 + x, 120 + x), padded);
    }

    private byte[] aesKey(byte[] messageKey, int x)
    {
        byte[] a = Jce.sha256(messageKey, Arrays.copyOfRange(key, x, x + 36));
        byte[] b = Jce.sha256(Arrays.copyOfRange(key, 40 + x, 76 + x), messageKey);
        return new ByteBuilder().putBytes(a, 0, 8).putBytes(b, 8, 16).putBytes(a, 24, 8).toByteArray();
    }

    private byte[] aesIv(byte[] messageKey, int x)
    {
        byte[] a = Jce.sha256(messageKey, Arrays.copyOfRange(key, x, x + 36));
        byte[] b = Jce.sha256(Arrays.copyOfRange(key, 40 + x, 76 + x), messageKey);
        return new ByteBuilder().putBytes(b, 0, 8).putBytes(a, 8, 16).putBytes(b, 24, 8).toByteArray();
    }

    @Override
    public String toString()
    {
        return "AuthKey[" + Long.toHexString(id) + "]";
    }
}
