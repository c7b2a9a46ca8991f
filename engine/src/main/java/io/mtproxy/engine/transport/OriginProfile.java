// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.transport;

import io.mtproxy.crypto.RandomSource;
import java.util.List;

/**
 * What is known of how a domain answers TLS 1.3, as far as an answer of ours can follow it. [P-TLS-24] [P-TLS-52]
 *
 * @param hello  the one record that can be read.
 * @param flight the encrypted records behind it.
 * @param after  what a domain sends once the client has finished: tickets, data.
 * @param delays until the first byte of an answer.
 */
public record OriginProfile(HelloShape hello, FlightSizes flight, AfterHandshake after, AnswerDelays delays)
{
    private static final int DEFAULT_SIZE_MIN = 2500;
    private static final int DEFAULT_SIZE_SPREAD = 1120;

    /**
     * The ServerHello. TLS 1.3 allows a server two extensions, key_share and supported_versions, so that their order is
     * all there is to their list.
     *
     * @param isVersionsFirst  supported_versions stands before key_share.
     * @param cipher           chosen from a hello that offers 0x1301, 0x1302 and 0x1303 in this order.
     * @param isHybridTaken    X25519MLKEM768 is chosen when it is offered with a share. [P-TLS-22]
     * @param isCipherChanged  a ChangeCipherSpec follows; Telegram's clients want ours in any case. [P-TLS-21]
     */
    public record HelloShape(boolean isVersionsFirst, int cipher, boolean isHybridTaken, boolean isCipherChanged)
    {
        /** First of the ciphers of TLS 1.3. */
        public static final int CIPHER_FIRST = 0x1301;
        /** Last of those that clients of ours offer. */
        public static final int CIPHER_LAST = 0x1303;
        /** What most servers send. */
        public static final HelloShape DEFAULT = new HelloShape(false, CIPHER_FIRST, false, true);

        public HelloShape
        {
            if (cipher < CIPHER_FIRST || cipher > CIPHER_LAST)
            {
                throw new IllegalArgumentException("cipher " + Integer.toHexString(cipher));
            }
        }
    }

    /** What serves until a domain has been looked at, or where that fails. [P-TLS-53] */
    public static OriginProfile drawDefault(RandomSource random)
    {
        int size = DEFAULT_SIZE_MIN + random.nextInt(DEFAULT_SIZE_SPREAD);
        return of(false, size - 1, size, size, size + 1);
    }

    /** A profile of nothing but the order of the extensions and the lengths of flights of one record. */
    public static OriginProfile of(boolean isVersionsFirst, int... flightLengths)
    {
        return new OriginProfile(
            new HelloShape(isVersionsFirst, HelloShape.CIPHER_FIRST, false, true), FlightSizes.ofLengths(flightLengths),
            AfterHandshake.UNKNOWN, new AnswerDelays(List.of()));
    }

    /** @return the same with other flights. */
    public OriginProfile with(FlightSizes newFlight)
    {
        return new OriginProfile(hello, newFlight, after, delays);
    }

    /** @return the same with other delays. */
    public OriginProfile with(AnswerDelays newDelays)
    {
        return new OriginProfile(hello, flight, after, newDelays);
    }
}
