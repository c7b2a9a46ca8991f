// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.status;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mtproxy.engine.transport.ReplayFilter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ReplayFileTest
{
    private static final int LENGTH = ReplayFilter.bufferLength(64);
    private static final long NOW = 1_700_000_000L;

    @TempDir private Path folder;

    /** [C-BUG-20] [C-LIFE-17] [P-TLS-20] What one worker has accepted no other accepts, and none after a restart. */
    @Test
    void shouldShareWhatWasSeen() throws IOException
    {
        ReplayFilter first = new ReplayFilter(ReplayFile.map(folder, LENGTH));
        ReplayFilter second = new ReplayFilter(ReplayFile.map(folder, LENGTH));
        UnsafeBuffer random = new UnsafeBuffer(new byte[32]);
        new SplittableRandom(1).nextBytes(random.byteArray());

        assertFalse(second.contains(random, 0, NOW));
        first.add(random, 0, NOW);
        assertTrue(second.contains(random, 0, NOW));
        assertTrue(new ReplayFilter(ReplayFile.map(folder, LENGTH)).contains(random, 0, NOW + 60));
    }

    @Test
    void shouldLeaveOneFileOfFullLength() throws IOException
    {
        ReplayFile.map(folder, LENGTH);
        ReplayFile.map(folder, LENGTH);
        try (Stream<Path> files = Files.list(folder))
        {
            assertEquals(List.of(ReplayFile.NAME), files.map(file -> file.getFileName().toString()).toList());
        }
        assertEquals(LENGTH, Files.size(folder.resolve(ReplayFile.NAME)));
    }

    @Test
    void shouldReplaceAFileOfAnotherLength() throws IOException
    {
        Files.write(folder.resolve(ReplayFile.NAME), new byte[10]);
        assertEquals(LENGTH, ReplayFile.map(folder, LENGTH).capacity());
    }

    @Test
    void shouldRefuseALink() throws IOException
    {
        Path elsewhere = Files.write(folder.resolve("elsewhere"), new byte[LENGTH]);
        Files.createSymbolicLink(folder.resolve(ReplayFile.NAME), elsewhere);
        assertThrows(IOException.class, () -> ReplayFile.map(folder, LENGTH));
    }
}
