// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.rpc;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.net.Inet4Address;
import java.net.InetSocketAddress;
import java.util.function.IntUnaryOperator;
import org.agrona.MutableDirectBuffer;

/**
 * RPC_PROXY_REQ, a client's payload on its way to a middle proxy: the header that goes in front. [P-RPC-40]
 *
 * <pre>
 *   0      4       8        16               32     36            52     56            84
 *   +------+-------+--------+----------------+------+-------------+------+-------------+----------
 *   | type | flags | ext id | client address | port | own address | port | extra: tag  | payload
 *   +------+-------+--------+----------------+------+-------------+------+-------------+----------
 *                                                                        '- with a tag'
 * </pre>
 *
 * All of a connection's headers are the same but for the flags, so it is written once, copied in front of each payload
 * and its flags set.
 */
public final class ProxyRequest
{
    /** Length of a proxy tag. [P-RPC-42] */
    public static final int TAG_LENGTH = 16;
    /** Length of the header without a tag. */
    public static final int HEADER_LENGTH = 56;
    /** Length of the header with a tag. */
    public static final int HEADER_LENGTH_TAG = HEADER_LENGTH + 28;

    /** Flag: the payload is not encrypted (auth_key_id is 0). [P-RPC-41] */
    public static final int FLAG_PLAIN = 0x2;
    /** Flag: a proxy tag is in the extra fields; set by this class. */
    public static final int FLAG_TAG = 0x8;
    /** Flags that every request has. */
    public static final int FLAGS_ALWAYS = 0x1000 | 0x20000;
    /** Flag: the client uses intermediate or padded intermediate frames. */
    public static final int FLAG_INTERMEDIATE = 0x20000000;
    /** Flag: the client uses abridged frames. */
    public static final int FLAG_ABRIDGED = 0x40000000;
    /** Flag: the client wants a quick ack for this payload. */
    public static final int FLAG_QUICK_ACK = 0x80000000;

    private static final int FLAGS_OFFSET = 4;
    private static final int EXT_CONNECTION_ID_OFFSET = 8;
    private static final int REMOTE_ADDRESS_OFFSET = 16;
    private static final int REMOTE_PORT_OFFSET = REMOTE_ADDRESS_OFFSET + IpAddresses.LENGTH;
    private static final int OWN_ADDRESS_OFFSET = REMOTE_PORT_OFFSET + Integer.BYTES;
    private static final int OWN_PORT_OFFSET = OWN_ADDRESS_OFFSET + IpAddresses.LENGTH;
    private static final int EXTRA_LENGTH_OFFSET = OWN_PORT_OFFSET + Integer.BYTES;
    private static final int EXTRA_OFFSET = EXTRA_LENGTH_OFFSET + Integer.BYTES;
    private static final int EXTRA_LENGTH = HEADER_LENGTH_TAG - EXTRA_OFFSET;
    /** Type of the extra field that holds a tag. [P-RPC-42] */
    private static final int PROXY_TAG_TYPE = 0xdb1e26ae;

    private ProxyRequest()
    {
    }

    /** @return length of the header. */
    public static int headerLength(boolean tag)
    {
        return tag ? HEADER_LENGTH_TAG : HEADER_LENGTH;
    }

    /**
     * Writes a connection's header, all but the flags of single payloads.
     *
     * @param framingFlag     {@link #FLAG_ABRIDGED} or {@link #FLAG_INTERMEDIATE}.
     * @param extConnectionId never 0. [P-CON-40]
     * @param remote          the client's end, as we see it.
     * @param own             our end of the client's connection.
     * @param translation     of our own IPv4 address by the {@code --nat-info} rules. [P-RPC-21]
     * @param tag             16 bytes, or none to have no tag.
     * @return length written, {@link #headerLength}.
     */
    public static int writeTemplate(MutableDirectBuffer buffer, int offset, int framingFlag, long extConnectionId,
        InetSocketAddress remote, InetSocketAddress own, IntUnaryOperator translation, byte[] tag)
    {
        buffer.putInt(offset, RpcType.RPC_PROXY_REQ, LITTLE_ENDIAN);
        buffer.putLong(offset + EXT_CONNECTION_ID_OFFSET, extConnectionId, LITTLE_ENDIAN);
        IpAddresses.put(buffer, offset + REMOTE_ADDRESS_OFFSET, remote.getAddress());
        buffer.putInt(offset + REMOTE_PORT_OFFSET, remote.getPort(), LITTLE_ENDIAN);
        if (own.getAddress() instanceof Inet4Address)
        {
            IpAddresses.putIpv4(buffer, offset + OWN_ADDRESS_OFFSET,
                translation.applyAsInt(IpAddresses.toIpv4(own.getAddress())));
        }
        else
        {
            IpAddresses.put(buffer, offset + OWN_ADDRESS_OFFSET, own.getAddress());
        }
        buffer.putInt(offset + OWN_PORT_OFFSET, own.getPort(), LITTLE_ENDIAN);
        boolean hasTag = tag.length != 0;
        if (hasTag)
        {
            writeTag(buffer, offset, tag);
        }
        buffer.putInt(offset + FLAGS_OFFSET, FLAGS_ALWAYS | framingFlag | (hasTag ? FLAG_TAG : 0), LITTLE_ENDIAN);
        return headerLength(hasTag);
    }

    /**
     * Sets flags of a single payload in a header copied from the template.
     *
     * @param flags 0, or any of {@link #FLAG_PLAIN} and {@link #FLAG_QUICK_ACK}.
     */
    public static void addFlags(MutableDirectBuffer buffer, int offset, int flags)
    {
        buffer.putInt(offset + FLAGS_OFFSET, buffer.getInt(offset + FLAGS_OFFSET, LITTLE_ENDIAN) | flags,
            LITTLE_ENDIAN);
    }

    /** Length byte, 16 bytes, 3 zeros: a TL string in whole words. */
    private static void writeTag(MutableDirectBuffer buffer, int offset, byte[] tag)
    {
        buffer.putInt(offset + EXTRA_LENGTH_OFFSET, EXTRA_LENGTH, LITTLE_ENDIAN);
        buffer.putInt(offset + EXTRA_OFFSET, PROXY_TAG_TYPE, LITTLE_ENDIAN);
        buffer.putInt(offset + HEADER_LENGTH_TAG - Integer.BYTES, 0);
        buffer.putByte(offset + EXTRA_OFFSET + Integer.BYTES, (byte)TAG_LENGTH);
        buffer.putBytes(offset + EXTRA_OFFSET + Integer.BYTES + 1, tag, 0, TAG_LENGTH);
    }
}
