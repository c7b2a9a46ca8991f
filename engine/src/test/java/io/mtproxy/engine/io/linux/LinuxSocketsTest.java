// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.io.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.FunctionDescriptor;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.nio.channels.Pipe;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

@EnabledOnOs(OS.LINUX)
class LinuxSocketsTest
{
    @Test
    void shouldBeAvailableWithTheFlagsWeRunWith()
    {
        assertTrue(LinuxSockets.isAvailable());
    }

    @Test
    @DisplayName("[P-NET-04] the window clamp is set, and read back")
    void shouldSetWindowClamp() throws IOException
    {
        try (ServerSocketChannel channel = ServerSocketChannel.open(StandardProtocolFamily.INET))
        {
            assertEquals(0,
                LinuxSockets.setOption(channel, LinuxSockets.IPPROTO_TCP, LinuxSockets.TCP_WINDOW_CLAMP, 131072));
            assertEquals(131072,
                LinuxSockets.option(channel, LinuxSockets.IPPROTO_TCP, LinuxSockets.TCP_WINDOW_CLAMP));
        }
    }

    @Test
    void shouldSetWhatJavaReads() throws IOException
    {
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.INET))
        {
            assertEquals(0, LinuxSockets.setOption(channel, LinuxSockets.SOL_SOCKET, LinuxSockets.SO_KEEPALIVE, 1));
            assertEquals(0, LinuxSockets.setOption(channel, LinuxSockets.IPPROTO_TCP, LinuxSockets.TCP_NODELAY, 1));
            assertTrue(channel.getOption(StandardSocketOptions.SO_KEEPALIVE));
            assertTrue(channel.getOption(StandardSocketOptions.TCP_NODELAY));
        }
    }

    @Test
    void shouldGiveErrorNumber() throws IOException
    {
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.INET))
        {
            int noSuchOption = 9999;
            assertEquals(92, LinuxSockets.setOption(channel, LinuxSockets.IPPROTO_TCP, noSuchOption, 1));
            assertEquals(LinuxSockets.UNKNOWN, LinuxSockets.option(channel, LinuxSockets.IPPROTO_TCP, noSuchOption));
        }
    }

    @Test
    void shouldKnowDescriptors() throws IOException
    {
        SocketChannel channel = SocketChannel.open();
        Pipe pipe = Pipe.open();
        assertTrue(LinuxSockets.descriptor(channel) > 2);
        assertNotEquals(LinuxSockets.descriptor(channel), LinuxSockets.descriptor(pipe.source()));
        channel.close();
        pipe.source().close();
        pipe.sink().close();
        assertEquals(LinuxSockets.NO_DESCRIPTOR, LinuxSockets.descriptor(channel));
        assertEquals(NativeCalls.ENOSYS, LinuxSockets.setOption(channel, 1, 9, 1));
    }

    @Test
    void shouldDoWithoutFunctionsThatDoNotExist()
    {
        assertEquals(null, NativeCalls.find("no_such_function_anywhere",
            FunctionDescriptor.ofVoid()));
    }
}
