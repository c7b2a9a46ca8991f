// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.io.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

@EnabledOnOs(OS.LINUX)
class LinuxSignalsTest
{
    /** By default this signal does nothing, so the test may take it. */
    private static final int SIGURG = 23;
    /** No process may change what this one does. */
    private static final int SIGKILL = 9;

    @Test
    void shouldRestoreDefault()
    {
        assertEquals(0, LinuxSignals.restoreDefault(SIGURG));
    }

    @Test
    void shouldHandleByNothing() throws Exception
    {
        try
        {
            assertEquals(0, LinuxSignals.handleByNothing(SIGURG));
            assertEquals(0, LinuxProcess.signal(ProcessHandle.current().pid(), SIGURG));

            assertEquals(List.of("1"), Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(line -> line.startsWith("SigCgt:"))
                .map(line -> String.valueOf(Long.parseUnsignedLong(line.substring(7).strip(), 16) >>> SIGURG - 1 & 1))
                .toList());
        }
        finally
        {
            LinuxSignals.restoreDefault(SIGURG);
        }
    }

    @Test
    void shouldGiveErrorNumberOfSystem()
    {
        assertNotEquals(0, LinuxSignals.restoreDefault(SIGKILL));
    }
}
