// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import java.util.List;
import java.util.function.LongFunction;

/**
 * One start of a connection, and how it may end otherwise than in C.
 *
 * @param name       for the transcript.
 * @param maker      makes what the client sends of the time in seconds, one array for each segment.
 * @param isAligned  whether it is sent at the beginning of a second, as its time is at an edge.
 * @param isSlow     whether the end comes by the alarm of 10 s, so that it is awaited last. [P-TLS-30]
 * @param afterwards what the client does when it is accepted.
 * @param hardening  clause by which ours differs, empty where it does not.
 * @param ours       the line of the transcript then.
 */
record HelloCase(String name, LongFunction<List<byte[]>> maker, boolean isAligned, boolean isSlow,
    Afterwards afterwards, String hardening, String ours)
{
    /** What a client sends once it is accepted. */
    enum Afterwards
    {
        /** It goes. */
        LEAVE,
        /** Nothing more. */
        WAIT,
        /** A good start and a ping of the proxy. [P-OBF-50] */
        PING,
        /** A good start in three records, then the ping in records of one byte. */
        PING_IN_PIECES,
        /** A ChangeCipherSpec of version 3.1. [P-TLS-31] */
        WRONG_CHANGE_CIPHER_SPEC,
        /** The first record without one. */
        NO_CHANGE_CIPHER_SPEC,
        /** A first record of 63 bytes. */
        SHORT_RECORD,
        /** A second ChangeCipherSpec after a good start. [P-TLS-34] */
        OTHER_RECORD,
        /** An alert after a good start. */
        ALERT,
        /** The header of the intermediate transport. [P-TLS-33] */
        INTERMEDIATE,
        /** The header of the abridged transport. */
        ABRIDGED,
        /** A header that no secret opens; the alarm ends it. */
        UNKNOWN_SECRET
    }

    static HelloCase of(String name, LongFunction<List<byte[]>> maker)
    {
        return new HelloCase(name, maker, false, false, Afterwards.LEAVE, "", "");
    }

    static HelloCase of(String name, byte[]... segments)
    {
        List<byte[]> all = List.of(segments);
        return of(name, _ -> all);
    }

    HelloCase aligned()
    {
        return new HelloCase(name, maker, true, isSlow, afterwards, hardening, ours);
    }

    HelloCase slow()
    {
        return new HelloCase(name, maker, isAligned, true, afterwards, hardening, ours);
    }

    HelloCase then(Afterwards what)
    {
        return new HelloCase(name, maker, isAligned, isSlow, what, hardening, ours);
    }

    /** Ours ends otherwise, by a clause that says so. */
    HelloCase hardened(String clause, String line)
    {
        return new HelloCase(name, maker, isAligned, isSlow, afterwards, clause, line);
    }
}
