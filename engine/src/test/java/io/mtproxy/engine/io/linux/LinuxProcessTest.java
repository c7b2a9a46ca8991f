// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.io.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mtproxy.engine.io.linux.LinuxProcess.OpenFiles;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** What can be tried without changing this process for good; the rest is tried on processes of the proxy. */
@EnabledOnOs(OS.LINUX)
class LinuxProcessTest
{
    private static final int ESRCH = 3;

    @Test
    void shouldReadAndSetOpenFiles()
    {
        OpenFiles limit = LinuxProcess.openFiles();
        assertNotNull(limit);
        assertTrue(limit.soft() > 0);

        OpenFiles lower = new OpenFiles(limit.soft() - 1, limit.hard());
        try
        {
            assertEquals(0, LinuxProcess.openFiles(lower));
            assertEquals(lower, LinuxProcess.openFiles());
        }
        finally
        {
            assertEquals(0, LinuxProcess.openFiles(limit));
        }
    }

    @Test
    void shouldRefuseLimitAboveHardOne()
    {
        assertNotEquals(0, LinuxProcess.openFiles(new OpenFiles(2, 1)));
    }

    @Test
    void shouldAddNothingToNiceness()
    {
        int nice = LinuxProcess.nice();

        assertEquals(0, LinuxProcess.addNice(0));
        assertEquals(nice, LinuxProcess.nice());
    }

    @Test
    void shouldSendSignal() throws Exception
    {
        Process process = new ProcessBuilder("sleep", "60").start();

        assertEquals(0, LinuxProcess.signal(process.pid(), 0));
        assertEquals(0, LinuxProcess.signal(process.pid(), LinuxSignals.SIGKILL));

        assertTrue(process.waitFor(60, TimeUnit.SECONDS));
        assertEquals(128 + LinuxSignals.SIGKILL, process.exitValue());
        assertEquals(ESRCH, LinuxProcess.signal(Integer.MAX_VALUE, 0));
        assertThrows(IllegalArgumentException.class, () -> LinuxProcess.signal(-1, 0));
    }

    @Test
    void shouldFindUsers()
    {
        assertEquals(new LinuxUsers.User("root", 0, 0), LinuxUsers.find("root"));
        assertEquals(null, LinuxUsers.find("no-such-user-here"));
    }
}
