// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.rpc;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** RPC_PING and its answer RPC_PONG: a type and an id i64. [P-RPC-44] */
public final class Ping
{
    /** Length of either payload. */
    public static final int LENGTH = 12;

    private static final int ID_OFFSET = 4;

    private DirectBuffer buffer = new UnsafeBuffer(new byte[0]);
    private int offset;

    /** Looks at a payload that {@link RpcReceived} took for an RPC_PING. */
    public Ping wrap(DirectBuffer buffer, int offset)
    {
        this.buffer = buffer;
        this.offset = offset;
        return this;
    }

    /** @return what the answer must repeat. */
    public long id()
    {
        return buffer.getLong(offset + ID_OFFSET, LITTLE_ENDIAN);
    }

    /** Writes an RPC_PONG of {@link #LENGTH} bytes. */
    public static void encodePong(MutableDirectBuffer buffer, int offset, long id)
    {
        buffer.putInt(offset, RpcType.RPC_PONG, LITTLE_ENDIAN);
        buffer.putLong(offset + ID_OFFSET, id, LITTLE_ENDIAN);
    }
}
