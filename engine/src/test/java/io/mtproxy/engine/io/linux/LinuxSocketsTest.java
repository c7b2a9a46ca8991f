// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.io.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

@EnabledOnOs(OS.LINUX)
class LinuxSocketsTest
{
    private static final int NO_SUCH_OPTION = 9999;
    private static final int ENOPROTOOPT = 92;

    private final int socket = LinuxSocketCalls.socket(LinuxSocketCalls.AF_INET);

    @AfterEach
    void close()
    {
        assertEquals(0, LinuxSocketCalls.close(socket));
    }

    @Test
    @DisplayName("[P-NET-04] the window clamp is set, and read back")
    void shouldSetWindowClamp()
    {
        assertEquals(0,
            LinuxSockets.setOption(socket, LinuxSockets.IPPROTO_TCP, LinuxSockets.TCP_WINDOW_CLAMP, 131072));
        assertEquals(131072, LinuxSockets.option(socket, LinuxSockets.IPPROTO_TCP, LinuxSockets.TCP_WINDOW_CLAMP));
    }

    @Test
    void shouldGiveErrorNumber()
    {
        assertEquals(-ENOPROTOOPT, LinuxSockets.setOption(socket, LinuxSockets.IPPROTO_TCP, NO_SUCH_OPTION, 1));
        assertEquals(LinuxSockets.UNKNOWN, LinuxSockets.option(socket, LinuxSockets.IPPROTO_TCP, NO_SUCH_OPTION));
        assertEquals("Transport endpoint is not connected",
            LinuxSocketCalls.words(LinuxSocketCalls.shutdown(socket, LinuxSocketCalls.SHUT_WR)));
        assertEquals("Bad file descriptor", LinuxSocketCalls.words(LinuxSocketCalls.close(-1)));
        assertEquals("error 71", LinuxSocketCalls.words(-71));
    }

    @Test
    void shouldNotBlockWhereNothingComes()
    {
        assertEquals(0, LinuxSocketCalls.listen(socket, 1), "bound by that to a port of the system's choice");
        try (Arena arena = Arena.ofConfined())
        {
            assertEquals(LinuxSocketCalls.WOULD_BLOCK,
                LinuxSocketCalls.accept(socket, arena.allocate(64).address(), arena.allocate(4).address()));
        }
    }

    @Test
    void shouldDoWithoutFunctionsThatDoNotExist()
    {
        assertNull(NativeCalls.find("no_such_function_anywhere", FunctionDescriptor.ofVoid()));
        UnsupportedOperationException e = assertThrows(UnsupportedOperationException.class, () ->
        {
            long ignored = (long)NativeCalls.findSystemCall("no_such_function_anywhere")
                .invokeExact(NativeCalls.newErrnoState(Arena.ofAuto()), 0, 0L, 0L, 0L, 0L);
        });
        assertTrue(e.getMessage().startsWith("no_such_function_anywhere is missing"), e::getMessage);
    }
}
