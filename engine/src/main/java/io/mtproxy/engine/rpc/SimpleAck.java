// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.rpc;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** RPC_SIMPLE_ACK, a quick ack for a client: type, ext id i64, confirm u32. [P-RPC-66] */
public final class SimpleAck
{
    /** Length of the payload. */
    public static final int LENGTH = 16;

    private static final int EXT_CONNECTION_ID_OFFSET = 4;
    private static final int CONFIRM_OFFSET = 12;

    private DirectBuffer buffer = new UnsafeBuffer(new byte[0]);
    private int offset;

    /** Looks at a payload that {@link RpcReceived} took for one of these. */
    public SimpleAck wrap(DirectBuffer buffer, int offset)
    {
        this.buffer = buffer;
        this.offset = offset;
        return this;
    }

    /** @return whose ack it is. */
    public long extConnectionId()
    {
        return buffer.getLong(offset + EXT_CONNECTION_ID_OFFSET, LITTLE_ENDIAN);
    }

    /** @return the value for the client, read little-endian. [P-OBF-41] */
    public int confirm()
    {
        return buffer.getInt(offset + CONFIRM_OFFSET, LITTLE_ENDIAN);
    }
}
