// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.crypto;

import java.io.NotSerializableException;
import java.io.ObjectOutputStream;
import java.util.Arrays;
import javax.crypto.SecretKey;

/**
 * An AES-256 key that can be zeroed, unlike a {@code SecretKeySpec}, whose copy lives until it is collected.
 * <p>
 * The provider asks for the bytes once for each init and zeroes what it was given.
 */
final class RawKey implements SecretKey
{
    private static final long serialVersionUID = 1L;

    /** Length in bytes: AES-256. */
    static final int LENGTH = 32;

    private final byte[] bytes = new byte[LENGTH];

    RawKey set(byte[] key)
    {
        if (key.length != LENGTH)
        {
            throw new IllegalArgumentException("an AES-256 key has " + LENGTH + " bytes, not " + key.length);
        }
        System.arraycopy(key, 0, bytes, 0, LENGTH);
        return this;
    }

    RawKey clear()
    {
        Arrays.fill(bytes, (byte)0);
        return this;
    }

    @Override
    public String getAlgorithm()
    {
        return "AES";
    }

    @Override
    public String getFormat()
    {
        return "RAW";
    }

    @Override
    public byte[] getEncoded()
    {
        return bytes.clone();
    }

    /** Says nothing about the key. */
    @Override
    public String toString()
    {
        return "RawKey";
    }

    private void writeObject(ObjectOutputStream out) throws NotSerializableException
    {
        throw new NotSerializableException(RawKey.class.getName());
    }
}
