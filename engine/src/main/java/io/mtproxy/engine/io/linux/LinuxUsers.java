// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.io.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import org.jspecify.annotations.Nullable;

/** Users of the system, and becoming one of them. At the start only. [C-LIFE-10] */
public final class LinuxUsers
{
    /** {@code struct passwd *getpwnam(const char *name)}. */
    private static final @Nullable MethodHandle GETPWNAM = NativeCalls.find("getpwnam",
        FunctionDescriptor.of(ValueLayout.ADDRESS, ValueLayout.ADDRESS));
    /** {@code int setgroups(size_t count, const gid_t *groups)}. */
    private static final @Nullable MethodHandle SETGROUPS = NativeCalls.find("setgroups",
        FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG, ValueLayout.ADDRESS));
    /** {@code int setgid(gid_t gid)}: of all threads, as the C library sees to. */
    private static final @Nullable MethodHandle SETGID = NativeCalls.find("setgid",
        FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
    /** {@code int setuid(uid_t uid)}: likewise. */
    private static final @Nullable MethodHandle SETUID = NativeCalls.find("setuid",
        FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));

    /** Where {@code pw_uid} stands in {@code struct passwd}: behind the pointers to name and password. */
    private static final long UID_OFFSET = 16;
    private static final long GID_OFFSET = 20;
    private static final long PASSWD_LENGTH = 24;

    private LinuxUsers()
    {
    }

    /**
     * A user of the system.
     *
     * @param name as it was asked for.
     * @param uid  its number.
     * @param gid  number of its primary group.
     */
    public record User(String name, int uid, int gid)
    {
    }

    /** @return the user of that name, or null when there is none or the platform cannot say. */
    @SuppressWarnings("restricted") // the answer is a structure of the C library, of known length
    public static @Nullable User find(String name)
    {
        if (GETPWNAM == null)
        {
            return null;
        }
        try (Arena arena = Arena.ofConfined())
        {
            MemorySegment state = NativeCalls.newErrnoState(arena);
            MemorySegment entry = (MemorySegment)GETPWNAM.invokeExact(state, arena.allocateFrom(name));
            if (entry.address() == 0)
            {
                return null;
            }
            MemorySegment passwd = entry.reinterpret(PASSWD_LENGTH);
            return new User(name, passwd.get(ValueLayout.JAVA_INT, UID_OFFSET),
                passwd.get(ValueLayout.JAVA_INT, GID_OFFSET));
        }
        catch (Throwable e)
        {
            throw NativeCalls.unexpected("getpwnam(" + name + ")", e);
        }
    }

    /**
     * Makes this process, all of its threads, run as that user with its primary group and no other one. There is no way
     * back, and no capability is left unless the user is root.
     *
     * @return 0, or the error number of the call that failed; the process must then end.
     */
    public static int become(User user)
    {
        if (SETGROUPS == null || SETGID == null || SETUID == null)
        {
            return NativeCalls.ENOSYS;
        }
        try (Arena arena = Arena.ofConfined())
        {
            MemorySegment state = NativeCalls.newErrnoState(arena);
            MemorySegment groups = arena.allocateFrom(ValueLayout.JAVA_INT, user.gid());
            int result = (int)SETGROUPS.invokeExact(state, 1L, groups);
            if (result == 0)
            {
                result = (int)SETGID.invokeExact(state, user.gid());
            }
            if (result == 0)
            {
                result = (int)SETUID.invokeExact(state, user.uid());
            }
            return result == 0 ? 0 : NativeCalls.errno(state);
        }
        catch (Throwable e)
        {
            throw NativeCalls.unexpected("become " + user, e);
        }
    }
}
