// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.transport;

/** What the header of one frame from a client says. One for each client agent, written by a {@link FrameCodec}. */
public final class FrameHeader
{
    /** Whether a header may be acted upon. */
    public enum Result
    {
        /** The fields are those of this header. */
        OK,
        /** A length that no client sends: close the connection, send nothing; the fields keep their old values. */
        MALFORMED
    }

    private int wireLength;
    private int payloadLength;
    private boolean quickAck;

    /** Bytes that follow the header, padding included; 1 to {@link FrameCodec#PAYLOAD_LENGTH_MAX}. */
    public int wireLength()
    {
        return wireLength;
    }

    /** How many of them, from the first, are payload: a multiple of 4, never 0. The others are thrown away. */
    public int payloadLength()
    {
        return payloadLength;
    }

    /** Whether the client wants to know soon that the frame has arrived. [P-OBF-40] */
    public boolean quickAck()
    {
        return quickAck;
    }

    void set(int wireLength, int payloadLength, boolean quickAck)
    {
        this.wireLength = wireLength;
        this.payloadLength = payloadLength;
        this.quickAck = quickAck;
    }
}
