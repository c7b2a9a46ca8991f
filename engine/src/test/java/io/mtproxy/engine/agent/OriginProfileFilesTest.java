// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.agent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mtproxy.engine.transport.OriginProfile;
import io.mtproxy.engine.transport.OriginProfileText;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What was learnt of domains, in a folder. */
class OriginProfileFilesTest
{
    @TempDir private Path folder;

    @Test
    void shouldKeepOneFileForEachDomain() throws IOException
    {
        OriginProfileFiles files = new OriginProfileFiles(folder);
        assertTrue(files.load("www.example.com").isEmpty());
        OriginProfileText.Learnt first = learnt("www.example.com", 3000);
        OriginProfileText.Learnt second = learnt("[2001:db8::1]", 4000);
        files.save(learnt("www.example.com", 1));
        files.save(first);
        files.save(second);

        OriginProfileFiles later = new OriginProfileFiles(folder);
        assertEquals(Optional.of(first), later.load("www.example.com"));
        assertEquals(Optional.of(second), later.load("[2001:db8::1]"));
        assertEquals(2, list().size());
        assertEquals("rw-r-----", PosixFilePermissions.toString(Files.getPosixFilePermissions(list().getFirst())));
    }

    /** Names that look the same when made harmless are two files all the same; no name leaves the folder. */
    @Test
    void shouldKeepNamesApart() throws IOException
    {
        OriginProfileFiles files = new OriginProfileFiles(folder);
        for (String name : List.of("a/b", "a_b", "../../x", "y".repeat(216)))
        {
            files.save(learnt(name, 3000));
        }
        for (String name : List.of("a/b", "a_b", "../../x", "y".repeat(216)))
        {
            assertEquals(name, files.load(name).orElseThrow().domain());
        }
        assertEquals(4, list().size());
    }

    /** Another domain's file, a damaged file, a link, a folder: as good as none. */
    @Test
    void shouldDistrustWhatItFinds() throws IOException
    {
        OriginProfileFiles files = new OriginProfileFiles(folder);
        files.save(learnt("www.example.com", 3000));
        Path file = list().getFirst();
        Files.writeString(file, OriginProfileText.write(learnt("www.example.net", 3000)));
        assertTrue(files.load("www.example.com").isEmpty());
        Files.writeString(file, "mtproto-proxy origin profile 1\n");
        assertTrue(files.load("www.example.com").isEmpty());
        Path elsewhere = folder.resolve("elsewhere");
        Files.writeString(elsewhere, OriginProfileText.write(learnt("www.example.com", 3000)));
        Files.delete(file);
        Files.createSymbolicLink(file, elsewhere);
        assertTrue(files.load("www.example.com").isEmpty());
        Files.delete(file);
        Files.createDirectory(file);
        assertTrue(files.load("www.example.com").isEmpty());
    }

    /** A folder that is gone is told, not swallowed. */
    @Test
    void shouldSayWhyItCannotSave()
    {
        OriginProfileFiles files = new OriginProfileFiles(folder.resolve("nowhere"));
        assertThrows(IOException.class, () -> files.save(learnt("www.example.com", 3000)));
    }

    private List<Path> list() throws IOException
    {
        try (Stream<Path> paths = Files.list(folder))
        {
            return paths.toList();
        }
    }

    private static OriginProfileText.Learnt learnt(String domain, int length)
    {
        return new OriginProfileText.Learnt(domain, 17, OriginProfile.of(false, length));
    }
}
