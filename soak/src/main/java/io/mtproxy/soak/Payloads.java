// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.soak;

import java.util.random.RandomGenerator;

/** Client packets that a proxy's payload checks know. [P-PAY-02] to [P-PAY-04], [P-OBF-50] */
public final class Payloads
{
    /** Plain message functions that a proxy lets through. [P-PAY-04] */
    public static final int REQ_PQ = 0x60469778;
    public static final int REQ_PQ_MULTI = 0xbe7e8ef1;
    public static final int REQ_DH_PARAMS = 0xd712e4be;
    public static final int SET_CLIENT_DH_PARAMS = 0xf5045f1f;
    /** Opcode of a ping, in a client packet answered by the proxy itself. [P-OBF-50] */
    public static final int RPC_PING = 0x5730a2df;
    /** Opcode of its answer. */
    public static final int RPC_PONG = 0x8430eaa7;
    /** Shortest encrypted message that a proxy forwards. [P-PAY-03] */
    public static final int ENCRYPTED_LENGTH_MIN = 56;

    private Payloads()
    {
    }

    /** The first plain message of a client that has no auth key yet; 40 bytes. */
    public static byte[] reqPqMulti(RandomGenerator random)
    {
        byte[] nonce = new byte[16];
        random.nextBytes(nonce);
        return new ByteBuilder()
            .putLong(0)
            .putLong(random.nextLong() & ~3L)
            .putInt(4 + nonce.length)
            .putInt(REQ_PQ_MULTI)
            .putBytes(nonce)
            .toByteArray();
    }

    /** A message that looks encrypted. */
    public static byte[] encrypted(long authKeyId, int length, RandomGenerator random)
    {
        if (authKeyId == 0 || length < ENCRYPTED_LENGTH_MIN || length % 4 != 0)
        {
            throw new IllegalArgumentException("auth key id " + authKeyId + ", " + length + " bytes");
        }
        byte[] payload = new byte[length];
        random.nextBytes(payload);
        LittleEndian.putLong(payload, 0, authKeyId);
        return payload;
    }

    /** A ping that the proxy answers itself. */
    public static byte[] rpcPing(long id)
    {
        return new ByteBuilder().putInt(RPC_PING).putLong(id).toByteArray();
    }

    /** The answer to {@link #rpcPing(long)}. */
    public static byte[] rpcPong(long id)
    {
        return new ByteBuilder().putInt(RPC_PONG).putLong(id).toByteArray();
    }
}
