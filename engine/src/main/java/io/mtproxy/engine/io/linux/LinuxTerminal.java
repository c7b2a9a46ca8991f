// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.io.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import org.jspecify.annotations.Nullable;

/** The terminal of a command: its size, and its keys one by one. */
public final class LinuxTerminal implements AutoCloseable
{
    /** {@code int isatty(int fd)}. */
    private static final @Nullable MethodHandle ISATTY = NativeCalls.find("isatty",
        FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
    /** {@code int ioctl(int fd, unsigned long request, struct winsize *size)}. */
    private static final @Nullable MethodHandle IOCTL = NativeCalls.findVariadic("ioctl", 2,
        FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG, ValueLayout.ADDRESS));
    /** {@code int tcgetattr(int fd, struct termios *state)}. */
    private static final @Nullable MethodHandle TCGETATTR = NativeCalls.find("tcgetattr",
        FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.ADDRESS));
    /** {@code int tcsetattr(int fd, int when, const struct termios *state)}. */
    private static final @Nullable MethodHandle TCSETATTR = NativeCalls.find("tcsetattr",
        FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.ADDRESS));
    /** {@code void cfmakeraw(struct termios *state)}. */
    private static final @Nullable MethodHandle CFMAKERAW = NativeCalls.find("cfmakeraw",
        FunctionDescriptor.ofVoid(ValueLayout.ADDRESS));

    private static final int STDIN = 0;
    private static final int STDOUT = 1;
    /** {@code asm-generic/ioctls.h}: TIOCGWINSZ, of x86-64 and AArch64. */
    private static final long TIOCGWINSZ = 0x5413;
    private static final int TCSANOW = 0;
    /** {@code struct winsize}: rows, columns and two more of 16 bits each. */
    private static final int WINSIZE_LENGTH = 8;
    /** {@code struct termios} has 60 bytes; what is in it is not our business. */
    private static final int TERMIOS_LENGTH_MAX = 256;

    private final Arena arena = Arena.ofShared();
    private final MemorySegment before = arena.allocate(TERMIOS_LENGTH_MAX);
    private boolean isRaw;

    private LinuxTerminal()
    {
    }

    /** How many characters there is room for; 0 where that is not known. */
    public record Size(int rows, int columns)
    {
    }

    /**
     * Takes the terminal that standard input and output are, if they are one.
     *
     * @return null when one of them is something else, or the platform cannot do this.
     */
    public static @Nullable LinuxTerminal open()
    {
        boolean isThere = isTerminal(STDIN) && isTerminal(STDOUT) && IOCTL != null && TCGETATTR != null &&
            TCSETATTR != null && CFMAKERAW != null;
        return isThere ? new LinuxTerminal() : null;
    }

    /** @return the size of this moment. */
    public Size size()
    {
        try (Arena call = Arena.ofConfined())
        {
            MemorySegment size = call.allocate(WINSIZE_LENGTH, Long.BYTES);
            int result = (int)required(IOCTL).invokeExact(NativeCalls.newErrnoState(call), STDOUT, TIOCGWINSZ, size);
            return result != 0 ?
                new Size(0, 0) :
                new Size(Short.toUnsignedInt(size.getAtIndex(ValueLayout.JAVA_SHORT, 0)),
                    Short.toUnsignedInt(size.getAtIndex(ValueLayout.JAVA_SHORT, 1)));
        }
        catch (Throwable e)
        {
            throw NativeCalls.unexpected("ioctl", e);
        }
    }

    /**
     * Gives every key to the reader of standard input as it is pressed, and shows none; also those that would be a signal.
     * {@link #close} takes it back.
     *
     * @return whether that was possible.
     */
    public synchronized boolean takeKeys()
    {
        try (Arena call = Arena.ofConfined())
        {
            MemorySegment state = NativeCalls.newErrnoState(call);
            if ((int)required(TCGETATTR).invokeExact(state, STDIN, before) != 0)
            {
                return false;
            }
            MemorySegment raw = call.allocate(TERMIOS_LENGTH_MAX);
            raw.copyFrom(before);
            required(CFMAKERAW).invokeExact(state, raw);
            isRaw = (int)required(TCSETATTR).invokeExact(state, STDIN, TCSANOW, raw) == 0;
            return isRaw;
        }
        catch (Throwable e)
        {
            throw NativeCalls.unexpected("tcsetattr", e);
        }
    }

    /** Makes the terminal what it was before; calling it again does nothing. */
    @Override
    public synchronized void close()
    {
        if (!isRaw)
        {
            return;
        }
        isRaw = false;
        try (Arena call = Arena.ofConfined())
        {
            int result =
                (int)required(TCSETATTR).invokeExact(NativeCalls.newErrnoState(call), STDIN, TCSANOW, before);
            assert result == 0 || result == -1;
        }
        catch (Throwable e)
        {
            throw NativeCalls.unexpected("tcsetattr", e);
        }
    }

    private static boolean isTerminal(int descriptor)
    {
        if (ISATTY == null)
        {
            return false;
        }
        try (Arena call = Arena.ofConfined())
        {
            return (int)ISATTY.invokeExact(NativeCalls.newErrnoState(call), descriptor) == 1;
        }
        catch (Throwable e)
        {
            throw NativeCalls.unexpected("isatty", e);
        }
    }

    private static MethodHandle required(@Nullable MethodHandle handle)
    {
        if (handle == null)
        {
            throw new IllegalStateException("checked when it was opened");
        }
        return handle;
    }
}
