// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.client;

import io.mtproxy.engine.config.SecretList;
import java.net.InetAddress;
import java.util.Arrays;

/**
 * Which secret clients from an address have shown last: an app that connects again and again is then known at the first
 * attempt, and not after as many as there are secrets before its own. Of one agent.
 * <p>
 * No address is kept. It leads to a place, and whoever comes upon another one's hint pays for one attempt more.
 */
final class SecretHints
{
    private static final int PLACE_BITS = 14;
    /** Spreads what only differs in a few bits over the upper ones (the golden ratio, as 32 bits). */
    private static final int SPREAD = 0x9e3779b9;

    /** Positions, counted from 1; 0 where nobody has been. */
    private final byte[] hints = new byte[1 << PLACE_BITS];

    /** @return position of the likely secret, {@link SecretList#NO_POSITION} when none is likelier than another. */
    int find(InetAddress address)
    {
        // what was never remembered is position -1
        return (hints[placeOf(address)] & 0xff) - 1;
    }

    /** Somebody has come with the secret at this position, one of {@link SecretList#COUNT_MAX} at most. */
    void remember(InetAddress address, int position)
    {
        hints[placeOf(address)] = (byte)(position + 1);
    }

    /** The secrets are others now. */
    void clear()
    {
        Arrays.fill(hints, (byte)0);
    }

    private static int placeOf(InetAddress address)
    {
        return address.hashCode() * SPREAD >>> Integer.SIZE - PLACE_BITS;
    }
}
