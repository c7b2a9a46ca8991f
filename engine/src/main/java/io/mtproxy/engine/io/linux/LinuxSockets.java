// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.io.linux;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.agrona.concurrent.UnsafeBuffer;

/** Options of sockets whose value is a number. Any thread may ask. */
public final class LinuxSockets
{
    /** {@code asm-generic/socket.h}: SOL_SOCKET. */
    public static final int SOL_SOCKET = 1;
    /** {@code asm-generic/socket.h}: SO_REUSEADDR. */
    public static final int SO_REUSEADDR = 2;
    /** {@code asm-generic/socket.h}: SO_ERROR, taken by who reads it. */
    public static final int SO_ERROR = 4;
    /** {@code asm-generic/socket.h}: SO_SNDBUF. */
    public static final int SO_SNDBUF = 7;
    /** {@code asm-generic/socket.h}: SO_RCVBUF. */
    public static final int SO_RCVBUF = 8;
    /** {@code asm-generic/socket.h}: SO_KEEPALIVE. */
    public static final int SO_KEEPALIVE = 9;
    /** {@code asm-generic/socket.h}: SO_LINGER, two numbers. */
    public static final int SO_LINGER = 13;
    /** {@code asm-generic/socket.h}: SO_REUSEPORT. */
    public static final int SO_REUSEPORT = 15;
    /** {@code netinet/in.h}: IPPROTO_TCP. */
    public static final int IPPROTO_TCP = 6;
    /** {@code netinet/in.h}: IPPROTO_IPV6. */
    public static final int IPPROTO_IPV6 = 41;
    /** {@code netinet/in.h}: IPV6_V6ONLY. */
    public static final int IPV6_V6ONLY = 26;
    /** {@code netinet/tcp.h}: TCP_NODELAY. */
    public static final int TCP_NODELAY = 1;
    /** {@code netinet/tcp.h}: TCP_KEEPIDLE. */
    public static final int TCP_KEEPIDLE = 4;
    /** {@code netinet/tcp.h}: TCP_KEEPINTVL. */
    public static final int TCP_KEEPINTVL = 5;
    /** {@code netinet/tcp.h}: TCP_KEEPCNT. */
    public static final int TCP_KEEPCNT = 6;
    /** {@code netinet/tcp.h}: TCP_WINDOW_CLAMP. */
    public static final int TCP_WINDOW_CLAMP = 10;
    /** {@code netinet/tcp.h}: TCP_QUICKACK. */
    public static final int TCP_QUICKACK = 12;

    /** Answer of {@link #option} when there is none. */
    public static final int UNKNOWN = -1;

    /** A value, and behind it the length of the value. */
    private static final ThreadLocal<UnsafeBuffer> SCRATCH =
        ThreadLocal.withInitial(() -> new UnsafeBuffer(ByteBuffer.allocateDirect(2 * Integer.BYTES)));

    private LinuxSockets()
    {
    }

    /** @return 0, or an error number with its sign turned. */
    public static int setOption(int descriptor, int level, int name, int value)
    {
        UnsafeBuffer scratch = SCRATCH.get();
        scratch.putInt(0, value, ByteOrder.nativeOrder());
        return LinuxSocketCalls.setOption(descriptor, level, name, scratch.addressOffset(), Integer.BYTES);
    }

    /** @return the value, or {@link #UNKNOWN}. */
    public static int option(int descriptor, int level, int name)
    {
        UnsafeBuffer scratch = SCRATCH.get();
        long address = scratch.addressOffset();
        scratch.putInt(Integer.BYTES, Integer.BYTES, ByteOrder.nativeOrder());
        int answer = LinuxSocketCalls.option(descriptor, level, name, address, address + Integer.BYTES);
        return answer == 0 ? scratch.getInt(0, ByteOrder.nativeOrder()) : UNKNOWN;
    }
}
