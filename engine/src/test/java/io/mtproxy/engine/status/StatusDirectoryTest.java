// SPDX-License-Identifier: Apache-2.0
package io.mtproxy.engine.status;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StatusDirectoryTest
{
    @TempDir Path folder;

    @Test
    void shouldFollowDefaultRules()
    {
        assertEquals(Path.of("/run/mtproto-proxy"), StatusDirectory.defaultRoot(Map.of("XDG_RUNTIME_DIR", "/x"), 0));
        assertEquals(Path.of("/run/user/5/mtproto-proxy"),
            StatusDirectory.defaultRoot(Map.of("XDG_RUNTIME_DIR", "/run/user/5"), 5));
        assertEquals(Path.of("/tmp/mtproto-proxy-5"), StatusDirectory.defaultRoot(Map.of(), 5));
        assertEquals(Path.of("/tmp/mtproto-proxy-5"),
            StatusDirectory.defaultRoot(Map.of("XDG_RUNTIME_DIR", "relative"), 5));
    }

    @Test
    void shouldMakeFoldersForOwnerAndGroup() throws IOException
    {
        try (StatusDirectory directory = StatusDirectory.claim(root(), "443"))
        {
            assertEquals(root().resolve("443"), directory.folder());
            assertEquals("443", directory.instance());
            assertEquals("rwxr-x---", PosixFilePermissions.toString(Files.getPosixFilePermissions(root())));
            assertEquals("rwxr-x---",
                PosixFilePermissions.toString(Files.getPosixFilePermissions(directory.folder())));
        }
    }

    @Test
    void shouldGiveSecondLiveProxyOfOneNameAnother() throws IOException
    {
        try (StatusDirectory first = StatusDirectory.claim(root(), "443"))
        {
            try (StatusDirectory second = StatusDirectory.claim(root(), "443"))
            {
                assertEquals("443-" + ProcessHandle.current().pid(), second.instance());
                assertEquals(List.of(first.folder(), second.folder()), StatusDirectory.instances(root()));
            }
        }
        try (StatusDirectory again = StatusDirectory.claim(root(), "443"))
        {
            assertEquals("443", again.instance());
        }
    }

    @Test
    void shouldListStatusFilesOnly() throws IOException
    {
        assertEquals(List.of(), StatusDirectory.instances(root()));
        try (StatusDirectory directory = StatusDirectory.claim(root(), "443");
            StatusFile file = StatusFile.create(directory.statusFile("worker-0"), List.of("a"), "", () -> 1))
        {
            assertEquals(List.of(file.path()), StatusDirectory.statusFiles(directory.folder()));
        }
    }

    @Test
    void shouldRefuseLink() throws IOException
    {
        Path target = Files.createDirectory(folder.resolve("target"));
        Files.createSymbolicLink(root(), target);
        assertRefused("symbolic link");
    }

    @Test
    void shouldRefuseLinkAsInstanceFolder() throws IOException
    {
        Files.createDirectory(root());
        Files.createSymbolicLink(root().resolve("443"), Files.createDirectory(folder.resolve("target")));
        assertRefused("symbolic link");
    }

    @Test
    void shouldRefuseFileInPlaceOfFolder() throws IOException
    {
        Files.createFile(root());
        assertRefused("not a folder");
    }

    @Test
    void shouldRefuseFolderThatEverybodyMayWriteTo() throws IOException
    {
        Files.createDirectory(root());
        Files.setPosixFilePermissions(root(), PosixFilePermissions.fromString("rwxrwxrwx"));
        assertRefused("everybody may write");
    }

    @Test
    void shouldRefuseFolderOfStranger() throws IOException
    {
        assumeTrue(StatusDirectory.currentUid() == 0, "only root can make a folder for somebody else");
        StatusDirectory.makeFor(root(), 65534, 65534);
        assertEquals(65534, Files.getAttribute(root(), "unix:uid"));
        assertRefused("belongs to user 65534");
        StatusDirectory.makeFor(root(), 65534, 65534);
        assertThrows(StatusFileException.class, () -> StatusDirectory.makeFor(root(), 65533, 65533));
    }

    @Test
    void shouldRefuseNamesThatLeaveTheFolder()
    {
        for (String name : List.of("", ".", "..", "a/b", ".hidden"))
        {
            assertThrows(StatusFileException.class, () -> StatusDirectory.claim(root(), name));
        }
    }

    @Test
    void shouldOnlyWarnWhenDefaultCannotBeUsed() throws IOException
    {
        List<String> warnings = new ArrayList<>();
        assertNull(StatusDirectory.claimDefault(folder.resolve("missing/deeper"), "443", warnings::add));
        assertEquals(1, warnings.size());
        assertTrue(warnings.get(0).contains("missing"), warnings::toString);

        try (StatusDirectory directory = StatusDirectory.claimDefault(root(), "443", warnings::add))
        {
            assertNotNull(directory);
        }
        assertEquals(1, warnings.size());
    }

    @Test
    void shouldKnowOwnUser() throws IOException
    {
        Path file = Files.createFile(folder.resolve("mine"));
        assertEquals(((Number)Files.getAttribute(file, "unix:uid")).longValue(), StatusDirectory.currentUid());
    }

    private void assertRefused(String message)
    {
        StatusFileException e =
            assertThrows(StatusFileException.class, () -> StatusDirectory.claim(root(), "443"));
        assertTrue(e.getMessage().contains(message), e::getMessage);
    }

    private Path root()
    {
        return folder.resolve("root");
    }
}
