// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.status;

/** What a client agent counts for each secret: one line each, in the order of their words in a row; new ones go last. */
public enum SecretCounter
{
    /** Open connections, handshake done. */
    CONNECTIONS(false),
    /** Handshakes accepted. */
    HANDSHAKES(true),
    /** Starts that showed the secret and were refused all the same. */
    REFUSALS(true),
    /** Client packets handed on. */
    PACKETS_TO_DATACENTER(true),
    /** Bytes of these, without headers. */
    BYTES_TO_DATACENTER(true),
    /** Answers. */
    PACKETS_TO_CLIENT(true),
    /** Bytes of these, without headers. */
    BYTES_TO_CLIENT(true),
    /** Distinct addresses for which {@link DistinctValues} had no place. */
    ADDRESSES_UNLISTED(false),
    /** Distinct keys for which {@link DistinctValues} had no place. */
    KEYS_UNLISTED(false);

    private final boolean isTotal;

    SecretCounter(boolean isTotal)
    {
        this.isTotal = isTotal;
    }

    /** @return whether it only grows, and goes on over restarts. */
    boolean isTotal()
    {
        return isTotal;
    }

    /** @return its place among these, from 0. */
    @SuppressWarnings("EnumOrdinal")
    int index()
    {
        return ordinal();
    }

    /** @return offset of its word in a row, behind the key. */
    int offset()
    {
        return (1 + index()) * Long.BYTES;
    }
}
