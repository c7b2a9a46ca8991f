// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.status;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Who has the lock, as seen from this process and from another one. */
@EnabledOnOs(OS.LINUX)
class ProcessLockTest
{
    private static final int ROUNDS = 1000;

    @TempDir private Path folder;

    /** Another process, which does one thing with the lock until its input ends. */
    static final class Other
    {
        private Other()
        {
        }

        /** @param arguments {@code look} or {@code hold}, and the file. */
        public static void main(String[] arguments) throws IOException
        {
            Path path = Path.of(arguments[1]);
            if (arguments[0].equals("hold"))
            {
                ProcessLock lock = ProcessLock.tryAcquire(path);
                System.out.println(lock != null);
                System.in.read();
                return;
            }
            System.out.println(true);
            while (System.in.available() == 0)
            {
                for (int i = 0; i < 100; i++)
                {
                    ProcessLock.isHeld(path);
                }
            }
        }
    }

    private Process other(String what) throws Exception
    {
        String classes = folderOf(Other.class) + File.pathSeparator + folderOf(ProcessLock.class);
        Process process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-cp",
            classes, Other.class.getName(), what, lock().toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT).start();
        assertEquals("true", process.inputReader().readLine());
        return process;
    }

    private static Path folderOf(Class<?> type) throws Exception
    {
        return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
    }

    private Path lock()
    {
        return folder.resolve("lock");
    }

    private static void end(Process process) throws Exception
    {
        process.getOutputStream().write('\n');
        process.getOutputStream().close();
        assertEquals(0, process.waitFor());
    }

    /** A start of the moment in which another process looked found its name taken. */
    @Test
    void shouldBeHadWhileOthersLook() throws Exception
    {
        try (ProcessLock first = ProcessLock.tryAcquire(lock()))
        {
            assertNotNull(first);
        }
        Process looking = other("look");
        for (int round = 0; round < ROUNDS; round++)
        {
            try (ProcessLock lock = ProcessLock.tryAcquire(lock()))
            {
                assertNotNull(lock, "round " + round);
                assertTrue(ProcessLock.isHeld(lock()));
            }
        }
        end(looking);
    }

    @Test
    void shouldNotBeHadTwice() throws Exception
    {
        Process holding = other("hold");
        assertNull(ProcessLock.tryAcquire(lock()));
        assertTrue(ProcessLock.isHeld(lock()));
        end(holding);

        assertFalse(ProcessLock.isHeld(lock()));
        try (ProcessLock lock = ProcessLock.tryAcquire(lock()))
        {
            assertNotNull(lock);
            assertNull(ProcessLock.tryAcquire(lock()));
        }
    }

    /** A descriptor closed by one that looked in the same process took the lock away from the one that had just got it. */
    @Test
    void shouldNotBeLostToOneThatLooksInTheSameProcess() throws Exception
    {
        AtomicBoolean isOver = new AtomicBoolean();
        CountDownLatch begun = new CountDownLatch(1);
        try (ExecutorService executor = Executors.newSingleThreadExecutor())
        {
            Future<?> looking = executor.submit(() ->
            {
                while (!isOver.get())
                {
                    ProcessLock.isHeld(lock());
                    begun.countDown();
                }
                return null;
            });
            begun.await();
            try
            {
                for (int round = 0; round < ROUNDS; round++)
                {
                    try (ProcessLock lock = ProcessLock.tryAcquire(lock()))
                    {
                        assertNotNull(lock, "round " + round);
                        assertTrue(isSeenFromOutside(), "round " + round);
                    }
                }
            }
            finally
            {
                isOver.set(true);
            }
            looking.get();
        }
    }

    /** What the system says of locks on the file, which needs no descriptor of it. */
    private boolean isSeenFromOutside() throws IOException
    {
        Object inode = Files.getAttribute(lock(), "unix:ino");
        return Files.readAllLines(Path.of("/proc/locks")).stream()
            .anyMatch(line -> line.contains(" WRITE ") && line.contains(":" + inode + " "));
    }
}
