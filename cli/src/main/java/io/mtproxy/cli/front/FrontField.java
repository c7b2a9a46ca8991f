// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli.front;

/**
 * What is compared of a proxy and its domain, in the order of the report.
 * <p>
 * The points are what a difference costs of 100: much where one connection or one look is enough to know, little where many
 * must be counted.
 */
public enum FrontField
{
    /** The name leads to the proxy's address, as a censor can look up. */
    ADDRESS("address", 10),
    /** A certificate for the name, in its time. */
    VALIDITY("certificate's validity", 10),
    /** TLS 1.3 with an answer to the first hello. */
    VERSION("TLS 1.3", 30),
    /** X25519MLKEM768 is taken where it is offered, as by all large sites. */
    HYBRID("hybrid key share", 5),
    /** Strangers see the domain's certificate. */
    CERTIFICATE("certificate", 40),
    /** Strangers get the domain's answer. */
    STRANGERS("answer to strangers", 25),
    /** Bad input ends as with the domain. */
    BAD_INPUT("bad input", 20),
    /** So does plain HTTP. */
    HTTP("plain HTTP", 10),
    /** So does silence. */
    SILENCE("silence", 10),
    /** The readable part of an answer to our clients. */
    SERVER_HELLO("ServerHello", 25),
    /** Its key share. */
    GROUPS("group of the key share", 15),
    /** Types of its records up to the first encrypted one. */
    RECORD_TYPES("types of records", 15),
    /** How many encrypted records it has. */
    RECORD_COUNT("encrypted records", 12),
    /** How many bytes they are. */
    FLIGHT_SIZE("size of the flight", 15),
    /** What comes unasked after the handshake. */
    TICKETS("session tickets", 5),
    /** Time to its first byte. */
    DELAY("delay", 8);

    private final String words;
    private final int points;

    FrontField(String words, int points)
    {
        this.words = words;
        this.points = points;
    }

    /** What a difference costs. */
    public int points()
    {
        return points;
    }

    @Override
    public String toString()
    {
        return words;
    }
}
