// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.soak;

import java.util.Objects;

/**
 * What goes wrong on purpose in a {@link DatacenterServer}; start from {@link #NONE}.
 *
 * @param handshake      fault of the handshake.
 * @param closeAt        step at which the server closes a connection.
 * @param answerFault    what happens to some answers.
 * @param answerEvery    every how many answers that happens; 0 is never.
 * @param delayMs        every answer waits this long.
 * @param bytesPerSecond at most this is written to one connection; 0 is no limit.
 * @param readLimit      bytes that are read from a connection, then it is never read again (back-pressure).
 * @param linksAffected  the first so many connections have the faults, later ones none.
 */
public record FaultPlan(
    HandshakeFault handshake, CloseAt closeAt, AnswerFault answerFault, int answerEvery, int delayMs,
    int bytesPerSecond, long readLimit, int linksAffected)
{
    /** When a connection is closed. */
    public enum CloseAt
    {
        NEVER,
        /** As soon as it is accepted. */
        ACCEPT,
        /** When the proxy's nonce is there, without an answer. */
        NONCE_RECEIVED,
        /** When the own nonce is written. */
        NONCE_SENT,
        /** When the handshakes are through. */
        READY,
        /** With the first request, without an answer. */
        REQUEST,
        /** When an answer is written, for {@link FaultPlan#answerEvery()} of them. */
        ANSWER
    }

    /** What happens to an answer. */
    public enum AnswerFault
    {
        NONE,
        /** Nothing is sent in its place. */
        SILENT,
        BAD_CRC,
        WRONG_SEQUENCE,
        /** The first half of its frame, then nothing more on this connection. */
        HALF_FRAME,
        OVERSIZED,
        /** Its frame is followed by one of an unknown opcode, which a proxy ignores. */
        UNKNOWN_OPCODE,
        /** It is followed by one for an id that nobody has. */
        UNKNOWN_ID,
        /** RPC_CLOSE_EXT follows it. */
        CLOSE_EXTERNAL,
        /** A ping goes before it. */
        PING,
        /** Padding words go before it. */
        PADDING
    }

    /** Nothing goes wrong. */
    public static final FaultPlan NONE = new FaultPlan(
        HandshakeFault.NONE, CloseAt.NEVER, AnswerFault.NONE, 0, 0, 0, Long.MAX_VALUE, Integer.MAX_VALUE);

    public FaultPlan
    {
        Objects.requireNonNull(handshake, "handshake");
        Objects.requireNonNull(closeAt, "closeAt");
        Objects.requireNonNull(answerFault, "answerFault");
        if (answerEvery < 0 || delayMs < 0 || bytesPerSecond < 0 || readLimit < 0 || linksAffected < 0)
        {
            throw new IllegalArgumentException("negative number in a fault plan");
        }
    }

    public FaultPlan withHandshake(HandshakeFault value)
    {
        return new FaultPlan(
            value, closeAt, answerFault, answerEvery, delayMs, bytesPerSecond, readLimit, linksAffected);
    }

    public FaultPlan withCloseAt(CloseAt value)
    {
        return new FaultPlan(
            handshake, value, answerFault, answerEvery, delayMs, bytesPerSecond, readLimit, linksAffected);
    }

    public FaultPlan withAnswerFault(AnswerFault value, int every)
    {
        return new FaultPlan(handshake, closeAt, value, every, delayMs, bytesPerSecond, readLimit, linksAffected);
    }

    public FaultPlan withDelayMs(int value)
    {
        return new FaultPlan(
            handshake, closeAt, answerFault, answerEvery, value, bytesPerSecond, readLimit, linksAffected);
    }

    public FaultPlan withBytesPerSecond(int value)
    {
        return new FaultPlan(handshake, closeAt, answerFault, answerEvery, delayMs, value, readLimit, linksAffected);
    }

    public FaultPlan withReadLimit(long value)
    {
        return new FaultPlan(
            handshake, closeAt, answerFault, answerEvery, delayMs, bytesPerSecond, value, linksAffected);
    }

    public FaultPlan withLinksAffected(int value)
    {
        return new FaultPlan(
            handshake, closeAt, answerFault, answerEvery, delayMs, bytesPerSecond, readLimit, value);
    }
}
