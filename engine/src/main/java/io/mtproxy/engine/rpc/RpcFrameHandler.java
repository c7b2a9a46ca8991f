// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.rpc;

import org.agrona.DirectBuffer;

/**
 * Takes frames from an {@link RpcFrameReader}. Buffers are valid during the call only. What is answered with
 * {@link Action#STOP} is given again, whole, when the reader goes on.
 */
public interface RpcFrameHandler
{
    /** What the reader does after a call. */
    enum Action
    {
        /** Taken, go on. */
        NEXT,
        /** Not taken, there is no room: give the same again later. */
        STOP,
        /** The link is to be closed; nothing more is read. */
        CLOSE
    }

    /**
     * A whole frame, sequence and CRC checked.
     *
     * @param length of the payload, 4..{@link RpcFrameReader#WHOLE_PAYLOAD_LENGTH_MAX}.
     */
    Action onFrame(DirectBuffer buffer, int offset, int length);

    /**
     * A frame too long to be held begins; its sequence is checked, its CRC is not yet.
     *
     * @param offset        of the first {@link ProxyAnswer#DATA_OFFSET} bytes of the payload, which are there.
     * @param payloadLength of the whole payload.
     */
    Action onLongFrameBegin(DirectBuffer buffer, int offset, int payloadLength);

    /**
     * The next bytes of a long frame's payload.
     *
     * @param length 1..{@link RpcFrameReader#PART_LENGTH_MAX}.
     * @param last   whether these are the last, and the CRC of the whole frame was right. A wrong one ends the reader
     *               before its last part is given.
     */
    Action onLongFramePart(DirectBuffer buffer, int offset, int length, boolean last);
}
