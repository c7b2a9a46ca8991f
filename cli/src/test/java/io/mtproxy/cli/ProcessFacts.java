// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.cli;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mtproxy.engine.status.StatusDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** What the system says of a process, and waiting for it to say so. */
final class ProcessFacts
{
    private static final long TIMEOUT_S = 60;

    private ProcessFacts()
    {
    }

    /** Waits for something that happens by itself; fails when the process ends first. */
    static void await(DistRun proxy, String what, Callable<Boolean> condition) throws Exception
    {
        awaitAnyhow(proxy, what, () ->
        {
            boolean isMet = condition.call();
            assertTrue(isMet || proxy.isAlive(), () -> what + ": the process has ended: " + text(proxy));
            return isMet;
        });
    }

    /** Waits for something that happens by itself, also after the end of the process. */
    static void awaitAnyhow(DistRun proxy, String what, Callable<Boolean> condition) throws Exception
    {
        long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(TIMEOUT_S);
        while (!condition.call())
        {
            assertTrue(System.nanoTime() - deadlineNs < 0,
                () -> what + ": not within " + TIMEOUT_S + " s: " + text(proxy));
            Thread.sleep(10);
        }
    }

    /** Skips the test where it cannot become another user. */
    static void assumeUsersCanChange() throws IOException
    {
        assumeTrue(StatusDirectory.currentUid() == 0, "not root, so no user can be changed");
        for (Path path : List.of(DistRun.home(), Path.of(System.getProperty("java.home"))))
        {
            for (Path folder = path.toRealPath(); folder != null; folder = folder.getParent())
            {
                assumeTrue(Files.getPosixFilePermissions(folder).contains(PosixFilePermission.OTHERS_EXECUTE),
                    folder + " is closed to other users, so none can start from there");
            }
        }
    }

    /** Lets everybody into a folder of a test. */
    static Path open(Path folder, String mode) throws IOException
    {
        return Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString(mode));
    }

    /** @return the values of a line of {@code /proc/PID/status}, the same for all threads or the test fails. */
    static String status(long pid, String name) throws IOException
    {
        List<String> values = new ArrayList<>();
        try (Stream<Path> tasks = Files.list(Path.of("/proc", String.valueOf(pid), "task")))
        {
            for (Path task : tasks.toList())
            {
                Files.readAllLines(task.resolve("status")).stream().filter(line -> line.startsWith(name + ":"))
                    .forEach(line -> values.add(line.substring(name.length() + 1).strip()));
            }
        }
        assertTrue(values.stream().distinct().count() == 1, () -> name + " of the threads: " + values);
        return values.getFirst();
    }

    /** @return a set of signals of {@code /proc/PID/status}, signal 1 in the lowest bit. */
    static long signals(long pid, String name) throws IOException
    {
        return Files.readAllLines(Path.of("/proc", String.valueOf(pid), "status")).stream()
            .filter(line -> line.startsWith(name + ":"))
            .mapToLong(line -> Long.parseUnsignedLong(line.substring(name.length() + 1).strip(), 16))
            .findFirst().orElseThrow();
    }

    /** @return a field of {@code /proc/PID/stat}, numbered as in its manual. */
    static long stat(long pid, int field) throws IOException
    {
        String line = Files.readString(Path.of("/proc", String.valueOf(pid), "stat"));
        return Long.parseLong(line.substring(line.lastIndexOf(')') + 2).split(" ", -1)[field - 3]);
    }

    /** @return what a descriptor of a process is. */
    static String descriptor(long pid, int number) throws IOException
    {
        return Files.readSymbolicLink(Path.of("/proc", String.valueOf(pid), "fd", String.valueOf(number))).toString();
    }

    private static String text(DistRun proxy)
    {
        try
        {
            return proxy.out() + proxy.err();
        }
        catch (IOException e)
        {
            return e.toString();
        }
    }
}
