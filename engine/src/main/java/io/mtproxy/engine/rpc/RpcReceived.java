// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.rpc;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import org.agrona.DirectBuffer;

/** What a payload from a middle proxy is, once the link is ready: type and size together. [P-RPC-60] */
public enum RpcReceived
{
    /** Wants an RPC_PONG: {@link Ping}. */
    PING,
    /** {@link ProxyAnswer}. */
    PROXY_ANSWER,
    /** {@link SimpleAck}. */
    SIMPLE_ACK,
    /** {@link CloseExternal}. */
    CLOSE_EXTERNAL,
    /** A pong, an unknown type, or a size that does not fit: the link goes on. */
    IGNORED;

    /**
     * Looks at a payload.
     *
     * @param buffer holding at least the first word at the offset.
     * @param length of the whole payload, which need not be there yet.
     */
    public static RpcReceived of(DirectBuffer buffer, int offset, int length)
    {
        return switch (buffer.getInt(offset, LITTLE_ENDIAN))
        {
            case RpcType.RPC_PROXY_ANS -> length >= ProxyAnswer.DATA_OFFSET ? PROXY_ANSWER : IGNORED;
            case RpcType.RPC_SIMPLE_ACK -> length == SimpleAck.LENGTH ? SIMPLE_ACK : IGNORED;
            case RpcType.RPC_CLOSE_EXT -> length == CloseExternal.LENGTH ? CLOSE_EXTERNAL : IGNORED;
            case RpcType.RPC_PING -> length == Ping.LENGTH ? PING : IGNORED;
            default -> IGNORED;
        };
    }
}
