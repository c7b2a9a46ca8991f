// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.soak.load;

import io.mtproxy.soak.LittleEndian;

/**
 * Takes the plaintext of a client's stream apart, in pieces of any size. [P-OBF-31] [P-OBF-32] [P-OBF-35]
 * <p>
 * Each answer's header is read; its bytes are compared in one of {@value #SAMPLE_EVERY} answers, so that checking costs
 * little beside what is measured. Bytes that need no look may be left out by {@link #skip}.
 */
final class AnswerReader
{
    private static final int SAMPLE_EVERY = 16;
    private static final int ABRIDGED_LONG = 0x7f;
    private static final int PADDING_MAX = 3;

    private final Wire wire;
    private final LoadPayload payload;
    private final LargeAnswers.Table tables;
    private final AnswerSink sink;
    private final byte[] head = new byte[LoadPayload.HEADER_LENGTH];
    private final byte[] lengthBytes = new byte[4];
    private int lengthFill;
    private int lengthWanted;
    private int headFill;
    /** Bytes of the packet that are still to come, once its length is known. */
    private int remaining;
    private int packetBodyLength;
    private int payloadLength;
    private boolean isChecked;
    private boolean isBroken;

    AnswerReader(Wire wire, LoadPayload payload, LargeAnswers.Table tables, AnswerSink sink)
    {
        this.wire = wire;
        this.payload = payload;
        this.tables = tables;
        this.sink = sink;
        reset();
    }

    /** Begins a new stream. */
    void reset()
    {
        lengthFill = 0;
        lengthWanted = wire == Wire.ABRIDGED ? 1 : 4;
        headFill = 0;
        remaining = 0;
        isBroken = false;
        if (wire == Wire.PLAIN)
        {
            remaining = LoadPayload.HEADER_LENGTH;
        }
    }

    /** Takes bytes; false when they are not what they must be. */
    boolean read(byte[] plain, int from, int to)
    {
        int at = from;
        while (at < to && !isBroken)
        {
            if (remaining == 0)
            {
                at = readLength(plain, at, to);
            }
            else if (headFill < LoadPayload.HEADER_LENGTH)
            {
                at = readHead(plain, at, to);
            }
            else
            {
                int length = Math.min(remaining, to - at);
                check(plain, at, length);
                skip(length);
                at += length;
            }
        }
        return !isBroken;
    }

    /** @return how many bytes may be left out from here. */
    int skippable()
    {
        return headFill == LoadPayload.HEADER_LENGTH && !isChecked ? remaining : 0;
    }

    /** Whether what comes next is the inside of a packet that is compared. */
    boolean isInside()
    {
        return headFill == LoadPayload.HEADER_LENGTH;
    }

    /** Leaves bytes of the packet out, of which some must be outstanding. */
    void skip(int length)
    {
        remaining -= length;
        if (remaining == 0)
        {
            headFill = 0;
            lengthFill = 0;
            lengthWanted = wire == Wire.ABRIDGED ? 1 : 4;
            int client = LoadPayload.client(head, 0);
            int sequence = LoadPayload.sequence(head, 0);
            if (wire == Wire.PLAIN)
            {
                remaining = LoadPayload.HEADER_LENGTH;
            }
            sink.onAnswer(client, sequence, payloadLength);
        }
    }

    private int readLength(byte[] plain, int from, int to)
    {
        int at = from;
        while (at < to && lengthFill < lengthWanted)
        {
            lengthBytes[lengthFill++] = plain[at++];
            if (lengthFill == 1 && wire == Wire.ABRIDGED && lengthBytes[0] == ABRIDGED_LONG)
            {
                lengthWanted = 4;
            }
        }
        if (lengthFill == lengthWanted)
        {
            remaining = switch (wire)
            {
                case ABRIDGED -> lengthWanted == 1 ?
                    (lengthBytes[0] & 0xff) * 4 :
                    (LittleEndian.getInt(lengthBytes, 0) >>> 8) * 4;
                case INTERMEDIATE, PADDED, FAKE_TLS, FAKE_TLS_HYBRID, PLAIN -> LittleEndian.getInt(lengthBytes, 0);
            };
            isBroken = remaining < LoadPayload.LENGTH_MIN || remaining > LoadPayload.LENGTH_MAX + PADDING_MAX;
        }
        return at;
    }

    private int readHead(byte[] plain, int from, int to)
    {
        int length = Math.min(LoadPayload.HEADER_LENGTH - headFill, to - from);
        System.arraycopy(plain, from, head, headFill, length);
        headFill += length;
        remaining -= length;
        if (headFill == LoadPayload.HEADER_LENGTH)
        {
            payloadLength = LoadPayload.length(head, 0);
            int bodyLength = payloadLength - LoadPayload.HEADER_LENGTH;
            if (wire == Wire.PLAIN)
            {
                remaining = bodyLength;
            }
            int sequence = LoadPayload.sequence(head, 0);
            isBroken = !LoadPayload.isHeader(head, 0) || remaining < bodyLength ||
                remaining > bodyLength + PADDING_MAX;
            isChecked = sequence % SAMPLE_EVERY == 0;
            packetBodyLength = remaining;
        }
        return from + length;
    }

    /** Compares what of these bytes is payload; the rest is padding. */
    private void check(byte[] plain, int at, int length)
    {
        int done = packetBodyLength - remaining;
        int bodyLength = payloadLength - LoadPayload.HEADER_LENGTH;
        int checkable = Math.min(length, bodyLength - done);
        if (!isChecked || checkable <= 0)
        {
            return;
        }
        int link = LoadPayload.link(head, 0);
        boolean isRight = link == 0 ?
            payload.isPattern(LoadPayload.client(head, 0), LoadPayload.sequence(head, 0), done, plain, at, checkable) :
            tables.isRight(link, bodyLength, done, plain, at, checkable);
        isBroken = !isRight;
    }
}
