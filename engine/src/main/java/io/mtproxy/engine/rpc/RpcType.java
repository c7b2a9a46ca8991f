// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.rpc;

/** The first word of every RPC payload, little-endian on the wire, under its wire name. [P-RPC-60] */
public final class RpcType
{
    /** First payload in each direction. [P-RPC-10] */
    public static final int RPC_NONCE = 0x7acb87aa;
    /** Second payload in each direction. [P-RPC-31] */
    public static final int RPC_HANDSHAKE = 0x7682eef5;
    /** A refusal in place of the handshake. [P-RPC-35] */
    public static final int RPC_HANDSHAKE_ERROR = 0x6a27beda;
    /** Asks for an RPC_PONG. [P-RPC-44] */
    public static final int RPC_PING = 0x5730a2df;
    /** Answers an RPC_PING. [P-RPC-44] */
    public static final int RPC_PONG = 0x8430eaa7;
    /** A client's payload. [P-RPC-40] */
    public static final int RPC_PROXY_REQ = 0x36cef1ee;
    /** A payload for a client. [P-RPC-62] */
    public static final int RPC_PROXY_ANS = 0x4403da0d;
    /** A client connection is gone. [P-RPC-43] */
    public static final int RPC_CLOSE_CONN = 0x1fcf425d;
    /** A client connection is to be closed. [P-RPC-67] */
    public static final int RPC_CLOSE_EXT = 0x5eb634a2;
    /** A quick ack for a client. [P-RPC-66] */
    public static final int RPC_SIMPLE_ACK = 0x3bac409b;

    private RpcType()
    {
    }
}
