// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.datacenter;

/** The secret shared with the middle proxies: the bytes of the {@code --aes-pwd} file, as they are. [P-RPC-12] */
public final class ProxySecret
{
    /** Fewest bytes. [C-LIM-13] */
    public static final int LENGTH_MIN = 32;
    /** Most bytes. [C-LIM-13] */
    public static final int LENGTH_MAX = 256;
    /** No secret is loaded: links are tried, but none can be ready. [C-EXIT-09] */
    public static final ProxySecret NONE = new ProxySecret(new byte[0]);

    private final byte[] bytes;

    private ProxySecret(byte[] bytes)
    {
        this.bytes = bytes;
    }

    /** @param bytes 32 to 256 of them; copied. */
    public static ProxySecret of(byte[] bytes)
    {
        if (bytes.length < LENGTH_MIN || bytes.length > LENGTH_MAX)
        {
            throw new IllegalArgumentException(
                "proxy secret of " + bytes.length + " bytes, must be " + LENGTH_MIN + ".." + LENGTH_MAX);
        }
        return new ProxySecret(bytes.clone());
    }

    /** @return whether there is one. */
    public boolean isLoaded()
    {
        return bytes.length != 0;
    }

    /** @return first four bytes, little-endian, by which the other side knows which secret is meant. [P-RPC-10] */
    public int keySelector()
    {
        return bytes[0] & 0xff | (bytes[1] & 0xff) << 8 | (bytes[2] & 0xff) << 16 | bytes[3] << 24;
    }

    /** @return the bytes themselves, for key derivation only; not to be changed or shown. */
    byte[] bytes()
    {
        return bytes;
    }

    @Override
    public String toString()
    {
        return isLoaded() ? "ProxySecret{masked}" : "ProxySecret{none}";
    }
}
