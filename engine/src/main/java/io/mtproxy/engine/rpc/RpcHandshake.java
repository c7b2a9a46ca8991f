// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.rpc;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * RPC_HANDSHAKE, the encrypted second payload of each side. [P-RPC-31] [P-RPC-33]
 *
 * <pre>
 *   0      4       8            20         32
 *   +------+-------+------------+----------+
 *   | type | flags | sender PID | peer PID |
 *   +------+-------+------------+----------+
 * </pre>
 */
public final class RpcHandshake
{
    /** Length of the payload. */
    public static final int LENGTH = 8 + 2 * ProcessId.LENGTH;
    /** Flag: CRC-32C wanted, or agreed to. Always asked for. [C-CLI-43] */
    public static final int FLAG_CRC32C = 0x800;

    private static final int FLAGS_REFUSED_MASK = 0xff;
    private static final int FLAGS_OFFSET = 4;
    private static final int SENDER_OFFSET = 8;
    private static final int PEER_OFFSET = SENDER_OFFSET + ProcessId.LENGTH;

    private RpcHandshake()
    {
    }

    /** How the server's handshake was taken; all but the first two close the link. */
    public enum Verdict
    {
        /** The link is ready and goes on with CRC-32. */
        ACCEPTED,
        /** The link is ready; both directions use CRC-32C from the next frame on. [P-RPC-05] */
        ACCEPTED_CRC32C,
        /** The server refused us. [P-RPC-35] */
        ERROR_RECEIVED,
        /** Not an RPC_HANDSHAKE. */
        TYPE_WRONG,
        /** Not 32 bytes. */
        SIZE_WRONG,
        /** Meant for another process. */
        PEER_DIFFERS,
        /** A flag that we do not know and may not ignore. */
        FLAGS_UNKNOWN
    }

    /** Writes our payload. */
    public static void encode(MutableDirectBuffer buffer, int offset, ProcessId sender, ProcessId peer)
    {
        buffer.putInt(offset, RpcType.RPC_HANDSHAKE, LITTLE_ENDIAN);
        buffer.putInt(offset + FLAGS_OFFSET, FLAG_CRC32C, LITTLE_ENDIAN);
        sender.encode(buffer, offset + SENDER_OFFSET);
        peer.encode(buffer, offset + PEER_OFFSET);
    }

    /**
     * Judges the server's payload.
     *
     * @param length of the payload, at least one word.
     * @param sender the id that we sent as ours.
     */
    public static Verdict verify(DirectBuffer buffer, int offset, int length, ProcessId sender)
    {
        int type = buffer.getInt(offset, LITTLE_ENDIAN);
        if (type != RpcType.RPC_HANDSHAKE)
        {
            return type == RpcType.RPC_HANDSHAKE_ERROR ? Verdict.ERROR_RECEIVED : Verdict.TYPE_WRONG;
        }
        if (length != LENGTH)
        {
            return Verdict.SIZE_WRONG;
        }
        if (sender.matches(ProcessId.decode(buffer, offset + PEER_OFFSET)) == ProcessId.Match.NONE)
        {
            return Verdict.PEER_DIFFERS;
        }
        int flags = buffer.getInt(offset + FLAGS_OFFSET, LITTLE_ENDIAN);
        if ((flags & FLAGS_REFUSED_MASK) != 0)
        {
            return Verdict.FLAGS_UNKNOWN;
        }
        return (flags & FLAG_CRC32C) == 0 ? Verdict.ACCEPTED : Verdict.ACCEPTED_CRC32C;
    }
}
