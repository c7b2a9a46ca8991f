// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.io.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@EnabledOnOs(OS.LINUX)
class LinuxDescriptorsTest
{
    @TempDir private Path folder;

    @Test
    void shouldHandOverOpenFiles() throws IOException
    {
        Path file = folder.resolve("file");
        int[] pair = LinuxDescriptors.socketPair();
        int descriptor = LinuxDescriptors.openLog(file.toString());

        LinuxDescriptors.send(pair[0], List.of(descriptor, pair[0]));
        List<Integer> received = LinuxDescriptors.receive(pair[1], 2);

        assertEquals(file.toRealPath(), target(received.getFirst()));
        closeAll(received);
        closeAll(List.of(descriptor, pair[0], pair[1]));
    }

    /** More than one message takes. */
    @Test
    void shouldHandOverMany() throws IOException
    {
        int[] pair = LinuxDescriptors.socketPair();

        LinuxDescriptors.send(pair[0], Collections.nCopies(LinuxDescriptors.COUNT_MAX + 2, pair[0]));
        List<Integer> received = LinuxDescriptors.receive(pair[1], LinuxDescriptors.COUNT_MAX + 2);

        assertEquals(LinuxDescriptors.COUNT_MAX + 2, received.stream().distinct().count());
        closeAll(received);
        closeAll(List.of(pair[0], pair[1]));
    }

    @Test
    void shouldHandOverNone() throws IOException
    {
        int[] pair = LinuxDescriptors.socketPair();

        LinuxDescriptors.send(pair[0], List.of());

        assertEquals(List.of(), LinuxDescriptors.receive(pair[1], 0));
        closeAll(List.of(pair[0], pair[1]));
    }

    @Test
    void shouldSayThatOtherEndClosed() throws IOException
    {
        int[] pair = LinuxDescriptors.socketPair();
        LinuxDescriptors.close(pair[0]);

        assertThrows(IOException.class, () -> LinuxDescriptors.receive(pair[1], 1));
        assertThrows(IOException.class, () -> LinuxDescriptors.send(pair[1], List.of(pair[1])));
        LinuxDescriptors.close(pair[1]);
    }

    @Test
    void shouldReadWhatOtherEndWrote() throws IOException
    {
        int[] pair = LinuxDescriptors.socketPair();

        LinuxDescriptors.write(pair[0], new byte[]{1, -1});
        LinuxDescriptors.close(pair[0]);

        assertEquals(1, LinuxDescriptors.read(pair[1]));
        assertEquals(255, LinuxDescriptors.read(pair[1]));
        assertEquals(-1, LinuxDescriptors.read(pair[1]));
        LinuxDescriptors.close(pair[1]);
        assertEquals(-1, LinuxDescriptors.read(pair[1]));
    }

    @Test
    void shouldDuplicate() throws IOException
    {
        Path file = folder.resolve("file");
        int log = LinuxDescriptors.openLog(file.toString());
        int other = LinuxDescriptors.openNull();

        LinuxDescriptors.duplicate(log, other);

        assertEquals(file.toRealPath(), target(other));
        closeAll(List.of(log, other));
        assertThrows(IOException.class, () -> LinuxDescriptors.duplicate(log, other));
    }

    /** [C-LOG-06] */
    @Test
    void shouldMakeLogWithMode() throws IOException
    {
        Path file = folder.resolve("log");

        LinuxDescriptors.close(LinuxDescriptors.openLog(file.toString()));

        String mode = PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
        assertTrue(mode.startsWith("rw-") && mode.endsWith("---"), mode);
    }

    @Test
    void shouldSayWhyLogCannotBeOpened()
    {
        IOException refused =
            assertThrows(IOException.class, () -> LinuxDescriptors.openLog(folder.resolve("a/b").toString()));

        assertEquals("no such file or folder", refused.getMessage());
        assertEquals("it is a folder", assertThrows(IOException.class,
            () -> LinuxDescriptors.openLog(folder.toString())).getMessage());
    }

    private static Path target(int descriptor) throws IOException
    {
        return Files.readSymbolicLink(Path.of("/proc/self/fd", String.valueOf(descriptor)));
    }

    private static void closeAll(List<Integer> descriptors)
    {
        new ArrayList<>(descriptors).forEach(LinuxDescriptors::close);
    }

    @Test
    @Timeout(180)
    void shouldWakeWhoWaitsToRead() throws Exception
    {
        int[] pair = LinuxDescriptors.socketPair();
        try
        {
            CompletableFuture<Integer> read = CompletableFuture.supplyAsync(() -> LinuxDescriptors.read(pair[1]));
            LinuxDescriptors.endReading(pair[1]);

            assertEquals(-1, read.get());
        }
        finally
        {
            LinuxDescriptors.close(pair[0]);
            LinuxDescriptors.close(pair[1]);
        }
    }
}
