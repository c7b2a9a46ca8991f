// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.io.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

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
    void shouldGiveErrorNumberOfSystem()
    {
        assertNotEquals(0, LinuxSignals.restoreDefault(SIGKILL));
    }
}
