// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.soak;

import java.util.Objects;

/**
 * What a {@link ClientPeer} is to be.
 *
 * @param transport        framing that its header announces.
 * @param secret           16 bytes, or none for a proxy without secrets. [P-OBF-12]
 * @param dcId             16-bit, sign as on the wire. [P-OBF-16]
 * @param paddingLengthMax longest random padding of its frames, padded transport only: 3 is what a proxy cuts off
 *                         again, up to 15 is what clients may send and a proxy forwards by whole words. [P-OBF-33]
 * @param seed             of its header and its padding.
 */
public record ClientOptions(Transport transport, byte[] secret, int dcId, int paddingLengthMax, long seed)
{
    /** Length of a secret. */
    public static final int SECRET_LENGTH = 16;
    /** A proxy cuts off at most this much padding. */
    public static final int PADDING_LENGTH_CUT = 3;
    /** Longest padding that clients use. */
    public static final int PADDING_LENGTH_MAX = 15;

    public ClientOptions
    {
        Objects.requireNonNull(transport, "transport");
        secret = secret.clone();
        if (secret.length != 0 && secret.length != SECRET_LENGTH)
        {
            throw new IllegalArgumentException("secret of " + secret.length + " bytes, not 0 or 16");
        }
        if (dcId < Short.MIN_VALUE || dcId > Short.MAX_VALUE)
        {
            throw new IllegalArgumentException("DC id " + dcId + " is not a 16-bit number");
        }
        if (paddingLengthMax < 0 || paddingLengthMax > PADDING_LENGTH_MAX)
        {
            throw new IllegalArgumentException("padding of " + paddingLengthMax + " bytes is outside 0..15");
        }
    }

    /** A client without secret. */
    public static ClientOptions of(Transport transport, int dcId, long seed)
    {
        return new ClientOptions(transport, new byte[0], dcId, PADDING_LENGTH_CUT, seed);
    }

    /** A client with a secret. */
    public static ClientOptions of(Transport transport, byte[] secret, int dcId, long seed)
    {
        return new ClientOptions(transport, secret, dcId, PADDING_LENGTH_CUT, seed);
    }

    @Override
    public byte[] secret()
    {
        return secret.clone();
    }

    @Override
    public boolean equals(Object other)
    {
        return other instanceof ClientOptions that && transport == that.transport && dcId == that.dcId &&
            paddingLengthMax == that.paddingLengthMax && seed == that.seed &&
            java.security.MessageDigest.isEqual(secret, that.secret);
    }

    @Override
    public int hashCode()
    {
        return Objects.hash(transport, dcId, paddingLengthMax, seed);
    }

    @Override
    public String toString()
    {
        return "ClientOptions[" + transport + ", " + (secret.length == 0 ? "no secret" : "secret") + ", dc " + dcId +
            ", padding 0.." + paddingLengthMax + "]";
    }
}
