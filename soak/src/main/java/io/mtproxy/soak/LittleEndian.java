// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.soak;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Little-endian integers in byte arrays: everything in the MTProto and RPC layers is little-endian. */
public final class LittleEndian
{
    private static final VarHandle SHORT = MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private LittleEndian()
    {
    }

    public static int getUnsignedShort(byte[] bytes, int offset)
    {
        return (short)SHORT.get(bytes, offset) & 0xffff;
    }

    public static int getInt(byte[] bytes, int offset)
    {
        return (int)INT.get(bytes, offset);
    }

    public static long getLong(byte[] bytes, int offset)
    {
        return (long)LONG.get(bytes, offset);
    }

    public static void putShort(byte[] bytes, int offset, int value)
    {
        SHORT.set(bytes, offset, (short)value);
    }

    public static void putInt(byte[] bytes, int offset, int value)
    {
        INT.set(bytes, offset, value);
    }

    public static void putLong(byte[] bytes, int offset, long value)
    {
        LONG.set(bytes, offset, value);
    }
}
