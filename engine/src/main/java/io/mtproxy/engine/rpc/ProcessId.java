// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.rpc;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * Names a process to the other side. 12 bytes on the wire. [P-RPC-30]
 *
 * @param ipv4         host-order address; 0 where it does not count.
 * @param port         0 where it does not count.
 * @param pid          folded to 16 bits, {@link #foldOsPid}.
 * @param startSeconds Unix time of the process's start.
 */
public record ProcessId(int ipv4, int port, int pid, int startSeconds)
{
    /** Length on the wire. */
    public static final int LENGTH = 12;
    /** Port of a process that serves none. [P-RPC-32] */
    public static final int NO_PORT = 0xffff;

    private static final int IPV4_OFFSET = 0;
    private static final int PORT_OFFSET = 4;
    private static final int PID_OFFSET = 6;
    private static final int START_OFFSET = 8;

    /** How far one process id agrees with another. [P-RPC-34] */
    public enum Match
    {
        /** Some field that the other gives differs. */
        NONE,
        /** Every field that the other gives agrees. */
        COMPATIBLE,
        /** All fields agree. */
        EQUAL
    }

    /**
     * Makes our own id, the same for all links. [P-RPC-32]
     *
     * @param ipv4         main address of the host, or the local address of the first link; 127.0.0.1 becomes 0.
     * @param statsPort    the {@code -p} port, 0 for none.
     * @param osPid        the operating system's.
     * @param startSeconds Unix time.
     */
    public static ProcessId ofSender(int ipv4, int statsPort, long osPid, int startSeconds)
    {
        return new ProcessId(ipv4 == IpAddresses.LOOPBACK_IPV4 ? 0 : ipv4, statsPort == 0 ? NO_PORT : statsPort,
            foldOsPid(osPid), startSeconds);
    }

    /**
     * Makes the id under which we address a middle proxy. [P-RPC-32]
     *
     * @param ipv4 its address, 0 for IPv6; 127.0.0.1 becomes 0.
     */
    public static ProcessId ofPeer(int ipv4, int port)
    {
        return new ProcessId(ipv4 == IpAddresses.LOOPBACK_IPV4 ? 0 : ipv4, port, 0, 0);
    }

    /** @return the operating system's process id folded to 16 bits, never 0. [P-RPC-32] [C-LIM-16] */
    public static int foldOsPid(long osPid)
    {
        int folded = (int)((osPid & 0xffff) ^ ((osPid >>> 16) & 0xffff));
        return folded == 0 ? 1 : folded;
    }

    /** Reads one. */
    public static ProcessId decode(DirectBuffer buffer, int offset)
    {
        return new ProcessId(
            buffer.getInt(offset + IPV4_OFFSET, LITTLE_ENDIAN),
            buffer.getShort(offset + PORT_OFFSET, LITTLE_ENDIAN) & 0xffff,
            buffer.getShort(offset + PID_OFFSET, LITTLE_ENDIAN) & 0xffff,
            buffer.getInt(offset + START_OFFSET, LITTLE_ENDIAN));
    }

    /** Writes this. */
    public void encode(MutableDirectBuffer buffer, int offset)
    {
        buffer.putInt(offset + IPV4_OFFSET, ipv4, LITTLE_ENDIAN);
        buffer.putShort(offset + PORT_OFFSET, (short)port, LITTLE_ENDIAN);
        buffer.putShort(offset + PID_OFFSET, (short)pid, LITTLE_ENDIAN);
        buffer.putInt(offset + START_OFFSET, startSeconds, LITTLE_ENDIAN);
    }

    /** @return how far this agrees with what the other gives: fields of 0 are not given. [P-RPC-34] */
    public Match matches(ProcessId other)
    {
        if (equals(other))
        {
            return Match.EQUAL;
        }
        return agrees(ipv4, other.ipv4) && agrees(port, other.port) && agrees(pid, other.pid) &&
            agrees(startSeconds, other.startSeconds) ? Match.COMPATIBLE : Match.NONE;
    }

    private static boolean agrees(int mine, int given)
    {
        return given == 0 || given == mine;
    }
}
