// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.rpc;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The end of an external connection: RPC_CLOSE_EXT when the middle proxy wants it, RPC_CLOSE_CONN when it ended here.
 * Both are a type and the ext id i64. [P-RPC-67] [P-RPC-43]
 */
public final class CloseExternal
{
    /** Length of either payload. */
    public static final int LENGTH = 12;

    private static final int EXT_CONNECTION_ID_OFFSET = 4;

    private DirectBuffer buffer = new UnsafeBuffer(new byte[0]);
    private int offset;

    /** Looks at a payload that {@link RpcReceived} took for an RPC_CLOSE_EXT. */
    public CloseExternal wrap(DirectBuffer buffer, int offset)
    {
        this.buffer = buffer;
        this.offset = offset;
        return this;
    }

    /** @return which connection. */
    public long extConnectionId()
    {
        return buffer.getLong(offset + EXT_CONNECTION_ID_OFFSET, LITTLE_ENDIAN);
    }

    /** Writes an RPC_CLOSE_CONN of {@link #LENGTH} bytes. */
    public static void encodeCloseConnection(MutableDirectBuffer buffer, int offset, long extConnectionId)
    {
        buffer.putInt(offset, RpcType.RPC_CLOSE_CONN, LITTLE_ENDIAN);
        buffer.putLong(offset + EXT_CONNECTION_ID_OFFSET, extConnectionId, LITTLE_ENDIAN);
    }
}
