// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.client;

import io.mtproxy.engine.rpc.ProxyRequest;
import java.util.function.IntUnaryOperator;
import org.agrona.concurrent.UnsafeBuffer;

/** Makes what stands in front of each payload of a connection: RPC_PROXY_REQ up to the data. [P-RPC-40] */
final class RequestHeads
{
    private final IntUnaryOperator natRules;
    private final byte[] proxyTag;
    private final int length;

    /**
     * @param natRules for the own address that the middle proxy is told.
     * @param proxyTag 16 bytes, or none.
     */
    RequestHeads(IntUnaryOperator natRules, byte[] proxyTag)
    {
        this.natRules = natRules;
        this.proxyTag = proxyTag;
        this.length = ProxyRequest.headerLength(proxyTag.length != 0);
    }

    /** @return bytes of each head. */
    int length()
    {
        return length;
    }

    /** @return the head of a connection, complete but for the flags of a single payload. */
    byte[] make(ClientConnection connection, int framingFlag)
    {
        byte[] head = new byte[length];
        ProxyRequest.writeTemplate(new UnsafeBuffer(head), 0, framingFlag, connection.extConnectionId(),
            connection.remoteAddress(), connection.socket().localAddress(), natRules, proxyTag);
        return head;
    }
}
