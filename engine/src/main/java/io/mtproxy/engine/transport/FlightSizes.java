// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.transport;

import io.mtproxy.crypto.RandomSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The encrypted records of a domain's first flight, as it has sent them to hellos that offer ALPN and X25519 only, and the length of the one
 * record of ours that takes their place. [P-TLS-21] [P-TLS-24]
 * <p>
 * Telegram's clients take one such record and no more. For a flight of several, ours has so many bytes that the flight as a
 * whole is as long as the domain's: that is what counting segments and bytes can see. (ADR 7)
 */
public final class FlightSizes
{
    /** Longest record that an answer may end with: TLS allows no more. */
    public static final int LENGTH_MAX = 16 * 1024 + 256;
    /** Flights that are remembered; the newest stay. */
    public static final int COUNT_MAX = 256;
    /** Records of one flight that are remembered. */
    public static final int RECORD_COUNT_MAX = 32;

    private static final int HEADER_LENGTH = 5;
    private static final int NO_SIGNATURE = -1;
    /**
     * A signature's two numbers have one byte more each with a chance of one half, so that one half of all flights has the
     * middle length: that two dozen have less than a sixth happens once in ten thousand looks.
     */
    private static final int MIDDLE_SHARE_MIN = 6;
    /** One number in 128 is a byte shorter still. */
    private static final int RARE_SHARE_MIN = 8;
    /** By how far flights may go out of what is known without being those of another certificate. */
    private static final int DRIFT_MAX = 2;

    private final List<Flight> flights;
    private final int alpnLength;
    private final int hybridLength;
    private final int[] lengths;
    private final int min;
    private final int max;
    private final int signatureMiddle;

    /**
     * One flight.
     *
     * @param recordLengths of its encrypted records without their headers, in order; at least one.
     */
    public record Flight(List<Integer> recordLengths)
    {
        public Flight
        {
            recordLengths = List.copyOf(recordLengths);
            if (recordLengths.isEmpty() || recordLengths.size() > RECORD_COUNT_MAX ||
                recordLengths.stream().anyMatch(length -> length < 1 || length > LENGTH_MAX))
            {
                throw new IllegalArgumentException("flight of records " + recordLengths);
            }
        }

        /** @return length of one record that makes a flight as long as this. */
        public int length()
        {
            int sum = (recordLengths.size() - 1) * HEADER_LENGTH;
            for (int length : recordLengths)
            {
                sum += length;
            }
            return Math.min(sum, LENGTH_MAX);
        }
    }

    /**
     * @param flights      1 or more, the oldest first; of more than {@link #COUNT_MAX} the newest count.
     * @param alpnLength   bytes by which ALPN lengthens a flight.
     * @param hybridLength bytes by which a share for X25519MLKEM768 does; below zero where it shortens it, as with OpenSSL,
     *                     which tells its groups to those who did not offer the one it likes best.
     */
    public FlightSizes(List<Flight> flights, int alpnLength, int hybridLength)
    {
        if (flights.isEmpty() || alpnLength < 0 || alpnLength > LENGTH_MAX || Math.abs(hybridLength) > LENGTH_MAX)
        {
            throw new IllegalArgumentException(
                flights.size() + " flights, ALPN of " + alpnLength + " bytes, hybrid share of " + hybridLength);
        }
        this.hybridLength = hybridLength;
        this.flights = List.copyOf(flights.subList(Math.max(0, flights.size() - COUNT_MAX), flights.size()));
        this.alpnLength = alpnLength;
        lengths = this.flights.stream().mapToInt(Flight::length).sorted().toArray();
        min = lengths[0];
        max = lengths[lengths.length - 1];
        signatureMiddle = signatureMiddle(lengths);
    }

    /** Flights of one record each. */
    public static FlightSizes ofLengths(int... lengths)
    {
        return new FlightSizes(Arrays.stream(lengths).mapToObj(length -> new Flight(List.of(length))).toList(), 0,
            0);
    }

    /**
     * Looks for the spread of a signature. A few dozen flights do not show the shares of its lengths well enough to draw by
     * them, but that it is one: three lengths in a row, the middle one of them not rare, hardly any below and none above.
     *
     * @return the middle one, or {@link #NO_SIGNATURE}.
     */
    private static int signatureMiddle(int[] sorted)
    {
        int middle = sorted[sorted.length - 1] - 1;
        int below = count(sorted, middle - 1);
        int at = count(sorted, middle);
        int rare = sorted.length - below - at - count(sorted, middle + 1);
        return below > 0 && at * MIDDLE_SHARE_MIN >= sorted.length && rare * RARE_SHARE_MIN <= sorted.length ?
            middle :
            NO_SIGNATURE;
    }

    private static int count(int[] lengths, int length)
    {
        int count = 0;
        for (int any : lengths)
        {
            count += any == length ? 1 : 0;
        }
        return count;
    }

    /** @return these flights behind older ones, unless they are so different that the domain has changed. */
    public FlightSizes after(FlightSizes older)
    {
        if (min < older.min - DRIFT_MAX || max > older.max + DRIFT_MAX || alpnLength != older.alpnLength ||
            hybridLength != older.hybridLength)
        {
            return this;
        }
        List<Flight> all = new ArrayList<>(older.flights);
        all.addAll(flights);
        return new FlightSizes(all, alpnLength, hybridLength);
    }

    /**
     * Draws the length of the encrypted record of one answer. [P-TLS-24]
     *
     * @param hasAlpn   the hello offers ALPN.
     * @param hasHybrid it has a share for X25519MLKEM768.
     */
    public int drawLength(RandomSource random, boolean hasAlpn, boolean hasHybrid)
    {
        // two coins: -1, 0, 0, +1
        int length = signatureMiddle != NO_SIGNATURE ?
            signatureMiddle + random.nextInt(2) - random.nextInt(2) :
            min == max ? max : lengths[random.nextInt(lengths.length)];
        int wanted = length - (hasAlpn ? 0 : alpnLength) + (hasHybrid ? hybridLength : 0);
        return Math.clamp(wanted, 1, LENGTH_MAX);
    }

    /** @return what the domain has sent, the oldest first. */
    public List<Flight> flights()
    {
        return flights;
    }

    /** @return bytes by which ALPN lengthens a flight. */
    public int alpnLength()
    {
        return alpnLength;
    }

    /** @return bytes by which a share for X25519MLKEM768 lengthens a flight, below zero where it shortens it. */
    public int hybridLength()
    {
        return hybridLength;
    }

    @Override
    public boolean equals(@Nullable Object other)
    {
        return other instanceof FlightSizes sizes && alpnLength == sizes.alpnLength &&
            hybridLength == sizes.hybridLength && flights.equals(sizes.flights);
    }

    @Override
    public int hashCode()
    {
        return Objects.hash(flights, alpnLength, hybridLength);
    }

    @Override
    public String toString()
    {
        return flights.size() + " flights of " + min + " to " + max + " bytes, ALPN " + alpnLength + ", hybrid share " +
            hybridLength;
    }
}
