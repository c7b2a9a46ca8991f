// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.rpc;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * RPC_PROXY_ANS, a payload for a client. The flags say nothing that we need. [P-RPC-62]
 *
 * <pre>
 *   0      4       8        16
 *   +------+-------+--------+---------------------+
 *   | type | flags | ext id | data, 0 or more words
 *   +------+-------+--------+---------------------+
 * </pre>
 */
public final class ProxyAnswer
{
    /** Where the data begins; also the shortest payload. */
    public static final int DATA_OFFSET = 16;

    private static final int FLAGS_OFFSET = 4;
    private static final int EXT_CONNECTION_ID_OFFSET = 8;

    private DirectBuffer buffer = new UnsafeBuffer(new byte[0]);
    private int offset;
    private int length;

    /**
     * Looks at a payload that {@link RpcReceived} took for one of these.
     *
     * @param length of the whole payload, of which only the first 16 bytes need be there.
     */
    public ProxyAnswer wrap(DirectBuffer buffer, int offset, int length)
    {
        this.buffer = buffer;
        this.offset = offset;
        this.length = length;
        return this;
    }

    /** @return flags as they came. */
    public int flags()
    {
        return buffer.getInt(offset + FLAGS_OFFSET, LITTLE_ENDIAN);
    }

    /** @return whose answer it is. */
    public long extConnectionId()
    {
        return buffer.getLong(offset + EXT_CONNECTION_ID_OFFSET, LITTLE_ENDIAN);
    }

    /** @return where the data begins in the buffer. */
    public int dataOffset()
    {
        return offset + DATA_OFFSET;
    }

    /** @return length of the whole data, whether it is there yet or not. */
    public int dataLength()
    {
        return length - DATA_OFFSET;
    }
}
