// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;

/** Drives a codec over a decrypted stream that comes in pieces, as a connection does. */
final class FrameReader
{
    record Packet(String payload, boolean quickAck)
    {
    }

    private static final int ODD_OFFSET = 3;

    private final FrameCodec codec;
    private final FrameHeader header = new FrameHeader();
    private final ByteArrayOutputStream pending = new ByteArrayOutputStream();
    private boolean headerDone;
    private boolean malformed;

    final List<Packet> packets = new ArrayList<>();

    FrameReader(FrameCodec codec)
    {
        this.codec = codec;
    }

    static FrameReader readAll(FrameCodec codec, byte[] stream)
    {
        FrameReader reader = new FrameReader(codec);
        reader.feed(stream, 0, stream.length);
        return reader;
    }

    void feed(byte[] bytes, int offset, int length)
    {
        pending.write(bytes, offset, length);
        while (!malformed && (headerDone ? takePayload() : takeHeader()))
        {
            // as long as something is complete
        }
    }

    /** As the vectors say it. */
    String end()
    {
        return malformed ? "close" : pending.size() == 0 && !headerDone ? "done" : "need_more";
    }

    private boolean takeHeader()
    {
        if (pending.size() < codec.headerLengthMin())
        {
            return false;
        }

        int headerLength = codec.headerLength(pending.toByteArray()[0]);
        assertTrue(headerLength >= codec.headerLengthMin() && headerLength <= FrameCodec.HEADER_LENGTH_MAX);
        if (pending.size() < headerLength)
        {
            return false;
        }

        // No byte behind the header, so that the bounds checks see a codec that reads too far.
        UnsafeBuffer buffer = new UnsafeBuffer(ByteBuffer.allocateDirect(ODD_OFFSET + headerLength));
        buffer.putBytes(ODD_OFFSET, take(headerLength));
        headerDone = switch (codec.decodeHeader(buffer, ODD_OFFSET, header))
        {
            case OK -> true;
            case MALFORMED -> false;
        };
        malformed = !headerDone;
        return headerDone;
    }

    private boolean takePayload()
    {
        if (pending.size() < header.wireLength())
        {
            return false;
        }

        byte[] wire = take(header.wireLength());
        assertEquals(header.wireLength() & -4, header.payloadLength());
        byte[] payload = Arrays.copyOf(wire, header.payloadLength());
        packets.add(new Packet(TransportVectors.hex(payload), header.quickAck()));
        headerDone = false;
        return true;
    }

    private byte[] take(int length)
    {
        byte[] all = pending.toByteArray();
        pending.reset();
        pending.write(all, length, all.length - length);
        return Arrays.copyOf(all, length);
    }
}
